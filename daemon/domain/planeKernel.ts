/**
 * What `framePlaneRows` does with whole numbers of 8 and 16 bits, four pixels at a time in WebAssembly: the same luma and the same sums to the last bit,
 * 8 ms of a frame of 4096 x 2160 where the loops take 31. Eight rows at a time are copied into memory of its own, which costs a third of that: so
 * many stay in the processor's cache. Where this machine has no WebAssembly with vectors, the loops do it.
 */
import type { DecodedImage } from "../plugin.ts";
import { BLOCK, BLUE, GREEN, layoutOf, RED } from "./framePlaneRows.ts";
import type { Sums } from "./framePlaneRows.ts";
import { LIMITS } from "./limits.ts";
import type { Code } from "./wasmCode.ts";
import * as wasm from "./wasmCode.ts";

/** Luma of every pixel, and what each block holds in all; false: the image is of another kind, and nothing was done. */
export type PlaneKernel = (image: DecodedImage, luma: Uint16Array, sums: Sums) => boolean;

/** What of the language's own WebAssembly is used here; the domain has no library that declares it. */
interface Engine {
  readonly validate: (module: Uint8Array) => boolean;
  readonly Module: new (module: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly own: { readonly memory: Memory } },
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (size: { readonly initial: number }) => Memory;
}
interface Memory {
  readonly buffer: ArrayBuffer;
  readonly grow: (pages: number) => number;
}
declare const WebAssembly: Engine | undefined;

/** Addresses of what it makes and of what it adds to; the strip of rows that it looks at begins at 0. */
type Run = (luma: number, totals: number, width: number, rows: number) => void;

/** One for the life of a worker: it keeps what it compiled, and its memory. */
export function createPlaneKernel(): PlaneKernel {
  const engine = typeof WebAssembly === "undefined" ? null : WebAssembly;
  const compiled = new Map<string, Run | null>();
  let memory: Memory | null = null;
  return (image, luma, sums) => {
    if (engine === null || !isTaken(image)) return false;
    memory ??= new engine.Memory({ initial: 1 });
    const key = keyOf(image);
    const known = compiled.get(key);
    const run = known === undefined ? compile(engine, image, memory) : known;
    compiled.set(key, run);
    if (run !== null) pass(image, { run, memory, luma, sums });
    return run !== null;
  };
}

function isTaken({ samples, channels, width }: DecodedImage): boolean {
  return !(samples instanceof Float32Array) && channels <= CHANNELS_MAX && width <= LIMITS.planeKernelWidthMax;
}

/** Four pixels of them lie in two vectors. */
const CHANNELS_MAX = 4;
/** Pixels of one step. */
const STEP = 4;
/** Rows that are looked at together: measured, 32 of them push each other out of a cache of 1 MiB. */
const STRIP = 8;
/** Of the totals of one block: red, green, blue, luma in four numbers of 32 bits each, the squares in two of 64. */
const TOTALS_BYTES = 80;
const PAGE_BYTES = 65_536;

function keyOf({ samples, channels, channelNames }: DecodedImage): string {
  return `${samples.BYTES_PER_ELEMENT} ${channels} ${channelNames.join(" ")}`;
}

function compile(engine: Engine, image: DecodedImage, memory: Memory): Run | null {
  const module = wasm.wasmModule({ takes: 4, numbers: 6, vectors: 20, body: routine(image) });
  if (!engine.validate(module)) return null;
  return new engine.Instance(new engine.Module(module), { own: { memory } }).exports["run"] as Run;
}

interface Pass {
  readonly run: Run;
  readonly memory: Memory;
  readonly luma: Uint16Array;
  readonly sums: Sums;
}

function pass(image: DecodedImage, { run, memory, luma, sums }: Pass): void {
  const { samples, width, height, channels } = image;
  const columns = Math.ceil(width / BLOCK);
  // Rows are filled up with nothing to whole steps: nothing adds nothing.
  const stride = Math.ceil(width / STEP) * STEP;
  const lumaAt = Math.ceil((STRIP * stride * channels * samples.BYTES_PER_ELEMENT) / 16) * 16;
  const totalsAt = Math.ceil((lumaAt + STRIP * stride * 2) / 16) * 16;
  // The last step of the last row reads a vector whole.
  const missing = Math.ceil((totalsAt + columns * TOTALS_BYTES) / PAGE_BYTES) - memory.buffer.byteLength / PAGE_BYTES;
  if (missing > 0) memory.grow(missing);
  const codes =
    samples instanceof Uint16Array
      ? new Uint16Array(memory.buffer, 0, STRIP * stride * channels)
      : new Uint8Array(memory.buffer, 0, STRIP * stride * channels);
  const made = new Uint16Array(memory.buffer, lumaAt, STRIP * stride);
  const totals = new Uint32Array(memory.buffer, totalsAt, (columns * TOTALS_BYTES) / 4);
  for (let y = 0; y < height; y += STRIP) {
    const rows = Math.min(STRIP, height - y);
    if (y % BLOCK === 0) totals.fill(0);
    // At once where nothing is to be filled up.
    const together = stride === width ? rows : 1;
    for (let row = 0; row < rows; row += together) {
      const from = (y + row) * width * channels;
      codes.set(samples.subarray(from, from + together * width * channels), row * stride * channels);
      codes.fill(0, (row * stride + together * width) * channels, (row + together) * stride * channels);
    }
    run(lumaAt, totalsAt, stride, rows);
    for (let row = 0; row < rows; row += together)
      luma.set(made.subarray(row * stride, row * stride + together * width), (y + row) * width);
    const done = y + rows;
    if (done % BLOCK !== 0 && done < height) continue;
    const block = Math.floor(y / BLOCK);
    keepTotals(totals, sums, { block: block * columns, columns, width, rows: done - block * BLOCK });
  }
}

