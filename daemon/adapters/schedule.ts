/**
 * Schedules, by node-cron: it only rings the bell (in UTC, never overlapping); the loop looks at what is due. It skips a day
 * at a change of clocks and never catches up, so nothing depends on one tick of it.
 */
import { schedule } from "node-cron";

export interface Bell {
  stop(): Promise<void>;
}

/** Once an hour: old answers are filed, staging of dead versions is looked at. */
export function ringHourly(ring: () => void): Bell {
  const task = schedule("17 * * * *", () => ring(), { timezone: "UTC", noOverlap: true, name: "hourly" });
  return { stop: async () => void (await task.destroy()) };
}
