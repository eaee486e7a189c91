/** A plan in words: how many, how long, where. `hotplate validate --plan` prints it; the first line is its summary. */
import { durationText } from "./answer.ts";
import { taskCount, taskFrames } from "./chunks.ts";
import { colorWords } from "./colorPlan.ts";
import { wedgeName } from "./ids.ts";
import { versionFileName } from "./naming.ts";
import { formatExtension, formatWords } from "./outputFormat.ts";
import { joinPath } from "./paths.ts";
import type { JobPlan, StepPlan } from "./plan.ts";
import { qcWords } from "./qcPlan.ts";

const EXAMPLES = 3;

/** The recipes' own estimate for the whole plan; null when one of them makes none: half a sum would be a lie. */
export function planGpuSeconds(plan: JobPlan): number | null {
  let sum = 0;
  for (const step of plan.steps) {
    if (step.gpuSecondsPerTask === null) return null;
    sum += step.wedges.length * taskFrames(step).length * step.gpuSecondsPerTask;
  }
  return sum;
}

export function planText(plan: JobPlan): readonly string[] {
  const tasks = taskCount(plan);
  const seconds = planGpuSeconds(plan);
  const time =
    seconds === null ? "GPU time unknown (the recipe says no estimate)" : `about ${durationText(seconds)} of GPU time`;
  return [
    `  ${tasks} ${tasks === 1 ? "task" : "tasks"}, ${time}`,
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
      stagedPath: `x.${formatExtension(step.output.format)}`,
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
  const left = step.wedges.length - EXAMPLES;
  const more = left > 0 ? [`            and ${left} more`] : [];
  const colour = colorWords(step.color);
  const swept = step.wedges.length > 1;
  return [
    `  recipe:   ${step.recipe.name}@${step.recipe.version}`,
    `  makes:    ${step.wedges.length} ${swept ? "variations" : "variation"} x ${step.frames.length} ${step.frames.length === 1 ? "frame" : "frames"}${chunkWords(step)}`,
    ...(swept ? [...axes, ...more] : []),
    `  writes:   ${formatWords(step.output.format)}${proxyWords(step)}`,
    `  lands in: ${joinPath(step.target.productDir, "v###")}  (the next free number)`,
    ...files,
    ...more,
    `  review:   ${step.target.reviewDir}`,
    ...(colour === null ? [] : [`  colour:   ${colour}`]),
    ...qcWords(step.qc),
  ];
}

/** `, with a movie (mp4) in the version`; nothing where no proxy is asked for. */
function proxyWords({ output }: Pick<StepPlan, "output">): string {
  if (output.proxy === "mp4") return "; a movie (MP4) inside the version";
  return output.proxy === "jpg" ? "; a JPEG of each inside the version" : "";
}

/** ` in 3 chunks of up to 8 frames, 2 shared`; nothing for frames that are made one by one. */
function chunkWords(step: Pick<StepPlan, "frames" | "chunks">): string {
  const { chunks } = step;
  if (chunks === undefined || chunks === null) return "";
  const count = taskFrames(step).length;
  const shared = chunks.overlap > 0 && count > 1 ? `, ${chunks.overlap} shared` : "";
  return ` in ${count} ${count === 1 ? "chunk" : "chunks"} of up to ${chunks.perTask} frames${shared}`;
}
