/**
 * What people decide about a result that QC refused or holds: a waiver lets a finding stand (a named person, a reason; bound to
 * the picture's content and the check's version), a rejection ends a hold at once. Applied by the loop; the answer is in words.
 */
import { keptTaskId, versionName, wedgeName } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import { rejectedBy } from "../domain/rejection.ts";
import { isHeldAsWhole } from "../domain/wedgeGate.ts";
import { isHeld } from "../domain/wedgeStanding.ts";
import type { StageContext } from "../live.ts";
import type { StepRow, TaskRow } from "../storePort.ts";
import { rejectWhole, waiveWhole } from "./decideWhole.ts";
import type { Body, Decided, JudgedTask } from "./decision.ts";
import { done, isJudged, keepOut, keptBy, letStand, letting, MOVED, namesOf, refused } from "./decision.ts";

export async function waive(context: StageContext, body: Body<"waive">): Promise<Decided> {
  const task = await decidable(context, body.taskId);
  if ("answer" in task) return task;
  if (isHeldAsWhole(task)) return waiveWhole(context, task, body);
  if (task.state === "failed" && task.inspection.whole !== undefined) return refused(refusedWithItsWedge(task));
  const { fresh, open, strange } = letting(task, await context.world.store.waivers(task.stepId), body);
  const [words] = strange;
  if (words !== undefined) return refused(words);
  if (fresh.length === 0) return refused(`${body.checks.join(", ")} of ${nameOf(task)} is waived already.`);
  const waits = task.state === "failed" || task.gate === "hold";
  const release = waits && open.length === 0;
  const before = rejectedBy(task);
  if (!(await letStand(context, task, { fresh, release }))) return refused(MOVED);
  const stays = before === null ? "" : ` That ${before.by} rejected it (${before.reason}) stays on record.`;
  const what = `${namesOf(fresh).join(", ")} of ${nameOf(task)} is waived by ${body.by}.${stays}`;
  if (!waits) return done(`${what} It was not waiting; the record says so.`);
  if (release) return done(`${what} It passes and will be published.`);
  return done(`${what} It is still kept by ${keptBy(open)}.`);
}

export async function rejectHeld(context: StageContext, body: Body<"reject">): Promise<Decided> {
  const task = await decidable(context, body.taskId);
  if ("answer" in task) return task;
  if (isHeldAsWhole(task)) return rejectWhole(context, task, body);
  const before = rejectedBy(task);
  if (before !== null) return refused(`${nameOf(task)} was rejected by ${before.by} (${before.reason}).`);
  if (!isHeld(task)) return refused(`${nameOf(task)} is not held: nothing to decide.`);
  if (!(await keepOut(context, task, body))) return refused(MOVED);
  return done(`${nameOf(task)} is rejected; its picture goes to quarantine.`);
}

export async function revokeWaiver(context: StageContext, body: Body<"revokeWaiver">): Promise<Decided> {
  const { store, clock, log } = context.world;
  const applied = await store.revokeWaiver(body.waiver, body.by, clock.now() + LIMITS.holdMs);
  if (applied !== "ok")
    return refused(`Waiver ${body.waiver} can't be taken back: there is none, it was, or its version is published.`);
  log.event("info", "qc.revoked", { waiver: body.waiver, by: body.by });
  return done(`Waiver ${body.waiver} is taken back; what it let pass waits for a person again.`);
}

/** A result about which something can still be decided, or why not and what to do instead. */
async function decidable(context: StageContext, id: string): Promise<JudgedTask | Decided> {
  const { store } = context.world;
  const task = await store.task(keptTaskId(id));
  const step = task === null ? null : await store.step(task.stepId);
  if (task === null || step === null) return refused(`There is no task ${id}.`);
  if (step.state !== "open") return refused(tooLate(step, task));
  const judged = task.state === "committing" || (task.state === "failed" && task.failure?.class === "qc");
  if (!judged || !isJudged(task))
    return refused(`${nameOf(task)} is ${task.state}; QC has no result of it to decide about.`);
  return task;
}

function tooLate(step: StepRow, task: TaskRow): string {
  const version = step.version === null ? "Its version" : `${step.plan.target.product} ${versionName(step.version)}`;
  if (step.state === "burnt")
    return `${version} was given up, and its pictures lie in quarantine. Drop the manifest again; with qc: {gate: hold} it waits for you.`;
  if (task.state === "failed")
    return `${version} is published without it; the picture lies in quarantine. Drop the manifest again; with qc: {gate: hold} it waits for you.`;
  const at = step.version === null ? "" : `@${versionName(step.version)}/${wedgeName(task.wedge)}`;
  return `${version} is published: waive a warning in it with hotplate waive ${step.plan.target.product}${at}.`;
}

function refusedWithItsWedge({ wedge, failure }: TaskRow): string {
  return `${wedgeName(wedge)} was refused as a whole (${failure?.code ?? "QC"}). Drop the manifest again; with qc: {gate: hold} it waits for you.`;
}

function nameOf({ wedge, frame }: TaskRow): string {
  return frame === null ? wedgeName(wedge) : `${wedgeName(wedge)} frame ${frame}`;
}