function keepTotals(
  totals: Uint32Array,
  sums: Sums,
  of: { readonly block: number; readonly columns: number; readonly width: number; readonly rows: number },
): void {
  const four = (at: number): number =>
    (totals[at] as number) + (totals[at + 1] as number) + (totals[at + 2] as number) + (totals[at + 3] as number);
  for (let column = 0; column < of.columns; column += 1) {
    const at = (column * TOTALS_BYTES) / 4;
    const block = of.block + column;
    const red = four(at);
    const green = four(at + 4);
    const blue = four(at + 8);
    sums.pixels[block] = Math.min(BLOCK, of.width - column * BLOCK) * of.rows;
    sums.red[block] = red;
    sums.green[block] = green;
    sums.blue[block] = blue;
    sums.luma[block] = (RED * red + GREEN * green + BLUE * blue) / 32_768;
    sums.rounded[block] = four(at + 12);
    // Lower and upper halves in turn; whole numbers below 2^53.
    sums.square[block] =
      (totals[at + 16] as number) +
      (totals[at + 18] as number) +
      ((totals[at + 17] as number) + (totals[at + 19] as number)) * 2 ** 32;
  }
}

/** What the function takes, and its own: numbers, then vectors. */
const [LUMA, TOTALS, WIDTH, ROWS] = [0, 1, 2, 3] as const;
const [X, Y, PIXELS, FROM, TO, STOP] = [4, 5, 6, 7, 8, 9] as const;
const [NEAR, FAR, RED_GREEN, GREEN_BLUE, LIGHT] = [10, 11, 12, 13, 14] as const;
const [REDS, GREENS, BLUES, LIGHTS, SQUARES, MORE_SQUARES] = [15, 16, 17, 18, 19, 20] as const;
/** Constants are vectors, too: in the loop they would be made anew each time, for half of all its time. */
const [RG_NEAR, RG_FAR, GB_NEAR, GB_FAR, HALF, RG_WEIGHTS, B_WEIGHTS, OFFSET, LOW] = [
  21, 22, 23, 24, 25, 26, 27, 28, 29,
] as const;

/** Blocks of the strip, rows of a block, steps of a row. */
function routine(image: DecodedImage): readonly Code[] {
  const { line, get, set, tee, number, repeat, ADD, SUBTRACT, MULTIPLY, LESS, SELECT, ADD_64, words } = wasm;
  const pixelBytes = image.channels * image.samples.BYTES_PER_ELEMENT;
  const count = (local: number, by: number): Code => line(get(local), number(by), ADD, tee(local));
  const kept: readonly (readonly [local: number, behind: number])[] = [
    [REDS, 0],
    [GREENS, 16],
    [BLUES, 32],
    [LIGHTS, 48],
    [SQUARES, 64],
  ];
  return [
    constants(image),
    repeat(
      ...kept.map(([sum, behind]) => line(get(TOTALS), wasm.load(behind), set(sum))),
      line(words(eight(0)), set(MORE_SQUARES)),
      // At most 32 pixels of a row lie in the block.
      line(get(WIDTH), get(X), SUBTRACT, tee(PIXELS), number(BLOCK)),
      line(get(PIXELS), number(BLOCK), LESS, SELECT, set(PIXELS)),
      line(number(0), set(Y)),
      repeat(
        line(get(Y), get(WIDTH), MULTIPLY, get(X), ADD, tee(TO)),
        line(number(pixelBytes), MULTIPLY, tee(FROM)),
        line(get(PIXELS), number(pixelBytes), MULTIPLY, ADD, set(STOP)),
        line(get(TO), number(2), MULTIPLY, get(LUMA), ADD, set(TO)),
        repeat(
          fourPixels(STEP * pixelBytes),
          line(count(TO, STEP * 2), set(TO)),
          line(count(FROM, STEP * pixelBytes), get(STOP), LESS),
        ),
        line(count(Y, 1), get(ROWS), LESS),
      ),
      line(get(SQUARES), get(MORE_SQUARES), ADD_64, set(SQUARES)),
      ...kept.map(([sum, behind]) => line(get(TOTALS), get(sum), wasm.store(behind))),
      line(count(TOTALS, TOTALS_BYTES), set(TOTALS)),
      line(count(X, BLOCK), get(WIDTH), LESS),
    ),
  ];
}

