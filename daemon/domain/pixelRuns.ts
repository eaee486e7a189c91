/**
 * Which pixels of an image are looked at: everything but the ignored rectangles, as runs of pixel indexes, so that the
 * inner loop of a check tests nothing per pixel (measured: worth a factor of five).
 */
import type { PixelBox } from "../plugin.ts";

/** [start, end, start, end, ...] in order, `end` exclusive. Rectangles may overlap, touch the edge or lie outside. */
export function pixelRuns(width: number, height: number, ignore: readonly PixelBox[]): Int32Array {
  const boxes = ignore.flatMap((box) => clip(box, width, height));
  if (boxes.length === 0) return Int32Array.of(0, width * height);
  const runs: number[] = [];
  for (let y = 0; y < height; y += 1) {
    let x = 0;
    for (const [from, to] of holesOf(boxes, y)) {
      if (from > x) add(runs, y * width + x, y * width + from);
      x = Math.max(x, to);
    }
    if (x < width) add(runs, y * width + x, (y + 1) * width);
  }
  return Int32Array.from(runs);
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Fractions grow outward: a pixel that is touched is ignored whole. */
function clip([x, y, w, h]: PixelBox, width: number, height: number): readonly Box[] {
  const box = {
    left: Math.max(0, Math.floor(x)),
    top: Math.max(0, Math.floor(y)),
    right: Math.min(width, Math.ceil(x + w)),
    bottom: Math.min(height, Math.ceil(y + h)),
  };
  return box.right > box.left && box.bottom > box.top ? [box] : [];
}

function holesOf(boxes: readonly Box[], y: number): readonly (readonly [number, number])[] {
  return boxes
    .filter((box) => y >= box.top && y < box.bottom)
    .map((box) => [box.left, box.right] as const)
    .sort((a, b) => a[0] - b[0]);
}

/** Runs that touch become one: a frame without rectangles is a single run. */
function add(runs: number[], start: number, end: number): void {
  if (runs.length > 0 && runs.at(-1) === start) runs[runs.length - 1] = end;
  else runs.push(start, end);
}
