/**
 * Result and plate as light in the cells of one grid: what checks over many frames keep, because the frames are never all in memory.
 * The grid is the plate's own (the result's without a plate): at most 64 x 36 cells, each of whole blocks of `framePlanes`, so that
 * it costs next to nothing beside the pass that made them. A result of another size is laid onto the same places.
 */
import type { BlockFacts, CellFacts, DecodedImage, MaskFacts } from "../plugin.ts";
import { LIMITS } from "./limits.ts";
import { srgbDecode } from "./srgbCurve.ts";

export interface CellGrid {
  readonly columns: number;
  readonly rows: number;
  /** Of one cell, as a share of the picture. The last column and row may be cut. */
  readonly wide: number;
  readonly high: number;
}

/** Light of blocks, 1 = the largest code of whole numbers, and as it is in floats. */
interface BlockLight {
  readonly red: ArrayLike<number>;
  readonly green: ArrayLike<number>;
  readonly blue: ArrayLike<number>;
}

export function cellGrid(image: Pick<DecodedImage, "width" | "height">, block: number): CellGrid {
  const { width, height } = image;
  const blocks = Math.max(
    1,
    Math.ceil(width / block / LIMITS.cellColumnsMax),
    Math.ceil(height / block / LIMITS.cellRowsMax),
  );
  const side = block * blocks;
  return {
    columns: Math.ceil(width / side),
    rows: Math.ceil(height / side),
    wide: side / width,
    high: side / height,
  };
}

export function cellFacts(
  image: DecodedImage,
  of: {
    readonly blocks: BlockFacts;
    readonly grid: CellGrid;
    /** Pixels looked at. */
    readonly runs: Int32Array;
    /** false: floats are cut to 0..1, because they stand beside codes that are. */
    readonly linear: boolean;
    readonly inside: Float32Array;
  },
): CellFacts {
  const { blocks, grid } = of;
  const light = of.linear && image.samples instanceof Float32Array ? lightOfFloats(image, of) : lightOfCodes(blocks);
  const merged = merge(image, { blocks, grid, weights: blocks.pixels, values: [light.red, light.green, light.blue] });
  const [red, green, blue] = merged as [Float32Array, Float32Array, Float32Array];
  if (of.runs.length > 2) dropCut(image, { blocks, grid, values: [red, green, blue] });
  const luma = red.map((r, i) => 0.2126 * r + 0.7152 * (green[i] as number) + 0.0722 * (blue[i] as number));
  return { columns: grid.columns, rows: grid.rows, red, green, blue, luma, inside: of.inside };
}

/**
 * A cell of which a part is not looked at shows another piece of the picture than the same cell of the other picture: where they move, that
 * would be light that jumps. It says nothing.
 */
function dropCut(
  image: Pick<DecodedImage, "width" | "height">,
  of: { readonly blocks: BlockFacts; readonly grid: CellGrid; readonly values: readonly Float32Array[] },
): void {
  const { blocks, grid, values } = of;
  const areas = areasOf(image, blocks);
  const whole = areas.map((area, i) => ((blocks.pixels[i] as number) < area ? 0 : 1));
  const seen = merge(image, { blocks, grid, weights: areas, values: [whole] })[0] as Float32Array;
  for (const light of values)
    for (let i = 0; i < light.length; i += 1) if ((seen[i] as number) < 1) light[i] = Number.NaN;
}

function areasOf({ width, height }: Pick<DecodedImage, "width" | "height">, blocks: BlockFacts): Float32Array {
  return blocks.pixels.map((_, i) => {
    const [x, y] = [i % blocks.columns, Math.floor(i / blocks.columns)];
    return Math.min(blocks.size, width - x * blocks.size) * Math.min(blocks.size, height - y * blocks.size);
  });
}

/** Share of each cell's pixels that may change. */
export function cellsInside(
  image: Pick<DecodedImage, "width" | "height">,
  of: { readonly blocks: BlockFacts; readonly grid: CellGrid; readonly mask: MaskFacts | null },
): Float32Array {
  const { blocks, grid, mask } = of;
  if (mask === null) return new Float32Array(grid.columns * grid.rows).fill(1);
  const { width, height } = image;
  const counts = new Float32Array(blocks.columns * blocks.rows);
  for (let y = 0; y < height; y += 1) {
    const first = Math.floor(y / blocks.size) * blocks.columns;
    for (let column = 0; column < blocks.columns; column += 1) {
      const from = y * width + column * blocks.size;
      const to = y * width + Math.min(width, (column + 1) * blocks.size);
      let sum = 0;
      for (let i = from; i < to; i += 1) sum += mask.inside[i] as number;
      counts[first + column] = (counts[first + column] as number) + sum;
    }
  }
  const areas = areasOf(image, blocks);
  const shares = counts.map((count, i) => count / (areas[i] as number));
  return merge(image, { blocks, grid, weights: areas, values: [shares] })[0] as Float32Array;
}

