/**
 * Stage 9: what happened is said, from the event sequence: STATUS.txt of every drop whose job was touched, manifests filed
 * under accepted/, done/, failed/, and the shot's review folder. Everything here is derived and written again at will.
 */
import type { AnswerPaths } from "../domain/answer.ts";
import { answerFailures, duplicateAnswer, statusAnswer } from "../domain/answer.ts";
import { answerMayWait } from "../domain/backlog.ts";
import { messageOf } from "../domain/errors.ts";
import type { JobId } from "../domain/ids.ts";
import { isJobEnded } from "../domain/job.ts";
import { LIMITS } from "../domain/limits.ts";
import { inForm, otherForms, wordsInForm } from "../domain/pathForms.ts";
import { joinPath, rootOf } from "../domain/paths.ts";
import { rootTrouble } from "../domain/slotFit.ts";
import { qcStanding, refusedOf } from "../qcStanding.ts";
import { reviewPaths, versionDir } from "../domain/naming.ts";
import type { Stage, StageContext } from "../live.ts";
import type { DropRow, JobRow } from "../storePort.ts";
import type { Answers } from "./answers.ts";
import { startFiling } from "./claims.ts";
import { closeAnswers } from "./closeAnswers.ts";
import { laneOf } from "./lanes.ts";
import { rememberPlaces } from "./media.ts";
import { createMovies } from "./movies.ts";
import { createReviewFolder } from "./reviewFolder.ts";

interface Reporting {
  readonly context: StageContext;
  readonly answers: Answers;
  /** Jobs whose answer must be written again -> not before. */
  readonly dirty: Map<JobId, number>;
  /** No answer is due before this: with 50,000 of them nobody looks through them in every tick. */
  dirtyAt: number;
  readonly writtenAt: Map<JobId, number>;
  readonly toFile: Map<number, { readonly drop: DropRow; readonly to: "accepted" | "done" | "failed" }>;
  /** folder/name -> the newest open drop: it owns the answer. */
  readonly owners: Map<string, number>;
  /** The states of all roots when answers were last made. */
  roots: string;
}

export function createReport(context: StageContext, answers: Answers): Stage {
  const reporting: Reporting = {
    context,
    answers,
    dirty: new Map(),
    dirtyAt: 0,
    writtenAt: new Map(),
    toFile: new Map(),
    owners: new Map(),
    roots: "",
  };
  const movies = createMovies(context);
  const review = createReviewFolder(context, movies);
  let seq: number | null = null;
  let nextCloseAt = 0;
  return {
    name: "report",
    async tick() {
      const { store, clock } = context.world;
      if (seq === null) {
        const head = await store.jobsTouchedSince(Number.MAX_SAFE_INTEGER, 1);
        seq = head.seq;
        // Every open answer is made again: a power cut may have torn what was not fsynced.
        for (const drop of await store.drops({ open: true })) reporting.dirty.set(drop.jobId, 0);
      }
      lookAgain(reporting);
      const touched = await store.jobsTouchedSince(seq, LIMITS.sqlPerTick);
      seq = touched.seq;
      for (const job of touched.jobs) touch(reporting, job);
      await writeDirty(reporting, review);
      startFilings(reporting);
      await review.tick();
      movies.tick();
      if (clock.now() < nextCloseAt) return;
      const more = await closeAnswers(context, (drop) => reporting.owners.delete(joinPath(drop.folder, drop.name)));
      nextCloseAt = more ? clock.now() : clock.now() + LIMITS.answerCloseLookMs;
    },
  };
}

/** A root that fills, hangs or is well again changes what every waiting answer says, and makes no event of a job. */
function lookAgain(reporting: Reporting): void {
  const roots = [...reporting.context.live.roots.values()].map((root) => `${root.path} ${root.state}`).join("\n");
  if (roots === reporting.roots) return;
  reporting.roots = roots;
  for (const job of reporting.dirty.keys()) reporting.dirty.set(job, 0);
  reporting.dirtyAt = 0;
}

/** Written again at once, but no job more often than the refresh time, however many events it makes. */
function touch(reporting: Reporting, job: JobId): void {
  const now = reporting.context.world.clock.now();
  // Not looked at in vain in every tick of a burst.
  const later = held(reporting, job, now) ? now + LIMITS.answerRefreshMs : 0;
  const earliest = Math.max(later, (reporting.writtenAt.get(job) ?? 0) + LIMITS.answerRefreshMs / 2);
  markDirty(reporting, job, Math.min(reporting.dirty.get(job) ?? earliest, earliest));
}

function markDirty(reporting: Reporting, job: JobId, notBefore: number): void {
  reporting.dirty.set(job, notBefore);
  reporting.dirtyAt = Math.min(reporting.dirtyAt, notBefore);
}

