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
  versionDir,
} from "./domain/naming.ts";
import type { ShowPaths } from "./domain/pathBook.ts";
import { pathsOf } from "./domain/pathBook.ts";
import type { Place } from "./domain/pathLayout.ts";
import { commonFolder, isInside, parentDir, relativePath, rootOf } from "./domain/paths.ts";
import type { Tokens } from "./domain/pathTemplateParse.ts";
import type { PlatePlan, Target } from "./domain/plan.ts";
import type { RecipeFile } from "./domain/recipe.ts";
import { shotEntity } from "./domain/shotEntity.ts";
import type { Finding, PathWorld, Resolved } from "./planFinding.ts";
import { found, refused } from "./planFinding.ts";
import { nearestExisting, pathIn, realInside } from "./planPath.ts";
import { boundPaths, lacksNames } from "./domain/targetPaths.ts";
import { oneNameForMany, unnamed, unpublishable } from "./planDestination.ts";
import { plateTokens, saidTokens } from "./platePath.ts";
import { productAbove } from "./planSource.ts";
import { lookAlike, spelledOnDisk } from "./planSpelling.ts";

interface Asked {
  readonly manifest: Manifest;
  readonly recipe: { readonly file: Pick<RecipeFile, "name" | "plate"> & Partial<Pick<RecipeFile, "result">> };
  readonly dir: string;
  readonly plate: PlatePlan | null;
  readonly show: string;
  /** How many variations the manifest makes. */
  readonly wedges: number;
}

/** A destination with all that its templates may need; `to` as it is told to people. */
interface Wanted {
  readonly place: Place;
  readonly layout: string;
  readonly root: string;
  readonly tokens: Tokens;
  readonly to: string;
}

export async function resolveTarget(world: PathWorld, asked: Asked): Promise<Resolved<Target>> {
  const { manifest, recipe, plate } = asked;
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
  const show = pathsOf(world.layouts, asked.show);
  const read = plateTokens(world, show, { plate, manifest });
  if (read.findings.some((finding) => finding.severity !== "warning")) return refused(...read.findings);
  const to = manifest.output?.to ?? show.to;
  const wanted =
    to === "work" || to === "publish"
      ? inLayout(world, asked, { show, to, product, read: read.tokens })
      : await besideOrFolder(world, asked, { to, product });
  if (wanted.value === null) return { ...wanted, value: null, findings: [...wanted.findings, ...read.findings] };
  const target = await placed(world, asked, { wanted: wanted.value, product });
  const entity = shotEntity({ ...read.tokens, ...saidTokens(manifest.shot) });
  const more = {
    ...(entity.shot === null ? {} : { entity }),
    ...(wanted.value.to === "publish" ? { publish: true as const } : {}),
  };
  const value = target.value === null ? null : { ...target.value, ...more };
  return { ...target, value, findings: [...target.findings, ...read.findings] };
}

async function besideOrFolder(
  world: PathWorld,
  asked: Asked,
  of: { readonly to: string; readonly product: string },
): Promise<Resolved<Wanted>> {
  const { manifest, recipe, plate } = asked;
  const { to, product } = of;
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
    // Else a folder would be made that looks exactly like the one beside it.
    const spelled = await spelledOnDisk(world, path.path);
    if (!spelled.ok) return refused(lookAlike(spelled.twins, { written: to, at: ["output", "to"] }));
    shotDir = spelled.path;
  }
  const root = rootOf(shotDir, world.config.roots);
  if (root === null)
    return refused({
      code: "HP-PATH-ROOT",
      path: ["output", "to"],
      message: `Beside the plate is ${shotDir}, outside every configured root.`,
      found: shotDir,
      action: "Say output.to: FOLDER inside a root.",
    });
  const place = world.layouts.beside.places.beside;
  if (place === undefined) throw new Error("the layout beside has no template of its name");
  const beside = relativePath(shotDir, root.linux);
  const tokens = { product, name: nameOf(asked), ...(beside === "" ? {} : { beside }) };
  return found({ place, layout: "beside", root: root.linux, tokens, to });
}

