/**
 * Loads checks, objects and programs: the shipped ones in plugins/ and those of configured folders, by path. A file that can't be
 * loaded, has the wrong shape, could be exchanged by anybody, or takes an id that is taken is named and left out; it never stops anything. Plugins run in image workers
 * only, so that one that loops or exits costs a worker, never the daemon.
 */
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { CHECK_FIELDS, JUDGES_STRANGE, judgesItsLimits } from "../domain/checkFields.ts";
import { messageOf } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import type { CheckBook, InstalledCheck, LostPlugin } from "../domain/qc.ts";
import type { QcModels } from "../domain/qcModels.ts";
import { NO_MODELS } from "../domain/qcModels.ts";
import { folderStandInId, standInChecks, standInId } from "../domain/notLoaded.ts";
import type { Check } from "../plugin.ts";
import { CHECK_FILES, CODE, filesOf, HOME, SHIPPED_CHECKS_DIR } from "./pluginFolders.ts";
import { openToAll } from "./pluginRights.ts";
import { readProfiles } from "./profileFiles.ts";
import type { Program } from "./programs/loadProgram.ts";
import { loadProgram, programAsCheck, PROGRAM_MANIFESTS } from "./programs/loadProgram.ts";

export interface LoadedChecks {
  readonly checks: readonly Check[];
  /** Those of the checks that are programs, which are asked and not called. */
  readonly programs: readonly Program[];
  readonly book: CheckBook;
}

const aFunction = z.custom<unknown>((value) => typeof value === "function", "must be a function");

/** The shape of a check's default export; unknown fields are an error, for they are misspelled ones. */
const checkSchema = z
  .strictObject({ ...CHECK_FIELDS, trace: aFunction.optional(), applies: aFunction.optional(), run: aFunction })
  .refine(judgesItsLimits, JUDGES_STRANGE);

/** Somebody outside, who ends this process when a file makes no end of being loaded: nobody within could. */
export interface LoadWatch {
  /** Files that are not loaded again, and why. */
  readonly leftOut: ReadonlyMap<string, string>;
  /** Resolves when it is known outside; null: all are loaded. */
  loads(file: string | null): Promise<void>;
  /** Whose words are printed from now on: a file while it is loaded, a check while it looks; null: nobody's. */
  speaks(name: string | null): void;
  /** Which file's function runs from now on; null: none. Known outside before it returns, as far as a process can. */
  looks(file: string | null): void;
  /** Files that broke a worker over what is looked at now, and how: an error each, and not called. */
  broken(): ReadonlyMap<string, string>;
}
const NONE: ReadonlyMap<string, string> = new Map();
export const UNWATCHED: LoadWatch = {
  leftOut: NONE,
  loads: async () => undefined,
  speaks: () => undefined,
  looks: () => undefined,
  broken: () => NONE,
};

