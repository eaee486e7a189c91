/** Limits from judged pictures: quantiles, intervals, curves, and what is not proposed. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LimitSamples } from "../../daemon/domain/calibration.ts";
import { calibrateLimit, outward } from "../../daemon/domain/calibration.ts";
import { casesFor, quantile, shareOf } from "../../daemon/domain/shareInterval.ts";

const upTo = (count: number, of: (i: number) => number): number[] => Array.from({ length: count }, (_, i) => of(i + 1));
const samples = (of: Partial<LimitSamples>): LimitSamples => ({
  check: "image.x",
  limit: "max",
  must: "atMost",
  now: 50,
  good: upTo(100, (i) => i / 100),
  bad: upTo(20, (i) => 0.9 + i / 50),
  ...of,
});

describe("a share", () => {
  it("comes with Wilson's interval", () => {
    // Newcombe 1998 (doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for (const [hits, of, low, high] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const) {
      const share = shareOf(hits, of);
      expect([share.low, share.high].map((value) => Number(value.toFixed(4)))).toEqual([low, high]);
    }
    expect(shareOf(29, 29)).toMatchObject({ share: 1, high: 1 });
    expect(shareOf(0, 0)).toMatchObject({ share: 0, low: 0, high: 1 });
  });
});

describe("a quantile", () => {
  it("is a value that was seen, and needs enough of them to be another than the largest", () => {
    expect(
      quantile(
        upTo(100, (i) => i),
        0.99,
      ),
    ).toBe(99);
    expect(
      quantile(
        upTo(99, (i) => i),
        0.99,
      ),
    ).toBe(99);
    expect(quantile([7], 0.5)).toBe(7);
    expect([0.99, 0.95, 0.9, 0.5].map(casesFor)).toEqual([100, 20, 10, 2]);
  });
});

describe("a proposed limit", () => {
  it("keeps the share of good ones that was asked for, and says what it finds with intervals", () => {
    const { proposed, now } = calibrateLimit(samples({}), 0.99);
    expect(proposed).toMatchObject({
      value: 0.99,
      falseAlarms: { hits: 1, of: 100, share: 0.01 },
      detection: { hits: 16, of: 20 },
    });
    expect(now).toMatchObject({ value: 50, detection: { hits: 0 }, falseAlarms: { hits: 0 } });
  });

  it("lies on the other side where good ones must be at least something", () => {
    const of = samples({ must: "atLeast", now: 0, good: upTo(100, (i) => i / 100), bad: [0.001, 0.002, 0.5] });
    const { proposed, area } = calibrateLimit(of, 0.99);
    expect(proposed).toMatchObject({ value: 0.02, falseAlarms: { hits: 1 }, detection: { hits: 2 } });
    expect(area).toBeCloseTo((100 + 100 + 50.5) / 300, 2);
  });

  it("is rounded so that no good one falls out by rounding", () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
        fc.constantFrom("atMost", "atLeast"),
        (value, must) => {
          const limit = outward(value, must);
          if (must === "atMost") expect(limit).toBeGreaterThanOrEqual(value - Math.abs(value) * 1e-9);
          else expect(limit).toBeLessThanOrEqual(value + Math.abs(value) * 1e-9);
          expect(Math.abs(limit - value)).toBeLessThanOrEqual(Math.abs(value) * 0.0101);
        },
      ),
    );
    expect([outward(0.012341, "atMost"), outward(0.012349, "atLeast"), outward(0, "atMost")]).toEqual([
      0.0124, 0.0123, 0,
    ]);
  });

  it("is none of too few good ones: the number that is needed is said", () => {
    const { proposed, remark } = calibrateLimit(samples({ good: upTo(40, (i) => i) }), 0.99);
    expect([proposed, remark]).toEqual([null, "40 good ones; a limit that keeps 99 % of them needs at least 100"]);
    expect(calibrateLimit(samples({ good: upTo(40, (i) => i) }), 0.95).keeps).toBe(38);
  });

  it("that is stricter than now and finds nothing more is not proposed", () => {
    const { keeps, proposed, remark } = calibrateLimit(
      samples({ now: 0.9, good: upTo(100, () => 0), bad: [0, 0, 3] }),
      0.99,
    );
    expect([keeps, proposed]).toEqual([0, null]);
    expect(remark).toContain("finds no more");
    // One that good ones need is proposed whatever it costs.
    expect(calibrateLimit(samples({ now: 0.1 }), 0.99).proposed?.value).toBe(0.99);
  });
});

describe("a limit that means something only between two values", () => {
  const gain = { check: "image.channels", limit: "gainMax", now: 0.1, least: 0, greatest: 2 } as const;

  it("is proposed no stricter than that, and says what would have kept the share", () => {
    const of = samples({ ...gain, good: upTo(100, (i) => i / 100 - 1.5), bad: [0.05, 0.4] });
    const { keeps, proposed, best, remark } = calibrateLimit(of, 0.99);
    expect([keeps, proposed?.value, proposed?.falseAlarms.hits, proposed?.detection.hits]).toEqual([0, 0, 0, 2]);
    expect(remark).toBe("-0.51 would keep 99 % of the good ones; less than 0 means nothing");
    expect(best?.value ?? 0).toBeGreaterThanOrEqual(0);
    // Without a range it would be what it was: the range alone decides.
    expect(calibrateLimit({ ...of, least: undefined }, 0.99).keeps).toBe(-0.51);
    const ratio = { must: "atLeast", least: 0, greatest: 1, now: 0.6, bad: [0.7] } as const;
    expect(calibrateLimit(samples({ ...ratio, good: upTo(100, (i) => 1.2 + i / 100) }), 0.99)).toMatchObject({
      proposed: { value: 1 },
      remark: "1.22 would keep 99 % of the good ones; more than 1 means nothing",
    });
  });

  it("stays as it is where nothing could be past the one that good ones need", () => {
    const share = { now: 0.02, least: 0, greatest: 1 } as const;
    expect(calibrateLimit(samples({ ...share, good: upTo(100, () => 1) }), 0.99)).toMatchObject({
      keeps: 1,
      proposed: null,
      remark: "1 would keep 99 % of the good ones, and nothing could be past it",
    });
    const ratio = samples({ must: "atLeast", least: 0, now: 0.6, good: upTo(100, () => 0), bad: [0] });
    expect(calibrateLimit(ratio, 0.99).proposed).toBeNull();
  });

  it("is never proposed outside of them, whatever was measured", () => {
    const values = fc.array(fc.double({ noNaN: true, min: -5, max: 5 }), { minLength: 10, maxLength: 40 });
    fc.assert(
      fc.property(values, values, fc.constantFrom("atMost", "atLeast"), (good, bad, must) => {
        const { proposed, best } = calibrateLimit(samples({ must, good, bad, now: 0.5, least: 0, greatest: 1 }), 0.9);
        for (const at of [proposed, best]) {
          if (at === null) continue;
          expect(at.value).toBeGreaterThanOrEqual(0);
          expect(at.value).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

describe("the curve", () => {
  it("runs from flagging nearly everything to nothing, and its best is Youden's", () => {
    const { curve, best, area } = calibrateLimit(samples({ good: [1, 2, 3, 4], bad: [3, 4, 5, 6] }), 0.5);
    expect(curve.map(({ value, detection, falseAlarms }) => [value, detection, falseAlarms])).toEqual([
      [1, 1, 0.75],
      [2, 1, 0.5],
      [3, 0.75, 0.25],
      [4, 0.5, 0],
      [5, 0.25, 0],
      [6, 0, 0],
    ]);
    expect([best?.value, best?.detection.share]).toEqual([2, 1]);
    expect(area).toBe(14 / 16);
  });

  it("of two sets that are apart has area 1, of two that are alike 0.5 and no best", () => {
    expect(calibrateLimit(samples({ bad: [5, 6] }), 0.99)).toMatchObject({ area: 1 });
    expect(calibrateLimit(samples({ good: [1, 1, 1], bad: [1, 1] }), 0.5)).toMatchObject({ area: 0.5, best: null });
    expect(calibrateLimit(samples({ bad: [] }), 0.99)).toMatchObject({ area: null, curve: [], bad: null });
  });

  it("is thinned, with both ends kept", () => {
    const { curve } = calibrateLimit(samples({ good: upTo(900, (i) => i), bad: upTo(900, (i) => i + 0.5) }), 0.99);
    expect([curve.length, curve[0]?.value, curve.at(-1)?.value]).toEqual([200, 1, 900.5]);
  });
});
