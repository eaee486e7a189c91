/** Rows of the store and the loop's picture of the node in the words of the API. Derived; nothing here is stored. */
import { baseName } from "../domain/paths.ts";
import { chunkLabel, chunksOf, taskCount, taskFrames } from "../domain/chunks.ts";
import { wholeVerdict } from "../domain/wedgeGate.ts";
import type { StoredEvent } from "../domain/events.ts";
import type { GpuFacts, GpuReading, Known } from "../domain/gpu.ts";
import { versionName, wedgeName } from "../domain/ids.ts";
import { reviewPaths, versionDir } from "../domain/naming.ts";
import type { NodeView, SlotProcessView } from "../domain/nodeView.ts";
import type { StepPlan } from "../domain/plan.ts";
import { planGpuSeconds } from "../domain/planText.ts";
import { seedOfTry } from "../domain/seedRetry.ts";
import type { PlanOutcome } from "../planManifest.ts";
import type { JobRow, StepRow, TaskRow } from "../storePort.ts";
import type { EventShape, GpuShape, JobShape, NodeShape, StepShape, TaskShape, VersionShape } from "./shapes.ts";
import type { VerdictShape } from "./verdictShape.ts";

export function jobView(job: JobRow): JobShape {
  return {
    id: job.id,
    name: job.name,
    show: job.show,
    state: job.state,
    priority: job.priority,
    createdAt: iso(job.createdAt),
    startedAt: isoOrNull(job.startedAt),
    endedAt: isoOrNull(job.endedAt),
    counts: job.counts,
    source: { folder: job.source.folder, name: job.source.name, submittedBy: job.source.submittedBy },
    notes: [...job.plan.notes],
    steps: job.steps.map(stepView),
  };
}

function stepView(step: StepRow): StepShape {
  const { plan, version } = step;
  return {
    id: step.id,
    name: plan.name,
    state: step.state,
    recipe: recipeOf(plan),
    product: plan.target.product,
    wedges: plan.wedges.length,
    frames: plan.frames.length,
    tasks: plan.wedges.length * taskFrames(plan).length,
    version: version === null ? null : versionName(version),
    path: version === null ? null : versionDir(plan.target, version),
    review: version === null ? null : reviewPaths(plan.target, version),
    counts: step.counts,
    reason: step.reason,
  };
}

export function taskView(job: Pick<JobRow, "steps">, task: TaskRow): TaskShape {
  const plan = job.steps.find((step) => step.id === task.stepId)?.plan;
  return {
    id: task.id,
    step: task.stepId,
    wedge: wedgeName(task.wedge),
    frame: task.frame,
    frames: plan === undefined || (plan.chunks ?? null) === null ? null : chunkLabel(plan, task.frame),
    state: task.state,
    attempt: task.attempt,
    slot: task.slot,
    failure: task.failure,
    verdict: verdictOf(task),
    gate: task.gate,
    gpuSeconds: task.gpuSeconds,
    seed: seedNow(plan?.wedges[task.wedge - 1]?.seed, task.seedTry),
    seedTry: task.seedTry,
  };
}

/** Of its wedge as a whole, where that holds or refused it. */
function verdictOf({ inspection, gate }: TaskRow): TaskShape["verdict"] {
  if (inspection === null) return null;
  const { whole } = inspection;
  return whole === undefined || gate === "pass" ? inspection.verdict : wholeVerdict(whole.inspection);
}

function seedNow(own: string | undefined, seedTry: number): string | null {
  return own === undefined || own === "" ? null : seedOfTry(own, seedTry);
}

