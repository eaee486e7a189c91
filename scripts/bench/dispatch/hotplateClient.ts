/**
 * Hotplate in the race: the daemon as `hotplate run` starts it, one manifest dropped in its hot folder, everything on: the
 * journal fsynced, results collected, hashed, looked at by QC, published. Nothing about models is declared.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { cpuMsOf, memoryOf } from "../measure.ts";
import { HOME } from "./servers.ts";
import type { RaceTask } from "./tasks.ts";
import { graphOf } from "./tasks.ts";

export interface DaemonLine {
  readonly event: string;
  readonly slot?: string;
  readonly task?: string;
  readonly prompt?: string;
  /** ms since the epoch, when it was read here. */
  readonly at: number;
}
export interface HotplateRun {
  readonly cpuMs: number;
  readonly peakMiB: number;
  readonly lines: readonly DaemonLine[];
  readonly committed: boolean;
}
export interface HotplateOptions {
  readonly urls: readonly string[];
  readonly tasks: readonly RaceTask[];
  /** Called with every line of the daemon's log. */
  readonly onLine?: (line: DaemonLine) => void;
  readonly limitMs: number;
  readonly timeoutMs?: number;
}

export async function runHotplate(options: HotplateOptions): Promise<HotplateRun> {
  const root = mkdtempSync(join(tmpdir(), "hotplate-race-"));
  writeStudio(root, options);
  const child = spawn(process.execPath, ["daemon/cli/main.ts", "run", "--config", join(root, "hotplate.yaml")], {
    cwd: HOME,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  try {
    const lines: DaemonLine[] = [];
    const ready = Promise.withResolvers<void>();
    const over = Promise.withResolvers<boolean>();
    void ended.then(() => over.resolve(false));
    let up = 0;
    createInterface({ input: child.stdout }).on("line", (text) => {
      if (!text.startsWith("{")) return;
      const line = { ...(JSON.parse(text) as { event: string; slot?: string }), at: Date.now() };
      lines.push(line);
      if (line.event === "slot.up" && (up += 1) === options.urls.length) ready.resolve();
      if (line.event === "version.committed") over.resolve(true);
      if (line.event === "version.burnt" || line.event === "manifest.rejected") over.resolve(false);
      options.onLine?.(line);
    });
    await ready.promise;
    const before = cpuMsOf(child.pid ?? -1);
    writeFileSync(join(root, "race.yaml"), manifestOf(options.tasks));
    renameSync(join(root, "race.yaml"), join(root, "hot/race.yaml"));
    const late = setTimeout(() => over.resolve(false), options.limitMs);
    const committed = await over.promise;
    clearTimeout(late);
    const used = { cpuMs: cpuMsOf(child.pid ?? -1) - before, peakMiB: memoryOf(child.pid ?? -1).peak };
    if (!committed)
      process.stderr.write(
        `${lines
          .map((line) => JSON.stringify(line))
          .slice(-20)
          .join("\n")}\n`,
      );
    return { ...used, lines, committed };
  } finally {
    // As a studio stops it, so that a profile of it is written when one is asked for by NODE_OPTIONS.
    child.kill("SIGTERM");
    const hurry = setTimeout(() => child.kill("SIGKILL"), 15_000);
    await ended;
    clearTimeout(hurry);
    rmSync(root, { recursive: true, force: true });
  }
}

function writeStudio(root: string, options: HotplateOptions): void {
  const recipe = join(root, "recipes/race/1.0.0");
  for (const dir of ["hot", "out", recipe]) mkdirSync(dir.startsWith("/") ? dir : join(root, dir), { recursive: true });
  writeFileSync(join(root, ".hotplate-demo.json"), "{}\n");
  writeFileSync(join(recipe, "graph.api.json"), JSON.stringify(graphOf({ seed: 1, checkpoint: "a.safetensors" })));
  const choices = [...new Set(options.tasks.map((task) => task.checkpoint))];
  const file = {
    hotplate: 1,
    name: "race",
    version: "1.0.0",
    title: "Race",
    parameters: {
      seed: { type: "seed", bind: [{ node: "3", input: "seed" }] },
      checkpoint: { type: "choice", default: choices[0], values: choices, bind: [{ node: "4", input: "ckpt_name" }] },
    },
    // What a recipe always names, for installing; which slot holds what is found out.
    models: choices.map((name) => ({ folder: "checkpoints", file: name })),
    result: { node: "9", bitDepth: 8, scale: null, width: 64, height: 64 },
    allowedClasses: [
      "KSampler",
      "CheckpointLoaderSimple",
      "EmptyLatentImage",
      "CLIPTextEncode",
      "VAEDecode",
      "SaveImage",
    ],
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  };
  writeFileSync(join(recipe, "recipe.yaml"), JSON.stringify(file));
  const config = {
    hotplate: 1,
    stateDir: join(root, "state"),
    roots: [{ name: "race", linux: root }],
    hotFolders: [{ path: join(root, "hot"), show: "RACE" }],
    recipes: [join(root, "recipes")],
    slots: options.urls.map((url, index) => ({ name: `gpu${index}`, url, demo: true })),
    api: { listen: "127.0.0.1:0" },
    log: { level: "debug" },
  };
  writeFileSync(join(root, "hotplate.yaml"), JSON.stringify(config));
}

/** The same tasks as everybody's: seeds slowest, checkpoints fastest. */
function manifestOf(tasks: readonly RaceTask[]): string {
  const checkpoints = [...new Set(tasks.map((task) => task.checkpoint))];
  const count = tasks.length / checkpoints.length;
  return JSON.stringify({
    use: "race",
    sweep: {
      axes: { seed: { count, from: tasks[0]?.seed ?? 1_000 }, checkpoint: checkpoints },
      combine: "seed * checkpoint",
      limit: tasks.length,
    },
    output: { to: "../out" },
  });
}
