/**
 * What a failure sets off, out of all who speak of it (`qcChoice.ts`, the later wins): the gate, and how many other seeds are
 * tried first. `gate` and `onFail: reject | hold` are one word said in two ways, so one voice may not say both differently.
 */
import type { ErrorCode } from "./errors.ts";
import type { QcPlan, SeedRetry } from "./plan.ts";
import type { InstalledCheck } from "./qc.ts";
import type { ManifestFinding } from "./manifestFinding.ts";
import type { QcLayer } from "./qcChoice.ts";
import type { RecipeFile } from "./recipe.ts";

export interface ChosenGate {
  readonly gate: QcPlan["gate"];
  readonly retry: SeedRetry | null;
  readonly findings: readonly ManifestFinding[];
}

export function chosenGate(of: {
  readonly layers: readonly QcLayer[];
  /** null: nobody knows it. */
  readonly recipe: Pick<RecipeFile, "name" | "parameters"> | null;
  readonly checks: readonly InstalledCheck[];
  /** A version that is made again keeps its seed. */
  readonly rerun: boolean;
}): ChosenGate {
  const findings: ManifestFinding[] = [];
  let gate: QcPlan["gate"] = "reject";
  let asked: { readonly seeds: number; readonly by: QcLayer } | null = null;
  for (const layer of of.layers) {
    const { gate: said, onFail } = layer.says;
    if (said !== undefined && typeof onFail === "string" && said !== onFail)
      findings.push(twoWords(layer, { said, onFail }));
    gate = said ?? (typeof onFail === "string" ? onFail : gate);
    if (typeof onFail === "string") asked = null;
    else if (onFail !== undefined) asked = { seeds: onFail.retry.seeds, by: layer };
  }
  if (asked === null || of.rerun || of.recipe === null) return { gate, retry: null, findings };
  const parameter = seedParameter(of.recipe);
  if (parameter === null) return { gate, retry: null, findings: [...findings, noSeed(of.recipe.name, asked.by)] };
  const cures = of.checks.filter((check) => check.seedMayCure === true).map((check) => check.id);
  return { gate, retry: { seeds: asked.seeds, parameter, cures, by: asked.by.who }, findings };
}

/** The first parameter of type seed that goes anywhere in the graph; null: no seed changes this recipe's picture. */
export function seedParameter(recipe: Pick<RecipeFile, "parameters">): string | null {
  const seed = Object.entries(recipe.parameters).find(
    ([, parameter]) => parameter.type === "seed" && parameter.bind.length > 0,
  );
  return seed?.[0] ?? null;
}

const CODE: ErrorCode = "HP-MANIFEST-FIELD";

function twoWords(
  { place, at }: QcLayer,
  { said, onFail: word }: { readonly said: string; readonly onFail: string },
): ManifestFinding {
  const manifest = at[0] === "qc";
  const [gate, onFail] = manifest ? ["qc.gate", "qc.onFail"] : ["gate", "onFail"];
  return {
    code: CODE,
    path: manifest ? ["qc", "onFail"] : at,
    message: `${gate} says ${said}, ${onFail} says ${word}: they are one word said twice (${place}).`,
    found: word,
    expected: said,
    action: `Keep one of ${gate} and ${onFail} in ${place}.`,
  };
}

/** Who asked for this very recipe is told no; a wish for a whole show or profile is not in force here, and that is said. */
function noSeed(recipe: string, by: QcLayer): ManifestFinding {
  const manifest = by.who === "manifest";
  const own = manifest || by.who.startsWith(`recipe ${recipe} `) || by.who.endsWith(`recipe ${recipe}`);
  return {
    code: CODE,
    severity: own ? "error" : "warning",
    path: manifest ? ["qc", "onFail"] : by.at,
    message: own
      ? `Recipe ${recipe} has no seed that goes into its graph, so no other seed can be tried (onFail of ${by.place}).`
      : `onFail: retry of ${by.place} is not in force here: recipe ${recipe} has no seed that goes into its graph.`,
    found: "retry",
    expected: "reject or hold",
    action: own ? "Write onFail: hold or reject." : "Nothing: a failure goes straight to the gate.",
  };
}
