/** A second crash at every call of the recovery from a first one: half of all firsts, so that two processes share the work. */
import { describe, it } from "vitest";
import { each, pairCases, placesOf } from "../sim/loops.ts";
import { expectKept } from "./figures.ts";

describe.each(["still", "one"])("scenario %s", (scenario) => {
  it("keeps every promise through each pair of crashes (even firsts)", async () => {
    const base = { seed: 1, scenario };
    const places = (await placesOf(base)).filter((place) => place.mutates);
    await expectKept(
      `pairs in ${scenario}, even firsts`,
      await pairCases(base, { firsts: each(places, 2, 0), every: 1 }),
    );
  });
});
