/** Every port call fails once with every error that can come from it; ComfyUI dies, the process freezes, a call is late. */
import { describe, it } from "vitest";
import { ERROR_KINDS, errorCases, placesOf, troubleCases } from "../sim/loops.ts";
import { expectKept } from "./figures.ts";

describe.each(["one", "sorted", "refused", "together", "torn"])("scenario %s", (scenario) => {
  const base = { seed: 1, scenario };
  it.each(ERROR_KINDS)("keeps every promise when each call fails once with %s", async (kind) => {
    await expectKept(`${kind} at each call of ${scenario}`, errorCases(base, await placesOf(base), [kind]));
  });

  it("keeps every promise when something dies, freezes or comes late at each call that changes something", async () => {
    const places = (await placesOf(base)).filter((place) => place.mutates);
    await expectKept(`trouble at each call of ${scenario}`, troubleCases(base, places));
  });
});
