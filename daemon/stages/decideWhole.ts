/**
 * What people decide about a wedge that is held as a whole: let a finding over its frames stand, or reject it. All of the wedge at once;
 * a waiver is bound to the content of each of its pictures, so that it is void when one of them is made anew.
 */
import { wedgeName } from "../domain/ids.ts";
import type { Inspection } from "../domain/qc.ts";
import { rejected } from "../domain/rejection.ts";
import type { NewWaiver, Waiver } from "../domain/waiver.ts";
import { isWaived } from "../domain/waiver.ts";
import { wholeFindings } from "../domain/wedgeGate.ts";
import type { StageContext } from "../live.ts";
import type { TaskRow } from "../storePort.ts";
import type { Body, Decided } from "./decision.ts";
import { done, MOVED, refused } from "./decision.ts";
import { refsOf, wedgeTasks, wordOf } from "./wedgeVerdicts.ts";

/** A finding over a wedge's frames that a person let stand: every picture of it is one that the waiver is bound to. */
export function isWholeWaived(
  inspection: Inspection,
  tasks: readonly Pick<TaskRow, "staged">[],
  waivers: readonly Waiver[],
): boolean {
  const pictures = tasks.flatMap(({ staged }) => staged.map(({ sha256 }) => sha256));
  return wholeFindings(inspection)
    .filter(({ verdict }) => verdict === "fail" || verdict === "error")
    .every((finding) => finding.verdict === "fail" && pictures.every((sha256) => isWaived(finding, sha256, waivers)));
}

export async function waiveWhole(context: StageContext, held: TaskRow, body: Body<"waive">): Promise<Decided> {
  const { store, log } = context.world;
  const tasks = await wedgeTasks(context, held);
  const word = wordOf(tasks);
  if (word === null) return refused(MOVED);
  const found = wholeFindings(word.inspection).filter(({ verdict }) => verdict === "warn" || verdict === "fail");
  const wanted = found.filter(({ check }) => body.checks.includes(check));
  const strange = body.checks.find((check) => !wanted.some((finding) => finding.check === check));
  if (strange !== undefined)
    return refused(
      `${strange} found nothing in the frames of ${wedgeName(held.wedge)} that can be waived. To waive are: ${found.map(({ check }) => check).join(", ") || "none"}.`,
    );
  const known = await store.waivers(held.stepId);
  for (const task of tasks) {
    const lines = wanted.flatMap(({ check, version, verdict, measures }) =>
      task.staged.map(({ frame, sha256 }): NewWaiver => {
        const { by, reason } = body;
        return {
          wedge: task.wedge,
          frame,
          sha256,
          check,
          version,
          verdict: verdict as "warn" | "fail",
          measures,
          by,
          reason,
        };
      }),
    );
    const fresh = lines.filter((line) => !isWaived({ ...line, message: "", hint: null }, line.sha256, known));
    if (fresh.length === 0 || task.fence === null) continue;
    if ((await store.waive({ taskId: task.id, fence: task.fence }, fresh, false)) !== "ok") return refused(MOVED);
  }
  for (const { check, version } of wanted)
    log.event("info", "qc.waived", { task: held.id, check, version, by: body.by, reason: body.reason });
  const what = `${wanted.map(({ check, version }) => `${check}@${version}`).join(", ")} of all frames of ${wedgeName(held.wedge)} is waived by ${body.by}.`;
  if (!isWholeWaived(word.inspection, tasks, await store.waivers(held.stepId))) {
    const left = found.filter(({ check, verdict }) => verdict === "fail" && !body.checks.includes(check));
    return done(
      `${what} It is still kept by ${left.map(({ check }) => check).join(", ") || "what could not be looked at"}.`,
    );
  }
  if ((await store.inspectedWedge(refsOf(tasks), word, "pass", null)) !== "ok") return refused(MOVED);
  return done(`${what} It passes and will be published.`);
}

export async function rejectWhole(context: StageContext, held: TaskRow, body: Body<"reject">): Promise<Decided> {
  const { store, log, clock } = context.world;
  const tasks = await wedgeTasks(context, held);
  const word = wordOf(tasks);
  if (word === null) return refused(MOVED);
  const { by, reason } = body;
  const whole = { ...word, inspection: rejected(word.inspection, { by, reason, at: clock.now() }) };
  if ((await store.inspectedWedge(refsOf(tasks), whole, "reject", null)) !== "ok") return refused(MOVED);
  log.event("info", "task.rejected", { task: held.id, reason: whole.inspection.why ?? "" });
  return done(`${wedgeName(held.wedge)} is rejected as a whole; its pictures go to quarantine.`);
}
