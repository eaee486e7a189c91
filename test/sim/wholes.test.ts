/** Wedges that QC refuses as a whole, when all their frames are there: all of a wedge or nothing of it, whatever is cut or killed. */
import { describe, expect, it } from "vitest";
import type { Place } from "./loops.ts";
import { cleanRun, crashCases, each, errorCases, MOMENTS, placesOf, runCases } from "./loops.ts";

const UNSTEADY = { seed: 7, scenario: "unsteady" };
const STEADIED = { seed: 8, scenario: "steadied" };
const changing = (places: readonly Place[]): readonly Place[] => places.filter((place) => place.mutates);
const PATIENCE = { timeout: 3_600_000 };

describe("a wedge that flickers", PATIENCE, () => {
  it("is kept out as a whole, and the one beside it is published", async () => {
    const report = await cleanRun(UNSTEADY);
    expect(report.pictures).toBe(2);
    expect(report.calls.filter(({ label }) => label === "store.inspectedWedge")).toHaveLength(1);
  });

  it("is made again as a whole, where another seed may cure it", async () => {
    const report = await cleanRun(STEADIED);
    expect(report.pictures).toBe(4);
    expect(report.calls.filter(({ label }) => label === "store.reseed")).toHaveLength(1);
    expect(report.calls.filter(({ label }) => label === "store.inspectedWedge")).toEqual([]);
  });

  it.each(MOMENTS)("is never published in part, though killed or cut %s what is done about it", async (when) => {
    for (const base of [UNSTEADY, STEADIED]) {
      const places = changing(await placesOf(base));
      const near = places.filter(({ label }) =>
        /^store\.(inspectedWedge|reseed|beginPublish)$|^images\.inspect/.test(label),
      );
      const some = [...new Set([...near, ...each(places, 12, MOMENTS.indexOf(when))])];
      const report = await runCases(crashCases(base, some, { kinds: ["kill", "power"], moments: [when] }));
      expect(report.failures).toEqual([]);
      expect(report.runs).toBe(some.length * 2);
    }
  });

  it("is judged the same when a call about it fails once, or its answer is lost", async () => {
    const places = (await placesOf(UNSTEADY)).filter(({ label }) =>
      /^images\.inspect|^store\.inspectedWedge$/.test(label),
    );
    expect(places.some(({ label }) => label === "images.inspectSequence")).toBe(true);
    const report = await runCases(errorCases(UNSTEADY, places, ["EIO", "ETIMEDOUT", "lost"]));
    expect(report.failures).toEqual([]);
    expect(report.runs).toBeGreaterThan(6);
  });
});
