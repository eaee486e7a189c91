/**
 * image.seam: no straight line where tiles were joined.
 *
 * Formula: k(x) = (d(x) - (d(x-1) + d(x+1)) / 2) with d(x) = L(x) - L(x-1), a step that its neighbours do not share; e(x) = mean over rows of
 * sign k: how consistently the step points the same way, however small it is. It is taken of the result (eR), of the plate (eP) and of
 * log(result / plate) (eQ), in which an edge of the plate cancels however the edit lights or colours it. score = max over x of the
 * smaller of |eR| - |eP| and |eQ|, where the mean step is at least `codesMin` (less is the slope of a feather) and at most `codesMax`
 * (a step that is large and straight is a horizon that was drawn, not a joint). The same over rows. Only pixels inside the mask count, of
 * lines at least 24 px from its border, every second row of a large frame. Texture gives random signs: for n rows e has a deviation of
 * 1 / sqrt(n); where 3.5 of those are more than 0.22 the excess is taken off the score. A joint has as much detail on one side as on the other
 * and the same step all along: where the step, averaged over 12 px, varies 1.9 times as much as steps at lines 6 and 8 px beside it, two things
 * meet, no tiles. It stands out: the mean step lies 6 deviations (by the median) above the mean steps of the 64 lines around it, for a sensor's rows and
 * rolling light make every line a small step; and fewer than 6 of those show 0.7 of it, for a codec's blocks and scan lines are many. It goes through: all but
 * a fifth of its parts of 24 px show 0.35 of it, for the edge of a panel or
 * a line of type ends somewhere. Ignored rectangles, and 2 px around them, count for nothing. A larger result is looked at at its plate's size; without
 * a plate that it can lie on |eR| alone is the score. Limits: scripts/bench/qc.
 */
import type { Check, CheckAnswer, CheckInput, PixelBox } from "../daemon/plugin.ts";
import type { Signs, Way } from "./_seamJoint.ts";
import { isJoint, kinkAt, pixelStep } from "./_seamJoint.ts";

/** Below this many rows chance alone reaches the limit. */
const ROWS_MIN = 48;
const DEVIATIONS = 3.5;
/** What chance alone may reach is taken off where few rows count, so that one limit means the same for all. */
const USUAL = 0.22;

