/**
 * image.seam: no straight line where tiles were joined.
 *
 * Formula: k(x) = (d(x) - (d(x-1) + d(x+1)) / 2) with d(x) = L(x) - L(x-1), a step that its neighbours do not share; e(x) = mean over rows of
 * sign k: how consistently the step points the same way, however small it is. It is taken of the result (eR), of the plate (eP) and of
 * log(result / plate) (eQ), in which an edge of the plate cancels however the edit lights or colours it. score = max over x of the
 * smaller of |eR| - |eP| and |eQ|, where the mean step is at least `codesMin` (less is the slope of a feather) and at most `codesMax`
 * (a step that is large and straight is a horizon that was drawn, not a joint). The same over rows. Only pixels inside the mask count, every
 * second row of a large frame. Texture gives random signs: for n rows e has a deviation of 1 / sqrt(n); where 3.5 of those are more than
 * 0.25 the excess is taken off the score. Without a plate of this size |eR| alone is the score. Limits: scripts/bench/qc.
 */
import type { Check, CheckAnswer, PixelBox } from "../daemon/plugin.ts";

/** Below this many rows chance alone reaches the limit. */
const ROWS_MIN = 48;
const DEVIATIONS = 3.5;
/** What chance alone may reach is taken off where few rows count, so that one limit means the same for all. */
const USUAL = 0.25;

const check: Check = {
  apiVersion: 1,
  id: "image.seam",
  version: 2,
  scope: "frame",
  needs: ["result"],
  limits: { scoreMax: 0.25, codesMin: 0.75, codesMax: 16 },
  judges: { scoreMax: { measures: ["column", "row"], must: "atMost" } },
  limitsFrom: {
    scoreMax: "prototype of the formula, limits fixed before its run (docs/qc.md)",
    codesMin: "the proof's corpus: slopes of feathers stay below it (docs/qc.md)",
    codesMax: "the proof's corpus: horizons lie above it (docs/qc.md)",
  },
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
    const [left, top, w, h] = boxOf(result, mask?.box ?? null);
    // Without a mask one row of ones is read again and again.
    const values = mask === null || mask.box === null ? new Uint8Array(result.width).fill(1) : mask.inside;
    const of = { width: result.width, left, top, w, h, values, stride: values === mask?.inside ? result.width : 0 };
    const before = same ? lumaPlane("plate") : null;
    const planes = { result: plane, plate: before ?? plane };
    const withPlate = before !== null;
    const near = (at: number, size: number): boolean => at > SIDE && at + SIDE < size;
    const columns = worst(columnSigns(planes, of), {
      limits,
      withPlate,
      joint: (at) =>
        near(at, w) &&
        sameBothSides(plane, { across: 1, along: of.width, start: top * of.width + left + at, length: h }),
    });
    const rows = worst(rowSigns(planes, of), {
      limits,
      withPlate,
      joint: (at) =>
        near(at, h) &&
        sameBothSides(plane, { across: of.width, along: 1, start: (top + at) * of.width + left, length: w }),
    });
    const lines = [
      { name: "column", words: "vertical", first: left, ...columns, box: [left + columns.at - 1, top, 2, h] as const },
      { name: "row", words: "horizontal", first: top, ...rows, box: [left, top + rows.at - 1, w, 2] as const },
    ];
    const measures: CheckAnswer["measures"] = lines.flatMap(({ name, score, at, first, codes }) => [
      { name, value: score, unit: "ratio", limit: scoreMax, must: "atMost" },
      { name: `${name}At`, value: first + at, unit: "px", limit: null },
      { name: `${name}Step`, value: codes, unit: "code", limit: null },
    ]);
    const found = lines.filter((line) => line.score > scoreMax);
    if (found.length === 0) {
      const top = Math.max(columns.score, rows.score).toFixed(2);
      return { verdict: "pass", measures, message: `No seam: the straightest new line scores ${top}.` };
    }
    const told = found.map(
      ({ words, score, at, first, codes }) =>
        `a ${words} one at ${first + at} px (${score.toFixed(2)}, limit ${scoreMax}, a step of ${codes.toFixed(1)} codes)`,
    );
    return {
      verdict: "warn",
      measures,
      message: `It looks as if tiles were joined: ${told.join(", ")}.`,
      hint: "More overlap between tiles, or no tiling.",
      evidence: [{ kind: "boxes", title: "Seam", boxes: found.map((line) => line.box) }],
    };
  },
};