/** The curve undone on each block's mean: not the mean of light to the last digit, but the same for two pictures that are alike. */
function lightOfCodes({ red, green, blue }: BlockFacts): BlockLight {
  const light = (codes: Float32Array) => codes.map((code) => srgbDecode(code / 65_535));
  return { red: light(red), green: light(green), blue: light(blue) };
}

/** NaN, infinities and negatives count as none. */
function lightOfFloats(
  image: DecodedImage,
  of: { readonly blocks: BlockFacts; readonly runs: Int32Array },
): BlockLight {
  const { samples, channels, width } = image;
  const { blocks, runs } = of;
  const place = (name: string) => image.channelNames.indexOf(name);
  const grey = Math.max(0, place("Y"));
  const places = place("R") < 0 ? [grey, grey, grey] : [place("R"), place("G"), place("B")];
  const [r, g, b] = places as [number, number, number];
  const sums = [0, 1, 2].map(() => new Float64Array(blocks.pixels.length));
  const [red, green, blue] = sums as [Float64Array, Float64Array, Float64Array];
  for (let k = 0; k < runs.length; k += 2) {
    const end = runs[k + 1] as number;
    for (let i = runs[k] as number; i < end; ) {
      const y = Math.floor(i / width);
      const column = Math.floor((i - y * width) / blocks.size);
      const stop = Math.min(end, y * width + Math.min(width, (column + 1) * blocks.size));
      let sr = 0;
      let sg = 0;
      let sb = 0;
      for (; i < stop; i += 1) {
        sr += lit(samples[i * channels + r] as number);
        sg += lit(samples[i * channels + g] as number);
        sb += lit(samples[i * channels + b] as number);
      }
      const at = Math.floor(y / blocks.size) * blocks.columns + column;
      red[at] = (red[at] as number) + sr;
      green[at] = (green[at] as number) + sg;
      blue[at] = (blue[at] as number) + sb;
    }
  }
  const mean = (sum: Float64Array) => sum.map((value, i) => value / Math.max(1, blocks.pixels[i] as number));
  return { red: mean(red), green: mean(green), blue: mean(blue) };
}

function lit(value: number): number {
  return value > 0 && value < Number.POSITIVE_INFINITY ? value : 0;
}

/** Weighted means of blocks in the cells that they lie in; a block on a border counts on both sides by its parts. NaN: no weight. */
function merge(
  image: Pick<DecodedImage, "width" | "height">,
  of: {
    readonly blocks: BlockFacts;
    readonly grid: CellGrid;
    readonly weights: ArrayLike<number>;
    readonly values: readonly ArrayLike<number>[];
  },
): readonly Float32Array[] {
  const { blocks, grid, weights, values } = of;
  const across = shares({ count: blocks.columns, side: blocks.size, length: image.width }, grid.columns, grid.wide);
  const down = shares({ count: blocks.rows, side: blocks.size, length: image.height }, grid.rows, grid.high);
  const total = new Float64Array(grid.columns * grid.rows);
  const sums = values.map(() => new Float64Array(total.length));
  for (const y of down) {
    for (const x of across) {
      const block = y.block * blocks.columns + x.block;
      const cell = y.cell * grid.columns + x.cell;
      const weight = x.part * y.part * (weights[block] as number);
      total[cell] = (total[cell] as number) + weight;
      for (let c = 0; c < sums.length; c += 1) {
        const sum = sums[c] as Float64Array;
        sum[cell] = (sum[cell] as number) + weight * ((values[c] as ArrayLike<number>)[block] as number);
      }
    }
  }
  return sums.map((sum) => Float32Array.from(sum, (value, i) => value / (total[i] as number)));
}

interface Share {
  readonly block: number;
  readonly cell: number;
  /** Of the block, 0..1. */
  readonly part: number;
}

function shares(
  line: { readonly count: number; readonly side: number; readonly length: number },
  cells: number,
  cell: number,
): readonly Share[] {
  const out: Share[] = [];
  const side = cell * line.length;
  for (let block = 0; block < line.count; block += 1) {
    const [from, to] = [block * line.side, Math.min(line.length, (block + 1) * line.side)];
    const first = Math.min(cells - 1, Math.floor(from / side + 1e-9));
    const last = Math.min(cells - 1, Math.ceil(to / side - 1e-9) - 1);
    for (let at = first; at <= last; at += 1) {
      const [left, right] = [at * side, at === cells - 1 ? line.length : (at + 1) * side];
      const part = (Math.min(to, right) - Math.max(from, left)) / (to - from);
      if (part > 0) out.push({ block, cell: at, part });
    }
  }
  return out;
}
