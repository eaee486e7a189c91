/**
 * The sha256 of what versions are made of: plates and images, hashed once beside the loop while the GPUs work, a bounded batch
 * at a time and one batch per root. A version waits a bounded time for hashes that are not there yet; then its record says
 * that they are not known, and why. Hashes are kept in the state directory by path, size, time and inode.
 */
import { setNewest } from "../domain/boundedMap.ts";
import { messageOf, systemCode } from "../domain/errors.ts";
import type { StepId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import { joinPath, rootOf } from "../domain/paths.ts";
import type { PlateFrame, StepPlan } from "../domain/plan.ts";
import { recordOf } from "../domain/recordPlan.ts";
import { replaceFile } from "../durable.ts";
import type { Stage, StageContext } from "../live.ts";
import { keptHashes } from "../modelFiles.ts";
import type { StepRow } from "../storePort.ts";

export type InputHash = { readonly sha256: string } | { readonly sha256: null; readonly why: string };

export interface InputHashes extends Stage {
  /** Asks for the hashes of what the step is made of. */
  want(step: Pick<StepRow, "id" | "plan">): void;
  /** Everything is known, can't be known, or was waited for long enough. */
  settled(step: Pick<StepRow, "id" | "plan">): boolean;
  of(step: Pick<StepRow, "id">, file: PlateFrame): InputHash;
  forget(step: StepId): void;
}

interface Wanted {
  readonly toHash: PlateFrame[];
  readonly found: Map<string, InputHash>;
  readonly count: number;
  /** When its version was first ready but for these, ms. */
  waitsSince: number | null;
}

interface Pages {
  readonly context: StageContext;
  readonly steps: Map<StepId, Wanted>;
  /** Identity -> sha256. */
  readonly known: Map<string, string>;
  readonly path: string;
  loaded: "no" | "asked" | "yes";
  unsaved: boolean;
}

export function createInputHashes(context: StageContext): InputHashes {
  const path = joinPath(context.world.config.stateDir, "inputHashes.json");
  const pages: Pages = { context, steps: new Map(), known: new Map(), path, loaded: "no", unsaved: false };
  return {
    name: "inputs",
    want: (step) => void wanted(pages, step),
    settled(step) {
      const entry = wanted(pages, step);
      if (entry.found.size >= entry.count) return true;
      const now = context.world.clock.now();
      entry.waitsSince ??= now;
      return now - entry.waitsSince >= LIMITS.inputHashWaitMs;
    },
    of: (step, file) =>
      pages.steps.get(step.id)?.found.get(file.path) ?? { sha256: null, why: "it could not be hashed in time" },
    forget: (step) => void pages.steps.delete(step),
    async tick() {
      if (pages.steps.size === 0) return;
      if (pages.loaded === "no") load(pages);
      if (pages.loaded !== "yes") return;
      const busy = new Set<string>();
      for (const entry of pages.steps.values()) hashSome(pages, entry, busy);
      if (pages.unsaved && busy.size === 0) save(pages);
    },
  };
}

/** Every file that the pictures are made of, once. */
export function inputFiles(plan: StepPlan): readonly PlateFrame[] {
  const files = new Map<string, PlateFrame>();
  for (const file of [...(plan.plate?.frames ?? []), ...recordOf(plan).images]) files.set(file.path, file);
  return [...files.values()];
}

function wanted(pages: Pages, step: Pick<StepRow, "id" | "plan">): Wanted {
  const there = pages.steps.get(step.id);
  if (there !== undefined) return there;
  const files = inputFiles(step.plan);
  const entry: Wanted = { toHash: [...files], found: new Map(), count: files.length, waitsSince: null };
  setNewest(pages.steps, step.id, { value: entry, max: LIMITS.inputStepsKept });
  return entry;
}

interface Hashed {
  readonly file: PlateFrame;
  readonly hash: InputHash;
}

/** `busy`: roots that have their batch, or get one now. */
function hashSome(pages: Pages, entry: Wanted, busy: Set<string>): void {
  const { context, known } = pages;
  for (;;) {
    const first = entry.toHash[0];
    const kept = first === undefined ? undefined : known.get(identityOf(first));
    if (first === undefined || kept === undefined) break;
    entry.found.set(first.path, { sha256: kept });
    entry.toHash.shift();
  }
  const [first] = entry.toHash;
  if (first === undefined) return;
  const root = rootOf(first.path, context.world.config.roots)?.linux ?? "/";
  if (busy.has(root)) return;
  busy.add(root);
  const batch = entry.toHash.slice(0, LIMITS.inputHashBatch);
  const started = context.work.start<readonly Hashed[]>({
    key: `inputs:${root}`,
    lane: `${root}:inputs`,
    run: () => hashAll(context, batch),
    done: (outcome) => {
      for (const { file, hash } of outcome.ok ? outcome.value : []) {
        entry.found.set(file.path, hash);
        if (hash.sha256 === null) continue;
        setNewest(known, identityOf(file), { value: hash.sha256, max: LIMITS.inputHashesKept });
        pages.unsaved = true;
      }
      // What the batch did not come to is said to be unknown: it must not stop what can be hashed.
      for (const file of batch)
        if (!entry.found.has(file.path)) entry.found.set(file.path, { sha256: null, why: "it could not be hashed" });
    },
  });
  if (started) entry.toHash.splice(0, batch.length);
}

async function hashAll(context: StageContext, batch: readonly PlateFrame[]): Promise<readonly Hashed[]> {
  const out: Hashed[] = [];
  for (const file of batch) out.push({ file, hash: await hashOne(context, file) });
  return out;
}

async function hashOne(context: StageContext, file: PlateFrame): Promise<InputHash> {
  try {
    const { sha256, bytes } = await context.files.hash(file.path);
    const after = await context.files.stat(await context.files.realpath(file.path));
    if (bytes === file.bytes && after.mtimeNs === file.mtimeNs) return { sha256 };
    return { sha256: null, why: "it changed after the job was accepted" };
  } catch (error) {
    return { sha256: null, why: `it could not be read: ${systemCode(error) ?? messageOf(error)}` };
  }
}

function identityOf(file: PlateFrame): string {
  return JSON.stringify([file.path, file.bytes, file.mtimeNs, file.ino]);
}

function load(pages: Pages): void {
  pages.loaded = "asked";
  pages.context.work.start<readonly (readonly [string, string])[]>({
    key: "inputs:load",
    lane: "inputs:load",
    run: () => keptHashes(pages.context.files, pages.path),
    done: (outcome) => {
      // Nothing kept, or nothing that can be read: they are hashed again.
      if (outcome.ok) for (const [identity, sha256] of outcome.value) pages.known.set(identity, sha256);
      pages.loaded = "yes";
    },
  });
}

function save(pages: Pages): void {
  const { context } = pages;
  pages.unsaved = false;
  const text = `${JSON.stringify([...pages.known], null, 1)}\n`;
  context.work.start<void>({
    key: "inputs:save",
    lane: "inputs:save",
    run: () => replaceFile(context.files, pages.path, text, context.world.ids.uuid()),
    done: (outcome) => {
      // A cache: what could not be kept is hashed again in another life.
      if (!outcome.ok)
        context.world.log.event("warn", "work.failed", { work: "inputs:save", error: messageOf(outcome.error) });
    },
  });
}
