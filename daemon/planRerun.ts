/**
 * `rerun: {of: ...}` of a manifest: the version that it names is made again as it was. What is on disk beside the version is
 * the truth: its own graph and recipe, the parameters of its wedges, its plate; not the recipe of that name as it is today.
 * From here it is planned like any other manifest. It only reads.
 */
import { z } from "zod";
import type { AssetRecord } from "./domain/assetRecord.ts";
import { canonicalJson } from "./domain/canonicalJson.ts";
import { HotplateError, systemCode } from "./domain/errors.ts";
import { formatFrames, parseFrames } from "./domain/frames.ts";
import { wedgeName } from "./domain/ids.ts";
import { LIMITS } from "./domain/limits.ts";
import { inputFolder } from "./domain/pathForms.ts";
import type { Manifest } from "./domain/manifestSchema.ts";
import { manifestSchema } from "./domain/manifestSchema.ts";
import type { Expanded } from "./domain/expand.ts";
import { baseName, joinPath, parentDir } from "./domain/paths.ts";
import type { PlatePlan, StepPlan, WedgePlan } from "./domain/plan.ts";
import type { Recipe } from "./domain/recipe.ts";
import { problemLine, readRecipe } from "./domain/recipeText.ts";
import { isRedacted } from "./domain/redaction.ts";
import type { RerunPlan } from "./domain/rerunPlan.ts";
import { ranThen, renamed, standardOf } from "./domain/rerunPlan.ts";
import { safetyRules } from "./domain/safetyRules.ts";
import type { Finding, PathWorld, Resolved } from "./planFinding.ts";
import { found, refused } from "./planFinding.ts";
import { pathIn, realInside } from "./planPath.ts";
import type { World } from "./ports.ts";
import type { FramePaper, VersionPapers, WedgePaper } from "./readVersion.ts";
import { readVersion } from "./readVersion.ts";

export interface Rerun {
  /** What the old manifest said, but for what the version's papers say better. */
  readonly manifest: Manifest;
  readonly recipe: Recipe;
  readonly wedges: readonly WedgePlan[];
  readonly plan: RerunPlan;
  /** The plate's frames as they are on record. */
  readonly plate: readonly { readonly name: string; readonly bytes: number }[];
}

/** The wedges of the version stand for what a sweep would be expanded into. */
export function asBefore({ wedges }: Rerun): Expanded {
  return { wedges, problems: [], count: wedges.length };
}

/** A plate of another size in bytes is another plate; of the same size it is told apart by its hash, when that is known. */
export function changedPlate({ plan, plate }: Rerun, now: PlatePlan | null): readonly Finding[] {
  if (plan.allowDrift || now === null) return [];
  const bytes = new Map(plate.map((file) => [file.name, file.bytes]));
  const changed = now.frames.filter(({ path, bytes: size }) => (bytes.get(baseName(path)) ?? size) !== size);
  if (changed.length === 0) return [];
  const names = changed.slice(0, 3).map(({ path }) => baseName(path));
  return [
    {
      code: "HP-PLATE-CHANGED",
      path: ["rerun"],
      message: `The plate is not the one that the version was made from: ${names.join(", ")}${changed.length > 3 ? " ..." : ""}.`,
      action: "Restore it, or say allowDrift: true to make the version from it as it is now.",
    },
  ];
}

/** One that no recipe folder has goes with the plan. */
export function recipeRef(recipe: Recipe): StepPlan["recipe"] {
  const { file, graph, sha256, dir, approval, rerun } = recipe;
  const ref = { name: file.name, version: file.version, sha256, dir };
  return rerun === undefined ? ref : { ...ref, carried: { file, graph, approval, rerun } };
}

export type RerunWorld = PathWorld & Pick<World, "digest">;
type RerunWish = Exclude<Manifest["rerun"], boolean>;
const AT = ["rerun"] as const;

/** Fields that say something of a rerun; all others follow from the version. */
const OWN: ReadonlySet<string> = new Set(["hotplate", "rerun", "name", "priority", "limits", "notify"]);

export async function resolveRerun(
  world: RerunWorld,
  of: { readonly manifest: Manifest; readonly wish: RerunWish; readonly dir: string },
): Promise<Resolved<Rerun>> {
  const { manifest, wish } = of;
  const more = Object.keys(manifest).filter((key) => !OWN.has(key) && !isDefault(manifest, key));
  if (more.length > 0)
    return refused(
      no(`A rerun makes a version as it was: ${more.join(", ")} can't be said with it.`, more.slice(0, 1)),
    );
  const at = ["rerun", "of"];
  const path = pathIn(world, wish.of, { dir: of.dir, at });
  if (!path.ok) return refused(path.finding);
  const inside = await realInside(world, path.path, { written: wish.of, at });
  if (!inside.ok) return refused(inside.finding);
  try {
    return await again(world, { manifest, wish, version: await readVersion(world.files, path.path) });
  } catch (error) {
    if (error instanceof HotplateError)
      return refused({ code: error.code, path: at, message: error.message, action: error.hint });
    throw error;
  }
}

