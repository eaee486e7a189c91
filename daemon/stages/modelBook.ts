/**
 * Which model files the slots would load, and their sha256. Asked by the scheduler and before each graph is sent; what is not
 * known is looked up beside the loop, one look per slot, and hashed one file at a time, however large: work that needs a file
 * waits for it, all other work goes on. Hashes are kept in the state directory by path, size, time, device and inode.
 */
import { setNewest } from "../domain/boundedMap.ts";
import type { Catalogue } from "../domain/catalogue.ts";
import { messageOf } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { modelFolders } from "../domain/modelFolders.ts";
import type { ModelFile, ModelKnown, ModelUse } from "../domain/modelKnown.ts";
import { identityOf } from "../domain/modelKnown.ts";
import { modelUses } from "../domain/modelSet.ts";
import type { WedgePlan } from "../domain/plan.ts";
import type { Recipe } from "../domain/recipe.ts";
import { safetyRules } from "../domain/safetyRules.ts";
import { replaceFile } from "../durable.ts";
import type { SlotState, Stage, StageContext } from "../live.ts";
import type { FoundModel } from "../modelFiles.ts";
import { findModel, keptHashes, modelHashPath } from "../modelFiles.ts";

export interface ModelBook extends Stage {
  /** What is known now. What is unknown or old is looked up; the loop wakes when more is known. */
  of(slot: SlotState, use: ModelUse): ModelKnown;
  /** Models of a wedge as a ComfyUI loads them; worked out once per wedge, for every decision asks. */
  uses(recipe: Recipe, wedge: WedgePlan, catalogue: Catalogue | null): readonly ModelUse[];
}

/** Stands for a slot that was not read yet. */
const NO_CATALOGUE: Catalogue = {};

interface Entry {
  readonly slot: SlotState;
  readonly use: ModelUse;
  found: FoundModel | null;
  /** Looked at then, ms; 0: never. */
  at: number;
  /** Not before: a disk that failed is asked again later. */
  nextAt: number;
  wanted: boolean;
}

/** What the book holds; its functions below work on it, in a tick. */
interface Pages {
  readonly context: StageContext;
  readonly entries: Map<string, Entry>;
  /** Identity -> sha256. */
  readonly hashes: Map<string, string>;
  /** Identity -> the file, in the order of asking. */
  readonly toHash: Map<string, ModelFile>;
  readonly path: string;
  loaded: "no" | "asked" | "yes";
  /** Not before: ms. */
  hashAt: number;
}

export function createModelBook(context: StageContext): ModelBook {
  const path = modelHashPath(context.world.config.stateDir);
  const pages: Pages = {
    context,
    entries: new Map(),
    hashes: new Map(),
    toHash: new Map(),
    path,
    loaded: "no",
    hashAt: 0,
  };
  const uses = new WeakMap<WedgePlan, WeakMap<Catalogue, readonly ModelUse[]>>();
  return {
    name: "models",
    of: (slot, use) => known(pages, slot, use),
    uses(recipe, wedge, catalogue) {
      const by = catalogue ?? NO_CATALOGUE;
      const kept = uses.get(wedge) ?? new WeakMap<Catalogue, readonly ModelUse[]>();
      const found = kept.get(by) ?? modelUses(recipe, wedge.parameters, catalogue);
      uses.set(wedge, kept.set(by, found));
      return found;
    },
    async tick() {
      if (pages.entries.size === 0) return;
      if (pages.loaded === "no") load(pages);
      const now = context.world.clock.now();
      for (const entry of pages.entries.values()) if (entry.wanted && now >= entry.nextAt) look(pages, entry);
      hashNext(pages, now);
    },
  };
}

