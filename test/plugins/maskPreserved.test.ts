/** mask.preserved where nobody laid the edit onto the plate, beside a plate of other bits, and with a mask without black. */
import { describe, expect, it } from "vitest";
import { HALF, toHalves } from "../../daemon/adapters/images/half.ts";
import { maskFacts } from "../../daemon/domain/maskFacts.ts";
import { inspectFrame } from "../../daemon/domain/qcRun.ts";
import type { DecodedImage, MaskFacts } from "../../daemon/plugin.ts";
import maskPreserved from "../../plugins/mask_preserved.ts";
import type { Value } from "../fixtures/pictures.ts";
import { decoded, decodedFloat, picture } from "../fixtures/pictures.ts";

const W = 1280;
const H = 1024;
const plate = decoded({ width: W, height: H, channels: 1, bits: 16 });
const inside = Uint8Array.from({ length: W * H }, (_, i) => (i % W > 900 && i > W * 500 ? 1 : 0));
const SIZE = { width: W, height: H, ignore: [] } as const;

function look(
  change: Value,
  of: {
    readonly mask?: MaskFacts;
    readonly composited?: boolean;
    readonly bits?: 8 | 16;
    readonly promised?: 8 | 16 | null;
    readonly under?: DecodedImage;
    readonly result?: DecodedImage;
  } = {},
) {
  const { mask = maskFacts({ width: W, height: H, inside }, SIZE), composited = false, bits = 16, promised = 16 } = of;
  const value: Value = (x, y, c) => Math.min(1, Math.max(0, picture(x, y, c) + change(x, y, c) / 255));
  const { findings, notApplied } = inspectFrame([maskPreserved], [{ check: "mask.preserved", limits: {} }], {
    plate: of.under ?? plate,
    result: of.result ?? decoded({ width: W, height: H, channels: 1, bits, value }),
    mask,
    maskProblem: null,
    resultFile: { path: "/v/a.1001.png", bytes: 1, frame: 1001 },
    decodeProblem: null,
    plateProblem: null,
    composited,
    expected: { width: W, height: H, bitDepth: promised, ignore: [] },
  });
  const found = findings.find(({ check }) => check === "mask.preserved");
  return {
    ...found,
    because: notApplied[0]?.because,
    patch: found?.measures.find(({ name }) => name === "patch")?.value,
  };
}

describe("an answer that no step of ours laid onto the plate", () => {
  const inBox = (left: number, top: number, side: number) => (x: number, y: number) =>
    x >= left && y >= top && x < left + side && y < top + side;

  it("fails for a patch that is less than a thousandth of the frame", () => {
    const patch = inBox(320, 320, 33);
    expect(33 ** 2 / (W * H)).toBeLessThan(0.001);
    const seen = look((x, y, c) => (patch(x, y) ? (picture(x, y, c) > 0.5 ? -40 : 40) : 0));
    expect(seen).toMatchObject({ verdict: "fail", evidence: [{ kind: "map" }] });
    expect(seen.message).toMatch(/of a block of 64 px differ much, 25 % may/);
    expect(seen.message).toMatch(/They lie within 33 x 33 px at x 320, y 320; the worst is at x 3\d\d, y 3\d\d\.$/);
    expect(seen.evidence).toMatchObject([{ within: [320, 320, 33, 33] }]);
  });

  it("passes where all moves a little, and where the edit spills over its mask by some pixels", () => {
    const drift = look((x, y) => Math.sin(x * 12.9 + y * 78.2) * 0.9);
    expect(drift).toMatchObject({ verdict: "pass", patch: 0 });
    const spilt = look((x, y) => (x > 895 && x <= 900 && y > 500 && y < 600 ? -60 : 0));
    expect(spilt.verdict).toBe("pass");
    expect(spilt.patch).toBeGreaterThan(0);
  });
});

describe("a result of fewer bits than its plate, said to be laid onto it", () => {
  it.each([null, 16] as const)("fails where %s bits are promised, for it can't hold the plate", (promised) => {
    const seen = look(() => 0, { composited: true, bits: 8, promised });
    expect(seen).toMatchObject({ verdict: "fail", evidence: [{ kind: "map" }] });
    expect(seen.message).toMatch(/at most 0 may \(the file has 8 bits, its plate 16 bits\)/);
    expect(seen.hint).toMatch(/output\.format png16/);
  });

  it("passes as the plate's codes rounded, where its recipe promises no more bits, and fails for codes cut off", () => {
    const rounded = look(() => 0, { composited: true, bits: 8, promised: 8 });
    expect(rounded).toMatchObject({ verdict: "pass" });
    expect(rounded.message).toMatch(/the file has 8 bits, its plate 16 bits/);
    const cut = look(() => -0.4, { composited: true, bits: 8, promised: 8 });
    expect(cut.verdict).toBe("fail");
    expect(cut.message).toMatch(/by more than the rounding to fewer bits; at most 0 may/);
  });

  it("passes as long as nobody says so, for a model's answer moves by a code", () => {
    expect(look(() => 0, { bits: 8, promised: null })).toMatchObject({ verdict: "pass" });
  });

  it("passes where the plate's codes are those of fewer bits", () => {
    const samples = Uint16Array.from(plate.samples, (code) => Math.round(code / 257) * 257);
    expect(look(() => 0, { composited: true, bits: 8, promised: null, under: { ...plate, samples } })).toMatchObject({
      verdict: "pass",
      message: "Outside the mask every pixel is the plate's.",
    });
  });

  it("may be half EXR of a float plate where 16 bits are promised, never a step further off", () => {
    const under = decodedFloat(W, H);
    const halves = Float32Array.from(toHalves(under.samples as Float32Array), (bits) => HALF[bits] as number);
    const at = (samples: Float32Array, promised: 16 | null) =>
      look(() => 0, { composited: true, promised, under, result: { ...under, bitDepth: 16, samples } }).verdict;
    expect(at(halves, 16)).toBe("pass");
    expect(at(halves, null)).toBe("fail");
    expect(
      at(
        halves.map((v) => v * (1 + 2 ** -10)),
        16,
      ),
    ).toBe("fail");
  });
});

describe("a mask without black", () => {
  const all = new Uint8Array(W * H).fill(1);

  it("warns with its smallest value and the share of what is nearly black", () => {
    const mask = maskFacts({ width: W, height: H, inside: all, least: 2 / 255, nearlyBlack: 0.88 }, SIZE);
    const seen = look(() => 30, { mask });
    expect(seen.verdict).toBe("warn");
    expect(seen.message).toMatch(/its smallest value is 0\.78 %, and 88\.0 % of it lies under 1 %/);
  });

  it("warns, too, where a few pixels are black and preserved, and does not apply to one that is white", () => {
    const few = all.slice();
    few.fill(0, 0, 100);
    const mask = maskFacts({ width: W, height: H, inside: few, least: 0, nearlyBlack: 0.88 }, SIZE);
    expect(look((_x, y) => (y === 0 ? 0 : 30), { mask }).verdict).toBe("warn");
    expect(look((x, y) => (y === 0 && x === 3 ? 30 : 0), { mask, composited: true }).verdict).toBe("fail");
    const white = maskFacts({ width: W, height: H, inside: all, least: 1, nearlyBlack: 0 }, SIZE);
    expect(look(() => 30, { mask: white }).because).toBe("the mask covers the whole frame");
  });
});
