/**
 * A WebAssembly module with one function, put together from instructions in the order in which they run (https://webassembly.github.io/spec/core/binary).
 * JavaScript has no vectors: for the loops that touch every sample of a frame that is a factor of four. Only the instructions that are used.
 */

/** Instructions, as the bytes of the binary format. */
export type Code = readonly number[];

/** 128 bits as eight numbers of 16. */
export type Words = readonly number[];

/** One after another. */
export const line = (...parts: readonly Code[]): Code => parts.flat();
export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number): Code => [0x21, ...unsigned(local)];
/** Sets and leaves the value. */
export const tee = (local: number): Code => [0x22, ...unsigned(local)];
export const number = (value: number): Code => [0x41, ...signed(value)];
export const ADD: Code = [0x6a];
export const SUBTRACT: Code = [0x6b];
export const MULTIPLY: Code = [0x6c];
export const LESS: Code = [0x49];
/** The first of two values where the third is not 0. */
export const SELECT: Code = [0x1b];
/** What leaves a value that is not 0 is repeated. */
export const repeat = (...body: readonly Code[]): Code => [0x03, 0x40, ...body.flat(), 0x0d, 0, 0x0b];

const vector = (operation: number): Code => [0xfd, ...unsigned(operation)];
/** Sixteen bytes from an address, and so many behind it. */
export const load = (behind: number): Code => [...vector(0), 0, ...unsigned(behind)];
export const store = (behind: number): Code => [...vector(11), 0, ...unsigned(behind)];
/** The first eight bytes. */
export const storeHalf = (behind: number): Code => [...vector(0x5b), 0, ...unsigned(behind), 0];
export const words = (value: Words): Code => [
  ...vector(12),
  ...value.flatMap((word) => [word & 255, (word >> 8) & 255]),
];
/** Sixteen bytes: which byte of a vector goes where; 128 or more: none. */
export const bytes = (value: readonly number[]): Code => [...vector(12), ...value];
/** The bytes of a vector in another order. */
export const PICK = vector(0x0e);
export const AND = vector(0x4e);
export const OR = vector(0x50);
export const XOR = vector(0x51);
export const SHIFT_RIGHT_32 = vector(0xad);
export const ADD_32 = vector(0xae);
export const ADD_64 = vector(0xce);
/** Signed words: each product added to its neighbour's. */
export const DOT_32 = vector(0xba);
/** 32 bits of two vectors to the words of one. */
export const NARROW_16 = vector(0x86);
/** The 64-bit products of the lower, and the upper, two of four numbers. */
export const PRODUCT_LOW_64 = vector(0xde);
export const PRODUCT_HIGH_64 = vector(0xdf);

/** The function takes so many numbers of 32 bits, then has so many of them and so many vectors of its own; it gives nothing back. */
export interface Routine {
  readonly takes: number;
  readonly numbers: number;
  readonly vectors: number;
  readonly body: readonly Code[];
}

/** Its memory is imported as `own.memory`, the function exported as `run`. */
export function wasmModule({ takes, numbers, vectors, body }: Routine): Uint8Array {
  const code = [2, ...unsigned(numbers), I32, ...unsigned(vectors), V128, ...body.flat(), END];
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...section(1, [0x60, ...unsigned(takes), ...Array.from({ length: takes }, () => I32), 0]),
    ...section(2, [...name("own"), ...name("memory"), 2, 0, 1]),
    ...section(3, [0]),
    ...section(7, [...name("run"), 0, 0]),
    ...section(10, [...unsigned(code.length), ...code]),
  ]);
}

const MAGIC_AND_VERSION: Code = [0, 97, 115, 109, 1, 0, 0, 0];
const I32 = 0x7f;
const V128 = 0x7b;
const END = 0x0b;

/** One entry. */
function section(id: number, entry: Code): Code {
  return [id, ...unsigned(entry.length + 1), 1, ...entry];
}

function name(text: string): Code {
  return [text.length, ...Array.from(text, (character) => character.charCodeAt(0))];
}

/** LEB128. */
function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  return value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)];
}
