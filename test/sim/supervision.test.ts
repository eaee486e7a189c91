/** Attached slots that die or become zombies for good, in the simulated world: their tasks end elsewhere, each once. */
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { SimComfy } from "./comfy.ts";
import { Sim } from "./driver.ts";
import { poison } from "./poison.ts";
import { DAY } from "./scenario.ts";

const LOOK_EVERY = 200;

async function untilBusy(sim: Sim): Promise<SimComfy> {
  const slot = sim.slots.get("gpu0");
  if (slot === undefined) throw new Error("no slot gpu0");
  while (slot.unfinished().length === 0) if (!(await sim.step())) throw new Error("nothing happens any more");
  return slot;
}

/** Until every promise is kept: ms of the simulated clock. Every event is checked against the invariants. */
async function untilKept(sim: Sim): Promise<number> {
  const from = sim.world.now;
  // That the slot itself is mended is the one promise that nobody keeps here.
  const open = async (): Promise<readonly string[]> =>
    (await sim.unmet()).filter((line) => !line.startsWith("slot gpu0 is "));
  for (let n = 1; n % LOOK_EVERY !== 0 || (await open()).length > 0; n += 1) {
    if (!(await sim.step())) throw new Error("nothing happens any more");
    if (sim.world.now - from > 60 * 60_000) throw new Error((await open()).join("\n"));
  }
  return sim.world.now - from;
}

describe("a slot that is gone for good", () => {
  it.each([11, 12, 13])("loses its tasks to the other one, which nothing disturbs (seed %i)", async (seed) => {
    using antidote = poison();
    const sim = new Sim({ seed, scenario: DAY });
    const slot = await untilBusy(sim);
    const held = slot.unfinished();
    slot.die("its node lost power");
    const ms = await untilKept(sim);
    expect(slot.state).toBe("down");
    expect(held.length).toBeGreaterThan(0);
    // Silence counts from the last answer, which came a little before.
    expect(ms).toBeGreaterThan(LIMITS.slotGoneMs - LIMITS.slotLookMs);
    expect([sim.unexpected, antidote.caught]).toEqual([[], []]);
  });

  it.each([21, 22, 23])("answers and runs nothing: its tasks end elsewhere (seed %i)", async (seed) => {
    using antidote = poison();
    const sim = new Sim({ seed, scenario: DAY });
    const slot = await untilBusy(sim);
    slot.state = "zombie";
    await untilKept(sim);
    expect(slot.state).toBe("zombie");
    expect([sim.unexpected, antidote.caught]).toEqual([[], []]);
  });
});
