/** What a seed of the swarm means: which faults exist, how ComfyUI is in the mood, how the day goes. */
import type { Moods } from "./comfy.ts";
import type { RunOptions } from "./driver.ts";
import { swarm } from "./faults.ts";
import { createRandom } from "./prng.ts";
import { DAY, ONE } from "./scenario.ts";

export function swarmOptions(seed: number): RunOptions {
  const random = createRandom(`swarm/${seed}`);
  const mood = (): number => random.pick([0, 0, 0, 0.1, 0.3]);
  const moods: Moods = {
    oom: mood(),
    falseSuccess: mood(),
    missingFile: mood(),
    truncated: mood(),
    refuse: random.pick([0, 0, 0, 0.1]),
    killsProcess: mood(),
    zombie: random.pick([0, 0, 0, 0.05]),
    slow: random.pick([0, 0, 0.1]),
    lateHistory: mood(),
    lostWake: random.pick([0, 0, 0.5, 1]),
  };
  return {
    seed,
    scenario: random.pick([ONE, DAY, DAY]),
    faults: swarm(random.fork("faults"), { untilCall: 20_000, faultsMax: 60 }),
    moods,
    hintLoss: random.pick([0, 0, 0.5, 1]),
    faultsUntilMs: random.pick([60_000, 120_000, 300_000]),
    lossesAllowed: true,
  };
}
