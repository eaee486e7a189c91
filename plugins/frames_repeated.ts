/**
 * frames.repeated: without a plate, no frame is the one before once more.
 *
 * Formula: equal hashes of the decoded samples (never of the file, which holds dates) of two frames whose numbers follow each other. Measures: such
 * pairs, and the longest run of frames that are one picture. Limit: none. It warns, for a hold may be wanted, and what is drawn on twos repeats every
 * second frame. Beside a plate nothing is said: whether the picture may stand still there is what temporal.duplicate asks.
 */
import type { Check, TracedFrame } from "../daemon/plugin.ts";
import { frameRanges } from "./_frameRanges.ts";

const check: Check = {
  apiVersion: 1,
  id: "frames.repeated",
  version: 1,
  scope: "sequence",
  finds: "frames that are the one before to the bit, where there is no plate to compare with",
  needs: ["result"],
  limits: { equalMax: 0 },
  judges: { equalMax: { measures: ["equal"], must: "atMost", least: 0 } },
  limitsFrom: { equalMax: "exact: decoded pixels that are equal to the bit" },
  seedMayCure: true,
  trace({ digest, plate }) {
    const own = digest("result");
    return own === null ? null : { numbers: Float32Array.of(plate === null ? 0 : 1), digest: own };
  },
  applies({ series }) {
    const all = series ?? [];
    const traced = all.filter(({ trace }) => trace !== null);
    if (traced.length > 0 && traced.every(({ trace }) => trace?.numbers[0] === 1))
      return "there is a plate: temporal.duplicate sees beside it whether the picture may stand still";
    return pairsOf(all).length === 0 ? "there are no two frames that follow each other" : null;
  },
  run({ series, limits }) {
    const { equalMax = 0 } = limits;
    const pairs = pairsOf(series ?? []);
    const equal = pairs.filter((pair) => pair.equal).map(({ frame }) => frame);
    const run = longestRun(equal);
    const [first] = equal;
    const measures = [
      {
        name: "equal",
        value: equal.length,
        unit: "count",
        limit: equalMax,
        must: "atMost",
        ...(first === undefined ? {} : { frame: first }),
      },
      {
        name: "longestStand",
        value: run.length,
        unit: "count",
        limit: null,
        ...(run.length === 0 ? {} : { frame: run.from }),
      },
      { name: "pairs", value: pairs.length, unit: "count", limit: null },
    ] as const;
    if (equal.length <= equalMax)
      return {
        verdict: "pass",
        measures,
        message:
          equal.length === 0
            ? `No two of ${pairs.length} pairs of frames are equal to the bit.`
            : `${equal.length} of ${pairs.length} pairs of frames are equal to the bit; ${equalMax} may be.`,
      };
    return {
      verdict: "warn",
      measures,
      message: `${namesOf(equal)} equal to the bit to the one before: one picture stands for ${run.length} frames from ${run.from} on.`,
      hint: "Did the number of the frame reach the graph, and did it give back every frame? Where a hold is wanted, raise equalMax or turn this check off.",
    };
  },
};

const RANGES_MAX = 12;

interface Pair {
  /** The second of the two. */
  readonly frame: number;
  readonly equal: boolean;
}

function pairsOf(series: readonly TracedFrame[]): readonly Pair[] {
  const out: Pair[] = [];
  for (let i = 1; i < series.length; i += 1) {
    const [before, after] = [series[i - 1] as TracedFrame, series[i] as TracedFrame];
    if (before.frame === null || after.frame !== before.frame + 1) continue;
    const [a, b] = [before.trace?.digest, after.trace?.digest];
    if (a === undefined || b === undefined) continue;
    out.push({ frame: after.frame, equal: a === b });
  }
  return out;
}

/** Frames that are one picture, the first of them included; `repeats`: numbers of those that are the one before, in order. */
function longestRun(repeats: readonly number[]): { readonly from: number; readonly length: number } {
  let best = { from: 0, length: 0 };
  let now = { from: 0, length: 0 };
  for (const frame of repeats) {
    now = frame === now.from + now.length ? { ...now, length: now.length + 1 } : { from: frame - 1, length: 2 };
    if (now.length > best.length) best = now;
  }
  return best;
}

function namesOf(frames: readonly number[]): string {
  const ranges = frameRanges(frames);
  const more = ranges.length > RANGES_MAX ? ` and ${ranges.length - RANGES_MAX} more` : "";
  const one = frames.length === 1;
  return `${one ? "Frame" : "Frames"} ${ranges.slice(0, RANGES_MAX).join(", ")}${more} ${one ? "is" : "are"}`;
}

export default check;
