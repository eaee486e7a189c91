/**
 * The words of STATUS.txt and ERROR.txt: what an artist reads in the folder, and what `hotplate validate` prints. Pure: the
 * same facts, the same text. Plain text, no colour, one thing to do.
 */
import { taskFrames } from "./chunks.ts";
import { answerStem, shownName } from "./dropName.ts";
import { shownText } from "./terminalText.ts";
import type { ErrorCode, Problem } from "./errors.ts";
import { versionName, wedgeName } from "./ids.ts";
import type { JobState, StepState, TaskCounts } from "./job.ts";
import type { ChunkPlan, QcPlan, StepPlan } from "./plan.ts";
import type { AnswerQc, AnswerRefused } from "./qcAnswer.ts";
import { anywayLines, qcLines, refusedLines } from "./qcAnswer.ts";
import { structuralOffLines } from "./qcOff.ts";

export function statusFileName(name: string): string {
  return `${answerStem(name)}.STATUS.txt`;
}
export function errorFileName(name: string): string {
  return `${answerStem(name)}.ERROR.txt`;
}
export function folderStatusName(): string {
  return "STATUS.txt";
}

/** `file:line:col`, code, sentence; found, expected, nearest, action on lines of their own. */
export function problemLines(problem: Problem): readonly string[] {
  const place = [problem.file, problem.line, problem.col].filter((part) => part !== null).join(":");
  const out = [`${place === "" ? "" : `${place}  `}${problem.code}`, `  ${problem.message}`];
  if (problem.found !== null) out.push(`  found:    ${problem.found}`);
  if (problem.expected !== null) out.push(`  expected: ${problem.expected}`);
  if (problem.nearest !== null) out.push(`  did you mean: ${problem.nearest}`);
  out.push(`  do this:  ${problem.action}`);
  return out;
}

export function errorAnswer(name: string, problems: readonly Problem[]): string {
  const errors = problems.filter((problem) => problem.severity === "error");
  const count = errors.length === 1 ? "one thing" : `${errors.length} things`;
  return text([
    `REJECTED  ${shownName(name)}: ${count} to fix. Nothing was rendered.`,
    "",
    ...blocks(problems),
    "Fix it and save it again in this folder; it is read again by itself.",
  ]);
}

export function refusedAnswer(name: string, recipe: string | null): string {
  const what =
    recipe === null
      ? "a manifest (.yaml, .yml or .json)"
      : `a manifest, an image or a folder of plates for the recipe ${recipe}`;
  return text([
    `REJECTED  ${shownName(name)}: it is not ${what}.`,
    "",
    "  HP-INTAKE-NOT-A-MANIFEST",
    "  This folder takes manifests. It was left where it is; nothing was done with it.",
    "  do this:  drop a manifest that names it as its plate, for example:",
    "",
    "    use: env_relight",
    `    plate: ${JSON.stringify(name)}`,
  ]);
}

export function waitingAnswer(name: string, reason: string, problems: readonly Problem[]): string {
  const said = problems.some((problem) => problem.message === reason);
  return text([
    `WAITING  ${shownName(name)}`,
    "",
    ...(said ? [] : [`  ${reason}`, ""]),
    ...blocks(problems),
    "It goes on by itself; nothing needs to be dropped again.",
  ]);
}

export function receivingAnswer(name: string, bytes: number): string {
  return text([
    `RECEIVING  ${shownName(name)}`,
    "",
    `  It is still being written (${bytes} bytes so far). It is read when it is complete.`,
  ]);
}

export interface AnswerVersion {
  readonly product: string;
  readonly number: number;
  readonly state: StepState;
  /** This and the others as their reader spells paths. */
  readonly path: string;
  /** The same place as it is called on other machines. */
  readonly otherForms: readonly string[];
  readonly reviewDir: string;
  readonly contactSheet: string;
  readonly qcReport: string;
  /** Absent: nothing was refused, or the version has not ended. */
  readonly refused?: AnswerRefused;
  /** What it comes without; absent: nothing that is known. */
  readonly lack?: string | null;
}

/** One cause of failed tasks: its first wedge, and how many tasks have it. */
export interface AnswerFailure {
  readonly wedge: number;
  readonly tasks: number;
  readonly code: string;
  readonly message: string;
}

export interface AnswerPaths {
  readonly ahead: number;
  readonly etaSeconds: number | null;
  readonly trouble: string | null;
  readonly versions: readonly AnswerVersion[];
  readonly failures: readonly AnswerFailure[];
  /** By step; absent: nobody asked. */
  readonly qc?: readonly AnswerQc[];
  readonly now: number;
}

