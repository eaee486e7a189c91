/** What QC has said of a job's steps so far, gathered from the store for answers and commands. Reads only. */
import { formatFrames } from "./domain/frames.ts";
import { quarantineDir, reviewPaths } from "./domain/naming.ts";
import { LIMITS } from "./domain/limits.ts";
import type { AnswerQc, AnswerRefused, HeldWedge } from "./domain/qcAnswer.ts";
import { rejectedResults } from "./domain/rejection.ts";
import { seedOfTry } from "./domain/seedRetry.ts";
import type { Waiver } from "./domain/waiver.ts";
import { judgedPictures, openFindings } from "./domain/waiver.ts";
import { decidingFinding, isHeldAsWhole, wholeFindings } from "./domain/wedgeGate.ts";
import type { JobRow, QcNotes, StepRow, Store, TaskRow } from "./storePort.ts";

/** By step; a committed version's warnings are those of its qc.json, with sequences and sets. */
export async function qcStanding(
  store: Pick<Store, "qcNotes" | "waivers" | "tasks">,
  job: JobRow,
  shown: number = LIMITS.answerQcShown,
): Promise<readonly AnswerQc[]> {
  const out: AnswerQc[] = [];
  for (const step of job.steps) {
    const notes = await store.qcNotes(step.id, shown);
    const waivers = await store.waivers(step.id);
    const waived = await standingWaivers(store, step, waivers);
    const overruled = waivers.length === 0 ? [] : await overruledOf(store, step);
    out.push({
      wedges: step.plan.wedges.length,
      report: step.state === "committed" || (step.state === "burnt" && (await refusedOf(store, step)) !== null),
      warned: step.publication?.warned ?? notes.warned,
      anyway: anywayOf(step, notes),
      held: {
        count: notes.held.count,
        page: step.version === null ? null : reviewPaths(step.plan.target, step.version).qcReport,
        first: notes.held.tasks.map((task) => ({
          task: task.id,
          wedge: task.wedge,
          reason: heldReason(task, waivers),
          checks: waivableChecks(task, waivers),
          until: task.holdUntil,
        })),
        wedges: notes.held.wedges.map(({ wedge, count, tasks }) => ({
          ...heldTogether(tasks, waivers),
          wedge,
          tasks: count,
        })),
      },
      waived: { count: waived.length, first: waived.slice(0, shown) },
      ...(overruled.length === 0 ? {} : { overruled: { count: overruled.length, first: overruled.slice(0, shown) } }),
      reseeded: { wedges: notes.reseeded.wedges, first: seedsOf(step, notes) },
    });
  }
  return out;
}

/** Held results of one variation as one, by its own name where it is one only: what names them, what still keeps them, what lets all of them pass. */
export function heldTogether(held: readonly TaskRow[], waivers: readonly Waiver[]): Omit<HeldWedge, "wedge" | "tasks"> {
  const [first] = held;
  const frames = held.flatMap(({ frame }) => (frame === null ? [] : [frame]));
  const until = held.flatMap(({ holdUntil }) => (holdUntil === null ? [] : [holdUntil]));
  return {
    target: first === undefined ? "" : held.length === 1 ? first.id : `${first.stepId}/w${first.wedge}`,
    frames: held.length === 1 ? "" : formatFrames(frames),
    reason: first === undefined ? "" : heldReason(first, waivers),
    checks: [...new Set(held.flatMap((task) => waivableChecks(task, waivers)))],
    until: until.length === 0 ? null : Math.min(...until),
  };
}

/** What a person kept out, and another let pass after that. */
async function overruledOf(
  store: Pick<Store, "tasks">,
  step: StepRow,
): Promise<NonNullable<AnswerQc["overruled"]>["first"]> {
  const tasks = await store.tasks(step.id, { states: ["committing", "done"] });
  return rejectedResults(tasks.filter(({ gate }) => gate === "pass")).map(({ wedge, frame, by, reason }) => ({
    wedge,
    frame,
    by,
    reason,
  }));
}

