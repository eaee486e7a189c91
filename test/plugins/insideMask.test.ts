/** Checks that judge what lies well inside a mask by itself: a model that refuses, or works in 8 bits, is seen however much plate stands around. */
import { describe, expect, it } from "vitest";
import { loadChecks } from "../../daemon/adapters/plugins.ts";
import { maskFacts } from "../../daemon/domain/maskFacts.ts";
import { inspectFrame } from "../../daemon/domain/qcRun.ts";
import type { DecodedImage } from "../../daemon/plugin.ts";
import type { Value } from "../fixtures/pictures.ts";
import { decoded, decodedFloat, picture } from "../fixtures/pictures.ts";

const { checks } = await loadChecks([]);
const W = 320;
const H = 256;

interface Edit {
  readonly plate?: Value;
  /** Of the edit where the mask is all. */
  readonly to: Value;
  readonly box?: readonly [number, number, number, number];
  readonly feather?: number;
  readonly float?: boolean;
}

const noisy: Value = (x, y, c) => 0.1 + 0.8 * picture(x, y, c);

/** The edit laid onto the plate by a mask with a soft edge, which goes outwards. */
function laid({ plate = noisy, to, box = [80, 64, 160, 128], feather = 16, float = false }: Edit) {
  const [left, top, wide, high] = box;
  const weight = (x: number, y: number): number => {
    const dx = Math.max(0, left - x, x - (left + wide - 1));
    const dy = Math.max(0, top - y, y - (top + high - 1));
    return Math.max(0, 1 - Math.hypot(dx, dy) / feather);
  };
  const make = (value: Value): DecodedImage =>
    float ? decodedFloat(W, H, value) : decoded({ width: W, height: H, channels: 3, bits: 16, value });
  const inside = Uint8Array.from({ length: W * H }, (_, i) => (weight(i % W, Math.floor(i / W)) > 0 ? 1 : 0));
  return {
    plate: make(plate),
    result: make((x, y, c) => {
      const m = weight(x, y);
      return m === 0 ? plate(x, y, c) : plate(x, y, c) * (1 - m) + m * to(x, y, c);
    }),
    mask: maskFacts({ width: W, height: H, inside }, { width: W, height: H, ignore: [] }),
  };
}

function look(check: string, edit: Edit, bitDepth: 8 | 16 | null = 16) {
  const { findings, notApplied } = inspectFrame(checks, [{ check, limits: {} }], {
    ...laid(edit),
    resultFile: { path: "/v/a.1001.png", bytes: 1, frame: 1001 },
    decodeProblem: null,
    plateProblem: null,
    maskProblem: null,
    composited: true,
    expected: { width: W, height: H, bitDepth, ignore: [] },
  });
  const found = findings.find((each) => each.check === check);
  if (found === undefined) throw new Error(`${check}: ${JSON.stringify(notApplied)}`);
  return found;
}
const verdict = (check: string, edit: Edit): string => look(check, edit).verdict;

