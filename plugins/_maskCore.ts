/**
 * The part of a picture that lies well inside a mask, as tiles: what stands there is the model's alone, not the plate seen through a feather.
 * Tiles of 32 px are the blocks of the picture, so that means and deviations cost nothing; where a mask has too few, it is looked at in
 * tiles of 8 px. Too small or thin a mask has no such part.
 */
import type { BlockFacts, CheckInput, MaskFacts } from "../daemon/plugin.ts";

/** Of a feather as wide as those of most edits. */
const INSET = 24;
const SMALL_INSET = 6;
const SMALL_TILE = 8;
/** 4096 px, and 1024 in small ones: below, nothing is said of it. */
const TILES_MIN = 4;
const SMALL_TILES_MIN = 16;
/** Tiles that say what stands around the mask. */
const AROUND = 64;

export interface Tile {
  readonly x: number;
  readonly y: number;
}

export interface Core {
  /** Side of a tile, px. */
  readonly size: number;
  readonly tiles: readonly Tile[];
}

type Of = Pick<CheckInput, "mask" | "result" | "blocks">;

/** null: no mask, one that is everywhere, or nothing well inside it. */
export function coreOf({ mask, result, blocks }: Of): Core | null {
  if (mask === null || result === null || mask.box === null || mask.outside.length === 0) return null;
  const shape = blocks("result");
  if (shape === null) return null;
  const { width, height } = result;
  const tiles = tilesIn(mask, { width, height, size: shape.size, inset: INSET });
  if (tiles.length >= TILES_MIN) return { size: shape.size, tiles };
  const small = tilesIn(mask, { width, height, size: SMALL_TILE, inset: SMALL_INSET });
  return small.length >= SMALL_TILES_MIN ? { size: SMALL_TILE, tiles: small } : null;
}

interface Grid {
  readonly width: number;
  readonly height: number;
  readonly size: number;
  readonly inset: number;
}

function tilesIn({ inside, box }: MaskFacts, grid: Grid): readonly Tile[] {
  const { width, height, size } = grid;
  const [left, top, wide, high] = box ?? [0, 0, 0, 0];
  const out: Tile[] = [];
  const to = { x: Math.min(width, left + wide) - size, y: Math.min(height, top + high) - size };
  for (let y = Math.ceil(top / size) * size; y <= to.y; y += size)
    for (let x = Math.ceil(left / size) * size; x <= to.x; x += size)
      if (liesInside(inside, { x, y }, grid)) out.push({ x, y });
  return out;
}

/** Corners, edges and middle, moved out by the inset; beyond the frame there is no feather. The middle first, which tells most tiles. */
function liesInside(inside: Uint8Array, { x, y }: Tile, { width, height, size, inset }: Grid): boolean {
  const last = { x: width - 1, y: height - 1 };
  const across: Across = {
    far: Math.max(0, x - inset),
    left: x,
    middle: x + size / 2,
    right: x + size - 1,
    farRight: Math.min(last.x, x + size - 1 + inset),
  };
  return (
    rowInside(inside, (y + size / 2) * width, across) &&
    rowInside(inside, Math.max(0, y - inset) * width, across) &&
    rowInside(inside, Math.min(last.y, y + size - 1 + inset) * width, across) &&
    rowInside(inside, y * width, across) &&
    rowInside(inside, (y + size - 1) * width, across)
  );
}

interface Across {
  readonly far: number;
  readonly left: number;
  readonly middle: number;
  readonly right: number;
  readonly farRight: number;
}

function rowInside(inside: Uint8Array, row: number, { far, left, middle, right, farRight }: Across): boolean {
  return (
    inside[row + middle] === 1 &&
    inside[row + far] === 1 &&
    inside[row + farRight] === 1 &&
    inside[row + left] === 1 &&
    inside[row + right] === 1
  );
}

/** At most so many of the tiles, spread over all of them: for checks that look at samples. */
export function someOf({ size, tiles }: Core, most: number): Core {
  const step = Math.max(1, Math.ceil(tiles.length / most));
  return { size, tiles: tiles.filter((_, i) => i % step === 0) };
}

/** Luma, as ratios of full scale. */
export interface TileLuma {
  readonly mean: number;
  readonly sd: number;
  /** The largest deviation inside one tile. */
  readonly tileSdMax: number;
  /** Share of the tiles in which every pixel is of one luma that is neither 0 nor full scale, and of those in which it is 0. */
  readonly even: number;
  readonly zero: number;
}

