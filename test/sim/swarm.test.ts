/** Seeds with everything going wrong at once. A seed that ever failed stays here, with what it found. */
import { describe, expect, it } from "vitest";
import { runCases, swarmCases } from "./loops.ts";

const SEEDS = [1, 3, 8, 13, 21, 34];

/** Loops are long on a busy machine, and nothing here depends on how long: only what never ends is stopped. */
const PATIENCE = { timeout: 3_600_000 };

describe("a day with faults drawn at random", PATIENCE, () => {
  it.each(SEEDS)("ends with every promise kept (seed %i)", async (seed) => {
    const report = await runCases(swarmCases([seed]));
    expect(report.failures).toEqual([]);
  });
});
