/**
 * The way of one result from ComfyUI into the version's staging: fetched as it came back (`<name>.returned.<ext>`), finished
 * into the frame that is published, fsynced, hashed; then what came back is removed. Names carry the attempt's fence, so
 * what a crash left under them is of this very attempt: it may be torn, and is made anew.
 */
import { assetReference, assetSeed, assetUrn } from "../domain/assetPointer.ts";
import type { Embed } from "../domain/assetPointer.ts";
import type { ErrorCode } from "../domain/errors.ts";
import { HotplateError, messageOf, systemCode } from "../domain/errors.ts";
import { isNoPicture } from "../domain/noPicture.ts";
import type { PlateFrame, StepPlan } from "../domain/plan.ts";
import { LIMITS } from "../domain/limits.ts";
import { formatExtension } from "../domain/outputFormat.ts";
import { extension, joinPath } from "../domain/paths.ts";
import { sourceUri } from "../domain/recordPlan.ts";
import { ignore, settleFile } from "../durable.ts";
import type { Flight, StageContext } from "../live.ts";
import type { FinishRequest } from "../ports.ts";
import type { StagedFile, StepRow } from "../storePort.ts";
import { attemptsDir } from "./openVersion.ts";
import { readPlate } from "./plateGuard.ts";

/** ComfyUI is done, but there is nothing that could be published: the attempt failed. */
export class NoResult extends Error {
  readonly code: ErrorCode;
  /** `bad_graph`: it would be the same the next time. */
  readonly class: "output" | "bad_graph";
  constructor(message: string, of: { readonly code?: ErrorCode; readonly class?: NoResult["class"] } = {}) {
    super(message);
    this.code = of.code ?? "HP-COMFY-OUTPUT";
    this.class = of.class ?? "output";
  }
}

export interface Returned {
  readonly flight: Flight;
  /** What ComfyUI calls it. */
  readonly filename: string;
  /** Writes it to a path (EEXIST when there). */
  readonly get: (to: string) => Promise<void>;
  /** The frame of the result; null for a still. */
  readonly frame: number | null;
  /** By a simulated ComfyUI. */
  readonly simulated: boolean;
  /** Keeps what came back: another chunk has the same frame, and they will be blended. */
  readonly keep: boolean;
}

export async function finishResult(
  context: StageContext,
  of: Returned & { readonly step: StepRow & { readonly stagingDir: string } },
): Promise<Omit<StagedFile, "engine">> {
  const { files } = context;
  const { flight, filename, step, frame } = of;
  const name = `w${flight.task.wedge}.${frame ?? "still"}-${flight.fence}`;
  const dir = attemptsDir(step.stagingDir);
  const returned = joinPath(dir, `${name}.returned.${extension(filename) || "png"}`);
  const to = joinPath(dir, `${name}.${formatExtension(flight.plan.output.format)}`);
  await anew(context, returned, () => of.get(returned));
  const { plan, task } = flight;
  // Words are kept once per version: those of the others differ in seeds and names that are on record anyway.
  const first = task.wedge === 1 && frame === (plan.frames[0] ?? null);
  const saidTo = first ? joinPath(dir, `${name}.said.json`) : null;
  const request = {
    ...(await finishRequest(context, {
      plan,
      show: task.show,
      wedge: task.wedge,
      frame,
      step,
      simulated: of.simulated,
    })),
    returned,
    to,
    saidTo,
  };
  const finish = () => anew(context, to, () => context.world.images.finish(request));
  const finished = await besideItsPlate(context, { plan, frame }, finish).catch((error: unknown) => {
    throw finishFailed(flight, filename, error);
  });
  const said = saidTo === null || (finished.said ?? null) === null ? {} : { said: saidTo };
  if (said.said !== undefined) await files.sync(said.said);
  const digest = await settleFile(files, to);
  if (digest.bytes === 0) throw new NoResult(`${filename} is empty`);
  if (of.keep) return { path: to, ...digest, frame, finished, ...said, returned: await kept(context, returned) };
  await files.unlink(returned).catch(ignore("ENOENT"));
  return { path: to, ...digest, frame, finished, ...said };
}

