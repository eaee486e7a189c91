/** The power is cut, or the process killed, around every port call from the drop to the commit; then it boots again. */
import { describe, expect, it } from "vitest";
import type { Place } from "./loops.ts";
import { cleanRun, crashCases, each, MOMENTS, pairCases, placesOf, runCases } from "./loops.ts";

const STILL = { seed: 1, scenario: "still" };
const TOGETHER = { seed: 3, scenario: "together" };
const ONE = { seed: 2, scenario: "one" };
const RESEEDED = { seed: 5, scenario: "reseeded" };
const changing = (places: readonly Place[]): readonly Place[] => places.filter((place) => place.mutates);

/** Loops are long on a busy machine, and nothing here depends on how long: only what never ends is stopped. */
const PATIENCE = { timeout: 3_600_000 };

describe("a power cut", PATIENCE, () => {
  it.each(MOMENTS)("%s any call that changes something loses nothing and repeats nothing", async (when) => {
    const places = changing(await placesOf(STILL));
    expect(places.length).toBeGreaterThan(100);
    const report = await runCases(crashCases(STILL, places, { kinds: ["power"], moments: [when] }));
    expect(report.failures).toEqual([]);
    expect(report.runs).toBe(places.length);
  });

  it.each(MOMENTS)(
    "%s calls that change something while chunks are made and blended loses and repeats nothing",
    async (when) => {
      const places = changing(await placesOf(TOGETHER));
      expect(places.some((place) => place.label === "images.blend")).toBe(true);
      const blending = places.filter((place) => /^images\.(blend|finish)|^comfy\.fetch/.test(place.label));
      const some = [...new Set([...blending, ...each(places, 4, MOMENTS.indexOf(when))])];
      const report = await runCases(crashCases(TOGETHER, some, { kinds: ["power"], moments: [when] }));
      expect(report.failures).toEqual([]);
      expect(report.runs).toBe(some.length);
    },
  );

  it("during the recovery from another cut loses nothing and repeats nothing", async () => {
    const places = changing(await placesOf(ONE));
    const cases = await pairCases(ONE, { firsts: each(places, 16, 5), every: 32 });
    expect(cases.length).toBeGreaterThan(20);
    const report = await runCases(cases);
    expect(report.failures).toEqual([]);
    expect(report.lives).toBeGreaterThanOrEqual(report.runs * 3);
  });
});

describe("a kill -9", PATIENCE, () => {
  it("around calls that change something loses nothing and repeats nothing", async () => {
    const places = changing(await placesOf(STILL));
    const cases = MOMENTS.flatMap((when, index) =>
      crashCases(STILL, each(places, 2 * MOMENTS.length, index), { kinds: ["kill"], moments: [when] }),
    );
    const report = await runCases(cases);
    expect(report.failures).toEqual([]);
    expect(report.runs).toBe(cases.length);
  });
});

describe("a wedge that is made again with other seeds", PATIENCE, () => {
  it("is made three times as a whole, and what was given up is kept", async () => {
    const report = await cleanRun(RESEEDED);
    // Two frames, three times, and the two of the wedge beside it; what ran with a seed that was given up may come to it.
    expect(report.pictures).toBe(4);
    expect(report.gpuRuns).toBeGreaterThanOrEqual(8);
    expect(report.gpuRuns).toBeLessThanOrEqual(10);
  });

  it("is refused when every seed failed, and the pictures of all of them are kept", async () => {
    const base = { seed: 9, scenario: "black for good" };
    const report = await cleanRun(base);
    expect([report.pictures, report.gpuRuns]).toEqual([0, 3]);
    const places = changing(await placesOf(base)).filter(({ label }) =>
      /^store\.(reseed|inspected|burn|cleared)$|^files\.(rename|link|removeTree)$/.test(label),
    );
    expect(places.filter(({ label }) => label === "store.reseed")).toHaveLength(2);
    const some = each(places, 2, 0);
    const kept = await runCases(crashCases(base, some, { kinds: ["kill", "power"], moments: ["during"] }));
    expect(kept.failures).toEqual([]);
    expect(kept.runs).toBe(2 * some.length);
  });

  it.each(MOMENTS)("survives a kill or a power cut %s the calls around each decision", async (when) => {
    const places = changing(await placesOf(RESEEDED));
    const near = places.filter((place) => /^store\.(reseed|stage|inspected|grant|giveBack)$/.test(place.label));
    expect(near.filter((place) => place.label === "store.reseed")).toHaveLength(2);
    const some = [...new Set([...near, ...each(places, 12, MOMENTS.indexOf(when))])];
    const cases = (["kill", "power"] as const).flatMap((kind, index) =>
      crashCases(RESEEDED, each(some, 2, index), { kinds: [kind], moments: [when] }),
    );
    const report = await runCases(cases);
    expect(report.failures).toEqual([]);
    expect(report.runs).toBe(cases.length);
  });
});

describe("a result that is held", PATIENCE, () => {
  const HELD = { seed: 10, scenario: "held" };

  it("is published once a person waived what holds it", async () => {
    const report = await cleanRun(HELD);
    expect([report.pictures, report.gpuRuns]).toEqual([1, 1]);
    expect(report.calls.filter(({ label }) => label === "store.waive")).toHaveLength(1);
  });

  it.each(MOMENTS)("and waived is published once, though killed or cut %s what is done about it", async (when) => {
    const places = changing(await placesOf(HELD));
    const near = places.filter(({ label }) => /^store\.(waive|inspected|settleRequest|beginPublish)$/.test(label));
    const report = await runCases(crashCases(HELD, near, { kinds: ["kill", "power"], moments: [when] }));
    expect(report.failures).toEqual([]);
    expect(report.runs).toBe(2 * near.length);
  });
});