function known(pages: Pages, slot: SlotState, use: ModelUse): ModelKnown {
  const { entries, hashes, toHash } = pages;
  if (slot.config.models === undefined || /^none$/i.test(use.file))
    return { kind: "unchecked", folder: modelFolders(use.classType, use.input)?.[0] ?? null };
  const key = JSON.stringify([slot.config.name, modelFolders(use.classType, use.input), use.file]);
  const entry = entries.get(key) ?? { slot, use, found: null, at: 0, nextAt: 0, wanted: true };
  if (!entries.has(key)) setNewest(entries, key, { value: entry, max: LIMITS.modelsKnownMax });
  if (pages.context.world.clock.now() - entry.at >= LIMITS.modelLookMs) entry.wanted = true;
  const { found } = entry;
  if (found === null || pages.loaded !== "yes") return { kind: "looking" };
  if (found.kind === "refused") return found;
  const identity = identityOf(found.file);
  const sha256 = hashes.get(identity);
  if (sha256 !== undefined) return { kind: "well", file: found.file, sha256 };
  if (!toHash.has(identity)) toHash.set(identity, found.file);
  return { kind: "hashing", bytes: found.file.bytes, before: [...toHash.keys()].indexOf(identity) };
}

function look({ context }: Pages, entry: Entry): void {
  const dirs = entry.slot.config.models ?? [];
  const rules = safetyRules(context.world.config);
  const started = context.work.start<FoundModel>({
    key: `models:${entry.slot.config.name}`,
    lane: `${entry.slot.config.name}:models`,
    run: () => findModel(context.files, entry.use, { dirs, rules }),
    done: (outcome) => {
      const now = context.world.clock.now();
      if (outcome.ok) {
        entry.found = outcome.value;
        entry.at = now;
        return;
      }
      // A disk that does not answer says nothing about a model: what was known stays.
      entry.nextAt = now + LIMITS.modelRetryMs;
      entry.wanted = true;
      failed(context, { work: "model look", file: entry.use.file, error: outcome.error });
    },
  });
  if (started) entry.wanted = false;
}

function hashNext(pages: Pages, now: number): void {
  const { context, hashes, toHash } = pages;
  const [next] = toHash;
  if (next === undefined || now < pages.hashAt) return;
  const [identity, file] = next;
  context.work.start<string | null>({
    key: "models:hash",
    lane: "models:hash",
    run: async () => {
      const { sha256, bytes } = await context.files.hash(file.path);
      const after = await context.files.stat(file.path);
      // Changed meanwhile: the next look finds the new one.
      const same = bytes === file.bytes && after.mtimeNs === file.mtimeNs && after.ino === file.ino;
      if (same) await keep(context, pages.path, [...hashes, [identity, sha256]]);
      return same ? sha256 : null;
    },
    done: (outcome) => {
      toHash.delete(identity);
      if (!outcome.ok) {
        pages.hashAt = context.world.clock.now() + LIMITS.modelRetryMs;
        failed(context, { work: "model hash", file: file.path, error: outcome.error });
        return;
      }
      if (outcome.value !== null) setNewest(hashes, identity, { value: outcome.value, max: LIMITS.modelHashesKept });
      else for (const entry of pages.entries.values()) entry.wanted = true;
    },
  });
}

function load(pages: Pages): void {
  pages.loaded = "asked";
  pages.context.work.start<readonly (readonly [string, string])[]>({
    key: "models:load",
    lane: "models:load",
    run: () => keptHashes(pages.context.files, pages.path),
    done: (outcome) => {
      // Nothing kept, or nothing that can be read: they are hashed again.
      if (outcome.ok) for (const [identity, sha256] of outcome.value) pages.hashes.set(identity, sha256);
      pages.loaded = "yes";
    },
  });
}

function failed(
  context: StageContext,
  of: { readonly work: string; readonly file: string; readonly error: unknown },
): void {
  context.world.log.event("warn", "work.failed", { work: of.work, file: of.file, error: messageOf(of.error) });
}

async function keep(context: StageContext, path: string, all: readonly (readonly [string, string])[]): Promise<void> {
  const text = `${JSON.stringify(all.slice(-LIMITS.modelHashesKept), null, 1)}\n`;
  await replaceFile(context.files, path, text, context.world.ids.uuid());
}