/** Shipped checks first, then each folder's files by name; the first of an id has it. */
export async function loadChecks(
  folders: readonly string[],
  models: QcModels = NO_MODELS,
  watch: LoadWatch = UNWATCHED,
): Promise<LoadedChecks> {
  const checks: Check[] = [];
  const programs: Program[] = [];
  const entries: InstalledCheck[] = [];
  const names: StandIns = new Map();
  const lost: LostPlugin[] = [];
  const empty: LostPlugin[] = [];
  const refused: Fault[] = [];
  for (const folder of [SHIPPED_CHECKS_DIR, ...folders]) {
    const shipped = folder === SHIPPED_CHECKS_DIR;
    const { files, problem, isEmpty } = filesOf(folder, CHECK_FILES);
    if (isEmpty) empty.push(emptyFolder(folder));
    if (problem !== null) {
      const message = `${CODE}: ${problem}`;
      lost.push({ id: folderStandInId(folder), file: folder, message, isFolder: true });
      refused.push({ file: folder, message });
    }
    for (const file of files) {
      const loaded = await (shipped ? loadCheck(file) : loadWatched(file, watch));
      if (loaded.kind === "refused") {
        refused.push({ file, message: loaded.message });
        lost.push({ id: standInId(file), file, message: loaded.message, isFolder: false });
        called(names, standInId(file), [folderStandInId(folder)]);
        continue;
      }
      const { id } = loaded.check;
      if (!shipped) called(names, id, [standInId(file), folderStandInId(folder)]);
      const taken = entries.find((entry) => entry.id === id);
      // The check of that id looks: a copy of it leaves nothing unseen.
      if (taken !== undefined) {
        refused.push({ file, message: `${CODE}: the id ${id} is taken by ${taken.file}` });
        continue;
      }
      const check = withModelLimits(loaded.check, models);
      checks.push(check);
      if (loaded.program !== null) programs.push(loaded.program);
      entries.push({ ...entryOf(check, { file, shipped }), ...wantsSeries(loaded) });
    }
  }
  await watch.loads(null);
  for (const { check, file } of standInChecks(lost)) {
    checks.push(check);
    entries.push({ ...entryOf(check, { file, shipped: false }), notLoaded: true });
  }
  // Whoever is asked now is asked for nothing by it; plans that were made while it could not be read may miss what it held.
  const missing = empty.filter(({ id }) => !checks.some((check) => check.id === id));
  checks.push(...standInChecks(missing).map(({ check }) => check));
  refused.push(...modelFaults(checks, models));
  const found = readProfiles(folders, entries, refused);
  const installed = entries.map((entry) => ({ ...entry, ...standInsOf(names, entry.id) }));
  return { checks, programs, book: { checks: installed, ...found, lost, refused } };
}

function emptyFolder(folder: string): LostPlugin {
  const message = `${CODE}: the folder could not be read when this was planned, and now it is empty: is it mounted?`;
  return { id: folderStandInId(folder), file: folder, message, isFolder: true };
}

type Fault = CheckBook["refused"][number];

/** Check -> what it is called in plans that were made while it could not be loaded. */
type StandIns = Map<string, Set<string>>;

function called(names: StandIns, id: string, by: readonly string[]): void {
  names.set(id, new Set([...(names.get(id) ?? []), ...by]));
}

function standInsOf(names: StandIns, id: string): Pick<InstalledCheck, "standIns"> {
  const by = names.get(id);
  return by === undefined ? {} : { standIns: [...by] };
}

function entryOf(check: Check, from: Pick<InstalledCheck, "file" | "shipped">): InstalledCheck {
  const { id, version, scope, limits } = check;
  return { id, version, scope, limits, ...from, ...whereSaid(check) };
}

/** What is sharp enough for one model says nothing of another: its limits stand beside it. */
function withModelLimits(check: Check, { checks }: QcModels): Check {
  const own = checks[check.id]?.limits ?? {};
  const known = Object.entries(own).filter(([name]) => Object.hasOwn(check.limits, name));
  if (check.infers === undefined || known.length === 0) return check;
  const from = known.map(([name]) => [name, "qcModels in hotplate.yaml"] as const);
  return {
    ...check,
    limits: { ...check.limits, ...Object.fromEntries(known) },
    limitsFrom: { ...check.limitsFrom, ...Object.fromEntries(from) },
  };
}

function modelFaults(checks: readonly Check[], models: QcModels): CheckBook["refused"] {
  return Object.entries(models.checks).flatMap(([id, { limits }]) => {
    const check = checks.find((one) => one.id === id);
    const fault = (words: string) => ({ file: `qcModels.checks.${id}`, message: `${CODE}: ${words}` });
    if (check === undefined) return [fault("there is no such check")];
    if (check.infers === undefined) return [fault("this check looks through no model")];
    const strange = Object.keys(limits).filter((name) => !Object.hasOwn(check.limits, name));
    return strange.length === 0 ? [] : [fault(`it has no limit named ${strange.join(", ")}`)];
  });
}

/** A program over many frames is told all of them, as a check is that keeps something of each. */
function wantsSeries(loaded: LoadedCheck): Partial<CheckBook["checks"][number]> {
  return loaded.kind === "check" && loaded.program !== null && loaded.check.scope !== "frame" ? { traces: true } : {};
}

