/**
 * Which GPU is whose, and may it be given new work? Each tick the newest reading is held against every slot; what keeps work
 * off is written under the slot's block "gpu". What runs goes on: a hot GPU cools with its queue, and one that is gone fails
 * its prompt by itself. Other slots never notice.
 */
import type { GpuFacts, GpuReading, SlotGpu } from "../domain/gpu.ts";
import { absentGpu, judgeGpu, silentGpu } from "../domain/gpuHealth.ts";
import type { SlotPlace } from "../domain/gpuMatch.ts";
import { matchGpu } from "../domain/gpuMatch.ts";
import { slotPlace } from "../slotPlace.ts";
import type { WaitReason } from "../domain/slotFit.ts";
import type { SlotState, Stage, StageContext } from "../live.ts";
import { samplePeaks } from "./vramPeaks.ts";
import { tell } from "./tell.ts";

/** What is kept from look to look. */
interface Memory {
  /** UUID -> the last that was seen of it in this life. */
  readonly seen: Map<string, GpuFacts>;
  /** Slot -> the UUID that its number meant. */
  readonly pinned: Map<string, string>;
  readonly hot: Set<string>;
}

export function createGpuWatch(context: StageContext): Stage {
  const { gpus } = context.world;
  const memory: Memory = { seen: new Map(), pinned: new Map(), hot: new Set() };
  gpus.start(context.wake);
  return {
    name: "gpus",
    async tick() {
      const reading = gpus.read();
      if (reading.kind === "known") for (const gpu of reading.gpus) memory.seen.set(gpu.uuid, gpu);
      const slots = [...context.live.slots.values()];
      const places = slots.map(placeOf);
      for (const [index, slot] of slots.entries()) {
        const place = places[index];
        if (place === undefined) continue;
        const before = slot.gpu;
        const trouble =
          reading.kind === "known"
            ? look(context, { slot, place, places, reading, memory })
            : withoutFacts(slot, reading, memory);
        // ComfyUI's own word where nobody watches: slots on other machines.
        slot.gpuMemoryMiB = slot.gpu.facts?.memoryTotalMiB ?? slot.stats?.memoryMiB ?? null;
        samplePeaks(slot, reading.kind === "known" ? reading.at : null);
        await tellOrder(context, slot, before.mismatch);
        await block(context, slot, trouble);
      }
    },
    close: () => gpus.close(),
  };
}

interface Look {
  readonly slot: SlotState;
  readonly place: SlotPlace;
  readonly places: readonly SlotPlace[];
  readonly reading: Extract<GpuReading, { kind: "known" }>;
  readonly memory: Memory;
}

function look(context: StageContext, { slot, place, places, reading, memory }: Look): WaitReason | null {
  const { seen } = memory;
  const pinned = memory.pinned.get(place.slot) ?? null;
  const match = matchGpu(place, { reading, pinned, seen });
  if (match.kind !== "matched") {
    slot.gpu = unknownGpu(match.reason);
    return match.kind === "absent" ? absentGpu(match.reason) : null;
  }
  const { uuid } = match;
  if (match.by === "configuration") memory.pinned.set(place.slot, uuid);
  const last = seen.get(uuid);
  if (last === undefined) return null;
  slot.gpu = {
    uuid,
    facts: reading.gpus.find((gpu) => gpu.uuid === uuid) ?? null,
    reason: null,
    mismatch: match.mismatch,
  };
  const verdict = judgeGpu({
    uuid,
    last,
    reading,
    bounds: context.world.config.gpus,
    wasHot: memory.hot.has(uuid),
    places,
    here: places.filter((_, index) => sharesGpu([...context.live.slots.values()][index], slot)),
    now: context.world.clock.now(),
  });
  if (verdict.hot) memory.hot.add(uuid);
  else memory.hot.delete(uuid);
  return verdict.trouble;
}

function sharesGpu(other: SlotState | undefined, slot: SlotState): boolean {
  return other !== undefined && (other === slot || (other.gpu.uuid !== null && other.gpu.uuid === slot.gpu.uuid));
}

function withoutFacts(
  slot: SlotState,
  reading: Extract<GpuReading, { kind: "unknown" }>,
  memory: Memory,
): WaitReason | null {
  const last = slot.gpu.uuid === null ? undefined : memory.seen.get(slot.gpu.uuid);
  slot.gpu = { uuid: slot.gpu.uuid, facts: null, reason: reading.reason, mismatch: null };
  return reading.silent && last !== undefined ? silentGpu(last, reading.reason) : null;
}

function unknownGpu(reason: string): SlotGpu {
  return { uuid: null, facts: null, reason, mismatch: null };
}

async function block(context: StageContext, slot: SlotState, trouble: WaitReason | null): Promise<void> {
  const before = slot.blocks.get("gpu");
  if (trouble === null) slot.blocks.delete("gpu");
  else slot.blocks.set("gpu", trouble);
  if (before?.code === trouble?.code) return;
  const fields = {
    slot: slot.config.name,
    gpu: slot.gpu.uuid,
    code: trouble?.code ?? null,
    reason: trouble?.message ?? null,
  };
  const name = trouble === null ? "gpu.well" : "gpu.drained";
  await tell(context, trouble === null ? "info" : "warn", name, fields);
}

async function tellOrder(context: StageContext, slot: SlotState, before: string | null): Promise<void> {
  const { mismatch } = slot.gpu;
  if (mismatch === null || mismatch === before) return;
  const fields = { slot: slot.config.name, code: "HP-GPU-ORDER", reason: mismatch };
  await tell(context, "warn", "gpu.order", fields);
}

function placeOf(slot: SlotState): SlotPlace {
  return { ...slotPlace(slot.config, slot.stats), group: slot.processGroup };
}
