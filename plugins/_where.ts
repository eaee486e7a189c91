/** Where in a picture something stands, as evidence: drawn only once it was found, for it takes a look at every pixel. */
import type { CheckAnswer, DecodedImage } from "../daemon/plugin.ts";

type Evidence = NonNullable<CheckAnswer["evidence"]>[number];
type Size = Pick<DecodedImage, "width" | "height">;

/** The box around all that was found (x, y, width, height) and its worst pixel (x, y), px from the first sample. */
export interface Placed {
  readonly within: readonly [number, number, number, number];
  readonly worst: readonly [number, number];
}

/** As many cells a side. */
const MAP = 64;
/** Pixels that are shown one by one. */
const BOXES_MAX = 16;
/** A pixel by itself is too small to be seen. */
const BOX_SIDE = 17;

/** `amountOf`: of a pixel, y * width + x; 0 for nothing. A cell shows the sum of its pixels beside the largest sum. */
export function heatMap(
  { width, height }: Size,
  title: string,
  amountOf: (pixel: number) => number,
): Evidence & { readonly kind: "map" } {
  const columns = Math.min(MAP, width);
  const rows = Math.min(MAP, height);
  const sums = new Float64Array(columns * rows);
  for (let y = 0, pixel = 0; y < height; y += 1) {
    const row = Math.floor((y * rows) / height) * columns;
    for (let x = 0; x < width; x += 1, pixel += 1) {
      const amount = amountOf(pixel);
      if (amount === 0) continue;
      const cell = row + Math.floor((x * columns) / width);
      sums[cell] = (sums[cell] as number) + amount;
    }
  }
  const top = sums.reduce((most, sum) => Math.max(most, sum), 0);
  const levels = Array.from(sums, (sum) => (sum === 0 ? 0 : Math.max(32, Math.round((sum / top) * 255))));
  return { kind: "map", title, columns, rows, levels };
}

/** Walks over what was found, pixel by pixel, in any order. */
export class Places {
  readonly #width: number;
  #left = Number.POSITIVE_INFINITY;
  #top = Number.POSITIVE_INFINITY;
  #right = -1;
  #bottom = -1;
  #most = 0;
  #worst = -1;

  constructor({ width }: Size) {
    this.#width = width;
  }

  /** `amount`: the more the worse; of equal ones the first is the worst. */
  add(pixel: number, amount: number): void {
    const y = Math.floor(pixel / this.#width);
    const x = pixel - y * this.#width;
    this.#left = Math.min(this.#left, x);
    this.#right = Math.max(this.#right, x);
    this.#top = Math.min(this.#top, y);
    this.#bottom = Math.max(this.#bottom, y);
    if (amount <= this.#most && this.#worst >= 0) return;
    this.#most = amount;
    this.#worst = pixel;
  }

  /** null: nothing was found. */
  get placed(): Placed | null {
    if (this.#worst < 0) return null;
    const [wide, high] = [this.#right - this.#left + 1, this.#bottom - this.#top + 1];
    const worst = [this.#worst % this.#width, Math.floor(this.#worst / this.#width)] as const;
    return { within: [this.#left, this.#top, wide, high], worst };
  }
}

type Windows = Pick<DecodedImage, "windows">;

/** ` They lie within 40 x 40 px at x 1203, y 777; the worst is at x 1210, y 780.`: in pixels of the picture that people see, whose top left is 0, 0. */
export function placeWords(of: Windows, placed: Placed | null): string {
  if (placed === null) return "";
  const within = withinWords(of, placed);
  const isOne = placed.within[2] === 1 && placed.within[3] === 1;
  return isOne ? within : `${within.slice(0, -1)}; the worst is at ${seenAt(of, placed.worst)}.`;
}

/** The same where none is worse than the others. */
export function withinWords(of: Windows, placed: Placed | null): string {
  if (placed === null) return "";
  const [x, y, wide, high] = placed.within;
  const at = seenAt(of, [x, y]);
  return wide === 1 && high === 1 ? ` It is at ${at}.` : ` They lie within ${wide} x ${high} px at ${at}.`;
}

function seenAt({ windows }: Windows, [x, y]: readonly [number, number]): string {
  const [left = 0, top = 0] =
    windows === null ? [] : [0, 1].map((i) => (windows.data[i] ?? 0) - (windows.display[i] ?? 0));
  return `x ${x + left}, y ${y + top}`;
}

/** A box around each pixel while they are few, the worst first, else a map; and where they lie. `amountOf` as in `heatMap`. */
export function placesOf(
  image: Size & Pick<DecodedImage, "windows">,
  title: string,
  amountOf: (pixel: number) => number,
): { readonly evidence: Evidence; readonly words: string } {
  const { width, height } = image;
  const places = new Places(image);
  const few: { readonly pixel: number; readonly amount: number }[] = [];
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const amount = amountOf(pixel);
    if (amount === 0) continue;
    places.add(pixel, amount);
    if (few.length <= BOXES_MAX) few.push({ pixel, amount });
  }
  const { placed } = places;
  const words = placeWords(image, placed);
  if (few.length > BOXES_MAX) {
    const map = heatMap(image, title, (at) => (amountOf(at) === 0 ? 0 : 1));
    return { evidence: { ...map, ...placed }, words };
  }
  const boxes = few.toSorted((a, b) => b.amount - a.amount).map(({ pixel }) => boxAround(pixel, image));
  return { evidence: { kind: "boxes", title, boxes }, words };
}

function boxAround(pixel: number, { width, height }: Size): readonly [number, number, number, number] {
  const half = BOX_SIDE >> 1;
  const x = Math.max(0, (pixel % width) - half);
  const y = Math.max(0, Math.floor(pixel / width) - half);
  return [x, y, Math.min(BOX_SIDE, width - x), Math.min(BOX_SIDE, height - y)];
}

/** Where two pictures differ in fine detail: |k R| - |k P|, or the other way round with `less`; k is Immerkaer's kernel (`image.grain`). */
export function detailMap(
  { width, height }: Size,
  title: string,
  of: {
    readonly plane: Uint16Array;
    readonly before: Uint16Array;
    readonly inside: Uint8Array | null;
    readonly less: boolean;
  },
): Evidence {
  const { plane, before, inside, less } = of;
  const detail = (l: Uint16Array, at: number): number => {
    const line = (y: number, a: number): number =>
      a * ((l[y - 1] as number) - 2 * (l[y] as number) + (l[y + 1] as number));
    return Math.abs(line(at - width, 1) + line(at, -2) + line(at + width, 1));
  };
  return heatMap({ width, height }, title, (at) => {
    const x = at % width;
    if (at < width || at >= width * (height - 1) || x === 0 || x === width - 1) return 0;
    if (inside !== null && inside[at] !== 1) return 0;
    const more = detail(plane, at) - detail(before, at);
    return Math.max(0, less ? -more : more);
  });
}