/** A destination of the show's layout: its tokens come from the plate's path, the manifest, and their defaults. */
function inLayout(
  world: PathWorld,
  asked: Asked,
  of: { readonly show: ShowPaths; readonly to: "work" | "publish"; readonly product: string; readonly read: Tokens },
): Resolved<Wanted> {
  const { layout } = of.show;
  const { plate, manifest } = asked;
  const place = layout.places[of.to];
  if (place === undefined)
    return refused({
      code: "HP-PATH-DESTINATION",
      path: ["output", "to"],
      message: `Layout ${layout.name} has no ${of.to}.`,
      found: of.to,
      expected: ["beside", ...Object.keys(layout.places).filter((name) => name !== "beside"), "or a folder"].join(", "),
      action: "Leave output.to out (beside), or ask the TD for a layout with it.",
    });
  if (plate === null && (manifest.plate !== undefined || asked.recipe.file.plate?.required === true))
    return { value: null, findings: [], waiting: null };
  const root = rootOf(plate?.dir ?? asked.dir, world.config.roots);
  if (root === null) return refused(outsideRoots(plate?.dir ?? asked.dir));
  const defaults = Object.fromEntries(
    Object.values(layout.types).flatMap((type) => (type.default === null ? [] : [[type.name, type.default]])),
  );
  const task = manifest.task === undefined ? {} : { task: manifest.task, step: manifest.task };
  const size = plate === null ? {} : sizeTokens(plate, asked.recipe.file.result?.scale ?? null);
  const tokens = {
    ...defaults,
    show: asked.show,
    ...of.read,
    ...saidTokens(manifest.shot),
    ...task,
    ...size,
    product: of.product,
  };
  return found({ place, layout: layout.name, root: root.linux, tokens, to: of.to });
}

function sizeTokens(plate: PlatePlan, scale: number | null): Tokens {
  return {
    width: String(Math.round(plate.width * (scale ?? 1))),
    height: String(Math.round(plate.height * (scale ?? 1))),
  };
}

function outsideRoots(dir: string): Finding {
  return {
    code: "HP-PATH-ROOT",
    path: ["output", "to"],
    message: `${dir} lies outside every configured root.`,
    found: dir,
  };
}

async function placed(
  world: PathWorld,
  asked: Asked,
  of: { readonly wanted: Wanted; readonly product: string },
): Promise<Resolved<Target>> {
  const { wanted, product } = of;
  const at = ["output", "to"];
  const how = { swept: asked.wedges > 1, framed: asked.plate !== null && asked.plate.padding > 0 };
  const paths = boundPaths(wanted.place, { ...wanted, ...how });
  if (!paths.ok) return refused(...unnamed(wanted, paths));
  const short = lacksNames(wanted.place, how);
  if (short.length > 0) return refused(oneNameForMany(wanted, { short, wedges: asked.wedges }));
  const { productDir, reviewDir } = paths;
  const shotDir = commonFolder(parentDir(productDir), reviewDir);
  if (isOwnPlace(world, parentDir(productDir)))
    return refused({
      code: "HP-PATH-ROOT",
      path: at,
      message: `Output would land in a folder that Hotplate keeps for itself (${parentDir(productDir)}).`,
      found: wanted.to,
      action: "Choose another folder.",
    });
  const plates =
    plateFolderAbove(parentDir(productDir)) ??
    (asked.plate !== null &&
    wanted.to !== "beside" &&
    isInside(parentDir(productDir), asked.plate.dir) &&
    parentDir(productDir) !== parentOfStill(asked.plate)
      ? asked.plate.dir
      : null);
  if (plates !== null)
    return refused({
      code: "HP-PATH-PLATES",
      path: at,
      message: `Output would land in a plate folder (${plates}). Plates are read-only.`,
      found: parentDir(productDir),
      expected: "a folder outside it",
      action: "Leave output.to out (beside), or choose another folder.",
    });
  // Every place that will be written, links resolved, lies in a root.
  for (const dir of [productDir, reviewDir]) {
    const inside = await realInside(world, dir, { written: wanted.to, at });
    if (!inside.ok) return refused(inside.finding);
  }
  const above = await productAbove(world, parentDir(productDir), wanted.root);
  if (above !== null)
    return refused({
      code: "HP-PATH-PLATES",
      path: at,
      message: `Output would land inside a product (${above}). Its versions are read-only.`,
      found: parentDir(productDir),
      expected: "a folder outside it",
      action: "Leave output.to out (beside), or choose another folder.",
    });
  const target: Target = {
    shotDir,
    productDir,
    reviewDir,
    product,
    name: nameOf(asked),
    root: wanted.root,
    paths: paths.paths,
  };
  if (wanted.to === "publish") return refused(...(await unpublishable(world, { wanted, product })));
  const existing = await nearestExisting(world, productDir);
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