function boxOf(image: { readonly width: number; readonly height: number }, box: PixelBox | null): PixelBox {
  return box ?? [0, 0, image.width, image.height];
}

interface Of {
  readonly width: number;
  readonly left: number;
  readonly top: number;
  readonly w: number;
  readonly h: number;
  /** 1 where a pixel counts, `stride` from row to row. */
  readonly values: Uint8Array;
  readonly stride: number;
}

interface Planes {
  readonly result: Uint16Array;
  /** Without one: the result again, and what it says is left out. */
  readonly plate: Uint16Array;
}

/** Rows looked at are enough to be sure, and no more: 540 give a deviation of 0.04. */
const ROWS_ENOUGH = 540;

/** Of each place: sums of signs and of steps over the pixels looked at. */
interface Signs {
  readonly count: Int32Array;
  readonly result: Int32Array;
  readonly plate: Int32Array;
  readonly ratio: Int32Array;
  /** 4 x 16-bit codes: twice k, which is twice the step. */
  readonly step: Float64Array;
}

function signsOf(places: number): Signs {
  const whole = () => new Int32Array(places);
  return { count: whole(), result: whole(), plate: whole(), ratio: whole(), step: new Float64Array(places) };
}

/**
 * log2 of what the sRGB curve makes of light, so that a change of light adds the same to all: its offset of 0.055 added first. In parts of
 * 2^-14.
 */
const LOG: Int32Array = Int32Array.from({ length: 65_536 }, (_, code) =>
  Math.round(Math.log2(code + 0.055 * 65_535) * 16_384),
);

function columnSigns({ result, plate }: Planes, { width, left, top, w, h, values, stride }: Of): Signs {
  const step = Math.max(1, Math.floor(h / ROWS_ENOUGH));
  const out = signsOf(w);
  for (let y = top; y < top + h; y += step)
    addRow(result, plate, { row: y * width + left, length: w, inside: y * stride + left, values, out });
  return out;
}

interface Row {
  readonly row: number;
  readonly length: number;
  readonly inside: number;
  readonly values: Uint8Array;
  readonly out: Signs;
}

function addRow(result: Uint16Array, plate: Uint16Array, { row, length, inside, values, out }: Row): void {
  let q0 = 0;
  let q1 = ratioAt(result, plate, row);
  let q2 = ratioAt(result, plate, row + 1);
  let q3 = ratioAt(result, plate, row + 2);
  for (let x = 2; x < length - 1; x += 1) {
    const at = row + x;
    const counts = values[inside + x] as number;
    q0 = q1;
    q1 = q2;
    q2 = q3;
    q3 = ratioAt(result, plate, at + 1);
    const v = kinkAt(result, at, 1);
    const p = kinkAt(plate, at, 1);
    const q = 3 * (q2 - q1) + q0 - q3;
    out.count[x] = (out.count[x] as number) + counts;
    out.result[x] = (out.result[x] as number) + counts * ((v >> 31) | (-v >>> 31));
    out.step[x] = (out.step[x] as number) + counts * v;
    out.plate[x] = (out.plate[x] as number) + counts * ((p >> 31) | (-p >>> 31));
    out.ratio[x] = (out.ratio[x] as number) + counts * ((q >> 31) | (-q >>> 31));
  }
}

function ratioAt(result: Uint16Array, plate: Uint16Array, at: number): number {
  return (LOG[result[at] as number] as number) - (LOG[plate[at] as number] as number);
}

