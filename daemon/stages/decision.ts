/** What a person's decision does to one result, whoever it was said about: a result, or the wedge that it is of. */
import { isWaived, judgedPictures, openFindings, waiversFor } from "../domain/waiver.ts";
import type { NewWaiver, Waiver } from "../domain/waiver.ts";
import type { Fence } from "../domain/ids.ts";
import type { Finding, Inspection } from "../domain/qc.ts";
import { rejected } from "../domain/rejection.ts";
import type { StageContext } from "../live.ts";
import type { RequestBody } from "../requests.ts";
import type { TaskRow } from "../storePort.ts";

export type Body<K extends RequestBody["kind"]> = Extract<RequestBody, { readonly kind: K }>;
export interface Decided {
  readonly state: "done" | "refused";
  readonly answer: string;
}
export const refused = (answer: string): Decided => ({ state: "refused", answer });
export const done = (answer: string): Decided => ({ state: "done", answer });

export const MOVED = "It was decided or made again meanwhile; look again.";

/** QC has said something of its result. */
export type JudgedTask = TaskRow & { readonly fence: Fence; readonly inspection: Inspection };

export function isJudged(task: TaskRow): task is JudgedTask {
  return task.inspection !== null && task.fence !== null;
}

interface Asked {
  readonly checks: readonly string[];
  readonly by: string;
  readonly reason: string;
}

/** What a waiver of these checks adds to a result, and what keeps it then. */
export interface Letting {
  /** Of the findings that are named; those that stand already included. */
  readonly lines: readonly NewWaiver[];
  readonly fresh: readonly NewWaiver[];
  readonly open: readonly Finding[];
  /** For each check that found nothing there to be waived, the words. */
  readonly strange: readonly string[];
}

export function letting(task: JudgedTask, known: readonly Waiver[], { checks, by, reason }: Asked): Letting {
  const pictures = judgedPictures(task);
  const made = checks.map((check) => waiversFor(pictures, { wedge: task.wedge, check, by, reason }));
  const lines = made.flatMap((one) => (typeof one === "string" ? [] : one));
  const fresh = lines.filter((line) => !isWaived({ ...line, message: "", hint: null }, line.sha256, known));
  const open = openFindings(pictures, [...known, ...fresh.map((line) => ({ ...line, revoked: null }))]);
  return { lines, fresh, open, strange: made.filter((one) => typeof one === "string") };
}

/** False: another result is there meanwhile. `release`: it goes on to be published. */
export async function letStand(
  { world }: StageContext,
  task: JudgedTask,
  of: { readonly fresh: readonly NewWaiver[]; readonly release: boolean },
): Promise<boolean> {
  if ((await world.store.waive({ taskId: task.id, fence: task.fence }, of.fresh, of.release)) !== "ok") return false;
  for (const { check, version, by, reason } of of.fresh)
    world.log.event("info", "qc.waived", { task: task.id, check, version, by, reason });
  return true;
}

/** False: another result is there meanwhile. A hold ends at once, as it would when nobody decides. */
export async function keepOut(
  { world }: StageContext,
  task: JudgedTask,
  { by, reason }: Pick<Asked, "by" | "reason">,
): Promise<boolean> {
  const said = rejected(task.inspection, { by, reason, at: world.clock.now() });
  if ((await world.store.inspected({ taskId: task.id, fence: task.fence }, said, "reject", null)) !== "ok")
    return false;
  world.log.event("info", "task.rejected", { task: task.id, reason: said.why ?? "" });
  return true;
}

/** Of findings that still keep a result: `image.soft (fail), image.grain (warn)`. */
export function keptBy(open: readonly Finding[]): string {
  return [...new Set(open.map(({ check, verdict }) => `${check} (${verdict})`))].join(", ");
}

/** `image.soft@3, image.grain@4`. */
export function namesOf(lines: readonly Pick<NewWaiver, "check" | "version">[]): readonly string[] {
  return [...new Set(lines.map(({ check, version }) => `${check}@${version}`))];
}