describe("image.not_black inside a mask", () => {
  const black: Value = () => 0;

  it("fails an edit of exact zeros and names the safety filter", () => {
    const seen = look("image.not_black", { to: black });
    expect(seen).toMatchObject({ verdict: "fail", evidence: [{ kind: "boxes" }] });
    expect(seen.message).toMatch(/^Inside the mask every pixel is exactly 0: very likely a safety filter/);
    expect(seen.measures.map(({ name }) => name)).toContain("insideMean");
  });

  it("fails one that is nearly black, one under a wide feather, and one in a small mask", () => {
    expect(look("image.not_black", { to: (x, y, c) => 0.005 * picture(x, y, c) })).toMatchObject({
      verdict: "fail",
      message: expect.stringMatching(/^Inside the mask the result is black/) as string,
    });
    // The mask is what the feather covers: its ramp of 40 px is more than what is left out at the border.
    expect(verdict("image.not_black", { to: black, feather: 40 })).toBe("fail");
    expect(verdict("image.not_black", { to: black, box: [140, 100, 60, 44], feather: 4 })).toBe("fail");
  });

  it("leaves dark edits with detail, thin masks and what covers the whole frame alone", () => {
    expect(verdict("image.not_black", { to: (x, y, c) => 0.05 * picture(x, y, c) })).toBe("pass");
    expect(verdict("image.not_black", { to: black, box: [40, 100, 240, 4], feather: 3 })).toBe("pass");
    expect(verdict("image.not_black", { to: noisy, box: [0, 0, W, H] })).toBe("pass");
  });

  it("is excused by a plate that is as black there, or beside the mask, but not where that has noise and the edit none", () => {
    const night: Value = (x, y, c) => (x > 250 || y < 40 ? 0.7 : 0.004 * picture(x, y, c));
    const lamp: Value = (x, y, c) => (x > 250 ? 0.7 : x > 90 && x < 150 && y > 90 && y < 150 ? 0.9 : night(x, y, c));
    const box = [90, 90, 60, 60] as const;
    expect(verdict("image.not_black", { plate: night, to: (x, y, c) => 0.003 * picture(x, y, c) })).toBe("pass");
    expect(verdict("image.not_black", { plate: lamp, to: night, box, feather: 6 })).toBe("pass");
    expect(verdict("image.not_black", { plate: lamp, to: black, box, feather: 6 })).toBe("warn");
  });
});

describe("image.not_solid inside a mask", () => {
  it("fails one flat colour, whichever, and one under a wide feather", () => {
    for (const colour of [
      [0.46, 0.46, 0.46],
      [0, 0.9, 0],
      [1, 1, 0.9999],
    ])
      expect(look("image.not_solid", { to: (_x, _y, c) => colour[c] as number })).toMatchObject({
        verdict: "fail",
        hint: expect.stringMatching(/safety filter/) as string,
        message: expect.stringMatching(/^Inside the mask/) as string,
      });
    expect(verdict("image.not_solid", { to: () => 0.46, feather: 40 })).toBe("fail");
  });

  it("leaves an edit with texture alone, a flat wall beside a flat wall, and light above full scale", () => {
    expect(verdict("image.not_solid", { to: (x, y, c) => 0.3 + 0.05 * picture(x, y, c) })).toBe("pass");
    const wall: Value = (x, y, c) => (x > 270 ? picture(x, y, c) : 0.5 + 0.002 * picture(x, y, c));
    const bird: Value = (x, y, c) =>
      x > 120 && x < 180 && y > 100 && y < 160 ? 0.2 * picture(x, y, c) : wall(x, y, c);
    const box = [116, 96, 68, 68] as const;
    expect(verdict("image.not_solid", { plate: bird, to: wall, box, feather: 6 })).toBe("pass");
    expect(verdict("image.not_solid", { plate: bird, to: () => 0.5, box, feather: 6 })).toBe("warn");
    expect(verdict("image.not_solid", { to: (x, y, c) => 2 + picture(x, y, c), float: true })).toBe("pass");
  });
});

describe("a black picture of floats", () => {
  it("is told by what it holds: no number, negatives, or zero", () => {
    const message = (value: number): string => {
      const image = decodedFloat(W, H, () => value);
      const facts = {
        result: image,
        plate: null,
        plateProblem: null,
        mask: null,
        maskProblem: null,
        decodeProblem: null,
        resultFile: { path: "/v/a.1001.exr", bytes: 1, frame: 1001 },
        composited: false,
        expected: { width: W, height: H, bitDepth: 16, ignore: [] },
      } as const;
      const { findings } = inspectFrame(checks, [{ check: "image.not_black", limits: {} }], facts);
      const found = findings.find(({ check }) => check === "image.not_black");
      expect(found?.verdict).toBe("fail");
      return found?.message ?? "";
    };
    expect(message(Number.NaN)).toMatch(/^Every pixel holds no number/);
    expect(message(-1)).toMatch(/^Every pixel is negative, which shows as black/);
    expect(message(0)).toMatch(/^Every pixel is exactly 0.*safety filter/);
  });
});

