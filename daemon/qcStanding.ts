/** What QC has said of a job's steps so far, gathered from the store for answers and commands. Reads only. */
import { LIMITS } from "./domain/limits.ts";
import type { AnswerQc } from "./domain/qcAnswer.ts";
import { seedOfTry } from "./domain/seedRetry.ts";
import { decidingFinding } from "./domain/wedgeGate.ts";
import type { JobRow, QcNotes, StepRow, Store } from "./storePort.ts";

/** By step; a committed version's warnings are those of its qc.json, with sequences and sets. */
export async function qcStanding(store: Pick<Store, "qcNotes">, job: JobRow): Promise<readonly AnswerQc[]> {
  const out: AnswerQc[] = [];
  for (const step of job.steps) {
    const notes = await store.qcNotes(step.id, LIMITS.answerQcShown);
    out.push({
      wedges: step.plan.wedges.length,
      warned: step.publication?.warned ?? notes.warned,
      held: {
        count: notes.held.count,
        first: notes.held.tasks.map(({ id, wedge, inspection, holdUntil }) => ({
          task: id,
          wedge,
          reason: reasonOf(inspection),
          until: holdUntil,
        })),
      },
      reseeded: { wedges: notes.reseeded.wedges, first: seedsOf(step, notes) },
    });
  }
  return out;
}

function reasonOf(inspection: NonNullable<QcNotes["held"]["tasks"][number]>["inspection"]): string {
  const finding = inspection === null ? undefined : decidingFinding(inspection);
  return finding === undefined ? "QC could not look" : `${finding.check}: ${finding.message}`;
}

function seedsOf(step: StepRow, { reseeded }: QcNotes): AnswerQc["reseeded"]["first"] {
  const wedges = [...new Set(reseeded.tries.map(({ wedge }) => wedge))];
  return wedges.map((wedge) => {
    const tries = reseeded.tries.filter((one) => one.wedge === wedge);
    const own = step.plan.wedges[wedge - 1]?.seed ?? "0";
    return { wedge, seed: seedOfTry(own, tries.length), tries };
  });
}
