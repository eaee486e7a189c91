/**
 * What the commands over pictures share: what is given on the command line, and the image workers with the checks of this
 * node's configuration, where there is one.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createFiles } from "../adapters/files.ts";
import { createImages } from "../adapters/images/images.ts";
import type { PictureConfig } from "../domain/config.ts";
import { placeInYaml } from "../domain/configPlace.ts";
import type { Problem } from "../domain/errors.ts";
import { EXIT, HotplateError, messageOf, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import type { Partners } from "../domain/pictureGroups.ts";
import { partnersIn } from "../domain/pictureGroups.ts";
import type { CheckBook } from "../domain/qc.ts";
import type { AskedChecks } from "../domain/qcAsked.ts";
import { askedChecks } from "../domain/qcAsked.ts";
import { findPictures } from "../findPictures.ts";
import type { LookRequest } from "../lookAtPictures.ts";
import type { Files, Images } from "../ports.ts";
import type { Context } from "./context.ts";
import { wholeNumber } from "./context.ts";
import type { PictureOwner } from "./qcOwner.ts";
import { ownerOf } from "./qcOwner.ts";

export type Options = Readonly<Record<string, unknown>>;

export interface PictureWorld extends AsyncDisposable {
  readonly files: Files;
  readonly images: Images;
  readonly book: CheckBook;
  readonly workers: number;
  readonly scratchDir: string;
  /** For whom it is looked; null: for nobody in particular. */
  readonly owner: PictureOwner | null;
  readonly context: Pick<Context, "configText">;
}