/** What an answer says of a job; the store's row is one. */
export interface AnsweredJob {
  readonly id: string;
  readonly state: JobState;
  readonly counts: TaskCounts;
  readonly plan: { readonly notes: readonly string[]; readonly steps: readonly AnsweredStep[] };
  readonly steps: readonly { readonly reason: string | null }[];
}

/** What will run; a step's plan is one. */
export interface AnsweredStep {
  readonly recipe: { readonly name: string; readonly version: string };
  readonly plate: { readonly pattern: string } | null;
  readonly wedges: readonly unknown[];
  readonly frames: StepPlan["frames"];
  readonly chunks?: ChunkPlan | null;
  readonly gpuSecondsPerTask: number | null;
  /** Absent: nothing is known of it. */
  readonly qc?: Pick<QcPlan, "checks" | "off">;
}

export function statusAnswer(name: string, job: AnsweredJob, extras: AnswerPaths): string {
  const anyway = (extras.qc ?? []).flatMap(anywayLines);
  const lines = [
    `${headline(job)}  ${name}`,
    "",
    ...anyway,
    `  job:      ${job.id}`,
    ...job.plan.steps.flatMap(runsLines),
  ];
  lines.push(...progressLines(job, extras));
  for (const version of extras.versions) lines.push(...versionLines(version, job));
  for (const qc of extras.qc ?? []) lines.push(...qcLines(qc));
  for (const failure of extras.failures.slice(0, FAILURES_SHOWN)) lines.push(failureLine(failure));
  for (const step of job.steps) if (step.reason !== null) lines.push(`  why:      ${step.reason}`);
  for (const note of job.plan.notes) lines.push(`  note:     ${note}`);
  lines.push("", anyway.length > 0 && job.state === "done" ? LOOK_FIRST : nextLine(job, extras));
  return text(lines);
}

function runsLines(step: AnsweredStep): readonly string[] {
  const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? "" : "s"}`;
  const images = step.wedges.length * step.frames.length;
  const on = step.plate === null ? "" : ` on ${step.plate.pattern}`;
  const product = `${count(step.wedges.length, "variation")} x ${count(step.frames.length, "frame")}`;
  const tasks = step.wedges.length * taskFrames(step).length;
  const cost = step.gpuSecondsPerTask === null ? null : tasks * step.gpuSecondsPerTask;
  const chunks =
    step.chunks === undefined || step.chunks === null
      ? ""
      : `, in ${count(tasks, "task")} of up to ${step.chunks.perTask} frames`;
  return [
    `  runs:     ${step.recipe.name} ${step.recipe.version}${on}`,
    `  makes:    ${product} = ${count(images, "image")}${chunks}`,
    // The recipe's own figure, and of work, not of waiting: an end is foretold only from tasks that have ended.
    ...structuralOffLines(step.qc),
    ...(cost === null ? [] : [`  GPU time: about ${durationText(cost)} by the recipe's estimate`]),
  ];
}

const FAILURES_SHOWN = 3;

/** What failed, by cause: two hundred wedges that miss the same model are one line. */
export function answerFailures(
  tasks: readonly {
    readonly wedge: number;
    readonly failure: { readonly code: string; readonly message: string } | null;
  }[],
): readonly AnswerFailure[] {
  const out = new Map<string, AnswerFailure>();
  for (const { wedge, failure } of tasks) {
    if (failure === null) continue;
    const known = out.get(failure.message);
    out.set(
      failure.message,
      known === undefined
        ? { wedge, tasks: 1, code: failure.code, message: failure.message }
        : { ...known, tasks: known.tasks + 1 },
    );
  }
  return [...out.values()];
}

function failureLine(failure: AnswerFailure): string {
  const others = failure.tasks > 1 ? ` and ${failure.tasks - 1} more` : "";
  return `  failed:   ${wedgeName(failure.wedge)}${others}: ${failure.code}  ${failure.message}`;
}

/** Follows the job that it stands for: one that failed is no reason to wait, and dropped again it is done anew. */
export function duplicateAnswer(name: string, job: AnsweredJob, extras: AnswerPaths): string {
  const code: ErrorCode = "HP-INTAKE-DUPLICATE";
  const body = [`  ${code}`, ...statusAnswer(name, job, extras).split("\n").slice(2)].join("\n");
  const same = `${name} is the same work as job ${job.id}`;
  if (job.state === "failed" || job.state === "canceled")
    return `${job.state.toUpperCase()}  ${same}, which ${job.state === "failed" ? "failed" : "was canceled"}.\n\n${body}\nTo try it again, drop it again.\n`;
  const already = job.state === "done" ? "ALREADY DONE HERE" : "ALREADY ACCEPTED";
  return `${already}  ${same} (${job.state}). Nothing is rendered twice.\n\n${body}\nTo render it again, add  rerun: true  and drop it again.\n`;
}