describe("image.bit_depth inside a mask", () => {
  const in8 = (v: number): number => Math.round(v * 255) / 255;
  const linear = (v: number): number => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);

  it("fails an edit of 8 bits whose plate has 16, by codes and by light, and warns where nobody promised bits", () => {
    const to: Value = (x, y, c) => in8(noisy(x + 7, y, c));
    const seen = look("image.bit_depth", { to });
    expect(seen).toMatchObject({
      verdict: "fail",
      message: expect.stringMatching(/^8 bits inside the mask/) as string,
    });
    expect(seen.measures.find(({ name }) => name === "insideOnGrid")?.value).toBe(1);
    expect(look("image.bit_depth", { to }, null).verdict).toBe("warn");
    const lit: Edit = { plate: (x, y, c) => linear(noisy(x, y, c)), to: (x, y, c) => linear(to(x, y, c)), float: true };
    expect(verdict("image.bit_depth", lit)).toBe("fail");
    // Half of what is looked at is blended with the plate.
    expect(verdict("image.bit_depth", { to, feather: 40 })).toBe("fail");
  });

  it("leaves 16 bits alone, a flat edit with few codes, a small one, and one as poor as its plate", () => {
    expect(verdict("image.bit_depth", { to: (x, y, c) => 0.3 * noisy(x, y, c) })).toBe("pass");
    expect(verdict("image.bit_depth", { to: (x) => 0.5 + x / W / 500 })).toBe("pass");
    expect(verdict("image.bit_depth", { to: (x, y, c) => in8(noisy(x, y, c)), box: [100, 100, 12, 12] })).toBe("pass");
    const half: Value = (x, y, c) => (x < 20 ? noisy(x, y, c) : in8(noisy(x, y, c)));
    expect(verdict("image.bit_depth", { plate: half, to: (x, y, c) => in8(0.5 * noisy(x, y, c)) })).toBe("pass");
  });

  it("does not take what the plate shows for the edit", () => {
    const to: Value = (x, y, c) => (x % 2 === 0 ? noisy(x, y, c) : in8(noisy(x, y, c) * 0.9));
    expect(verdict("image.bit_depth", { to })).toBe("fail");
  });
});

describe("image.clip inside a mask", () => {
  const light: Value = (x, y, c) => 1.4 * picture(x, y, c) ** 2 + (x > 280 ? 12 * picture(x, y, c) : 0);
  const small = [140, 100, 40, 40] as const;

  it("warns of floats cut off at 1 where the plate's lights are brighter, with the place", () => {
    const plate: Value = (x, y, c) => 1.5 * light(x, y, c);
    const seen = look("image.clip", { plate, to: (x, y, c) => Math.min(1, plate(x, y, c)), float: true });
    expect(seen).toMatchObject({ verdict: "warn", evidence: [{ kind: "map" }] });
    expect(seen.message).toMatch(/inside the mask [\d.]+ % of the samples are cut off at the top/);
    expect(seen.measures.find(({ name }) => name === "highMore")?.value).toBeLessThan(0.005);
  });

  it("warns of a small edit cut off at the top, and of one at zero with a hint of its own", () => {
    const top = look("image.clip", {
      to: (x, y, c) => Math.min(1, 0.7 + 0.6 * picture(x, y, c)),
      box: small,
      feather: 4,
    });
    expect(top.verdict).toBe("warn");
    const low = look("image.clip", { to: (x, y, c) => Math.max(0, noisy(x, y, c) - 0.4) });
    expect(low.verdict).toBe("warn");
    expect(low.hint).toMatch(/^Raise the exposure/);
  });

  it("leaves light that goes on above 1 alone, and what the plate cuts off there itself", () => {
    expect(verdict("image.clip", { plate: light, to: (x, y, c) => 0.7 * light(x, y, c) + 0.4, float: true })).toBe(
      "pass",
    );
    const cut: Value = (x, y, c) => Math.min(1, 1.5 * noisy(x, y, c));
    expect(verdict("image.clip", { plate: cut, to: cut })).toBe("pass");
    const dimmed: Value = (x, y, c) => 0.9 * cut(x, y, c);
    expect(verdict("image.clip", { plate: cut, to: dimmed, float: true })).toBe("pass");
  });
});
