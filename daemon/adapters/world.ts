/**
 * Every adapter, built by hand from the configuration, a why per step: what `run` gives to the daemon and what commands use
 * without one. The only file besides `main.ts` and `cli/` that knows them all.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../domain/config.ts";
import { safetyRules } from "../domain/safetyRules.ts";
import type { PathBook } from "../domain/pathBook.ts";
import type { Clock, Colours, Digest, Exec, Files, Gpus, Ids, Images, Log, Recipes, SlotProcesses } from "../ports.ts";
import { createClock } from "./clock.ts";
import { createColours } from "./colours.ts";
import { createDigest } from "./digest.ts";
import { createExec } from "./exec.ts";
import { createFiles } from "./files.ts";
import { createGpus } from "./gpus/gpus.ts";
import { createIds } from "./ids.ts";
import { createImages } from "./images/images.ts";
import { loadBook } from "./layouts.ts";
import type { LogLevel } from "./log.ts";
import { createLog } from "./log.ts";
import { createRecipes } from "./recipes.ts";
import { createSlotProcesses } from "./slots/slotProcesses.ts";
import type { Starter } from "./starter/starter.ts";
import { createStarter } from "./starter/starter.ts";
import type { StarterSetUp } from "./starter/starterCalls.ts";

/** The product's own tree: recipes, plugins, rules lie in it. */
export const HOME = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

export interface BaseWorld {
  readonly config: Config;
  readonly layouts: PathBook;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly digest: Digest;
  readonly files: Files;
  readonly images: Images & { close(): Promise<void> };
  readonly exec: Exec;
  /** Looks at nothing before its `start`; who starts it closes it. */
  readonly gpus: Gpus;
  readonly recipes: Recipes;
  readonly colours: Colours;
  readonly log: Log;
  /** Starts nothing by itself: commands that only look share it with the daemon. */
  readonly slotProcesses: SlotProcesses;
}

/** What needs no state directory: enough to validate, to check recipes, to look at images. */
export function buildBase(config: Config, level: LogLevel = config.log.level): BaseWorld {
  return withHands(config, level, null);
}

/** The same, with a process beside this one that starts all others; `starter` is closed last. */
export function buildStarted(config: Config): BaseWorld & { readonly starter: Starter } {
  let log: Log | null = null;
  const starter = createStarter({
    setUp: imageSetUp(config),
    lost: (reason) => log?.event("error", "starter.lost", { reason }),
  });
  const base = withHands(config, config.log.level, starter);
  ({ log } = base);
  return { ...base, starter };
}

function imageSetUp(config: Config): StarterSetUp {
  return {
    checkFolders: config.plugins,
    models: config.qcModels,
    // Two decode at once: more would only wait for the two cores that a farm node spares us.
    workers: 2,
    memoryBytes: config.imageMemory,
    // A directory of its own: the daemon empties its scratch at start, while a command may be decoding.
    scratchDir: join(config.stateDir, "decoding"),
  };
}

function withHands(config: Config, level: LogLevel, starter: Starter | null): BaseWorld {
  const clock = createClock();
  const log = createLog({ level, clock });
  const files = createFiles();
  const digest = createDigest();
  const exec = starter?.exec ?? createExec();
  return {
    config,
    layouts: loadBook(config.paths),
    clock,
    files,
    digest,
    log,
    ids: createIds(() => clock.now()),
    exec,
    gpus: createGpus({ clock, exec, ...(starter === null ? {} : { follow: starter.follow }) }),
    images: starter?.images ?? createImages(imageSetUp(config)),
    slotProcesses: createSlotProcesses({
      stateDir: config.stateDir,
      now: () => clock.now(),
      ...(starter === null ? {} : { spawn: starter.spawnSlot }),
    }),
    colours: createColours({
      files,
      digest,
      exec,
      colour: config.colour,
      env: process.env["OCIO"] ?? null,
      home: HOME,
    }),
    recipes: createRecipes({ files, digest, log, dirs: recipeDirs(config), rules: safetyRules(config) }),
  };
}

export function recipeDirs(config: Pick<Config, "recipes">): readonly string[] {
  return [join(HOME, "config/recipes"), ...config.recipes];
}

export async function ensureStateDir(stateDir: string): Promise<void> {
  await mkdir(stateDir, { recursive: true });
}

export function databasePath(stateDir: string): string {
  return join(stateDir, "hotplate.db");
}
