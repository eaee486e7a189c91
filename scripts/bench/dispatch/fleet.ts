/**
 * A thousand tasks on eight slots of two speeds; half way one slot is killed and one stalls (its execution thread dies behind
 * a 200, so it takes prompts and runs nothing). All must be done once; the time for what remained when the last fault was noticed is held against the ideal.
 */
import type { DaemonLine } from "./hotplateClient.ts";
import { runHotplate } from "./hotplateClient.ts";
import type { Server, ServerLog } from "./servers.ts";
import { startServers } from "./servers.ts";
import { plainTasks } from "./tasks.ts";

const LIMIT_MS = 15 * 60_000;

export interface FleetRound {
  /** Tasks that ended well at least once. */
  readonly done: number;
  /** Tasks that ended well more than once on slots that nothing happened to: none, or it is a defect. */
  readonly twice: number;
  /** Tasks that a broken slot had ended and nobody could collect any more: done again, by right. */
  readonly again: number;
  readonly killedSeenAfter: number;
  readonly stalledSeenAfter: number;
  readonly remained: number;
  readonly overIdeal: number;
}

export async function fleetRound(size: { readonly tasks: number; readonly fastMs: number }): Promise<FleetRound> {
  const { tasks, fastMs } = size;
  const workMs = Array.from({ length: 8 }, (_, index) => (index < 4 ? fastMs : 2 * fastMs));
  const servers = await startServers(workMs, 0);
  const [killed, stalled] = [servers.all[3], servers.all[7]];
  if (killed === undefined || stalled === undefined) throw new Error("eight servers were wanted");
  const living = servers.all.filter((server) => server !== killed && server !== stalled);
  let brokenAt = Number.NaN;
  let lastWords: ServerLog = { prompts: [], requests: {} };
  let submitted = 0;
  try {
    const breakTwo = async (): Promise<void> => {
      // The dead tell nothing: what it did until now is asked first.
      lastWords = await killed.log();
      killed.child.kill("SIGKILL");
      await fetch(`${stalled.url}/simulated/fault`, { method: "POST", body: JSON.stringify({ fault: "zombie" }) });
      brokenAt = Date.now();
    };
    const run = await runHotplate({
      urls: servers.all.map((server) => server.url),
      tasks: plainTasks(tasks),
      limitMs: LIMIT_MS,
      onLine: (line) => {
        if (line.event !== "task.submitted") return;
        submitted += 1;
        if (submitted === Math.floor(tasks / 2)) void breakTwo();
      },
    });
    if (!run.committed) throw new Error("the fleet's version was not published within the limit");
    // The verdict counts, when the tasks go elsewhere: not the first call that failed.
    const seen = (slot: string, events: readonly string[]): number =>
      run.lines.find((line) => line.at >= brokenAt && line.slot === slot && events.includes(line.event))?.at ??
      Number.NaN;
    const killedAt = seen("gpu3", ["task.lost", "task.released"]);
    const stalledAt = seen("gpu7", ["task.lost", "task.retried", "slot.quarantined"]);
    const broken = [lastWords, await stalled.log()];
    const whole = await Promise.all(living.map((server) => server.log()));
    const from = Math.max(killedAt, stalledAt);
    return {
      ...count(run.lines, { broken, whole }),
      ...pace(whole, living, from),
      killedSeenAfter: (killedAt - brokenAt) / 1_000,
      stalledSeenAfter: (stalledAt - brokenAt) / 1_000,
    };
  } finally {
    await servers.stop();
  }
}

/** By task, not by prompt: which prompt was whose stands in the daemon's own lines. */
function count(
  lines: readonly DaemonLine[],
  logs: { readonly broken: readonly ServerLog[]; readonly whole: readonly ServerLog[] },
): Pick<FleetRound, "done" | "twice" | "again"> {
  const taskOf = new Map(
    lines.flatMap((line) => (line.prompt === undefined ? [] : [[line.prompt, line.task] as const])),
  );
  const ended = (of: readonly ServerLog[]): readonly string[] =>
    of.flatMap((log) =>
      log.prompts.filter((prompt) => prompt.outcome === "success").map(({ id }) => taskOf.get(id) ?? id),
    );
  const [broken, whole] = [ended(logs.broken), ended(logs.whole)];
  const once = new Set(whole);
  return {
    done: new Set([...broken, ...whole]).size,
    twice: whole.length - once.size,
    again: broken.filter((task) => once.has(task)).length,
  };
}

function pace(
  logs: readonly ServerLog[],
  living: readonly Server[],
  from: number,
): Pick<FleetRound, "remained" | "overIdeal"> {
  const ends = logs.flatMap((log) =>
    log.prompts.flatMap(({ endedMs, outcome }) => (outcome === "success" ? [endedMs ?? 0] : [])),
  );
  const remained = ends.filter((at) => at > from).length;
  const perMs = living.reduce((sum, server) => sum + 1 / server.workMs, 0);
  return { remained, overIdeal: ((Math.max(...ends) - from) * perMs) / remained };
}
