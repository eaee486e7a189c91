/**
 * A small graph without models, sent to a slot, its picture fetched and looked at: the execution thread lives, the GPU's state can
 * be made, a file is written and comes back. What it proves is no more than that.
 */
import { messageOf } from "../domain/errors.ts";
import type { PromptId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import { joinPath } from "../domain/paths.ts";
import type { Graph } from "../domain/recipe.ts";
import type { SlotState, StageContext } from "../live.ts";
import { scratchDir } from "./scratch.ts";

const GRAPH = (prefix: string): Graph => ({
  "1": { class_type: "EmptyImage", inputs: { width: 64, height: 64, batch_size: 1, color: 8_421_504 } },
  "2": { class_type: "ImageBlur", inputs: { image: ["1", 0], blur_radius: 3, sigma: 1 } },
  "3": { class_type: "SaveImage", inputs: { images: ["2", 0], filename_prefix: prefix } },
});

/** Rejects with what went wrong, in words. Leaves nothing behind but what a dead slot keeps. */
export async function proveSlot(
  context: StageContext,
  slot: SlotState,
  of: { readonly id: PromptId; readonly as: "warm-up" | "self-test" },
): Promise<void> {
  const { id, as } = of;
  const { client, config } = slot;
  const answer = await client.submit({ id, graph: GRAPH(`hotplate/${id}`), jobId: as });
  if (answer.kind === "refused") throw new Error(answer.error.message);
  const status = await endOf(context, slot, id);
  const [output] = status.outputs;
  if (output === undefined) throw new Error("it names no result");
  const path = joinPath(scratchDir(context.world.config.stateDir), `${as}-${config.name}-${id}.png`);
  try {
    await client.fetch(output, path);
    const { bytes } = await context.files.stat(path);
    await context.files.unlink(path);
    if (bytes === 0) throw new Error("its result is empty");
  } finally {
    await client.forget(id).catch((error: unknown) =>
      // Its picture is swept at the slot's next start.
      context.world.log.event("debug", "work.failed", { work: "forget", error: messageOf(error) }),
    );
  }
}

async function endOf(context: StageContext, slot: SlotState, id: PromptId) {
  const { clock } = context.world;
  const until = clock.now() + LIMITS.slotProofMs;
  for (;;) {
    const status = await slot.client.status(id);
    if (status.kind === "completed") return status;
    if (status.kind === "failed") throw new Error(status.error.message);
    if (status.kind === "unknown") throw new Error("ComfyUI forgot it");
    if (clock.now() >= until) {
      await slot.client.cancel(id);
      throw new Error(`it made no end in ${Math.round(LIMITS.slotProofMs / 60_000)} min`);
    }
    await clock.sleep(LIMITS.tickBusyMs);
  }
}
