/**
 * The whole meaning of a manifest: read, validated, resolved against recipes and disk, expanded into a plan. The daemon's
 * admission and `hotplate validate` run this same code, so they say the same words. All problems at once.
 *
 * May assume nothing about the text: it comes from a shared folder. Must never open anything for writing.
 */
import { canonicalJson } from "./domain/canonicalJson.ts";
import type { Catalogue } from "./domain/catalogue.ts";
import type { Problem } from "./domain/errors.ts";
import { expand } from "./domain/expand.ts";
import { LIMITS } from "./domain/limits.ts";
import { readManifest } from "./domain/manifest.ts";
import { mayBeEcho } from "./domain/manifestRest.ts";
import type { ReadManifest } from "./domain/manifest.ts";
import type { Manifest } from "./domain/manifestSchema.ts";
import { modelSetOf } from "./domain/modelSet.ts";
import { readerOf } from "./domain/manifestReader.ts";
import type { PathForm } from "./domain/pathForms.ts";
import { wordsInForm } from "./domain/pathForms.ts";
import type { JobPlan, PlatePlan, StepPlan, WedgePlan } from "./domain/plan.ts";
import { qcPlan } from "./domain/qcPlan.ts";
import type { Recipe } from "./domain/recipe.ts";
import { recordPlan } from "./domain/recordPlan.ts";
import { findRecipe } from "./domain/recipeVersions.ts";
import type { World } from "./ports.ts";
import { colorNotes, resolveColor } from "./planColor.ts";
import { plateManifest } from "./planDroppedPlate.ts";
import type { ResolvedImages } from "./planImages.ts";
import { resolveImages } from "./planImages.ts";
import { chunkPlan, framesFed, loneFrames } from "./planChunks.ts";
import { gpuHours, secondsPerTask } from "./planCost.ts";
import type { Finding, PathWorld } from "./planFinding.ts";
import { found } from "./planFinding.ts";
import { resolveOutput } from "./planOutput.ts";
import { recordOnlyNotes, sourceNotes } from "./planRemarks.ts";
import type { Rerun } from "./planRerun.ts";
import { asBefore, changedPlate, recipeRef, resolveRerun } from "./planRerun.ts";
import { resolvePlate } from "./planPlate.ts";
import { byLine, noRecipe, problemAt, sizeProblem, unknownRecipe } from "./planProblems.ts";
import { resolveTarget } from "./planTarget.ts";

export type PlanWorld = PathWorld &
  Pick<World, "recipes" | "digest" | "colours"> & {
    /** What a ComfyUI of this node says of its classes: finds models that names alone don't show. */
    readonly catalogue?: Catalogue | null;
  };

export type PlanOutcome =
  | {
      readonly kind: "plan";
      readonly plan: JobPlan;
      readonly dedupeKey: string;
      readonly notes: readonly Problem[];
      readonly manifestText: string | null;
    }
  | { readonly kind: "rejected"; readonly problems: readonly Problem[] }
  /** Nothing is wrong with it, but something it needs is not there or not complete yet. */
  | { readonly kind: "waiting"; readonly reason: string; readonly problems: readonly Problem[] };

export interface ManifestInput {
  readonly text: Uint8Array;
  /** Size on disk: larger than the bound, `text` is empty. */
  readonly bytes: number;
  readonly fileName: string;
  /** Relative paths in the manifest start here. */
  readonly dir: string;
  readonly show: string;
  /** The recipe that the hot folder is bound to: the default of `use`. */
  readonly boundRecipe: string | null;
}

export async function planManifest(world: PlanWorld, input: ManifestInput): Promise<PlanOutcome> {
  if (input.bytes > LIMITS.manifestBytesMax) return rejected([sizeProblem(input)]);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(input.text);
  const read = readManifest(text, input.fileName);
  const manifest = read.manifest ?? read.rest?.manifest;
  if (manifest === undefined) return rejected(read.problems);
  const use = manifest.use ?? input.boundRecipe;
  const reader = readerOf(manifest, world.config.roots);
  const outcome = await planRead(world, input, { read, manifest, use, generated: null, reader });
  return reader === null ? outcome : inReadersForm(outcome, reader, world.config.roots);
}

/** Who wrote `P:\...` reads `P:\...`: what is wrong with a path is said in the spelling that its writer can open. */
function inReadersForm(outcome: PlanOutcome, reader: PathForm, roots: PlanWorld["config"]["roots"]): PlanOutcome {
  const said = (text: string): string => wordsInForm(text, reader, roots);
  const spelled = (problem: Problem): Problem => ({
    ...problem,
    message: said(problem.message),
    found: problem.found === null ? null : said(problem.found),
    expected: problem.expected === null ? null : said(problem.expected),
    nearest: problem.nearest === null ? null : said(problem.nearest),
    action: said(problem.action),
  });
  switch (outcome.kind) {
    case "plan":
      return { ...outcome, notes: outcome.notes.map(spelled) };
    case "rejected":
      return { ...outcome, problems: outcome.problems.map(spelled) };
    case "waiting":
      return { ...outcome, reason: said(outcome.reason), problems: outcome.problems.map(spelled) };
  }
}

