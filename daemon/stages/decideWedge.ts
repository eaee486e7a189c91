/**
 * What people decide about a wedge: about every result of it that waits, whatever was decided about the others. Those are left alone
 * and named, with who decided; so a rejection is never overturned by a word on the whole wedge. Refused only where nothing waits.
 */
import { formatFrames } from "../domain/frames.ts";
import type { Fence, JobId } from "../domain/ids.ts";
import { versionName, wedgeName } from "../domain/ids.ts";
import type { Finding, Inspection } from "../domain/qc.ts";
import { rejected, rejectedBy, rejectionsOf } from "../domain/rejection.ts";
import { isHeldAsWhole } from "../domain/wedgeGate.ts";
import type { Waiver } from "../domain/waiver.ts";
import { isWaived, judgedPictures, openFindings, waiversFor } from "../domain/waiver.ts";
import type { StageContext } from "../live.ts";
import type { RequestBody } from "../requests.ts";
import type { StepRow, TaskRow } from "../storePort.ts";
import { rejectWedge, waiveWedge } from "./wedgeDecisions.ts";

type Body<K extends RequestBody["kind"]> = Extract<RequestBody, { readonly kind: K }>;
type WedgeBody = Body<"waiveWedge"> | Body<"rejectWedge">;
interface Decided {
  readonly state: "done" | "refused";
  readonly answer: string;
}

/** QC has said something of its result. */
type JudgedTask = TaskRow & { readonly fence: Fence; readonly inspection: Inspection };

interface Wedge {
  readonly step: StepRow;
  readonly tasks: readonly TaskRow[];
  readonly waivers: readonly Waiver[];
}

/** One step is named, or it is decided about that wedge of every step in which something of it waits. */
export async function decideWedge(context: StageContext, body: WedgeBody): Promise<Decided> {
  const { store } = context.world;
  const job = await store.job(body.jobId as JobId);
  const steps = (job?.steps ?? []).filter(
    ({ id, plan }) =>
      (body.step === null || id.endsWith(`/${body.step}`)) && plan.wedges.some((known) => known.index === body.wedge),
  );
  const said: Decided[] = [];
  for (const step of steps) {
    const tasks = await store.tasks(step.id, { wedge: body.wedge });
    said.push(await decide(context, { step, tasks, waivers: await store.waivers(step.id) }, body));
  }
  if (said.length === 0) return { state: "refused", answer: `There is no ${wedgeName(body.wedge)} in ${body.jobId}.` };
  const done = said.filter(({ state }) => state === "done");
  const told = done.length > 0 ? done : said;
  return { state: done.length > 0 ? "done" : "refused", answer: told.map(({ answer }) => answer).join(" ") };
}

async function decide(context: StageContext, wedge: Wedge, body: WedgeBody): Promise<Decided> {
  const { step, tasks } = wedge;
  if (step.state !== "open") return { state: "refused", answer: tooLate(step, body.wedge) };
  const waiting = tasks.filter(isJudged).filter(body.kind === "waiveWedge" ? mayBeWaived : isHeld);
  const left = leftAlone(wedge, waiting);
  const [first] = waiting;
  if (first === undefined) {
    const state = isDecidedSo(wedge, body) ? "done" : "refused";
    return { state, answer: `Nothing of ${wedgeName(body.wedge)} waits for a decision.${left}` };
  }
  const { state, answer } = isHeldAsWhole(first)
    ? await asWhole(context, first, body)
    : body.kind === "waiveWedge"
      ? await waiveEach(context, { wedge, waiting }, body)
      : await rejectEach(context, waiting, body);
  return { state, answer: `${answer}${left}` };
}

function asWhole(context: StageContext, held: TaskRow, body: WedgeBody): Promise<Decided> {
  const taskId = held.id;
  return body.kind === "waiveWedge"
    ? waiveWedge(context, held, { ...body, kind: "waive", taskId })
    : rejectWedge(context, held, { ...body, kind: "reject", taskId });
}

function isJudged(task: TaskRow): task is JudgedTask {
  return task.inspection !== null && task.fence !== null;
}

function isHeld({ state, gate }: JudgedTask): boolean {
  return state === "committing" && gate === "hold";
}

