/** The tiles of a tiled EXR part: their size, the levels of smaller pictures, and how many tiles each level has. */
import type { PixelBox } from "../../plugin.ts";
import { broken } from "./byteSource.ts";

export interface ExrTiles {
  readonly width: number;
  readonly height: number;
  readonly levels: "one" | "mipmap" | "ripmap";
  readonly roundUp: boolean;
}

/** No picture's tile is larger, and products of two sides stay exact. */
const TILE_SIDE_MAX = 2 ** 26;

export function tilesOf(value: DataView): ExrTiles {
  const [width, height, mode] = [value.getUint32(0, true), value.getUint32(4, true), value.getUint8(8)];
  const levels = (["one", "mipmap", "ripmap"] as const)[mode & 15];
  if (width < 1 || height < 1 || width > TILE_SIDE_MAX || height > TILE_SIDE_MAX || levels === undefined || mode >> 5)
    throw broken("the EXR's tiles have no size or no kind that exists");
  return { width, height, levels, roundUp: mode >> 4 === 1 };
}

/** Sizes of the levels along one side, the full one first. */
function levelSizes(size: number, roundUp: boolean): readonly number[] {
  const count = 1 + (roundUp ? Math.ceil(Math.log2(size)) : Math.floor(Math.log2(size)));
  return Array.from({ length: count }, (_, level) =>
    Math.max(1, roundUp ? Math.ceil(size / 2 ** level) : Math.floor(size / 2 ** level)),
  );
}

/** The levels as pairs [along x, along y] with their sizes in tiles. */
export function tileLevels(
  tiles: ExrTiles,
  data: PixelBox,
): readonly { readonly lx: number; readonly ly: number; readonly across: number; readonly down: number }[] {
  const tilesOfSides = (sizes: readonly number[], side: number) => sizes.map((size) => Math.ceil(size / side));
  if (tiles.levels === "mipmap") {
    // Both sides shrink together; the shorter one stays at one pixel while the longer one goes on.
    const count = levelSizes(Math.max(data[2], data[3]), tiles.roundUp).length;
    return Array.from({ length: count }, (_, level) => {
      const size = (side: number) =>
        Math.max(1, tiles.roundUp ? Math.ceil(side / 2 ** level) : Math.floor(side / 2 ** level));
      const across = Math.ceil(size(data[2]) / tiles.width);
      return { lx: level, ly: level, across, down: Math.ceil(size(data[3]) / tiles.height) };
    });
  }
  const one = tiles.levels === "one";
  const widths = one ? [data[2]] : levelSizes(data[2], tiles.roundUp);
  const heights = one ? [data[3]] : levelSizes(data[3], tiles.roundUp);
  const rows = tilesOfSides(heights, tiles.height);
  return tilesOfSides(widths, tiles.width).flatMap((across, lx) => rows.map((down, ly) => ({ lx, ly, across, down })));
}

export function tileCount(tiles: ExrTiles, data: PixelBox): number {
  return tileLevels(tiles, data).reduce((sum, { across, down }) => sum + across * down, 0);
}
