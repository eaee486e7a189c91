/**
 * image.seam: no straight line where tiles were joined.
 *
 * Formula: d(x) = L(x) - L(x-1); e(x) = mean over rows of sign(d(x) - (d(x-1) + d(x+1)) / 2): how consistently the step at
 * one column points the same way, however small it is; score = max over x of |e(x) of the result| - |e(x) of the plate|. The
 * same over rows. Only rows (columns) inside the mask are looked at, every second one of a large frame. Texture gives random
 * signs: for n rows e has a deviation of 1 / sqrt(n). Limit: 0.25 (a prototype found every seam of 3 codes over the full height, and
 * 91 % of those of 4 codes inside a mask when all rows were counted). A regular structure of the plate is in the plate, too.
 */
import type { Check, PixelBox } from "../daemon/plugin.ts";

/** Below this many rows chance alone reaches the limit. */
const ROWS_MIN = 48;

const check: Check = {
  apiVersion: 1,
  id: "image.seam",
  version: 1,
  scope: "frame",
  needs: ["result"],
  limits: { scoreMax: 0.25 },
  judges: { scoreMax: { measures: ["column", "row"], must: "atMost" } },
  limitsFrom: { scoreMax: "prototype of the formula, limits fixed before its run (docs/qc.md)" },
  seedMayCure: true,
  applies({ result, mask }) {
    const box = result === null ? null : boxOf(result, mask?.box ?? null);
    return box !== null && (box[2] < ROWS_MIN || box[3] < ROWS_MIN)
      ? `fewer than ${ROWS_MIN} rows or columns may change`
      : null;
  },
  run({ result, plate, lumaPlane, mask, limits }) {
    const plane = lumaPlane("result");
    if (result === null || plane === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { scoreMax = 0.25 } = limits;
    const same = plate !== null && plate.width === result.width && plate.height === result.height;
    const of = { width: result.width, box: boxOf(result, mask?.box ?? null) };
    const before = same ? lumaPlane("plate") : null;
    const columns = worst(columnSigns(plane, of), before === null ? null : columnSigns(before, of));
    const rows = worst(rowSigns(plane, of), before === null ? null : rowSigns(before, of));
    const measures = [
      { name: "column", value: columns.score, unit: "ratio", limit: scoreMax, must: "atMost" },
      { name: "columnAt", value: columns.at + of.box[0], unit: "px", limit: null },
      { name: "row", value: rows.score, unit: "ratio", limit: scoreMax, must: "atMost" },
      { name: "rowAt", value: rows.at + of.box[1], unit: "px", limit: null },
    ] as const;
    const found = [
      ...(columns.score > scoreMax
        ? [`a vertical one at x = ${columns.at + of.box[0]} (${columns.score.toFixed(2)})`]
        : []),
      ...(rows.score > scoreMax ? [`a horizontal one at y = ${rows.at + of.box[1]} (${rows.score.toFixed(2)})`] : []),
    ];
    if (found.length === 0) {
      const top = Math.max(columns.score, rows.score).toFixed(2);
      return { verdict: "pass", measures, message: `No seam: the straightest line scores ${top}, limit ${scoreMax}.` };
    }
    const [x, y, w, h] = of.box;
    return {
      verdict: "warn",
      measures,
      message: `It looks as if tiles were joined: ${found.join(", ")}; limit ${scoreMax}.`,
      hint: "More overlap between tiles, or no tiling.",
      evidence: [
        {
          kind: "boxes",
          title: "Seam",
          boxes: [
            ...(columns.score > scoreMax ? [[x + columns.at - 1, y, 2, h] as const] : []),
            ...(rows.score > scoreMax ? [[x, y + rows.at - 1, w, 2] as const] : []),
          ],
        },
      ],
    };
  },
};

function boxOf(image: { readonly width: number; readonly height: number }, box: PixelBox | null): PixelBox {
  return box ?? [0, 0, image.width, image.height];
}

interface Of {
  readonly width: number;
  readonly box: PixelBox;
}

/** Rows looked at are enough to be sure, and no more: 540 give a deviation of 0.04. */
const ROWS_ENOUGH = 540;

/** Sign consistency of each column of the box, -1..1. */
function columnSigns(plane: Uint16Array, { width, box }: Of): Float32Array {
  const left = box[0];
  const top = box[1];
  const w = box[2];
  const h = box[3];
  const step = Math.max(1, Math.floor(h / ROWS_ENOUGH));
  const sums = new Int32Array(w);
  let rows = 0;
  for (let y = top; y < top + h; y += step) {
    const row = y * width + left;
    for (let x = 2; x < w - 1; x += 1) {
      const at = row + x;
      const v =
        3 * ((plane[at] as number) - (plane[at - 1] as number)) + (plane[at - 2] as number) - (plane[at + 1] as number);
      sums[x] = (sums[x] as number) + ((v >> 31) | (-v >>> 31));
    }
    rows += 1;
  }
  return Float32Array.from(sums, (sum) => sum / rows);
}

function rowSigns(plane: Uint16Array, { width, box }: Of): Float32Array {
  const left = box[0];
  const top = box[1];
  const w = box[2];
  const h = box[3];
  const step = Math.max(1, Math.floor(w / ROWS_ENOUGH));
  const count = Math.ceil(w / step);
  const out = new Float32Array(h);
  for (let y = 2; y < h - 1; y += 1) {
    const row = (top + y) * width + left;
    let sum = 0;
    for (let x = 0; x < w; x += step) {
      const at = row + x;
      const v =
        3 * ((plane[at] as number) - (plane[at - width] as number)) +
        (plane[at - 2 * width] as number) -
        (plane[at + width] as number);
      sum += (v >> 31) | (-v >>> 31);
    }
    out[y] = sum / count;
  }
  return out;
}

function worst(result: Float32Array, plate: Float32Array | null): { readonly score: number; readonly at: number } {
  let score = 0;
  let at = 0;
  for (let i = 0; i < result.length; i += 1) {
    const s = Math.abs(result[i] as number) - Math.abs(plate?.[i] ?? 0);
    if (s <= score) continue;
    score = s;
    at = i;
  }
  return { score, at };
}

export default check;
