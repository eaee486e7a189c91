/**
 * `hotplate waive TARGET --check ID --reason WHY`: lets a finding of QC stand. A task (or JOB/w032) that is held or refused is
 * decided by the running daemon; a warning in a published version goes into the product's log of decisions, with no daemon.
 */
import { HotplateError } from "../domain/errors.ts";
import { keptTaskId, shownTaskId, wedgeName } from "../domain/ids.ts";
import { findJob } from "../http/lookup.ts";
import { waiverView } from "../http/decisionRoutes.ts";
import type { Store, TaskRow } from "../storePort.ts";
import type { Context } from "./context.ts";
import { userName } from "./context.ts";
import { withStore } from "./storeReader.ts";
import { listPublished, revokePublished, waivePublished } from "./waivePublished.ts";

export async function action(
  context: Context,
  [target = ""]: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const by = text(options["by"]) ?? userName();
  const published = target.includes("@") || /(^|\/)v\d+(\/w\d+)?\/?$/.test(target);
  if (options["list"] === true) return published ? listPublished(context, target) : listOfJob(context, target);
  const revoke = text(options["revoke"]);
  if (revoke !== null)
    return published ? revokePublished(context, target, { check: revoke, by }) : revokeOfJob(context, revoke, by);
  const checks = Array.isArray(options["check"]) ? (options["check"] as readonly string[]) : [];
  const reason = text(options["reason"]);
  if (checks.length === 0)
    throw new HotplateError("HP-USAGE", "Say which finding: --check ID (as the QC report calls it).");
  if (reason === null)
    throw new HotplateError("HP-USAGE", "Say why: --reason TEXT. A waiver without a reason is none.");
  if (published) return waivePublished(context, target, { checks, reason, by });
  await decide(context, target, { what: "waive", body: { checks, reason, by } });
}

/** About what a person names: a task, or JOB/w032: all of that variation that waits. */
export async function decide(
  context: Context,
  target: string,
  asked: { readonly what: "waive" | "reject"; readonly body: object },
): Promise<void> {
  const wedge = await wedgeNamed(context, target);
  const { what, body } = asked;
  const answers: string[] = [];
  const ask = async (path: string, said: object): Promise<void> => {
    answers.push(((await context.api("POST", path, said)) as { readonly answer: string }).answer);
  };
  if (wedge !== null) {
    const { job, step, name } = wedge;
    const path = `/v1/jobs/${encodeURIComponent(job)}/wedges/${name}/${what}`;
    await ask(path, { ...body, ...(step === null ? {} : { step }) });
  } else
    for (const id of await tasksNamed(context, target)) await ask(`/v1/tasks/${encodeURIComponent(id)}/${what}`, body);
  context.print({ answers }, () => answers.join("\n"));
}

function text(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
}

/** JOB/w032 or JOB/1/w032; null: something else is named, a still that is called so included. */
async function wedgeNamed(
  context: Context,
  target: string,
): Promise<{ readonly job: string; readonly step: number | null; readonly name: string } | null> {
  const { job, step, wedge, frame } = placeOf(target);
  if (wedge === null || frame !== null) return null;
  const exact = await withStore(context, (store) => store.task(keptTaskId(target)));
  return exact === null ? { job, step, name: wedgeName(wedge) } : null;
}

/** A task by its id, or by its place with the beginning of its job's id. */
async function tasksNamed(context: Context, target: string): Promise<readonly TaskRow["id"][]> {
  return withStore(context, async (store) => {
    const exact = await store.task(keptTaskId(target));
    if (exact !== null) return [exact.id];
    const { job, step, wedge, frame } = placeOf(target);
    const found = await decidable(store, { job, step });
    const wanted = found.filter(
      (task) => (wedge === null || task.wedge === wedge) && (frame === null || frame === String(task.frame ?? "still")),
    );
    if (wanted.length > 0 && wedge !== null) return wanted.map(({ id }) => id);
    const shown = wanted.slice(0, 5).map((task) => shownTaskId(task.id));
    throw new HotplateError(
      "HP-NOT-FOUND",
      shown.length === 0
        ? `QC holds or refused nothing of ${target}.`
        : `Say which result of ${target}: ${shown.join(", ")}${wanted.length > shown.length ? ", and more" : ""}, or JOB/w032.`,
    );
  });
}

/** JOB, JOB/1, JOB/w032, JOB/1/w032, JOB/1/w032/1001; JOB may be the beginning of a job's id. */
function placeOf(target: string): {
  readonly job: string;
  readonly step: number | null;
  readonly wedge: number | null;
  readonly frame: string | null;
} {
  const [, job = target, step, wedge, frame] =
    /^([^/]+)(?:\/(\d+))?(?:\/w(\d+)(?:\/(-?\d+|still))?)?$/.exec(target) ?? [];
  const number = (text: string | undefined): number | null => (text === undefined ? null : Number(text));
  return { job, step: number(step), wedge: number(wedge), frame: frame ?? null };
}

async function decidable(
  store: Store,
  of: { readonly job: string; readonly step: number | null },
): Promise<readonly TaskRow[]> {
  const all = (await findJob(store, of.job)).steps;
  const steps = all.filter((step) => of.step === null || step.id.endsWith(`/${of.step}`));
  const tasks = await Promise.all(steps.map((step) => store.tasks(step.id, { states: ["committing", "failed"] })));
  return tasks.flat().filter((task) => task.gate === "hold" || task.failure?.class === "qc");
}

async function listOfJob(context: Context, target: string): Promise<void> {
  const waivers = await withStore(context, async (store) => {
    const { steps } = await findJob(store, target.split("/")[0] ?? "");
    const all = await Promise.all(steps.map(async ({ id }) => ({ id, lines: await store.waivers(id) })));
    return all.flatMap(({ id, lines }) => lines.map((line) => waiverView(id, line)));
  });
  context.print({ waivers }, () =>
    waivers.length === 0
      ? "No waivers."
      : waivers
          .map(({ id, wedge, frame, check, version, verdict, by, at, reason, revoked }) => {
            const place = frame === null ? wedge : `${wedge} frame ${frame}`;
            const back = revoked === null ? "" : `  (taken back by ${revoked.by})`;
            return `${id}  ${place}  ${check}@${version} ${verdict}  ${by}, ${at}: ${reason}${back}`;
          })
          .join("\n"),
  );
}

async function revokeOfJob(context: Context, id: string, by: string): Promise<void> {
  if (!/^\d+$/.test(id)) throw new HotplateError("HP-USAGE", "--revoke takes the number that --list shows.");
  const answer = (await context.api("POST", `/v1/waivers/${id}/revoke`, { by })) as { readonly answer: string };
  context.print(answer, () => answer.answer);
}
