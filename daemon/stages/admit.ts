/**
 * Stage 3: a complete drop becomes a job or an answer. Read -> parse -> validate -> expand -> claim by rename -> ONE store
 * transaction for the batch. The bytes that were validated are the bytes that are stored, and the claimed file is hashed
 * once more: a writer that still held it open wrote into our name.
 *
 * Must never: claim before the whole plan is known, or store a job whose manifest it does not hold.
 */
import { messageOf, systemCode } from "../domain/errors.ts";
import type { Problem } from "../domain/errors.ts";
import { errorAnswer, refusedAnswer, statusFileName, waitingAnswer } from "../domain/answer.ts";
import type { JobId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import { joinPath } from "../domain/paths.ts";
import type { Stage, StageContext } from "../live.ts";
import type { PlanOutcome } from "../planManifest.ts";
import { planManifest, planPlate } from "../planManifest.ts";
import type { NewJob } from "../storePort.ts";
import type { Answers } from "./answers.ts";
import { CLAIMED, claimPathOf, putBack } from "./claims.ts";
import type { Drop, DropQueue } from "./dropQueue.ts";
import type { Folder } from "./folder.ts";
import { plateQuiet, strayName } from "./media.ts";
import { laneOf } from "./lanes.ts";

type Admitted =
  | {
      readonly kind: "claimed";
      readonly job: NewJob;
      readonly notes: readonly Problem[];
      readonly plateIdentity: string | null;
    }
  /** Dropped media that already were a drop, in this life or one before. */
  | { readonly kind: "known" }
  | { readonly kind: "rejected"; readonly problems: readonly Problem[] }
  | { readonly kind: "refused" }
  | { readonly kind: "waiting"; readonly text: string; readonly checkInMs: number }
  /** Vanished or changed while it was read: the next listing says what is true. */
  | { readonly kind: "again" };

const BATCH_MAX = 64;

export function createAdmit(context: StageContext, queue: DropQueue, answers: Answers): Stage {
  return {
    name: "admit",
    async tick() {
      for (const folder of queue.folders()) startBatch(context, folder, { queue, answers });
    },
  };
}

function startBatch(context: StageContext, folder: Folder, to: { queue: DropQueue; answers: Answers }): void {
  const lane = laneOf(context, folder.config.path, "intake");
  const key = `admit:${folder.config.path}`;
  if (!context.work.free(lane, key)) return;
  const drops = to.queue.take(folder, BATCH_MAX);
  context.work.start<readonly Admitted[]>({
    key,
    lane,
    run: () => admitAll(context, folder, drops),
    done: async (outcome) => {
      if (outcome.ok) await store(context, folder, { drops, outcomes: outcome.value, answers: to.answers });
      // The mount failed half way: every drop is looked at again; a claim without a job is put back when it is reopened.
      else {
        for (const drop of drops) release(drop, context.world.clock.now() + LIMITS.retryDelayMs);
        folder.opened = false;
        context.world.log.event("warn", "work.failed", {
          work: "admit",
          folder: folder.config.path,
          error: messageOf(outcome.error),
        });
      }
      to.queue.admitted(drops.length, context.world.clock.now());
    },
  });
}

async function admitAll(context: StageContext, folder: Folder, drops: readonly Drop[]): Promise<readonly Admitted[]> {
  const out: Admitted[] = [];
  for (const drop of drops) out.push(await admitOne(context, folder, drop));
  // Names must be durable before the store knows the jobs: else a power cut gives the manifest back beside its job.
  if (out.some((admitted) => admitted.kind === "claimed")) {
    await context.files.syncDir(joinPath(folder.config.path, CLAIMED));
    await context.files.syncDir(folder.config.path);
  }
  return out;
}

async function admitOne(context: StageContext, folder: Folder, drop: Drop): Promise<Admitted> {
  const { known } = drop;
  if (known.kind === "manifest") return admitManifest(context, folder, drop);
  if (folder.config.recipe === undefined || known.kind === "other") return { kind: "refused" };
  const quiet = await plateQuiet(context, folder, drop);
  if (quiet.kind !== "quiet") return quiet;
  const outcome = await planPlate(context.world, {
    path: joinPath(folder.config.path, known.name),
    show: folder.config.show,
    recipe: folder.config.recipe,
    marker: null,
  });
  const admitted = await judged(context, folder, { drop, outcome, text: null });
  return admitted.kind === "claimed" ? { ...admitted, plateIdentity: quiet.identity } : admitted;
}

async function admitManifest(context: StageContext, folder: Folder, drop: Drop): Promise<Admitted> {
  const bytes = drop.bytes;
  const outcome = await planManifest(context.world, {
    text: bytes ?? new Uint8Array(0),
    bytes: drop.observation?.bytes ?? 0,
    fileName: drop.known.name,
    dir: folder.config.path,
    show: folder.config.show,
    boundRecipe: folder.config.recipe ?? null,
  });
  return judged(context, folder, { drop, outcome, text: bytes });
}

async function judged(
  context: StageContext,
  folder: Folder,
  planned: { readonly drop: Drop; readonly outcome: PlanOutcome; readonly text: Uint8Array | null },
): Promise<Admitted> {
  const { drop, outcome } = planned;
  switch (outcome.kind) {
    case "plan":
      return claim(context, folder, { ...planned, outcome });
    case "waiting":
      return {
        kind: "waiting",
        text: waitingAnswer(drop.known.name, outcome.reason, outcome.problems),
        checkInMs: 1_000,
      };
    case "rejected": {
      const age = context.world.clock.now() - (drop.known.first?.at ?? drop.known.firstSeenAt);
      const unfinished =
        !drop.renamed && outcome.problems.some((p) => UNPARSABLE.has(p.code)) && age < LIMITS.manifestGraceMs;
      if (!unfinished) return { kind: "rejected", problems: outcome.problems };
      const reason = "It does not read as a manifest yet; it may still be being written.";
      return { kind: "waiting", text: waitingAnswer(drop.known.name, reason, outcome.problems), checkInMs: 1_000 };
    }
  }
}

/** Problems that a half-written manifest has: they become errors only after `manifestGraceMs` of quiet (decision 12). */
const UNPARSABLE: ReadonlySet<string> = new Set(["HP-MANIFEST-YAML", "HP-MANIFEST-ENCODING"]);

async function claim(
  context: StageContext,
  folder: Folder,
  planned: { readonly drop: Drop; readonly outcome: PlanOutcome & { kind: "plan" }; readonly text: Uint8Array | null },
): Promise<Admitted> {
  const { world, files } = context;
  const { drop, outcome, text } = planned;
  const name = drop.known.name;
  const manifestText = outcome.manifestText ?? new TextDecoder().decode(text ?? new Uint8Array(0));
  const sha256 = world.digest.sha256(text ?? manifestText);
  let claimPath: string | null = null;
  let uid = "unknown";
  if (text !== null) {
    claimPath = claimPathOf(folder.config.path, world.ids.uuid(), name);
    const from = joinPath(folder.config.path, name);
    const moved = await files.rename(from, claimPath).then(
      () => true,
      (error: unknown) => {
        if (systemCode(error) === "ENOENT") return false;
        throw error;
      },
    );
    // On a share ENOENT may be a lost reply of our own rename: our name tells.
    const stat = await files.stat(claimPath).catch(() => null);
    if (stat === null) return { kind: "again" };
    void moved;
    uid = String(stat.uid);
    const there = await files.read(claimPath, LIMITS.manifestBytesMax);
    if (world.digest.sha256(there) !== sha256) {
      await putBack(context, folder.config.path, { path: claimPath, name });
      return { kind: "again" };
    }
  }
  const job: NewJob = {
    id: world.ids.sortable("job_") as JobId,
    plan: outcome.plan,
    dedupeKey: outcome.dedupeKey,
    source: {
      folder: folder.config.path,
      name,
      manifestSha256: sha256,
      manifestText,
      submittedBy: `uid:${uid}`,
      claimPath,
    },
  };
  return { kind: "claimed", job, notes: outcome.notes, plateIdentity: null };
}

async function store(
  context: StageContext,
  folder: Folder,
  batch: { readonly drops: readonly Drop[]; readonly outcomes: readonly Admitted[]; readonly answers: Answers },
): Promise<void> {
  const { world } = context;
  const jobs = batch.outcomes.flatMap((outcome) => (outcome.kind === "claimed" ? [outcome.job] : []));
  let results;
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
    if (outcome.kind === "claimed") {
      const result = results[at++];
      if (outcome.plateIdentity !== null)
        await world.store.rememberAsset(folder.config.path, drop.known.name, outcome.plateIdentity);
      if (drop.known.kind === "manifest") folder.known.delete(drop.known.name);
      else drop.known.state = "answered";
      for (const step of outcome.job.plan.steps)
        if (step.plate !== null) context.live.namedPlates.add(joinPath(step.plate.dir, step.plate.stem));
      batch.answers.error(folder.config.path, drop.known.name, null);
      batch.answers.withdraw(folder, drop.known.name);
      if (result?.kind === "duplicate")
        world.log.event("info", "manifest.duplicate", { name: drop.known.name, job: result.jobId });
      else if (result !== undefined)
        world.log.event("info", "manifest.accepted", { name: drop.known.name, job: result.jobId });
    } else await answer(context, folder, { drop, outcome, answers: batch.answers });
  }
  context.wake();
}