const STOPS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export async function pictureWorld(context: Context, options: Options): Promise<PictureWorld> {
  const workers = workersOf(options);
  const config = await ownConfig(context);
  const owner = await ownerOf(config, { show: textOption(options, "show"), recipe: textOption(options, "recipe") });
  const own =
    config === null
      ? { checkFolders: [] }
      : { checkFolders: config.plugins, models: config.qcModels, memoryBytes: config.imageMemory };
  const scratch = mkdtempSync(join(tmpdir(), "hotplate-qc-"));
  const images = createImages({ ...own, workers, scratchDir: scratch });
  // Whoever stops it midway leaves hundreds of megabytes of traces behind, and workers that are stuck in a picture.
  const interrupted = (): void => {
    void images.close();
    rmSync(scratch, { recursive: true, force: true });
    process.exit(EXIT.interrupted);
  };
  const dispose = async (): Promise<void> => {
    for (const signal of STOPS) process.off(signal, interrupted);
    await images.close();
    rmSync(scratch, { recursive: true, force: true });
  };
  for (const signal of STOPS) process.once(signal, interrupted);
  try {
    const all = await images.checks();
    // What is missing is told once, and by the exit code, not by every picture.
    const book = { ...all, checks: all.checks.filter(({ notLoaded }) => notLoaded !== true) };
    for (const { file, message } of book.refused) context.hint(`not used: ${file}: ${message}`);
    const world = { files: createFiles(), images, book, workers, scratchDir: scratch, owner, context };
    return { ...world, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function workersOf(options: Options): number {
  const most = LIMITS.qcWorkersMax;
  if (options["workers"] === undefined) return Math.max(1, Math.min(most, availableParallelism()));
  return wholeNumber(options["workers"], "--workers", { min: 1, max: most });
}

/** A configuration that is named must be there; without one the shipped checks are all that there is. */
async function ownConfig(context: Context): Promise<PictureConfig | null> {
  try {
    return await context.pictureConfig();
  } catch (error) {
    const none = error instanceof HotplateError && error.code === "HP-CONFIG-MISSING" && !context.configNamed;
    if (!none) throw error;
    return null;
  }
}

export function textOption(options: Options, name: string): string | null {
  const value = options[name];
  return typeof value === "string" ? value : null;
}

/** How a report of before begins; nothing else is ever replaced. */
const REPORTS: Readonly<Record<string, RegExp>> = {
  html: /^<!doctype html/i,
  junit: /^<\?xml[^]{0,200}<testsuites/,
  sarif: /^\{[^]{0,200}sarif/,
};

/**
 * Before anything is looked at: `--html *.png` would name a picture as the place of the report, and a folder that is missing
 * should not be found out after an hour (HP-USAGE).
 */
export async function refuseExports(options: Options): Promise<void> {
  for (const [name, begins] of Object.entries(REPORTS)) {
    const path = textOption(options, name);
    if (path === null) continue;
    const why = await unfit(resolve(path), begins);
    if (why === null) continue;
    throw new HotplateError("HP-USAGE", `--${name} ${path} can't be written: ${why}.`, {
      hint: `Name a new file, in a folder that is there: --${name} FILE`,
    });
  }
}

async function unfit(path: string, begins: RegExp): Promise<string | null> {
  const folder = await stat(dirname(path)).catch(() => null);
  if (folder?.isDirectory() !== true) return `there is no folder ${dirname(path)}`;
  const there = await stat(path).catch(() => null);
  if (there === null || there.size === 0) return there?.isFile() === false ? "it is no file" : null;
  if (!there.isFile()) return "it is no file";
  const text = await readFile(path, "latin1");
  return begins.test(text) ? null : "it is there already and is no such report";
}

/** A report of before is replaced, whole: a build server may read it at any time. */
export async function writeExport(options: Options, name: string, text: () => string): Promise<void> {
  const path = textOption(options, name);
  if (path === null) return;
  const to = resolve(path);
  const temporary = `${to}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text());
    await rename(temporary, to);
  } catch (error) {
    await rm(temporary, { force: true });
    if (systemCode(error) === null) throw error;
    throw new HotplateError("HP-USAGE", `--${name} ${path} can't be written: ${messageOf(error)}`, { cause: error });
  }
}

/** Of an option that may stand several times; commas separate, too. */
export function listOption(options: Options, name: string): readonly string[] {
  const value = options[name];
  const texts = Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
  return texts.flatMap((text) => text.split(",")).filter((text) => text !== "");
}

export function oneOf<T extends string>(options: Options, name: string, words: readonly T[]): T {
  const value = textOption(options, name);
  const word = words.find((each) => each === value);
  if (word !== undefined) return word;
  throw new HotplateError("HP-USAGE", `--${dashed(name)} is ${words.join(" or ")}, not "${value ?? ""}".`);
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The checks that are asked for; wrong words are told all at once (HP-USAGE; of hotplate.yaml HP-CONFIG-INVALID, with their places). */
export async function checksAsked(world: PictureWorld, options: Options): Promise<AskedChecks> {
  refuseIdleMask(options);
  const asked = askedChecks(
    {
      profile: textOption(options, "profile"),
      checks: listOption(options, "check"),
      limits: listOption(options, "limit"),
      ...(world.owner === null ? {} : { of: world.owner }),
    },
    world.book,
    { plate: textOption(options, "plate") !== null, mask: textOption(options, "mask") !== null },
  );
  if (asked.settings.length > 0) throw await wrongSettings(world, asked.settings);
  if (asked.problems.length > 0)
    throw new HotplateError("HP-USAGE", asked.problems.join(" "), {
      hint: LISTED,
    });
  return asked;
}

async function wrongSettings({ context }: PictureWorld, settings: AskedChecks["settings"]): Promise<HotplateError> {
  const { path: file, text } = await context.configText();
  const problems = settings.map(({ path, message, found, nearest }): Problem => {
    const { line, col } = placeInYaml(text, path) ?? { line: 1, col: 1 };
    const action = nearest === null ? LISTED : `Write ${nearest}.`;
    const place = { file, line, col };
    return { code: "HP-CONFIG-INVALID", severity: "error", ...place, message, found, expected: null, nearest, action };
  });
  const words = problems.map(({ line, col, message }) => `${file}:${line}:${col} ${message}`);
  return new HotplateError("HP-CONFIG-INVALID", words.join("\n"), { problems, hint: `Mend it there. ${LISTED}` });
}

const LISTED = "Which profiles, checks and limits there are: hotplate qc list";

/** Without a plate, what is chosen by itself looks at no mask: a pass would sound as if it had. Variations are compared inside of one. */
function refuseIdleMask(options: Options): void {
  const isChosen = options["set"] === true || textOption(options, "profile") !== null;
  const given = textOption(options, "mask") !== null && textOption(options, "plate") === null;
  if (!given || isChosen || listOption(options, "check").length > 0) return;
  throw new HotplateError("HP-USAGE", "--mask says where a plate may change, and there is no plate.", {
    hint: "Name the plate, too: --plate PATH; or say what is to look: --profile NAME, --check ID",
  });
}

/** Everything of a look but the pictures and the checks. */
export async function besideOf(
  world: PictureWorld,
  options: Options,
): Promise<Omit<LookRequest, "groups" | "isSet" | "requests" | "progress">> {
  const depth = textOption(options, "depth");
  if (depth !== null && depth !== "8" && depth !== "16")
    throw new HotplateError("HP-USAGE", `--depth is 8 or 16, not "${depth}".`);
  return {
    plates: await partnersOf(world, options, "plate"),
    masks: await partnersOf(world, options, "mask"),
    maskChannel: oneOf(options, "maskChannel", ["red", "alpha"]),
    maskInverted: options["maskInvert"] === true,
    composited: options["composited"] === true,
    ...promised(world.owner, {
      size: sizeOf(textOption(options, "size")),
      scale: scaleOf(textOption(options, "scale")),
    }),
    bitDepth: depth === null ? (world.owner?.result?.bitDepth ?? null) : depth === "8" ? 8 : 16,
    atOnce: world.workers,
  };
}

/** What the command line names, else what the recipe promises as the daemon reads it; without either the plate's size. */
function promised(
  owner: PictureOwner | null,
  named: Pick<LookRequest, "size" | "scale">,
): Pick<LookRequest, "size" | "scale"> {
  const result = owner?.result ?? null;
  if (named.size !== null || named.scale !== null || result === null)
    return { size: named.size, scale: named.scale ?? 1 };
  const { width, height, scale } = result;
  if (width === undefined || height === undefined) return { size: null, scale };
  // Parameters may name the size; which values they had no picture says.
  return { size: typeof width === "number" && typeof height === "number" ? { width, height } : null, scale: null };
}

function scaleOf(text: string | null): number | null {
  if (text === null) return null;
  const scale = /^\d{1,3}(\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  if (scale > 0) return scale;
  throw new HotplateError("HP-USAGE", `--scale is a number, as 2 or 0.5, not "${text}".`);
}

function sizeOf(text: string | null): LookRequest["size"] {
  if (text === null) return null;
  const [, width, height] = /^(\d{1,6})x(\d{1,6})$/i.exec(text) ?? [];
  if (width === undefined || height === undefined)
    throw new HotplateError("HP-USAGE", `--size is WIDTHxHEIGHT, as 4096x2160, not "${text}".`);
  return { width: Number(width), height: Number(height) };
}

/** One file, which goes with every picture; a sequence, by frame number; a folder of several, by name. */
async function partnersOf(world: PictureWorld, options: Options, name: string): Promise<Partners> {
  const word = textOption(options, name);
  if (word === null) return { kind: "none" };
  const path = resolve(word);
  const { groups } = await findPictures(world.files, [path]);
  if (groups.length === 1 && groups[0]?.frames[0]?.path === path) return { kind: "one", path };
  const found = partnersIn(groups);
  if (found.ok) return found.partners;
  throw new HotplateError("HP-USAGE", `--${name} ${word} has several pictures called ${found.twice.join(", ")}.`, {
    hint: `Name one file, one sequence, or a folder in which names are different: --${name} PATH`,
  });
}