async function writeDirty(reporting: Reporting, review: ReturnType<typeof createReviewFolder>): Promise<void> {
  const { context, dirty } = reporting;
  const now = context.world.clock.now();
  if (now < reporting.dirtyAt) return;
  let written = 0;
  let next = Number.MAX_SAFE_INTEGER;
  for (const [jobId, notBefore] of dirty) {
    if (notBefore > now) {
      next = Math.min(next, notBefore);
      continue;
    }
    if (held(reporting, jobId, now)) {
      dirty.set(jobId, now + LIMITS.answerRefreshMs);
      next = Math.min(next, now + LIMITS.answerRefreshMs);
      continue;
    }
    // The rest in the next tick.
    if (written >= LIMITS.answersPerUnit) return;
    written += 1;
    const job = await context.world.store.job(jobId);
    for (const jobs of context.live.unanswered.values()) jobs.delete(jobId);
    if (job === null) {
      dirty.delete(jobId);
      continue;
    }
    await answerJob(reporting, job);
    reporting.writtenAt.set(jobId, now);
    review.touch(job);
    // While it runs its numbers and the estimate move without an event of its own.
    if (isJobEnded(job.state)) {
      dirty.delete(jobId);
      reporting.writtenAt.delete(jobId);
    } else {
      const again = now + (job.state === "waiting" ? waitingRefreshMs(dirty.size) : LIMITS.answerRefreshMs);
      dirty.set(jobId, again);
      next = Math.min(next, again);
    }
  }
  // Only when all were looked at: after a failure half way they are all looked at again.
  reporting.dirtyAt = next;
}

/** One answer stands for its whole folder, which has so many files to read that its calls are theirs. */
function held({ context }: Reporting, jobId: JobId, now: number): boolean {
  for (const [folder, jobs] of context.live.unanswered) {
    const since = jobs.get(jobId);
    if (since === undefined) continue;
    const waitingFiles = context.live.folders.get(folder)?.waiting ?? 0;
    return answerMayWait({ waitingFiles, sinceMs: now - since });
  }
  return false;
}

/** With a long queue an answer that only says how long it is moves more slowly: the disk is there for the work. */
function waitingRefreshMs(jobs: number): number {
  return Math.max(LIMITS.answerWaitingRefreshMs, jobs * LIMITS.answerWaitingEachMs);
}

async function answerJob(reporting: Reporting, job: JobRow): Promise<void> {
  const { context, answers, owners, toFile } = reporting;
  for (const step of job.plan.steps) rememberPlaces(context, step);
  const hot = new Set(context.world.config.hotFolders.map((folder) => folder.path));
  for (const drop of await context.world.store.drops({ jobId: job.id })) {
    if (!hot.has(drop.folder)) continue;
    fileWhenDue(toFile, drop, job);
    if (drop.closed) continue;
    const key = joinPath(drop.folder, drop.name);
    const owner = owners.get(key);
    if (owner !== undefined && owner > drop.id) {
      await context.world.store.closeDrop(drop.id);
      continue;
    }
    if (owner !== undefined && owner < drop.id) await context.world.store.closeDrop(owner);
    owners.set(key, drop.id);
    const extras = await extrasOf(context, job);
    const text =
      drop.outcome === "duplicate" ? duplicateAnswer(drop.name, job, extras) : statusAnswer(drop.name, job, extras);
    answers.status(drop.folder, drop.name, text);
  }
}

function fileWhenDue(toFile: Reporting["toFile"], drop: DropRow, job: JobRow): void {
  if (drop.claimPath === null) return;
  if (drop.filedAt === null) toFile.set(drop.id, { drop, to: "accepted" });
  else if (isJobEnded(job.state) && drop.filedAt.startsWith(joinPath(drop.folder, "accepted") + "/")) {
    toFile.set(drop.id, { drop, to: job.state === "done" ? "done" : "failed" });
  }
}

function startFilings(reporting: Reporting): void {
  const { context, toFile } = reporting;
  const free = context.world.config.hotFolders.some(({ path }) => context.work.free(laneOf(context, path, "intake")));
  if (!free) return;
  const groups = new Map<string, { drops: DropRow[]; to: "accepted" | "done" | "failed" }>();
  for (const { drop, to } of toFile.values()) {
    const key = `${drop.folder}\n${to}`;
    const group = groups.get(key) ?? { drops: [], to };
    if (group.drops.length < LIMITS.answersPerUnit) group.drops.push(drop);
    groups.set(key, group);
  }
  for (const group of groups.values()) {
    const failed = (error: unknown): void => {
      const notBefore = context.world.clock.now() + LIMITS.retryDelayMs;
      for (const drop of group.drops) markDirty(reporting, drop.jobId, notBefore);
      context.world.log.event("warn", "work.failed", { work: "filing", to: group.to, error: messageOf(error) });
    };
    // A folder that hangs would only fail again, and say so each time.
    if (context.live.folders.get(group.drops[0]?.folder ?? "")?.state === "down") continue;
    if (!startFiling(context, group.drops, group.to, failed)) continue;
    for (const drop of group.drops) {
      toFile.delete(drop.id);
      // Filed under accepted/, it may have to go on to done/ at once.
      if (group.to === "accepted" && !reporting.dirty.has(drop.jobId))
        markDirty(reporting, drop.jobId, context.world.clock.now() + LIMITS.answerRefreshMs);
    }
  }
}

