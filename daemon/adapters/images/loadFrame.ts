/**
 * The one place where pixels leave a file. Bare `.raw()` and `.stats()` of sharp are banned everywhere else (a test looks),
 * because each of them silently changes values: here the colour space and the sample type are always named, profiles are
 * ignored where code values count, damaged files throw, and what sharp would change (CMYK, 32-bit integers) was refused by
 * `head.ts` before; associated alpha is kept from it (tiffAlpha.ts). sharp gets bytes, never a path: a hung mount can't occupy shared threads.
 */
import type { Crop } from "../../domain/crop.ts";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import type { Sharp } from "sharp";
import { assert, HotplateError, messageOf } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { DecodedImage } from "../../plugin.ts";
import { broken, bytesSource, notReadable } from "./byteSource.ts";
import { parseDpx } from "./dpxHead.ts";
import { DPX_READER, readDpx } from "./dpxRead.ts";
import { codes8, withoutAlpha } from "./displayCodes.ts";
import type { DisplayPicture } from "./exrPicture.ts";
import { exrDisplay, exrSamples, exrShown } from "./exrPicture.ts";
import { readExr } from "./exrRead.ts";
import type { Head } from "./head.ts";
import { isExr } from "./isExr.ts";
import { readHead } from "./head.ts";
import { dividedByAlpha, saidUnassociated } from "./tiffAlpha.ts";
import { insertChunk, walkPng } from "./pngHead.ts";

/** Once per worker: no cache (every file is read once) and one thread a job (there is a worker per core). */
export function setUpSharp(): void {
  sharp.cache(false);
  sharp.concurrency(1);
}

export type Loaded = { readonly kind: "frame"; readonly image: DecodedImage } | NotLoaded;

export interface NotLoaded {
  readonly kind: "broken" | "unreadable";
  readonly message: string;
  /** What to do, where the reason says it better than that there is no reader. */
  readonly hint?: string;
  /** Where it is another than that nobody can read the kind. */
  readonly refusal?: Pick<HotplateError, "code" | "message">;
}

/** Exact samples, as the file holds them. Never throws for what the file is. */
export async function loadFrame(bytes: Uint8Array): Promise<Loaded> {
  try {
    return { kind: "frame", image: await decode(bytes) };
  } catch (error) {
    const known: readonly string[] = ["HP-PLATE-BROKEN", "HP-PLATE-KIND", "HP-IMAGE-SIZE"];
    if (error instanceof HotplateError && known.includes(error.code)) return notLoaded(error);
    throw error;
  }
}

export function notLoaded({ code, message, hint }: HotplateError): NotLoaded {
  if (code === "HP-PLATE-BROKEN") return { kind: "broken", message };
  if (code === "HP-PLATE-KIND") return { kind: "unreadable", message, ...(hint === undefined ? {} : { hint }) };
  return { kind: "unreadable", message: `${message} (${code})`, hint, refusal: { code, message } };
}

/** What was refused as an error again, by its own code. */
export function refusalOf({ kind, message, hint, refusal }: NotLoaded): HotplateError {
  if (kind === "broken") return new HotplateError("HP-PLATE-BROKEN", message);
  const said = hint === undefined ? {} : { hint };
  if (refusal === undefined) return new HotplateError("HP-PLATE-KIND", message, said);
  return new HotplateError(refusal.code, refusal.message, said);
}

async function decode(bytes: Uint8Array): Promise<DecodedImage> {
  if (isExr(bytes)) return exrSamples(readExr(bytes));
  const head = readHead(bytesSource(bytes));
  const samples = await samplesOf(bytes, head, { profile: false });
  const names = head.colour === "grey" ? ["Y"] : ["R", "G", "B"];
  return {
    width: head.width,
    height: head.height,
    channels: head.channels,
    channelNames: head.alpha ? [...names, "A"] : names,
    bitDepth: bitDepthOf(head),
    sampleType: head.sampleType,
    samples,
    reader: readerOf(head),
    windows: null,
  };
}

function readerOf({ format, associated }: Head): string {
  if (format === "dpx") return DPX_READER;
  const by = `sharp ${sharp.versions.sharp} (libvips ${sharp.versions.vips})`;
  return associated === true ? `${by}, its colours divided by their alpha` : by;
}

function bitDepthOf({ bitDepth }: Head): DecodedImage["bitDepth"] {
  assert(bitDepth === 8 || bitDepth === 10 || bitDepth === 12 || bitDepth === 16 || bitDepth === 32, "a head's depth");
  return bitDepth;
}

function open(bytes: Uint8Array, head: Head, options: { readonly profile: boolean }): Sharp {
  const image = sharp(bytes, {
    failOn: "warning",
    limitInputPixels: LIMITS.imagePixelsMax,
    ignoreIcc: !options.profile,
    sequentialRead: true,
    pages: 1,
  });
  return head.orientation === 1 ? image : image.autoOrient();
}

