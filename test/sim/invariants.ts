/**
 * Safety: what must hold after every event, whatever went wrong. A violation ends the run. Looks only when the disk or the
 * store changed.
 */
import { declaredPlaces } from "../../daemon/domain/declaredPlaces.ts";
import { LAYOUTS } from "../fixtures/layouts.ts";
import { taskFrames } from "../../daemon/domain/chunks.ts";
import { transition, TASK_EVENTS } from "../../daemon/domain/task.ts";
import type { TaskState } from "../../daemon/domain/task.ts";
import type { JobRow, Store, TaskRow } from "../../daemon/storePort.ts";
import type { SimComfy } from "./comfy.ts";
import type { SimDisk } from "./disk.ts";
import { sha256Of } from "./disk.ts";
import { FAR, FARM, FAR_HOT, FAR_PLATES, HOT, PLATES, SHOT, STATE } from "./scenario.ts";

export class Violation extends Error {}

export interface Looked {
  readonly disk: SimDisk;
  readonly store: Store;
  readonly slots: ReadonlyMap<string, SimComfy>;
}

const DECLARED = declaredPlaces({
  book: LAYOUTS,
  roots: [{ linux: FARM }, { linux: FAR }],
  hotFolders: [HOT, FAR_HOT],
  stateDir: STATE,
});

interface Commit {
  readonly job: string;
  readonly step: string;
  readonly version: string;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
}

type Image = "seen" | "durable";

export class Invariants {
  readonly #at: Looked;
  readonly #plates = new Map<string, string>();
  /** Content of versions once visible, of claims, by path: never another. */
  readonly #fixed = new Map<string, string>();
  readonly #checked = new Map<string, string>();
  readonly #hashes = new WeakMap<Uint8Array, string>();
  readonly #tasks = new Map<string, { state: TaskState; fence: number }>();
  readonly #committed = new Map<string, { readonly path: string; readonly job: string }>();
  readonly #made = new Set<string>();
  #diskChanges = -1;
  #eventSeq = 0;
  #lastFence = 0;
  #peopleTouchPlates = false;
  /** Visible versions, by path. */
  readonly versions = new Map<string, Commit>();

  constructor(at: Looked) {
    this.#at = at;
    for (const dir of [PLATES, FAR_PLATES])
      for (const [path, data] of at.disk.walk(dir, "seen")) this.#plates.set(path, this.#plateLook(path, data));
  }

  /** Called before each change that the daemon makes: is it one that it may make, there? */
  mayChange(label: string, path: string): void {
    if (label === "sync" || label === "syncDir") return;
    if (path.startsWith(`${SHOT}/plates`) || path.startsWith(`${FAR}/shots/SH900/plates`))
      throw new Violation(`${label} in a plate folder: ${path}`);
    if (label === "mkdir") return this.#mayMake(path);
    const allowed = [`${HOT}/`, `${FAR_HOT}/`, `${STATE}/`, `${SHOT}/`, `${FAR}/shots/SH900/`];
    if (!allowed.some((prefix) => path.startsWith(prefix)))
      throw new Violation(`${label} outside the declared places: ${path}`);
  }

  /** Every folder comes from a template: of the layout, of a product's own state, of a hot folder, of the state directory. */
  #mayMake(path: string): void {
    // What is there already is not made: folders are made one by one from the root down.
    if (this.#made.has(path) || this.#at.disk.peek(path) !== null) return;
    // "Beside the plate" would fit any folder: here it is a shot's, and its products are those of the manifests.
    const places = DECLARED(path).filter(
      ({ tokens: { beside, product } }) =>
        (beside === undefined || /^shots\/SH\d+$/.test(beside)) &&
        (product === undefined || /^(tiny|other|tiny_together)$/.test(product)),
    );
    if (places.length === 0) throw new Violation(`no template declares the folder ${path}`);
    this.#made.add(path);
  }

  /** From here on people change plates. That the daemon changes none is still looked at with every call that it makes. */
  peopleTouchPlates(): void {
    this.#peopleTouchPlates = true;
  }

  async check(storeChanged: boolean): Promise<void> {
    if (this.#at.disk.changes !== this.#diskChanges) {
      this.#diskChanges = this.#at.disk.changes;
      this.#checkDisk();
    }
    if (storeChanged) await this.#checkStore();
    for (const slot of this.#at.slots.values()) {
      for (const [id, posts] of slot.posts) if (posts > 1) throw new Violation(`prompt ${id} was sent ${posts} times`);
      // One runs, one is queued behind it: what is being collected has left ComfyUI.
      const held = slot.unfinished();
      if (held.length > 2) throw new Violation(`${slot.name} holds ${held.length} prompts: ${held.join(", ")}`);
    }
  }

