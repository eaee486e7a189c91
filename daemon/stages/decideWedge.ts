/**
 * What people decide about a wedge: about every result of it that waits, whatever was decided about the others. Those are left alone
 * and named, with who decided; so a rejection is never overturned by a word on the whole wedge. Refused only where nothing waits.
 */
import type { JobId } from "../domain/ids.ts";
import { versionName, wedgeName } from "../domain/ids.ts";
import { rejectionsOf } from "../domain/rejection.ts";
import type { Waiver } from "../domain/waiver.ts";
import { judgedPictures, waiversFor } from "../domain/waiver.ts";
import { isHeldAsWhole } from "../domain/wedgeGate.ts";
import { framesOf, grouped, isHeld, leftAlone, mayBeWaived, standingWaivers } from "../domain/wedgeStanding.ts";
import type { StageContext } from "../live.ts";
import type { StepRow, TaskRow } from "../storePort.ts";
import { rejectWhole, waiveWhole } from "./decideWhole.ts";
import type { Body, Decided, JudgedTask } from "./decision.ts";
import { done, isJudged, keepOut, keptBy, letStand, letting, MOVED, namesOf, refused } from "./decision.ts";

type WedgeBody = Body<"waiveWedge"> | Body<"rejectWedge">;

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
  if (said.length === 0) return refused(`There is no ${wedgeName(body.wedge)} in ${body.jobId}.`);
  const decided = said.filter(({ state }) => state === "done");
  const told = decided.length > 0 ? decided : said;
  return { state: decided.length > 0 ? "done" : "refused", answer: told.map(({ answer }) => answer).join(" ") };
}

async function decide(context: StageContext, wedge: Wedge, body: WedgeBody): Promise<Decided> {
  const { step, tasks } = wedge;
  if (step.state !== "open") return refused(tooLate(step, body.wedge));
  const waiting = tasks.filter(isJudged).filter(body.kind === "waiveWedge" ? mayBeWaived : isHeld);
  const left = leftAlone(
    tasks.filter((task) => !waiting.some(({ id }) => id === task.id)),
    wedge.waivers,
  );
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
    ? waiveWhole(context, held, { ...body, kind: "waive", taskId })
    : rejectWhole(context, held, { ...body, kind: "reject", taskId });
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
    if (typeof made === "string") return refused(made);
  }
  const passed: TaskRow[] = [];
  const kept: (readonly [string, TaskRow])[] = [];
  const named = new Set<string>();
  for (const task of waiting) {
    const { lines, fresh, open } = letting(task, wedge.waivers, body);
    const release = open.length === 0;
    // Another result that is there meanwhile waits for a decision of its own.
    if ((fresh.length > 0 || release) && !(await letStand(context, task, { fresh, release }))) continue;
    for (const name of namesOf(release ? lines : fresh)) named.add(name);
    if (release) passed.push(task);
    else kept.push([keptBy(open), task]);
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
  return done(`${what}${pass}${words.join("")}`);
}

async function rejectEach(
  context: StageContext,
  waiting: readonly JudgedTask[],
  body: Body<"rejectWedge">,
): Promise<Decided> {
  const ended: TaskRow[] = [];
  for (const task of waiting) if (await keepOut(context, task, body)) ended.push(task);
  if (ended.length === 0) return refused(MOVED);
  const go = ended.length === 1 ? "its picture goes" : "their pictures go";
  const words = `${cap(framesOf(ended))} of ${wedgeName(body.wedge)} ${areIs(ended)} rejected by ${body.by}; ${go} to quarantine.`;
  return done(words);
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
