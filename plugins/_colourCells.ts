/** Two pictures' colours in cells of one grid, as logarithms, and which cells lie on which side of a mask: what image.channels compares. */
import type { DecodedImage } from "../daemon/plugin.ts";

const CELL = 8;
const CELLS_ENOUGH = 16_000;
/** Pixels read of a cell, along each side. */
const READ = 4;
/** Added to 16-bit codes, so that the ratio of two dark values says little. */
const DARK = 1024;

export interface Grid {
  readonly width: number;
  readonly size: number;
  readonly columns: number;
  readonly rows: number;
}

export function gridOf({ width, height }: DecodedImage): Grid {
  const size = Math.max(CELL, Math.ceil(Math.sqrt((width * height) / CELLS_ENOUGH)));
  return { width, size, columns: Math.floor(width / size), rows: Math.floor(height / size) };
}

/** Of every cell, the three logarithms less their mean, then that mean: `out[channel * cells + cell]`. */
export function colours(image: DecodedImage, grid: Grid): Float32Array {
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
export function sideOf({ width, size, columns, rows }: Grid, inside: Uint8Array, value: 0 | 1): Uint8Array {
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
