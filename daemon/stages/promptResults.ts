/**
 * What a prompt gave back becomes the staged frames of its task: one picture, or those of a chunk in the order in which they
 * were fed, or a video that is taken apart. A chunk that gives back more or fewer frames than it was fed has failed: nobody
 * could say which picture is which frame.
 */
import { chunkAt, sharesOf } from "../domain/chunks.ts";
import { isVideo } from "../domain/clip.ts";
import { HotplateError } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { extension } from "../domain/paths.ts";
import type { Flight, SlotState, StageContext } from "../live.ts";
import type { ComfyOutput } from "../ports.ts";
import type { StagedFile, StepRow } from "../storePort.ts";
import { withPictures } from "./clips.ts";
import type { Returned } from "./finishResult.ts";
import { finishResult, NoResult } from "./finishResult.ts";

type File = Omit<StagedFile, "engine">;
/** Before a frame is known: what ComfyUI calls it and how to get it. */
type Picture = Pick<Returned, "filename" | "get" | "simulated">;

interface Prompt {
  readonly flight: Flight;
  readonly step: StepRow & { readonly stagingDir: string };
  readonly outputs: readonly ComfyOutput[];
  /** By a simulated ComfyUI. */
  readonly simulated: boolean;
}

export async function promptResults(context: StageContext, slot: SlotState, of: Prompt): Promise<readonly File[]> {
  const { flight } = of;
  const results = resultsAmong(of.outputs, flight);
  const [first] = results;
  if (first === undefined) throw new NoResult("ComfyUI reports success but names no result file");
  const { simulated } = of;
  const fetched = (output: ComfyOutput): Picture => ({
    filename: output.filename,
    simulated,
    get: (to) => slot.client.fetch(output, to),
  });
  const fed = chunkAt(flight.plan, flight.task.frame)?.fed ?? [flight.task.frame];
  if ((flight.plan.chunks ?? null) === null) return stage(context, of, [fetched(first)]);
  if (results.length > 1 || !isVideo(first.filename)) return stage(context, of, results.map(fetched));
  // One more than wanted is enough to know that there are too many.
  const video = { extension: extension(first.filename), max: fed.length + 1, get: fetched(first).get };
  return withPictures(context, video, (pictures) =>
    stage(
      context,
      of,
      pictures.map((path) => ({ filename: first.filename, simulated, get: (to) => context.files.copy(path, to) })),
    ),
  ).catch((error: unknown) => {
    if (!(error instanceof HotplateError) || error.code !== "HP-FFMPEG") throw error;
    throw new NoResult(error.message, { code: "HP-FFMPEG" });
  });
}

/** Of the result's own graph node: others save beside it under a prefix that says so. */
function resultsAmong(outputs: readonly ComfyOutput[], flight: Flight): readonly ComfyOutput[] {
  return outputs
    .filter((output) => output.type === "output" && !output.filename.startsWith(`${flight.promptId}-x`))
    .slice(0, LIMITS.chunkFramesMax + 1);
}

/** The pictures are the fed frames, in order. What was fed as context only is not kept. */
async function stage(context: StageContext, of: Prompt, pictures: readonly Picture[]): Promise<readonly File[]> {
  const { flight, step } = of;
  const chunk = chunkAt(flight.plan, flight.task.frame);
  if (chunk === null) throw new HotplateError("HP-INTERNAL", `the plan has no chunk at frame ${flight.task.frame}`);
  if ((flight.plan.chunks ?? null) !== null && pictures.length !== chunk.fed.length)
    throw new NoResult(
      `${chunk.fed.length} frames were fed, ${pictures.length === chunk.fed.length + 1 ? "more" : String(pictures.length)} came back`,
      { code: "HP-COMFY-FRAMES", class: "bad_graph" },
    );
  const shares = sharesOf(flight.plan);
  const out: File[] = [];
  for (const [index, frame] of chunk.fed.entries()) {
    const picture = pictures[index];
    if (picture === undefined || !chunk.own.includes(frame)) continue;
    const blended = (shares.get(frame) ?? []).filter((share) => share.weight > 0).length > 1;
    out.push(await finishResult(context, { ...picture, flight, step, frame, keep: blended }));
  }
  return out;
}