const eight = (...pattern: readonly number[]): wasm.Words =>
  Array.from({ length: 8 }, (_, i) => pattern[i % pattern.length] ?? 0);

function constants(image: DecodedImage): Code {
  const { r, g, b } = layoutOf(image);
  const [rgNear, rgFar] = picks(image, [r, g]);
  const [gbNear, gbFar] = picks(image, [g, b]);
  const named: readonly (readonly [local: number, code: Code])[] = [
    [RG_NEAR, wasm.bytes(rgNear)],
    [RG_FAR, wasm.bytes(rgFar)],
    [GB_NEAR, wasm.bytes(gbNear)],
    [GB_FAR, wasm.bytes(gbFar)],
    [HALF, wasm.words(eight(0x8000))],
    [RG_WEIGHTS, wasm.words(eight(RED, GREEN))],
    [B_WEIGHTS, wasm.words(eight(0, BLUE))],
    // What lowering all codes by 32768 took (the weights sum to 32768), and the half that rounds.
    [OFFSET, wasm.words(eight(16_384, 16_384))],
    [LOW, wasm.words(eight(0xffff, 0))],
  ];
  return named.flatMap(([local, code]) => [...code, ...wasm.set(local)]);
}

/** Which bytes of the first vector of a step, and of its last one, give two codes of each of its pixels; 128: none. */
function picks(
  { samples, channels }: DecodedImage,
  places: readonly number[],
): readonly [near: readonly number[], far: readonly number[]] {
  const size = samples.BYTES_PER_ELEMENT;
  const last = farBehind(STEP * channels * size);
  const near: number[] = [];
  const far: number[] = [];
  for (let pixel = 0; pixel < STEP; pixel += 1)
    for (const place of places)
      for (let byte = 0; byte < 2; byte += 1) {
        // A code of 8 bits twice is the same level in 16: times 257.
        const at = (pixel * channels + place) * size + (size === 1 ? 0 : byte);
        near.push(at < 16 ? at : 128);
        far.push(at < 16 ? 128 : at - last);
      }
  return [near, far];
}

/** Where the last vector of a step begins. */
function farBehind(stepBytes: number): number {
  return Math.max(0, stepBytes - 16);
}

/** Red, green and blue of four pixels to luma, and to the sums of their block. */
function fourPixels(stepBytes: number): Code {
  const { line, get, set, tee, number, PICK, OR, AND, XOR, DOT_32, ADD_32, ADD_64, SHIFT_RIGHT_32 } = wasm;
  const pair = (near: number, far: number): Code => line(get(NEAR), get(near), PICK, get(FAR), get(far), PICK, OR);
  // Products are of signed words: codes are lowered by 32768 first.
  const weighted = (weights: number): Code => line(get(HALF), XOR, get(weights), DOT_32);
  const add = (sum: number, value: Code): Code => line(get(sum), value, ADD_32, set(sum));
  const square = (sum: number, product: Code): Code =>
    line(get(sum), get(LIGHT), get(LIGHT), product, ADD_64, set(sum));
  return line(
    line(get(FROM), wasm.load(0), set(NEAR)),
    line(get(FROM), wasm.load(farBehind(stepBytes)), set(FAR)),
    line(pair(RG_NEAR, RG_FAR), tee(RED_GREEN), weighted(RG_WEIGHTS)),
    line(pair(GB_NEAR, GB_FAR), tee(GREEN_BLUE), weighted(B_WEIGHTS), ADD_32),
    line(get(OFFSET), ADD_32, number(15), SHIFT_RIGHT_32, set(LIGHT)),
    line(get(TO), get(LIGHT), get(LIGHT), wasm.NARROW_16, wasm.storeHalf(0)),
    add(REDS, line(get(RED_GREEN), get(LOW), AND)),
    add(GREENS, line(get(RED_GREEN), number(16), SHIFT_RIGHT_32)),
    add(BLUES, line(get(GREEN_BLUE), number(16), SHIFT_RIGHT_32)),
    add(LIGHTS, get(LIGHT)),
    square(SQUARES, wasm.PRODUCT_LOW_64),
    square(MORE_SQUARES, wasm.PRODUCT_HIGH_64),
  );
}
