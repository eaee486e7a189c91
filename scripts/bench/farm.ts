/**
 * The farm that is measured: the daemon as `hotplate run` starts it, a process of its own, and simulated slots where pictures
 * are asked for; in a temporary folder that goes when it is closed. What the daemon did is read from its own log lines.
 */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import sharp from "sharp";

const HOME = fileURLToPath(new URL("../..", import.meta.url));
const SHOTS = 20;
const READY_WITHIN_MS = 60_000;

export interface Farm {
  readonly root: string;
  readonly hot: string;
  readonly pid: number;
  /** ms of `performance.now()` at which the daemon's line about a name or a task was read here. */
  readonly accepted: ReadonlyMap<string, number>;
  readonly submitted: readonly number[];
  readonly ended: () => number;
  /** true when `done` came true within the time; looked at on every line of the daemon. */
  until(done: () => boolean, limitMs: number): Promise<boolean>;
  /** All that stands still while it is blocked: its loop, its threads. */
  block(ms: number): Promise<void>;
  stop(): Promise<void>;
}

export interface FarmOptions {
  readonly slots: number;
  readonly level?: "debug" | "info";
  /** Of the daemon besides our own: `NODE_OPTIONS=--cpu-prof` and the like. */
  readonly env?: Readonly<Record<string, string>>;
}

export async function startFarm(options: FarmOptions): Promise<Farm> {
  const root = mkdtempSync(join(tmpdir(), "hotplate-bench-"));
  const children: Child[] = [];
  const stop = async (): Promise<void> => {
    for (const child of [...children].reverse()) await child.stop();
    rmSync(root, { recursive: true, force: true });
  };
  try {
    await furnish(root);
    const urls: string[] = [];
    for (let slot = 0; slot < options.slots; slot += 1) {
      const dir = join(root, `gpu${slot}`);
      mkdirSync(dir);
      const child = run(["scripts/simulatedComfyui/main.ts", "--port", "0", "--slot-dir", dir], () => undefined);
      children.push(child);
      urls.push(String((await child.first("url"))["url"]));
    }
    const book = createBook();
    const config = writeConfig(root, urls, options.level ?? "info");
    const daemon = run(["scripts/hotplate.sh", "run", "--config", config], book.take, options.env);
    children.push(daemon);
    await daemon.first("event", "daemon.recovered");
    return { root, hot: join(root, "hot"), pid: daemon.pid, ...book.view, block: (ms) => block(daemon.pid, ms), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Plates of several shots, so that a burst is not all about one file. */
async function furnish(root: string): Promise<void> {
  mkdirSync(join(root, "hot"));
  mkdirSync(join(root, "staged"));
  writeFileSync(join(root, ".hotplate-demo.json"), "{}\n");
  for (let shot = 0; shot < SHOTS; shot += 1) {
    const dir = join(root, `SH${shot}/plates/P_v001`);
    mkdirSync(dir, { recursive: true });
    await sharp({ create: { width: 64, height: 36, channels: 3, background: { r: 68, g: 102, b: 40 + shot } } })
      .png()
      .toFile(join(dir, "P_v001.1001.png"));
  }
}

function writeConfig(root: string, urls: readonly string[], level: string): string {
  const path = join(root, "hotplate.yaml");
  // Nobody listens on port 9: nothing renders, and admission alone is measured.
  const slots = urls.length > 0 ? urls : ["http://127.0.0.1:9"];
  const config = {
    hotplate: 1,
    stateDir: join(root, "state"),
    roots: [{ name: "bench", linux: root }],
    hotFolders: [{ path: join(root, "hot"), show: "BENCH" }],
    slots: slots.map((url, index) => ({ name: `gpu${index}`, url, demo: true })),
    api: { listen: "127.0.0.1:0" },
    log: { level },
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

/** A small manifest of one task; no two are the same work. */
export function manifest(n: number): string {
  return `use: grain\nplate: ../SH${n % SHOTS}/plates/P_v001/P_v001.1001.png\nname: bench ${n}\nseed: ${n}\n`;
}

/** Written beside the hot folder, so that landing is one rename each and nothing else. */
export function stage(farm: Farm, names: readonly string[], from: number): void {
  names.forEach((name, index) => writeFileSync(join(farm.root, "staged", name), manifest(from + index)));
}

export function land(farm: Farm, name: string): void {
  renameSync(join(farm.root, "staged", name), join(farm.hot, name));
}

interface Child {
  readonly pid: number;
  first(key: string, value?: string): Promise<Readonly<Record<string, unknown>>>;
  stop(): Promise<void>;
}

function run(args: readonly string[], take: (line: string) => void, env?: FarmOptions["env"]): Child {
  const [program = "", ...rest] = args;
  // The launcher becomes the daemon (exec), so its process id is the daemon's.
  const [command, given] = program.endsWith(".sh") ? [join(HOME, program), rest] : [process.execPath, args];
  const child = spawn(command, given, {
    cwd: HOME,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  const waiting: ((line: Readonly<Record<string, unknown>>) => void)[] = [];
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  createInterface({ input: child.stdout }).on("line", (text) => {
    take(text);
    if (waiting.length > 0 && text.startsWith("{"))
      for (const look of waiting) look(JSON.parse(text) as Record<string, unknown>);
  });
  return {
    pid: child.pid ?? -1,
    first(key, value) {
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${args.join(" ")} does not start`)), READY_WITHIN_MS);
        void ended.then(() => reject(new Error(`${args.join(" ")} ended before it was ready`)));
        waiting.push((line) => {
          if (line[key] === undefined || (value !== undefined && line[key] !== value)) return;
          clearTimeout(late);
          waiting.length = 0;
          resolve(line);
        });
      });
    },
    stop: () => stopped(child, ended),
  };
}

async function stopped(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 25_000);
  await ended;
  clearTimeout(timer);
}

async function block(pid: number, ms: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  await new Promise((resolve) => setTimeout(resolve, ms));
  process.kill(pid, "SIGCONT");
}

function createBook(): {
  readonly take: (line: string) => void;
  readonly view: Pick<Farm, "accepted" | "submitted" | "ended" | "until">;
} {
  const accepted = new Map<string, number>();
  const submitted: number[] = [];
  const listeners = new Set<() => void>();
  let ended = 0;
  return {
    take(line) {
      const at = performance.now();
      const name = /"event":"manifest\.accepted","name":"([^"]+)"/.exec(line)?.[1];
      if (name !== undefined) accepted.set(name, at);
      else if (line.includes('"event":"task.submitted"')) submitted.push(at);
      else if (line.includes('"event":"version.committed"')) ended += 1;
      else return;
      for (const listener of listeners) listener();
    },
    view: {
      accepted,
      submitted,
      ended: () => ended,
      until(done, limitMs) {
        if (done()) return Promise.resolve(true);
        return new Promise((resolve) => {
          const finish = (answer: boolean): void => {
            clearTimeout(late);
            listeners.delete(look);
            resolve(answer);
          };
          const look = (): void => void (done() && finish(true));
          const late = setTimeout(() => finish(false), limitMs);
          listeners.add(look);
        });
      },
    },
  };
}
