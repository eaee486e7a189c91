/** By how many frames all of a result's frames are late or early beside its plate. */
import { correlation } from "./_correlation.ts";

export interface ShownFrame {
  readonly frame: number;
  /** Log light in cells, stops. */
  readonly result: Float32Array;
  readonly plate: Float32Array;
}

const SHIFT_MAX = 4;
/** Frames that are set beside all shifts, at least; and frames looked at. */
const INNER_MIN = 5;
const FRAMES_MAX = 64;
/**
 * What a shift leaves, of what no shift leaves and of what the plate moves from frame to frame: either way is enough. What does not come from the
 * plate at all is off by about as much as the plate moves, shifted or not.
 */
const WAYS = [
  { ofNone: 0.75, ofMovement: 0.4 },
  { ofNone: 0.35, ofMovement: 1 },
] as const;
/** Correlation of the steps from frame to frame. */
const FOLLOWS = 0.35;
const STEEP_FOLLOWS = 0.98;
const STEEP_MAX = 1.4;
/** Share of the frames that the shift is better for. */
const AGREE_MIN = 0.8;
/** Stops: less is grain. */
const TELLS = 0.001;
const CELLS_MIN = 8;

/**
 * Of frames of one shot that follow each other; less than 0: late; 0: they are not, or that can't be told. The result's steps must be those of the
 * plate's frames that it matches. What the result adds to the plate
 * may be the same in each frame, or change steadily (a light that stands in the world under a pan): either way of telling is enough.
 */
export function shiftOf(shot: readonly ShownFrame[]): number {
  const part = shot.slice(0, FRAMES_MAX);
  const reach = Math.min(SHIFT_MAX, Math.floor((part.length - INNER_MIN) / 2));
  if (reach < 1) return 0;
  const cells = cellsOf(part);
  if (cells.length < CELLS_MIN) return 0;
  const moved = middle(
    part
      .slice(1)
      .map(({ plate }, t) => meanOf(cells, (i) => Math.abs((plate[i] as number) - (part[t]?.plate[i] as number)))),
  );
  const found = [false, true].map((steadily) => shiftBy(part, { reach, cells, moved, steadily }));
  const shift = found.find((one) => one !== 0) ?? 0;
  return shift !== 0 && followsAt(part, cells, shift) ? shift : 0;
}

/** What does not come from the plate may match another frame's light by chance, but does not step as it does. */
function followsAt(part: readonly ShownFrame[], cells: readonly number[], shift: number): boolean {
  const [mine, plates]: [number[], number[]] = [[], []];
  for (let t = 1; t < part.length; t += 1) {
    const [before, after] = [part[t - 1 + shift]?.plate, part[t + shift]?.plate];
    if (before === undefined || after === undefined) continue;
    for (const i of cells) {
      mine.push((part[t]?.result[i] as number) - (part[t - 1]?.result[i] as number));
      plates.push((after[i] as number) - (before[i] as number));
    }
  }
  return correlation(mine, plates, { least: CELLS_MIN, still: 0 }) >= FOLLOWS;
}

/**
 * By how much the plate's steps are larger in the result (a curve of contrast): the median over the pairs that follow it, where most do; else 1.
 */
export function steepnessOf(run: readonly ShownFrame[]): number {
  const told = run.slice(1, FRAMES_MAX).flatMap((after, t) => {
    const before = run[t] as ShownFrame;
    const mine = after.result.map((light, i) => light - (before.result[i] as number));
    const plates = after.plate.map((light, i) => light - (before.plate[i] as number));
    if (correlation(mine, plates, { least: CELLS_MIN, still: TELLS }) < STEEP_FOLLOWS) return [];
    let [both, own] = [0, 0];
    for (let i = 0; i < mine.length; i += 1) {
      const [r, p] = [mine[i] as number, plates[i] as number];
      if (Number.isNaN(r) || Number.isNaN(p)) continue;
      both += r * p;
      own += p * p;
    }
    return own === 0 ? [] : [both / own];
  });
  if (told.length < Math.min(run.length, FRAMES_MAX) / 2) return 1;
  return Math.min(STEEP_MAX, Math.max(1 / STEEP_MAX, middle(told)));
}

interface Looked {
  readonly reach: number;
  readonly cells: readonly number[];
  /** Of the plate, from frame to frame, stops. */
  readonly moved: number;
  readonly steadily: boolean;
}

function shiftBy(part: readonly ShownFrame[], { reach, cells, moved, steadily }: Looked): number {
  const errors = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    errorsOf(part, { reach, cells, steadily, shift: i - reach }),
  );
  const sizes = errors.map(middle);
  const best = sizes.reduce((least, size, i) => (size < (sizes[least] as number) ? i : least), reach);
  const [size, none] = [sizes[best] as number, sizes[reach] as number];
  const [shifted, own] = [errors[best] as readonly number[], errors[reach] as readonly number[]];
  const agree = shifted.filter((error, t) => error < (own[t] as number)).length;
  const better = WAYS.some(({ ofNone, ofMovement }) => size < ofNone * none && size < ofMovement * moved);
  const clear = better && agree >= AGREE_MIN * own.length && none > TELLS;
  return clear ? best - reach : 0;
}

/** Of each frame that has a plate frame at every shift: mean over the cells, stops, less what the result adds to the plate. */
function errorsOf(
  part: readonly ShownFrame[],
  of: { readonly reach: number; readonly cells: readonly number[]; readonly steadily: boolean; readonly shift: number },
): readonly number[] {
  const { reach, cells, steadily, shift } = of;
  const count = part.length - 2 * reach;
  const sums = new Float64Array(count);
  const added = new Float64Array(count);
  const centre = (count - 1) / 2;
  const squares = (count * (count * count - 1)) / 12;
  for (const cell of cells) {
    let [mean, slope] = [0, 0];
    for (let t = 0; t < count; t += 1) {
      const by = (part[t + reach]?.result[cell] as number) - (part[t + reach + shift]?.plate[cell] as number);
      added[t] = by;
      mean += by / count;
      if (steadily) slope += (by * (t - centre)) / squares;
    }
    for (let t = 0; t < count; t += 1)
      sums[t] = (sums[t] as number) + Math.abs((added[t] as number) - mean - slope * (t - centre));
  }
  return Array.from(sums, (sum) => sum / cells.length);
}

export function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function meanOf(cells: readonly number[], value: (cell: number) => number): number {
  return cells.reduce((sum, cell) => sum + value(cell), 0) / cells.length;
}

/** That have a value in all of them. */
export function cellsOf(shown: readonly ShownFrame[]): readonly number[] {
  const [first] = shown;
  if (first === undefined) return [];
  return [...first.result.keys()].filter((i) =>
    shown.every(({ result, plate }) => !Number.isNaN(result[i] as number) && !Number.isNaN(plate[i] as number)),
  );
}
