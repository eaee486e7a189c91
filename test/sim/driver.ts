/**
 * Runs the real daemon in the simulated world: boots lives, cuts them short, steps the event heap, looks at the invariants
 * after every event, and at the promises until all are kept. One seed, one run.
 */
import { LAYOUTS } from "../fixtures/layouts.ts";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createDaemon } from "../../daemon/daemon.ts";
import type { Daemon } from "../../daemon/daemon.ts";
import { parseRules } from "../../daemon/domain/classify.ts";
import type { Store } from "../../daemon/storePort.ts";
import { NO_PROCESSES } from "../fixtures/noProcesses.ts";
import { simClock } from "./clock.ts";
import type { Moods } from "./comfy.ts";
import { simComfy, SimComfy, WELL } from "./comfy.ts";
import { SimDisk } from "./disk.ts";
import type { FaultPlan } from "./faults.ts";
import { NO_FAULTS } from "./faults.ts";
import type { Lie } from "./files.ts";
import { lying, simFiles } from "./files.ts";
import { simHints } from "./hints.ts";
import { simDigest, simIds } from "./ids.ts";
import { simImages } from "./images.ts";
import { OWN_COLOURS } from "../fixtures/colours.ts";
import { NO_GPUS } from "../fixtures/gpus.ts";
import { Invariants, Violation } from "./invariants.ts";
import { asItWasMade, checkPictures, temporaries, unmet } from "./liveness.ts";
import type { Done } from "./people.ts";
import { schedulePeople } from "./people.ts";
import { poison } from "./poison.ts";
import { simRecipes } from "./recipes.ts";
import type { Scenario } from "./scenario.ts";
import { configOf, FAR, furnish } from "./scenario.ts";
import { openWorldStore, simStore } from "./store.ts";
import type { Life, MadeFault } from "./world.ts";
import { SimWorld } from "./world.ts";

export interface RunOptions {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly faults?: FaultPlan;
  readonly moods?: Partial<Moods>;
  /** Share of change hints that get lost. */
  readonly hintLoss?: number;
  /** Simulated ms after which nothing new goes wrong. */
  readonly faultsUntilMs?: number;
  readonly eventsMax?: number;
  readonly traceMax?: number;
  /** Tasks may fail for good. */
  readonly lossesAllowed?: boolean;
  /** fsyncs whose `<call> <path>` matches say yes and do nothing. */
  readonly lie?: Lie;
}

export interface RunReport {
  readonly ok: boolean;
  readonly problem: string | null;
  readonly events: number;
  readonly simulatedMs: number;
  readonly lives: number;
  readonly calls: readonly {
    readonly label: string;
    readonly mutates: boolean;
    readonly life: number;
    readonly happened: boolean;
  }[];
  /** How many of them were made before everything dropped had ended. */
  readonly callsAtWork: number;
  readonly faults: readonly MadeFault[];
  readonly versions: number;
  readonly pictures: number;
  readonly temporaries: readonly string[];
  /** Prompts that ran, over all slots. */
  readonly gpuRuns: number;
  readonly unexpected: readonly string[];
  readonly answeredWithinMs: Readonly<Record<string, number>>;
  readonly trace: string;
}

const RULES = parseRules(readFileSync(fileURLToPath(new URL("../../config/rules.yaml", import.meta.url)), "utf8"));
/** Saved before the poison. */
const realImmediate = setImmediate;
const DEADLINE_MS = 4 * 60 * 60_000;
const LOOK_EVERY_MS = 1_000;
/** Far more than work makes in ten simulated seconds, far less than a loop without a pause. */
const EVENTS_PER_10_S_MAX = 20_000;