  /** After a power cut what was visible but not durable may be gone; it must come back the same. */
  powerCut(): void {
    this.#checked.clear();
    this.versions.clear();
    // A number whose record did not survive was never given: whoever comes first takes it.
    for (const key of this.#fixed.keys()) {
      if (key.startsWith("claim ") && this.#at.disk.peek(key.slice(6)) === null) this.#fixed.delete(key);
    }
  }

  #checkDisk(): void {
    this.#checkPlates();
    for (const product of this.#products()) {
      for (const image of ["seen", "durable"] as const) {
        this.#checkClaims(product, image);
        this.#checkVersions(product, image);
      }
    }
    for (const known of this.#committed.values()) this.#checkKept(known);
  }

  #products(): readonly string[] {
    const out: string[] = [];
    for (const shot of [SHOT, `${FAR}/shots/SH900`]) {
      for (const [name, node] of this.#at.disk.peek(shot)?.entries ?? []) {
        if (node.kind === "directory" && name !== "plates" && name !== "review") out.push(`${shot}/${name}`);
      }
    }
    return out;
  }

  #checkPlates(): void {
    if (this.#peopleTouchPlates) return;
    for (const dir of [PLATES, FAR_PLATES]) {
      const there = this.#at.disk.walk(dir, "seen");
      for (const [path, data] of there)
        if (this.#plates.get(path) !== this.#plateLook(path, data)) throw new Violation(`plate changed: ${path}`);
      for (const path of this.#plates.keys())
        if (path.startsWith(dir) && !there.has(path)) throw new Violation(`plate gone: ${path}`);
    }
  }

  #plateLook(path: string, data: Uint8Array | null): string {
    return `${this.#hash(data)} ${this.#at.disk.stat(path).mtimeNs}`;
  }

  /** The record of a number appears whole, and is never another. */
  #checkClaims(product: string, image: Image): void {
    for (const [path, data] of this.#at.disk.walk(`${product}/.hotplate/claims`, image)) {
      if (!/\/v\d+\.json$/.test(path)) continue;
      this.#stays(`claim ${path}`, data === null ? "never synced" : this.#hash(data), image);
      if (this.#checked.get(`${image} ${path}`) !== undefined) continue;
      const claim = parse<{ version?: number }>(data);
      if (typeof claim?.version !== "number") throw new Violation(`torn claim (${image}): ${path}`);
      this.#checked.set(`${image} ${path}`, "whole");
    }
  }

  #checkVersions(product: string, image: Image): void {
    const dir = this.#at.disk.nodeIn(product, image);
    for (const [name] of (image === "seen" ? dir?.entries : dir?.durable) ?? []) {
      if (!/^v\d+$/.test(name)) continue;
      const path = `${product}/${name}`;
      const files = this.#at.disk.walk(path, image);
      // An empty directory is a name being taken, not a version.
      if (files.size === 0) continue;
      const print = [...files]
        .map(([at, data]) => `${at} ${data === null ? "never synced" : this.#hash(data)}`)
        .sort()
        .join("\n");
      if (this.#checked.get(`${image} ${path}`) === print) continue;
      const commit = this.#whole(path, files, image);
      this.#stays(`version ${path}`, print, image);
      this.#checked.set(`${image} ${path}`, print);
      if (image === "seen") this.versions.set(path, commit);
      if (!path.startsWith(`${FARM}/`)) throw new Violation(`a simulated result left the demo root: ${path}`);
      const claim = parse<{ job?: string }>(
        this.#at.disk.peek(`${product}/.hotplate/claims/${name}.json`)?.data ?? null,
      );
      if (claim?.job !== commit.job)
        throw new Violation(`${path} is of job ${commit.job}, its number was claimed by ${claim?.job}`);
    }
  }

  #whole(path: string, files: ReadonlyMap<string, Uint8Array | null>, image: Image): Commit {
    const commit = parse<Commit>(files.get(`${path}/.hotplate/commit.json`) ?? null);
    if (commit === null || !Array.isArray(commit.files))
      throw new Violation(
        `half a version is visible (${image}): ${path}, no whole commit.json among ${[...files.keys()].join(", ")}`,
      );
    for (const file of commit.files) {
      const data = files.get(`${path}/${file.path}`);
      if (data === undefined || data === null)
        throw new Violation(`commit.json names what is not there (${image}): ${path}/${file.path}`);
      if (data.length !== file.bytes || this.#hash(data) !== file.sha256)
        throw new Violation(`not the bytes that commit.json names (${image}): ${path}/${file.path}`);
    }
    const named = new Set([...commit.files.map((file) => `${path}/${file.path}`), `${path}/.hotplate/commit.json`]);
    for (const at of files.keys())
      if (!named.has(at)) throw new Violation(`in the version and not in commit.json (${image}): ${at}`);
    return commit;
  }

  #stays(what: string, value: string, image: Image): void {
    const before = this.#fixed.get(what);
    if (before === undefined) this.#fixed.set(what, value);
    else if (before !== value) throw new Violation(`${what} changed (${image})`);
  }

