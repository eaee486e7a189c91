/** Time as the world has it. It only moves when an event runs. */
import type { Clock } from "../../daemon/ports.ts";
import type { Life, SimWorld } from "./world.ts";

export function simClock(world: SimWorld, life: Life): Clock {
  return {
    now: () => Math.floor(world.now),
    sleep(ms, until) {
      if (!life.alive) return new Promise(() => undefined);
      return new Promise((resolve) => {
        let ended = false;
        const end = (): void => {
          if (ended) return;
          ended = true;
          resolve();
        };
        world.inLife(life, ms, end);
        // Also an early end is an event of the heap: nothing else moves the process on.
        void until?.then(() => (ended ? undefined : world.inLife(life, 0, end)));
      });
    },
  };
}