export class Sim {
  readonly world: SimWorld;
  readonly disk: SimDisk;
  readonly store: Store;
  readonly slots = new Map<string, SimComfy>();
  readonly invariants: Invariants;
  readonly unexpected: string[] = [];
  readonly people: readonly Done[];
  readonly startedAt: number;
  lives = 0;
  readonly #lie: ((what: string) => boolean) | null;
  daemon: Daemon | null = null;
  #life: Life | null = null;
  #storeChanged = true;
  #violation: Error | null = null;
  readonly #options: RunOptions;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#lie = options.lie === undefined ? null : lying(options.lie);
    this.world = new SimWorld({
      seed: options.seed,
      faults: options.faults ?? NO_FAULTS,
      ...(options.traceMax === undefined ? {} : { traceMax: options.traceMax }),
    });
    this.startedAt = this.world.now;
    this.disk = new SimDisk({ now: () => this.world.now });
    furnish(this.disk, options.scenario);
    this.store = openWorldStore(
      this.world,
      simIds(this.world.random.fork("storeIds"), () => this.world.now),
    );
    for (const name of ["gpu0", "gpu1"]) {
      this.slots.set(
        name,
        new SimComfy({
          world: this.world,
          disk: this.disk,
          dir: `/slots/${name}`,
          name,
          moods: { ...WELL, ...options.moods },
          workMs: [200, 900],
          ...(options.scenario.black === undefined ? {} : { black: options.scenario.black }),
          ...(options.scenario.unsteady === undefined ? {} : { unsteady: options.scenario.unsteady }),
        }),
      );
    }
    this.invariants = new Invariants({ disk: this.disk, store: this.store, slots: this.slots });
    this.world.crash = (kind, why) => this.crash(kind, why);
    this.world.comfyDies = (slot) => this.#comfyDies(slot);
    // The plates are older than what is called fresh.
    this.world.now += 60_000;
    this.people = schedulePeople(this.world, this.disk, options.scenario.acts);
    this.#scheduleFar(options.scenario);
    if (options.scenario.waives !== undefined) this.#scheduleWaivers(options.scenario.waives);
    this.world.at(options.faultsUntilMs ?? DEADLINE_MS, () => this.#faultsOff());
    this.boot();
  }

