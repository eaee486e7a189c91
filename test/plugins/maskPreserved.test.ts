/** mask.preserved where nobody laid the edit onto the plate, beside a plate of other bits, and with a mask without black. */
import { describe, expect, it } from "vitest";
import { maskFacts } from "../../daemon/domain/maskFacts.ts";
import { inspectFrame } from "../../daemon/domain/qcRun.ts";
import type { MaskFacts } from "../../daemon/plugin.ts";
import maskPreserved from "../../plugins/mask_preserved.ts";
import type { Value } from "../fixtures/pictures.ts";
import { decoded, picture } from "../fixtures/pictures.ts";

const W = 1280;
const H = 1024;
const plate = decoded({ width: W, height: H, channels: 1, bits: 16 });
const inside = Uint8Array.from({ length: W * H }, (_, i) => (i % W > 900 && i > W * 500 ? 1 : 0));
const SIZE = { width: W, height: H, ignore: [] } as const;

function look(
  change: Value,
  of: { readonly mask?: MaskFacts; readonly composited?: boolean; readonly bits?: 8 | 16 } = {},
) {
  const { mask = maskFacts({ width: W, height: H, inside }, SIZE), composited = false, bits = 16 } = of;
  const value: Value = (x, y, c) => Math.min(1, Math.max(0, picture(x, y, c) + change(x, y, c) / 255));
  const { findings, notApplied } = inspectFrame([maskPreserved], [{ check: "mask.preserved", limits: {} }], {
    plate,
    result: decoded({ width: W, height: H, channels: 1, bits, value }),
    mask,
    maskProblem: null,
    resultFile: { path: "/v/a.1001.png", bytes: 1, frame: 1001 },
    decodeProblem: null,
    plateProblem: null,
    composited,
    expected: { width: W, height: H, bitDepth: 16, ignore: [] },
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

  it("laid by us, but of other bits than its plate, says so", () => {
    const seen = look(() => 0, { composited: true, bits: 8 });
    expect(seen.verdict).toBe("pass");
    expect(seen.message).toMatch(/the file has 8 bits, its plate 16 bits/);
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
