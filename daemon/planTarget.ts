/**
 * Where the version will land: beside the plate or in a named folder, inside a root, never in a plate folder, and in a place
 * that may be written: asked before any GPU works for it.
 */
import type { Manifest } from "./domain/manifestSchema.ts";
import {
  badName,
  besidePlate,
  nameOfPlate,
  nameOfResult,
  plateFolderAbove,
  takenName,
  targetAt,
  versionDir,
} from "./domain/naming.ts";
import { isInside, parentDir, rootOf } from "./domain/paths.ts";
import type { PlatePlan, Target } from "./domain/plan.ts";
import type { RecipeFile } from "./domain/recipe.ts";
import type { Finding, PathWorld, Resolved } from "./planFinding.ts";
import { found, refused } from "./planFinding.ts";
import { nearestExisting, pathIn, realInside } from "./planPath.ts";
import { productAbove } from "./planSource.ts";

interface Asked {
  readonly manifest: Manifest;
  readonly recipe: { readonly file: Pick<RecipeFile, "name" | "plate"> };
  readonly dir: string;
  readonly plate: PlatePlan | null;
}

export async function resolveTarget(world: PathWorld, asked: Asked): Promise<Resolved<Target>> {
  const { manifest, recipe, plate } = asked;
  const to = manifest.output?.to ?? "beside";
  const product = manifest.product ?? recipe.file.name;
  const bad = badName(product) ?? takenName(product);
  if (bad !== null)
    return refused({
      code: "HP-MANIFEST-TYPE",
      path: ["product"],
      message: `product "${product}" can't be a folder's name: ${bad}.`,
      found: product,
      expected: "letters, digits, . _ -",
      action: "Choose another product name.",
    });
  let shotDir: string;
  if (to === "beside") {
    if (plate === null) {
      // Without a plate, or with one that was refused, there is no "beside"; the plate's own problem is enough.
      if (manifest.plate !== undefined || recipe.file.plate !== undefined)
        return { value: null, findings: [], waiting: null };
      return refused({
        code: "HP-MANIFEST-REQUIRED",
        path: ["output"],
        message: `${recipe.file.name} has no plate to land beside.`,
        expected: "output: {to: FOLDER}",
        action: "Add  output: {to: ./FOLDER}.",
      });
    }
    // Beside the product that the plate is a result of, never inside one of its versions.
    shotDir = plate.source === undefined ? besidePlate(plate.dir) : parentDir(plate.source.productDir);
  } else {
    const path = pathIn(world, to, { dir: asked.dir, at: ["output", "to"] });
    if (!path.ok) return refused(path.finding);
    shotDir = path.path;
  }
  return placed(world, asked, { shotDir, product, to });
}

async function placed(
  world: PathWorld,
  asked: Asked,
  of: { readonly shotDir: string; readonly product: string; readonly to: string },
): Promise<Resolved<Target>> {
  const { shotDir, product, to } = of;
  const at = ["output", "to"];
  const root = rootOf(shotDir, world.config.roots);
  if (root === null)
    return refused({
      code: "HP-PATH-ROOT",
      path: at,
      message: `Beside the plate is ${shotDir}, outside every configured root.`,
      found: shotDir,
      action: "Say output.to: FOLDER inside a root.",
    });
  if (isOwnPlace(world, shotDir))
    return refused({
      code: "HP-PATH-ROOT",
      path: at,
      message: `Output would land in a folder that Hotplate keeps for itself (${shotDir}).`,
      found: to,
      action: "Choose another folder.",
    });
  const plates =
    plateFolderAbove(shotDir) ??
    (asked.plate !== null &&
    to !== "beside" &&
    isInside(shotDir, asked.plate.dir) &&
    shotDir !== parentOfStill(asked.plate)
      ? asked.plate.dir
      : null);
  if (plates !== null)
    return refused({
      code: "HP-PATH-PLATES",
      path: at,
      message: `Output would land in a plate folder (${plates}). Plates are read-only.`,
      found: shotDir,
      expected: "a folder outside it",
      action: "Leave output.to out (beside), or choose another folder.",
    });
  const above = await productAbove(world, shotDir, root.linux);
  if (above !== null)
    return refused({
      code: "HP-PATH-PLATES",
      path: at,
      message: `Output would land inside a product (${above}). Its versions are read-only.`,
      found: shotDir,
      expected: "a folder outside it",
      action: "Leave output.to out (beside), or choose another folder.",
    });
  const target = targetAt(shotDir, { product, name: nameOf(asked), root: root.linux });
  const inside = await realInside(world, target.productDir, { written: to, at });
  if (!inside.ok) return refused(inside.finding);
  const existing = await nearestExisting(world, target.productDir);
  if (!(await world.files.writable(existing))) return refused(noPermission(target));
  return found(target);
}

/** State of ours, hidden folders, and the shelves of hot folders: nothing of a job belongs there. */
function isOwnPlace(world: PathWorld, dir: string): boolean {
  if (dir.split("/").some((part) => part.startsWith(".hotplate"))) return true;
  if (isInside(dir, world.config.stateDir)) return true;
  return world.config.hotFolders.some(({ path }) =>
    ["accepted", "done", "failed", "review"].some((shelf) => isInside(dir, `${path}/${shelf}`)),
  );
}

/** A lone still that lies in the shot folder itself: its folder is no plate folder. */
function parentOfStill(plate: PlatePlan): string | null {
  return plate.padding === 0 ? plate.dir : null;
}

function noPermission(target: Target): Finding {
  return {
    code: "HP-PATH-PERMISSION",
    path: ["output", "to"],
    message: `Cannot create ${versionDir(target, 1)}: Hotplate may not write on ${target.shotDir}. Ask IT for write access.`,
    found: target.shotDir,
    action: "Ask IT for write access, or say output.to: FOLDER.",
  };
}

function nameOf(asked: Asked): string {
  if (asked.plate?.source !== undefined) return nameOfResult(asked.plate.stem, asked.plate.source);
  if (asked.plate !== null) return nameOfPlate(asked.plate.stem);
  const said = (asked.manifest.name ?? asked.recipe.file.name)
    .replace(/[^\p{L}\p{N}._-]+/gu, "_")
    .replace(/^[._-]+|[._-]+$/g, "");
  return said === "" ? asked.recipe.file.name : said.slice(0, 64);
}
