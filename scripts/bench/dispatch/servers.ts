/** Simulated ComfyUI servers, each a process of its own, with their private logs: the clock by which every client is scored. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const HOME = fileURLToPath(new URL("../../..", import.meta.url));
export const CHECKPOINTS = ["a.safetensors", "b.safetensors", "c.safetensors"] as const;

/** One prompt as its server saw it. */
export interface Seen {
  readonly id: string;
  readonly receivedMs: number;
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  readonly outcome: "success" | "error" | "interrupted" | null;
  readonly loaded: string | null;
}
export interface ServerLog {
  readonly prompts: readonly Seen[];
  readonly requests: Readonly<Record<string, number>>;
}
export interface Server {
  readonly url: string;
  readonly workMs: number;
  readonly child: ChildProcess;
  log(): Promise<ServerLog>;
}
export interface Servers {
  readonly all: readonly Server[];
  stop(): Promise<void>;
}

/** `workMs`: one server per entry, seconds of one task on it. */
export async function startServers(workMs: readonly number[], loadMs: number): Promise<Servers> {
  const root = mkdtempSync(join(tmpdir(), "hotplate-dispatch-"));
  const all: Server[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(
      all.map(async ({ child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = new Promise((done) => child.once("exit", done));
        child.kill("SIGKILL");
        await ended;
      }),
    );
    rmSync(root, { recursive: true, force: true });
  };
  try {
    for (const [index, ms] of workMs.entries()) all.push(await startOne(join(root, `gpu${index}`), ms, loadMs));
  } catch (error) {
    await stop();
    throw error;
  }
  return { all, stop };
}

async function startOne(dir: string, workMs: number, loadMs: number): Promise<Server> {
  const models = join(dir, "models/checkpoints");
  mkdirSync(models, { recursive: true });
  for (const name of CHECKPOINTS) writeFileSync(join(models, name), "");
  const args = ["--port", "0", "--slot-dir", dir, "--work-ms", String(workMs), "--load-ms", String(loadMs)];
  const child = spawn(process.execPath, ["scripts/simulatedComfyui/main.ts", ...args], {
    cwd: HOME,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`a simulated server ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("{")) resolve(String((JSON.parse(line) as { url: string }).url));
    });
  });
  return { url, workMs, child, log: async () => (await (await fetch(`${url}/simulated/log`)).json()) as ServerLog };
}