function isDefault(manifest: Manifest, key: string): boolean {
  const bare = manifestSchema.parse({}) as Readonly<Record<string, unknown>>;
  return (
    canonicalJson(bare[key] ?? null) === canonicalJson((manifest as Readonly<Record<string, unknown>>)[key] ?? null)
  );
}

function no(message: string, path: readonly string[] = AT): Finding {
  return { code: "HP-RERUN-REFUSED", path, message };
}

async function again(
  world: RerunWorld,
  of: { readonly manifest: Manifest; readonly wish: RerunWish; readonly version: VersionPapers },
): Promise<Resolved<Rerun>> {
  const { manifest, wish, version } = of;
  const { asset } = version;
  const chosen = chosenWedges(version, wish);
  if (typeof chosen === "string") return refused(no(chosen, ["rerun", "wedges"]));
  if (chosen.some(({ parameters }) => Object.values(parameters).some(isRedacted)))
    return refused(no("Its words were redacted (privacy: redact), so nobody can make it again from its record."));
  const unknown = asset.models.filter(({ sha256 }) => sha256 === null).map(({ name }) => name);
  if (unknown.length > 0 && !wish.allowDrift)
    return refused({
      code: "HP-RERUN-MODELS",
      path: AT,
      message: `Models of unknown hash made it, so nobody can say that these are the same: ${unknown.join(", ")}.`,
    });
  const recipe = await recipeOf(world, version, wish);
  if (typeof recipe === "string") return refused(no(recipe));
  const frames = framesOf(version, { chosen, wish });
  if (typeof frames === "string") return refused(no(frames, ["rerun", "frames"]));
  const base = baseManifest(version, { manifest, frames, roots: world.config.roots });
  if (typeof base === "string") return refused(no(base));
  const [first] = chosen;
  const whole = version.wedges.length === 1 || chosen.length > 1 || first === undefined;
  const plan: RerunPlan = {
    ref: whole ? asset.ref : `${asset.ref}/${first.wedge}`,
    frames: frames.map((frame) => ({
      wedge: chosen.findIndex(({ wedge }) => wedge === frame.wedge) + 1,
      frame: frame.frame,
      path: joinPath(version.dir, frame.path),
      sha256: frame.sha256,
    })),
    allowDrift: wish.allowDrift,
    ran: ranThen(asset),
  };
  const wedges = chosen.map(({ axes, parameters, seed }, index) => ({
    index: index + 1,
    axes,
    parameters: renamed(parameters, wish.models),
    seed,
  }));
  return found({ manifest: base, recipe, wedges, plan, plate: platesOf(asset) });
}

const plateFiles = z.array(z.looseObject({ name: z.string(), bytes: z.number() }));

function platesOf(asset: AssetRecord): Rerun["plate"] {
  const input = asset.inputs.find(({ role }) => role === "plate");
  const files = plateFiles.safeParse(input?.["x-files"]);
  return files.success ? files.data : [];
}

/** In words when it can't be. */
function chosenWedges(version: VersionPapers, wish: RerunWish): readonly WedgePaper[] | string {
  const asked = wish.wedges ?? (version.wedge === null ? null : [version.wedge]);
  const names = asked === null ? null : asked.map((name) => wedgeName(Number(name.slice(1))));
  const missing = (names ?? []).filter((name) => !version.wedges.some(({ wedge }) => wedge === name));
  if (missing.length > 0) return `The version has no wedge ${missing.join(", ")}.`;
  const chosen = version.wedges.filter(({ wedge, files }) =>
    names === null ? files.length > 0 : names.includes(wedge),
  );
  const empty = chosen.filter(({ files }) => files.length === 0);
  if (empty.length > 0 || chosen.length === 0)
    return `Nothing of ${empty.map(({ wedge }) => wedge).join(", ") || "it"} was published, so there is nothing to make again.`;
  return chosen;
}

