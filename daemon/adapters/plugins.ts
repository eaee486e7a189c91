/**
 * Loads checks, objects and programs: the shipped ones in plugins/ and those of configured folders, by path. A file that can't be
 * loaded, has the wrong shape, could be exchanged by anybody, or takes an id that is taken is named and left out; it never stops anything. Plugins run in image workers
 * only, so that one that loops or exits costs a worker, never the daemon.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename as baseName, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";
import { CHECK_FIELDS, JUDGES_STRANGE, judgesItsLimits } from "../domain/checkFields.ts";
import type { ErrorCode } from "../domain/errors.ts";
import { messageOf } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import type { CheckBook } from "../domain/qc.ts";
import type { QcModels } from "../domain/qcModels.ts";
import { NO_MODELS } from "../domain/qcModels.ts";
import type { ProfileReading, QcProfile } from "../domain/qcProfile.ts";
import { readProfile } from "../domain/qcProfile.ts";
import { standInCheck, standInId } from "../domain/notLoaded.ts";
import type { Check } from "../plugin.ts";
import { folderOpenToAll, openToAll } from "./pluginRights.ts";
import type { Program } from "./programs/loadProgram.ts";
import { loadProgram, programAsCheck, PROGRAM_MANIFESTS } from "./programs/loadProgram.ts";

export const SHIPPED_CHECKS_DIR: string = fileURLToPath(new URL("../../plugins/", import.meta.url));
/** What came with the product is as its package was unpacked. */
const HOME = fileURLToPath(new URL("../../", import.meta.url));
const SHIPPED_PROFILES_DIR: string = fileURLToPath(new URL("../../config/qc/", import.meta.url));
const CHECK_FILES = /\.(ts|mts|js|mjs)$|\.check\.(ya?ml|json)$/;

/** Stands before the reason, wherever a refused plugin is named: log, doctor. */
const CODE: ErrorCode = "HP-PLUGIN";

export interface LoadedChecks {
  readonly checks: readonly Check[];
  /** Those of the checks that are programs, which are asked and not called. */
  readonly programs: readonly Program[];
  /** What plans call a plugin that could not be loaded when they were made -> the check that it is. */
  readonly mended: ReadonlyMap<string, string>;
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
}
export const UNWATCHED: LoadWatch = { leftOut: new Map(), loads: async () => undefined, speaks: () => undefined };

/** Shipped checks first, then each folder's files by name; the first of an id has it. */
export async function loadChecks(
  folders: readonly string[],
  models: QcModels = NO_MODELS,
  watch: LoadWatch = UNWATCHED,
): Promise<LoadedChecks> {
  const checks: Check[] = [];
  const programs: Program[] = [];
  const entries: CheckBook["checks"][number][] = [];
  const mended = new Map<string, string>();
  const refused: CheckBook["refused"][number][] = [];
  for (const folder of [SHIPPED_CHECKS_DIR, ...folders]) {
    for (const file of filesOf(folder, refused)) {
      const loaded = await (folder === SHIPPED_CHECKS_DIR ? loadCheck(file) : loadWatched(file, watch));
      const taken = entries.find((entry) => loaded.kind === "check" && entry.id === loaded.check.id);
      if (loaded.kind === "refused") refused.push({ file, message: loaded.message });
      else if (taken !== undefined)
        refused.push({ file, message: `${CODE}: the id ${loaded.check.id} is taken by ${taken.file}` });
      else {
        const check = withModelLimits(loaded.check, models);
        const { id, version, scope, limits } = check;
        checks.push(check);
        if (loaded.program !== null) programs.push(loaded.program);
        const shipped = folder === SHIPPED_CHECKS_DIR;
        if (!shipped) mended.set(standInId(file), id);
        const before = shipped ? {} : { standIn: standInId(file) };
        entries.push({
          id,
          version,
          scope,
          limits,
          file,
          shipped,
          ...before,
          ...whereSaid(check),
          ...wantsSeries(loaded),
        });
      }
    }
  }
  await watch.loads(null);
  for (const { file, message } of refused) {
    const check = standInCheck(file, message);
    if (entries.some(({ id }) => id === check.id)) continue;
    mended.delete(check.id);
    checks.push(check);
    const { id, version, scope, limits } = check;
    entries.push({ id, version, scope, limits, file, shipped: false, notLoaded: true });
  }
  refused.push(...modelFaults(checks, models));
  const found = readProfiles([SHIPPED_PROFILES_DIR, ...folders], entries, refused);
  return { checks, programs, mended, book: { checks: entries, ...found, refused } };
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
  const { layer, limitsFrom, judges, idleAt, seedMayCure } = check;
  return {
    ...(layer === undefined ? {} : { layer }),
    ...(limitsFrom === undefined ? {} : { limitsFrom }),
    ...(judges === undefined ? {} : { judges }),
    ...(idleAt === undefined ? {} : { idleAt }),
    ...(seedMayCure === undefined ? {} : { seedMayCure }),
    ...(check.trace === undefined ? {} : { traces: true }),
  };
}

