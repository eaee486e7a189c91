/**
 * Small pictures of the proof over files, written as every kind that is read: waves and grain that no packing flattens, by our own
 * encoders and by those of the tests (PIZ, RLE and DPX, which the product reads and does not write). The same seed, the same bytes.
 */
import sharp from "sharp";
import { encodePngSamples, encodeTiffSamples } from "../../../daemon/adapters/images/encodePicture.ts";
import type { ExrAttribute } from "../../../daemon/adapters/images/exrAttributes.ts";
import type { Plane } from "../../../daemon/adapters/images/exrRead.ts";
import { encodeExr } from "../../../daemon/adapters/images/exrWrite.ts";
import { HALF, toHalves } from "../../../daemon/adapters/images/half.ts";
import type { PixelBox } from "../../../daemon/plugin.ts";
import type { TestDpx } from "../../../test/fixtures/dpxWriter.ts";
import { writeDpx } from "../../../test/fixtures/dpxWriter.ts";
import { writeExr } from "../../../test/fixtures/exrWriter.ts";
import { chance, manyNormals } from "./random.ts";

export interface Pixels {
  readonly width: number;
  readonly height: number;
}

/** 0.05..0.95: two waves whose place and pitch the seed says, and grain of 2 %. */
export function waves({ width, height }: Pixels, seed: number): Float32Array {
  const random = chance(seed);
  const [a, b, c, d] = [random.between(9, 40), random.between(7, 30), random.between(0, 6), random.between(0, 6)];
  const grain = manyNormals(width * height, seed ^ 0x5bd1);
  return grain.map((noise, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const value = 0.5 + 0.22 * Math.sin(x / a + c) + 0.16 * Math.cos(y / b + d + x / 61) + 0.02 * noise;
    return Math.min(0.95, Math.max(0.05, value));
  });
}

/** Interleaved codes; of four or two channels the last is alpha, soft and never empty. */
export function codes(
  size: Pixels,
  of: { readonly channels: 1 | 2 | 3 | 4; readonly bits: 8 | 16; readonly seed: number },
): Uint8Array | Uint16Array {
  const { channels, bits, seed } = of;
  const planes = Array.from({ length: channels }, (_, channel) => waves(size, seed * 7 + channel));
  const count = size.width * size.height * channels;
  const most = bits === 8 ? 255 : 65_535;
  const out = bits === 8 ? new Uint8Array(count) : new Uint16Array(count);
  for (let i = 0; i < count; i += 1)
    out[i] = Math.round((planes[i % channels]?.[Math.floor(i / channels)] as number) * most);
  return out;
}

export type CodeKind = "png" | "tiff" | "tiff lzw" | "tiff none" | "jpeg" | "webp" | "webp lossless";
export interface CodePicture extends Pixels {
  readonly channels: 1 | 2 | 3 | 4;
  readonly bits: 8 | 16;
  readonly data: Uint8Array | Uint16Array;
}

/** JPEG and WebP hold 8 bits. */
export async function codeFile(kind: CodeKind, picture: CodePicture): Promise<Uint8Array> {
  const { width, height, channels, data } = picture;
  if (kind === "png") return encodePngSamples({ width, height, channels, data });
  if (kind === "tiff") return encodeTiffSamples({ width, height, channels, data });
  const space = channels < 3 ? (picture.bits === 16 ? "grey16" : "b-w") : picture.bits === 16 ? "rgb16" : "srgb";
  const image = sharp(data, { raw: { width, height, channels } }).toColourspace(space);
  if (kind === "jpeg") return image.jpeg({ quality: 92, chromaSubsampling: "4:4:4" }).toBuffer();
  if (kind === "webp" || kind === "webp lossless")
    return image.webp({ lossless: kind === "webp lossless", quality: 90 }).toBuffer();
  return image.tiff({ compression: kind === "tiff lzw" ? "lzw" : "none" }).toBuffer();
}

export interface Channel {
  readonly name: string;
  readonly type: "half" | "float" | "uint";
}
export type LightPacking = "none" | "rle" | "zips" | "zip" | "piz";
export interface LightPicture {
  readonly data: PixelBox;
  readonly display: PixelBox;
  readonly packing: LightPacking;
  readonly channels: readonly Channel[];
  /** Of none, zips and zip only. */
  readonly attributes: readonly ExrAttribute[];
  readonly seed: number;
}

export function lightFile({ data, display, packing, channels, attributes, seed }: LightPicture): Uint8Array {
  const [x0, y0, width, height] = data;
  // PIZ is packed by a plain writer that is slow where many values occur.
  const steps = packing === "piz" ? 12 : 4_096;
  const planes = channels.map(({ name, type }, i): Plane => {
    const light = waves({ width, height }, seed * 11 + i).map((value) => Math.round(value * steps) / steps);
    if (type === "half") return { name, type, data: toHalves(light) };
    return type === "float" ? { name, type, data: light } : { name, type, data: Uint32Array.from(light, (v) => v * 9) };
  });
  if (packing !== "piz" && packing !== "rle")
    return encodeExr({ data, display, compression: packing, planes, attributes });
  return writeExr({
    data,
    display,
    compression: packing,
    channels: planes.map(({ name, type, data: samples }) => ({
      name,
      type,
      value: (x: number, y: number): number => {
        const sample = samples[(y - y0) * width + x - x0] as number;
        return type === "half" ? (HALF[sample] as number) : sample;
      },
    })),
  });
}

export type LogPicture = Pick<TestDpx, "width" | "height" | "channels" | "bits" | "packing" | "littleEndian"> & {
  /** SMPTE ST 268-1: 1 printing density, 2 linear, 3 logarithmic, 6 Rec.709. */
  readonly transfer: number;
  /** Byte of the header -> a number of 32 bits. */
  readonly fields?: Readonly<Record<number, number>>;
  readonly seed: number;
};

export function dpxFile({ fields, seed, ...picture }: LogPicture): Uint8Array {
  const planes = Array.from({ length: picture.channels }, (_, channel) => waves(picture, seed * 13 + channel));
  const most = 2 ** picture.bits - 1;
  return writeDpx({
    ...picture,
    value: (x, y, channel) => Math.round((planes[channel]?.[y * picture.width + x] as number) * most),
    ...(fields === undefined ? {} : { lie: { u32: fields } }),
  });
}
