/**
 * The peak of a GPU's memory while one prompt runs on it, above what the GPU holds when its ComfyUI holds nothing. ComfyUI keeps
 * models of other work as long as there is room, so a peak tells of a kind of work only while nothing else ran since the
 * memory was at its lowest; else nothing is recorded. Samples come with the readings of nvidia-smi, every 2 s: a prompt that is
 * shorter is seen by what ComfyUI keeps after it, or not at all.
 */
import { LIMITS } from "../domain/limits.ts";
import type { Flight, SlotState } from "../live.ts";

export function samplePeaks(slot: SlotState, readAt: number | null): void {
  const used = slot.gpu.facts?.memoryUsedMiB ?? null;
  const running = [...slot.flights.values()].find(
    (flight) => flight.runningSince !== null && flight.phase === "submitted" && !flight.settled,
  );
  noteKinds(slot, running);
  if (used === null || readAt === null || readAt === slot.vram.readAt) return;
  slot.vram.readAt = readAt;
  const { base } = slot.vram;
  if (running === undefined) {
    // Nothing runs, and hardly more is held than ever was: this is what is not the work's.
    if (base === null || used <= base + LIMITS.vramIdleMiB) {
      slot.vram.base = Math.min(base ?? used, used);
      forgetKinds(slot);
    }
    return;
  }
  if (base === null || slot.vram.kinds.size !== 1) return;
  running.peakVramMiB = Math.max(running.peakVramMiB ?? 0, Math.max(0, used - base));
}

/** Called at every tick, so that no prompt that ran between two readings is missed. */
function noteKinds(slot: SlotState, running: Flight | undefined): void {
  if (running !== undefined) slot.vram.kinds.add(running.workKey);
}

/** ComfyUI started anew or was emptied: what it holds from now on is told apart again. */
export function forgetKinds(slot: SlotState): void {
  slot.vram.kinds.clear();
}
