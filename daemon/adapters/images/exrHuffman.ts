/**
 * The entropy coder of OpenEXR's PIZ compression: canonical Huffman codes of up to 58 bits over 16-bit values, with one
 * extra value that means "the value before, so many times more". The fast path is one table look-up per value; whatever
 * the bytes are, it writes only inside `out` and ends after at most as many values as `out` has. Facts of the format: the
 * OpenEXR library's ImfHuf (BSD-3), whose files are what this must read.
 */
import { broken } from "./byteSource.ts";

/** Values 0..65535 and the run marker behind the largest one used. */
const VALUES = 65_537;
/** A code length takes 6 bits; 59..62 mean 2..5 lengths of zero, 63 means 6 + the next 8 bits of them. */
const LENGTH_MAX = 58;
const SHORT_RUN = 59;
const LONG_RUN = 63;
const LONG_RUN_MIN = 6;
const HEAD_BYTES = 20;
/** Codes up to here are found by one look-up; few values are rarer than 1 in 4,096. */
const TABLE_BITS = 12;

/** What is kept between chunks, so that a frame of a hundred chunks allocates once. */
export interface HuffmanSpace {
  readonly lengths: Uint8Array;
  readonly table: Int32Array;
  readonly sorted: Int32Array;
}

export function huffmanSpace(): HuffmanSpace {
  return {
    lengths: new Uint8Array(VALUES),
    table: new Int32Array(1 << TABLE_BITS),
    sorted: new Int32Array(VALUES),
  };
}

