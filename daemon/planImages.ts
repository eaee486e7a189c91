/** Further images of a recipe (a slap comp's foreground): paths in the wedges become absolute, proven to be readable images. */
import { HotplateError, systemCode } from "./domain/errors.ts";
import type { WedgePlan } from "./domain/plan.ts";
import type { Recipe } from "./domain/recipe.ts";
import type { Finding, PathWorld, Resolved } from "./planFinding.ts";
import { pathIn, realInside } from "./planPath.ts";

export async function resolveImages(
  world: PathWorld,
  of: { readonly recipe: Recipe; readonly dir: string; readonly wedges: readonly WedgePlan[] },
): Promise<Resolved<readonly WedgePlan[]>> {
  const names = Object.keys(of.recipe.file.images);
  if (names.length === 0) return { value: of.wedges, findings: [], waiting: null };
  const known = new Map<string, string | Finding>();
  const findings: Finding[] = [];
  const wedges: WedgePlan[] = [];
  for (const wedge of of.wedges) {
    const parameters = { ...wedge.parameters };
    for (const name of names) {
      const written = parameters[name];
      if (typeof written !== "string" || written === "") continue;
      const answer = known.get(written) ?? (await imageAt(world, written, { dir: of.dir, at: ["parameters", name] }));
      known.set(written, answer);
      if (typeof answer === "string") parameters[name] = answer;
      else if (!findings.includes(answer)) findings.push(answer);
    }
    wedges.push({ ...wedge, parameters });
  }
  return { value: findings.length === 0 ? wedges : null, findings, waiting: null };
}

async function imageAt(
  world: PathWorld,
  written: string,
  of: { readonly dir: string; readonly at: readonly string[] },
): Promise<string | Finding> {
  const path = pathIn(world, written, of);
  if (!path.ok) return path.finding;
  try {
    const inside = await realInside(world, path.path, { written, at: of.at });
    if (!inside.ok) return inside.finding;
    await world.images.header(path.path);
    return path.path;
  } catch (error) {
    if (error instanceof HotplateError)
      return { code: error.code, path: of.at, message: `${written}: ${error.message}`, action: error.hint };
    if (systemCode(error) !== "ENOENT") throw error;
    return {
      code: "HP-PLATE-MISSING",
      path: of.at,
      message: `There is no image ${path.path}.`,
      found: written,
      action: "Check the path; it starts at the manifest's own folder.",
    };
  }
}