/** null: of a picture of another size. */
export function tileLuma(
  core: Core,
  of: "result" | "plate",
  input: Pick<CheckInput, "blocks" | "lumaPlane" | "result" | "plate">,
): TileLuma | null {
  const [image, blocks, plane] = [input[of], input.blocks(of), input.lumaPlane(of)];
  const { result } = input;
  if (image === null || result === null || blocks === null || plane === null) return null;
  if (image.width !== result.width || image.height !== result.height) return null;
  const read =
    core.size === blocks.size
      ? (tile: Tile) => ofBlock(blocks, tile)
      : (tile: Tile) => ofPixels(plane, { tile, width: image.width, size: core.size });
  return summed(core.tiles.map(read));
}

interface Sums {
  readonly n: number;
  readonly mean: number;
  readonly sd: number;
}

function ofBlock({ columns, size, pixels, mean, sd }: BlockFacts, { x, y }: Tile): Sums {
  const at = (y / size) * columns + x / size;
  return { n: pixels[at] as number, mean: mean[at] as number, sd: sd[at] as number };
}

function ofPixels(
  plane: Uint16Array,
  of: { readonly tile: Tile; readonly width: number; readonly size: number },
): Sums {
  const { tile, width, size } = of;
  let sum = 0;
  let square = 0;
  for (let y = tile.y; y < tile.y + size; y += 1)
    for (let i = y * width + tile.x, end = i + size; i < end; i += 1) {
      const v = plane[i] as number;
      sum += v;
      square += v * v;
    }
  const n = size * size;
  return { n, mean: sum / n, sd: Math.sqrt(Math.max(0, square / n - (sum / n) ** 2)) };
}

/** Codes become ratios here. Tiles in an ignored rectangle count for nothing; null: all of them. */
function summed(tiles: readonly Sums[]): TileLuma | null {
  const seen = tiles.filter(({ n }) => n > 0);
  if (seen.length === 0) return null;
  const pixels = seen.reduce((sum, { n }) => sum + n, 0);
  const mean = seen.reduce((sum, tile) => sum + tile.n * tile.mean, 0) / pixels;
  const square = seen.reduce((sum, tile) => sum + tile.n * (tile.sd ** 2 + (tile.mean - mean) ** 2), 0) / pixels;
  const share = (is: (tile: Sums) => boolean): number => seen.filter(is).length / seen.length;
  // Sums of squares leave a rest of their own.
  const even = (tile: Sums): boolean => tile.sd < 0.5 && tile.mean > 0.5 && tile.mean < 65_534.5;
  return {
    mean: mean / 65_535,
    sd: Math.sqrt(square) / 65_535,
    tileSdMax: seen.reduce((most, { sd }) => Math.max(most, sd), 0) / 65_535,
    even: share(even),
    zero: share((tile) => tile.mean === 0),
  };
}

/** Of the blocks around the mask that no edit touched: as black and as flat as a right edit may become there. */
export interface Around {
  /** The darkest quarter's mean and the calmest quarter's deviation, as ratios. */
  readonly mean: number;
  readonly sd: number;
}

/** null: there are none. */
export function aroundOf({ mask, result, blocks }: Of): Around | null {
  const shape = blocks("result");
  if (mask === null || mask.box === null || result === null || shape === null) return null;
  const { width, height } = result;
  const [left, top, wide, high] = mask.box;
  const means: number[] = [];
  const sds: number[] = [];
  const { size, columns } = shape;
  const first = (at: number): number => Math.max(0, Math.floor((at - AROUND) / size)) * size;
  for (let y = first(top); y + size <= Math.min(height, top + high + AROUND + size); y += size)
    for (let x = first(left); x + size <= Math.min(width, left + wide + AROUND + size); x += size) {
      if (!liesOutside(mask.inside, { x, y }, { width, size })) continue;
      const at = (y / size) * columns + x / size;
      if (shape.pixels[at] === 0) continue;
      means.push((shape.mean[at] as number) / 65_535);
      sds.push((shape.sd[at] as number) / 65_535);
    }
  return means.length === 0 ? null : { mean: quarter(means), sd: quarter(sds) };
}

function liesOutside(
  inside: Uint8Array,
  { x, y }: Tile,
  of: { readonly width: number; readonly size: number },
): boolean {
  for (const row of [y, y + of.size / 2, y + of.size - 1])
    for (const column of [x, x + of.size / 2, x + of.size - 1]) if (inside[row * of.width + column] !== 0) return false;
  return true;
}

function quarter(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)] ?? 0;
}
