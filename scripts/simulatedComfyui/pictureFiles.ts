/**
 * How pictures enter and leave: LoadImage as 0.19 reads (8 bits) or 0.38 (16 bits kept), SaveImage's names and counter, its
 * truncation to 8 bits. Every saved picture is marked SIMULATED. Files are written in place, as the real one writes them.
 */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { burnMark } from "./mark.ts";
import { NodeRaised } from "./nodeInputs.ts";
import type { Plane, Value } from "./tensor.ts";
import { crop, plane } from "./tensor.ts";
import { loadPath } from "./validateInput.ts";
import type { OutputFile, Version, WorkerOrder } from "./words.ts";

export interface SlotFiles {
  readonly slotDir: string;
  readonly version: Version;
}

/** IMAGE and MASK (1 - alpha; 64 x 64 zeros where there is no alpha). */
export async function loadPicture(name: string, slot: SlotFiles): Promise<readonly [Value, Value]> {
  const path = loadPath(name, { inputDir: join(slot.slotDir, "input"), version: slot.version }) ?? "";
  const deep = slot.version === "0.38";
  let raw;
  try {
    const picture = sharp(path, { failOn: "error", limitInputPixels: 16_384 * 16_384 }).autoOrient();
    const wide = deep && (await picture.metadata()).depth === "ushort";
    raw = await picture
      .toColourspace(wide ? "rgb16" : "srgb")
      .raw({ depth: wide ? "ushort" : "uchar" })
      .toBuffer({ resolveWithObject: true });
  } catch {
    throw unreadable(path, slot.version);
  }
  const { width, height, channels } = raw.info;
  const bytesPerSample = raw.data.length / (width * height * channels);
  const samples =
    bytesPerSample === 2 ? new Uint16Array(raw.data.buffer, raw.data.byteOffset, raw.data.length / 2) : raw.data;
  const full = bytesPerSample === 2 ? 65_535 : 255;
  const picture = plane(width, height, 3);
  const hasAlpha = channels === 4 || channels === 2;
  const mask = hasAlpha ? plane(width, height, 1) : plane(64, 64, 1);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    for (let c = 0; c < 3; c += 1)
      picture.data[pixel * 3 + c] = (samples[pixel * channels + (channels < 3 ? 0 : c)] ?? 0) / full;
    if (hasAlpha) mask.data[pixel] = 1 - (samples[pixel * channels + channels - 1] ?? full) / full;
  }
  return [
    { kind: "image", frames: [picture] },
    { kind: "mask", frames: [mask] },
  ];
}

function unreadable(path: string, version: Version): NodeRaised {
  return version === "0.19"
    ? new NodeRaised("PIL.UnidentifiedImageError", `cannot identify image file '${path}'\n`)
    : new NodeRaised(
        "av.error.InvalidDataError",
        `[Errno 1094995529] Invalid data found when processing input: '${path}'\n`,
      );
}

export interface SaveRequest {
  readonly frames: readonly Plane[];
  readonly prefix: string;
  readonly type: "output" | "temp";
  readonly bitDepth: 8 | 16;
  /** SaveImageAdvanced writes `name_00001.png`, the others `name_00001_.png`. */
  readonly underscore: boolean;
  readonly results: WorkerOrder["results"];
  /** Written into the picture, as the real one does without --disable-metadata. */
  readonly prompt: string;
}

export async function savePictures(request: SaveRequest, slot: SlotFiles): Promise<readonly OutputFile[]> {
  const size = request.frames[0] ?? { width: 0, height: 0 };
  const { dir, subfolder, name, counter: first } = savePlace({ ...request, size }, slot);
  let counter = first;
  const out: OutputFile[] = [];
  for (const [index, frame] of request.frames.entries()) {
    const filename = `${name.replaceAll("%batch_num%", String(index))}_${String(counter).padStart(5, "0")}${request.underscore ? "_" : ""}.png`;
    await writePicture(
      request.results.wrongSize ? crop(frame, { x: 0, y: 0, width: frame.width - 1, height: frame.height }) : frame,
      join(dir, filename),
      request,
    );
    out.push({ filename, subfolder, type: request.type });
    counter += 1;
  }
  return out;
}

