/**
 * The frames of a version under their final names: links of what was staged, and where two chunks have a frame and the recipe
 * blends them, a picture made of both. It is made here and not when a chunk is staged, because only now both are there for
 * certain; a chunk that is rendered again takes nothing from its neighbours. QC looks at a blended frame as it is published;
 * one that it would not pass is published unblended, as the chunk with the larger part made it: that one has passed.
 */
import { HotplateError, messageOf, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { versionFileName } from "../domain/naming.ts";
import { joinPath, parentDir } from "../domain/paths.ts";
import type { Inspection } from "../domain/qc.ts";
import { gateOf } from "../domain/qc.ts";
import type { VersionFile, VersionFrame } from "../domain/versionFacts.ts";
import { ignore, linkOrCopy, makeDirs, settleFile } from "../durable.ts";
import type { StageContext } from "../live.ts";
import type { FenceRef, FinishResult } from "../ports.ts";
import type { StepRow, TaskRow } from "../storePort.ts";
import type { FrameResult, FrameSource } from "./frameResults.ts";
import { frameResults, largest, versionFrame } from "./frameResults.ts";
import { anew, besideItsPlate, finishRequest } from "./finishResult.ts";
import type { LookAt } from "./inspect.ts";
import { inspectFrame } from "./inspect.ts";
import type { RecipeShelf } from "./recipeShelf.ts";

export interface PlacedFrames {
  readonly files: readonly VersionFile[];
  readonly frames: readonly VersionFrame[];
  /** Of each file, in the same order: the picture as QC looked at it. */
  readonly looks: readonly (LookAt & { readonly wedge: number })[];
  /** Tasks whose staged file is gone or not what was recorded. */
  readonly lost: readonly FenceRef[];
}

interface Placing {
  readonly tree: string;
  readonly shelf: RecipeShelf;
}

export async function placeFrames(
  context: StageContext,
  step: StepRow,
  of: Placing & { readonly tasks: readonly TaskRow[] },
): Promise<PlacedFrames> {
  const { files } = context;
  const placed: VersionFile[] = [];
  const frames: VersionFrame[] = [];
  const looks: PlacedFrames["looks"][number][] = [];
  const lost = new Map<string, FenceRef>();
  const made = new Set<string>();
  if (step.plan.chunks?.seam === "blend") {
    await files.removeTree(blendedDir(step));
    await makeDirs(files, step.stagingDir ?? "", blendedDir(step));
  }
  for (const result of frameResults(step.plan, of.tasks)) {
    const best = largest(result.sources);
    if (best === null) {
      frames.push(versionFrame(result, {}));
      continue;
    }
    const path = versionFileName(step.plan, {
      version: step.version ?? 0,
      wedge: result.wedge,
      frame: result.frame,
      stagedPath: best.staged.path,
      padding: step.plan.plate?.padding ?? 4,
    });
    const target = joinPath(of.tree, path);
    if (!made.has(parentDir(target))) {
      await makeDirs(files, of.tree, parentDir(target));
      made.add(parentDir(target));
    }
    const blended = await placeBlended(context, step, { ...of, result, target });
    if (blended.kind === "lost") note(lost, blended.source.task);
    else if (blended.kind === "blended") {
      placed.push(versionFile(result, path, blended));
      looks.push({ ...blended.look, wedge: result.wedge });
      frames.push(versionFrame(result, { seen: blended.seen }));
    } else if (await linkWhole(context, best.staged, target)) {
      placed.push(versionFile(result, path, { digest: best.staged, finished: best.staged.finished }));
      looks.push({ path: best.staged.path, frame: result.frame, ...engineOf(best), wedge: result.wedge });
      frames.push(versionFrame({ ...result, sources: [best] }, { unblended: blended.why }));
    } else note(lost, best.task);
  }
  return { files: placed, frames, looks, lost: [...lost.values()] };
}

function versionFile(
  { wedge, frame }: FrameResult,
  path: string,
  of: {
    readonly digest: { readonly bytes: number; readonly sha256: string };
    readonly finished: FinishResult | undefined;
  },
): VersionFile {
  const { bytes, sha256 } = of.digest;
  const file = { path, wedge, frame, bytes, sha256 };
  if (of.finished === undefined) return file;
  const { width, height, channels, bitDepth, roundTrip } = of.finished;
  return { ...file, size: { width, height, channels, bitDepth }, ...(roundTrip === null ? {} : { roundTrip }) };
}

function note(lost: Map<string, FenceRef>, task: TaskRow): void {
  if (task.fence !== null) lost.set(task.id, { taskId: task.id, fence: task.fence });
}

type Blended =
  | {
      readonly kind: "blended";
      readonly digest: { readonly bytes: number; readonly sha256: string };
      readonly finished: FinishResult;
      readonly seen: Inspection;
      readonly look: LookAt;
    }
  /** As one chunk made it; `why`: although two have it. */
  | { readonly kind: "single"; readonly why: string | null }
  | { readonly kind: "lost"; readonly source: FrameSource };

async function placeBlended(
  context: StageContext,
  step: StepRow,
  of: Placing & { readonly result: FrameResult; readonly target: string },
): Promise<Blended> {
  const { result, target } = of;
  const [earlier, later] = result.sources;
  if (earlier === undefined || later === undefined) return { kind: "single", why: null };
  for (const source of [earlier, later])
    if (!(await isWhole(context, pictureOf(source)))) return { kind: "lost", source };
  const finished = await triedBlend(context, target, () => makeBlended(context, step, { ...of, earlier, later }));
  if ("why" in finished) return { kind: "single", why: finished.why };
  const digest = await settleFile(context.files, target);
  // Its traces stay out of the version.
  const trace = joinPath(blendedDir(step), `w${result.wedge}.${result.frame}.trace`);
  const file = { path: target, frame: result.frame, sha256: digest.sha256, trace, ...engineOf(earlier) };
  const seen = await inspectFrame(context, file, { plan: step.plan, wedge: result.wedge, shelf: of.shelf });
  if (gateOf(seen.verdict, step.plan.qc.gate) === "pass")
    return { kind: "blended", digest, finished, seen, look: file };
  await context.files.unlink(target).catch(ignore("ENOENT"));
  const finding = seen.findings.find((one) => one.verdict === seen.verdict);
  return { kind: "single", why: finding?.message ?? `QC says ${seen.verdict}` };
}

/** A worker that broke or hung may have been unlucky: it is tried again a bounded number of times. */
async function triedBlend(
  context: StageContext,
  target: string,
  make: () => Promise<FinishResult>,
): Promise<FinishResult | { readonly why: string }> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await make();
    } catch (error) {
      const unlucky =
        systemCode(error) === "ETIMEDOUT" || (error instanceof HotplateError && error.code === "HP-IMAGE-WORKER");
      // A disk that fails, or a plate that is waited for, is nobody's fault here: the whole version is tried again.
      if (!unlucky && !(error instanceof HotplateError)) throw error;
      await context.files.unlink(target).catch(ignore("ENOENT"));
      if (!unlucky || tries >= LIMITS.finishTriesMax) return { why: messageOf(error) };
    }
  }
}

