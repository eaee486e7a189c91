/**
 * The loop. Watch events, socket messages and HTTP calls never do anything: they wake it. Each tick applies what ended,
 * then lets every stage look at what is true now and close one gap, a bounded number of units at a time. A lost event
 * costs milliseconds of latency, never a job.
 *
 * Must never: await a mount, a network or pixels inside a tick (`work.ts` owns those), or let one stage's failure stop the
 * others.
 */
import { LIMITS } from "./domain/limits.ts";
import type { NodeView } from "./domain/nodeView.ts";
import { ignore, makeDirs } from "./durable.ts";
import type { DaemonOptions, Stage, StageContext } from "./live.ts";
import { createLive, rootView, slotView } from "./live.ts";
import { createMountGuard } from "./mountGuard.ts";
import type { Files, World } from "./ports.ts";
import { createAdmit } from "./stages/admit.ts";
import { createAnswers } from "./stages/answers.ts";
import { createAssetPaths } from "./stages/assetPaths.ts";
import { createCollect } from "./stages/collect.ts";
import { createDispatch } from "./stages/dispatch.ts";
import { createDropQueue } from "./stages/dropQueue.ts";
import { createFeedCache } from "./stages/feedCache.ts";
import { scratchDir } from "./stages/scratch.ts";
import { createGpuWatch } from "./stages/gpus.ts";
import { needOf, scheduling } from "./stages/heads.ts";
import { createInspect } from "./stages/inspect.ts";
import { createInputHashes } from "./stages/inputHashes.ts";
import { createIntake } from "./stages/intake.ts";
import type { ModelBook } from "./stages/modelBook.ts";
import { createModelBook } from "./stages/modelBook.ts";
import { createPeople } from "./stages/people.ts";
import { createPointers } from "./stages/pointers.ts";
import { createPresence } from "./stages/presence.ts";
import { createPublish } from "./stages/publish.ts";
import { createRecipeShelf } from "./stages/recipeShelf.ts";
import { recover } from "./stages/recover.ts";
import { createReport } from "./stages/report.ts";
import { createRetention } from "./stages/retention.ts";
import { createRoots } from "./stages/roots.ts";
import { createSick } from "./stages/sick.ts";
import { createSlots } from "./stages/slots.ts";
import { driftedRecipes, lacksOf } from "./stages/standing.ts";
import { createSupervise } from "./stages/supervise.ts";
import { createWork } from "./work.ts";

export interface Daemon {
  /** Recovers, then ticks until `stop`; drains; resolves when nothing of it runs any more. */
  run(): Promise<void>;
  /** Starts the drain: nothing new begins, what runs in ComfyUI goes on there and is adopted at the next start. */
  stop(): void;
  wake(): void;
  view(): NodeView;
  /** The guarded disk: whoever works beside the loop (the API) gives up on a dead mount as the loop does. */
  readonly files: Files;
}

