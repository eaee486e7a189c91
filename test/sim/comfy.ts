/**
 * A slot's ComfyUI: a process that keeps queue and history in memory, runs one prompt at a time, writes its outputs
 * without syncing them, and can die and lose all. What it does wrong is drawn per prompt from the seed.
 */
import type { SlotConfig } from "../../daemon/domain/config.ts";
import type { Graph } from "../../daemon/domain/recipe.ts";
import type { Comfy, ComfyError, ComfyOutput, ComfySlot, PromptStatus, SubmitAnswer } from "../../daemon/ports.ts";
import type { SimDisk } from "./disk.ts";
import { DiskError } from "./disk.ts";
import type { Watchman } from "./files.ts";
import type { SimImage } from "./simImage.ts";
import { BLACK, decodeImage, encodeImage, UNSTEADY } from "./simImage.ts";
import type { Random } from "./prng.ts";
import type { Scenario } from "./scenario.ts";
import { rendersOf, SIM_CATALOGUE } from "./recipes.ts";
import type { Life, SimWorld } from "./world.ts";

/** How often a prompt goes wrong in which way; shares of 1. */
export interface Moods {
  readonly oom: number;
  readonly falseSuccess: number;
  readonly missingFile: number;
  readonly truncated: number;
  readonly refuse: number;
  readonly killsProcess: number;
  readonly zombie: number;
  readonly slow: number;
  readonly lateHistory: number;
  readonly lostWake: number;
}
export const WELL: Moods = {
  oom: 0,
  falseSuccess: 0,
  missingFile: 0,
  truncated: 0,
  refuse: 0,
  killsProcess: 0,
  zombie: 0,
  slow: 0,
  lateHistory: 0,
  lostWake: 0,
};

interface Prompt {
  readonly id: string;
  readonly graph: Graph;
  readonly jobId: string;
  /** A cancel that arrived while it ran: looked at between graph nodes. */
  canceled: boolean;
}
interface Entry {
  readonly status: PromptStatus;
  /** Not answered before: the history is written after the prompt has left the queue. */
  readonly visibleAt: number;
}

const REFUSED: ComfyError = {
  kind: "refused",
  exceptionType: "value_not_in_list",
  graphNode: "4",
  classType: "ImageAddNoise",
  message: "value not in list",
};
const OOM: ComfyError = {
  kind: "failed",
  exceptionType: "torch.OutOfMemoryError",
  graphNode: "4",
  classType: "ImageAddNoise",
  message: "Allocation on device would exceed allowed memory",
};
const INTERRUPTED: ComfyError = {
  kind: "interrupted",
  exceptionType: null,
  graphNode: "4",
  classType: null,
  message: "interrupted",
};

export interface ComfyParts {
  readonly world: SimWorld;
  readonly disk: SimDisk;
  /** Its own input and output directories lie below. */
  readonly dir: string;
  readonly name: string;
  readonly moods: Moods;
  readonly workMs: readonly [number, number];
  readonly black?: Scenario["black"];
  readonly unsteady?: Scenario["unsteady"];
}

export class SimComfy {
  readonly name: string;
  /** POSTs per prompt id, over all lives: never more than one. */
  readonly posts = new Map<string, number>();
  readonly runs = new Map<string, number>();
  state: "up" | "down" | "zombie" = "up";
  moods: Moods;
  simulated = true;
  readonly #parts: ComfyParts;
  readonly #random: Random;
  #epoch = 0;
  #number = 0;
  #queue: Prompt[] = [];
  #running: Prompt | null = null;
  #history = new Map<string, Entry>();
  readonly #wakes = new Set<() => void>();

  constructor(parts: ComfyParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.moods = parts.moods;
    this.#random = parts.world.random.fork(`comfy/${parts.name}`);
    parts.disk.mkdirs(`${parts.dir}/input/hotplate`);
    parts.disk.mkdirs(`${parts.dir}/output/hotplate`);
  }

