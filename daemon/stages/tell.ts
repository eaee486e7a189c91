/** What happened outside any job, told to both who look: the log, and the event sequence that reports and the API read. */
import type { EventFields, EventName } from "../domain/events.ts";
import type { StageContext } from "../live.ts";

export async function tell(
  context: StageContext,
  level: "info" | "warn" | "error",
  name: EventName,
  fields: EventFields,
): Promise<void> {
  context.world.log.event(level, name, fields);
  await context.world.store.note(name, null, fields);
}
