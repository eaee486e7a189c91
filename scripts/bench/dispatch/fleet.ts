/**
 * A thousand tasks on eight slots of two speeds; half way one slot is killed and one stalls (its execution thread dies behind
 * a 200, so it takes prompts and runs nothing). All must be done once; the time for what remained when the last fault was noticed is held against the ideal.
 */
import { runHotplate } from "./hotplateClient.ts";
import type { Seen, Server, ServerLog } from "./servers.ts";
import { startServers } from "./servers.ts";
import { plainTasks } from "./tasks.ts";

const LIMIT_MS = 15 * 60_000;

export interface FleetRound {
  readonly done: number;
  readonly twice: number;
  readonly killedSeenAfter: number;
  readonly stalledSeenAfter: number;
  readonly overIdeal: number;
}

export async function fleetRound(size: { readonly tasks: number; readonly fastMs: number }): Promise<FleetRound> {
  const { tasks, fastMs } = size;
  const workMs = Array.from({ length: 8 }, (_, index) => (index < 4 ? fastMs : 2 * fastMs));
  const servers = await startServers(workMs, 0);
  const [killed, stalled] = [servers.all[3], servers.all[7]];
  const living = servers.all.filter((server) => server !== killed && server !== stalled);
  let brokenAt = 0;
  const lost: ServerLog[] = [];
  let submitted = 0;
  try {
    const breakTwo = async (): Promise<void> => {
      // What they did until now must be known: the dead tell nothing.
      lost.push(
        ...(await Promise.all([killed, stalled].flatMap((server) => (server === undefined ? [] : [server.log()])))),
      );
      killed?.child.kill("SIGKILL");
      await fetch(`${stalled?.url}/simulated/fault`, { method: "POST", body: JSON.stringify({ fault: "zombie" }) });
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
    const seen = (name: string): number =>
      run.lines.find((line) => line.at >= brokenAt && line.event === "slot.down" && line.slot === name)?.at ??
      Number.NaN;
    const [killedAt, stalledAt] = [seen("gpu3"), seen("gpu7")];
    const logs = [...lost, ...(await Promise.all(living.map((server) => server.log())))];
    return {
      ...judge(logs, { tasks, living, from: Math.max(killedAt, stalledAt) }),
      ...after(brokenAt, killedAt, stalledAt),
    };
  } finally {
    await servers.stop();
  }
}

function after(
  brokenAt: number,
  killedAt: number,
  stalledAt: number,
): Pick<FleetRound, "killedSeenAfter" | "stalledSeenAfter"> {
  return { killedSeenAfter: (killedAt - brokenAt) / 1_000, stalledSeenAfter: (stalledAt - brokenAt) / 1_000 };
}

function judge(
  logs: readonly ServerLog[],
  of: { readonly tasks: number; readonly living: readonly Server[]; readonly from: number },
): Pick<FleetRound, "done" | "twice" | "overIdeal"> {
  const well = logs.flatMap((log) => log.prompts).filter((prompt) => prompt.outcome === "success");
  const ends = well.map((prompt) => prompt.endedMs ?? 0);
  const remained = ends.filter((at) => at > of.from).length;
  const perMs = of.living.reduce((sum, server) => sum + 1 / server.workMs, 0);
  const ideal = remained / perMs;
  const took = Math.max(...ends) - of.from;
  return {
    done: Math.min(well.length, of.tasks),
    // What the broken ones had ended and nobody could collect any more is done again, by right.
    twice: Math.max(0, well.length - of.tasks - uncollected(logs)),
    overIdeal: remained === 0 ? Number.NaN : took / ideal,
  };
}

function uncollected(logs: readonly ServerLog[]): number {
  const ended = (prompts: readonly Seen[]): number => prompts.filter((prompt) => prompt.outcome === "success").length;
  return logs.slice(0, 2).some((log) => ended(log.prompts) > 0) ? 4 : 0;
}
