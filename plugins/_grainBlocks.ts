/** Blocks of a result and its plate, with what their finest and their coarser detail say: the measurements of image.grain. */
import type { MaskFacts } from "../daemon/plugin.ts";

const BLOCK = 16;
const BLOCKS_ENOUGH = 400;
const INSET = 24;
const DARK = 8 * 257;
const BRIGHT = 247 * 257;

/** What one block says; the result first, then the plate, then both. In codes of 1/255. */
export interface Block {
  readonly mean: number;
  readonly plateMean: number;
  /** Mean amount of the kernel's answer. */
  readonly amount: number;
  readonly plateAmount: number;
  /** Mean squares, and the mean product. */
  readonly square: number;
  readonly plateSquare: number;
  readonly product: number;
  /** Deviation of neighbouring means over 4 x 4 px. */
  readonly coarse: number;
  readonly plateCoarse: number;
}

interface Of {
  readonly width: number;
  readonly height: number;
  /** null: everywhere is inside. */
  readonly mask: Pick<MaskFacts, "inside" | "box" | "share"> | null;
}

export interface Blocks {
  readonly inside: readonly Block[];
  readonly outside: readonly Block[];
}

/** Of each side of the mask as many as say enough, however large the frame and small the mask; in a frame of 768 x 512 px all. */
export function look(result: Uint16Array, plate: Uint16Array, of: Of): Blocks {
  const inside = [...blocksOn(1, [result, plate], of)];
  return { inside, outside: of.mask === null ? [] : [...blocksOn(0, [result, plate], of)] };
}

/** `look` would find so many inside; looks at no more than these. */
export function holdsBlocks(
  result: Uint16Array,
  plate: Uint16Array,
  { of, least }: { readonly of: Of; readonly least: number },
): boolean {
  const blocks = blocksOn(1, [result, plate], of);
  for (let found = 0; found < least; found += 1) if (blocks.next().done === true) return false;
  return true;
}

function* blocksOn(
  value: 0 | 1,
  [result, plate]: readonly [Uint16Array, Uint16Array],
  { width, height, mask }: Of,
): Generator<Block, void> {
  const box = mask === null || value === 0 ? ([0, 0, width, height] as const) : mask.box;
  if (box === null) return;
  const share = mask === null ? 1 : value === 1 ? mask.share : 1 - mask.share;
  const side = { width, height, inside: mask?.inside ?? null };
  const step = stepOf(share * width * height);
  const [left, top, across, down] = box;
  for (let y = firstAt(top, step); y + BLOCK <= top + down; y += step) {
    for (let x = firstAt(left, step); x + BLOCK <= left + across; x += step) {
      if (!lies(side, { x, y, value })) continue;
      const block = blockAt(result, plate, { start: y * width + x, width });
      const isDark = Math.min(block.mean, block.plateMean) * 257 < DARK;
      if (!isDark && Math.max(block.mean, block.plateMean) * 257 <= BRIGHT) yield block;
    }
  }
}

function stepOf(pixels: number): number {
  return BLOCK * Math.max(1, Math.floor(Math.sqrt(pixels / (BLOCK * BLOCK) / BLOCKS_ENOUGH)));
}

/** The first block of the frame's grid from there on. */
function firstAt(from: number, step: number): number {
  return Math.ceil(from / step) * step;
}

/** Its corners and its middle, inside moved out by the inset, are all on that side of the mask. */
function lies(
  { width, height, inside }: { readonly width: number; readonly height: number; readonly inside: Uint8Array | null },
  at: { readonly x: number; readonly y: number; readonly value: 0 | 1 },
): boolean {
  if (inside === null) return at.value === 1;
  const far = at.value === 1 ? INSET : 0;
  for (let row = 0; row < 3; row += 1) {
    const py = at.y + placeOf(row, far);
    for (let column = 0; column < 3; column += 1) {
      const px = at.x + placeOf(column, far);
      if (px < 0 || py < 0 || px >= width || py >= height) return false;
      if (inside[py * width + px] !== at.value) return false;
    }
  }
  return true;
}

/** Of a block's first pixel, its middle and its last, the ends moved out. */
function placeOf(step: number, out: number): number {
  return step === 0 ? -out : step === 1 ? BLOCK / 2 : BLOCK - 1 + out;
}

function blockAt(
  result: Uint16Array,
  plate: Uint16Array,
  { start, width }: { readonly start: number; readonly width: number },
): Block {
  let mean = 0;
  let plateMean = 0;
  let amount = 0;
  let plateAmount = 0;
  let square = 0;
  let plateSquare = 0;
  let product = 0;
  for (let y = 1; y < BLOCK - 1; y += 1) {
    const row = start + y * width;
    for (let at = row + 1; at < row + BLOCK - 1; at += 1) {
      mean += result[at] as number;
      plateMean += plate[at] as number;
      const a = kernel(result, at, width);
      const b = kernel(plate, at, width);
      amount += Math.abs(a);
      plateAmount += Math.abs(b);
      square += a * a;
      plateSquare += b * b;
      product += a * b;
    }
  }
  const n = (BLOCK - 2) ** 2;
  const code = 257 * 6;
  return {
    mean: mean / n / 257,
    plateMean: plateMean / n / 257,
    amount: amount / n / code,
    plateAmount: plateAmount / n / code,
    square: square / n / code / code,
    plateSquare: plateSquare / n / code / code,
    product: product / n / code / code,
    coarse: coarseAt(result, start, width),
    plateCoarse: coarseAt(plate, start, width),
  };
}

function kernel(plane: Uint16Array, at: number, width: number): number {
  return (
    4 * (plane[at] as number) -
    2 *
      ((plane[at - 1] as number) +
        (plane[at + 1] as number) +
        (plane[at - width] as number) +
        (plane[at + width] as number)) +
    (plane[at - width - 1] as number) +
    (plane[at - width + 1] as number) +
    (plane[at + width - 1] as number) +
    (plane[at + width + 1] as number)
  );
}

function coarseAt(plane: Uint16Array, start: number, width: number): number {
  let sum = 0;
  for (let row = 0; row < 4; row += 1) {
    for (let column = 0; column < 4; column += 1) {
      const at = start + row * 4 * width + column * 4;
      const here = cellAt(plane, at, width);
      if (column < 3) sum += (here - cellAt(plane, at + 4, width)) ** 2;
      if (row < 3) sum += (here - cellAt(plane, at + 4 * width, width)) ** 2;
    }
  }
  return Math.sqrt(sum / 24) / 16 / 257;
}

function cellAt(plane: Uint16Array, start: number, width: number): number {
  let sum = 0;
  for (let row = start; row < start + 4 * width; row += width)
    sum +=
      (plane[row] as number) + (plane[row + 1] as number) + (plane[row + 2] as number) + (plane[row + 3] as number);
  return sum;
}