interface Codes {
  /** By length: the first code of it, how many there are, and where their values begin in `sorted`. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly start: Int32Array;
  readonly run: number;
}

/** Decodes exactly `out.length` values; anything else in `data` is HP-PLATE-BROKEN. */
export function unpackHuffman(data: Uint8Array, out: Uint16Array, space: HuffmanSpace): void {
  if (data.length < HEAD_BYTES) throw damaged("its head is cut off");
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [least, most, bits] = [view.getUint32(0, true), view.getUint32(4, true), view.getUint32(12, true)];
  if (least >= VALUES || most >= VALUES || least > most) throw damaged("its values are out of range");
  const from = readLengths(data, { least, most }, space.lengths);
  if (bits > (data.length - from) * 8) throw damaged("it says more bits than it has");
  const codes = buildCodes({ least, most }, space);
  decode(data.subarray(from, from + Math.ceil(bits / 8)), bits, { out, codes, space });
}

/** Fills the code lengths of least..most and gives the byte at which the codes begin. */
function readLengths(
  data: Uint8Array,
  of: { readonly least: number; readonly most: number },
  lengths: Uint8Array,
): number {
  let at = HEAD_BYTES;
  let held = 0;
  let have = 0;
  const take = (count: number): number => {
    while (have < count) {
      if (at >= data.length) throw damaged("its table is cut off");
      held = ((held << 8) | (data[at] as number)) & 0xffffff;
      at += 1;
      have += 8;
    }
    have -= count;
    return (held >>> have) & ((1 << count) - 1);
  };
  for (let value = of.least; value <= of.most; ) {
    const length = take(6);
    const zeros = length === LONG_RUN ? take(8) + LONG_RUN_MIN : length >= SHORT_RUN ? length - SHORT_RUN + 2 : 0;
    if (zeros === 0) {
      lengths[value] = length;
      value += 1;
      continue;
    }
    if (value + zeros > of.most + 1) throw damaged("its table runs over its end");
    lengths.fill(0, value, value + zeros);
    value += zeros;
  }
  return at;
}

/**
 * Canonical codes: those of one length count up with their values, and the first of a length is half of what follows the
 * last of the next longer one. Table entry: value * 64 + length; negative: a run, or a longer code (0 is no entry).
 */
function buildCodes(of: { readonly least: number; readonly most: number }, space: HuffmanSpace): Codes {
  const { lengths, table, sorted } = space;
  const count = new Int32Array(LENGTH_MAX + 1);
  for (let value = of.least; value <= of.most; value += 1) {
    const length = lengths[value] as number;
    count[length] = (count[length] as number) + 1;
  }
  count[0] = 0;
  const first = new Int32Array(LENGTH_MAX + 1);
  for (let length = LENGTH_MAX, code = 0; length > 0; length -= 1) {
    first[length] = code;
    code = (code + (count[length] as number)) >>> 1;
  }
  const start = new Int32Array(LENGTH_MAX + 1);
  for (let length = 1; length <= LENGTH_MAX; length += 1)
    start[length] = (start[length - 1] as number) + (count[length - 1] as number);
  const next = start.slice();
  table.fill(0);
  for (let value = of.least; value <= of.most; value += 1) {
    const length = lengths[value] as number;
    if (length === 0) continue;
    const place = next[length] as number;
    next[length] = place + 1;
    sorted[place] = value;
    if (length > TABLE_BITS) continue;
    const code = (first[length] as number) + place - (start[length] as number);
    const spare = TABLE_BITS - length;
    const entry = value === of.most ? -((value << 6) | length) : (value << 6) | length;
    // More codes than their lengths allow: not a prefix code.
    if (code >= 1 << length) throw damaged("its codes don't fit their lengths");
    table.fill(entry, code << spare, (code + 1) << spare);
  }
  return { first, count, start, run: of.most };
}

interface Target {
  readonly out: Uint16Array;
  readonly codes: Codes;
  readonly space: HuffmanSpace;
}

/** Bits come from the high end of each byte; `held` keeps the next `have` of them in its low end. */
function decode(data: Uint8Array, bits: number, to: Target): void {
  const { out, codes } = to;
  const { table } = to.space;
  const end = data.length;
  const total = out.length;
  const shift = 32 - TABLE_BITS;
  let at = 0;
  let held = 0;
  let have = 0;
  let done = 0;
  while (done < total) {
    // Behind the end zeros are read; the count of bits tells at last whether any of them was used.
    if (have < 16) {
      held = (held << 16) | (at + 1 < end ? ((data[at] as number) << 8) | (data[at + 1] as number) : tail(data, at));
      at += 2;
      have += 16;
    }
    const entry = table[(held << (32 - have)) >>> shift] as number;
    if (entry > 0) {
      have -= entry & 63;
      out[done] = entry >> 6;
      done += 1;
      continue;
    }
    const used = at * 8 - have;
    if (used >= bits) throw damaged("it ends early");
    const found = entry === 0 ? longCode(data, used, to) : { value: codes.run, length: -entry & 63 };
    let position = used + found.length;
    if (found.value === codes.run) {
      const times = peek(data, position, 8);
      position += 8;
      if (done === 0 || done + times > total) throw damaged("a run leaves the picture");
      out.fill(out[done - 1] as number, done, done + times);
      done += times;
    } else {
      out[done] = found.value;
      done += 1;
    }
    // Starts anew at the bit that follows.
    at = position >>> 3;
    have = 8 - (position & 7);
    held = (at < end ? (data[at] as number) : 0) & ((1 << have) - 1);
    at += 1;
  }
  if (at * 8 - have !== bits) throw damaged("its length and its values disagree");
}

function tail(data: Uint8Array, at: number): number {
  return at < data.length ? (data[at] as number) << 8 : 0;
}

function peek(data: Uint8Array, bit: number, count: number): number {
  let value = 0;
  for (let i = bit; i < bit + count; i += 1) {
    const byte = data[i >>> 3] ?? 0;
    value = (value << 1) | ((byte >>> (7 - (i & 7))) & 1);
  }
  return value;
}

/** A code longer than the table: bit by bit. Long codes begin with zeros, so their number stays small. */
function longCode(data: Uint8Array, bit: number, to: Target): { readonly value: number; readonly length: number } {
  const { first, count, start } = to.codes;
  let code = peek(data, bit, TABLE_BITS);
  for (let length = TABLE_BITS + 1; length <= LENGTH_MAX && code < VALUES; length += 1) {
    code = code * 2 + peek(data, bit + length - 1, 1);
    const place = code - (first[length] as number);
    if (place >= 0 && place < (count[length] as number))
      return { value: to.space.sorted[(start[length] as number) + place] as number, length };
  }
  throw damaged("it holds a code that stands for nothing");
}

function damaged(words: string): Error {
  return broken(`PIZ data of the EXR is damaged: ${words}`);
}
