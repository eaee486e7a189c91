/** The real clock: the only place where time is read and slept. */
import type { Clock } from "../ports.ts";

export function createClock(): Clock {
  return {
    now: () => Date.now(),
    sleep(ms, until) {
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, Math.max(0, ms));
        void until?.then(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    },
  };
}