async function answer(
  context: StageContext,
  folder: Folder,
  to: { readonly drop: Drop; readonly outcome: Exclude<Admitted, { kind: "claimed" }>; readonly answers: Answers },
): Promise<void> {
  const { world } = context;
  const { drop, outcome, answers } = to;
  const name = drop.known.name;
  const now = world.clock.now();
  switch (outcome.kind) {
    case "again":
      release(drop, now);
      folder.dirty = true;
      return;
    case "known":
      drop.known.state = "answered";
      return;
    case "waiting":
      answers.status(folder.config.path, name, outcome.text);
      drop.known.text = drop.bytes === null ? null : new TextDecoder().decode(drop.bytes);
      drop.known.waitingSaid = true;
      drop.known.state = "waiting";
      drop.known.checkAt = now + outcome.checkInMs;
      return;
    case "refused":
    case "rejected": {
      if (drop.known.waitingSaid) answers.say(folder.config.path, statusFileName(name), null);
      drop.known.waitingSaid = false;
      drop.known.state = "answered";
      drop.known.checkAt = now + LIMITS.hotFolderListIntervalMs;
      const rejected = outcome.kind === "rejected";
      const said = rejected ? name : strayName(context, folder, drop);
      if (said === null) return;
      const text = rejected ? errorAnswer(name, outcome.problems) : refusedAnswer(said, folder.config.recipe ?? null);
      answers.error(folder.config.path, said, text);
      const code = rejected ? (outcome.problems[0]?.code ?? "HP-INTERNAL") : "HP-INTAKE-NOT-A-MANIFEST";
      const event = rejected ? "manifest.rejected" : "file.refused";
      world.log.event("info", event, { name, folder: folder.config.path, code });
      if (said === name || !folder.strays.has(said))
        await world.store.note(event, null, { name: said, folder: folder.config.path, code });
      if (!rejected) folder.strays.add(said);
      return;
    }
  }
}

function release(drop: Drop, checkAt: number): void {
  drop.known.state = "growing";
  drop.known.first = null;
  drop.known.checkAt = checkAt;
}
