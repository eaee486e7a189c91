/** A part of a picture as it is, for people's eyes: where, and how large it is shown at most. */
export interface Crop {
  /** Longer side, px; never enlarged. */
  readonly pixels: number;
  /** x, y of the first pixel, width and height, px of the picture; what lies outside it is left out. */
  readonly box: readonly [x: number, y: number, width: number, height: number];
}

/** The part of a picture that shows a place: around its middle where it is long, with its surroundings where it is small. */
export function cropAround(
  [x, y, width, height]: Crop["box"],
  of: { readonly width: number; readonly height: number; readonly pixels: number },
): Crop["box"] {
  const side = (length: number, whole: number): number =>
    Math.min(whole, of.pixels, Math.max(length * 2, of.pixels / 2));
  const [wide, high] = [Math.round(side(width, of.width)), Math.round(side(height, of.height))];
  const start = (at: number, length: number, size: number, whole: number): number =>
    Math.max(0, Math.min(whole - size, Math.round(at + length / 2 - size / 2)));
  return [start(x, width, wide, of.width), start(y, height, high, of.height), wide, high];
}