async function extrasOf(context: StageContext, job: JobRow): Promise<AnswerPaths> {
  const first = job.steps[0];
  const waiting =
    first === undefined ? [] : await context.world.store.tasks(first.id, { states: ["ready", "blocked"], limit: 1 });
  const ahead = waiting[0] === undefined ? 0 : (await context.world.store.ahead(waiting[0].id)).all;
  const trouble = job.steps
    .map((step) => context.live.stepTrouble.get(step.id)?.message)
    .find((message) => message !== undefined);
  const up = [...context.live.slots.values()].filter((slot) => slot.state === "up" && slot.blocks.size === 0).length;
  const waits =
    trouble ?? rootWords(context, job) ?? (up === 0 && !isJobEnded(job.state) ? noSlotWords(context) : null);
  const { roots } = context.world.config;
  const reader = job.plan.reader ?? "linux";
  return {
    ahead,
    etaSeconds: eta(context, job, { ahead, up }),
    trouble: waits === null ? null : wordsInForm(waits, reader, roots),
    versions: (await withRefused(context, job)).flatMap(({ step, refused }) => {
      if (step.version === null) return [];
      const path = versionDir(step.plan.target, step.version);
      const review = reviewPaths(step.plan.target, step.version);
      return [
        {
          product: step.plan.target.product,
          number: step.version,
          state: step.state,
          path: inForm(path, reader, roots),
          otherForms: otherForms(path, roots, reader),
          reviewDir: inForm(review.reviewDir, reader, roots),
          contactSheet: inForm(review.contactSheet, reader, roots),
          qcReport: inForm(review.qcReport, reader, roots),
          ...(refused === null ? {} : { refused: { ...refused, place: inForm(refused.place, reader, roots) } }),
          lack: context.live.lacks.get(step.id) ?? null,
        },
      ];
    }),
    failures: (await failuresOf(context, job)).map((failure) => ({
      ...failure,
      message: wordsInForm(failure.message, reader, roots),
    })),
    qc: (await qcStanding(context.world.store, job)).map((qc) => ({
      ...qc,
      held: { ...qc.held, page: qc.held.page === null ? null : inForm(qc.held.page, reader, roots) },
    })),
    now: context.world.clock.now(),
  };
}

async function withRefused({ world }: StageContext, { steps }: JobRow) {
  return Promise.all(steps.map(async (step) => ({ step, refused: await refusedOf(world.store, step) })));
}

async function failuresOf(context: StageContext, job: JobRow): Promise<AnswerPaths["failures"]> {
  if (job.counts.failed === 0) return [];
  const of = { states: ["failed"], limit: LIMITS.answerFailuresRead } as const;
  const tasks = await Promise.all(job.steps.map((step) => context.world.store.tasks(step.id, of)));
  return answerFailures(tasks.flat());
}

function rootWords(context: StageContext, job: JobRow): string | null {
  if (isJobEnded(job.state)) return null;
  for (const step of job.steps) {
    const root = context.live.roots.get(rootOf(step.plan.target.productDir, context.world.config.roots)?.linux ?? "");
    const trouble = rootTrouble(root);
    if (trouble !== null) return trouble.message;
  }
  return null;
}

/** Why nothing can begin: no ComfyUI answers, or those that do get no new work. */
function noSlotWords(context: StageContext): string {
  const slots = [...context.live.slots.values()];
  const why = slots.map((slot) => {
    const [block] = slot.blocks.values();
    return `${slot.config.name}: ${slot.state === "up" && block !== undefined ? `${block.message} (${block.code})` : (slot.reason ?? slot.state)}`;
  });
  const what = slots.some((slot) => slot.state === "up") ? "No slot takes new work" : "No ComfyUI answers";
  return `${what}: ${why.join("; ")}. It starts by itself when one does.`;
}

/** No estimate before 3 tasks of the recipe have ended: a wrong number is worse than none. */
function eta(context: StageContext, job: JobRow, of: { readonly ahead: number; readonly up: number }): number | null {
  const rate = context.live.rates.get(job.steps[0]?.plan.recipe.name ?? "");
  if (rate === undefined || rate.ended < 3 || of.up === 0) return null;
  const left = job.counts.blocked + job.counts.ready + job.counts.running + job.counts.deferred;
  return ((left + of.ahead) * rate.seconds) / rate.ended / of.up;
}
