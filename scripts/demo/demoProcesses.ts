/** The demo's processes: simulated slots and the daemon, started, waited for by what they print, stopped with their trees. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { HotplateError } from "../../daemon/domain/errors.ts";

const HOME = fileURLToPath(new URL("../..", import.meta.url));
const STOP_WITHIN_MS = 25_000;

export interface Process {
  readonly name: string;
  readonly url: string;
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

export async function startSlots(dir: string, count: number): Promise<readonly Process[]> {
  const starting = Array.from({ length: count }, (_, index) => {
    const slotDir = join(dir, `gpu${index}`);
    mkdirSync(slotDir, { recursive: true });
    return start(
      `gpu${index}`,
      ["scripts/simulatedComfyui/main.ts", "--port", "0", "--slot-dir", slotDir],
      (line) => (typeof line["url"] === "string" ? line["url"] : null),
      join(slotDir, "slot.log"),
    );
  });
  return Promise.all(starting);
}

export async function startDaemon(config: string): Promise<Process> {
  const log = join(dirname(config), "daemon.log");
  const url = (line: Readonly<Record<string, unknown>>): string | null =>
    line["event"] === "daemon.recovered" ? apiUrl(dirname(config)) : null;
  // By the launcher, as on a real node: it becomes the daemon.
  return start("daemon", ["scripts/hotplate.sh", "run", "--config", config], url, log);
}

/** As any command finds it: `state/daemon.json`. */
function apiUrl(root: string): string {
  return (JSON.parse(readFileSync(join(root, "state/daemon.json"), "utf8")) as { api: string }).api;
}

function start(
  name: string,
  args: readonly string[],
  ready: (line: Readonly<Record<string, unknown>>) => string | null,
  logPath: string,
): Promise<Process> {
  const launched = args[0]?.endsWith(".sh") === true;
  const child = spawn(launched ? join(HOME, args[0] ?? "") : process.execPath, launched ? args.slice(1) : args, {
    cwd: HOME,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, UV_THREADPOOL_SIZE: "16" },
  });
  const log = createWriteStream(logPath, { flags: "a" });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = new Promise<number>((done) => child.once("exit", (code) => done(code ?? 1)));
  return new Promise((resolve, reject) => {
    void ended.then((code) =>
      reject(new HotplateError("HP-INTERNAL", `${name} ended with ${code} before it was ready; see ${logPath}.`)),
    );
    createInterface({ input: child.stdout }).on("line", (text) => {
      const url = ready(parse(text));
      if (url !== null) resolve({ name, url, ended, stop: () => stop(child, ended) });
    });
  });
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    // A line for people.
    return {};
  }
}

async function stop(child: ChildProcess, ended: Promise<number>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
  await ended;
  clearTimeout(timer);
}