/** What QC's gate refused comes back by a waiver; what a person, or the word on the whole wedge, kept out does not. */
function mayBeWaived(task: JudgedTask): boolean {
  const byGate = task.state === "failed" && task.failure?.class === "qc" && task.inspection.whole === undefined;
  return isHeld(task) || (byGate && rejectedBy(task) === null);
}

async function waiveEach(
  context: StageContext,
  of: { readonly wedge: Wedge; readonly waiting: readonly JudgedTask[] },
  body: Body<"waiveWedge">,
): Promise<Decided> {
  const { wedge, waiting } = of;
  const all = waiting.flatMap(judgedPictures);
  for (const check of body.checks) {
    const made = waiversFor(all, { ...body, check });
    if (typeof made === "string") return { state: "refused", answer: made };
  }
  const passed: TaskRow[] = [];
  const kept: (readonly [string, TaskRow])[] = [];
  const named = new Set<string>();
  for (const task of waiting) {
    const made = await waiveOne(context, { task, known: wedge.waivers }, body);
    if (made === null) continue;
    for (const name of made.named) named.add(name);
    if (made.open.length === 0) passed.push(task);
    else kept.push([[...new Set(made.open.map(({ check, verdict }) => `${check} (${verdict})`))].join(", "), task]);
  }
  const words = [...grouped(kept)].map(
    ([what, tasks]) => ` ${cap(framesOf(tasks))} ${areIs(tasks)} still kept by ${what}.`,
  );
  if (named.size === 0) {
    const state = isDecidedSo(wedge, body) ? "done" : "refused";
    return {
      state,
      answer: `${body.checks.join(", ")} of ${wedgeName(body.wedge)} is waived already.${words.join("")}`,
    };
  }
  const frames = framesOf([...passed, ...kept.map(([, task]) => task)]);
  const what = `${[...named].join(", ")} of ${frames} of ${wedgeName(body.wedge)} is waived by ${body.by}.`;
  const subject = kept.length > 0 ? cap(framesOf(passed)) : passed.length === 1 ? "It" : "They";
  const pass =
    passed.length === 0 ? "" : ` ${subject} ${passed.length === 1 ? "passes" : "pass"} and will be published.`;
  return { state: "done", answer: `${what}${pass}${words.join("")}` };
}

interface WaivedOne {
  /** `check@version` that was waived now. */
  readonly named: readonly string[];
  /** What still keeps it. */
  readonly open: readonly Finding[];
}

/** null: another result is there meanwhile; it waits for a decision of its own. */
async function waiveOne(
  context: StageContext,
  { task, known }: { readonly task: JudgedTask; readonly known: readonly Waiver[] },
  body: Body<"waiveWedge">,
): Promise<WaivedOne | null> {
  const { store, log } = context.world;
  const { wedge, by, reason } = body;
  const pictures = judgedPictures(task);
  const lines = body.checks.flatMap((check) => {
    const made = waiversFor(pictures, { wedge, check, by, reason });
    return typeof made === "string" ? [] : made;
  });
  const fresh = lines.filter((line) => !isWaived({ ...line, message: "", hint: null }, line.sha256, known));
  const open = openFindings(pictures, [...known, ...fresh.map((line) => ({ ...line, revoked: null }))]);
  if (fresh.length > 0 || open.length === 0) {
    const ref = { taskId: task.id, fence: task.fence };
    if ((await store.waive(ref, fresh, open.length === 0)) !== "ok") return null;
    for (const { check, version } of fresh)
      log.event("info", "qc.waived", { task: task.id, check, version, by, reason });
  }
  return { named: (open.length === 0 ? lines : fresh).map(({ check, version }) => `${check}@${version}`), open };
}