export function nodeView(view: NodeView): NodeShape {
  return {
    node: view.node,
    pid: view.pid,
    version: view.version,
    startedAt: iso(view.startedAt),
    now: iso(view.now),
    state: view.state,
    slots: view.slots.map((slot) => ({
      ...slot,
      classes: slot.classes?.size ?? null,
      blocks: [...slot.blocks],
      gpu: { ...slot.gpu, facts: slot.gpu.facts === null ? null : gpuView(slot.gpu.facts) },
      tasks: [...slot.tasks],
      process: processView(slot.process),
      packs: [...slot.packs],
      lacks: [...slot.lacks],
      drift: [...slot.drift],
    })),
    gpus: gpusView(view.gpus),
    folders: view.folders.map((folder) => ({ ...folder, lastListedAt: isoOrNull(folder.lastListedAt) })),
    roots: view.roots.map((root) => ({ ...root })),
    stepTrouble: { ...view.stepTrouble },
    secondsPerTask: { ...view.secondsPerTask },
  };
}

function gpuView(gpu: GpuFacts): GpuShape {
  return { ...gpu, throttle: gpu.throttle === null ? null : [...gpu.throttle], broken: [...gpu.broken] };
}

function gpusView(reading: GpuReading): NodeShape["gpus"] {
  if (reading.kind === "unknown") return { ...reading };
  const words = (known: Known<unknown>): string => (known.kind === "known" ? String(known.list.length) : known.reason);
  return {
    kind: "known",
    at: iso(reading.at),
    gpus: reading.gpus.map(gpuView),
    lost: reading.lost.map((one) => ({ ...one })),
    processes: words(reading.processes),
    xids: words(reading.xids),
  };
}

function processView(of: SlotProcessView | null): NodeShape["slots"][number]["process"] {
  return of === null ? null : { ...of, startedAt: iso(of.startedAt) };
}

export function versionView(job: JobRow, step: StepRow): VersionShape {
  const { entity, shotDir } = step.plan.target;
  const shot = entity?.shot ?? baseName(shotDir);
  return { ...stepView(step), job: job.id, show: job.show, shot, committedAt: isoOrNull(job.endedAt) };
}

export function eventView(event: StoredEvent): EventShape {
  return { seq: event.seq, at: iso(event.at), name: event.name, job: event.jobId, fields: { ...event.fields } };
}

export function verdictView(outcome: PlanOutcome): VerdictShape {
  switch (outcome.kind) {
    case "rejected":
      return { kind: "rejected", problems: [...outcome.problems] };
    case "waiting":
      return { kind: "waiting", reason: outcome.reason, problems: [...outcome.problems] };
    case "plan": {
      const { plan } = outcome;
      return {
        kind: "plan",
        name: plan.name,
        show: plan.show,
        priority: plan.priority,
        tasks: taskCount(plan),
        gpuSeconds: planGpuSeconds(plan),
        steps: plan.steps.map(plannedStep),
        notes: [...plan.notes],
        problems: [...outcome.notes],
      };
    }
  }
}

type PlannedStep = Extract<VerdictShape, { kind: "plan" }>["steps"][number];

function plannedStep(step: StepPlan): PlannedStep {
  return {
    name: step.name,
    recipe: recipeOf(step),
    product: step.target.product,
    frames: [...step.frames],
    chunks: chunksView(step),
    plate: step.plate === null ? null : `${step.plate.dir}/${step.plate.pattern.split("/").at(-1) ?? ""}`,
    landsIn: step.target.productDir,
    review: step.target.reviewDir,
    qc: {
      profile: step.qc.profile?.name ?? null,
      by: step.qc.profile?.by ?? null,
      gate: step.qc.gate,
      retrySeeds: step.qc.retry?.seeds ?? 0,
      checks: step.qc.checks.map(({ check }) => check),
    },
    wedges: step.wedges.map((wedge) => ({
      wedge: wedgeName(wedge.index),
      axes: { ...wedge.axes },
      parameters: { ...wedge.parameters },
      seed: wedge.seed,
    })),
  };
}

function chunksView(step: StepPlan): PlannedStep["chunks"] {
  const { chunks } = step;
  if (chunks === undefined || chunks === null) return null;
  return { ...chunks, list: chunksOf(step).map((chunk) => chunkLabel(step, chunk.first) ?? "still") };
}

function recipeOf(plan: StepPlan): string {
  return `${plan.recipe.name}@${plan.recipe.version}`;
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : iso(ms);
}
