/**
 * image.border: the frame's edges are picture, not padding.
 *
 * What models leave at the edge: black or repeated rows from padding, a stripe of another level. For each edge the outermost
 * rows (columns) are compared with the row 1 further in, up to 16 px deep: a step that is consistent along the whole edge, where
 * the plate has none. Measures: width in px of the stripe whose rows are constant or equal to one another while the plate's are not (`flat`),
 * and the mean step across it in codes (`step`). Limits: 0 px; 6 codes more than the plate, whose own step grows with the light: it counts times
 * the ratio of the mean levels there, 14 codes (the offset of the sRGB curve) added to both.
 */
import type { Check } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.border",
  version: 2,
  scope: "frame",
  finds: "padding at the edges",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { flatMax: 0, stepMax: 6 },
  judges: {
    flatMax: { measures: ["flat"], must: "atMost", least: 0 },
    stepMax: { measures: ["step"], must: "atMost", least: 0, greatest: 255 },
  },
  limitsFrom: { flatMax: "the plate has none", stepMax: "procedural scenes with legitimate edits (docs/qc.md)" },
  seedMayCure: true,
  applies({ result, plate }) {
    if (result === null || plate === null) return null;
    if (result.width !== plate.width || result.height !== plate.height) return "the result is not of the plate's size";
    return Math.min(result.width, result.height) < 4 * DEPTH ? "the frame is too small" : null;
  },
  run({ result, lumaPlane, expected, limits }) {
    const [plane, before] = [lumaPlane("result"), lumaPlane("plate")];
    if (result === null || plane === null || before === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { flatMax = 0, stepMax = 6 } = limits;
    const { width, height } = result;
    let [flat, step] = [0, 0];
    const found: string[] = [];
    const boxes: (readonly [number, number, number, number])[] = [];
    for (const edge of edgesOf(width, height)) {
      const places = placesOf(edge, expected.ignore);
      // What is not picture (a mark) covers it: nothing can be told.
      if (places.length < edge.length / 4) continue;
      const [mine, plates] = [stripe(plane, edge, places), stripe(before, edge, places)];
      const more = Math.max(0, mine.flat - plates.flat);
      // A brighter light makes more of an edge that the plate has there.
      const brighter = Math.max(1, (mine.mean + SRGB_OFFSET) / (plates.mean + SRGB_OFFSET));
      const jump = Math.max(0, mine.step - plates.step * brighter);
      flat = Math.max(flat, more);
      step = Math.max(step, jump);
      if (more <= flatMax && jump <= stepMax) continue;
      found.push(
        `${edge.name} (${more > flatMax ? `${more} px repeated or constant` : `a step of ${jump.toFixed(1)} codes at ${mine.at} px`})`,
      );
      boxes.push(edge.box(Math.max(more, mine.at, 1)));
    }
    const measures = [
      { name: "flat", value: flat, unit: "px", limit: flatMax, must: "atMost" },
      { name: "step", value: step, unit: "code", limit: stepMax, must: "atMost" },
    ] as const;
    return found.length === 0
      ? {
          verdict: "pass",
          measures,
          message: `Clean to the edge: at most ${step.toFixed(1)} codes of a step, limit ${stepMax}.`,
        }
      : {
          verdict: "warn",
          measures,
          message: `Something runs along the edge: ${found.join(", ")}.`,
          hint: "The model pads its input: feed more than is needed and crop.",
          evidence: [{ kind: "boxes", title: "Border", boxes }],
        };
  },
};

const DEPTH = 16;
/** Codes of 1/255: with them added, display codes are a power of light, so that a gain multiplies them. */
const SRGB_OFFSET = 0.055 * 255;

interface Edge {
  readonly name: string;
  readonly start: number;
  /** From one row of the edge to the next one inwards. */
  readonly inward: number;
  readonly along: number;
  readonly length: number;
  readonly box: (deep: number) => readonly [number, number, number, number];
}

function edgesOf(width: number, height: number): readonly Edge[] {
  return [
    { name: "top", start: 0, inward: width, along: 1, length: width, box: (deep) => [0, 0, width, deep] },
    {
      name: "bottom",
      start: (height - 1) * width,
      inward: -width,
      along: 1,
      length: width,
      box: (deep) => [0, height - deep, width, deep],
    },
    { name: "left", start: 0, inward: 1, along: width, length: height, box: (deep) => [0, 0, deep, height] },
    {
      name: "right",
      start: width - 1,
      inward: -1,
      along: width,
      length: height,
      box: (deep) => [width - deep, 0, deep, height],
    },
  ];
}

/** Places along the edge whose outermost pixels are picture. */
function placesOf(edge: Edge, ignore: readonly (readonly [number, number, number, number])[]): Int32Array {
  const [ex, ey, ew, eh] = edge.box(DEPTH + 1);
  const hidden = new Uint8Array(edge.length);
  for (const [x, y, w, h] of ignore) {
    if (x >= ex + ew || x + w <= ex || y >= ey + eh || y + h <= ey) continue;
    const across = edge.along === 1;
    hidden.fill(1, Math.max(0, Math.floor(across ? x : y)), Math.max(0, Math.ceil(across ? x + w : y + h)));
  }
  return Int32Array.from({ length: edge.length }, (_, i) => i).filter((i) => hidden[i] === 0);
}

interface Stripe {
  /** Outermost rows without picture of their own. */
  readonly flat: number;
  /** The largest consistent step between two rows, codes, and where it is. */
  readonly step: number;
  readonly at: number;
  /** Level of all rows looked at, codes. */
  readonly mean: number;
}

function stripe(plane: Uint16Array, edge: Edge, places: Int32Array): Stripe {
  let flat = 0;
  let level = 0;
  let open = true;
  let step = 0;
  let at = 0;
  for (let depth = 0; depth < DEPTH; depth += 1) {
    const row = edge.start + depth * edge.inward;
    const first = plane[row + (places[0] ?? 0) * edge.along] as number;
    let sum = 0;
    let equal = true;
    let constant = true;
    for (let k = 0; k < places.length; k += 1) {
      const i = places[k] as number;
      const here = plane[row + i * edge.along] as number;
      const next = plane[row + edge.inward + i * edge.along] as number;
      sum += here - next;
      level += here;
      equal &&= here === next;
      constant &&= here === first;
    }
    if (open && (equal || constant)) flat += 1;
    else open = false;
    const mean = Math.abs(sum) / places.length / 257;
    if (mean > step) {
      step = mean;
      at = depth + 1;
    }
  }
  return { flat, step, at, mean: level / (places.length * DEPTH) / 257 };
}

export default check;
