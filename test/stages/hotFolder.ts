/**
 * A hot folder with the real intake around it: the real disk in a temporary directory, the real store in memory, the stages
 * from the listing to the answer, and a clock that only a test moves. Nothing sleeps: `look` ticks until nothing is under
 * way and nothing asks for another tick, at one instant; `after` moves the instant on.
 *
 * No ComfyUI answers here, so an accepted job waits. Hints come only when a test gives one.
 */
import { CHECK_BOOK } from "../fixtures/checkBook.ts";
import { mkdirSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createDigest } from "../../daemon/adapters/digest.ts";
import { createFiles } from "../../daemon/adapters/files.ts";
import { createIds } from "../../daemon/adapters/ids.ts";
import { createRecipes } from "../../daemon/adapters/recipes.ts";
import { openSqliteStore } from "../../daemon/adapters/store/sqlite.ts";
import { HOME } from "../../daemon/adapters/world.ts";
import { errorFileName, statusFileName } from "../../daemon/domain/answer.ts";
import { configSchema } from "../../daemon/domain/config.ts";
import type { EventFields } from "../../daemon/domain/events.ts";
import type { FolderView } from "../../daemon/domain/nodeView.ts";
import { HotplateError } from "../../daemon/domain/errors.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { Live, Stage, StageContext } from "../../daemon/live.ts";
import { createLive } from "../../daemon/live.ts";
import type { Files, World } from "../../daemon/ports.ts";
import { createAdmit } from "../../daemon/stages/admit.ts";
import { createAnswers } from "../../daemon/stages/answers.ts";
import { createAssetPaths } from "../../daemon/stages/assetPaths.ts";
import { createDropQueue } from "../../daemon/stages/dropQueue.ts";
import { createIntake } from "../../daemon/stages/intake.ts";
import { createReport } from "../../daemon/stages/report.ts";
import type { JobRow, Store } from "../../daemon/storePort.ts";
import { createWork } from "../../daemon/work.ts";
import { OWN_COLOURS } from "../fixtures/colours.ts";
import { LAYOUTS } from "../fixtures/layouts.ts";
import { NO_GPUS } from "../fixtures/gpus.ts";
import { NO_PROCESSES } from "../fixtures/noProcesses.ts";

export interface HotOptions {
  /** The directory of the studio; the hot folder is `hot` in it. */
  readonly root: string;
  readonly recipe?: string;
  readonly settleMs?: number;
  readonly assetPaths?: readonly Record<string, unknown>[];
  /** Another life of the same node keeps its store. */
  readonly store?: Store;
  readonly node?: string;
  readonly takeOver?: boolean;
  /** What this disk does otherwise than the real one. */
  readonly files?: Partial<Files>;
  readonly startAt?: number;
}

export interface Hot {
  readonly root: string;
  readonly dir: string;
  readonly store: Store;
  readonly live: Live;
  readonly context: StageContext;
  readonly events: { readonly name: string; readonly fields: EventFields }[];
  /** Is the folder watched for hints now? */
  watched(): boolean;
  now(): number;
  /** Ticks at this instant until nothing is under way. */
  look(): Promise<void>;
  /** A hint of the watcher, then `look`. */
  hint(): Promise<void>;
  /** Time passes, a second at most between two looks. */
  after(ms: number): Promise<void>;
  /** Time passes at once, as when a machine sleeps; then two looks, a second apart. */
  sleepFor(ms: number): Promise<void>;
  /** Written under a temporary name and renamed: comes whole. */
  drop(name: string, text: string | Uint8Array): void;
  /** Written in place. */
  write(name: string, text: string | Uint8Array): void;
  /** A finished plate file of an hour ago, its path below the studio's directory. */
  plate(path: string, content?: string): void;
  answer(name: string): string | null;
  status(name: string): string | null;
  error(name: string): string | null;
  names(): readonly string[];
  jobs(): Promise<readonly JobRow[]>;
  /** Ends a job as canceled: nothing of it was made. */
  end(job: JobRow): Promise<void>;
  view(): FolderView;
  close(): Promise<void>;
}

/** More ticks than this at one instant: something asks for a tick again and again, and a core would burn. */
const TICKS_MAX = 2_000;