/** Shipped profiles, then `NAME.profile.yaml` of each folder; a later one of the same name takes its place. */
function readProfiles(
  folders: readonly string[],
  installed: CheckBook["checks"],
  refused: { readonly file: string; readonly message: string }[],
): Required<Pick<CheckBook, "profiles" | "profileFiles">> {
  const profiles = new Map<string, QcProfile>();
  const own = new Map<string, string>();
  for (const folder of folders) {
    const ending = folder === SHIPPED_PROFILES_DIR ? /\.yaml$/ : /\.profile\.yaml$/;
    // That a folder can't be read, its checks have told.
    for (const file of filesOf(folder, folder === SHIPPED_PROFILES_DIR ? refused : [], ending)) {
      const reading = readProfileFile(file, installed);
      if (reading.kind === "profile") {
        profiles.set(reading.profile.name, reading.profile);
        if (folder !== SHIPPED_PROFILES_DIR) own.set(reading.profile.name, file);
      } else {
        refused.push({ file, message: `${CODE}: ${reading.message}` });
        // Whose place it would have taken is not asked for less instead: who names it is told that it is not there.
        profiles.delete(baseName(file).replace(ending, ""));
      }
    }
  }
  return { profiles: [...profiles.values()], profileFiles: Object.fromEntries(own) };
}

function readProfileFile(file: string, installed: CheckBook["checks"]): ProfileReading {
  try {
    if (statSync(file).size > LIMITS.profileBytesMax)
      return { kind: "refused", message: `it is larger than ${LIMITS.profileBytesMax} bytes` };
    return readProfile(readFileSync(file, "utf8"), installed);
  } catch (error) {
    return { kind: "refused", message: `it can't be read: ${messageOf(error)}` };
  }
}

function filesOf(
  folder: string,
  refused: { readonly file: string; readonly message: string }[],
  ending: RegExp = CHECK_FILES,
): readonly string[] {
  const open = folder.startsWith(HOME) ? null : folderOpenToAll(folder);
  if (open !== null) {
    refused.push({ file: folder, message: `${CODE}: ${open}` });
    return [];
  }
  try {
    const names = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && ending.test(entry.name) && !/^[._]|\.d\.m?ts$|\.test\./.test(entry.name))
      .map((entry) => entry.name)
      .sort();
    if (names.length > LIMITS.checkFilesMax)
      throw new Error(`it holds ${names.length} plugin files; at most ${LIMITS.checkFilesMax} are loaded`);
    return names.map((name) => join(folder, name));
  } catch (error) {
    // The folder is somebody else's: that it can't be read is reported, and the other checks work on.
    refused.push({ file: folder, message: `${CODE}: the folder can't be read: ${messageOf(error)}` });
    return [];
  }
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
  return loaded.kind === "check" ? { ...loaded, check: speaking(loaded.check, watch) } : loaded;
}

async function namedWhile<T>(watch: LoadWatch, name: string, work: () => Promise<T>): Promise<T> {
  watch.speaks(name);
  try {
    return await work();
  } finally {
    watch.speaks(null);
  }
}

/** What it prints while it looks has its id in front. */
function speaking(check: Check, watch: LoadWatch): Check {
  const { id } = check;
  const as = <T>(work: () => T): T => {
    watch.speaks(id);
    try {
      return work();
    } finally {
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
