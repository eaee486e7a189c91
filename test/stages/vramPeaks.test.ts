/** Peaks of GPU memory: what is the work's own, and when nothing can be told. */
import { describe, expect, it } from "vitest";
import { createVramNeeds } from "../../daemon/domain/vramNeed.ts";
import type { Flight, SlotState } from "../../daemon/live.ts";
import { forgetKinds, samplePeaks } from "../../daemon/stages/vramPeaks.ts";
import { wellGpu } from "../fixtures/gpus.ts";
import { testStage } from "../fixtures/stageContext.ts";

function bench() {
  const slot = testStage().live.slots.get("gpu0") as SlotState;
  let at = 0;
  return {
    slot,
    /** A reading of nvidia-smi while `kind` runs; null: nothing does. */
    read: (memoryUsedMiB: number | null, kind: string | null, flight: Flight | null = null): Flight | null => {
      at += 2_000;
      slot.flights.clear();
      const running = flight ?? (kind === null ? null : started(kind));
      if (running !== null) slot.flights.set(running.taskId, running);
      slot.gpu = { uuid: "GPU-1", facts: wellGpu({ memoryUsedMiB }), reason: null, mismatch: null };
      samplePeaks(slot, at);
      return running;
    },
  };
}

function started(workKey: string): Flight {
  return {
    taskId: `t-${workKey}`,
    workKey,
    runningSince: 1,
    phase: "submitted",
    settled: false,
    peakVramMiB: null,
  } as unknown as Flight;
}

describe("the peak of a prompt", () => {
  it("is the most that was held while it ran, above what is held when nothing does", () => {
    const { read } = bench();
    read(500, null);
    const flight = read(4_000, "flux");
    read(9_500, null, flight);
    read(7_000, null, flight);
    expect(flight?.peakVramMiB).toBe(9_000);
  });

  it("is not told when the idle memory was never seen, or the reading says nothing", () => {
    const { read } = bench();
    expect(read(9_000, "flux")?.peakVramMiB).toBeNull();
    const second = bench();
    second.read(500, null);
    expect(second.read(null, "flux")?.peakVramMiB).toBeNull();
  });

  it("is not told while models of other work may be held too, and again when they are gone", () => {
    const { slot, read } = bench();
    read(500, null);
    expect(read(6_000, "sdxl")?.peakVramMiB).toBe(5_500);
    // ComfyUI keeps what it loaded: what comes now is both.
    read(5_000, null);
    expect(read(9_000, "flux")?.peakVramMiB).toBeNull();
    read(520, null);
    expect(read(9_000, "flux")?.peakVramMiB).toBe(8_500);
    forgetKinds(slot);
    expect(read(6_000, "sdxl")?.peakVramMiB).toBe(5_500);
  });

  it("counts a reading once", () => {
    const { slot, read } = bench();
    read(500, null);
    const flight = read(3_000, "flux");
    slot.gpu = { uuid: "GPU-1", facts: wellGpu({ memoryUsedMiB: 99_000 }), reason: null, mismatch: null };
    samplePeaks(slot, slot.vram.readAt);
    expect(flight?.peakVramMiB).toBe(2_500);
  });
});

describe("what a kind of work needs", () => {
  it("is the least of its last peaks, and not known from one or two", () => {
    const needs = createVramNeeds();
    needs.observe("flux", 30_000);
    needs.observe("flux", 22_000);
    expect(needs.of("flux")).toBeNull();
    needs.observe("flux", 26_000);
    expect([needs.of("flux"), needs.of("sdxl")]).toEqual([22_000, null]);
    for (let n = 0; n < 20; n += 1) needs.observe("flux", 40_000);
    expect(needs.of("flux")).toBe(40_000);
  });
});