  boot(): void {
    this.lives += 1;
    const life: Life = { id: this.lives, alive: true, frozenUntil: 0 };
    this.#life = life;
    this.world.trace(() => `-- boot ${life.id}`);
    const daemon = createDaemon(this.#worldOf(life), {
      node: "sim",
      version: "0.0.0",
      pid: life.id,
      machine: { hostname: "sim", os: "simulated", cpu: "simulated", memoryBytes: 1e9 },
      rules: () =>
        this.world.call(life, {
          label: "rules.book",
          detail: "",
          mutates: false,
          latencyMs: [0.05, 0.5],
          effect: () => RULES,
        }),
      probe: (dir) =>
        this.world.call(life, {
          label: "probe.list",
          detail: dir,
          mutates: false,
          latencyMs: [5, 50],
          effect: () => (this.disk.volumeOf(dir).state === "hanging" ? "late" : "well"),
        }),
      takeOver: false,
    });
    this.daemon = daemon;
    daemon.run().then(
      () => this.#unexpected("the daemon ended by itself"),
      (error: unknown) => this.#startFailed(life, error),
    );
  }

  /** The end of a life; the next one begins some seconds later, as systemd starts it. */
  crash(kind: "kill" | "power", why: string): void {
    if (this.#life !== null) this.#life.alive = false;
    this.#life = null;
    this.daemon = null;
    const random = this.world.random.fork(`crash/${this.lives}/${this.world.events}`);
    this.world.trace(() => `-- ${kind} ${why}`);
    if (kind === "power") {
      const lost = this.disk.powerCut(random);
      this.world.trace(() => `-- ${lost.lostNames} names and ${lost.tornFiles} files were not on disk`);
      this.invariants.powerCut();
      for (const slot of this.slots.values()) {
        slot.die("power");
        this.world.at(random.between(2_000, 15_000), () => slot.start());
      }
    }
    this.world.at(random.between(1_000, 6_000), () => this.boot());
  }

  async drain(): Promise<void> {
    await new Promise<void>((resolve) => realImmediate(resolve));
  }

  /** One event, then everything that must hold. */
  async step(): Promise<boolean> {
    if (!this.world.step()) return false;
    await this.drain();
    if (this.#violation !== null) throw this.#violation;
    const changed = this.#storeChanged;
    this.#storeChanged = false;
    await this.invariants.check(changed);
    return true;
  }

  unmet(): Promise<readonly string[]> {
    const { scenario, lossesAllowed } = this.#options;
    return unmet({
      disk: this.disk,
      store: this.store,
      slots: this.slots,
      scenario,
      people: this.people,
      lossesAllowed: lossesAllowed ?? false,
    });
  }

  #worldOf(life: Life): Parameters<typeof createDaemon>[0] {
    const { world, disk } = this;
    const changed = (label: string, path: string): void => {
      try {
        this.invariants.mayChange(label, path);
      } catch (error) {
        this.#violation ??= error instanceof Error ? error : new Error(String(error));
      }
    };
    return {
      config: configOf(this.#options.scenario),
      layouts: LAYOUTS,
      clock: simClock(world, life),
      ids: simIds(world.random.fork(`ids/${life.id}`), () => world.now),
      digest: simDigest,
      files: simFiles({ world, disk, life, changed, lie: this.#lie }),
      store: simStore({ world, life, store: this.store, changed: () => (this.#storeChanged = true) }),
      comfy: simComfy({ world, disk, life, changed, slots: this.slots }),
      images: simImages({ world, disk, life, changed }),
      gpus: NO_GPUS,
      slotProcesses: NO_PROCESSES,
      exec: {
        // As on a node without any of the programs that are optional.
        run: () => Promise.reject(Object.assign(new Error("nothing runs programs here"), { code: "ENOENT" })),
      },
      hints: simHints({ world, disk, life, lossRate: this.#options.hintLoss ?? 0 }),
      colours: OWN_COLOURS,
      recipes: simRecipes(world, life),
      log: { event: (level, name, fields) => this.#logged(level, name, fields) },
    };
  }

  #logged(level: string, name: string, fields: Readonly<Record<string, unknown>>): void {
    const text = JSON.stringify(fields);
    this.world.trace(() => `   log ${level} ${name} ${text.slice(0, 300)}`);
    const error = typeof fields["error"] === "string" ? fields["error"] : "";
    const ours =
      /TypeError|RangeError|ReferenceError|AssertionError|SQLITE|ERR_|constraint|inside the simulated world/.test(
        error,
      ) || text.includes("HP-INTERNAL");
    if (ours) this.#unexpected(`${name} ${text}`);
  }

  #unexpected(what: string): void {
    this.unexpected.push(what);
  }

  #startFailed(life: Life, error: unknown): void {
    if (!life.alive) return;
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.world.trace(() => `-- the daemon could not start: ${message}`);
    if (!message.includes("[injected]")) this.#unexpected(message);
    life.alive = false;
    this.world.at(5_000, () => this.boot());
  }

  #comfyDies(index: number): void {
    const slot = [...this.slots.values()][index % this.slots.size];
    if (slot === undefined || slot.state === "down") return;
    slot.die("a fault");
    this.world.at(this.world.random.fork(`restart/${this.world.events}`).between(1_000, 20_000), () => slot.start());
  }

  /** By a request, as the API makes it, and again as long as the result is held: one may come while the daemon is down. */
  #scheduleWaivers(checks: readonly string[]): void {
    const look = async (): Promise<void> => {
      const jobs = await this.store.jobs({ limit: 10 });
      const steps = jobs.flatMap((job) => job.steps);
      for (const step of steps) {
        const held = (await this.store.tasks(step.id, { states: ["committing"] })).filter(
          ({ gate }) => gate === "hold",
        );
        if ((await this.store.openRequests(1)).length > 0) continue;
        for (const { id } of held) {
          await this.store.request({ kind: "waive", taskId: id, checks, by: "anna", reason: "a night shot" });
          this.#storeChanged = true;
        }
      }
      if (steps.length === 0 || steps.some(({ state }) => state !== "committed" && state !== "burnt"))
        this.world.at(1_000, () => void look());
    };
    this.world.at(1_000, () => void look());
  }

  #scheduleFar(scenario: Scenario): void {
    if (typeof scenario.far !== "object") return;
    const volume = this.disk.volumeOf(FAR);
    volume.state = "hanging";
    this.world.at(scenario.far.hangsUntil, () => {
      volume.state = "well";
      this.world.trace(() => "the far root answers again");
      this.world.release();
    });
  }

  /** From here on the world is kind: what is broken is mended, and every promise must come true. */
  #faultsOff(): void {
    this.world.faultsOff = true;
    this.world.trace(() => "-- faults off");
    for (const volume of this.disk.volumes) {
      volume.state = "well";
      volume.freeBytes = 1e12;
    }
    this.world.release();
    for (const slot of this.slots.values()) {
      slot.moods = { ...WELL };
      if (slot.state === "zombie") slot.die("an operator restarts it");
      slot.start();
    }
  }
}

export async function run(options: RunOptions): Promise<RunReport> {
  using antidote = poison();
  const sim = new Sim(options);
  let problem: string | null = null;
  let pictures = 0;
  let callsAtWork: number | null = null;
  const answered: Record<string, number> = {};
  try {
    await untilQuiet(sim, options, answered);
    callsAtWork = sim.world.calls.length;
    for (const job of await sim.store.jobs({ limit: 1_000 }))
      pictures += checkPictures(sim.disk, await asItWasMade(sim.store, job));
    if (sim.unexpected.length > 0) throw new Violation(`the daemon broke a rule of its own: ${sim.unexpected[0]}`);
    if (antidote.caught.length > 0)
      throw new Violation(`called inside the simulated world: ${antidote.caught.join(", ")}`);
    await afterTheEnd(sim);
  } catch (error) {
    problem =
      error instanceof Violation
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
  }
  const gpuRuns = [...sim.slots.values()].reduce(
    (sum, slot) => sum + [...slot.runs.values()].reduce((a, b) => a + b, 0),
    0,
  );
  return {
    ok: problem === null,
    problem,
    events: sim.world.events,
    simulatedMs: Math.round(sim.world.now - sim.startedAt),
    lives: sim.lives,
    calls: sim.world.calls,
    callsAtWork: callsAtWork ?? sim.world.calls.length,
    faults: sim.world.madeFaults,
    versions: sim.invariants.versions.size,
    pictures,
    temporaries: temporaries(sim.disk),
    gpuRuns,
    unexpected: sim.unexpected,
    answeredWithinMs: answered,
    trace: sim.world.traceText(),
  };
}

async function untilQuiet(sim: Sim, options: RunOptions, answered: Record<string, number>): Promise<void> {
  const { world } = sim;
  const eventsMax = options.eventsMax ?? 400_000;
  let nextLookAt = world.now;
  let window = { from: world.now, events: world.events };
  for (;;) {
    if (!(await sim.step())) throw new Violation("nothing happens any more, not even a tick");
    if (world.now - window.from > 10_000) window = { from: world.now, events: world.events };
    if (world.events - window.events > EVENTS_PER_10_S_MAX)
      throw new Violation(`a loop without a pause: ${EVENTS_PER_10_S_MAX} events in ten seconds`);
    if (world.events > eventsMax)
      throw new Violation(`not quiet after ${eventsMax} events: ${(await sim.unmet()).join("; ")}`);
    noteAnswers(sim, answered);
    if (world.now < nextLookAt) continue;
    nextLookAt = world.now + LOOK_EVERY_MS;
    const open = await sim.unmet();
    if (open.length === 0) return;
    if (world.now - sim.startedAt > DEADLINE_MS)
      throw new Violation(`promises still open after ${DEADLINE_MS / 60_000} simulated minutes: ${open.join("; ")}`);
  }
}

/** How long each drop waited for the first word about it. */
function noteAnswers(sim: Sim, answered: Record<string, number>): void {
  if (Object.keys(answered).length === sim.people.length) return;
  for (const { act, completeAt } of sim.people) {
    const key = `${act.name}@${act.at}`;
    if (completeAt === null || answered[key] !== undefined) continue;
    const said = ["STATUS.txt", "ERROR.txt"].some(
      (suffix) => sim.disk.peek(`${act.folder}/${act.name}.${suffix}`) !== null,
    );
    if (said) answered[key] = Math.round(sim.world.now - completeAt);
  }
}

/** Done is done: a last power cut takes nothing that was called committed, and a last life has nothing to do. */
async function afterTheEnd(sim: Sim): Promise<void> {
  sim.world.faultsOff = true;
  const before = sim.invariants.versions.size;
  const runsBefore = [...sim.slots.values()].reduce((sum, slot) => sum + slot.runs.size, 0);
  sim.crash("power", "after the end");
  await sim.invariants.check(true);
  if (sim.invariants.versions.size !== before)
    throw new Violation(`${before} versions before the last power cut, ${sim.invariants.versions.size} after it`);
  const lives = sim.lives;
  const until = sim.world.now + 60_000;
  let idleFrom = Number.POSITIVE_INFINITY;
  let nextLookAt = 0;
  // Some seconds of a life in which all is up: time enough to begin something that it should not.
  while (sim.world.now < Math.min(until, idleFrom + 8_000)) {
    if (!(await sim.step())) break;
    if (idleFrom < until || sim.lives === lives || sim.world.now < nextLookAt) continue;
    nextLookAt = sim.world.now + LOOK_EVERY_MS;
    if ((await sim.unmet()).length === 0) idleFrom = sim.world.now;
  }
  const open = await sim.unmet();
  if (open.length > 0) throw new Violation(`after the last power cut and a boot: ${open.join("; ")}`);
  const runs = [...sim.slots.values()].reduce((sum, slot) => sum + slot.runs.size, 0);
  if (runs !== runsBefore) throw new Violation(`${runs - runsBefore} prompts ran again after everything was done`);
}
