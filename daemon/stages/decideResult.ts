/**
 * What people decide about a result that QC refused or holds: a waiver lets a finding stand (a named person, a reason; bound to
 * the picture's content and the check's version), a rejection ends a hold at once. Applied by the loop; the answer is in words.
 */
import { keptTaskId, versionName, wedgeName } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import { rejected, rejectedBy } from "../domain/rejection.ts";
import { isWaived, judgedPictures, openFindings, waiversFor } from "../domain/waiver.ts";
import { isHeldAsWhole } from "../domain/wedgeGate.ts";
import type { StageContext } from "../live.ts";
import type { RequestBody } from "../requests.ts";
import type { StepRow, TaskRow } from "../storePort.ts";
import { rejectWedge, waiveWedge } from "./wedgeDecisions.ts";

type Body<K extends RequestBody["kind"]> = Extract<RequestBody, { readonly kind: K }>;
export type Decided = { readonly state: "done" | "refused"; readonly answer: string };

const refused = (answer: string): Decided => ({ state: "refused", answer });
const done = (answer: string): Decided => ({ state: "done", answer });

export async function waive(context: StageContext, body: Body<"waive">): Promise<Decided> {
  const { store, log } = context.world;
  const found = await decidable(context, body.taskId);
  if ("answer" in found) return found;
  const { task, fence } = found;
  if (isHeldAsWhole(task)) return waiveWedge(context, task, body);
  if (task.state === "failed" && task.inspection?.whole !== undefined) return refused(refusedWithItsWedge(task));
  const pictures = judgedPictures(task);
  const known = await store.waivers(task.stepId);
  const lines = [];
  for (const check of body.checks) {
    const { by, reason } = body;
    const made = waiversFor(pictures, { wedge: task.wedge, check, by, reason });
    if (typeof made === "string") return refused(made);
    lines.push(...made.filter((line) => !isWaived({ ...line, message: "", hint: null }, line.sha256, known)));
  }
  if (lines.length === 0) return refused(`${body.checks.join(", ")} of ${nameOf(task)} is waived already.`);
  const standing = [...known, ...lines.map((line) => ({ ...line, revoked: null }))];
  const open = openFindings(pictures, standing);
  const waits = task.state === "failed" || task.gate === "hold";
  const release = waits && open.length === 0;
  if ((await store.waive({ taskId: task.id, fence }, lines, release)) !== "ok") return refused(MOVED);
  for (const { check, version } of lines)
    log.event("info", "qc.waived", { task: task.id, check, version, by: body.by, reason: body.reason });
  const before = rejectedBy(task);
  const stays = before === null ? "" : ` That ${before.by} rejected it (${before.reason}) stays on record.`;
  const what = `${[...new Set(lines.map(({ check, version }) => `${check}@${version}`))].join(", ")} of ${nameOf(task)} is waived by ${body.by}.${stays}`;
  if (!waits) return done(`${what} It was not waiting; the record says so.`);
  if (release) return done(`${what} It passes and will be published.`);
  const left = [...new Set(open.map(({ check, verdict }) => `${check} (${verdict})`))].join(", ");
  return done(`${what} It is still kept by ${left}.`);
}

/** A hold ends at once, as it would when nobody decides. */
export async function rejectHeld(context: StageContext, body: Body<"reject">): Promise<Decided> {
  const { store, log, clock } = context.world;
  const found = await decidable(context, body.taskId);
  if ("answer" in found) return found;
  const { task, fence } = found;
  if (isHeldAsWhole(task)) return rejectWedge(context, task, body);
  const { inspection } = task;
  const before = rejectedBy(task);
  if (before !== null) return refused(`${nameOf(task)} was rejected by ${before.by} (${before.reason}).`);
  if (task.state !== "committing" || task.gate !== "hold" || inspection === null)
    return refused(`${nameOf(task)} is not held: nothing to decide.`);
  const { by, reason } = body;
  const said = rejected(inspection, { by, reason, at: clock.now() });
  if ((await store.inspected({ taskId: task.id, fence }, said, "reject", null)) !== "ok") return refused(MOVED);
  log.event("info", "task.rejected", { task: task.id, reason: said.why ?? "" });
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

const MOVED = "It was decided or made again meanwhile; look again.";

type Found = { readonly task: TaskRow; readonly fence: NonNullable<TaskRow["fence"]> };

/** A result about which something can still be decided, or why not and what to do instead. */
async function decidable(context: StageContext, id: string): Promise<Found | Decided> {
  const { store } = context.world;
  const task = await store.task(keptTaskId(id));
  const step = task === null ? null : await store.step(task.stepId);
  if (task === null || step === null) return refused(`There is no task ${id}.`);
  if (step.state !== "open") return refused(tooLate(step, task));
  const judged = task.state === "committing" || (task.state === "failed" && task.failure?.class === "qc");
  if (!judged || task.inspection === null || task.fence === null)
    return refused(`${nameOf(task)} is ${task.state}; QC has no result of it to decide about.`);
  return { task, fence: task.fence };
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
