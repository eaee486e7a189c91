/** `hotplate logs ID [-f]`: the events of a job, oldest first; with -f until it has ended. */
import { createClock } from "../adapters/clock.ts";
import type { StoredEvent } from "../domain/events.ts";
import { isJobEnded } from "../domain/job.ts";
import { LIMITS } from "../domain/limits.ts";
import type { Context } from "./context.ts";
import { oneJob, withStore } from "./storeReader.ts";

export async function action(
  context: Context,
  [id = ""]: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const all: StoredEvent[] = [];
  let since = 0;
  for (;;) {
    const { events, ended } = await withStore(context, async (store) => {
      const job = await oneJob(store, id);
      return { events: await store.events(since, LIMITS.logLinesMax, job.id), ended: isJobEnded(job.state) };
    });
    since = events.at(-1)?.seq ?? since;
    if (options["follow"] !== true) {
      all.push(...events);
      break;
    }
    for (const event of events) process.stdout.write(`${context.json ? JSON.stringify(event) : text(event)}\n`);
    if (ended && events.length === 0) return;
    await createClock().sleep(LIMITS.tickIdleMs);
  }
  context.print({ events: all }, () => all.map(text).join("\n"));
}

function text(event: StoredEvent): string {
  const fields = Object.entries(event.fields).map(([name, value]) => `${name}=${String(value)}`);
  return [new Date(event.at).toISOString(), event.name, ...fields].join("  ");
}