function whereSaid(check: Check): Partial<CheckBook["checks"][number]> {
  const { layer, finds, limitsFrom, judges, idleAt, seedMayCure } = check;
  return {
    ...(layer === undefined ? {} : { layer }),
    ...(finds === undefined ? {} : { finds }),
    ...(limitsFrom === undefined ? {} : { limitsFrom }),
    ...(judges === undefined ? {} : { judges }),
    ...(idleAt === undefined ? {} : { idleAt }),
    ...(seedMayCure === undefined ? {} : { seedMayCure }),
    ...(check.trace === undefined ? {} : { traces: true }),
  };
}

export type LoadedCheck =
  | { readonly kind: "check"; readonly check: Check; readonly program: Program | null }
  | { readonly kind: "refused"; readonly message: string };

/** Whoever loads the last one says so: `watch.loads(null)`. */
export async function loadWatched(file: string, watch: LoadWatch): Promise<LoadedCheck> {
  const message = watch.leftOut.get(file);
  if (message !== undefined) return refusal(message);
  await watch.loads(file);
  const loaded = await namedWhile(watch, file, () => loadCheck(file));
  return loaded.kind === "check" ? { ...loaded, check: watched(loaded.check, file, watch) } : loaded;
}

async function namedWhile<T>(watch: LoadWatch, name: string, work: () => Promise<T>): Promise<T> {
  watch.speaks(name);
  try {
    return await work();
  } finally {
    watch.speaks(null);
  }
}

/** What it prints while it looks has its id in front, and whoever can end this process knows that it runs. */
function watched(check: Check, file: string, watch: LoadWatch): Check {
  const { id } = check;
  const as = <T>(work: () => T): T => {
    const broken = watch.broken().get(file);
    if (broken !== undefined) throw new Error(broken);
    watch.speaks(id);
    watch.looks(file);
    try {
      return work();
    } finally {
      watch.looks(null);
      watch.speaks(null);
    }
  };
  return {
    ...check,
    ...(check.trace === undefined ? {} : { trace: (input) => as(() => check.trace?.(input) ?? null) }),
    ...(check.applies === undefined ? {} : { applies: (input) => as(() => check.applies?.(input) as string | null) }),
    run: (input) => as(() => check.run(input)),
  };
}

export async function loadCheck(file: string): Promise<LoadedCheck> {
  const open = file.startsWith(HOME) ? null : openToAll(file);
  if (open !== null) return { kind: "refused", message: `${CODE}: ${open}` };
  if (!PROGRAM_MANIFESTS.test(file)) return loadObject(file);
  const loaded = loadProgram(file);
  if (loaded.kind === "refused") return { kind: "refused", message: `${CODE}: ${loaded.message}` };
  return { kind: "check", check: programAsCheck(loaded.program), program: loaded.program };
}

async function loadObject(file: string): Promise<LoadedCheck> {
  try {
    const module: unknown = await import(pathToFileURL(file).href);
    const value: unknown =
      typeof module === "object" && module !== null && "default" in module ? module.default : undefined;
    if (value === undefined) return refusal("it has no default export");
    const parsed = checkSchema.safeParse(value);
    if (parsed.success) return { kind: "check", check: ownCopy(parsed.data, value as Check), program: null };
    const words = parsed.error.issues.map(
      (issue) => `${issue.path.join(".") || "the default export"}: ${issue.message}`,
    );
    return refusal(`it is no check: ${words.join("; ")}`);
  } catch (error) {
    // Anything may be in the file, getters too; its own words are the best there are.
    return refusal(`it can't be loaded: ${messageOf(error)}`);
  }
}

/** What it says of itself is read once, so that nothing of it can break or change later; only its functions are its own. */
function ownCopy(said: z.infer<typeof checkSchema>, check: Check): Check {
  return {
    ...(said as Omit<Check, "run" | "trace" | "applies">),
    ...(said.trace === undefined ? {} : { trace: (input) => check.trace?.(input) ?? null }),
    ...(said.applies === undefined ? {} : { applies: (input) => check.applies?.(input) as string | null }),
    run: (input) => check.run(input),
  };
}

function refusal(words: string): LoadedCheck {
  return { kind: "refused", message: `${CODE}: ${words.slice(0, LIMITS.checkMessageCharactersMax)}` };
}