/** A dropped plate, folder of plates, or a plate version under an asset path: a manifest is written for it and planned. */
export async function planPlate(
  world: PlanWorld,
  drop: { readonly path: string; readonly show: string; readonly recipe: string; readonly marker: string | null },
): Promise<PlanOutcome> {
  const made = await plateManifest(world, drop);
  if (made.kind !== "manifest") return made.outcome;
  const read = readManifest(made.text, made.fileName);
  if (read.manifest === null) return rejected(read.problems);
  const input: ManifestInput = {
    text: new Uint8Array(0),
    bytes: 0,
    fileName: made.fileName,
    dir: made.dir,
    show: drop.show,
    boundRecipe: drop.recipe,
  };
  return planRead(world, input, {
    read,
    manifest: read.manifest,
    use: drop.recipe,
    generated: made.text,
    reader: null,
  });
}

interface Reading {
  readonly read: ReadManifest;
  /** The whole manifest, or what is right of one that is refused. */
  readonly manifest: Manifest;
  readonly use: string | null;
  readonly generated: string | null;
  /** How its writer spells paths; null: nothing in it tells. */
  readonly reader: PathForm | null;
}

async function planRead(world: PlanWorld, input: ManifestInput, reading: Reading): Promise<PlanOutcome> {
  const { rerun: wish } = reading.manifest;
  if (typeof wish === "boolean") return planWhole(world, input, { reading, rerun: null });
  const rerun = await resolveRerun(world, { manifest: reading.manifest, wish, dir: input.dir });
  const { read } = reading;
  if (rerun.value === null || read.manifest === null)
    return rejected([...read.problems, ...rerun.findings.map((finding) => problemAt(read, input.fileName, finding))]);
  const { manifest } = rerun.value;
  return planWhole(world, input, { reading: { ...reading, manifest, use: manifest.use ?? null }, rerun: rerun.value });
}

async function planWhole(
  world: PlanWorld,
  input: ManifestInput,
  of: { readonly reading: Reading; readonly rerun: Rerun | null },
): Promise<PlanOutcome> {
  const { reading, rerun } = of;
  const { manifest, read, use } = reading;
  const book = await world.recipes.book();
  const recipe = rerun?.recipe ?? (use === null ? null : findRecipe(book, use));
  const known = [...read.problems];
  if (use !== null && recipe === null) known.push(unknownRecipe(read, input.fileName, { book, use }));
  const wrong = known.some((problem) => problem.severity === "error");
  const seen = await look(world, { manifest, recipe, rerun, dir: input.dir, show: input.show }).catch(
    (error: unknown) => {
      // The disk does not answer now; what is wrong already is said all the same.
      if (wrong) return null;
      throw error;
    },
  );
  if (seen === null) return rejected(known);
  const { plate, target, images, color, output, expanded, qc, frames, chunks } = seen;
  const findings = [...(use === null ? [noRecipe] : []), ...seen.findings].filter(
    (finding) => read.rest === null || !mayBeEcho(finding, read.rest),
  );
  const problems = [...known, ...findings.map((finding) => problemAt(read, input.fileName, finding))];
  // A copy that still runs is nothing to fix; it is said once the rest is right.
  const toFix = problems.filter((problem) => problem.code !== "HP-PLATE-GROWING");
  if (wrong || problems.some((problem) => problem.severity === "error")) return rejected(toFix);
  const waiting = plate.waiting ?? target.waiting ?? images.waiting;
  if (waiting !== null) return { kind: "waiting", reason: waiting, problems };
  if (target.value === null || color.value === null || output.value === null || recipe === null)
    return rejected(problems);
  const wedges = (images.value?.wedges ?? expanded.wedges).map((wedge) =>
    withModels(wedge, recipe, world.catalogue ?? null),
  );
  const step: StepPlan = {
    name: "main",
    recipe: recipeRef(recipe),
    plate: plate.value,
    frames,
    chunks,
    wedges,
    target: target.value,
    output: output.value,
    color: color.value,
    qc: qc.plan,
    gpuSecondsPerTask: secondsPerTask(recipe, chunks),
    timeoutMs: recipe.file.timeoutMs ?? LIMITS.taskTimeoutMs,
    ...(manifest.retention === undefined ? {} : { retention: manifest.retention }),
    record: recordPlan({
      manifest,
      recipe: recipe.file,
      wedges,
      images: images.value?.inputs ?? [],
    }),
    ...(rerun === null ? {} : { rerun: rerun.plan }),
  };
  return accepted(world, input, { reading, recipe, step, problems, imageInputs: images.value?.inputs ?? [] });
}

