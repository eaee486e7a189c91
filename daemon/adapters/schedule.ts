/**
 * Schedules, by node-cron: it only rings a bell, in UTC, and the loop looks at what is due. It skips a day at a change of
 * clocks, pauses an hour in autumn and forgets what it missed, so nothing may depend on one ring: whatever is due is found
 * at the next one, and at every start.
 */
import { schedule } from "node-cron";

export interface Bell {
  stop(): Promise<void>;
}

/** Old answers are filed, scratch and staging of the dead are swept: once an hour, off the full hour when everybody works. */
const HOURLY = "17 * * * *";

/** Nothing of node-cron is printed: what it has to say (missed, overlapping) changes nothing here. */
const SILENT = { info: ignore, warn: ignore, error: ignore, debug: ignore };

export function ringHourly(ring: () => void): Bell {
  return ringOn(HOURLY, ring);
}

/** `pattern` as cron writes it, UTC; six fields have seconds first. The bell alone keeps no process alive. */
export function ringOn(pattern: string, ring: () => void): Bell {
  const task = schedule(pattern, () => ring(), {
    timezone: "UTC",
    noOverlap: true,
    suppressMissedWarning: true,
    unref: true,
    logger: SILENT,
  });
  return {
    async stop() {
      await task.destroy();
    },
  };
}

function ignore(): void {
  // See SILENT.
}
