/**
 * Two ways to know a swap of channels from a hue that somebody turned (image.channels), of cells as `colours` gives them. As a complex number in
 * the plane of colours (R at 0, G and B a third of a turn on) a turn multiplies by one factor, and a swap of two channels is a mirror image: the
 * conjugate, times a factor (whose angle says which two, and what turn of hue came before). Nobody mirrors hues.
 */
import type { Grid } from "./_colourCells.ts";

export interface Cells {
  readonly mine: Float32Array;
  readonly plates: Float32Array;
  readonly grid: Grid;
  /** 1: counts. null: all do. */
  readonly where: Uint8Array | null;
}

/** Cells apart; what changes slowly (light, fog, a soft mask) cancels in the difference. */
const LAGS = [1, 2] as const;
/** Strips of rows, each of which is left out once to see how far chance moves the fit. */
const STRIPS = 12;
const DEVIATIONS_MIN = 4;
/** So little of it is none. */
const MIRROR_LEAST = 0.1;
const MOST = 100;

/** Of one strip, of differences p of the plate and r of the result: |p|^2, p^2, r x conjugate of p, r x p; complex ones as two values. */
const SUMS = 7;

/** How much more of the plate's differences of colour is in the result mirrored than as it is or turned; 0: no swap. */
export function mirrored(cells: Cells): number {
  const strips = Array.from({ length: STRIPS }, () => new Float64Array(SUMS));
  for (const lag of LAGS) {
    addDifferences(cells, strips, { right: lag, down: 0 });
    addDifferences(cells, strips, { right: 0, down: lag });
  }
  const all = new Float64Array(SUMS);
  for (const strip of strips) strip.forEach((sum, i) => (all[i] = (all[i] as number) + sum));
  const found = fitOf(all);
  if (!(found.mirror >= MIRROR_LEAST)) return 0;
  const others = strips
    .filter((strip) => (strip[0] as number) > 0)
    .map((strip) => fitOf(all.map((sum, i) => sum - (strip[i] as number))))
    .map(({ mirror, angle }) => mirror * Math.cos(angle - found.angle));
  const sure = found.mirror >= DEVIATIONS_MIN * jackknife(others);
  return sure ? Math.min(MOST, found.mirror / Math.max(1e-9, found.kept)) : 0;
}

/** Deviation of a value by its values with each part left out once (Tukey 1958). */
function jackknife(values: readonly number[]): number {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  return Math.sqrt(((n - 1) / n) * values.reduce((sum, value) => sum + (value - mean) ** 2, 0));
}

interface Way {
  readonly right: number;
  readonly down: number;
}

function addDifferences(cells: Cells, strips: readonly Float64Array[], way: Way): void {
  const { grid, where, mine, plates } = cells;
  const { columns, rows } = grid;
  const away = way.down * columns + way.right;
  for (let row = 0; row < rows - way.down; row += 1) {
    const sums = strips[Math.floor((row * STRIPS) / rows)] as Float64Array;
    for (let i = row * columns; i < (row + 1) * columns - way.right; i += 1) {
      if (where !== null && ((where[i] as number) & (where[i + away] as number)) === 0) continue;
      addPair(sums, differenceOf(plates, i, away), differenceOf(mine, i, away));
    }
  }
}

interface Complex {
  readonly re: number;
  readonly im: number;
}

function differenceOf(colours: Float32Array, i: number, away: number): Complex {
  const cells = colours.length / 4;
  const of = (channel: number): number =>
    (colours[channel * cells + i] as number) - (colours[channel * cells + i + away] as number);
  return { re: of(0) - (of(1) + of(2)) / 2, im: ((of(1) - of(2)) * Math.sqrt(3)) / 2 };
}

function addPair(sums: Float64Array, p: Complex, r: Complex): void {
  sums[0] = (sums[0] as number) + p.re * p.re + p.im * p.im;
  sums[1] = (sums[1] as number) + p.re * p.re - p.im * p.im;
  sums[2] = (sums[2] as number) + 2 * p.re * p.im;
  sums[3] = (sums[3] as number) + r.re * p.re + r.im * p.im;
  sums[4] = (sums[4] as number) + r.im * p.re - r.re * p.im;
  sums[5] = (sums[5] as number) + r.re * p.re - r.im * p.im;
  sums[6] = (sums[6] as number) + r.im * p.re + r.re * p.im;
}

/** Least squares of r = a p + b conjugate of p: amounts of a and of b, and the angle of b. */
function fitOf(sums: Float64Array): { readonly kept: number; readonly mirror: number; readonly angle: number } {
  const at = (i: number): number => sums[i] as number;
  const size = at(0) * at(0) - at(1) * at(1) - at(2) * at(2);
  const kept = Math.hypot(at(0) * at(3) - at(1) * at(5) - at(2) * at(6), at(0) * at(4) - at(1) * at(6) + at(2) * at(5));
  const re = at(0) * at(5) - at(1) * at(3) + at(2) * at(4);
  const im = at(0) * at(6) - at(1) * at(4) - at(2) * at(3);
  return { kept: kept / size, mirror: Math.hypot(re, im) / size, angle: Math.atan2(im, re) };
}

/** A swap is exact and total: the median cell is left within so many stops of the swapped plate, and lay so far from the plate. */
const LEFT_MAX = 0.1;
const FROM_LEAST = 0.25;

/** Median distance of a cell's colour from the plate's swapped in the best way, over that from the plate's as given; 1: no exact swap. */
export function exactness(cells: Cells, orders: readonly (readonly number[])[]): number {
  const given = medianAway(cells, [0, 1, 2]);
  if (given < FROM_LEAST) return 1;
  const best = Math.min(...orders.map((order) => medianAway(cells, order)));
  return best > LEFT_MAX ? 1 : Math.min(1, best / given);
}

/** Stops; colour and light. */
function medianAway({ mine, plates, where }: Cells, order: readonly number[]): number {
  const cells = mine.length / 4;
  const away: number[] = [];
  for (let i = 0; i < cells; i += 1) {
    if (where !== null && where[i] === 0) continue;
    const light = (mine[3 * cells + i] as number) - (plates[3 * cells + i] as number);
    let squares = 3 * light * light;
    for (let channel = 0; channel < 3; channel += 1)
      squares +=
        ((mine[channel * cells + i] as number) - (plates[(order[channel] as number) * cells + i] as number)) ** 2;
    away.push(squares);
  }
  return Math.sqrt(away.sort((a, b) => a - b)[away.length >> 1] ?? 0);
}
