/**
 * A dropped image, a dropped folder of plates, or a plate version under an asset path becomes a manifest: written here as
 * text, so that what was run is on record like any other. Which sequence is meant must be plain; else the answer asks.
 */
import type { Problem } from "./domain/errors.ts";
import { LIMITS } from "./domain/limits.ts";
import { baseName, joinPath, parentDir } from "./domain/paths.ts";
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
  // `x.####.exr` stands for all frames that were dropped.
  const oneFile = /\.#+\.\w+$/.test(drop.path) || (await files.stat(drop.path)).kind !== "directory";
  if (oneFile)
    return {
      kind: "manifest",
      text: textFor(drop.recipe, `./${baseName(drop.path)}`),
      fileName,
      dir: parentDir(drop.path),
    };
  const found = await imagesIn(world, drop.path, 0);
  const patterns = [
    ...new Set(
      found.map(({ dir, name }) =>
        joinPath(
          dir,
          name.replace(
            /\.\d{2,}(\.[A-Za-z0-9]+)$/,
            (whole, ext: string) => `.${"#".repeat(whole.length - ext.length - 1)}${ext}`,
          ),
        ),
      ),
    ),
  ];
  const only = patterns[0];
  if (only === undefined) {
    return { kind: "outcome", outcome: { kind: "waiting", reason: "The folder holds no images yet.", problems: [] } };
  }
  if (patterns.length > 1)
    return { kind: "outcome", outcome: { kind: "rejected", problems: [several(drop.path, patterns)] } };
  return { kind: "manifest", text: textFor(drop.recipe, only), fileName, dir: drop.path };
}

/** A plate package may hold one resolution folder: two levels, no further. */
async function imagesIn(
  world: PathWorld,
  dir: string,
  depth: number,
): Promise<readonly { readonly dir: string; readonly name: string }[]> {
  const out: { dir: string; name: string }[] = [];
  for (const entry of await world.files.list(dir, LIMITS.framesMax)) {
    if (ignoredBecause(entry.name) !== null) continue;
    if (entry.kind === "file" && dropKind(entry.name) === "image") out.push({ dir, name: entry.name });
    if (entry.kind === "directory" && depth < 1)
      out.push(...(await imagesIn(world, joinPath(dir, entry.name), depth + 1)));
  }
  return out;
}

function textFor(recipe: string, plate: string): string {
  return `# Written by Hotplate for a dropped plate.\nuse: ${recipe}\nplate: ${JSON.stringify(plate)}\n`;
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