  /** Ids that it holds and has not ended. */
  unfinished(): readonly string[] {
    return [...(this.#running === null ? [] : [this.#running.id]), ...this.#queue.map((p) => p.id)];
  }

  die(why: string): void {
    if (this.state === "down") return;
    this.#parts.world.trace(() => `comfy ${this.name} dies: ${why}`);
    const { disk, dir } = this.#parts;
    // A half output of the prompt that ran.
    if (this.#running !== null && this.#random.chance(0.5)) {
      const path = `${dir}/output/${this.#running.id}_half_${this.#epoch}.png`;
      if (disk.peek(path) === null) disk.create(path, "SIMIMG 1 64");
    }
    this.#epoch += 1;
    this.state = "down";
    this.#queue = [];
    this.#running = null;
    this.#history = new Map();
  }

  /** A zombie's process lives: it is not started again, somebody must end it first. */
  start(): void {
    if (this.state !== "down") return;
    this.state = "up";
    this.#number = 0;
    this.#parts.world.trace(() => `comfy ${this.name} is up`);
    this.#wake();
  }

  connect(wake: () => void): () => void {
    this.#wakes.add(wake);
    return () => this.#wakes.delete(wake);
  }

  // What the server does when it is asked

  submit(prompt: { readonly id: string; readonly graph: Graph; readonly jobId: string }): SubmitAnswer {
    this.#mustAnswer();
    this.posts.set(prompt.id, (this.posts.get(prompt.id) ?? 0) + 1);
    this.#number += 1;
    if (this.#random.chance(this.moods.refuse)) return { kind: "refused", error: REFUSED };
    this.#queue.push({ ...prompt, graph: structuredClone(prompt.graph), canceled: false });
    this.#wake();
    this.#next();
    return { kind: "accepted", number: this.#number };
  }

  status(id: string): PromptStatus {
    this.#mustAnswer();
    if (this.#running?.id === id) return { kind: "running" };
    if (this.#queue.some((p) => p.id === id)) return { kind: "pending" };
    const entry = this.#history.get(id);
    return entry === undefined || entry.visibleAt > this.#parts.world.now ? { kind: "unknown" } : entry.status;
  }

  queue(): { readonly running: readonly string[]; readonly pending: number } {
    this.#mustAnswer();
    return { running: this.#running === null ? [] : [this.#running.id], pending: this.#queue.length };
  }

  cancel(id: string): void {
    this.#mustAnswer();
    this.#queue = this.#queue.filter((p) => p.id !== id);
    if (this.#running?.id === id) this.#running.canceled = true;
  }

  free(): boolean {
    this.#mustAnswer();
    return true;
  }

  forget(id: string): void {
    this.#mustAnswer();
    this.#history.delete(id);
    for (const side of ["input", "output"]) {
      const dir = `${this.#parts.dir}/${side}/hotplate`;
      for (const name of Array.from(this.#parts.disk.peek(dir)?.entries.keys() ?? []))
        if (name.startsWith(id)) this.#remove(`${dir}/${name}`);
    }
  }

  outputPath(output: ComfyOutput): string {
    return `${this.#parts.dir}/output/${output.subfolder === "" ? "" : `${output.subfolder}/`}${output.filename}`;
  }

  inputPath(name: string): string {
    return `${this.#parts.dir}/input/hotplate/${name}`;
  }

  answers(): void {
    this.#mustAnswer();
  }

  // Its one execution thread

  #mustAnswer(): void {
    if (this.state === "down")
      throw Object.assign(new Error(`connect ECONNREFUSED ${this.name}`), { code: "ECONNREFUSED" });
  }

  #next(): void {
    if (this.#running !== null || this.state !== "up") return;
    const prompt = this.#queue.shift();
    if (prompt === undefined) return;
    this.#running = prompt;
    this.runs.set(prompt.id, (this.runs.get(prompt.id) ?? 0) + 1);
    const { world, workMs } = this.#parts;
    if (this.#random.chance(this.moods.zombie)) {
      // The thread is dead: HTTP goes on answering, nothing runs any more.
      this.state = "zombie";
      world.trace(() => `comfy ${this.name} is a zombie`);
      return;
    }
    const epoch = this.#epoch;
    const factor = this.#random.chance(this.moods.slow) ? 100 : 1;
    world.at(this.#random.between(...workMs) * factor, () => {
      if (epoch === this.#epoch && this.#running === prompt) this.#finish(prompt);
    });
  }

  #finish(prompt: Prompt): void {
    const { world } = this.#parts;
    const random = this.#random;
    if (random.chance(this.moods.killsProcess)) {
      this.die(`prompt ${prompt.id.slice(0, 8)} kills it`);
      world.at(random.between(1_000, 8_000), () => this.start());
      return;
    }
    const status = this.#outcome(prompt);
    const late = random.chance(this.moods.lateHistory) ? random.between(1, 900) : 0;
    this.#history.set(prompt.id, { status, visibleAt: world.now + late });
    this.#running = null;
    world.trace(() => `comfy ${this.name} ends ${prompt.id.slice(0, 8)}: ${status.kind}`);
    this.#wake();
    this.#next();
  }

  #outcome(prompt: Prompt): PromptStatus {
    const random = this.#random;
    if (prompt.canceled) return { kind: "failed", error: INTERRUPTED };
    if (random.chance(this.moods.oom)) return { kind: "failed", error: OOM };
    const endedAt = Math.floor(this.#parts.world.now);
    const times = { startedAt: endedAt - 50, endedAt };
    if (random.chance(this.moods.falseSuccess)) return { kind: "completed", outputs: [], ...times };
    const outputs = this.#render(prompt);
    if (outputs === null)
      return {
        kind: "failed",
        error: { ...OOM, exceptionType: "FileNotFoundError", message: "an input image is gone" },
      };
    return { kind: "completed", outputs, ...times };
  }

  /** LoadImage -> ... -> SaveImage: a file for each frame that is loaded, or what is wrong with it. */
  #render(prompt: Prompt): readonly ComfyOutput[] | null {
    const { disk, dir } = this.#parts;
    const nodes = Object.values(prompt.graph);
    const loads = nodes.filter((node) => node.class_type === "LoadImage");
    const save = nodes.find((node) => node.class_type === "SaveImage");
    const feds = loads.flatMap((load) => {
      const data = disk.peek(`${dir}/input/${String(load.inputs["image"])}`)?.data ?? null;
      return (data === null ? null : decodeImage(data)) ?? [];
    });
    if (feds.length < loads.length) return null;
    const named = save?.inputs["filename_prefix"];
    const prefix = typeof named === "string" ? named : "x";
    const cut = prefix.lastIndexOf("/");
    const subfolder = cut < 0 ? "" : prefix.slice(0, cut);
    const stem = prefix.slice(cut + 1);
    disk.mkdirs(`${dir}/output/${subfolder}`);
    const isBlack = (fed: SimImage | undefined): boolean =>
      (this.#parts.black ?? []).some(
        ({ seed, frame }) =>
          nodes.some((node) => node.inputs["seed"] === seed) && (fed?.body.endsWith(` ${frame}`) ?? false),
      );
    const isUnsteady = (this.#parts.unsteady ?? []).some((seed) => nodes.some((node) => node.inputs["seed"] === seed));
    return rendersOf(prompt.graph, feds).map((made, index) => {
      const mark = isBlack(feds[index]) ? BLACK : isUnsteady ? UNSTEADY : "";
      const picture = { ...made, body: `${mark}${made.body}` };
      let counter = 1;
      const output = (): ComfyOutput => ({
        node: "9",
        filename: `${stem}_${String(counter).padStart(5, "0")}_.png`,
        subfolder,
        type: "output",
      });
      while (disk.peek(this.outputPath(output())) !== null) counter += 1;
      if (!this.#random.chance(this.moods.missingFile))
        disk.create(
          this.outputPath(output()),
          encodeImage(picture),
          this.#random.chance(this.moods.truncated) ? "half" : "whole",
        );
      return output();
    });
  }

  #remove(path: string): void {
    if (this.#parts.disk.peek(path) !== null) this.#parts.disk.unlink(path);
  }

  #wake(): void {
    for (const wake of this.#wakes) if (!this.#random.chance(this.moods.lostWake)) wake();
  }
}

export interface ComfyPortParts {
  readonly world: SimWorld;
  readonly disk: SimDisk;
  readonly life: Life;
  readonly changed: Watchman;
  readonly slots: ReadonlyMap<string, SimComfy>;
}

/** The `Comfy` port of one life. */
export function simComfy(parts: ComfyPortParts): Comfy {
  return {
    open(config: SlotConfig, wake) {
      const slot = parts.slots.get(config.name);
      if (slot === undefined) throw new Error(`no simulated slot ${config.name}`);
      const disconnect = slot.connect(() => parts.world.inLife(parts.life, 1, () => wake(null)));
      return portOf(parts, slot, disconnect);
    },
  };
}

function portOf(parts: ComfyPortParts, slot: SimComfy, disconnect: () => void): ComfySlot {
  const { world, disk, life } = parts;
  const call = <T>(name: string, detail: string, effect: () => T, half?: () => void): Promise<T> =>
    world.call<T>(life, {
      label: `comfy.${name}`,
      detail: `${slot.name} ${detail}`,
      mutates: half !== undefined,
      latencyMs: [0.3, 6],
      effect,
      ...(half === undefined ? {} : { half }),
    });
  const nothing = (): void => undefined;
  return {
    stats: () =>
      call("stats", "", () => {
        slot.answers();
        return {
          version: "0.19.1",
          simulated: slot.simulated,
          deviceName: "simulated",
          memoryMiB: 24_576,
          pytorchVersion: "2.9",
          pythonVersion: "3.12",
        };
      }),
    catalogue: () =>
      call("catalogue", "", () => {
        slot.answers();
        return SIM_CATALOGUE;
      }),
    submit: (prompt) => call("submit", prompt.id, () => slot.submit(prompt), nothing),
    status: (id) => call("status", id, () => slot.status(id)),
    queue: () => call("queue", "", () => slot.queue()),
    cancel: (id) => call("cancel", id, () => slot.cancel(id), nothing),
    free: () => call("free", "", () => slot.free(), nothing),
    place: (localPath, name) => {
      const put = (extent: "whole" | "half"): void => {
        const to = slot.inputPath(name);
        if (disk.peek(to) !== null) disk.unlink(to);
        disk.copy(localPath, to, extent);
      };
      const placed = (): string => {
        slot.answers();
        put("whole");
        return `hotplate/${name}`;
      };
      return call("place", name, placed, () => put("half"));
    },
    fetch: (output, to) => {
      const get = (extent: "whole" | "half"): void => {
        const from = slot.outputPath(output);
        if (disk.peek(from) === null) throw new DiskError("ENOENT", from);
        parts.changed("comfy.fetch", to);
        disk.copy(from, to, extent);
      };
      return call(
        "fetch",
        to,
        () => get("whole"),
        () => get("half"),
      );
    },
    forget: (id) => call("forget", id, () => slot.forget(id), nothing),
    progress: () => null,
    close: async () => disconnect(),
  };
}
