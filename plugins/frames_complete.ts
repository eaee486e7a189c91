/**
 * frames.complete: a wedge has every frame that was wanted, and no other.
 *
 * Measures: missing = |wanted - present|, extra = |present - wanted|, in frames. Limits: 0 and 0. Handles and partial jobs
 * are no fault, for `wanted` is the plan's list of frames, not a range; a still is one frame without a number.
 */
import type { Check } from "../daemon/plugin.ts";
import { frameRanges } from "./_frameRanges.ts";

const check: Check = {
  apiVersion: 1,
  id: "frames.complete",
  version: 1,
  scope: "sequence",
  finds: "frames that are missing, or that nobody asked for",
  layer: "container",
  needs: ["frames"],
  limits: { missingMax: 0, extraMax: 0 },
  limitsFrom: { missingMax: "the plan: every frame that was wanted", extraMax: "the plan: no other frame" },
  run({ frames, limits }) {
    const wanted = new Set(frames?.wanted ?? []);
    const present = new Set(frames?.present ?? []);
    const missing = [...wanted].filter((frame) => !present.has(frame));
    const extra = [...present].filter((frame) => !wanted.has(frame));
    const { missingMax = 0, extraMax = 0 } = limits;
    const measures = [
      { name: "missing", value: missing.length, unit: "count", limit: missingMax, must: "atMost" },
      { name: "extra", value: extra.length, unit: "count", limit: extraMax, must: "atMost" },
    ] as const;
    const words = [
      ...(missing.length > 0 ? [`missing ${missing.length} of ${wanted.size} frames: ${rangesOf(missing)}`] : []),
      ...(extra.length > 0 ? [`not wanted: ${rangesOf(extra)}`] : []),
    ];
    const sentence = words.join("; ").replace(/^./, (letter) => letter.toUpperCase());
    if (missing.length > missingMax || extra.length > extraMax) {
      return {
        verdict: "fail",
        measures,
        message: `${sentence}.`,
        hint: "Make those that are missing, or copy them again; of a job, hotplate show ID says why its tasks ended.",
      };
    }
    return {
      verdict: "pass",
      measures,
      message: words.length > 0 ? `${sentence} (allowed).` : `All ${wanted.size} wanted are there.`,
    };
  },
};

/** `1001-1004, 1010`; a still has no number. */
function rangesOf(frames: readonly (number | null)[]): string {
  const numbers = frames.filter((frame) => frame !== null).sort((a, b) => a - b);
  const words = frameRanges(numbers);
  return [...(frames.includes(null) ? ["the still"] : []), ...words].join(", ");
}

export default check;
