/**
 * What becomes of a batch of drops that were read: their jobs go into the store in one transaction, everything else gets its
 * answer. Runs on the loop, in a tick; the disk is not touched here.
 */
import { errorAnswer, refusedAnswer, statusFileName } from "../domain/answer.ts";
import type { Problem } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { isInside, joinPath } from "../domain/paths.ts";
import type { StageContext } from "../live.ts";
import type { NewJob, SubmitResult } from "../storePort.ts";
import type { Answers } from "./answers.ts";
import type { Drop } from "./dropQueue.ts";
import type { Folder } from "./folder.ts";
import { rememberPlaces, strayName } from "./media.ts";
import { tell } from "./tell.ts";

export type Admitted =
  | {
      readonly kind: "claimed";
      readonly job: NewJob;
      readonly notes: readonly Problem[];
      readonly plate: { readonly name: string; readonly identity: string } | null;
    }
  /** Dropped media that already were a drop, in this life or one before. */
  | { readonly kind: "known" }
  /** A result of ours that lies in the hot folder. */
  | { readonly kind: "ours" }
  | { readonly kind: "rejected"; readonly problems: readonly Problem[] }
  | { readonly kind: "refused" }
  | { readonly kind: "waiting"; readonly text: string; readonly checkInMs: number }
  /** Vanished or changed while it was read: the next listing says what is true. */
  | { readonly kind: "again" };

export async function takeIn(
  context: StageContext,
  folder: Folder,
  batch: { readonly drops: readonly Drop[]; readonly outcomes: readonly Admitted[]; readonly answers: Answers },
): Promise<void> {
  const { world } = context;
  const jobs = batch.outcomes.flatMap((outcome) => (outcome.kind === "claimed" ? [outcome.job] : []));
  let results: readonly SubmitResult[];
  try {
    results = jobs.length === 0 ? [] : await world.store.submit(jobs);
  } catch (error) {
    // The store could not take them (a full disk): the claims are put back when the folder is opened again.
    folder.opened = false;
    for (const drop of batch.drops) release(drop, world.clock.now() + LIMITS.retryDelayMs);
    throw error;
  }
  let at = 0;
  for (const [index, outcome] of batch.outcomes.entries()) {
    const drop = batch.drops[index];
    if (drop === undefined) continue;
    if (outcome.kind !== "claimed") await answer(context, folder, { drop, outcome, answers: batch.answers });
    else {
      const result = results[at++];
      await accepted(context, folder, { drop, outcome, answers: batch.answers });
      const event = result?.kind === "duplicate" ? "manifest.duplicate" : "manifest.accepted";
      if (result?.kind === "created")
        context.live.unanswered.get(folder.config.path)?.set(result.jobId, world.clock.now());
      world.log.event("info", event, { name: drop.known.name, job: result?.jobId ?? outcome.job.id });
    }
  }
  context.wake();
}

async function accepted(
  context: StageContext,
  folder: Folder,
  of: {
    readonly drop: Drop;
    readonly outcome: Extract<Admitted, { kind: "claimed" }>;
    readonly answers: Answers;
  },
): Promise<void> {
  const { drop, outcome, answers } = of;
  const { name } = drop.known;
  const { plate: asset } = outcome;
  if (asset !== null) await context.world.store.rememberAsset(folder.config.path, asset.name, asset.identity);
  if (drop.known.kind === "manifest") folder.known.delete(name);
  else drop.known.state = "answered";
  answers.cure(folder, name);
  for (const step of outcome.job.plan.steps) {
    rememberPlaces(context, step);
    if (step.plate === null) continue;
    const plate = joinPath(step.plate.dir, step.plate.stem);
    // Media that were strays until this manifest named them, and the folder that holds them.
    for (const stray of folder.strays) {
      const path = joinPath(folder.config.path, stray);
      if (plate !== path.replace(/(\.#+)?\.[^./]+$/, "") && !isInside(plate, path)) continue;
      folder.strays.delete(stray);
      answers.cure(folder, stray);
    }
  }
}

async function answer(
  context: StageContext,
  folder: Folder,
  to: { readonly drop: Drop; readonly outcome: Exclude<Admitted, { kind: "claimed" }>; readonly answers: Answers },
): Promise<void> {
  const { drop, outcome, answers } = to;
  const { known } = drop;
  const now = context.world.clock.now();
  switch (outcome.kind) {
    case "again":
      release(drop, now + LIMITS.looksAgainMs);
      folder.dirty = true;
      return;
    case "known":
      known.state = "answered";
      return;
    case "ours":
      folder.known.delete(known.name);
      folder.ours.add(known.name);
      return;
    case "waiting":
      answers.status(folder.config.path, known.name, outcome.text);
      known.text = drop.bytes === null ? null : new TextDecoder().decode(drop.bytes);
      known.waitingSaid = true;
      known.state = "waiting";
      known.checkAt = now + outcome.checkInMs;
      return;
    case "refused":
    case "rejected":
      if (known.waitingSaid) answers.say(folder.config.path, statusFileName(known.name), null);
      known.waitingSaid = false;
      known.state = "answered";
      known.checkAt = now + LIMITS.hotFolderListIntervalMs;
      if (outcome.kind === "refused") return refuse(context, folder, { drop, answers });
      return reject(context, folder, { drop, answers, problems: outcome.problems });
  }
}

async function refuse(
  context: StageContext,
  folder: Folder,
  of: { readonly drop: Drop; readonly answers: Answers },
): Promise<void> {
  const said = strayName(context, folder, of.drop);
  if (said === null) return;
  of.answers.error(folder.config.path, said, refusedAnswer(said, folder.config.recipe ?? null));
  if (folder.strays.has(said)) return;
  folder.strays.add(said);
  const fields = { name: said, folder: folder.config.path, code: "HP-INTAKE-NOT-A-MANIFEST" };
  await tell(context, "info", "file.refused", fields);
}

/** Problems that go away without a new save, when the plate is mended or arrives. */
const ABOUT_PLATES: ReadonlySet<string> = new Set([
  "HP-PLATE-MISSING",
  "HP-PLATE-FRAMES",
  "HP-PLATE-BROKEN",
  "HP-PLATE-DECODER",
  "HP-PATH-BROKEN",
]);

async function reject(
  context: StageContext,
  folder: Folder,
  of: { readonly drop: Drop; readonly answers: Answers; readonly problems: readonly Problem[] },
): Promise<void> {
  const { known } = of.drop;
  const now = context.world.clock.now();
  const text = errorAnswer(known.name, of.problems);
  const again = known.rejectedWith === text;
  known.rejectedWith = text;
  const errors = of.problems.filter((problem) => problem.severity === "error");
  if (
    errors.every((problem) => ABOUT_PLATES.has(problem.code)) &&
    now - known.firstSeenAt < LIMITS.plateAskAgainForMs
  ) {
    known.text = of.drop.bytes === null ? null : new TextDecoder().decode(of.drop.bytes);
    known.askAt = now + LIMITS.plateAskAgainMs;
  } else known.askAt = null;
  of.answers.error(folder.config.path, known.name, text);
  if (again) return;
  const code = of.problems[0]?.code ?? "HP-INTERNAL";
  const fields = { name: known.name, folder: folder.config.path, code };
  await tell(context, "info", "manifest.rejected", fields);
}

/** Looked at anew, as if it had just changed. */
export function release(drop: Drop, checkAt: number): void {
  drop.known.state = "growing";
  drop.known.first = null;
  drop.known.checkAt = checkAt;
}