async function rejectEach(
  context: StageContext,
  waiting: readonly JudgedTask[],
  body: Body<"rejectWedge">,
): Promise<Decided> {
  const { store, log, clock } = context.world;
  const { by, reason } = body;
  const ended: TaskRow[] = [];
  for (const task of waiting) {
    const said = rejected(task.inspection, { by, reason, at: clock.now() });
    const applied = await store.inspected({ taskId: task.id, fence: task.fence }, said, "reject", null);
    if (applied !== "ok") continue;
    log.event("info", "task.rejected", { task: task.id, reason: said.why ?? "" });
    ended.push(task);
  }
  const go = ended.length === 1 ? "its picture goes" : "their pictures go";
  const words = `${cap(framesOf(ended))} of ${wedgeName(body.wedge)} ${areIs(ended)} rejected by ${by}; ${go} to quarantine.`;
  return { state: "done", answer: words };
}

/** What is not decided about, in words that say who decided: "" where that is nothing. */
function leftAlone({ tasks, waivers }: Wedge, waiting: readonly TaskRow[]): string {
  const others = tasks.filter((task) => !waiting.includes(task));
  const groups = grouped(others.map((task) => [standing(task, waivers), task] as const));
  if (groups.size === 0) return "";
  const parts = [...groups].map(([words, of]) => `${framesOf(of)} ${words}`);
  return ` Left as ${others.length === 1 ? "it was" : "they were"}: ${parts.join("; ")}.`;
}

function standing(task: TaskRow, waivers: readonly Waiver[]): string {
  const { state, gate, failure, inspection } = task;
  const person = rejectedBy(task);
  if (person !== null) return `(rejected by ${person.by}: ${person.reason})`;
  if (state === "failed") {
    if (failure?.class !== "qc") return "(failed)";
    return inspection?.whole === undefined ? "(refused by QC)" : "(refused by QC with all of its wedge)";
  }
  if (state === "committing" && gate === "hold") return "(held)";
  if (state === "canceled") return "(canceled)";
  if (state !== "committing" && state !== "done") return "(not made yet)";
  if (gate === null) return "(not looked at yet)";
  const line = standingWaivers(task, waivers).at(-1);
  return line === undefined ? "(passed)" : `(waived by ${line.by}: ${line.reason})`;
}

function standingWaivers({ staged }: TaskRow, waivers: readonly Waiver[]): readonly Waiver[] {
  const hashes = new Set(staged.map(({ sha256 }) => sha256));
  return waivers.filter(({ sha256, revoked }) => revoked === null && hashes.has(sha256));
}

/** The same was said before by the same person: a request that is done again after a crash finds its own work. */
function isDecidedSo({ tasks, waivers }: Wedge, body: WedgeBody): boolean {
  const isSame = (one: { readonly by: string; readonly reason: string }): boolean =>
    one.by === body.by && one.reason === body.reason;
  if (body.kind === "rejectWedge")
    return tasks.some((task) => task.state === "failed" && rejectionsOf(task.inspection).some(isSame));
  return tasks.some((task) =>
    standingWaivers(task, waivers).some((line) => isSame(line) && body.checks.includes(line.check)),
  );
}

function grouped(pairs: readonly (readonly [string, TaskRow])[]): ReadonlyMap<string, readonly TaskRow[]> {
  const out = new Map<string, TaskRow[]>();
  for (const [key, task] of pairs) out.set(key, [...(out.get(key) ?? []), task]);
  return out;
}

/** `frame 1001`, `3 frames (1001-1003)`; a still has no number. */
function framesOf(tasks: readonly TaskRow[]): string {
  const frames = tasks.flatMap(({ frame }) => (frame === null ? [] : [frame])).sort((a, b) => a - b);
  if (frames.length === 0) return "the picture";
  return frames.length === 1 ? `frame ${frames[0] ?? 0}` : `${frames.length} frames (${formatFrames(frames)})`;
}

function areIs({ length }: readonly unknown[]): string {
  return length === 1 ? "is" : "are";
}

function cap(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function tooLate(step: StepRow, wedge: number): string {
  const { product } = step.plan.target;
  if (step.version === null)
    return `${product} has no version yet: nothing of ${wedgeName(wedge)} waits for a decision.`;
  const version = `${product} ${versionName(step.version)}`;
  if (step.state === "burnt")
    return `${version} was given up, and its pictures lie in quarantine. Drop the manifest again; with qc: {gate: hold} it waits for you.`;
  return `${version} is published: waive a warning in it with hotplate waive ${product}@${versionName(step.version)}/${wedgeName(wedge)}.`;
}