export function createDaemon(world: World, options: DaemonOptions): Daemon {
  const alarm = createAlarm();
  const guard = createMountGuard(world.files, world.clock, world.config.roots);
  const guarded: World = { ...world, files: guard.files };
  const live = createLive(
    world.config,
    { openSlot: (slot, wake) => world.comfy.open(slot, wake), now: () => world.clock.now() },
    alarm.wake,
  );
  const startedAt = world.clock.now();
  const failed = (work: string, error: unknown): Promise<void> => {
    world.log.event("error", "work.failed", {
      work,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    return Promise.resolve();
  };
  const work = createWork({ wake: alarm.wake, widthOf, failed });
  const context: StageContext = { world: guarded, files: guard.files, work, live, options, wake: alarm.wake };
  const models = createModelBook(context);
  const shelf = Object.assign(createRecipeShelf(context), { feeds: createFeedCache(context), models });
  const stages = buildStages(context, guard, shelf);
  let stopping = false;

  async function tick(): Promise<void> {
    guard.sweep();
    await attempt("apply", () => work.apply().then(() => undefined));
    for (const stage of stages) await attempt(stage.name, () => stage.tick());
  }

  async function attempt(name: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      await failed(name, error);
    }
  }

  /** Finishes what is under way here (bounded); prompts go on in ComfyUI and are adopted at the next start. */
  async function drain(): Promise<void> {
    live.state = "draining";
    world.log.event("info", "daemon.stopping", {});
    const until = world.clock.now() + LIMITS.drainMs;
    while (work.inFlight().length > 0 && world.clock.now() < until) {
      await world.clock.sleep(LIMITS.tickIdleMs, alarm.next());
      guard.sweep();
      await attempt("apply", () => work.apply().then(() => undefined));
    }
    for (const slot of live.slots.values()) await slot.client.close();
    await Promise.all(stages.map((stage) => stage.close?.() ?? Promise.resolve()));
    await attempt("note", () => world.store.note("daemon.stopped", null, {}));
    world.log.event("info", "daemon.stopped", {});
  }

  return {
    wake: alarm.wake,
    files: guard.files,
    stop() {
      stopping = true;
      alarm.wake();
    },
    view: () => nodeView(context, startedAt, shelf),
    async run() {
      await start(context);
      while (!stopping) {
        // Taken before the tick: a wake during the tick makes the next one immediate.
        const next = alarm.next();
        await tick();
        if (!stopping) await world.clock.sleep(nextTickMs(context), next);
      }
      await drain();
    },
  };
}

async function start(context: StageContext): Promise<void> {
  const { world, options } = context;
  const fields = { version: options.version, node: options.node, pid: options.pid };
  await world.store.note("daemon.started", null, fields);
  world.log.event("info", "daemon.started", fields);
  const scratch = scratchDir(world.config.stateDir);
  // Scratch holds nothing that is not made again; the state directory is a local disk, so waiting for it is safe.
  await context.files.removeTree(scratch).catch(ignore("ENOENT"));
  await makeDirs(context.files, world.config.stateDir, scratch);
  await recover(context);
  context.live.state = "up";
}

type Shelf = ReturnType<typeof createRecipeShelf> & {
  readonly feeds: ReturnType<typeof createFeedCache>;
  readonly models: ModelBook;
};

function buildStages(
  context: StageContext,
  guard: ReturnType<typeof createMountGuard>,
  shelf: Shelf,
): readonly Stage[] {
  const queue = createDropQueue();
  const answers = createAnswers(context);
  const inputs = createInputHashes(context);
  const pointers = createPointers(context);
  const retention = createRetention(context);
  return [
    createRoots(context, guard),
    shelf,
    createSlots(context),
    shelf.models,
    createGpuWatch(context),
    createPresence(context),
    createSupervise(context),
    createSick(context),
    createPeople(context, retention),
    retention,
    answers,
    createAdmit(context, queue, answers),
    createIntake(context, queue, answers),
    createAssetPaths(context),
    createCollect(context),
    createDispatch(context, shelf),
    createInspect(context, shelf),
    inputs,
    createPublish(context, { shelf, inputs, pointers }),
    pointers,
    createReport(context, answers),
  ];
}

/** Units at once, by the lane's last word. A root's two lanes make two calls at a time. */
function widthOf(lane: string): number {
  const kind = lane.slice(lane.lastIndexOf(":") + 1);
  if (kind === "submit") return LIMITS.promptsPerSlot;
  if (kind === "qc") return LIMITS.qcAtOnce;
  return 1;
}

/** Due times inside the stages are short of this only while something settles or runs. */
function nextTickMs(context: StageContext): number {
  for (const slot of context.live.slots.values()) if (slot.flights.size > 0) return LIMITS.tickBusyMs;
  for (const folder of context.live.folders.values()) if (folder.waiting > 0) return LIMITS.tickBusyMs;
  return LIMITS.tickIdleMs;
}

function createAlarm(): { wake: () => void; next: () => Promise<void> } {
  let ring: () => void = () => undefined;
  let promise = new Promise<void>((resolve) => (ring = resolve));
  let rung = false;
  return {
    wake: () => {
      rung = true;
      ring();
    },
    next: () => {
      if (rung) {
        rung = false;
        promise = new Promise<void>((resolve) => (ring = resolve));
      }
      return promise;
    },
  };
}

function nodeView(context: StageContext, startedAt: number, shelf: Shelf): NodeView {
  const { live, options, world } = context;
  const seconds: Record<string, number> = {};
  for (const [recipe, rate] of live.rates) if (rate.ended >= 3) seconds[recipe] = rate.seconds / rate.ended;
  return {
    node: options.node,
    pid: options.pid,
    version: options.version,
    startedAt,
    now: world.clock.now(),
    state: live.state,
    slots: [...live.slots.values()].map((slot) => slotView(slot, driftedRecipes(slot, shelf.current()))),
    gpus: world.gpus.read(),
    folders: [...live.folders.values()],
    roots: [...live.roots.values()].map(rootView),
    stepTrouble: Object.fromEntries([...live.stepTrouble].map(([id, trouble]) => [id, trouble.message])),
    secondsPerTask: seconds,
    scheduling: scheduling(context),
    lacksOf: (plan, wedge) => lacksOf(context, shelf, { plan, wedge }),
    needOf: (workKey) => needOf(context, workKey),
  };
}
