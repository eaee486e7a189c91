/**
 * From EXR planes to what others need: interleaved float samples for checks (exact), and a display picture for graphs,
 * thumbnails and contact sheets. The display picture is: display window (outside the data window: black), clamp to 0..1,
 * sRGB curve, rounded to 8 bits. No gamut change and no tone curve: colour management comes later (docs/qc.md says so).
 */
import { srgbEncode } from "../../domain/srgbCurve.ts";
import type { DecodedImage } from "../../plugin.ts";
import { notReadable } from "./byteSource.ts";
import { noColours, pictured } from "./exrColours.ts";
import type { Exr, Plane } from "./exrRead.ts";
import { HALF } from "./half.ts";

/** 8-bit sRGB samples, interleaved; alpha is not premultiplied. */
export interface DisplayPicture {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly data: Uint8Array;
}

export const EXR_READER = "hotplate exr 1";
/** A float holds whole numbers exactly up to here. */
const FLOAT_WHOLE_MAX = 2 ** 24;

export function exrSamples(file: Exr): DecodedImage {
  const { exr } = pictured(file);
  const planes = exr.planes.filter(fitsFloats).sort((a, b) => rank(a.name) - rank(b.name));
  const [, , width, height] = exr.header.data;
  const channels = planes.length;
  const samples = new Float32Array(width * height * channels);
  planes.forEach((plane, channel) => interleave(plane, samples, { channel, channels }));
  return {
    width,
    height,
    channels,
    channelNames: planes.map((plane) => plane.name),
    bitDepth: planes.every((plane) => plane.type === "half") ? 16 : 32,
    sampleType: "float",
    samples,
    reader: EXR_READER,
    windows: { data: exr.header.data, display: exr.header.display },
  };
}

/** Ids that no float can hold are left out beside a picture: nothing here may round them. A picture of such is refused. */
function fitsFloats({ name, type, data }: Plane): boolean {
  if (type !== "uint" || !data.some((value) => value > FLOAT_WHOLE_MAX)) return true;
  if (rank(name) < OTHER || name === "Y")
    throw notReadable(`channel "${name}" holds ids that no float can hold exactly`);
  return false;
}

const OTHER = 4;

/** R, G, B, A first; the others keep the file's order. */
function rank(name: string): number {
  const place = ["R", "G", "B", "A"].indexOf(name);
  return place < 0 ? OTHER : place;
}

function interleave(
  plane: Plane,
  samples: Float32Array,
  at: { readonly channel: number; readonly channels: number },
): void {
  const { data } = plane;
  const { channel, channels } = at;
  if (plane.type === "half") {
    for (let i = 0, k = channel; i < data.length; i += 1, k += channels) samples[k] = HALF[data[i] as number] as number;
    return;
  }
  for (let i = 0, k = channel; i < data.length; i += 1, k += channels) samples[k] = data[i] as number;
}

/** Scene-linear -> 8-bit sRGB, NaN and negatives 0. */
export function displayCode(linear: number): number {
  return Math.round(srgbEncode(linear) * 255);
}

/** `displayCode` for every half, by its bits. */
const HALF_CODE: Uint8Array = Uint8Array.from(HALF, displayCode);

/** What a graph is fed. */
export function exrDisplay(exr: Exr): DisplayPicture {
  const seen = pictured(exr).exr;
  return displayOf(seen, seen.planes.find((plane) => plane.name === "A") ?? null);
}

/** For people: the samples that checks judge, as the file holds them. Alpha is left aside; what it covers in part lies over black. */
export function exrShown(exr: Exr): DisplayPicture {
  return displayOf(pictured(exr).exr, null);
}

function displayOf(exr: Exr, alpha: Plane | null): DisplayPicture {
  const find = (name: string) => exr.planes.find((plane) => plane.name === name) ?? null;
  const rgb = [find("R"), find("G"), find("B")].filter((plane) => plane !== null);
  const y = find("Y");
  const colours = rgb.length === 3 ? rgb : y === null ? [] : [y, y, y];
  if (colours.length === 0) throw noColours(exr.planes.map(({ name }) => name));
  const [, , width, height] = exr.header.display;
  const channels = alpha === null ? 3 : 4;
  const data = new Uint8Array(width * height * channels);
  const codes = colours.map((plane) => (alpha === null ? codeOf(plane) : codeOverAlpha(plane, alpha)));
  if (alpha !== null) codes.push(alphaCode(alpha));
  codes.forEach((code, channel) => place(exr, code, { data, channel, channels }));
  return { width, height, channels, data };
}

/** Pixel index in the data window -> 8-bit code. */
type Code = (i: number) => number;

function codeOf(plane: Plane): Code {
  const { data } = plane;
  if (plane.type === "half") return (i) => HALF_CODE[data[i] as number] as number;
  return (i) => displayCode(data[i] as number);
}

function valueOf(plane: Plane): (i: number) => number {
  const { data } = plane;
  return plane.type === "half" ? (i) => HALF[data[i] as number] as number : (i) => data[i] as number;
}

/** EXR colours are premultiplied; a PNG's are not. Where alpha is 0, light without cover stays as it is. */
function codeOverAlpha(plane: Plane, alpha: Plane): Code {
  const value = valueOf(plane);
  const cover = valueOf(alpha);
  return (i) => {
    const a = cover(i);
    return displayCode(a > 0 ? value(i) / a : value(i));
  };
}

/** Alpha is linear by definition: no curve. */
function alphaCode(plane: Plane): Code {
  const value = valueOf(plane);
  return (i) => {
    const a = value(i);
    return a > 0 ? Math.round(Math.min(a, 1) * 255) : 0;
  };
}

function place(
  exr: Exr,
  code: Code,
  to: { readonly data: Uint8Array; readonly channel: number; readonly channels: number },
): void {
  const dataX = exr.header.data[0];
  const dataY = exr.header.data[1];
  const dataWidth = exr.header.data[2];
  const dataHeight = exr.header.data[3];
  const x0 = exr.header.display[0];
  const y0 = exr.header.display[1];
  const width = exr.header.display[2];
  const height = exr.header.display[3];
  const left = Math.max(x0, dataX);
  const right = Math.min(x0 + width, dataX + dataWidth);
  const top = Math.max(y0, dataY);
  const bottom = Math.min(y0 + height, dataY + dataHeight);
  for (let y = top; y < bottom; y += 1) {
    let from = (y - dataY) * dataWidth + (left - dataX);
    let at = ((y - y0) * width + (left - x0)) * to.channels + to.channel;
    for (let x = left; x < right; x += 1, from += 1, at += to.channels) to.data[at] = code(from);
  }
}
