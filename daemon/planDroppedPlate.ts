/**
 * A dropped image, a dropped folder of plates, or a plate version under an asset path becomes a manifest: written here as
 * text, so that what was run is on record like any other. Which sequence is meant must be plain; else the answer asks.
 */
import type { Problem } from "./domain/errors.ts";
import { isUnspeakable, shownName } from "./domain/dropName.ts";
import { LIMITS } from "./domain/limits.ts";
import { baseName, joinPath, parentDir } from "./domain/paths.ts";
import { marksFor } from "./domain/sequence.ts";
import type { PadStyle } from "./domain/sequencePadding.ts";
import type { ListedSequence } from "./domain/sequenceListing.ts";
import { sequencesIn } from "./domain/sequenceListing.ts";
import { ignoredBecause, dropKind } from "./domain/settle.ts";
import type { PathWorld } from "./planFinding.ts";
import type { PlanOutcome } from "./planManifest.ts";

export type PlateManifest =
  | { readonly kind: "manifest"; readonly text: string; readonly fileName: string; readonly dir: string }
  | { readonly kind: "outcome"; readonly outcome: PlanOutcome };

export async function plateManifest(
  world: PathWorld,
  drop: { readonly path: string; readonly recipe: string },
): Promise<PlateManifest> {
  const { files } = world;
  const fileName = `${baseName(drop.path)}.yaml`;
  const { padStyle } = world.config;
  const frames = droppedFrames(baseName(drop.path), padStyle);
  const oneFile = frames !== null || (await files.stat(drop.path)).kind !== "directory";
  if (oneFile) {
    const text = textFor(drop.recipe, `./${frames ?? baseName(drop.path)}`);
    return { kind: "manifest", text, fileName, dir: parentDir(drop.path) };
  }
  const found = await imagesIn(world, drop.path, 0);
  const patterns = sequencesIn(found.paths).map((one) => patternOf(one, padStyle));
  const only = patterns[0];
  if (only === undefined && found.unspeakable.length > 0)
    return { kind: "outcome", outcome: { kind: "rejected", problems: [notText(drop.path, found.unspeakable)] } };
  if (only === undefined)
    return { kind: "outcome", outcome: { kind: "waiting", reason: "The folder holds no images yet.", problems: [] } };
  if (patterns.length > 1)
    return { kind: "outcome", outcome: { kind: "rejected", problems: [several(drop.path, patterns)] } };
  const passed = found.unspeakable.length;
  const remark = passed === 0 ? "" : `# Passed over, for their names are not UTF-8 text: ${passed}.\n`;
  return { kind: "manifest", text: remark + textFor(drop.recipe, only), fileName, dir: drop.path };
}

/** `x.####.exr` stands for all frames that were dropped, one `#` a digit; in the marks of this node's pad style. Null: a file. */
function droppedFrames(name: string, style: PadStyle): string | null {
  const marks = /\.(#+)(?=\.\w+$)/.exec(name)?.[1];
  return marks === undefined ? null : name.replace(`.${marks}.`, `.${marksFor(marks.length, style)}.`);
}

/** One image is named as it is: with a dot before its number it is a frame, else a still. */
function patternOf(of: ListedSequence, style: PadStyle): string {
  const only = of.names.length === 1 ? of.names[0] : undefined;
  return only ?? `${of.dir}${of.base}${marksFor(of.width, style)}${of.ext}`;
}

interface Found {
  readonly paths: string[];
  /** Images whose names the disk knows otherwise than we read them. */
  readonly unspeakable: string[];
}

/** A plate package may hold one resolution folder: two levels, no further. */
async function imagesIn(world: PathWorld, dir: string, depth: number): Promise<Found> {
  const out: Found = { paths: [], unspeakable: [] };
  for (const entry of await world.files.list(dir, LIMITS.framesMax)) {
    if (ignoredBecause(entry.name) !== null) continue;
    if (isUnspeakable(entry.name)) out.unspeakable.push(entry.name);
    else if (entry.kind === "file" && dropKind(entry.name) === "image") out.paths.push(joinPath(dir, entry.name));
    else if (entry.kind === "directory" && depth < 1) {
      const below = await imagesIn(world, joinPath(dir, entry.name), depth + 1);
      for (const path of below.paths) out.paths.push(path);
      for (const name of below.unspeakable) out.unspeakable.push(name);
    }
  }
  return out;
}

function textFor(recipe: string, plate: string): string {
  return `# Written by Hotplate for a dropped plate.\nuse: ${recipe}\nplate: ${JSON.stringify(plate)}\n`;
}

function notText(path: string, names: readonly string[]): Problem {
  return {
    code: "HP-INTAKE-NAME",
    severity: "error",
    file: baseName(path),
    line: null,
    col: null,
    message: `Names in the folder are not UTF-8 text and can't be opened (${names.length}).`,
    found: names.slice(0, 3).map(shownName).join(", "),
    expected: "letters, digits, . _ and -",
    nearest: null,
    action: "Rename the files; the folder is read again by itself.",
  };
}

function several(path: string, patterns: readonly string[]): Problem {
  return {
    code: "HP-PLATE-MISSING",
    severity: "error",
    file: baseName(path),
    line: null,
    col: null,
    message: `The folder holds ${patterns.length} sequences; which one is the plate can't be told.`,
    found: patterns.slice(0, 5).map(baseName).join(", "),
    expected: "one sequence",
    nearest: null,
    action: "Drop one folder per plate, or drop a manifest that names it.",
  };
}
