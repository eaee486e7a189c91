/**
 * Stage 3: a complete drop becomes a job or an answer. Read -> parse -> validate -> expand -> claim by rename -> ONE store
 * transaction for the batch. The bytes that were validated are the bytes that are stored, and the claimed file is hashed
 * once more: a writer that still held it open wrote into our name.
 *
 * Must never: claim before the whole plan is known, store a job whose manifest it does not hold, or let one drop that can't
 * be planned hold up the others of its batch.
 */
import { waitingAnswer } from "../domain/answer.ts";
import { nameTrouble, shownName } from "../domain/dropName.ts";
import type { Problem } from "../domain/errors.ts";
import { ERRORS, HotplateError, messageOf, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { isInside, joinPath } from "../domain/paths.ts";
import { exists } from "../durable.ts";
import type { Stage, StageContext } from "../live.ts";
import type { PlanOutcome } from "../planManifest.ts";
import { planManifest, planPlate } from "../planManifest.ts";
import { askedOnce } from "../planOnce.ts";
import type { Admitted } from "./admitted.ts";
import { release, takeIn } from "./admitted.ts";
import type { Answers } from "./answers.ts";
import { CLAIMED, claimJob } from "./claims.ts";
import type { Drop, DropQueue } from "./dropQueue.ts";
import type { Folder } from "./folder.ts";
import { laneOf } from "./lanes.ts";
import { planWorld } from "./planWorld.ts";
import { plateQuiet } from "./media.ts";
import { checkOwner } from "./openFolder.ts";

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
  const drops = to.queue.take(folder, LIMITS.claimsPerBatch);
  context.work.start<readonly Admitted[]>({
    key,
    lane,
    run: () => admitAll(context, folder, drops),
    done: async (outcome) => {
      if (outcome.ok) await takeIn(context, folder, { drops, outcomes: outcome.value, answers: to.answers });
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
  await checkOwner(context, folder.config.path);
  const out: Admitted[] = [];
  const batch = { ...context, world: askedOnce(context.world) };
  for (const drop of drops) out.push(await admitOne(batch, folder, drop));
  // Names must be durable before the store knows the jobs: else a power cut gives the manifest back beside its job.
  if (out.some((admitted) => admitted.kind === "claimed")) {
    await context.files.syncDir(joinPath(folder.config.path, CLAIMED));
    await context.files.syncDir(folder.config.path);
  }
  return out;
}

async function admitOne(context: StageContext, folder: Folder, drop: Drop): Promise<Admitted> {
  const { known } = drop;
  const bound = folder.config.recipe !== undefined;
  const path = joinPath(folder.config.path, known.name);
  // A product of ours that lands in the hot folder itself, beside a plate that was dropped: never work again.
  if (known.kind === "directory" && (await isOurs(context, path, bound))) return { kind: "ours" };
  if (known.kind !== "manifest" && (!bound || known.kind === "other")) return { kind: "refused" };
  const trouble = nameTrouble(known.name);
  if (trouble !== null) return rejection(drop, "HP-INTAKE-NAME", `The name can't be used: ${trouble}.`);
  if (drop.unreadable) return rejection(drop, "HP-PATH-PERMISSION", `Hotplate may not read ${known.name}.`);
  if (known.kind === "manifest")
    return judged(context, folder, { drop, text: drop.bytes, plan: planOf(context, folder, drop) });
  return admitPlate(context, folder, { drop, recipe: folder.config.recipe ?? "" });
}

async function admitPlate(
  context: StageContext,
  folder: Folder,
  of: { readonly drop: Drop; readonly recipe: string },
): Promise<Admitted> {
  const { drop, recipe } = of;
  const quiet = await plateQuiet(context, folder, drop);
  if (quiet.kind !== "quiet") return quiet;
  const path = joinPath(folder.config.path, quiet.name);
  const plan = (): Promise<PlanOutcome> =>
    planPlate(planWorld(context), { path, show: folder.config.show, recipe, marker: null });
  const admitted = await judged(context, folder, { drop, text: null, plan });
  return admitted.kind === "claimed" ? { ...admitted, plate: quiet } : admitted;
}

async function isOurs(context: StageContext, path: string, bound: boolean): Promise<boolean> {
  if (context.live.ownDirs.has(path)) return true;
  // A folder that was made for results only; where folders are plates, a product may lie inside one that was dropped.
  if (!bound) for (const own of context.live.ownDirs) if (isInside(own, path)) return true;
  return exists(context.files, joinPath(path, ".hotplate"));
}

function planOf(context: StageContext, folder: Folder, drop: Drop): () => Promise<PlanOutcome> {
  return () =>
    planManifest(planWorld(context), {
      text: drop.bytes ?? new Uint8Array(0),
      bytes: drop.observation?.bytes ?? 0,
      fileName: drop.known.name,
      dir: folder.config.path,
      show: folder.config.show,
      boundRecipe: folder.config.recipe ?? null,
    });
}

async function judged(
  context: StageContext,
  folder: Folder,
  of: { readonly drop: Drop; readonly text: Uint8Array | null; readonly plan: () => Promise<PlanOutcome> },
): Promise<Admitted> {
  const { drop } = of;
  let outcome: PlanOutcome;
  try {
    outcome = await of.plan();
  } catch (error) {
    return unplanned(context, drop, error);
  }
  switch (outcome.kind) {
    case "plan":
      return claimJob(context, folder.config.path, { name: drop.known.name, text: of.text, outcome });
    case "waiting":
      return waitingFor(drop, outcome.reason, outcome.problems);
    case "rejected": {
      const age = context.world.clock.now() - (drop.known.first?.at ?? drop.known.firstSeenAt);
      const unfinished =
        !drop.renamed && outcome.problems.some((p) => UNPARSABLE.has(p.code)) && age < LIMITS.manifestGraceMs;
      if (!unfinished) return { kind: "rejected", problems: outcome.problems };
      return waitingFor(drop, "It does not read as a manifest yet; it may still be being written.", outcome.problems);
    }
  }
}

/** Problems that a half-written manifest has: they become errors only after `manifestGraceMs` of quiet. */
const UNPARSABLE: ReadonlySet<string> = new Set(["HP-MANIFEST-YAML", "HP-MANIFEST-ENCODING", "HP-MANIFEST-DEPTH"]);

function waitingFor(drop: Drop, reason: string, problems: readonly Problem[]): Admitted {
  return { kind: "waiting", text: waitingAnswer(drop.known.name, reason, problems), checkInMs: 1_000 };
}

/** A disk that fails where the plate lies, or a rule of our own that this manifest broke: this drop's trouble alone. */
function unplanned(context: StageContext, drop: Drop, error: unknown): Admitted {
  const { name } = drop.known;
  const code = systemCode(error);
  context.world.log.event("warn", "work.failed", { work: "plan", name, error: messageOf(error) });
  if (code !== null) {
    const text = waitingAnswer(name, `What it names can't be read now (${code}). It is tried again.`, []);
    return { kind: "waiting", text, checkInMs: LIMITS.retryDelayMs };
  }
  if (error instanceof HotplateError) return rejection(drop, error.code, error.message);
  return rejection(drop, "HP-INTERNAL", `Hotplate could not read this manifest: ${messageOf(error)}.`);
}

function rejection(drop: Drop, code: Problem["code"], message: string): Admitted {
  const problem: Problem = {
    code,
    severity: "error",
    file: shownName(drop.known.name),
    line: null,
    col: null,
    message,
    found: null,
    expected: null,
    nearest: null,
    action: ERRORS[code].hint,
  };
  return { kind: "rejected", problems: [problem] };
}
