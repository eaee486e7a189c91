/** image.clip: what a black frame of floats is, and is not. The defects themselves stand in plateChecks.test.ts. */
import { expect, test } from "vitest";
import { NO_FRAME } from "../../daemon/domain/qcInput.ts";
import { inspectFrame } from "../../daemon/domain/qcRun.ts";
import type { DecodedImage, PixelBox } from "../../daemon/plugin.ts";
import imageClip from "../../plugins/image_clip.ts";
import { makeCase, makeScene } from "../../scripts/bench/qc/cases.ts";
import { factsOf } from "../../scripts/bench/qc/jobs.ts";

function look(change: (value: number) => number) {
  const one = makeCase(makeScene("texture", 20), null, "light");
  const samples = Float32Array.from(one.result.samples, change);
  const facts = factsOf({ ...one, result: { ...one.result, samples, sampleType: "float" } });
  const [finding] = inspectFrame([imageClip], [{ check: "image.clip", limits: {} }], facts).findings.filter(
    ({ check }) => check === "image.clip",
  );
  return { message: finding?.message, high: finding?.measures.find(({ name }) => name === "high")?.value };
}

test("a black frame of floats stands at zero and is not said to be cut off at the top, too", () => {
  const { message, high } = look(() => 0);
  expect(high).toBe(0);
  expect(message).toMatch(/^100\.00 % stand at zero/);
});

test("a plateau of floats above zero is the top", () => {
  expect(look((value) => Math.min(value, 0.2)).high).toBeGreaterThan(0.005);
});

test("what stands in an ignored rectangle is neither cut off nor the top", () => {
  for (const holds of ["codes", "light"] as const) {
    const one = makeCase(makeScene("texture", 20), null, holds);
    const { width, channels } = one.result;
    const samples = one.result.samples.slice();
    for (let y = 300; y < 340; y += 1)
      samples.fill(holds === "light" ? 40 : 65_535, (y * width + 50) * channels, (y * width + 350) * channels);
    const facts = factsOf({ ...one, result: { ...one.result, samples } });
    const seen = (ignore: readonly PixelBox[]): readonly string[] =>
      inspectFrame([imageClip], [{ check: "image.clip", limits: {} }], {
        ...facts,
        mask: null,
        expected: { ...facts.expected, ignore },
      }).findings.flatMap(({ check, verdict }) => (check === "image.clip" ? [verdict] : []));
    expect([seen([]), seen([[50, 300, 300, 40]])]).toEqual([["warn"], ["pass"]]);
  }
});

/** Samples at the top and at zero, of the rows that are looked at, one by one. */
function plain(image: DecodedImage) {
  const { samples, channels, channelNames, width, height } = image;
  const colours = channelNames.flatMap((name, place) => (name === "A" ? [] : [place]));
  const step = Math.max(1, Math.ceil((width * height * colours.length) / 1_500_000));
  const seen: number[] = [];
  for (let y = 0; y < height; y += step)
    for (let x = 0; x < width; x += 1)
      for (const place of colours) seen.push(samples[(y * width + x) * channels + place]!);
  const finite = seen.filter((v) => v > 0 && v !== Number.POSITIVE_INFINITY);
  const most = finite.reduce((all, v) => Math.max(all, v), Number.NEGATIVE_INFINITY);
  const top = samples instanceof Uint16Array ? 65_535 : samples instanceof Uint8Array ? 255 : most;
  const share = (is: (v: number) => boolean) => seen.filter(is).length / seen.length;
  return { high: share((v) => v === top), low: share((v) => v <= 0) };
}

test.each([
  [37, 21],
  [1203, 900],
] as const)("what is cut off of %i x %i pixels of any kind is counted as one would by hand", (width, height) => {
  let state = 5;
  const code = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    const random = state >>> 12;
    return random % 3 === 0 ? [0, 1, 254, 255, 256, 65_534, 65_535][(random >> 8) % 7]! : random & 0xffff;
  };
  for (const names of ["RGB", "RGBA", "Y", "YA"])
    for (const kind of [Uint8Array, Uint16Array, Float32Array]) {
      const make = (): DecodedImage => ({
        width,
        height,
        channels: names.length,
        channelNames: Array.from(names),
        bitDepth: kind === Uint8Array ? 8 : kind === Uint16Array ? 16 : 32,
        sampleType: kind === Float32Array ? "float" : "uint",
        samples: new kind(width * height * names.length).map(() =>
          kind === Uint8Array ? code() & 255 : kind === Uint16Array ? code() : (code() - 20) / 65_515,
        ),
        reader: "test",
        windows: null,
      });
      const [result, plate] = [make(), make()];
      const [mine, plates] = [plain(result), plain(plate)];
      const expected = { width, height, bitDepth: null, ignore: [] };
      const answer = imageClip.run({ ...NO_FRAME, frames: null, result, plate, expected, limits: {} });
      expect(Object.fromEntries(answer.measures.map(({ name, value }) => [name, value]))).toEqual({
        highMore: mine.high - plates.high,
        lowMore: mine.low - plates.low,
        high: mine.high,
        low: mine.low,
      });
    }
});
