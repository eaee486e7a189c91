/**
 * image.channels: red is red and blue is blue.
 *
 * How a graph swaps channels: a BGR library, a wrong shuffle. In cells of 8 x 8 px (larger ones of a large frame; 16 pixels of each are read) the colour is
 * log2 of R, G and B less their mean, which no change of brightness moves, around its mean over all cells, which no tint of the whole moves. It is correlated
 * with the plate's, as it is and with channels swapped in each of the five other ways: what is redder than the rest stays so under a relight or a
 * grade; only a swap correlates better with the swapped plate. Measure: best correlation of a swap minus that of the given order, inside
 * and outside the mask each for itself. Limits: 0.1, and the swap itself must correlate by 0.5: colours of grain alone, on a grey plate, do by less.
 * A swap leaves as much colour as there was: where the deviations differ by more than a factor of 2 it is none. Where brightness correlates with
 * the plate's by less than `sharedMin` the content is new and nothing is said, unless colour fits by 0.9 and by 1 better than as given (a smooth
 * sky has little brightness to correlate); a plate of one hue has nothing to swap.
 */
import type { Check, DecodedImage } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.channels",
  version: 3,
  scope: "frame",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { gainMax: 0.1, correlationMin: 0.5, sharedMin: 0.6 },
  judges: { gainMax: { measures: ["gain"], must: "atMost", least: 0, greatest: 2 } },
  limitsFrom: {
    gainMax: "the proof's corpus (docs/qc.md)",
    correlationMin: "the proof's corpus (docs/qc.md)",
    sharedMin: "the proof's corpus (docs/qc.md)",
  },
  applies({ result, plate }) {
    if (result === null || plate === null) return null;
    if (result.width !== plate.width || result.height !== plate.height) return "the result is not of the plate's size";
    return [result, plate].every((image) => ["R", "G", "B"].every((name) => image.channelNames.includes(name)))
      ? null
      : "there are not three colours to compare";
  },
  run({ result, plate, mask, limits }) {
    if (result === null || plate === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { gainMax = 0.1, correlationMin = 0.5, sharedMin = 0.6 } = limits;
    const grid = gridOf(result);
    const mine = colours(result, grid);
    const plates = colours(plate, grid);
    // What lies inside the mask and what lies outside it may have come different ways.
    const sides = mask === null ? [null] : [sideOf(grid, mask.inside, 0), sideOf(grid, mask.inside, 1)];
    const found = sides
      .map((where) => likeness(mine, plates, where))
      .map((each) => (canTell(each, sharedMin) ? each : { ...each, best: each.given }))
      .reduce((one, other) => (other.best - other.given > one.best - one.given ? other : one));
    const more = found.best - found.given;
    // Where nothing fits at all (new content, a grey plate) nothing can be told.
    const gain = found.best > correlationMin ? more : Math.min(0, more);
    const measures = [
      { name: "gain", value: gain, unit: "ratio", limit: gainMax, must: "atMost" },
      { name: "asGiven", value: found.given, unit: "ratio", limit: null },
      { name: "shared", value: found.shared, unit: "ratio", limit: sharedMin },
      { name: "bestSwapped", value: found.best, unit: "ratio", limit: null },
    ] as const;
    const words = `the plate's colours fit ${found.best.toFixed(2)} as ${found.order} and ${found.given.toFixed(2)} as RGB`;
    return gain > gainMax
      ? {
          verdict: "warn",
          measures,
          message: `Channels look swapped: ${words}; limit ${gainMax}.`,
          hint: "Something in the graph works in BGR, or shuffles channels.",
        }
      : { verdict: "pass", measures, message: `Channels are in order: ${words}.` };
  },
};

/** A swap changes no deviation. */
const SPREAD_MAX = 2;
/** So well, and by so much better, no new content fits by chance. */
const FITS = 0.9;
const BETTER = 1;

function canTell({ shared, spread, best, given }: Likeness, sharedMin: number): boolean {
  if (spread > SPREAD_MAX || spread < 1 / SPREAD_MAX) return false;
  return shared >= sharedMin || (best >= FITS && best - given >= BETTER);
}

const CELL = 8;
const CELLS_ENOUGH = 16_000;
/** Pixels read of a cell, along each side. */
const READ = 4;
/** Added to 16-bit codes, so that the ratio of two dark values says little. */
const DARK = 1024;
const CELLS_MIN = 64;

interface Grid {
  readonly width: number;
  readonly size: number;
  readonly columns: number;
  readonly rows: number;
}

function gridOf({ width, height }: DecodedImage): Grid {
  const size = Math.max(CELL, Math.ceil(Math.sqrt((width * height) / CELLS_ENOUGH)));
  return { width, size, columns: Math.floor(width / size), rows: Math.floor(height / size) };
}

/** Of every cell, the three logarithms less their mean, then that mean: `out[channel * cells + cell]`. */
function colours(image: DecodedImage, grid: Grid): Float32Array {
  const cells = grid.columns * grid.rows;
  const out = new Float32Array(4 * cells);
  // Row by row: a loop over all cells is compiled anew each time that it runs.
  for (let row = 0; row < grid.rows; row += 1) rowOfCells(image, { grid, row }, out);
  for (let i = 0; i < cells; i += 1) {
    const r = out[i] as number;
    const g = out[cells + i] as number;
    const b = out[2 * cells + i] as number;
    const mean = (r + g + b) / 3;
    out[i] = r - mean;
    out[cells + i] = g - mean;
    out[2 * cells + i] = b - mean;
    out[3 * cells + i] = mean;
  }
  return out;
}