async function kept(context: StageContext, path: string): Promise<NonNullable<StagedFile["returned"]>> {
  return { path, ...(await settleFile(context.files, path)) };
}

/** A file of this very attempt from before a crash is written anew, for it may be torn. */
export async function anew<T>(context: StageContext, path: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    await context.files.unlink(path).catch(ignore("ENOENT"));
    return make();
  }
}

/** Whose frame is finished. */
export interface Finishing {
  readonly plan: StepPlan;
  readonly show: string;
  readonly wedge: number;
  readonly frame: number | null;
  readonly step: StepRow;
  /** By a simulated ComfyUI. */
  readonly simulated: boolean;
}

export async function finishRequest(
  context: StageContext,
  of: Finishing,
): Promise<Omit<FinishRequest, "returned" | "to">> {
  const { plan, frame } = of;
  const plate = plateFrame(plan, frame);
  return {
    fed: null,
    plate: plate === null ? null : { path: plate.path, frame: plate.frame },
    mask: maskPath(of),
    saidTo: null,
    format: plan.output.format,
    color: plan.color,
    reference: plan.plate?.frames[0]?.path ?? null,
    simulated: of.simulated,
    embed: {
      ...embedOf(context, of, await context.world.store.storeId()),
      ...(of.simulated ? { simulated: true as const } : {}),
    },
  };
}

/** The image that the recipe names as its mask; null: the plate's alpha, or none. */
export function maskPath({ plan, wedge }: Pick<Finishing, "plan" | "wedge">): string | null {
  const from = plan.color.mask?.from ?? "plate";
  const path = from === "plate" ? null : plan.wedges[wedge - 1]?.parameters[from];
  return typeof path === "string" && path !== "" ? path : null;
}

function plateFrame({ plate }: StepPlan, frame: number | null): PlateFrame | null {
  return plate?.frames.find((one) => one.frame === frame) ?? plate?.frames[0] ?? null;
}

/**
 * Where the plate's own pixels or attributes go into the picture, it is made beside the plate that was accepted: another
 * plate's channels must not stand beside it. Else the plate may be gone by now, and nothing is lost.
 */
export function besideItsPlate<T>(
  context: StageContext,
  of: Pick<Finishing, "plan" | "frame">,
  make: () => Promise<T>,
): Promise<T> {
  const reads = of.plan.output.format.kind === "exr" || of.plan.color.how !== "plain";
  const plate = reads ? plateFrame(of.plan, of.frame) : null;
  return plate === null ? make() : readPlate(context, plate, make);
}

export function embedOf(
  context: StageContext,
  { plan, show, wedge, step }: Omit<Finishing, "frame" | "simulated">,
  store: string,
): Embed {
  const { config, digest } = context.world;
  return {
    digitalSourceType: sourceUri(plan, config.digitalSourceType[show]),
    assetRef: assetReference({
      show,
      shot: plan.target.entity?.shot ?? null,
      target: plan.target,
      version: step.version ?? 0,
      ...(plan.wedges.length > 1 ? { wedge } : {}),
    }),
    assetId: assetUrn(digest.sha256(assetSeed({ store, stepId: step.id }))),
    seed: plan.wedges[wedge - 1]?.seed ?? "",
  };
}

/**
 * A result that no reader can read is no result. A worker that broke or hung over it may have been unlucky: it is tried
 * again a bounded number of times, then the picture is what breaks it. All else (disk, full queue) is nobody's fault.
 */
function finishFailed(flight: Flight, filename: string, error: unknown): unknown {
  const code = error instanceof HotplateError ? error.code : null;
  if (isNoPicture(error)) return new NoResult(`${filename} can't be published: ${messageOf(error)}`);
  // Also where OCIO's tool is missing or breaks: it may be there on the next try, and must not be waited for without end.
  const unlucky = code === "HP-IMAGE-WORKER" || code === "HP-COLOR-TOOL" || systemCode(error) === "ETIMEDOUT";
  if (!unlucky) return error;
  flight.finishTries += 1;
  return flight.finishTries < LIMITS.finishTriesMax ? error : new NoResult(`${filename}: ${messageOf(error)}`);
}