function framesOf(
  version: VersionPapers,
  of: { readonly chosen: readonly WedgePaper[]; readonly wish: RerunWish },
): readonly FramePaper[] | string {
  const names = new Set(of.chosen.map(({ wedge }) => wedge));
  const there = version.frames.filter(({ wedge }) => names.has(wedge));
  const { frames } = of.wish;
  if (frames === undefined) return there;
  const text = Array.isArray(frames) ? frames.join(",") : String(frames);
  const asked = parseFrames(text);
  if (!asked.ok) return `${asked.message}: ${asked.fix}.`;
  const known = new Set(there.map(({ frame }) => frame));
  const missing = asked.frames.filter((frame) => !known.has(frame));
  if (missing.length > 0) return `The version has no frames ${formatFrames(missing)}.`;
  return there.filter(({ frame }) => frame !== null && asked.frames.includes(frame));
}

/** The recipe as the version holds it, proven by the record's hashes and checked like one that was just read. */
async function recipeOf(world: RerunWorld, version: VersionPapers, wish: RerunWish): Promise<Recipe | string> {
  const { asset, dir } = version;
  const { digest } = world;
  const graphText = await paper(world, joinPath(dir, ".hotplate/graph.api.json"), LIMITS.graphBytesMax);
  const fileText = await paper(world, joinPath(dir, ".hotplate/recipe.json"), LIMITS.recipeFileBytesMax);
  if (graphText === null || fileText === null)
    return "The version carries no recipe.json: it was made before versions did, or its recipe had gone away.";
  const [graph, file] = [jsonOf(graphText) as Recipe["graph"] | null, jsonOf(fileText) as Recipe["file"] | null];
  if (graph === null || file === null || digest.sha256(canonicalJson({ file, graph })) !== asset.recipe.sha256)
    return "Its graph or recipe is not what its record says (hotplate verify).";
  const texts = {
    recipe: JSON.stringify(renamed(file, wish.models)),
    graph: JSON.stringify(renamed(graph, wish.models)),
  };
  const read = readRecipe(texts, safetyRules(world.config));
  if (read.kind === "broken") {
    const [problem] = read.problems;
    return `Its recipe can't be used here: ${problem === undefined ? "unknown" : problemLine(problem)}`;
  }
  const sha256 = digest.sha256(canonicalJson({ file: read.file, graph: read.graph }));
  const standard = standardOf(asset, { sha256, names: wish.models });
  return {
    file: read.file,
    graph: read.graph,
    sha256,
    dir: joinPath(dir, ".hotplate"),
    approval: standard,
    rerun: { allowDrift: wish.allowDrift },
  };
}

/** null: it is cut off, or never was JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller says that it is not what the record says.
    return null;
  }
}

/** null: it is not there. */
async function paper(world: RerunWorld, path: string, max: number): Promise<string | null> {
  try {
    return new TextDecoder().decode(await world.files.read(path, max));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** What wedges.json and the record say better. */
const OF_WEDGES: ReadonlySet<string> = new Set(["sweep", "prompt", "negative", "seed", "parameters", "plate"]);

/** The old manifest as it was read, with the version's own plate, place and product, and nothing that would vary. */
function baseManifest(
  version: VersionPapers,
  of: {
    readonly manifest: Manifest;
    readonly frames: readonly FramePaper[];
    readonly roots: RerunWorld["config"]["roots"];
  },
): Manifest | string {
  const { asset } = version;
  const before = asset.job["x-manifestRead"];
  if (typeof before !== "object" || before === null) return "Its record does not say what its manifest said.";
  const { plate } = before as { readonly plate?: unknown };
  const said: Readonly<Record<string, unknown>> = Object.fromEntries(
    Object.entries(before).filter(([key]) => !OF_WEDGES.has(key)),
  );
  const plateInput = asset.inputs.find(({ role }) => role === "plate");
  const numbers = [...new Set(of.frames.flatMap(({ frame }) => frame ?? []))].sort((a, b) => a - b);
  const colorspace =
    typeof plate === "object" && plate !== null ? (plate as { colorspace?: unknown }).colorspace : null;
  const manifest = manifestSchema.safeParse({
    ...said,
    rerun: true,
    use: `${asset.recipe.name}@${asset.recipe.version}`,
    name: of.manifest.name ?? `again ${asset.ref.replace("hotplate://", "")}`,
    priority: of.manifest.priority,
    limits: of.manifest.limits,
    product: asset.entity.product,
    output: { ...(said["output"] as object | undefined), to: parentDir(parentDir(version.dir)) },
    ...(plateInput === undefined
      ? {}
      : {
          plate: {
            path: joinPath(inputFolder(plateInput, of.roots), plateInput.ref),
            ...(numbers.length === 0 ? {} : { frames: numbers }),
            ...(typeof colorspace === "string" ? { colorspace } : {}),
          },
        }),
  });
  if (manifest.success) return manifest.data;
  const [issue] = manifest.error.issues;
  return `Its manifest can't be read by this version of Hotplate: ${issue?.path.join(".")}: ${issue?.message}.`;
}