  /** What the store calls committed is there, and would be after a power cut now. */
  #checkKept(known: { readonly path: string; readonly job: string }): void {
    for (const image of ["seen", "durable"] as const) {
      const files = this.#at.disk.walk(known.path, image);
      if (!files.has(`${known.path}/.hotplate/commit.json`))
        throw new Violation(`committed, and not there (${image}): ${known.path}`);
    }
  }

  async #checkStore(): Promise<void> {
    const { store } = this.#at;
    await this.#checkEvents();
    const numbers = new Map<string, string>();
    for (const job of await store.jobs({ limit: 1_000 })) {
      await this.#checkJob(job, numbers);
    }
  }

  async #checkEvents(): Promise<void> {
    for (const event of await this.#at.store.events(this.#eventSeq, 10_000)) {
      if (event.seq !== this.#eventSeq + 1) throw new Violation(`event ${event.seq} follows ${this.#eventSeq}`);
      this.#eventSeq = event.seq;
      if (event.name !== "task.granted") continue;
      const fence = Number(event.fields["fence"]);
      if (fence <= this.#lastFence) throw new Violation(`fence ${fence} was given after ${this.#lastFence}`);
      this.#lastFence = fence;
    }
  }

  async #checkJob(job: JobRow, numbers: Map<string, string>): Promise<void> {
    for (const step of job.steps) {
      if (step.version !== null) {
        const key = `${step.plan.target.productDir} v${step.version}`;
        const other = numbers.get(key);
        if (other !== undefined && other !== step.id)
          throw new Violation(`${key} was given to ${other} and to ${step.id}`);
        numbers.set(key, step.id);
      }
      if (step.state === "committed" && step.publication !== null && !this.#committed.has(step.id)) {
        const known = { path: step.publication.targetPath, job: job.id };
        this.#committed.set(step.id, known);
        this.#checkKept(known);
      }
      const tasks = await this.#at.store.tasks(step.id);
      const wanted = step.plan.wedges.length * taskFrames(step.plan).length;
      if (tasks.length !== wanted) throw new Violation(`${step.id} has ${tasks.length} tasks, planned were ${wanted}`);
      for (const task of tasks) this.#checkTask(task, step.plan.target.root);
    }
  }

  #checkTask(task: TaskRow, root: string): void {
    const before = this.#tasks.get(task.id);
    const fence = task.fence ?? 0;
    if (before !== undefined && before.state !== task.state && !reachable(before.state, task.state)) {
      throw new Violation(`${task.id} went from ${before.state} to ${task.state}`);
    }
    if (before?.state === "done" && task.state !== "done") throw new Violation(`${task.id} left done`);
    if (before !== undefined && fence !== 0 && fence < before.fence)
      throw new Violation(`${task.id}: fence ${fence} after ${before.fence}`);
    this.#tasks.set(task.id, { state: task.state, fence: Math.max(fence, before?.fence ?? 0) });
    if (task.state !== "running") return;
    if (task.slot === null || task.promptId === null || task.fence === null)
      throw new Violation(`${task.id} runs without a grant`);
    if (root !== FARM) throw new Violation(`${task.id} runs on a simulated slot outside the demo root`);
  }

  #hash(data: Uint8Array | null): string {
    if (data === null) return "none";
    const known = this.#hashes.get(data);
    if (known !== undefined) return known;
    const made = sha256Of(data);
    this.#hashes.set(data, made);
    return made;
  }
}

function parse<T>(data: Uint8Array | null): T | null {
  if (data === null) return null;
  try {
    return JSON.parse(new TextDecoder().decode(data)) as T;
  } catch {
    return null;
  }
}

/** By one event, or by two in one transaction (retried, then blocked again). */
function reachable(from: TaskState, to: TaskState): boolean {
  const next = (state: TaskState): readonly TaskState[] =>
    TASK_EVENTS.flatMap((event) => transition(state, event) ?? []);
  return (
    next(from).some((one) => one === to || next(one).includes(to)) ||
    (to === "blocked" && (from === "failed" || from === "canceled"))
  );
}
