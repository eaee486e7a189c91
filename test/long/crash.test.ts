/** The power is cut and the process killed around every port call of eight scenarios. */
import { describe, it } from "vitest";
import { CRASHES, crashCases, MOMENTS, placesOf } from "../sim/loops.ts";
import { expectKept } from "./figures.ts";

describe.each(["still", "one", "sorted", "refused", "together", "reseeded", "unsteady", "steadied"])(
  "scenario %s",
  (scenario) => {
    it.each(CRASHES)("keeps every promise through a %s at each call", async (kind) => {
      const base = { seed: 1, scenario };
      const cases = crashCases(base, await placesOf(base), { kinds: [kind], moments: MOMENTS });
      await expectKept(`${kind} at each call of ${scenario}`, cases);
    });
  },
);
