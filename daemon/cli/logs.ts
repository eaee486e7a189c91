/** `hotplate logs ID [-f]`: the events of a job, oldest first; with -f until it has ended. */
import { createClock } from "../adapters/clock.ts";
import { isJobEnded } from "../domain/job.ts";
import { LIMITS } from "../domain/limits.ts";
import { findJob } from "../http/lookup.ts";
import type { EventShape } from "../http/shapes.ts";
import { eventView } from "../http/views.ts";
import type { Context } from "./context.ts";
import { withStore } from "./storeReader.ts";
import { shownJson, shownText } from "../domain/terminalText.ts";

export async function action(
  context: Context,
  [id = ""]: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const follow = options["follow"] === true;
  const all: EventShape[] = [];
  let since = 0;
  for (;;) {
    const { events, ended } = await withStore(context, async (store) => {
      const job = await findJob(store, id);
      const found = await store.events(since, LIMITS.logLinesMax, job.id);
      return { events: found.map(eventView), ended: isJobEnded(job.state) };
    });
    since = events.at(-1)?.seq ?? since;
    const more = events.length === LIMITS.logLinesMax;
    if (follow)
      for (const event of events) process.stdout.write(`${context.json ? shownJson(event) : shownText(text(event))}\n`);
    else all.push(...events);
    if (more) continue;
    if (!follow) break;
    if (ended && events.length === 0) return;
    await createClock().sleep(LIMITS.watchLookMs);
  }
  context.print({ events: all }, () => all.map(text).join("\n"));
}

function text(event: EventShape): string {
  const fields = Object.entries(event.fields).map(([name, value]) => `${name}=${String(value)}`);
  return [event.at, event.name, ...fields].join("  ");
}