/** DPX by the built-in reader, all else by sharp. */
async function samplesOf(
  bytes: Uint8Array,
  head: Head,
  options: { readonly profile: boolean },
): Promise<DecodedImage["samples"]> {
  if (head.format === "dpx") return readDpx(bytes, parseDpx(bytesSource(bytes)));
  if (head.associated !== true) return codes(bytes, head, options);
  return dividedByAlpha(await codes(saidUnassociated(bytes), head, options), head);
}

/** Interleaved samples of the head's size, channels and depth; anything else that a decoder delivers is an error. */
async function codes(
  bytes: Uint8Array,
  head: Head,
  options: { readonly profile: boolean },
): Promise<DecodedImage["samples"]> {
  if (head.format === "png") walkPng(bytesSource(bytes));
  const { space, depth } = formOf(head);
  const { data, info } = await decoding(
    open(bytes, head, options).toColourspace(space).raw({ depth }).toBuffer({ resolveWithObject: true }),
  );
  const whole = info.width === head.width && info.height === head.height && data.length > 0;
  if (!whole)
    throw notReadable(`the decoder delivered ${info.width} x ${info.height} px of ${head.width} x ${head.height}`);
  const samples = typed(data, depth);
  if (space === "srgb" && head.colour === "grey") return greyAndAlpha(samples, info.channels, head);
  if (info.channels !== head.channels)
    throw notReadable(`the decoder delivered ${info.channels} channels of ${head.channels}`);
  return samples;
}

interface Form {
  readonly space: "scrgb" | "b-w" | "rgb16" | "grey16" | "srgb";
  readonly depth: "uchar" | "ushort" | "float";
}

/** The colour space and sample type under which the decoder hands out exactly what the file holds (each one is tested). */
function formOf(head: Head): Form {
  const grey = head.colour === "grey";
  if (head.sampleType === "float") {
    if (grey && head.alpha) throw notReadable("a float TIFF of grey with alpha can't be read", "Save it as EXR.");
    return { space: grey ? "b-w" : "scrgb", depth: "float" };
  }
  if (head.bitDepth === 16) return { space: grey ? "grey16" : "rgb16", depth: "ushort" };
  // As b-w the decoder drops alpha; as srgb it keeps it beside three equal colours.
  return { space: grey && !head.alpha ? "b-w" : "srgb", depth: "uchar" };
}

function greyAndAlpha(samples: DecodedImage["samples"], from: number, head: Head): Uint8Array {
  if (from !== 4) throw notReadable(`the decoder delivered ${from} channels of grey and alpha`);
  const out = new Uint8Array(head.width * head.height * 2);
  for (let i = 0, at = 0; i < out.length; i += 2, at += 4) {
    out[i] = samples[at] as number;
    out[i + 1] = samples[at + 3] as number;
  }
  return out;
}

function typed(data: Buffer, depth: "uchar" | "ushort" | "float"): DecodedImage["samples"] {
  // A view needs an aligned start; sharp's buffers have one, a pooled slice might not.
  const { buffer, byteOffset, length } = data.byteOffset % 4 === 0 ? data : Buffer.from(Uint8Array.from(data).buffer);
  if (depth === "ushort") return new Uint16Array(buffer, byteOffset, length / 2);
  if (depth === "float") return new Float32Array(buffer, byteOffset, length / 4);
  return new Uint8Array(buffer, byteOffset, length);
}

/** Words of a decoder that has no reader for a legal variant; all else that it throws is a damaged file. */
const NO_READER = /unsupported|not supported|not configured|not implemented|no loader|exceeds (the )?pixel limit/i;

async function decoding<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const message = messageOf(error).trim().split("\n")[0] ?? "";
    throw NO_READER.test(message) ? notReadable(message) : broken(message);
  }
}

/**
 * The picture that a graph is fed, whole size, 8-bit sRGB. Integers: code values as they are (16 bits rounded to 8, not cut
 * off); with an embedded profile converted to sRGB by it. Floats and EXR: scene-linear, clamped, sRGB curve.
 */
export async function displayPicture(bytes: Uint8Array): Promise<DisplayPicture> {
  if (isExr(bytes)) return exrDisplay(readExr(bytes));
  const head = readHead(bytesSource(bytes));
  const profiled = head.profile && head.sampleType === "uint";
  // sharp applies a profile to 8-bit pictures only (measured); 16 bits are rounded first and then given their profile.
  const later = head.bitDepth === 16 || head.associated === true;
  const samples = await samplesOf(bytes, head, { profile: profiled && !later });
  const channels = head.alpha ? 4 : 3;
  const data = codes8(samples, head);
  const picture: DisplayPicture = { width: head.width, height: head.height, channels, data };
  return profiled && later ? convertToSrgb(picture, bytes) : picture;
}