export function openHot(options: HotOptions): Hot {
  const { root } = options;
  const dir = join(root, "hot");
  mkdirSync(dir, { recursive: true });
  let now = options.startAt ?? Date.now();
  const clock = { now: () => now, sleep: () => new Promise<void>(() => undefined) };
  const wakes = new Map<string, () => void>();
  const events: { name: string; fields: EventFields }[] = [];
  const files: Files = { ...createFiles(), ...options.files };
  const digest = createDigest();
  const ids = createIds(() => now);
  const store = options.store ?? openSqliteStore({ path: ":memory:", clock, ids });
  const config = configSchema.parse({
    hotplate: 1,
    stateDir: join(root, "state"),
    roots: [{ name: "shows", linux: root, windows: ["P:\\"] }],
    hotFolders: [
      {
        path: dir,
        show: "AGM",
        ...(options.recipe === undefined ? {} : { recipe: options.recipe }),
        ...(options.settleMs === undefined ? {} : { settleMs: options.settleMs }),
      },
    ],
    assetPaths: options.assetPaths ?? [],
    slots: [{ name: "gpu0", url: "http://127.0.0.1:9" }],
  });
  const world: World = {
    config,
    layouts: LAYOUTS,
    clock,
    ids,
    digest,
    files,
    store,
    images: fakeImages,
    comfy: { open: () => Object.create(null) as never },
    gpus: NO_GPUS,
    slotProcesses: NO_PROCESSES,
    exec: { run: () => Promise.reject(new Error("nothing runs programs here")) },
    hints: {
      watch(path, wake) {
        wakes.set(path, wake);
        return { close: () => Promise.resolve(void wakes.delete(path)) };
      },
    },
    colours: OWN_COLOURS,
    recipes: createRecipes({ files, digest, dirs: [join(HOME, "config/recipes")] }),
    log: { event: (_level, name, fields) => void events.push({ name, fields }) },
  };
  let woken = true;
  let ring = (): void => undefined;
  const wake = (): void => {
    woken = true;
    ring();
  };
  const failures: string[] = [];
  const failed = (key: string, error: unknown): Promise<void> =>
    Promise.resolve(void failures.push(`${key}: ${error instanceof Error ? error.stack : String(error)}`));
  const work = createWork({ wake, widthOf: () => 1, failed });
  const live = createLive(
    config,
    { openSlot: (slot) => world.comfy.open(slot, wake), now: () => world.clock.now() },
    wake,
  );
  const context: StageContext = {
    world,
    files,
    work,
    live,
    wake,
    options: {
      node: options.node ?? "node1",
      version: "0.0.0",
      pid: 1,
      machine: { hostname: "h", os: "o", cpu: "c", memoryBytes: 1 },
      rules: () => Promise.reject(new Error("no rules here")),
      probe: () => Promise.resolve("well"),
      takeOver: options.takeOver ?? false,
    },
  };
  const queue = createDropQueue();
  const answers = createAnswers(context);
  const stages: readonly Stage[] = [
    answers,
    createAdmit(context, queue, answers),
    createIntake(context, queue, answers),
    createAssetPaths(context),
    createReport(context, answers),
  ];

  async function look(): Promise<void> {
    woken = true;
    for (let ticks = 0; woken || work.inFlight().length > 0; ticks += 1) {
      if (ticks > TICKS_MAX) throw new Error(`not quiet after ${TICKS_MAX} ticks; ${work.inFlight().join(", ")}`);
      if (!woken) await new Promise<void>((resolve) => (ring = resolve));
      woken = false;
      await work.apply();
      for (const stage of stages) await stage.tick();
    }
    if (failures.length > 0) throw new Error(failures.join("\n"));
  }
  const read = (file: string): string | null => {
    try {
      return readFileSync(join(dir, file), "utf8");
    } catch {
      return null;
    }
  };
  return {
    root,
    dir,
    store,
    live,
    context,
    events,
    watched: () => wakes.has(dir),
    now: () => now,
    look,
    async hint() {
      wakes.get(dir)?.();
      await look();
    },
    async after(ms) {
      for (let left = ms; left > 0; left -= Math.min(left, LIMITS.tickIdleMs)) {
        now += Math.min(left, LIMITS.tickIdleMs);
        await look();
      }
    },
    async sleepFor(ms) {
      now += ms;
      await look();
      now += 1_000;
      await look();
    },
    drop(name, text) {
      writeFileSync(join(dir, ".drop.tmp"), text);
      age(join(dir, ".drop.tmp"));
      renameSync(join(dir, ".drop.tmp"), join(dir, name));
    },
    write: (name, text) => writeFileSync(join(dir, name), text),
    plate(path, content = "x") {
      const full = join(root, path);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, content);
      age(full);
    },
    answer: (name) => read(errorFileName(name)) ?? read(statusFileName(name)),
    status: (name) => read(statusFileName(name)),
    error: (name) => read(errorFileName(name)),
    names: () => readdirSync(dir).sort(),
    jobs: () => store.jobs({ limit: 500 }),
    async end(job) {
      await store.cancelJob(job.id, "test");
      for (const step of job.steps) await store.burn(step.id, "canceled");
    },
    view() {
      const view = live.folders.get(dir);
      if (view === undefined) throw new Error("the folder has no view yet");
      return view;
    },
    async close() {
      for (const stage of stages) await stage.close?.();
      await work.apply();
    },
  };
}

/** Last written an hour ago: what was renamed or copied with its times has an inode that changed after its content. */
function age(path: string): void {
  const past = new Date(Date.now() - 3_600_000);
  utimesSync(path, past, past);
}

/** Any bytes are a plate here, but for names that say they are broken. */
const fakeImages = {
  header: (path: string) =>
    path.endsWith(".broken.png")
      ? Promise.reject(new HotplateError("HP-PLATE-BROKEN", "the file is cut"))
      : Promise.resolve({ format: "png" as const, width: 960, height: 540, channels: 3, bitDepth: 8 }),
  checks: () => Promise.resolve(CHECK_BOOK),
} as unknown as World["images"];