/** One per variation, check and person, of pictures that are there: a waiver of one that was made again since is void. */
async function standingWaivers(
  store: Pick<Store, "tasks">,
  step: StepRow,
  waivers: readonly Waiver[],
): Promise<readonly AnswerQc["waived"]["first"][number][]> {
  const standing = waivers.filter(({ revoked }) => revoked === null);
  if (standing.length === 0) return [];
  const tasks = await store.tasks(step.id, { states: ["committing", "done"] });
  const there = new Set(tasks.flatMap(({ staged }) => staged.map(({ sha256 }) => sha256)));
  const out = new Map<string, AnswerQc["waived"]["first"][number]>();
  for (const { wedge, check, by, reason, sha256 } of standing)
    if (there.has(sha256)) out.set([wedge, check, by, reason].join("\n"), { wedge, check, by, reason });
  return [...out.values()];
}

/** Elsewhere than with gate `warn` what failed is there because a person waived it. */
function anywayOf(step: StepRow, notes: QcNotes): AnswerQc["anyway"] {
  const published = step.state === "committed";
  if (step.plan.qc.gate !== "warn") return { failed: 0, unlooked: 0, published };
  const { failed, unlooked } = step.publication?.anyway ?? notes.anyway;
  return { failed, unlooked, published };
}

/** What QC refused of a step and where it lies, once its version has ended; null: nothing was refused. */
export async function refusedOf(store: Pick<Store, "tasks">, step: StepRow): Promise<AnswerRefused | null> {
  const ended = step.state === "committed" || step.state === "burnt";
  if (!ended || step.version === null || step.counts.failed === 0) return null;
  const failed = await store.tasks(step.id, { states: ["failed"], limit: LIMITS.answerFailuresRead });
  const refused = failed.filter(({ failure }) => failure?.class === "qc").map(({ wedge }) => wedge);
  if (refused.length === 0) return null;
  const all = [...new Set(refused)].sort((a, b) => a - b);
  const wedges = all.slice(0, LIMITS.answerNamesShown);
  const isAll = failed.length < LIMITS.answerFailuresRead;
  const place = quarantineDir(step.plan.target, step.version);
  return { wedges, more: isAll ? all.length - wedges.length : null, place };
}

/** What still keeps it: whoever has waived one finding must not read of that one, but of those that are left. */
export function heldReason(task: TaskRow, waivers: readonly Waiver[]): string {
  const { inspection } = task;
  const open = isHeldAsWhole(task) ? [] : openFindings(judgedPictures(task), waivers);
  const finding = open[0] ?? (inspection === null ? undefined : decidingFinding(inspection));
  if (finding === undefined) return "QC could not look";
  const others = [...new Set(open.map(({ check }) => check))].filter((check) => check !== finding.check);
  return `${finding.check}: ${finding.message}${others.length === 0 ? "" : ` Also ${others.join(", ")}.`}`;
}

/** Ids of the failures that keep it; empty: QC could not look, and that can't be waived. */
export function waivableChecks(task: TaskRow, waivers: readonly Waiver[]): readonly string[] {
  const { inspection } = task;
  const findings =
    isHeldAsWhole(task) && inspection?.whole !== undefined
      ? wholeFindings(inspection.whole.inspection)
      : openFindings(judgedPictures(task), waivers);
  if (findings.some(({ verdict }) => verdict === "error")) return [];
  return [...new Set(findings.filter(({ verdict }) => verdict === "fail").map(({ check }) => check))];
}

function seedsOf(step: StepRow, { reseeded }: QcNotes): AnswerQc["reseeded"]["first"] {
  const wedges = [...new Set(reseeded.tries.map(({ wedge }) => wedge))];
  return wedges.map((wedge) => {
    const tries = reseeded.tries.filter((one) => one.wedge === wedge);
    const own = step.plan.wedges[wedge - 1]?.seed ?? "0";
    return { wedge, seed: seedOfTry(own, tries.length), tries };
  });
}