export interface SavePlace {
  readonly dir: string;
  readonly subfolder: string;
  readonly name: string;
  readonly counter: number;
}

/** Where a prefix leads and the first number that is free there; makes the folder. */
export function savePlace(
  of: {
    readonly prefix: string;
    readonly type: "output" | "temp";
    readonly size: { readonly width: number; readonly height: number };
  },
  slot: SlotFiles,
): SavePlace {
  const home = join(slot.slotDir, of.type);
  const prefix = withTokens(of.prefix, of.size);
  const subfolder = dirname(normalize(prefix)) === "." ? "" : dirname(normalize(prefix));
  const dir = join(home, subfolder);
  if (dir !== home && !dir.startsWith(`${home}/`)) {
    throw new NodeRaised("Exception", "**** ERROR: Saving image outside the output folder is not allowed.\n");
  }
  mkdirSync(dir, { recursive: true });
  const name = basename(prefix);
  return { dir, subfolder, name, counter: nextCounter(dir, name) };
}

function withTokens(prefix: string, size: { readonly width: number; readonly height: number }): string {
  const now = new Date();
  const two = (value: number): string => String(value).padStart(2, "0");
  const values: Readonly<Record<string, string>> = {
    width: String(size.width),
    height: String(size.height),
    year: String(now.getFullYear()),
    month: two(now.getMonth() + 1),
    day: two(now.getDate()),
    hour: two(now.getHours()),
    minute: two(now.getMinutes()),
    second: two(now.getSeconds()),
  };
  return prefix.replaceAll(
    /%(width|height|year|month|day|hour|minute|second)%/g,
    (_whole, token: string) => values[token] ?? "",
  );
}

/** One more than the highest of files that start with the name: `%batch_num%` is not in any, so its count begins anew. */
function nextCounter(dir: string, name: string): number {
  let highest = 0;
  for (const file of readdirSync(dir)) {
    const digits = file.startsWith(`${name}_`) ? /^(\d+)/.exec(file.slice(name.length + 1))?.[1] : undefined;
    if (digits !== undefined) highest = Math.max(highest, Number(digits));
  }
  return highest + 1;
}

/** `full` x value, clipped and truncated: no rounding, no dither. Marked as simulated. */
export function markedSamples(frame: Plane, bitDepth: 8 | 16): Uint8Array | Uint16Array {
  const full = bitDepth === 16 ? 65_535 : 255;
  const samples = bitDepth === 16 ? new Uint16Array(frame.data.length) : new Uint8Array(frame.data.length);
  for (let index = 0; index < samples.length; index += 1) {
    const value = Math.fround(full * (frame.data[index] ?? 0));
    samples[index] = value < 0 ? 0 : value > full ? full : value;
  }
  burnMark(samples, frame, full);
  return samples;
}

async function writePicture(
  frame: Plane,
  path: string,
  of: Pick<SaveRequest, "bitDepth" | "results" | "prompt">,
): Promise<void> {
  const samples = markedSamples(
    of.results.black ? plane(frame.width, frame.height, frame.channels) : frame,
    of.bitDepth,
  );
  if (of.results.black) samples.fill(0);
  const raw = { width: frame.width, height: frame.height, channels: frame.channels as 3 | 4 };
  const picture = sharp(samples, { raw });
  const plain = await (of.bitDepth === 16 ? picture.toColourspace("rgb16") : picture)
    .png({ compressionLevel: 1 })
    .toBuffer();
  const png = withText(plain, "prompt", of.prompt);
  if (of.results.noFile) return;
  writeFileSync(path, of.results.truncated ? png.subarray(0, Math.trunc(png.length * 0.6)) : png);
}

/** PNG's text chunk (W3C PNG, 11.3.3.2) right behind the header; other letters than Latin-1's are escaped, as JSON may. */
function withText(png: Buffer, keyword: string, json: string): Buffer {
  const text = json.replaceAll(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const body = Buffer.from(`tEXt${keyword}\0${text}`, "latin1");
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(body.length - 4, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([
    png.subarray(0, AFTER_HEADER),
    frame.subarray(0, 4),
    body,
    frame.subarray(4),
    png.subarray(AFTER_HEADER),
  ]);
}

/** Signature and IHDR, bytes. */
const AFTER_HEADER = 33;