/** Logarithm of the mean display codes of each cell of a row; light by its square root, which is near enough to a display's curve. */
function rowOfCells(
  image: DecodedImage,
  { grid, row }: { readonly grid: Grid; readonly row: number },
  out: Float32Array,
): void {
  const { samples, channels, channelNames } = image;
  const { size, columns, rows, width } = grid;
  const r = channelNames.indexOf("R");
  const g = channelNames.indexOf("G");
  const b = channelNames.indexOf("B");
  const light = samples instanceof Float32Array;
  const scale = samples instanceof Uint16Array ? 1 : 257;
  const step = size / READ;
  for (let column = 0; column < columns; column += 1) {
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let v = 0; v < READ; v += 1) {
      const line = (row * size + ((v * step) | 0)) * width + column * size;
      for (let u = 0; u < READ; u += 1) {
        const at = (line + ((u * step) | 0)) * channels;
        const vr = samples[at + r] as number;
        const vg = samples[at + g] as number;
        const vb = samples[at + b] as number;
        red += light ? codeOf(vr) : vr * scale;
        green += light ? codeOf(vg) : vg * scale;
        blue += light ? codeOf(vb) : vb * scale;
      }
    }
    const cell = row * columns + column;
    out[cell] = Math.log2(red / (READ * READ) + DARK);
    out[columns * rows + cell] = Math.log2(green / (READ * READ) + DARK);
    out[2 * columns * rows + cell] = Math.log2(blue / (READ * READ) + DARK);
  }
}

function codeOf(light: number): number {
  return Math.sqrt(Math.min(1, light > 0 ? light : 0)) * 65_535;
}

/** Inside, a cell keeps so far from the mask's border, px: there the plate itself shows through. */
const INSET = 24;

/** 1 for each cell whose corners (inside: moved out by the inset) lie on this side of the mask. */
function sideOf({ width, size, columns, rows }: Grid, inside: Uint8Array, value: 0 | 1): Uint8Array {
  const out = new Uint8Array(columns * rows);
  const far = value === 1 ? INSET : 0;
  const height = inside.length / width;
  const last = size - 1 + 2 * far;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const x = column * size - far;
      const y = row * size - far;
      if (x < 0 || y < 0 || x + last >= width || y + last >= height) continue;
      const at = y * width + x;
      const below = at + last * width;
      const sum =
        (inside[at] as number) +
        (inside[at + last] as number) +
        (inside[below] as number) +
        (inside[below + last] as number);
      out[row * columns + column] = sum === 4 * value ? 1 : 0;
    }
  }
  return out;
}

interface Likeness {
  /** Correlation of brightness, -1..1: how much of the plate is left at all. */
  readonly shared: number;
  /** Deviation of the result's colour over that of the plate's. */
  readonly spread: number;
  /** Correlation of the channels as they are, -1..1. */
  readonly given: number;
  readonly best: number;
  readonly order: string;
}

const ORDERS: readonly (readonly [order: string, r: number, g: number, b: number])[] = [
  ["BGR", 2, 1, 0],
  ["GRB", 1, 0, 2],
  ["RBG", 0, 2, 1],
  ["GBR", 1, 2, 0],
  ["BRG", 2, 0, 1],
];

/**
 * Correlation of the colours around their means over the cells that are meant, from the nine products of a channel of the one with a channel
 * of the other: every order is a sum of three of them. 0 where cells are too few or one picture has one colour.
 */
function likeness(a: Float32Array, b: Float32Array, where: Uint8Array | null): Likeness {
  const products = new Float64Array(9);
  let aa = 0;
  let bb = 0;
  let cells = 0;
  for (let one = 0; one < 3; one += 1) {
    aa += product(a, a, { one, other: one, where });
    bb += product(b, b, { one, other: one, where });
    for (let other = 0; other < 3; other += 1) products[one * 3 + other] = product(a, b, { one, other, where });
  }
  for (let i = 0; i < a.length / 4; i += 1) cells += where === null ? 1 : (where[i] as number);
  if (cells < CELLS_MIN || aa <= 0 || bb <= 0) return { shared: 0, spread: 1, given: 0, best: 0, order: "RGB" };
  const size = Math.sqrt(aa * bb);
  const light = { one: 3, other: 3, where };
  const lights = Math.sqrt(product(a, a, light) * product(b, b, light));
  const sum = (r: number, g: number, blue: number): number =>
    ((products[r] as number) + (products[3 + g] as number) + (products[6 + blue] as number)) / size;
  let best = -1;
  let order = "RGB";
  for (const [name, r, g, blue] of ORDERS) {
    const value = sum(r, g, blue);
    if (value <= best) continue;
    best = value;
    order = name;
  }
  const shared = lights > 0 ? product(a, b, light) / lights : 0;
  return { shared, spread: Math.sqrt(aa / bb), given: sum(0, 1, 2), best, order };
}

/** Sum over the cells of one channel of `a` times one of `b`, both around their means. */
function product(
  a: Float32Array,
  b: Float32Array,
  of: { readonly one: number; readonly other: number; readonly where: Uint8Array | null },
): number {
  const { where } = of;
  const cells = a.length / 4;
  const from = of.one * cells;
  const to = of.other * cells;
  let n = 0;
  let sa = 0;
  let sb = 0;
  let sab = 0;
  for (let i = 0; i < cells; i += 1) {
    const counts = where === null ? 1 : (where[i] as number);
    const p = (a[from + i] as number) * counts;
    const q = (b[to + i] as number) * counts;
    n += counts;
    sa += p;
    sb += q;
    sab += p * q;
  }
  return n === 0 ? 0 : sab - (sa * sb) / n;
}

export default check;
