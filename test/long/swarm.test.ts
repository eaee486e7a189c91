/** A thousand seeds with everything going wrong at once. */
import { describe, it } from "vitest";
import { swarmCases } from "../sim/loops.ts";
import { expectKept } from "./figures.ts";

const PER_TEST = 100;

describe("a day with faults drawn at random", () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])("keeps every promise (seeds from %i hundred)", async (hundred) => {
    const seeds = Array.from({ length: PER_TEST }, (_, index) => hundred * PER_TEST + index);
    await expectKept(`swarm, seeds ${seeds[0]}-${seeds.at(-1)}`, swarmCases(seeds));
  });
});
