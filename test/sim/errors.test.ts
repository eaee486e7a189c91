/** Every port call fails once, with each error that can come from it; then the world is well again. */
import { describe, expect, it } from "vitest";
import { each, ERROR_KINDS, errorCases, placesOf, runCases, troubleCases } from "./loops.ts";

const STILL = { seed: 1, scenario: "still" };
const TOGETHER = { seed: 3, scenario: "together" };
const ONE = { seed: 2, scenario: "one" };

/** Loops are long on a busy machine, and nothing here depends on how long: only what never ends is stopped. */
const PATIENCE = { timeout: 3_600_000 };

describe("a port call that fails once", PATIENCE, () => {
  // What only looks is asked again and again: the first of each kind stands for the others here.
  it.each(ERROR_KINDS)("with %s holds nothing up for good", async (kind) => {
    const places = (await placesOf(STILL)).filter((place) => place.mutates || place.nth < 1);
    const cases = errorCases(STILL, places, [kind]);
    expect(cases.length).toBeGreaterThan(5);
    const report = await runCases(cases);
    expect(report.failures).toEqual([]);
    expect(report.runs).toBe(cases.length);
  });
});

describe("a port call that fails once while chunks are fed, made and blended", PATIENCE, () => {
  it("holds nothing up for good, and every frame is what it should be", async () => {
    const about = /^images\.(feed|finish|blend|inspect)$|^comfy\.(place|fetch|submit)$|^files\.removeTree$/;
    const places = (await placesOf(TOGETHER)).filter((place) => about.test(place.label));
    const report = await runCases(ERROR_KINDS.flatMap((kind) => errorCases(TOGETHER, places, [kind])));
    expect(report.failures).toEqual([]);
    expect(report.runs).toBeGreaterThan(places.length * 2);
  });
});

describe(
  "a ComfyUI that dies, a process that stands still, a disk call that happens after it was given up",
  PATIENCE,
  () => {
    it("hold nothing up for good", async () => {
      const places = (await placesOf(ONE)).filter((place) => place.mutates);
      const cases = troubleCases(ONE, each(places, 16, 3));
      const report = await runCases(cases);
      expect(report.failures).toEqual([]);
      expect(report.runs).toBe(cases.length);
    });
  },
);
