/** Further images of a recipe (a slap comp's foreground): paths in the wedges become absolute, proven to be readable images. */
import { HotplateError, systemCode } from "./domain/errors.ts";
import { LIMITS } from "./domain/limits.ts";
import { baseName } from "./domain/paths.ts";
import type { Manifest } from "./domain/manifestSchema.ts";
import type { JsonScalar, WedgePlan } from "./domain/plan.ts";
import type { Recipe } from "./domain/recipe.ts";
import type { Finding, PathWorld, Resolved } from "./planFinding.ts";
import { pathIn, realInside } from "./planPath.ts";
import { lookAlike, spelledOnDisk } from "./planSpelling.ts";

export interface ResolvedImages {
  readonly wedges: readonly WedgePlan[];
  /** What the images are now: a foreground that was painted over is another input. */
  readonly inputs: readonly ImageInput[];
}
type ImageInput = readonly [path: string, bytes: number, mtimeNs: string, ino: string];
type ImageAnswer =
  | { readonly kind: "image"; readonly input: ImageInput; readonly growing: boolean }
  | { readonly kind: "finding"; readonly finding: Finding };

export async function resolveImages(
  world: PathWorld,
  of: {
    readonly recipe: Recipe;
    readonly dir: string;
    readonly manifest: Pick<Manifest, "parameters">;
    readonly wedges: readonly WedgePlan[];
  },
): Promise<Resolved<ResolvedImages>> {
  const names = Object.keys(of.recipe.file.images);
  if (names.length === 0) return { value: { wedges: of.wedges, inputs: [] }, findings: [], waiting: null };
  const known = new Map<string, ImageAnswer>();
  const findings: Finding[] = [];
  const wedges: WedgePlan[] = [];
  // Without wedges something else is wrong: the images that the manifest names are looked at all the same.
  const named: WedgePlan = { index: 1, axes: {}, parameters: withoutAxes(of.manifest.parameters ?? {}), seed: "0" };
  for (const wedge of of.wedges.length > 0 ? of.wedges : [named]) {
    const parameters = { ...wedge.parameters };
    for (const name of names) {
      const written = parameters[name];
      if (typeof written !== "string" || written === "") continue;
      const answer = known.get(written) ?? (await imageAt(world, written, { dir: of.dir, at: ["parameters", name] }));
      known.set(written, answer);
      if (answer.kind === "image") parameters[name] = answer.input[0];
      else if (!findings.includes(answer.finding)) findings.push(answer.finding);
    }
    wedges.push({ ...wedge, parameters });
  }
  const images = [...known.values()].filter((answer) => answer.kind === "image");
  const growing = images.filter((image) => image.growing).map((image) => baseName(image.input[0]));
  const waiting = growing.length === 0 ? null : `${growing.slice(0, 3).join(", ")} is still being written.`;
  const value = { wedges, inputs: images.map((image) => image.input) };
  return { value: findings.length === 0 ? value : null, findings, waiting };
}

/** A name with `{axis}` in it is no name yet. */
function withoutAxes(parameters: Readonly<Record<string, JsonScalar>>): Readonly<Record<string, JsonScalar>> {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => !String(value).includes("{")));
}

async function imageAt(
  world: PathWorld,
  written: string,
  of: { readonly dir: string; readonly at: readonly string[] },
): Promise<ImageAnswer> {
  const path = pathIn(world, written, of);
  if (!path.ok) return { kind: "finding", finding: path.finding };
  try {
    const spelled = await spelledOnDisk(world, path.path);
    if (!spelled.ok) return { kind: "finding", finding: lookAlike(spelled.twins, { written, at: of.at }) };
    const image = spelled.path;
    const inside = await realInside(world, image, { written, at: of.at });
    if (!inside.ok) return { kind: "finding", finding: inside.finding };
    const stat = await world.files.stat(await world.files.realpath(image));
    const ageMs = world.clock.now() - Number(BigInt(stat.mtimeNs) / 1_000_000n);
    const growing = stat.bytes === 0 || (ageMs >= 0 && ageMs < LIMITS.plateFreshMs);
    if (!growing) await world.images.header(image);
    return { kind: "image", input: [image, stat.bytes, stat.mtimeNs, stat.ino], growing };
  } catch (error) {
    const finding = imageTrouble(error, written, { path: path.path, at: of.at });
    if (finding === null) throw error;
    return { kind: "finding", finding };
  }
}

function imageTrouble(
  error: unknown,
  written: string,
  of: { readonly path: string; readonly at: readonly string[] },
): Finding | null {
  if (error instanceof HotplateError)
    return { code: error.code, path: of.at, message: `${written}: ${error.message}`, action: error.hint };
  const code = systemCode(error);
  if (code === "ENOENT" || code === "ENOTDIR")
    return {
      code: "HP-PLATE-MISSING",
      path: of.at,
      message: `There is no image ${of.path}.`,
      found: written,
      action: "Check the path; it starts at the manifest's own folder.",
    };
  if (code === "EACCES" || code === "EPERM")
    return {
      code: "HP-PATH-PERMISSION",
      path: of.at,
      message: `Hotplate may not read ${of.path}.`,
      action: "Ask IT for read access.",
    };
  if (code === "EISDIR" || code === "EINVAL")
    return { code: "HP-PLATE-KIND", path: of.at, message: `${of.path} is not a file.`, found: written };
  return null;
}
