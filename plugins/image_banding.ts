/**
 * image.banding: gradients are smooth, not stairs.
 *
 * Two measures of luma and of green. `more`: share of positions with four equal luma codes (16 bits) in a row, black and full white left out, over
 * every n-th row of a large frame, minus the same share of the plate; limit 2 %. `step`: where most pixels inside the mask stand on few
 * codes of green (each with 0.05 % of the pixels or more), the median distance of two neighbours among those codes, in codes of 1/255, where it is
 * more than twice the plate's; limit 1.5, for a picture of 8 bits has 1. Grain hides banding from both as it does from the eye. Graphics and flat
 * fills have it rightly: the plate's share is taken off.
 */
import type { Check, DecodedImage } from "../daemon/plugin.ts";
import { heatMap } from "./_where.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.banding",
  version: 2,
  scope: "frame",
  finds: "stairs in gradients",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { shareMax: 0.02, stepMax: 1.5 },
  judges: {
    shareMax: { measures: ["more"], must: "atMost", least: 0, greatest: 1 },
    stepMax: { measures: ["step"], must: "atMost", least: 0, greatest: 255 },
  },
  limitsFrom: {
    shareMax: "prototype of the formula, limits fixed before its run (docs/qc.md)",
    stepMax: "8 bits have steps of 1 (docs/qc.md)",
  },
  applies({ result }) {
    return result?.bitDepth === 8 ? "8 bits cannot be told from banding" : null;
  },
  run({ result, plate, lumaPlane, mask, limits }) {
    const plane = lumaPlane("result");
    const before = lumaPlane("plate");
    if (result === null || plate === null || plane === null || before === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { shareMax = 0.02, stepMax = 1.5 } = limits;
    const same = plate.width === result.width && plate.height === result.height;
    const inside = same ? (mask?.inside ?? null) : null;
    const share = equalRuns(plane, result.width, inside);
    const plateShare = equalRuns(before, plate.width, inside);
    const more = share - plateShare;
    const steps = stepOf(result, inside);
    const step = steps > 0 && steps > 2 * stepOf(plate, inside) ? steps : 0;
    const measures = [
      { name: "share", value: share, unit: "ratio", limit: null },
      { name: "plateShare", value: plateShare, unit: "ratio", limit: null },
      { name: "more", value: more, unit: "ratio", limit: shareMax, must: "atMost" },
      { name: "step", value: step, unit: "code", limit: stepMax, must: "atMost" },
    ] as const;
    const words = `${percent(share)} of it stands in steps, of the plate ${percent(plateShare)}`;
    if (step > stepMax)
      return {
        verdict: "warn",
        measures,
        message: `It stands on codes that lie ${step.toFixed(1)} of 255 apart; ${stepMax} may.`,
        hint: "Something works in too few bits; add grain, or keep 16 bits.",
        evidence: [stairs(result, plane, inside)],
      };
    return more > shareMax
      ? {
          verdict: "warn",
          measures,
          message: `Gradients are stairs: ${words}; ${percent(shareMax)} more may.`,
          hint: "Something works in too few bits; add grain, or keep 16 bits.",
          evidence: [stairs(result, plane, inside)],
        }
      : { verdict: "pass", measures, message: `Gradients are smooth: ${words}.` };
  },
};

/** What stands in steps: four equal codes in a row. */
function stairs(result: DecodedImage, plane: Uint16Array, inside: Uint8Array | null) {
  return heatMap(result, "Equal codes in a row", (at) => {
    const l = plane[at] as number;
    if (at % result.width < 3 || l === 0 || l === 65_535 || (inside !== null && inside[at] !== 1)) return 0;
    return plane[at - 1] === l && plane[at - 2] === l && plane[at - 3] === l ? 1 : 0;
  });
}

const percent = (ratio: number): string => `${(ratio * 100).toFixed(2)} %`;

/** Pixels looked at are enough, and no more. */
const PIXELS_ENOUGH = 600_000;

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

/** Of all pixels looked at, so many stand on a code that counts. */
const CODE_SHARE = 0.0005;
/** So much of the picture must stand on such codes, and on so many of them, before a distance says anything. */
const COVERED = 0.5;
const CODES_MIN = 8;

/** Median distance of neighbouring codes that hold most of the picture, codes of 1/255; 0 where no few codes do. */
function stepOf({ samples, channels, channelNames, width }: DecodedImage, inside: Uint8Array | null): number {
  if (!(samples instanceof Uint16Array)) return 0;
  const place = Math.max(0, channelNames.indexOf("G"));
  const pixels = samples.length / channels;
  const step = Math.max(1, Math.ceil(pixels / PIXELS_ENOUGH));
  const counts = new Uint32Array(65_536);
  let looked = 0;
  for (let row = 0; row < pixels; row += width * step) {
    for (let i = row, end = row + width; i < end; i += 1) {
      const weight = inside === null ? 1 : (inside[i] as number);
      const code = samples[i * channels + place] as number;
      counts[code] = (counts[code] as number) + weight;
      looked += weight;
    }
  }
  const least = Math.max(8, looked * CODE_SHARE);
  const distances: number[] = [];
  let covered = 0;
  let last = -1;
  for (let code = 0; code < 65_536; code += 1) {
    const count = counts[code] as number;
    if (count < least) continue;
    covered += count;
    if (last >= 0) distances.push(code - last);
    last = code;
  }
  if (covered < looked * COVERED || distances.length + 1 < CODES_MIN) return 0;
  distances.sort((a, b) => a - b);
  return (distances[distances.length >> 1] as number) / 257;
}

export default check;
