/**
 * image.banding: gradients are smooth, not stairs.
 *
 * Measure: share of positions with four equal luma codes (16 bits) in a row, black and full white left out, over every second row of
 * a large frame, minus the same share of the plate. Limit: 2 %. Grain hides banding from this measure as it does from the eye. Graphics and
 * flat fills have it rightly: the plate's share is taken off, and without a plate it only informs.
 */
import type { Check } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.banding",
  version: 1,
  scope: "frame",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { shareMax: 0.02 },
  judges: { shareMax: { measures: ["more"], must: "atMost" } },
  limitsFrom: { shareMax: "prototype of the formula, limits fixed before its run (docs/qc.md)" },
  applies({ result }) {
    return result?.bitDepth === 8 ? "8 bits cannot be told from banding" : null;
  },
  run({ result, plate, lumaPlane, mask, limits }) {
    const plane = lumaPlane("result");
    const before = lumaPlane("plate");
    if (result === null || plate === null || plane === null || before === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { shareMax = 0.02 } = limits;
    const same = plate.width === result.width && plate.height === result.height;
    const inside = same ? (mask?.inside ?? null) : null;
    const share = equalRuns(plane, result.width, inside);
    const plateShare = equalRuns(before, plate.width, inside);
    const more = share - plateShare;
    const measures = [
      { name: "share", value: share, unit: "ratio", limit: null },
      { name: "plateShare", value: plateShare, unit: "ratio", limit: null },
      { name: "more", value: more, unit: "ratio", limit: shareMax, must: "atMost" },
    ] as const;
    const words = `${percent(share)} of it stands in steps, of the plate ${percent(plateShare)}`;
    return more > shareMax
      ? {
          verdict: "warn",
          measures,
          message: `Gradients are stairs: ${words}; ${percent(shareMax)} more may.`,
          hint: "Something works in too few bits; add grain, or keep 16 bits.",
        }
      : { verdict: "pass", measures, message: `Gradients are smooth: ${words}.` };
  },
};

const percent = (ratio: number): string => `${(ratio * 100).toFixed(2)} %`;

/** Pixels looked at are enough, and no more. */
const PIXELS_ENOUGH = 4_000_000;

function equalRuns(plane: Uint16Array, width: number, inside: Uint8Array | null): number {
  const step = Math.max(1, Math.ceil(plane.length / PIXELS_ENOUGH));
  let equal = 0;
  let looked = 0;
  for (let row = 0; row + width <= plane.length; row += width * step) {
    // A whole row outside the mask is passed over at once.
    if (inside !== null && inside.subarray(row, row + width).indexOf(1) < 0) continue;
    let length = 1;
    let before = plane[row] as number;
    for (let i = row + 1; i < row + width; i += 1) {
      const l = plane[i] as number;
      length = l === before && l !== 0 && l !== 65_535 ? length + 1 : 1;
      before = l;
      const counts = inside === null ? 1 : (inside[i] as number);
      looked += counts;
      equal += length >= 4 ? counts : 0;
    }
  }
  return looked === 0 ? 0 : equal / looked;
}

export default check;