/** One answer for a folder where too many wait for one each. */
export function folderAnswer(of: {
  readonly folder: string;
  readonly waiting: number;
  readonly perSecond: number | null;
}): string {
  const left = of.perSecond === null || of.perSecond <= 0 ? null : of.waiting / of.perSecond;
  const estimate = left === null ? "" : `, about ${durationText(left)} at the present pace`;
  return text([
    `BUSY  ${of.waiting} files in ${of.folder} wait to be read or answered${estimate}.`,
    "",
    "  Each gets its own answer when it is its turn.",
  ]);
}

/** A folder that is not read at all, because nobody tidies it. */
export function overfullAnswer(path: string, max: number): string {
  return text([
    `STOPPED  ${path} holds more than ${max} names and is not read.`,
    "",
    "  do this:  move what is old out of it. It is read again by itself.",
  ]);
}

function headline(job: AnsweredJob): string {
  switch (job.state) {
    case "waiting":
      return "ACCEPTED";
    case "running":
      return "RUNNING";
    case "publishing":
      return "PUBLISHING";
    case "done":
      return "DONE";
    case "failed":
      return "FAILED";
    case "canceled":
      return "CANCELED";
  }
}

function progressLines(job: AnsweredJob, extras: AnswerPaths): readonly string[] {
  const { counts } = job;
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const ended = counts.committing + counts.done;
  const out = [
    `  tasks:    ${ended}/${total} rendered${counts.failed > 0 ? `, ${counts.failed} failed or rejected` : ""}${counts.running > 0 ? `, ${counts.running} running` : ""}`,
  ];
  if (job.state === "waiting" && extras.ahead > 0) out.push(`  before:   ${extras.ahead} tasks are before it`);
  // A person's time is foretold by nobody.
  const rest = counts.blocked + counts.ready + counts.running + counts.deferred;
  const held = (extras.qc ?? []).some((qc) => qc.held.count > 0);
  const foretold = job.state === "waiting" || (job.state === "running" && (rest > 0 || !held));
  if (extras.etaSeconds !== null && foretold) out.push(`  about:    ${durationText(extras.etaSeconds)} to go`);
  if (extras.trouble !== null) out.push(`  waits:    ${extras.trouble}`);
  return out;
}

function versionLines(version: AnswerVersion, job: AnsweredJob): readonly string[] {
  const name = `${version.product} ${versionName(version.number)}`;
  switch (version.state) {
    case "committed":
      return [
        `  version:  ${name}`,
        `  results:  ${version.path}`,
        ...version.otherForms.map((form) => `            ${form}`),
        `  contact:  ${version.contactSheet}`,
        `  QC:       ${version.qcReport}`,
        ...(version.refused === undefined ? [] : refusedLines(version.refused, null)),
        ...(version.lack === undefined || version.lack === null ? [] : [`  note:     ${version.lack}`]),
      ];
    case "burnt":
      return [
        `  version:  ${name} was not published; its number stays used`,
        ...(version.refused === undefined ? [] : refusedLines(version.refused, version.qcReport)),
      ];
    case "planned":
    case "open":
    case "committing":
      return [
        `  version:  ${name}, when every task has ended`,
        `  will be:  ${version.path}`,
        ...version.otherForms.map((form) => `            ${form}`),
        ...(job.counts.committing > 0 ? [`  look:     ${version.reviewDir}`] : []),
      ];
  }
}

/** The same as `hotplate explain` says of each of its tasks. */
const REFUSED = "Next: read the QC report; drop the manifest again, and with  qc: {gate: hold}  it waits for you.";
const LOOK_FIRST = "Next: read the QC report before anything of it is used; then look at the contact sheet and choose.";

function nextLine(job: AnsweredJob, { versions }: AnswerPaths): string {
  switch (job.state) {
    case "done":
      return "Next: look at the contact sheet and choose.";
    case "failed":
      if (versions.some(({ state, refused }) => state === "burnt" && refused !== undefined)) return REFUSED;
      return `Next: hotplate show ${job.id}; fix the cause; drop the manifest again.`;
    case "canceled":
      return "Next: drop the manifest again if it is wanted after all.";
    case "waiting":
    case "running":
    case "publishing":
      return "This file follows the job; look again any time.";
  }
}

function blocks(problems: readonly Problem[]): readonly string[] {
  return problems.flatMap((problem) => [...problemLines(problem), ""]);
}

/** `18 s`, `9 min`, `3.2 h`. */
export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}

function text(lines: readonly string[]): string {
  // Answers are read by cat, too, and hold words of plugins, programs and ComfyUI.
  return `${shownText(lines.join("\n")).trimEnd()}\n`;
}
