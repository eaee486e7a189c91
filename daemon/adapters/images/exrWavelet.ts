/**
 * The wavelet of OpenEXR's PIZ compression, undone in place: a 2D Haar transform of whole numbers, level by level from the
 * coarsest to the finest. Values below 2^14 use plain signed arithmetic, larger ones count modulo 2^16. Facts of the
 * format: the OpenEXR library's ImfWav (BSD-3).
 */

/** One channel's block of 16-bit words; a float channel is two interleaved ones, `step` 2, `start` 0 and 1. */
export interface WaveBlock {
  readonly words: Uint16Array;
  readonly start: number;
  readonly columns: number;
  readonly rows: number;
  readonly step: number;
  /** Words from one row to the next. */
  readonly stride: number;
}

const SMALL = 1 << 14;

/** `largest`: the largest value that the encoder met, which says what arithmetic it used. */
export function undoWavelet(block: WaveBlock, largest: number): void {
  const least = Math.min(block.columns, block.rows);
  let span = 1;
  while (span * 2 <= least) span *= 2;
  const small = largest < SMALL;
  // A signed view of the same words saves the sign extension.
  const signed = new Int16Array(block.words.buffer, block.words.byteOffset, block.words.length);
  for (let half = span >> 1; half >= 1; half >>= 1) {
    if (small) level14(signed, block, half);
    else level16(block.words, block, half);
  }
}

function level14(w: Int16Array, block: WaveBlock, half: number): void {
  const { columns, rows, step, stride } = block;
  const right = step * half;
  const down = stride * half;
  const lastRow = rows - half * 2;
  const oddColumn = (columns & half) !== 0;
  let y = 0;
  for (; y <= lastRow; y += half * 2) {
    let at = block.start + y * stride;
    const end = at + step * (columns - half * 2);
    for (; at <= end; at += right * 2) {
      const low = w[at] as number;
      const lowDown = w[at + down] as number;
      const high = w[at + right] as number;
      const highDown = w[at + right + down] as number;
      // The sums are 16-bit numbers in the format: they wrap.
      const a = ((low + (lowDown & 1) + (lowDown >> 1)) << 16) >> 16;
      const c = ((a - lowDown) << 16) >> 16;
      const b = ((high + (highDown & 1) + (highDown >> 1)) << 16) >> 16;
      const d = ((b - highDown) << 16) >> 16;
      const upper = a + (b & 1) + (b >> 1);
      const lower = c + (d & 1) + (d >> 1);
      w[at] = upper;
      w[at + right] = upper - b;
      w[at + down] = lower;
      w[at + right + down] = lower - d;
    }
    if (oddColumn) pair14(w, at, down);
  }
  if ((rows & half) === 0) return;
  let at = block.start + y * stride;
  const end = at + step * (columns - half * 2);
  for (; at <= end; at += right * 2) pair14(w, at, right);
}

function pair14(w: Int16Array, at: number, other: number): void {
  const high = w[at + other] as number;
  const a = (w[at] as number) + (high & 1) + (high >> 1);
  w[at] = a;
  w[at + other] = a - high;
}

function level16(w: Uint16Array, block: WaveBlock, half: number): void {
  const { columns, rows, step, stride } = block;
  const right = step * half;
  const down = stride * half;
  const lastRow = rows - half * 2;
  const oddColumn = (columns & half) !== 0;
  let y = 0;
  for (; y <= lastRow; y += half * 2) {
    let at = block.start + y * stride;
    const end = at + step * (columns - half * 2);
    for (; at <= end; at += right * 2) {
      const lowDown = w[at + down] as number;
      const highDown = w[at + right + down] as number;
      const c = ((w[at] as number) - (lowDown >> 1)) & 0xffff;
      const a = (lowDown + c - 0x8000) & 0xffff;
      const d = ((w[at + right] as number) - (highDown >> 1)) & 0xffff;
      const b = (highDown + d - 0x8000) & 0xffff;
      const upper = (a - (b >> 1)) & 0xffff;
      const lower = (c - (d >> 1)) & 0xffff;
      w[at + right] = upper;
      w[at] = b + upper - 0x8000;
      w[at + right + down] = lower;
      w[at + down] = d + lower - 0x8000;
    }
    if (oddColumn) pair16(w, at, down);
  }
  if ((rows & half) === 0) return;
  let at = block.start + y * stride;
  const end = at + step * (columns - half * 2);
  for (; at <= end; at += right * 2) pair16(w, at, right);
}

function pair16(w: Uint16Array, at: number, other: number): void {
  const high = w[at + other] as number;
  const b = ((w[at] as number) - (high >> 1)) & 0xffff;
  w[at + other] = b;
  w[at] = high + b - 0x8000;
}