/** Everything that can be looked at, with or without a recipe, so that all that is wrong is said at once. */
async function look(
  world: PlanWorld,
  of: {
    readonly manifest: Manifest;
    readonly recipe: Recipe | null;
    readonly rerun: Rerun | null;
    readonly dir: string;
    readonly show: string;
  },
) {
  const { manifest, recipe, rerun, dir, show } = of;
  const forPlate = recipe ?? ANY_RECIPE;
  const plate = await resolvePlate(world, { manifest, recipe: forPlate, dir, show });
  const frames = framesOf(plate.value);
  const chunks = chunkPlan(recipe?.file ?? null, plate.value);
  const expanded = rerun === null ? expand(manifest, recipe?.file ?? null, frames.length) : asBefore(rerun);
  const wedges = expanded.count;
  const target = await resolveTarget(world, { manifest, recipe: forPlate, dir, plate: plate.value, show, wedges });
  const images =
    recipe === null ? found(null) : await resolveImages(world, { recipe, dir, manifest, wedges: expanded.wedges });
  // Of a plate that is not there (yet) nothing can be said but that.
  const unseen = recipe === null || (manifest.plate !== undefined && plate.value === null);
  const color = unseen
    ? found(null)
    : await resolveColor(world, { manifest, recipe: recipe.file, plate: plate.value, show });
  const output =
    recipe === null || color.value === null
      ? found(null)
      : resolveOutput({ manifest, recipe: recipe.file, plate: plate.value });
  const qc = qcPlan({
    manifest: manifest.qc,
    recipe: recipe?.file ?? null,
    settings: world.config.qc,
    show,
    book: await world.images.checks(),
    rerun: rerun !== null,
  });
  const findings: readonly Finding[] = [
    ...plate.findings,
    ...(rerun === null ? [] : changedPlate(rerun, plate.value)),
    ...target.findings,
    ...expanded.problems,
    ...images.findings,
    ...color.findings,
    ...output.findings,
    ...qc.findings,
    ...loneFrames(recipe?.file ?? null, { frames, chunks }),
    ...(recipe === null ? [] : gpuHours(manifest, recipe, expanded.count * framesFed({ frames, chunks }))),
  ];
  return { plate, target, images, color, output, expanded, qc, frames, chunks, findings };
}

/** Stands for a recipe that nobody knows while the rest of its manifest is looked at. */
const ANY_RECIPE = {
  file: { name: "unknown", plate: { required: false, bind: { node: "", input: "" }, width: [], height: [] } },
};

function accepted(
  world: PlanWorld,
  input: ManifestInput,
  of: {
    readonly reading: Reading;
    readonly recipe: Recipe;
    readonly step: StepPlan;
    readonly problems: readonly Problem[];
    readonly imageInputs: ResolvedImages["inputs"];
  },
): PlanOutcome {
  const { manifest } = of.reading;
  const { rerun, ...said } = manifest;
  const canonical = canonicalJson(said);
  const inputs = (of.step.plate?.frames ?? []).map((frame) => [frame.path, frame.bytes, frame.mtimeNs, frame.ino]);
  const source = of.step.plate?.source;
  const key = canonicalJson({
    manifest: canonical,
    show: input.show,
    recipe: [of.step.recipe.name, of.step.recipe.version, of.step.recipe.sha256],
    inputs,
    images: of.imageInputs,
    ...(source === undefined ? {} : { source: [source.ref, source.commitSha256] }),
    target: of.step.target.productDir,
    ...(of.step.rerun === undefined ? {} : { rerun: of.step.rerun, wedges: of.step.wedges }),
  });
  const plan: JobPlan = {
    name: manifest.name ?? input.fileName.replace(/\.[^.]+$/, ""),
    show: input.show,
    priority: manifest.priority,
    deadlineAt: manifest.limits?.deadline === undefined ? null : Date.parse(manifest.limits.deadline),
    rerun: rerun !== false,
    steps: [of.step],
    manifestCanonical: canonical,
    notes: [
      ...of.problems.map((problem) => problem.message),
      ...recordOnlyNotes(manifest, of.recipe),
      ...colorNotes(of.step),
      ...sourceNotes(of.step.plate),
    ],
    ...(of.reading.reader === null ? {} : { reader: of.reading.reader }),
  };
  return {
    kind: "plan",
    plan,
    dedupeKey: world.digest.sha256(key),
    notes: of.problems,
    manifestText: of.reading.generated,
  };
}

function withModels(wedge: WedgePlan, recipe: Recipe, catalogue: Catalogue | null): WedgePlan {
  const models = modelSetOf(recipe, wedge.parameters, catalogue);
  return models.length === 0 ? wedge : { ...wedge, models };
}

function framesOf(plate: PlatePlan | null): readonly (number | null)[] {
  return plate === null ? [null] : plate.frames.map((frame) => frame.frame);
}

function rejected(problems: readonly Problem[]): PlanOutcome {
  return { kind: "rejected", problems: byLine(problems) };
}
