/** What the API says of jobs, tasks and the node: shapes for `--json` too. Derived; nothing here is stored. */
import { versionName, wedgeName } from "../domain/ids.ts";
import { reviewPaths, versionDir } from "../domain/naming.ts";
import type { NodeView } from "../domain/nodeView.ts";
import type { JobRow, StepRow, TaskRow } from "../storePort.ts";

export function jobView(job: JobRow) {
  return {
    id: job.id,
    name: job.name,
    show: job.show,
    state: job.state,
    priority: job.priority,
    createdAt: iso(job.createdAt),
    startedAt: job.startedAt === null ? null : iso(job.startedAt),
    endedAt: job.endedAt === null ? null : iso(job.endedAt),
    counts: job.counts,
    source: { folder: job.source.folder, name: job.source.name, submittedBy: job.source.submittedBy },
    notes: job.plan.notes,
    steps: job.steps.map(stepView),
  };
}

function stepView(step: StepRow) {
  const { plan, version } = step;
  return {
    id: step.id,
    name: plan.name,
    state: step.state,
    recipe: `${plan.recipe.name}@${plan.recipe.version}`,
    product: plan.target.product,
    wedges: plan.wedges.length,
    frames: plan.frames.length,
    version: version === null ? null : versionName(version),
    path: version === null ? null : versionDir(plan.target, version),
    review: version === null ? null : reviewPaths(plan.target, version),
    counts: step.counts,
    reason: step.reason,
  };
}

export function taskView(task: TaskRow) {
  return {
    id: task.id,
    wedge: wedgeName(task.wedge),
    frame: task.frame,
    state: task.state,
    attempt: task.attempt,
    slot: task.slot,
    failure: task.failure,
    verdict: task.inspection?.verdict ?? null,
    gate: task.gate,
    gpuSeconds: task.gpuSeconds,
  };
}

export function nodeView(view: NodeView) {
  return {
    ...view,
    startedAt: iso(view.startedAt),
    now: iso(view.now),
    slots: view.slots.map((slot) => ({ ...slot, classes: slot.classes?.size ?? null })),
  };
}

export function versionView(job: JobRow, step: StepRow) {
  return {
    ...stepView(step),
    job: job.id,
    show: job.show,
    committedAt: job.endedAt === null ? null : iso(job.endedAt),
  };
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
