/** A plan in words: how many, how long, where. `hotplate validate --plan` prints it; the first line is its summary. */
import { durationText } from "./answer.ts";
import { wedgeName } from "./ids.ts";
import { versionFileName } from "./naming.ts";
import { joinPath } from "./paths.ts";
import type { JobPlan, StepPlan } from "./plan.ts";
import { taskCount } from "./plan.ts";

const EXAMPLES = 3;

export function planText(plan: JobPlan): readonly string[] {
  const tasks = taskCount(plan);
  const seconds = plan.steps.reduce(
    (sum, step) => sum + step.wedges.length * step.frames.length * (step.gpuSecondsPerTask ?? 0),
    0,
  );
  const time = seconds > 0 ? `, about ${durationText(seconds)} of GPU time` : "";
  return [
    `  ${tasks} ${tasks === 1 ? "task" : "tasks"}${time}`,
    ...plan.steps.flatMap(stepText),
    ...plan.notes.map((note) => `  note:     ${note}`),
  ];
}

function stepText(step: StepPlan): readonly string[] {
  const files = step.wedges.slice(0, EXAMPLES).map((wedge) => {
    const name = versionFileName(step, {
      version: 0,
      wedge: wedge.index,
      frame: step.frames[0] ?? null,
      stagedPath: `x.${step.output.format}`,
      padding: step.plate?.padding ?? 4,
    });
    return `            ${joinPath(step.target.productDir, "v###", name.replaceAll("v000", "v###"))}`;
  });
  const axes = step.wedges.slice(0, EXAMPLES).map(
    (wedge) =>
      `            ${wedgeName(wedge.index)}  ${Object.entries(wedge.axes)
        .map(([axis, value]) => `${axis} ${value}`)
        .join(", ")}`,
  );
  const swept = step.wedges.length > 1;
  return [
    `  recipe:   ${step.recipe.name}@${step.recipe.version}`,
    `  makes:    ${step.wedges.length} ${swept ? "variations" : "variation"} x ${step.frames.length} ${step.frames.length === 1 ? "frame" : "frames"}`,
    ...(swept ? axes : []),
    `  lands in: ${joinPath(step.target.productDir, "v###")}  (the next free number)`,
    ...files,
    `  review:   ${step.target.reviewDir}`,
  ];
}
