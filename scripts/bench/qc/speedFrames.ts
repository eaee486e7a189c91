/** Large frames for the bench of speed: a plate of the corpus enlarged, with grain of its own in every pixel, and a right edit of it in a mask. */
import { codes16 } from "./cases.ts";
import { edited, maskWeights } from "./edits.ts";
import type { Linear } from "./sources.ts";
import { grained, source } from "./sources.ts";

export interface SpeedFrames {
  readonly width: number;
  readonly height: number;
  /** 16-bit codes, R, G, B. */
  readonly plate: Uint16Array;
  readonly result: Uint16Array;
  /** 8 bits, 255 where the edit may show. */
  readonly mask: Uint8Array;
}

export function speedFrames(width: number, height: number, seed: number): SpeedFrames {
  const small = source("discs", 11);
  const bare = enlarged(small, width, height);
  const plate = codes16(grained(bare, 1));
  const over = codes16(grained(enlarged(edited(small, "recolour", seed), width, height), seed + 2));
  const weights = maskWeights(width, height, 3);
  const result = plate.slice();
  const mask = new Uint8Array(weights.length);
  for (let pixel = 0, i = 0; pixel < weights.length; pixel += 1) {
    const m = weights[pixel] as number;
    mask[pixel] = m > 0 ? 255 : 0;
    for (let c = 0; c < 3; c += 1, i += 1)
      result[i] = Math.round((plate[i] as number) + m * ((over[i] as number) - (plate[i] as number)));
  }
  return { width, height, plate, result, mask };
}

/** Between four pixels, straight. */
function enlarged(image: Linear, width: number, height: number): Linear {
  const data = new Float32Array(width * height * 3);
  const from = image.data;
  for (let y = 0, i = 0; y < height; y += 1) {
    const v = (y * (image.height - 1)) / height;
    const row = Math.floor(v) * image.width;
    const fy = v - Math.floor(v);
    for (let x = 0; x < width; x += 1) {
      const u = (x * (image.width - 1)) / width;
      const at = (row + Math.floor(u)) * 3;
      const fx = u - Math.floor(u);
      const below = at + image.width * 3;
      for (let c = 0; c < 3; c += 1, i += 1) {
        const top = (from[at + c] as number) * (1 - fx) + (from[at + 3 + c] as number) * fx;
        const low = (from[below + c] as number) * (1 - fx) + (from[below + 3 + c] as number) * fx;
        data[i] = top * (1 - fy) + low * fy;
      }
    }
  }
  return { width, height, data };
}
