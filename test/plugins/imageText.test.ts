/** image.text over maps painted for it: what is new writing, what only grew, and where it is said to be. */
import { expect, test } from "vitest";
import { frameInput } from "../../daemon/domain/qcInput.ts";
import type { Inferred, PixelBox } from "../../daemon/plugin.ts";
import imageText from "../../plugins/image_text.ts";
import { decoded } from "../fixtures/pictures.ts";
import { FRAME } from "../fixtures/programPlugin.ts";

const SIDE = 40;

/** Writing in boxes of x, y, width, height. */
function map(...boxes: readonly PixelBox[]): Inferred {
  const values = new Float32Array(SIDE * SIDE);
  for (const [left, top, width, height] of boxes)
    for (let y = top; y < top + height; y += 1) values.fill(0.9, y * SIDE + left, y * SIDE + left + width);
  return { output: "map", values, columns: SIDE, rows: SIDE, model: "m" };
}

function judged(result: Inferred, plate: Inferred | null) {
  const picture = decoded({ width: 80, height: 80, channels: 3, bits: 8, value: () => 0.5 });
  const input = frameInput({ ...FRAME, result: picture, plate: picture });
  return imageText.run({ ...input, limits: imageText.limits, inferred: (of) => (of === "result" ? result : plate) });
}

test("an area that was there and grew is no new writing; one that is new by half is", () => {
  const petals = map([4, 4, 20, 10]);
  // Grown by 4 columns, of which one counts as beside.
  expect(judged(map([4, 4, 24, 10]), petals)).toMatchObject({ verdict: "pass" });
  const caption = judged(map([4, 4, 24, 10], [5, 30, 20, 2]), petals);
  expect(caption).toMatchObject({
    verdict: "warn",
    measures: [
      { name: "textCells", value: 280 },
      { name: "newShare", value: 0.025 },
    ],
  });
  // A sign that a second line as long made longer: 8 of 17 columns, then 10 of 19.
  expect(judged(map([4, 4, 17, 2]), map([4, 4, 8, 2]))).toMatchObject({ verdict: "pass" });
  expect(judged(map([4, 4, 19, 2]), map([4, 4, 8, 2]))).toMatchObject({ verdict: "warn" });
});

test("a detector that sees writing in half of the plate could not look, and says what to correct", () => {
  expect(judged(map([0, 0, 40, 40]), map([0, 0, 40, 20]))).toMatchObject({
    verdict: "error",
    message: "image.text could not look: its model sees writing in 50 % of the plate (m).",
    hint: expect.stringContaining("activation") as string,
  });
  expect(judged(map([0, 0, 40, 40]), null)).toMatchObject({ verdict: "warn" });
});

test("what a model saw in a part of the picture is marked in that part", () => {
  const answer = judged({ ...map([0, 0, 40, 20]), box: [40, 60, 20, 10] }, null);
  const [evidence] = answer.evidence ?? [];
  if (evidence?.kind !== "map") throw new Error("no map");
  const { columns, rows, levels } = evidence;
  const marked = levels.flatMap((level, i) =>
    level > 0 ? [[(i % columns) / columns, Math.floor(i / columns) / rows]] : [],
  );
  const [x, y] = [marked.map((at) => at[0] as number), marked.map((at) => at[1] as number)];
  expect([Math.min(...x), Math.max(...x), Math.min(...y), Math.max(...y)].map((at) => Math.round(at * 80))).toEqual([
    40, 59, 60, 64,
  ]);
});
