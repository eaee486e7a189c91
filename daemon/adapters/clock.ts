/** The real clock: the only place where time is read and slept. It may step backwards; callers must bear that. */
import type { Clock } from "../ports.ts";

/** The longest that a timer of Node can wait; beyond it, it would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export function createClock(): Clock {
  return {
    now: () => Date.now(),
    sleep(ms, until) {
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, Math.min(Math.max(0, ms), TIMER_MS_MAX));
        const wake = (): void => {
          clearTimeout(timer);
          // Through the event loop, not straight on: a loop that is woken in every one of its own rounds would otherwise live
          // in promises alone, and no disk, socket or timer would ever get a word in.
          setImmediate(resolve);
        };
        // However `until` ends, there is nothing to wait for any more.
        until?.then(wake, wake);
      });
    },
  };
}
