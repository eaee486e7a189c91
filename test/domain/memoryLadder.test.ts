/** Out of GPU memory, step by step: alone, larger, the end with the arithmetic. */
import { describe, expect, it } from "vitest";
import type { MemoryFailure, MemorySlot } from "../../daemon/domain/memoryLadder.ts";
import { memoryStep, neededMiB } from "../../daemon/domain/memoryLadder.ts";

const fail = (slot: string, alone: boolean, gpuMiB: number | null, needed: number | null = null): MemoryFailure => ({
  slot,
  alone,
  gpuMiB,
  neededMiB: needed,
});
const SMALL: MemorySlot = { name: "small", gpuMiB: 16_384 };
const TWIN: MemorySlot = { name: "twin", gpuMiB: 16_384 };
const LARGE: MemorySlot = { name: "large", gpuMiB: 49_152 };
const ODD: MemorySlot = { name: "odd", gpuMiB: null };

describe("out of memory", () => {
  it.each<[string, readonly MemoryFailure[], readonly MemorySlot[], unknown]>([
    [
      "first beside others: alone on that slot",
      [fail("small", false, 16_384)],
      [SMALL, LARGE],
      { kind: "alone", slots: ["small"] },
    ],
    [
      "then alone: only where there is more, never on a twin",
      [fail("small", false, 16_384), fail("small", true, 16_384)],
      [SMALL, TWIN, LARGE],
      { kind: "larger", slots: ["large"] },
    ],
    [
      "alone on the largest: the end, with both figures",
      [fail("small", false, 16_384), fail("small", true, 16_384), fail("large", true, 49_152)],
      [SMALL, LARGE],
      {
        kind: "end",
        message:
          "It needs more than 48 GiB of GPU memory; the largest GPU here has 48 GiB (slot large). It ran out alone on small, large.",
      },
    ],
    [
      "by its own words too much for all: the end at once, after its try alone",
      [fail("small", false, 16_384, 70_000), fail("small", true, 16_384, 70_000)],
      [SMALL, LARGE],
      {
        kind: "end",
        message:
          "It needs at least 68.4 GiB of GPU memory; the largest GPU here has 48 GiB (slot large). It ran out alone on small.",
      },
    ],
    [
      "where sizes are not known: each slot once",
      [fail("odd", false, null), fail("odd", true, null)],
      [ODD, { name: "odder", gpuMiB: null }],
      { kind: "larger", slots: ["odder"] },
    ],
    [
      "where sizes are not known and all were tried: the end, and no figure is made up",
      [fail("odd", true, null)],
      [ODD],
      {
        kind: "end",
        message:
          "It needs more GPU memory than there is; how much the GPUs here have is not known. It ran out alone on odd.",
      },
    ],
    [
      "on a slot that is configured no more: on any other",
      [fail("gone", false, 8_192)],
      [SMALL, LARGE],
      { kind: "larger", slots: ["small", "large"] },
    ],
  ])("%s", (_what, failures, slots, step) => {
    expect(memoryStep(failures, slots)).toEqual(step);
  });
});

describe("the least that it needs", () => {
  it("is what torch held and what it asked for, in both of its forms", () => {
    const caching =
      "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.65 GiB of which 1.20 GiB is free. Including non-PyTorch memory, this process has 22.40 GiB memory in use. Of the allocated memory 21.30 GiB is allocated by PyTorch, and 612.00 MiB is reserved by PyTorch but unallocated.";
    expect(neededMiB(caching)).toBe(Math.ceil(21.3 * 1024 + 2 * 1024));
    const driver =
      "Allocation on device 0 would exceed allowed memory. (out of memory)\nCurrently allocated     : 19.18 GiB\nRequested               : 640.00 MiB\nDevice limit            : 23.65 GiB\nFree (according to CUDA): 17.31 MiB";
    expect(neededMiB(driver)).toBe(Math.ceil(19.18 * 1024 + 640));
  });

  it("is not known when it says neither, and nothing is added up from half of it", () => {
    expect(neededMiB("Allocation on device 0 would exceed allowed memory.")).toBeNull();
    expect(neededMiB("Tried to allocate 2.00 GiB")).toBeNull();
    expect(neededMiB("Tried to allocate . GiB; . GiB is allocated by PyTorch")).toBeNull();
  });
});