/** Hands the picture to the decoder as an 8-bit PNG that carries the file's own profile. */
async function convertToSrgb(picture: DisplayPicture, bytes: Uint8Array): Promise<DisplayPicture> {
  const { icc } = await decoding(sharp(bytes).metadata());
  if (icc === undefined) return picture;
  const carried = insertChunk(
    await encodePng(picture),
    "iCCP",
    Buffer.concat([Buffer.from("plate\0\0", "latin1"), deflateSync(icc)]),
  );
  const { data, info } = await decoding(
    sharp(carried).toColourspace("srgb").raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true }),
  );
  if (info.channels !== picture.channels)
    throw notReadable(`the profile changed ${picture.channels} channels to ${info.channels}`);
  return { ...picture, data };
}

export interface SmallPicture {
  readonly width: number;
  readonly height: number;
  /** 8-bit sRGB, three channels. */
  readonly data: Uint8Array;
}

/** The picture fitted into a box, for people's eyes: the colours that checks judge, alpha left aside. Never enlarged. */
export async function smallPicture(
  source: Uint8Array | DisplayPicture,
  box: { readonly width: number; readonly height: number },
): Promise<SmallPicture> {
  const fitted = (await smallSharp(source, box)).toColourspace("srgb").raw({ depth: "uchar" });
  const { data, info } = await decoding(fitted.toBuffer({ resolveWithObject: true }));
  if (info.channels !== 3) throw notReadable(`the decoder delivered ${info.channels} channels of 3`);
  return { width: info.width, height: info.height, data };
}

export async function smallJpeg(source: Uint8Array | DisplayPicture, size: number | Crop): Promise<Uint8Array> {
  const [pixels, part] = typeof size === "number" ? [size, null] : [size.pixels, size.box];
  const fitted = (await smallSharp(source, { width: pixels, height: pixels, part })).toColourspace("srgb");
  return decoding(fitted.jpeg({ quality: 85, chromaSubsampling: "4:4:4" }).toBuffer());
}

interface Fitting {
  readonly width: number;
  readonly height: number;
  /** Only this part of the picture; null or absent: all of it. */
  readonly part?: Crop["box"] | null;
}

/** Before anything is made smaller; what lies outside the picture is left out. */
function partOf(image: Sharp, of: { readonly width: number; readonly height: number }, part: Fitting["part"]): Sharp {
  if (part === null || part === undefined) return image;
  const [left, top] = [Math.min(Math.max(0, part[0]), of.width - 1), Math.min(Math.max(0, part[1]), of.height - 1)];
  const width = Math.max(1, Math.min(part[2], of.width - left));
  const height = Math.max(1, Math.min(part[3], of.height - top));
  return image.extract({ left, top, width, height });
}

/** Alpha goes before anything is made smaller: a decoder resizes colours by it, and those without cover would be gone. */
async function smallSharp(source: Uint8Array | DisplayPicture, box: Fitting): Promise<Sharp> {
  if (!(source instanceof Uint8Array)) return smallCodes(source, box);
  const bytes = source;
  if (isExr(bytes)) return smallCodes(exrShown(readExr(bytes)), box);
  const head = readHead(bytesSource(bytes));
  const straight = head.format !== "dpx" && !head.alpha && !(head.profile && head.bitDepth === 16);
  if (straight && head.sampleType === "uint") {
    if (head.format === "png") walkPng(bytesSource(bytes));
    const image = partOf(open(bytes, head, { profile: true }), head, box.part).resize(box.width, box.height, FIT);
    return image.toColourspace("srgb");
  }
  return smallCodes(await displayPicture(bytes), box);
}

const FIT = { fit: "inside", withoutEnlargement: true } as const;

function smallCodes(picture: DisplayPicture, box: Fitting): Sharp {
  const { width, height, data } = withoutAlpha(picture);
  return partOf(sharp(data, { raw: { width, height, channels: 3 } }), picture, box.part).resize(
    box.width,
    box.height,
    FIT,
  );
}

/** Encoders for pixels of our own; 8-bit sRGB. */
export async function encodePng(picture: DisplayPicture): Promise<Uint8Array> {
  const { width, height, channels, data } = picture;
  // Fast rather than small: scratch files that one graph reads once.
  return sharp(data, { raw: { width, height, channels } }).png({ compressionLevel: 1, palette: false }).toBuffer();
}

export async function encodeJpeg(picture: {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}): Promise<Uint8Array> {
  const { width, height, data } = picture;
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 88, chromaSubsampling: "4:4:4" })
    .toBuffer();
}