function rowSigns({ result, plate }: Planes, { width, left, top, w, h, values, stride }: Of): Signs {
  const step = Math.max(1, Math.floor(w / ROWS_ENOUGH));
  const out = signsOf(h);
  for (let y = 2; y < h - 1; y += 1) {
    const row = (top + y) * width + left;
    const from = (top + y) * stride + left;
    let count = 0;
    let signs = 0;
    let steps = 0;
    let plates = 0;
    let ratios = 0;
    for (let x = 0; x < w; x += step) {
      const at = row + x;
      const counts = values[from + x] as number;
      const v = kinkAt(result, at, width);
      const p = kinkAt(plate, at, width);
      const q =
        3 * (ratioAt(result, plate, at) - ratioAt(result, plate, at - width)) +
        ratioAt(result, plate, at - 2 * width) -
        ratioAt(result, plate, at + width);
      count += counts;
      signs += counts * ((v >> 31) | (-v >>> 31));
      steps += counts * v;
      plates += counts * ((p >> 31) | (-p >>> 31));
      ratios += counts * ((q >> 31) | (-q >>> 31));
    }
    out.count[y] = count;
    out.result[y] = signs;
    out.step[y] = steps;
    out.plate[y] = plates;
    out.ratio[y] = ratios;
  }
  return out;
}

/** Twice k at a pixel; `way`: from one pixel to the next. */
function kinkAt(plane: Uint16Array, at: number, way: number): number {
  return (
    3 * ((plane[at] as number) - (plane[at - way] as number)) +
    (plane[at - 2 * way] as number) -
    (plane[at + way] as number)
  );
}

interface Line {
  readonly score: number;
  readonly at: number;
  readonly codes: number;
}

/** The joint that scores most; lines that score less than half the limit are not looked at. */
function worst(
  of: Signs,
  by: {
    readonly limits: Readonly<Record<string, number>>;
    readonly withPlate: boolean;
    /** Is the content on both sides of the line the same? */
    readonly joint: (at: number) => boolean;
  },
): Line {
  const { limits, withPlate, joint } = by;
  const { scoreMax = 0.25, codesMin = 0.75, codesMax = 16 } = limits;
  const lines: Line[] = [];
  for (let i = 0; i < of.count.length; i += 1) {
    const n = of.count[i] as number;
    if (n < ROWS_MIN) continue;
    const codes = Math.abs(of.step[i] as number) / n / 2 / 257;
    if (codes < codesMin || codes > codesMax) continue;
    const own = Math.abs(of.result[i] as number) - (withPlate ? Math.abs(of.plate[i] as number) : 0);
    const sure = (withPlate ? Math.min(own, Math.abs(of.ratio[i] as number)) : own) / n;
    const score = sure - Math.max(0, DEVIATIONS / Math.sqrt(n) - USUAL);
    if (score > scoreMax / 2) lines.push({ score, at: i, codes });
  }
  lines.sort((a, b) => b.score - a.score);
  return lines.slice(0, 64).find((line) => !isThin(of, line.at) && joint(line.at)) ?? { score: 0, at: 0, codes: 0 };
}

/** A thin line goes up and comes down again within 5 px; a joint does not. Beside a step stand its own side lobes. */
function isThin(of: Signs, at: number): boolean {
  const own = of.result[at] as number;
  const opposite = (i: number): boolean =>
    Math.abs(i - at) > 1 && (of.result[i] ?? 0) * Math.sign(-own) > 0.6 * Math.abs(own);
  for (let i = at - 5; i <= at + 5; i += 1) if (opposite(i)) return true;
  return false;
}

/** Pixels on each side of a line that say what stands there. */
const SIDE = 8;
/** Where one side holds so many times the detail of the other, two things meet, not two tiles. */
const DETAIL_MAX = 2.5;

/** `across`, `along`: from one pixel to the next over the line, and along it; `start`: the first pixel behind it. */
function sameBothSides(
  plane: Uint16Array,
  of: { readonly across: number; readonly along: number; readonly start: number; readonly length: number },
): boolean {
  const { across, along, start, length } = of;
  let before = 0;
  let behind = 0;
  for (let k = 0; k + 2 < length; k += 1) {
    const at = start + k * along;
    for (let side = 1; side < SIDE; side += 1) {
      const far = at + side * across;
      const near = at - (side + 1) * across;
      behind += Math.abs((plane[far] as number) - (plane[far + 2 * along] as number));
      before += Math.abs((plane[near] as number) - (plane[near + 2 * along] as number));
    }
  }
  return Math.max(before, behind) <= DETAIL_MAX * Math.max(1, Math.min(before, behind));
}

export default check;
