/**
 * Does the GPU wait? Tasks go through the real daemon to real GPUs, and nvidia-smi is asked all the while how busy they are.
 *
 *   node scripts/bench/gpu.ts [--comfyui DIR [--python FILE]] [--tasks 60] [--work-ms 200] [--sample-ms 100] [--json]
 *
 * With --comfyui the daemon spawns that ComfyUI, one process per GPU, and runs the shipped `grain` recipe on it. Without, the
 * simulated ComfyUI stands in and a CUDA program does --work-ms of work per prompt (gpuWork.ts). Reported per GPU: the busy share
 * and the idle gaps between the first and the last busy sample, with what they are known to (gpuGaps.ts). Exit 9 and a
 * sentence where it can't be done: no GPU, nothing that computes on one. No test needs a GPU.
 */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { EXIT } from "../../daemon/domain/errors.ts";
import type { Simulated } from "../simulatedComfyui/server.ts";
import { startSimulatedComfyui } from "../simulatedComfyui/server.ts";
import type { GpuSample } from "./gpuGaps.ts";
import { gapsOf, gapWords, gpuSample } from "./gpuGaps.ts";
import type { GpuHere, Worker } from "./gpuWork.ts";
import { gpusHere, startWorker } from "./gpuWork.ts";

const HOME = fileURLToPath(new URL("../..", import.meta.url));
const SMI = "nvidia-smi";

class CanNot extends Error {}

const { values } = parseArgs({
  options: {
    comfyui: { type: "string" },
    python: { type: "string" },
    tasks: { type: "string", default: "60" },
    "work-ms": { type: "string", default: "200" },
    "sample-ms": { type: "string", default: "100" },
    json: { type: "boolean", default: false },
  },
});

const root = mkdtempSync(join(tmpdir(), "hotplate-gpu-"));
const closing: (() => unknown)[] = [];
try {
  await main();
} catch (error) {
  if (!(error instanceof CanNot)) throw error;
  process.stderr.write(`The GPU check can't be made here: ${error.message}.\n`);
  process.exitCode = EXIT.uncheckable;
} finally {
  for (const close of closing.toReversed()) await close();
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
}

async function main(): Promise<void> {
  const gpus = gpusHere(SMI);
  if (typeof gpus === "string") throw new CanNot(gpus);
  const { slots, what } =
    values.comfyui === undefined ? await standIns(gpus) : realSlots(gpus, resolve(values.comfyui));
  await furnish();
  const config = join(root, "hotplate.yaml");
  writeFileSync(config, configText(slots));
  const daemon = await startDaemon(config, gpus.length);
  const samples = startSampling(Number(values["sample-ms"]));
  // One whole window of the driver before and after: what it calls busy is a mean over up to a second.
  await pause(1_000);
  const committed = daemon.line("version.committed");
  drop();
  await committed;
  await pause(1_000);
  report(gpus, samples(), what);
}

interface Slots {
  readonly slots: readonly string[];
  readonly what: string;
}

function realSlots(gpus: readonly GpuHere[], dir: string): Slots {
  const python = resolve(values.python ?? join(dir, "venv/bin/python"));
  for (const path of [join(dir, "main.py"), python]) if (!existsSync(path)) throw new CanNot(`${path} is not there`);
  const slots = gpus.map((gpu, at) => `{name: gpu${at}, gpu: ${gpu.uuid}, spawn: {dir: ${dir}, python: ${python}}}`);
  return { slots, what: `the ComfyUI in ${dir}, recipe grain` };
}

async function standIns(gpus: readonly GpuHere[]): Promise<Slots> {
  const slots: string[] = [];
  let what = "";
  for (const [at, gpu] of gpus.entries()) {
    const worker: Worker | string = await startWorker(gpu, root);
    if (typeof worker === "string") throw new CanNot(worker);
    closing.push(() => worker.stop());
    const slotDir = join(root, `slot${at}`);
    mkdirSync(slotDir);
    const server: Simulated = await startSimulatedComfyui({
      slotDir,
      workMs: Number(values["work-ms"]),
      busy: (ms) => worker.busy(ms),
    });
    closing.push(() => server.close());
    slots.push(`{name: gpu${at}, gpu: ${gpu.uuid}, url: "${server.url}", demo: true}`);
    what = `the simulated ComfyUI with ${values["work-ms"]} ms of ${worker.what} per prompt`;
  }
  return { slots, what };
}