/** Both as they came back, mixed, and then finished like any other frame. */
async function makeBlended(
  context: StageContext,
  step: StepRow,
  of: {
    readonly result: FrameResult;
    readonly earlier: FrameSource;
    readonly later: FrameSource;
    readonly target: string;
  },
): Promise<FinishResult> {
  const { world, files } = context;
  const { result, earlier, later, target } = of;
  const mixed = joinPath(blendedDir(step), `w${result.wedge}.${result.frame}.png`);
  const pictures = { earlier: pictureOf(earlier).path, later: pictureOf(later).path };
  await anew(context, mixed, () => world.images.blend({ ...pictures, part: later.weight, to: mixed }));
  const { plan } = step;
  const { wedge, frame } = result;
  const simulated = earlier.staged.engine?.simulated ?? false;
  const request = await finishRequest(context, { plan, show: earlier.task.show, wedge, frame, step, simulated });
  const finish = () => anew(context, target, () => world.images.finish({ ...request, returned: mixed, to: target }));
  const finished = await besideItsPlate(context, { plan, frame }, finish);
  await files.unlink(mixed).catch(ignore("ENOENT"));
  return finished;
}

/** Only while a version is assembled: begun anew each time, gone with the staging directory. */
function blendedDir(step: StepRow): string {
  return joinPath(step.stagingDir ?? "", "blended");
}

/** As it came back from ComfyUI, where that was kept. */
function pictureOf({ staged }: FrameSource): {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
} {
  return staged.returned ?? staged;
}

function engineOf({ staged }: FrameSource): Pick<FrameSource["staged"], "engine"> {
  return staged.engine === undefined ? {} : { engine: staged.engine };
}

async function isWhole(
  context: StageContext,
  file: { readonly path: string; readonly bytes: number; readonly sha256: string },
): Promise<boolean> {
  try {
    const there = await context.files.hash(file.path);
    return there.bytes === file.bytes && there.sha256 === file.sha256;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

/** Links a staged file into the tree and looks once more that it is the one recorded. */
async function linkWhole(
  context: StageContext,
  staged: { readonly path: string; readonly bytes: number; readonly sha256: string },
  target: string,
): Promise<boolean> {
  try {
    await linkOrCopy(context.files, staged.path, target);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
  return isWhole(context, { ...staged, path: target });
}
