/** Frames together: which frames a task is fed and may publish, and what a published frame is made of. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chunkAt,
  chunkFrames,
  chunkLabel,
  chunksOf,
  sharesAmong,
  sharesOf,
  taskCount,
  taskFrames,
} from "../../daemon/domain/chunks.ts";
import type { ChunkPlan, JobPlan } from "../../daemon/domain/plan.ts";

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
const plan = (chunks: Partial<ChunkPlan>): ChunkPlan => ({
  perTask: 8,
  overlap: 2,
  how: "batch",
  seam: "blend",
  short: "shift",
  ...chunks,
});
const spans = (frames: readonly number[], chunks: ChunkPlan): readonly string[] => {
  const step = { frames, chunks };
  return chunksOf(step).map((chunk) => chunkLabel(step, chunk.first) ?? "");
};

describe("chunks of a step", () => {
  it("begin perTask - overlap frames after each other", () => {
    expect(spans(range(1001, 1020), plan({}))).toEqual(["1001-1008", "1007-1014", "1013-1020"]);
    expect(spans(range(1001, 1008), plan({}))).toEqual(["1001-1008"]);
    expect(spans(range(1001, 1016), plan({ overlap: 0 }))).toEqual(["1001-1008", "1009-1016"]);
  });

  it("end with one that is fed earlier frames as context when it would be short, or with a short one", () => {
    const shifted = { frames: range(1001, 1010), chunks: plan({}) };
    expect(chunksOf(shifted).map(({ fed, own }) => [fed[0], fed.at(-1), own[0], own.at(-1)])).toEqual([
      [1001, 1008, 1001, 1008],
      [1003, 1010, 1007, 1010],
    ]);
    expect(spans(range(1001, 1010), plan({ short: "shorten" }))).toEqual(["1001-1008", "1007-1010"]);
    // Nothing earlier is there to feed.
    expect(spans(range(1001, 1003), plan({}))).toEqual(["1001-1003"]);
  });

  it("never cross a gap", () => {
    const frames = [...range(1001, 1009), ...range(1020, 1024), 1030];
    expect(spans(frames, plan({}))).toEqual(["1001-1008", "1002-1009", "1020-1024", "1030"]);
  });

  it("are one frame each without a chunk plan, and a still is one", () => {
    expect(taskFrames({ frames: [1, 2, 3], chunks: null })).toEqual([1, 2, 3]);
    expect(chunkFrames({ frames: [1, 2] }, 2)).toEqual([2]);
    expect(chunksOf({ frames: [null], chunks: plan({}) })).toEqual([{ first: null, fed: [null], own: [null] }]);
    expect(chunkLabel({ frames: [null] }, null)).toBeNull();
  });

  it("are known by their first frame, and count as tasks once per variation", () => {
    const step = { frames: range(1, 20), chunks: plan({}) };
    expect(chunkAt(step, 7)?.fed).toEqual(range(7, 14));
    expect(chunkAt(step, 8)).toBeNull();
    const job = { steps: [{ ...step, wedges: [{}, {}] }] } as unknown as JobPlan;
    expect(taskCount(job)).toBe(6);
  });
});

describe("a frame that two chunks have", () => {
  it("is crossfaded from one to the other in equal steps", () => {
    const shares = sharesOf({ frames: range(1, 10), chunks: plan({ perTask: 6, overlap: 2 }) });
    expect(shares.get(4)).toEqual([{ first: 1, weight: 1 }]);
    expect(shares.get(5)?.map(({ weight }) => weight.toFixed(6))).toEqual(["0.666667", "0.333333"]);
    expect(shares.get(6)?.map(({ weight }) => weight.toFixed(6))).toEqual(["0.333333", "0.666667"]);
    expect(shares.get(7)).toEqual([{ first: 5, weight: 1 }]);
  });

  it("is taken from the chunk that saw more around it when shared frames are dropped", () => {
    const shares = sharesOf({ frames: range(1, 13), chunks: plan({ overlap: 3, seam: "drop" }) });
    expect([6, 7, 8].map((frame) => shares.get(frame)?.find((share) => share.weight === 1)?.first)).toEqual([1, 1, 6]);
  });

  it("is whole from one chunk when the other is missing, whatever the rule", () => {
    for (const seam of ["blend", "drop"] as const) {
      const shares = sharesOf({ frames: range(1, 10), chunks: plan({ perTask: 6, overlap: 2, seam }) });
      for (const frame of [5, 6]) {
        expect(sharesAmong(shares.get(frame) ?? [], (first) => first === 1)).toEqual([{ first: 1, weight: 1 }]);
        expect(sharesAmong(shares.get(frame) ?? [], (first) => first === 5)).toEqual([{ first: 5, weight: 1 }]);
        expect(sharesAmong(shares.get(frame) ?? [], () => false)).toEqual([]);
      }
    }
  });
});

const chunkPlans = fc
  .record({
    perTask: fc.integer({ min: 2, max: 24 }),
    how: fc.constant("batch" as const),
    seam: fc.constantFrom("blend" as const, "drop" as const),
    short: fc.constantFrom("shift" as const, "shorten" as const),
  })
  .chain((of) => fc.record({ ...record(of), overlap: fc.integer({ min: 0, max: Math.floor(of.perTask / 2) }) }));
const record = <T extends object>(of: T) =>
  Object.fromEntries(Object.entries(of).map(([key, value]) => [key, fc.constant(value)])) as {
    [K in keyof T]: fc.Arbitrary<T[K]>;
  };

describe("whatever the plan", () => {
  it("every frame is published once, from chunks that hold it, and the parts are one together", () => {
    fc.assert(
      fc.property(chunkPlans, fc.uniqueArray(fc.integer({ min: -50, max: 200 }), { minLength: 1 }), (chunks, some) => {
        const frames = [...some].sort((a, b) => a - b);
        const step = { frames, chunks };
        const all = chunksOf(step);
        expect(new Set(all.map(({ first }) => first)).size).toBe(all.length);
        for (const { fed, own } of all) {
          expect(fed.length).toBeLessThanOrEqual(chunks.perTask);
          fed.forEach((frame, index) => expect(frame).toBe((fed[0] as number) + index));
          expect(fed).toEqual(expect.arrayContaining([...own]));
          expect(chunkFrames(step, fed[0] ?? null)).toEqual(fed);
        }
        const shares = sharesOf(step);
        expect([...shares.keys()].sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual(frames);
        for (const [frame, of] of shares) {
          expect(of.reduce((sum, share) => sum + share.weight, 0)).toBeCloseTo(1, 12);
          for (const { first } of of) expect(chunkAt(step, first)?.own).toContain(frame);
        }
      }),
    );
  });
});