async function furnish(): Promise<void> {
  for (const dir of ["hot", "state", "SH010/plates/P_v001"]) mkdirSync(join(root, dir), { recursive: true });
  writeFileSync(join(root, ".hotplate-demo.json"), "{}\n");
  await sharp({ create: { width: 1024, height: 576, channels: 3, background: "#446688" } })
    .png()
    .toFile(join(root, "SH010/plates/P_v001/P_v001.1001.png"));
}

function configText(slots: readonly string[]): string {
  return [
    "hotplate: 1",
    `stateDir: ${root}/state`,
    `roots: [{name: bench, linux: ${root}}]`,
    `hotFolders: [{path: ${root}/hot, show: BENCH}]`,
    "slots:",
    ...slots.map((slot) => `  - ${slot}`),
    "api: {listen: '127.0.0.1:0'}",
    "",
  ].join("\n");
}

function drop(): void {
  const text = [
    "use: grain",
    "plate: ../SH010/plates/P_v001/P_v001.1001.png",
    `sweep: {axes: {seed: {count: ${values.tasks}, from: 1}}, limit: ${values.tasks}}`,
    "",
  ].join("\n");
  writeFileSync(join(root, "hot/.bench"), text);
  renameSync(join(root, "hot/.bench"), join(root, "hot/bench.yaml"));
}

/** Resolves when every slot can take work. */
async function startDaemon(config: string, slots: number): Promise<{ line(event: string): Promise<void> }> {
  const child = spawn(join(HOME, "scripts/hotplate.sh"), ["run", "--config", config], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  closing.push(() => ended(child));
  const lines = createInterface({ input: child.stdout });
  const line = (event: string, times = 1): Promise<void> =>
    new Promise((done, failed) => {
      let left = times;
      child.once("exit", (code) => failed(new Error(`the daemon ended with ${String(code)}`)));
      lines.on("line", (text) => {
        if (text.includes(`"event":"${event}"`)) left -= 1;
        if (left === 0) done();
      });
    });
  await line(values.comfyui === undefined ? "slot.up" : "slot.ready", slots);
  return { line };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  await gone;
}

/** Returns what gives the samples so far. */
function startSampling(everyMs: number): () => readonly GpuSample[] {
  const args = ["--query-gpu=timestamp,uuid,utilization.gpu,memory.used", "--format=csv,noheader,nounits", "-lms"];
  const child = spawn(SMI, [...args, String(everyMs)], { stdio: ["ignore", "pipe", "ignore"] });
  closing.push(() => child.kill("SIGKILL"));
  const samples: GpuSample[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    const sample = gpuSample(line);
    if (sample !== null) samples.push(sample);
  });
  return () => samples;
}

function report(gpus: readonly GpuHere[], samples: readonly GpuSample[], what: string): void {
  const driver = spawnSync(SMI, ["--query-gpu=driver_version", "--format=csv,noheader"], { encoding: "utf8" });
  const per = gpus.map((gpu) => ({ gpu, gaps: gapsOf(samples.filter(({ uuid }) => uuid === gpu.uuid)) }));
  const facts = { what, tasks: Number(values.tasks), driver: driver.stdout.trim().split("\n")[0] ?? "" };
  if (values.json) process.stdout.write(`${JSON.stringify({ ...facts, gpus: per })}\n`);
  else
    process.stdout.write(
      `${facts.tasks} tasks on ${what}, driver ${facts.driver}\n${per.map(({ gpu, gaps }) => gapWords(gpu.name, gaps)).join("\n")}\n`,
    );
}
