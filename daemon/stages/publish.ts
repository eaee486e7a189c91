/**
 * Stage 7, the straight line of a version: planned -> number and staging (openVersion) -> every task terminal -> the whole
 * tree is assembled in staging, commit.json last -> beginPublish, the store's decision -> appears by one directory rename
 * -> rejected pixels to quarantine, staging removed -> endPublish.
 *
 * Once `committing` there is only forward: every step here is idempotent and repeated after any crash. A version that
 * nobody can publish burns its number. Plates are never opened here.
 */
import type { Fence } from "../domain/ids.ts";
import { versionName } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import { mayOpenVersions } from "../domain/backlog.ts";
import { joinPath } from "../domain/paths.ts";
import { appearWhole } from "../durable.ts";
import type { Stage, StageContext } from "../live.ts";
import type { StepRow, StepWork } from "../storePort.ts";
import { assemble } from "./assemble.ts";
import type { Assembled, AssembleParts } from "./assemble.ts";
import { laneOf } from "./lanes.ts";
import { claimNumber, startOpening } from "./openVersion.ts";
import type { PointerStage } from "./pointers.ts";
import { quarantineAndClear } from "./quarantine.ts";
import { judgeWedges } from "./wedgeVerdicts.ts";
import { stepMayTry, stepTrouble, stepWell } from "./stepTrouble.ts";

/** `pointers`: who keeps what lies beside the versions is told of each that appeared. */
export type PublishParts = AssembleParts & { readonly pointers: Pick<PointerStage, "touch"> };

export function createPublish(context: StageContext, parts: PublishParts): Stage {
  const { shelf, inputs, pointers } = parts;
  return {
    name: "publish",
    async tick() {
      // With thousands of steps in the store, nothing is read in vain: each of these ends in work on an output lane.
      if (!anyLaneFree(context)) return;
      for (const step of await stepsToDo(context, "committing")) {
        if (stepMayTry(context, step)) startMaterialising(context, step, pointers);
      }
      for (const step of await stepsToDo(context, "ripe")) {
        if (!shelf.ready() || !stepMayTry(context, step)) continue;
        if (step.counts.committing === 0) await burn(context, step);
        else if (inputs.settled(step)) startAssembling(context, step, parts);
      }
      for (const step of await stepsToDo(context, "uncleared")) {
        if (stepMayTry(context, step)) startClearing(context, step);
      }
      if (context.live.state === "draining" || !(await mayOpen(context))) return;
      for (const step of await stepsToDo(context, "planned")) {
        if (step.counts.blocked === 0 && step.counts.canceled + step.counts.failed > 0) await burn(context, step);
        else if (stepMayTry(context, step)) {
          inputs.want(step);
          await startOpening(context, step);
        }
      }
    },
  };
}

/** Of every root, and past those that wait for their next try: neither holds up the others by its number. */
function stepsToDo(context: StageContext, what: StepWork): Promise<readonly StepRow[]> {
  return context.world.store.stepsToDo(what, LIMITS.stepsPerTick + context.live.stepTrouble.size);
}

async function mayOpen(context: StageContext): Promise<boolean> {
  const waitingFiles = [...context.live.folders.values()].map((folder) => folder.waiting);
  if (mayOpenVersions({ waitingFiles, readyTasks: Number.MAX_SAFE_INTEGER })) return true;
  const heads = await context.world.store.heads({ heads: LIMITS.headsMax, tasksEach: 1 });
  return mayOpenVersions({ waitingFiles, readyTasks: heads.reduce((sum, head) => sum + head.waiting, 0) });
}

function anyLaneFree(context: StageContext): boolean {
  return context.world.config.roots.some((root) => context.work.free(laneOf(context, root.linux, "output")));
}

async function burn(context: StageContext, step: StepRow): Promise<void> {
  const reason =
    step.counts.failed > 0
      ? `${ofTasks(step.counts.failed)} failed or ${step.counts.failed === 1 ? "was" : "were"} rejected${step.counts.canceled > 0 ? `, ${step.counts.canceled} canceled` : ""}`
      : "a person canceled every task";
  const applied = await context.world.store.burn(step.id, reason);
  if (applied !== "ok") return;
  stepWell(context, step);
  context.world.log.event("warn", "version.burnt", {
    code: "HP-PUBLISH-BURNT",
    product: step.plan.target.product,
    job: step.jobId,
    reason,
  });
  context.wake();
}

/** The number stays claimed for ever; what was staged is kept in quarantine, not thrown away. Tried until it is done. */
function startClearing(context: StageContext, step: StepRow): void {
  context.work.start({
    key: `burn:${step.id}`,
    lane: laneOf(context, step.plan.target.productDir, "output"),
    run: () => quarantineAndClear(context, step),
    done: async (outcome) => {
      if (!outcome.ok) {
        await stepTrouble(context, step, outcome.error);
        return;
      }
      stepWell(context, step);
      await context.world.store.cleared(step.id);
    },
  });
}