const check: Check = {
  apiVersion: 1,
  id: "image.seam",
  version: 4,
  scope: "frame",
  finds: "joined tiles",
  needs: ["result"],
  limits: { scoreMax: 0.22, codesMin: 0.75, codesMax: 12 },
  judges: { scoreMax: { measures: ["column", "row"], must: "atMost", least: 0, greatest: 1 } },
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
  run(input) {
    const { result, limits } = input;
    const field = fieldOf(input);
    if (result === null || field === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { scoreMax = 0.22 } = limits;
    const { plane, before, masked, ignore, scale, width } = field;
    const [left, top, w, h] = field.box;
    const inside = ignore.length === 0 ? masked : without(field, masked, ignore);
    // At the border of a mask its feather bends what is laid on.
    const of = { plane, before, inside, inset: masked === null ? 0 : INSET, limits };
    const first = top * width + left;
    const columns = worst({ ...of, first, across: 1, along: width, places: w, length: h });
    const rows = worst({ ...of, first, across: width, along: 1, places: h, length: w });
    const [x, y] = [left + columns.at, top + rows.at].map((at) => Math.round(at * scale)) as [number, number];
    const [wide, high] = [Math.min(result.width, w * scale), Math.min(result.height, h * scale)].map(Math.round) as [
      number,
      number,
    ];
    const [fromX, fromY] = [Math.round(left * scale), Math.round(top * scale)];
    const lines = [
      { name: "column", words: "vertical", ...columns, at: x, box: [Math.max(0, x - 1), fromY, 2, high] as const },
      { name: "row", words: "horizontal", ...rows, at: y, box: [fromX, Math.max(0, y - 1), wide, 2] as const },
    ];
    const measures: CheckAnswer["measures"] = lines.flatMap(({ name, score, at, codes }) => [
      { name, value: score, unit: "ratio", limit: scoreMax, must: "atMost" },
      { name: `${name}At`, value: at, unit: "px", limit: null },
      { name: `${name}Step`, value: codes, unit: "code", limit: null },
    ]);
    const found = lines.filter((line) => line.score > scoreMax);
    if (found.length === 0) {
      const top = Math.max(columns.score, rows.score).toFixed(2);
      return { verdict: "pass", measures, message: `No seam: the straightest new line scores ${top}.` };
    }
    const told = found.map(
      ({ words, score, at, codes }) =>
        `a ${words} one at ${at} px (${score.toFixed(2)}, limit ${scoreMax}, a step of ${codes.toFixed(1)} codes)`,
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

/** What is looked at: the result beside a plate of its size, a larger one at its plate's size, or the result alone. */
interface Field {
  readonly width: number;
  readonly height: number;
  readonly plane: Uint16Array;
  readonly before: Uint16Array | null;
  /** null: all may change. */
  readonly masked: Uint8Array | null;
  readonly box: PixelBox;
  readonly ignore: readonly PixelBox[];
  /** Pixels of the result a pixel. */
  readonly scale: number;
}

function fieldOf({ result, plate, lumaPlane, atPlateSize, mask, expected }: CheckInput): Field | null {
  if (result === null) return null;
  const at = plate === null ? "" : atPlateSize();
  const box = mask?.box ?? null;
  const { ignore } = expected;
  if (plate === null || typeof at === "string") {
    const plane = lumaPlane("result");
    const { width, height } = result;
    const masked = mask === null || box === null ? null : mask.inside;
    const own = boxOf(result, box);
    return plane === null ? null : { width, height, plane, before: null, masked, box: own, ignore, scale: 1 };
  }
  const { width, height } = plate;
  const { luma: plane, scale } = at;
  const masked = mask === null || box === null ? null : at.inside;
  const shrunk = (one: PixelBox): PixelBox => {
    const [x, y] = [Math.floor(one[0] / scale), Math.floor(one[1] / scale)];
    const right = Math.min(width, Math.ceil((one[0] + one[2]) / scale));
    return [x, y, right - x, Math.min(height, Math.ceil((one[1] + one[3]) / scale)) - y];
  };
  const own = boxOf(plate, box === null ? null : shrunk(box));
  return { width, height, plane, before: lumaPlane("plate"), masked, box: own, ignore: ignore.map(shrunk), scale };
}

function boxOf(image: { readonly width: number; readonly height: number }, box: PixelBox | null): PixelBox {
  return box ?? [0, 0, image.width, image.height];
}

/** Lines that a pixel's k reaches over. */
const REACH = 2;

/** The pixels inside the mask but for the ignored rectangles, and for those beside them, whose k would see their edge. */
function without(
  { width, height }: { readonly width: number; readonly height: number },
  masked: Uint8Array | null,
  ignore: readonly PixelBox[],
): Uint8Array {
  const inside = masked === null ? new Uint8Array(width * height).fill(1) : masked.slice();
  for (const [x, y, w, h] of ignore)
    for (let row = Math.max(0, y - REACH); row < Math.min(height, y + h + REACH); row += 1)
      inside.fill(0, row * width + Math.max(0, x - REACH), row * width + Math.min(width, x + w + REACH));
  return inside;
}

/** Lines from the border of a mask, as far as a feather may reach. */
const INSET = 24;

/** Of every line but the outermost, which have no k. */
export function signsOf(way: Way): Signs {
  const { first, across, along, places, length } = way;
  const out = { count: new Int32Array(places), sign: new Int32Array(places), step: new Int32Array(places) };
  // Memory is read row by row, whichever way the lines run.
  if (across !== 1) {
    for (let place = 2; place < places - 1; place += 1) addLine(way, place, out);
    return out;
  }
  const every = pixelStep(length);
  const { inside } = way;
  for (let k = 0; k < length; k += every)
    if (inside === null) addAlong(way, first + k * along, out);
    else addInside(way, inside, first + k * along, out);
  if (inside === null) out.count.fill(Math.ceil(length / every), 2, places - 1);
  return out;
}

/** One pixel of each line, from `start` on. Each is read once, and moves on: twice k as in `kinkAt`. */
function addAlong(way: Way, start: number, { sign, step }: Signs): void {
  const { plane, places } = way;
  let a = plane[start] as number;
  let b = plane[start + 1] as number;
  let c = plane[start + 2] as number;
  for (let x = 2; x < places - 1; x += 1) {
    const d = plane[start + x + 1] as number;
    const v = (Math.imul(3, c - b) + a - d) | 0;
    sign[x] = ((sign[x] as number) + ((v >> 31) | (-v >>> 31))) | 0;
    step[x] = ((step[x] as number) + v) | 0;
    a = b;
    b = c;
    c = d;
  }
}

/** The same inside a mask. */
function addInside(way: Way, inside: Uint8Array, start: number, { count, sign, step }: Signs): void {
  const { plane, places } = way;
  let a = plane[start] as number;
  let b = plane[start + 1] as number;
  let c = plane[start + 2] as number;
  for (let x = 2; x < places - 1; x += 1) {
    const d = plane[start + x + 1] as number;
    const v = (Math.imul(3, c - b) + a - d) | 0;
    const counts = inside[start + x] as number;
    count[x] = (count[x] as number) + counts;
    sign[x] = ((sign[x] as number) + Math.imul(counts, (v >> 31) | (-v >>> 31))) | 0;
    step[x] = ((step[x] as number) + Math.imul(counts, v)) | 0;
    a = b;
    b = c;
    c = d;
  }
}

/** All pixels of one line. */
function addLine(way: Way, place: number, out: Signs): void {
  const { plane, inside, first, across, along, length } = way;
  const start = first + place * across;
  const step = pixelStep(length) * along;
  const end = start + length * along;
  let pixels = 0;
  let signs = 0;
  let steps = 0;
  for (let at = start; at < end; at += step) {
    const counts = inside === null ? 1 : (inside[at] as number);
    const v = kinkAt(plane, at, across) | 0;
    pixels = (pixels + counts) | 0;
    signs = (signs + Math.imul(counts, (v >> 31) | (-v >>> 31))) | 0;
    steps = (steps + Math.imul(counts, v)) | 0;
  }
  out.count[place] = pixels;
  out.sign[place] = signs;
  out.step[place] = steps;
}

/**
 * log2 of what the sRGB curve makes of light, so that a change of light adds the same to all: its offset of 0.055 added first. In parts of
 * 2^-14.
 */
const LOG: Int32Array = Int32Array.from({ length: 65_536 }, (_, code) =>
  Math.round(Math.log2(code + 0.055 * 65_535) * 16_384),
);

/** What of a line's signs the plate leaves unexplained: the smaller of |eR| - |eP| and |eQ|, times its pixels. */
function unexplained(way: Way, before: Uint16Array, { place, own }: { readonly place: number; readonly own: number }) {
  const { plane, inside, first, across, along, length } = way;
  const start = first + place * across;
  const step = pixelStep(length);
  const ratio = (at: number): number => (LOG[plane[at] as number] as number) - (LOG[before[at] as number] as number);
  let plates = 0;
  let ratios = 0;
  for (let k = 0; k < length; k += step) {
    const at = start + k * along;
    const counts = inside === null ? 1 : (inside[at] as number);
    const p = kinkAt(before, at, across);
    const q = 3 * (ratio(at) - ratio(at - across)) + ratio(at - 2 * across) - ratio(at + across);
    plates += counts * ((p >> 31) | (-p >>> 31));
    ratios += counts * ((q >> 31) | (-q >>> 31));
  }
  return Math.min(own - Math.abs(plates), Math.abs(ratios));
}

interface Line {
  readonly score: number;
  readonly at: number;
  readonly codes: number;
}

/** The joint that scores most; lines that score less than half the limit are not looked at. */
function worst(way: Way): Line {
  const { scoreMax = 0.22, codesMin = 0.75, codesMax = 12 } = way.limits;
  const signs = signsOf(way);
  const lines: Line[] = [];
  for (let place = way.inset; place < way.places - way.inset; place += 1) {
    const n = signs.count[place] as number;
    if (n < ROWS_MIN) continue;
    const codes = Math.abs(signs.step[place] as number) / n / 2 / 257;
    if (codes < codesMin || codes > codesMax) continue;
    const own = Math.abs(signs.sign[place] as number);
    const least = (scoreMax / 2 + Math.max(0, DEVIATIONS / Math.sqrt(n) - USUAL)) * n;
    if (own <= least) continue;
    const left = way.before === null ? own : unexplained(way, way.before, { place, own });
    if (left > least) lines.push({ score: (left - least) / n + scoreMax / 2, at: place, codes });
  }
  lines.sort((a, b) => b.score - a.score);
  return lines.slice(0, 64).find(({ at }) => isJoint(way, signs, at)) ?? { score: 0, at: 0, codes: 0 };
}

export default check;
