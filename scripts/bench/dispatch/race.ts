/** One race: every client in turn, round by round, on servers started anew for each, so that nobody inherits warm models. */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Figure } from "../measure.ts";
import { figure } from "../measure.ts";
import { runHotplate } from "./hotplateClient.ts";
import type { Score } from "./score.ts";
import { score } from "./score.ts";
import type { ServerLog } from "./servers.ts";
import { HOME, startServers } from "./servers.ts";
import type { RaceTask } from "./tasks.ts";

const CAP_MS = 180_000;

export interface RaceOptions {
  readonly workMs: readonly number[];
  readonly loadMs: number;
  readonly tasks: readonly RaceTask[];
  readonly clients: readonly string[];
  readonly repeats: number;
  readonly peers: string | null;
}
export interface Row {
  readonly client: string;
  readonly figures: readonly Figure[];
}
type Result = Score & { readonly cpuMsPerTask: number };

export async function race(options: RaceOptions): Promise<readonly Row[]> {
  const results = new Map<string, Result[]>(options.clients.map((client) => [client, []]));
  // In turn, so that a machine that slows down slows everybody down.
  for (let round = 0; round < options.repeats; round += 1)
    for (const client of options.clients) results.get(client)?.push(await one(client, options));
  return [...results].map(([client, scores]) => ({ client, figures: figuresOf(client, scores, options) }));
}

async function one(client: string, options: RaceOptions): Promise<Result> {
  const servers = await startServers(options.workMs, options.loadMs);
  try {
    const urls = servers.all.map((server) => server.url);
    const logs = (): Promise<readonly ServerLog[]> => Promise.all(servers.all.map((server) => server.log()));
    let connected: readonly ServerLog[] = await logs();
    const onConnected = async (): Promise<void> => {
      connected = await logs();
    };
    const cpuMs =
      client === "hotplate"
        ? (await hotplate(urls, options)).cpuMs
        : await inChild(client, { urls, tasks: options.tasks, peers: options.peers ?? "" }, onConnected);
    const after = await logs();
    const counted = after.map((log, index) => since(log, connected[index]));
    const scored = score(counted, { tasks: options.tasks.length, loadMs: options.loadMs });
    return { ...scored, cpuMsPerTask: cpuMs / options.tasks.length };
  } finally {
    await servers.stop();
  }
}

async function hotplate(urls: readonly string[], options: RaceOptions): Promise<{ readonly cpuMs: number }> {
  const run = await runHotplate({ urls, tasks: options.tasks, limitMs: CAP_MS });
  if (!run.committed) throw new Error("Hotplate did not publish the version within the cap");
  return run;
}

/** Requests after connecting are what count. */
function since(log: ServerLog, before: ServerLog | undefined): ServerLog {
  const requests = Object.entries(log.requests).map(
    ([route, count]) => [route, count - (before?.requests[route] ?? 0)] as const,
  );
  return {
    prompts: log.prompts,
    requests: Object.fromEntries(requests.filter(([route]) => !route.includes("/simulated"))),
  };
}

async function inChild(
  client: string,
  job: { readonly urls: readonly string[]; readonly tasks: readonly RaceTask[]; readonly peers: string },
  onConnected: () => Promise<void>,
): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), "hotplate-client-"));
  const file = join(dir, "job.json");
  writeFileSync(file, JSON.stringify(job));
  const child = fork(join(HOME, "scripts/bench/dispatch/client.ts"), [client, file], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  try {
    return await new Promise<number>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${client} did not end within the cap`)), CAP_MS);
      child.on("message", (message: unknown) => {
        if (message === "connected") void onConnected().then(() => child.send("go"));
        else {
          clearTimeout(late);
          resolve((message as { cpuMs: number }).cpuMs);
        }
      });
      child.once("exit", (code) => code !== 0 && reject(new Error(`${client} ended with ${code}`)));
    });
  } finally {
    child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  }
}

function figuresOf(client: string, scores: readonly Result[], options: RaceOptions): readonly Figure[] {
  const of = (what: string, unit: string, pick: (one: Result) => number): Figure =>
    figure(`${client}: ${what}`, unit, scores.map(pick));
  const missing = scores.some((one) => one.done < options.tasks.length || one.extra > 0);
  return [
    of("makespan", "s", (one) => one.makespan),
    of("GPU busy", "%", (one) => one.busyPercent),
    ...(options.loadMs === 0
      ? []
      : [of("of it loading", "%", (one) => one.loadPercent), of("loads", "", (one) => one.loads)]),
    of("gap p50", "ms", (one) => one.gapP50),
    of("gap p95", "ms", (one) => one.gapP95),
    of("requests per task", "", (one) => one.requestsPerTask),
    of("CPU per task", "ms", (one) => one.cpuMsPerTask),
    ...(missing ? [of("TASKS DONE", "", (one) => one.done), of("done twice", "", (one) => one.extra)] : []),
  ];
}