function ofTasks(count: number): string {
  return count === 1 ? "1 task" : `${count} tasks`;
}

function startAssembling(context: StageContext, step: StepRow, parts: AssembleParts): void {
  const { fence, version } = step;
  if (fence === null || version === null) return;
  context.work.start<Assembled>({
    key: `version:${step.id}`,
    lane: laneOf(context, step.plan.target.productDir, "output"),
    run: () => assemble(context, step, parts),
    done: async (outcome) => {
      if (!outcome.ok) {
        await stepTrouble(context, step, outcome.error);
        return;
      }
      for (const lost of outcome.value.lost)
        await context.world.store.unstage(lost, "its staged file is gone or changed");
      if (outcome.value.words !== undefined) await judgeWedges(context, step, outcome.value.words);
      if (outcome.value.publication === null) return;
      stepWell(context, step);
      const applied = await context.world.store.beginPublish(step.id, fence, outcome.value.publication);
      if (applied === "ok") {
        parts.inputs.forget(step.id);
        await noteGrade(context, step, outcome.value);
        context.world.log.event("info", "version.committing", {
          product: step.plan.target.product,
          version: versionName(version),
          job: step.jobId,
        });
        context.wake();
      }
    },
  });
}

/** In the job's own log too: the grade of a rerun never goes into the old version. */
async function noteGrade(context: StageContext, step: StepRow, { graded }: Assembled): Promise<void> {
  if (graded === null || graded === undefined) return;
  const fields = { product: step.plan.target.product, against: graded.ref, grade: graded.grade };
  await context.world.store.note("version.graded", step.jobId, fields);
  context.world.log.event("info", "version.graded", { ...fields, job: step.jobId });
}

type Materialised =
  | { readonly kind: "there" }
  | { readonly kind: "foreign"; readonly next: number }
  | { readonly kind: "gone" };

function startMaterialising(context: StageContext, step: StepRow, pointers: Pick<PointerStage, "touch">): void {
  const { fence, version, publication } = step;
  if (fence === null || version === null || publication === null) return;
  context.work.start<Materialised>({
    key: `version:${step.id}`,
    lane: laneOf(context, step.plan.target.productDir, "output"),
    run: () => materialise(context, step, { fence, version, publication }),
    done: async (outcome) => {
      if (!outcome.ok) {
        await stepTrouble(context, step, outcome.error);
        return;
      }
      switch (outcome.value.kind) {
        case "there":
          stepWell(context, step);
          if ((await context.world.store.endPublish(step.id, fence)) === "ok") {
            context.world.log.event("info", "version.committed", { path: publication.targetPath, job: step.jobId });
          }
          pointers.touch(step.plan.target.productDir, (await context.world.store.job(step.jobId))?.show ?? "");
          context.wake();
          return;
        case "foreign":
          // Somebody made our v007 without a claim: the next number is ours, and the files get its name.
          await context.world.store.renumber(step.id, fence, outcome.value.next);
          context.world.log.event("warn", "version.claimed", {
            code: "HP-PUBLISH-CONFLICT",
            product: step.plan.target.product,
            version: versionName(outcome.value.next),
            instead: versionName(version),
            job: step.jobId,
          });
          context.wake();
          return;
        case "gone":
          await stepTrouble(
            context,
            step,
            new Error(
              `neither ${publication.stagingPath} nor ${publication.targetPath} is there; the disk lost what it had confirmed`,
            ),
          );
          return;
      }
    },
  });
}

async function materialise(
  context: StageContext,
  step: StepRow,
  of: { readonly fence: Fence; readonly version: number; readonly publication: NonNullable<StepRow["publication"]> },
): Promise<Materialised> {
  const { publication } = of;
  const appearance = await appearWhole(context.files, publication.stagingPath, publication.targetPath, (dir) =>
    isThisCommit(context, dir, publication.commitSha256),
  );
  switch (appearance) {
    case "appeared":
    case "already":
      await quarantineAndClear(context, step);
      return { kind: "there" };
    case "gone":
      return { kind: "gone" };
    case "foreign":
      return { kind: "foreign", next: await claimNumber(context, step, { fence: of.fence, above: of.version }) };
  }
}

async function isThisCommit(context: StageContext, dir: string, sha256: string): Promise<boolean> {
  try {
    const text = await context.files.read(joinPath(dir, ".hotplate/commit.json"), LIMITS.commitBytesMax);
    return context.world.digest.sha256(text) === sha256;
  } catch {
    // No commit.json, or one that can't be read: whoever made this directory, it is not the version we staged.
    return false;
  }
}
