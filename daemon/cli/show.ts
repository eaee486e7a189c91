/** `hotplate show ID`: state, why it waits, last error, paths on this machine, next step. */
import { statusAnswer } from "../domain/answer.ts";
import { isJobEnded } from "../domain/job.ts";
import { reviewPaths, versionDir } from "../domain/naming.ts";
import { wedgeName } from "../domain/ids.ts";
import type { AnswerQc, AnswerRefused } from "../domain/qcAnswer.ts";
import { decisionCommands } from "../domain/qcAnswer.ts";
import { iso, jobView, taskView } from "../http/views.ts";
import { qcStanding, refusedOf } from "../qcStanding.ts";
import type { JobRow, StepRow, TaskRow } from "../storePort.ts";
import { findJob } from "../http/lookup.ts";
import type { Context } from "./context.ts";
import { withStore } from "./storeReader.ts";

const FAILURES_SHOWN = 5;

export async function action(context: Context, [id = ""]: readonly string[]): Promise<void> {
  const { job, failed, qc, refused } = await withStore(context, async (store) => {
    const found = await findJob(store, id);
    const tasks = await Promise.all(
      found.steps.map((step) => store.tasks(step.id, { states: ["failed", "deferred"], limit: FAILURES_SHOWN })),
    );
    const refused = await Promise.all(found.steps.map((step) => refusedOf(store, step)));
    return { job: found, failed: tasks.flat(), qc: await qcStanding(store, found), refused };
  });
  const view = {
    ...jobView(job),
    failed: failed.map((task) => taskView(job, task)),
    qc: qc.map((one, at) => ({ ...qcView(one), ...refusedView(refused[at] ?? null, job.steps[at]) })),
  };
  context.print(view, () => text(job, { failed, qc, refused }));
}

function qcView({ wedges, warned, anyway, held, waived, overruled, reseeded }: AnswerQc): object {
  return {
    wedges,
    warned,
    publishedAnyway: { failed: anyway.failed, unlooked: anyway.unlooked },
    held: held.first.map(({ wedge, until, ...one }) => ({
      ...one,
      wedge: wedgeName(wedge),
      until: until === null ? null : iso(until),
    })),
    heldCount: held.count,
    heldWedges: (held.wedges ?? []).map(({ wedge, until, target, ...one }) => ({
      ...one,
      wedge: wedgeName(wedge),
      until: until === null ? null : iso(until),
      decide: decisionCommands(target, one.checks),
    })),
    heldPage: held.count === 0 ? null : held.page,
    waived: waived.first.map(({ wedge, ...one }) => ({ ...one, wedge: wedgeName(wedge) })),
    waivedCount: waived.count,
    overruled: (overruled?.first ?? []).map(({ wedge, ...one }) => ({ ...one, wedge: wedgeName(wedge) })),
    overruledCount: overruled?.count ?? 0,
    reseeded: reseeded.first.map(({ wedge, ...one }) => ({ ...one, wedge: wedgeName(wedge) })),
    reseededCount: reseeded.wedges,
  };
}

/** `more`: null: there are others, uncounted. */
function refusedView(refused: AnswerRefused | null, step: StepRow | undefined): object {
  if (refused === null || step === undefined || step.version === null) return { refused: null };
  const { qcReport } = reviewPaths(step.plan.target, step.version);
  const { wedges, more, place } = refused;
  return { refused: { wedges: wedges.map(wedgeName), more, place, report: qcReport } };
}

interface Said {
  readonly failed: readonly TaskRow[];
  readonly qc: readonly AnswerQc[];
  /** By step. */
  readonly refused: readonly (AnswerRefused | null)[];
}

function text(job: JobRow, { failed, qc, refused }: Said): string {
  const versions = job.steps.flatMap((step, at) =>
    step.version === null
      ? []
      : [
          {
            product: step.plan.target.product,
            number: step.version,
            state: step.state,
            path: versionDir(step.plan.target, step.version),
            // A command is read on this node.
            otherForms: [],
            ...reviewPaths(step.plan.target, step.version),
            ...(refused[at] == null ? {} : { refused: refused[at] }),
          },
        ],
  );
  const status = statusAnswer(job.source.name, job, {
    ahead: 0,
    etaSeconds: null,
    trouble: null,
    versions,
    failures: [],
    qc,
    now: job.createdAt,
  });
  const failures = failed.map((task) => `  ${task.id}: ${task.failure?.code ?? ""} ${task.failure?.message ?? ""}`);
  return [
    status.trimEnd(),
    ...(failures.length > 0 ? ["", "Failed or waiting to be tried again:", ...failures] : []),
    ...(isJobEnded(job.state) ? [] : ["", `Why it waits: hotplate explain ${job.id}`]),
  ].join("\n");
}
