/**
 * Who keeps the GPUs busy in scripts/bench/gpu.ts: a CUDA program, asked for milliseconds of work a line at a time. Python with
 * torch, cupy or numba, else one that nvcc makes from gpuBusy.cu; with neither, the words why not.
 */
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));

export interface GpuHere {
  readonly uuid: string;
  readonly name: string;
}

/** The GPUs of this node, or why they are not known. */
export function gpusHere(smi: string): readonly GpuHere[] | string {
  const answer = spawnSync(smi, ["--query-gpu=uuid,name", "--format=csv,noheader"], { encoding: "utf8" });
  if (answer.error !== undefined)
    return `${smi} can't be run here (${answer.error.message}): there is no NVIDIA driver`;
  const gpus = answer.stdout.split("\n").flatMap((line) => {
    const [uuid = "", ...name] = line.split(",").map((cell) => cell.trim());
    return uuid.startsWith("GPU-") ? [{ uuid, name: name.join(", ") }] : [];
  });
  return gpus.length > 0 ? gpus : `${smi} names no GPU: ${(answer.stdout + answer.stderr).trim().split("\n")[0] ?? ""}`;
}

export interface Worker {
  readonly what: string;
  busy(ms: number): Promise<void>;
  stop(): void;
}

/** One worker on one GPU, or why there can be none. */
export async function startWorker(gpu: GpuHere, scratch: string): Promise<Worker | string> {
  const why: string[] = [];
  for (const [command, args] of [
    ["python3", [join(HERE, "gpuBusy.py")]],
    [compiled(scratch), []],
  ] as const) {
    if (command === null) {
      why.push("nvcc: not there, or it can't make gpuBusy.cu");
      continue;
    }
    const worker = await ask(command, args, gpu);
    if (typeof worker !== "string") return worker;
    why.push(worker);
  }
  return `nothing here can keep a GPU busy: ${why.join("; ")}`;
}

/** The program that nvcc made; null when it made none. */
function compiled(scratch: string): string | null {
  const program = join(scratch, "gpuBusy");
  const made = spawnSync("nvcc", ["-O2", "-o", program, join(HERE, "gpuBusy.cu")], { stdio: "ignore" });
  return made.status === 0 ? program : null;
}

/** Starts it and reads its first line: what it computes with, or what it misses. */
async function ask(command: string, args: readonly string[], gpu: GpuHere): Promise<Worker | string> {
  const child = spawn(command, args, {
    env: { ...process.env, CUDA_VISIBLE_DEVICES: gpu.uuid, CUDA_DEVICE_ORDER: "PCI_BUS_ID" },
    stdio: "pipe",
  });
  const failed = new Promise<string>((resolve) => child.once("error", (error) => resolve(error.message)));
  const lines = linesOf(child);
  const first = await Promise.race([lines.next(), failed]);
  if (typeof first === "string") return `${command}: ${first}`;
  const said = first === null ? {} : (JSON.parse(first.text) as { with?: string; missing?: readonly string[] });
  if (said.with === undefined) return `${command}: ${(said.missing ?? ["it ended without a word"]).join(", ")}`;
  return {
    what: said.with,
    async busy(ms) {
      child.stdin.write(`${ms}\n`);
      if ((await lines.next()) === null) throw new Error(`${command} ended while it worked`);
    },
    stop: () => void child.kill("SIGKILL"),
  };
}

function linesOf(child: ChildProcessWithoutNullStreams): { next(): Promise<{ readonly text: string } | null> } {
  const iterator = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async next() {
      const line = await iterator.next();
      return line.done === true ? null : { text: line.value };
    },
  };
}
