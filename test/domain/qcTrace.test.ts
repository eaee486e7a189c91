/** What checks kept of frames, put together: as a series, or as the reason why there is none. */
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { NO_FRAME } from "../../daemon/domain/qcInput.ts";
import { seriesOf, traceFrame } from "../../daemon/domain/qcTrace.ts";
import type { Check, Trace } from "../../daemon/plugin.ts";

const framesOf = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ wedge: 1, frame: 1001 + i, seed: "1", axes: {} }));
const numbers = new Float32Array(LIMITS.traceNumbersMax);
const kept = () => ({ check: "a.b", version: 1, trace: { numbers }, because: null, problem: null });

describe("a series of frames", () => {
  it("of which more is kept than fits in memory is a problem: nobody looked, so it is no pass", () => {
    const fits = LIMITS.seriesNumbersMax / LIMITS.traceNumbersMax;
    expect(seriesOf(framesOf(fits), kept).kind).toBe("series");
    expect(seriesOf(framesOf(fits + 1), kept)).toEqual({
      kind: "problem",
      problem: expect.stringContaining(`${fits + 1} pictures keep more than the`) as string,
    });
  });

  it("of which nothing could be kept for one reason says that reason; what can't be read is a problem", () => {
    const none = () => ({ ...kept(), trace: null, because: "there is no plate" });
    expect(seriesOf(framesOf(2), none)).toEqual({ kind: "because", because: "there is no plate" });
    expect(seriesOf(framesOf(2), () => null)).toMatchObject({ kind: "problem" });
  });
});

describe("what a check keeps of a frame", () => {
  const problemOf = (trace: () => unknown) => {
    const check: Check = {
      apiVersion: 1,
      id: "studio.keeps",
      version: 1,
      scope: "sequence",
      needs: [],
      limits: {},
      trace: trace as () => Trace,
      run: () => ({ verdict: "error", measures: [], message: "not asked" }),
    };
    return traceFrame([check], [], { ...NO_FRAME, frames: null })[0]?.problem;
  };

  it.each([
    [
      "a getter that throws",
      () => ({
        get numbers() {
          throw new Error("from a getter");
        },
      }),
      /^it broke: from a getter$/,
    ],
    ["a promise", async () => Promise.reject(new Error("nobody listens")), /promise/],
    ["a list", () => ({ numbers: [1] }), /no Float32Array/],
    [
      "a throw of megabytes",
      () => {
        throw new Error("x".repeat(5_000_000));
      },
      /^it broke: x{1000,2000}$/,
    ],
  ])("by %s is a problem of that check", (_, trace, words) => {
    expect(problemOf(trace)).toMatch(words);
  });
});
