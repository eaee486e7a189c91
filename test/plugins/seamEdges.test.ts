/** image.seam at the edges of what it looks at: the SIMULATED mark, whose edge is straight and new and no joint, and the frame itself. */
import { expect, test } from "vitest";
import imageSeam from "../../plugins/image_seam.ts";
import { loadChecks } from "../../daemon/adapters/plugins.ts";
import type { Finding } from "../../daemon/domain/qc.ts";
import { inspectFrame } from "../../daemon/domain/qcRun.ts";
import { simulatedMark } from "../../daemon/domain/simulatedMark.ts";
import type { DecodedImage, PixelBox } from "../../daemon/plugin.ts";
import type { Case } from "../../scripts/bench/qc/cases.ts";
import { makeCase, makeScene } from "../../scripts/bench/qc/cases.ts";
import { HEIGHT, WIDTH } from "../../scripts/bench/qc/sources.ts";
import { seam } from "../../scripts/bench/qc/spoil.ts";

const { checks } = await loadChecks([]);
const scene = makeScene("gradient", 12, "frame");
const MARK: PixelBox = [0, simulatedMark(WIDTH, HEIGHT)[1], WIDTH, 40];

/** A mark a little darker than what it lies on, and as wide as the picture. */
function marked(image: DecodedImage): DecodedImage {
  const samples = Uint16Array.from(image.samples as Uint16Array);
  const [left, top, wide, high] = MARK;
  for (let y = top; y < Math.min(HEIGHT, top + high); y += 1)
    for (let i = (y * WIDTH + left) * 3; i < (y * WIDTH + left + wide) * 3; i += 1)
      samples[i] = Math.max(0, (samples[i] as number) - 5 * 257);
  return { ...image, samples };
}

function seamOf(one: Case, ignore: readonly PixelBox[]): string | undefined {
  return findingOf(marked(one.result), one, ignore)?.verdict;
}

function findingOf(result: DecodedImage, one: Case, ignore: readonly PixelBox[]): Finding | undefined {
  const { findings } = inspectFrame(checks, [{ check: imageSeam.id, limits: {} }], {
    result,
    resultFile: { path: "/v/a.1001.png", bytes: 1, frame: 1001 },
    decodeProblem: null,
    plate: one.plate,
    plateProblem: null,
    mask: null,
    maskProblem: null,
    composited: false,
    expected: { width: WIDTH, height: HEIGHT, bitDepth: 16, ignore },
  });
  return findings.find(({ check }) => check === imageSeam.id);
}

test("the edge of an ignored rectangle is no seam, and would be one if it were not ignored", () => {
  const right = makeCase(scene, null);
  expect(seamOf(right, [])).toBe("warn");
  expect(seamOf(right, [MARK])).toBe("pass");
});

test("a seam beside an ignored rectangle is found", () => {
  expect(seamOf(makeCase(scene, seam(6, "frame")), [MARK])).toBe("warn");
});

test.each([
  ["the first lines of a frame", "row", 9],
  ["the last lines", "row", HEIGHT - 9],
  ["the first columns", "column", 9],
  ["the last columns", "column", WIDTH - 9],
] as const)("a joint in %s is found, and its place told", (_, way, from) => {
  const one = makeCase(scene, null);
  const samples = Uint16Array.from(one.result.samples as Uint16Array, (code, i) => {
    const pixel = Math.floor(i / 3);
    const place = way === "row" ? Math.floor(pixel / WIDTH) : pixel % WIDTH;
    return place < from ? code : Math.min(65_535, code + 6 * 257);
  });
  const finding = findingOf({ ...one.result, samples }, one, []);
  expect(finding?.verdict).toBe("warn");
  expect(finding?.measures.find(({ name }) => name === `${way}At`)?.value).toBe(from);
});
