/** What a node learns while it works: estimates, shares, bounded memory, the order of a search by halves. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bisectOrder } from "../../daemon/domain/bisect.ts";
import { setNewest } from "../../daemon/domain/boundedMap.ts";
import { createEstimator } from "../../daemon/domain/estimate.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { charged, EMPTY_LEDGER, sharesOf } from "../../daemon/domain/share.ts";

describe("estimates", () => {
  const seen = { workKey: "w", modelKey: "M", slot: "g0", seconds: 1, cold: false };

  it("know nothing before anything was seen", () => {
    const estimates = createEstimator();
    expect([estimates.secondsOf("w", "g0"), estimates.loadSecondsOf("M"), estimates.loadSecondsOf("")]).toEqual([
      null,
      null,
      0,
    ]);
  });

  it("measure a load as the cold run less the warm one, whichever came first", () => {
    const estimates = createEstimator();
    estimates.observe({ ...seen, seconds: 2.2, cold: true });
    expect(estimates.loadSecondsOf("M")).toBeNull();
    estimates.observe({ ...seen, seconds: 0.2 });
    expect(estimates.loadSecondsOf("M")).toBeCloseTo(2);
    // A set that was never loaded: what loads cost here.
    expect(estimates.loadSecondsOf("other")).toBeCloseTo(2);
  });

  it("keep the cold seconds out of the work's own", () => {
    const estimates = createEstimator();
    estimates.observe({ ...seen, seconds: 9, cold: true });
    expect(estimates.secondsOf("w", "g0")).toBeNull();
    estimates.observe({ ...seen, seconds: 1 });
    expect(estimates.secondsOf("w", "g0")).toBe(1);
  });

  it("expect a slow slot to be as slow at work that it never did", () => {
    const estimates = createEstimator();
    for (let n = 0; n < 20; n += 1) {
      estimates.observe({ ...seen, slot: "fast", seconds: 1 });
      estimates.observe({ ...seen, slot: "slow", seconds: 3 });
    }
    estimates.observe({ ...seen, workKey: "v", slot: "fast", seconds: 10 });
    const [fast, slow] = ["fast", "slow"].map((slot) => estimates.secondsOf("v", slot) ?? 0);
    expect(slow! / fast!).toBeGreaterThan(1.3);
    expect(estimates.secondsOf("w", "slow")).toBeCloseTo(3);
  });
});

describe("shares", () => {
  const now = 50_000_000;
  const active = [
    { show: "A", person: "p" },
    { show: "B", person: "q" },
  ];

  it("fade by half with every half-life", () => {
    const ledger = charged(
      charged(EMPTY_LEDGER, { show: "A", person: "p", seconds: 100, at: now - LIMITS.shareHalfLifeMs }),
      { show: "B", person: "q", seconds: 50, at: now },
    );
    const shares = sharesOf(ledger, { now, active, weights: {} });
    expect(shares.show("A")?.used).toBeCloseTo(0.5);
    expect(shares.show("A")?.factor).toBeCloseTo(0.5);
    expect(shares.person("A", "p")).toMatchObject({ used: 1, fair: 1 });
  });

  it("leave the part of a show without work to the others, and say nothing before anybody used anything", () => {
    const ledger = charged(EMPTY_LEDGER, { show: "idle", person: "x", seconds: 1_000, at: now });
    expect(sharesOf(ledger, { now, active, weights: {} }).show("A")).toBeNull();
    expect(sharesOf(ledger, { now, active, weights: {} }).show("idle")).toBeNull();
    const weighted = charged(ledger, { show: "A", person: "p", seconds: 1, at: now });
    expect(sharesOf(weighted, { now, active, weights: { A: 3 } }).show("A")?.fair).toBe(0.75);
  });

  it("never fall below nothing when what was charged is taken back after it faded", () => {
    const given = charged(EMPTY_LEDGER, { show: "A", person: "p", seconds: 100, at: now - LIMITS.shareHalfLifeMs });
    const back = charged(given, { show: "A", person: "p", seconds: -100, at: now });
    const both = charged(back, { show: "B", person: "q", seconds: 10, at: now });
    expect(sharesOf(both, { now, active, weights: {} }).show("A")?.factor).toBe(1);
  });

  it("drop what faded to nothing, so that a ledger of months stays small", () => {
    let ledger = EMPTY_LEDGER;
    for (let day = 0; day < 400; day += 1)
      ledger = charged(ledger, { show: `show${day}`, person: "p", seconds: 3_600, at: day * 86_400_000 });
    expect(ledger.shows.size).toBe(1);
  });

  it("name no show of the prototype's: a show may have any name", () => {
    const odd = [{ show: "__proto__", person: "constructor" }];
    const ledger = charged(EMPTY_LEDGER, { show: "__proto__", person: "constructor", seconds: 5, at: now });
    expect(sharesOf(ledger, { now, active: odd, weights: {} }).show("__proto__")).toMatchObject({ used: 1, fair: 1 });
  });
});

describe("bisect order", () => {
  it("takes the ends first, then the middles, each once", () => {
    expect(bisectOrder(9)).toEqual([0, 8, 4, 2, 6, 1, 3, 5, 7]);
    expect([0, 1, 2, 3].map((count) => bisectOrder(count))).toEqual([[], [0], [0, 1], [0, 2, 1]]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 600 }), (count) => {
        expect([...bisectOrder(count)].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, n) => n));
      }),
    );
  });

  it("leaves no gap wider than half the one before after each level", () => {
    const first = [...bisectOrder(200)].slice(0, 17).sort((a, b) => a - b);
    const gaps = first.slice(1).map((at, index) => at - first[index]!);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(Math.ceil(199 / 16));
  });
});

it("a bounded map forgets what was set longest ago", () => {
  const map = new Map<string, number>();
  for (const [key, value] of [
    ["a", 1],
    ["b", 2],
    ["a", 3],
    ["c", 4],
  ] as const)
    setNewest(map, key, { value, max: 2 });
  expect([...map]).toEqual([
    ["a", 3],
    ["c", 4],
  ]);
});
