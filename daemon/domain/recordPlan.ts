/**
 * What a plan fixes for the version's record when the manifest is accepted: whether a trained model makes the picture, what
 * is disclosed of it, which texts are people's own words. Pure.
 */
import type { Answer, SourceTerm, SourceUri } from "./assetRecord.ts";
import { SOURCE_TYPE_BASE } from "./assetRecord.ts";
import type { Manifest } from "./manifestSchema.ts";
import type { PlateFrame, StepPlan, WedgePlan } from "./plan.ts";
import type { RecipeFile } from "./recipe.ts";

export interface Disclosure {
  readonly final: boolean;
  readonly depictsPerformer: Answer;
  readonly consentRef: string | null;
  readonly thirdPartyIP: Answer;
  readonly clientApprovalRef: string | null;
}

export interface RecordPlan {
  /** A trained model makes or changes the picture. */
  readonly generative: boolean;
  readonly disclosure: Disclosure;
  /** The manifest's `task`. */
  readonly task: string | null;
  /** Parameters that hold words of a person: what `privacy: redact` does not publish. */
  readonly texts: readonly string[];
  /** Further images beside the plate, as they were then. */
  readonly images: readonly PlateFrame[];
}

/** A manifest that says nothing discloses all the same: what is not known is said to be unknown. */
const NOTHING_SAID: Disclosure = {
  final: false,
  depictsPerformer: "unknown",
  consentRef: null,
  thirdPartyIP: "unknown",
  clientApprovalRef: null,
};

export function recordPlan(of: {
  readonly manifest: Pick<Manifest, "disclosure" | "task">;
  readonly recipe: RecipeFile;
  readonly wedges: readonly WedgePlan[];
  readonly images: readonly (readonly [path: string, bytes: number, mtimeNs: string, ino: string])[];
}): RecordPlan {
  const { manifest, recipe } = of;
  const said = manifest.disclosure ?? {};
  return {
    generative: isGenerative(recipe, of.wedges),
    disclosure: {
      final: said.final === true || said.final === "yes",
      depictsPerformer: answerOf(said.depictsPerformer),
      consentRef: said.consentRef ?? null,
      thirdPartyIP: answerOf(said.thirdPartyIP),
      clientApprovalRef: said.clientApprovalRef ?? null,
    },
    task: manifest.task ?? null,
    texts: Object.entries(recipe.parameters).flatMap(([name, { type }]) => (type === "text" ? [name] : [])),
    images: of.images.map(([path, bytes, mtimeNs, ino]) => ({ frame: null, path, bytes, mtimeNs, ino })),
  };
}

/** Plans of before the record knew these fields. */
export function recordOf(plan: StepPlan): RecordPlan {
  return (
    plan.record ?? {
      generative: true,
      disclosure: NOTHING_SAID,
      task: null,
      texts: ["prompt", "negative"],
      images: [],
    }
  );
}

/** Where the recipe does not say: whatever loads a model is taken to be generative, so that silence discloses. */
function isGenerative(recipe: RecipeFile, wedges: readonly WedgePlan[]): boolean {
  if (recipe.generative !== undefined) return recipe.generative === true || recipe.generative === "yes";
  return recipe.needs !== "nothing" || recipe.models.length > 0 || wedges.some(({ models = [] }) => models.length > 0);
}

function answerOf(said: boolean | "yes" | "no" | "unknown" | undefined): Answer {
  if (typeof said === "boolean") return said ? "yes" : "no";
  return said ?? "unknown";
}

/** IPTC's URI for what a result is; `ofShow`: the show's own term, which goes before. */
export function sourceUri(plan: StepPlan, ofShow: SourceTerm | null | undefined): SourceUri {
  return `${SOURCE_TYPE_BASE}${ofShow ?? sourceTerm(plan)}`;
}

/** What made it, and whether there was a picture before. */
function sourceTerm(plan: StepPlan): SourceTerm {
  const { generative, images } = recordOf(plan);
  const onPicture = plan.plate !== null || images.length > 0;
  if (generative) return onPicture ? "compositeWithTrainedAlgorithmicMedia" : "trainedAlgorithmicMedia";
  return onPicture ? "algorithmicallyEnhanced" : "algorithmicMedia";
}
