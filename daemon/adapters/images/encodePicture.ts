/**
 * PNG and TIFF by sharp, with the traps of encoding closed: 16-bit samples are handed over as a `Uint16Array` (a Buffer would
 * be read as 8-bit, without a word), the colour space that keeps 16 bits is named, no profile and no metadata is added.
 */
import sharp from "sharp";
import type { Sharp } from "sharp";

export interface Samples {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
  /** Interleaved code values; 8 or 16 bits by the array's type. Alpha, the last, is not multiplied into the colours. */
  readonly data: Uint8Array | Uint16Array;
}

export async function encodePngSamples(samples: Samples): Promise<Uint8Array> {
  return open(samples).png({ compressionLevel: 6, palette: false }).toBuffer();
}

/** Deflate with the horizontal predictor, in strips. */
export async function encodeTiffSamples(samples: Samples): Promise<Uint8Array> {
  return open(samples).tiff({ compression: "deflate", predictor: "horizontal", tile: false }).toBuffer();
}

function open({ width, height, channels, data }: Samples): Sharp {
  const image = sharp(data, { raw: { width, height, channels } });
  const grey = channels < 3;
  if (data instanceof Uint16Array) return image.toColourspace(grey ? "grey16" : "rgb16");
  return image.toColourspace(grey ? "b-w" : "srgb");
}
