/** `hotplate show ID`: state, why it waits, last error, paths on this machine, next step. */
import { statusAnswer } from "../domain/answer.ts";
import { isJobEnded } from "../domain/job.ts";
import { reviewPaths, versionDir } from "../domain/naming.ts";
import { wedgeName } from "../domain/ids.ts";
import type { AnswerQc } from "../domain/qcAnswer.ts";
import { iso, jobView, taskView } from "../http/views.ts";
import { qcStanding } from "../qcStanding.ts";
import type { JobRow, TaskRow } from "../storePort.ts";
import { findJob } from "../http/lookup.ts";
import type { Context } from "./context.ts";
import { withStore } from "./storeReader.ts";

const FAILURES_SHOWN = 5;

export async function action(context: Context, [id = ""]: readonly string[]): Promise<void> {
  const { job, failed, qc } = await withStore(context, async (store) => {
    const found = await findJob(store, id);
    const tasks = await Promise.all(
      found.steps.map((step) => store.tasks(step.id, { states: ["failed", "deferred"], limit: FAILURES_SHOWN })),
    );
    return { job: found, failed: tasks.flat(), qc: await qcStanding(store, found) };
  });
  context.print({ ...jobView(job), failed: failed.map((task) => taskView(job, task)), qc: qc.map(qcView) }, () =>
    text(job, failed, qc),
  );
}

function qcView({ wedges, warned, anyway, held, waived, reseeded }: AnswerQc): object {
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
    heldPage: held.count === 0 ? null : held.page,
    waived: waived.first.map(({ wedge, ...one }) => ({ ...one, wedge: wedgeName(wedge) })),
    waivedCount: waived.count,
    reseeded: reseeded.first.map(({ wedge, ...one }) => ({ ...one, wedge: wedgeName(wedge) })),
    reseededCount: reseeded.wedges,
  };
}

function text(job: JobRow, failed: readonly TaskRow[], qc: readonly AnswerQc[]): string {
  const versions = job.steps.flatMap((step) =>
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
