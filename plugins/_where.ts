/** Where in a picture something stands, as evidence: drawn only once it was found, for it takes a look at every pixel. */
import type { CheckAnswer, DecodedImage } from "../daemon/plugin.ts";

type Evidence = NonNullable<CheckAnswer["evidence"]>[number];

/** As many cells a side. */
const MAP = 64;
/** Pixels that are shown one by one. */
const BOXES_MAX = 16;
/** A pixel by itself is too small to be seen. */
const BOX_SIDE = 17;

/** `amountOf`: of a pixel, y * width + x; 0 for nothing. A cell shows the sum of its pixels beside the largest sum. */
export function heatMap(
  { width, height }: Pick<DecodedImage, "width" | "height">,
  title: string,
  amountOf: (pixel: number) => number,
): Evidence {
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

/** A box around each pixel while they are few, else a map. */
export function placesOf(
  image: Pick<DecodedImage, "width" | "height">,
  title: string,
  is: (pixel: number) => boolean,
): Evidence {
  const { width, height } = image;
  const boxes: (readonly [number, number, number, number])[] = [];
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    if (!is(pixel)) continue;
    if (boxes.length === BOXES_MAX) return heatMap(image, title, (at) => (is(at) ? 1 : 0));
    const half = BOX_SIDE >> 1;
    const x = Math.max(0, (pixel % width) - half);
    const y = Math.max(0, Math.floor(pixel / width) - half);
    boxes.push([x, y, Math.min(BOX_SIDE, width - x), Math.min(BOX_SIDE, height - y)]);
  }
  return { kind: "boxes", title, boxes };
}

/** Where two pictures differ in fine detail: |k R| - |k P|, or the other way round with `less`; k is Immerkaer's kernel (`image.grain`). */
export function detailMap(
  { width, height }: Pick<DecodedImage, "width" | "height">,
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
