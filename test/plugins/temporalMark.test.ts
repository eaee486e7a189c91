/** The SIMULATED mark is not looked at: it is no surroundings of an edit, by whose movement the rest would be judged. */
import { expect, test } from "vitest";
import type { FrameFacts } from "../../daemon/domain/qcInput.ts";
import { frameInput, NO_FRAME } from "../../daemon/domain/qcInput.ts";
import { simulatedMark } from "../../daemon/domain/simulatedMark.ts";
import type { DecodedImage, PixelBox, TracedFrame } from "../../daemon/plugin.ts";
import duplicate from "../../plugins/temporal_duplicate.ts";
import flicker from "../../plugins/temporal_flicker.ts";

const [W, H] = [1920, 1080];
const MARK = simulatedMark(W, H);

/** The camera moves above; the lowest third, where the mark is, stands still. */
function plateAt(frame: number): Uint16Array {
  const codes = new Uint16Array(W * H);
  for (let y = 0; y < H; y += 1)
    for (let x = 0; x < W; x += 1) {
      const k = y < H * 0.7 ? x + frame * 12 : x;
      codes[y * W + x] = 20_000 + 8_000 * Math.sin(k / 37) + 6_000 * Math.cos(y / 29 + k / 91);
    }
  return codes;
}

function picture(samples: Uint16Array): DecodedImage {
  return {
    width: W,
    height: H,
    channels: 1,
    channelNames: ["Y"],
    bitDepth: 16,
    sampleType: "uint",
    samples,
    reader: "test",
    windows: null,
  };
}

function seriesOf(
  check: typeof duplicate,
  result: (frame: number, plate: Uint16Array) => Uint16Array,
  ignore: readonly PixelBox[],
): readonly TracedFrame[] {
  const series: TracedFrame[] = [];
  for (let frame = 0; frame < 6; frame += 1) {
    const plate = plateAt(frame);
    const facts: FrameFacts = {
      ...NO_FRAME,
      result: picture(result(frame, plate)),
      plate: picture(plate),
      expected: { width: W, height: H, bitDepth: 16, ignore },
    };
    const input = { ...frameInput(facts), limits: {}, digest: () => String(frame) };
    series.push({ frame: 1001 + frame, trace: check.trace?.(input) ?? null } as TracedFrame);
  }
  return series;
}

test.each([[[]], [[MARK]]])("a frozen result is found, whether it bears the mark or not (%j)", (ignore) => {
  // Regrained, so that no two frames are equal to the bit.
  const frozen = (frame: number, plate: Uint16Array): Uint16Array =>
    frame < 2 ? plate : plateAt(2).map((code, i) => (i % 97 === 0 ? code + frame : code));
  const series = seriesOf(duplicate, frozen, ignore);
  const answer = duplicate.run({ series, limits: duplicate.limits } as never);
  expect(answer.verdict).toBe("warn");
  expect(answer.message).toMatch(/1004, 1005, 1006 .* It stands still for 4 frames from 1003 on/);
});

test("what is not looked at holds no light, of the plate neither", () => {
  const series = seriesOf(flicker, (_, plate) => plate, [MARK]);
  const numbers = series[0]?.trace?.numbers as Float32Array;
  const cells = numbers[0]!;
  const luma = numbers.subarray(2, 2 + 2 * cells);
  const blind = [...luma.keys()].filter((i) => Number.isNaN(luma[i]!));
  expect(blind.length).toBeGreaterThan(0);
  expect(blind.filter((i) => i < cells).map((i) => i + cells)).toEqual(blind.filter((i) => i >= cells));
});
