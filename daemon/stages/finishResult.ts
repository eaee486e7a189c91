/**
 * The way of one result from ComfyUI into the version's staging: fetched as it came back (`<name>.returned.<ext>`), finished
 * into the frame that is published, fsynced, hashed; then what came back is removed. Names carry the attempt's fence, so
 * what a crash left under them is of this very attempt: it may be torn, and is made anew.
 */
import { assetReference, assetSeed, assetUrn } from "../domain/assetPointer.ts";
import type { Embed } from "../domain/assetPointer.ts";
import { HotplateError, messageOf, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { formatExtension } from "../domain/outputFormat.ts";
import { extension, joinPath } from "../domain/paths.ts";
import { sourceUri } from "../domain/recordPlan.ts";
import { ignore, settleFile } from "../durable.ts";
import type { Flight, SlotState, StageContext } from "../live.ts";
import type { ComfyOutput, FinishRequest } from "../ports.ts";
import type { StagedFile, StepRow } from "../storePort.ts";
import { attemptsDir } from "./openVersion.ts";

/** ComfyUI is done, but there is nothing that could be published: the attempt failed. */
export class NoResult extends Error {}

export interface Returned {
  readonly flight: Flight;
  readonly output: ComfyOutput;
  /** The frame of the result; null for a still. */
  readonly frame: number | null;
}

export async function finishResult(
  context: StageContext,
  slot: SlotState,
  of: Returned & { readonly step: StepRow & { readonly stagingDir: string } },
): Promise<Omit<StagedFile, "engine">> {
  const { files } = context;
  const { flight, output, step, frame } = of;
  const name = `w${flight.task.wedge}.${frame ?? "still"}-${flight.fence}`;
  const dir = attemptsDir(step.stagingDir);
  const returned = joinPath(dir, `${name}.returned.${extension(output.filename) || "png"}`);
  const to = joinPath(dir, `${name}.${formatExtension(flight.plan.output.format)}`);
  await anew(context, returned, () => slot.client.fetch(output, returned));
  const request = { returned, to, ...(await requestOf(context, of)) };
  const finished = await anew(context, to, () => context.world.images.finish(request)).catch((error: unknown) => {
    throw finishFailed(flight, output, error);
  });
  const digest = await settleFile(files, to);
  if (digest.bytes === 0) throw new NoResult(`${output.filename} is empty`);
  await files.unlink(returned).catch(ignore("ENOENT"));
  return { path: to, ...digest, frame, finished };
}

/** A file of this very attempt from before a crash is written anew, for it may be torn. */
async function anew<T>(context: StageContext, path: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    await context.files.unlink(path).catch(ignore("ENOENT"));
    return make();
  }
}

async function requestOf(
  context: StageContext,
  of: Returned & { readonly step: StepRow },
): Promise<Omit<FinishRequest, "returned" | "to">> {
  const { flight, frame } = of;
  const { plan } = flight;
  const plate = plan.plate?.frames.find((one) => one.frame === frame) ?? plan.plate?.frames[0] ?? null;
  return {
    fed: null,
    plate: plate === null ? null : { path: plate.path, frame: plate.frame },
    mask: null,
    format: plan.output.format,
    color: plan.color,
    embed: embedOf(context, of, await context.world.store.storeId()),
  };
}

function embedOf(context: StageContext, of: Returned & { readonly step: StepRow }, store: string): Embed {
  const { plan, task } = of.flight;
  const { config, digest } = context.world;
  return {
    digitalSourceType: sourceUri(plan, config.digitalSourceType[task.show]),
    assetRef: assetReference({
      show: task.show,
      shot: null,
      target: plan.target,
      version: of.step.version ?? 0,
      ...(plan.wedges.length > 1 ? { wedge: task.wedge } : {}),
    }),
    assetId: assetUrn(digest.sha256(assetSeed({ store, stepId: of.step.id }))),
    seed: plan.wedges[task.wedge - 1]?.seed ?? "",
  };
}

/**
 * A result that no reader can read is no result. A worker that broke or hung over it may have been unlucky: it is tried
 * again a bounded number of times, then the picture is what breaks it. All else (disk, full queue) is nobody's fault.
 */
function finishFailed(flight: Flight, output: ComfyOutput, error: unknown): unknown {
  const code = error instanceof HotplateError ? error.code : null;
  if (code === "HP-PLATE-BROKEN" || code === "HP-PLATE-KIND")
    return new NoResult(`${output.filename} can't be published: ${messageOf(error)}`);
  if (code !== "HP-IMAGE-WORKER" && systemCode(error) !== "ETIMEDOUT") return error;
  flight.finishTries += 1;
  return flight.finishTries < LIMITS.finishTriesMax ? error : new NoResult(`${output.filename}: ${messageOf(error)}`);
}
