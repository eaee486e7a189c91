/**
 * The pictures that the kit shows to a check: painted here, a few kilobytes each, of every kind that Hotplate reads and with what
 * breaks checks that were written over one kind of file: no plate, one pixel, NaN, black, another size, half a file.
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { maskFacts } from "../../domain/maskFacts.ts";
import type { FrameFacts } from "../../domain/qcInput.ts";
import type { DecodedImage, PixelBox } from "../../plugin.ts";
import { sha256At } from "../images/byteSource.ts";
import { encodePngSamples } from "../images/encodePicture.ts";
import { encodeExr } from "../images/exrWrite.ts";
import { headerFactsAt } from "../images/headerFacts.ts";
import { halfBits } from "../images/half.ts";
import type { Loaded } from "../images/loadFrame.ts";
import { loadFrame } from "../images/loadFrame.ts";
import { sampleDigest } from "../images/sampleDigest.ts";
import { logDpx } from "./kitDpx.ts";

export interface KitFrame {
  readonly name: string;
  readonly facts: FrameFacts;
  readonly platePath: string | null;
  readonly maskPath: string | null;
}

/** 0..1 at a place and channel; the same on every machine. */
type Paint = (x: number, y: number, channel: number) => number;

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly kind: "png8" | "png16" | "half" | "float";
  readonly paint: Paint;
  /** Of OpenEXR, where it is not the picture itself. */
  readonly display?: PixelBox;
}

interface Wanted {
  readonly name: string;
  readonly result: Picture | Uint8Array;
  readonly plate?: Picture | Uint8Array;
  /** A disc in the middle may change. */
  readonly mask?: true;
  readonly composited?: true;
}

const W = 96;
const H = 64;

export async function kitFrames(dir: string): Promise<readonly KitFrame[]> {
  const frames: KitFrame[] = [];
  for (const [index, wanted] of wishes().entries()) frames.push(await made(dir, wanted, index));
  return frames;
}

function wishes(): readonly Wanted[] {
  const of = (kind: Picture["kind"], paint: Paint = scene, channels: Picture["channels"] = 3): Picture => ({
    width: W,
    height: H,
    channels,
    kind,
    paint,
  });
  const small = (width: number, height: number): Picture => ({ ...of("png16"), width, height });
  const large = (paint: Paint): Picture => ({ ...of("png16", paint), width: W * 6, height: H * 6 });
  const windowed: Picture = { ...of("half"), display: [4, 4, W - 8, H - 8] };
  const half = (picture: Uint8Array): Uint8Array => picture.subarray(0, 400);
  const text = new TextEncoder().encode("no picture at all\n");
  return [
    { name: "8-bit PNG, no plate", result: of("png8") },
    { name: "16-bit PNG, no plate", result: of("png16") },
    { name: "16-bit PNG, plate", result: of("png16", edited), plate: of("png16") },
    {
      name: "16-bit PNG, plate and mask",
      result: of("png16", edited),
      plate: of("png16"),
      mask: true,
      composited: true,
    },
    { name: "16-bit PNG, mask, no plate", result: of("png16", edited), mask: true },
    { name: "the plate itself", result: of("png16"), plate: of("png16"), mask: true, composited: true },
    { name: "half EXR, plate and mask", result: of("half", edited), plate: of("half"), mask: true, composited: true },
    { name: "half EXR, two windows", result: windowed, plate: windowed },
    { name: "float EXR, highlights", result: of("float", bright), plate: of("float", bright) },
    { name: "float EXR, NaN and Inf", result: of("float", broken), plate: of("float") },
    { name: "negative EXR", result: of("half", (x, y, c) => scene(x, y, c) - 0.5), plate: of("half") },
    { name: "grey 16-bit PNG", result: of("png16", scene, 1), plate: of("png16", scene, 1) },
    { name: "10-bit DPX, logarithmic", result: logDpx(W, H, edited), plate: logDpx(W, H, scene) },
    { name: "RGBA 8-bit PNG", result: of("png8", edited, 4), plate: of("png8", scene, 4), mask: true },
    { name: "black", result: of("png16", () => 0), plate: of("png16") },
    { name: "black, of a black plate", result: of("png16", () => 0), plate: of("png16", () => 0) },
    { name: "white", result: of("png8", () => 1), plate: of("png8") },
    { name: "a larger picture", result: large(edited), plate: large(scene), mask: true, composited: true },
    { name: "one pixel", result: small(1, 1), plate: small(1, 1) },
    { name: "one line", result: small(7, 1), plate: small(7, 1), mask: true },
    { name: "plate of another size", result: of("png16"), plate: small(W / 2, H / 2) },
    { name: "plate of another kind", result: of("png8"), plate: of("float") },
    { name: "plate cut off", result: of("png16"), plate: half(new Uint8Array(PNG_START)) },
    { name: "result cut off", result: half(new Uint8Array(PNG_START)), plate: of("png16") },
    { name: "result is no picture", result: text },
  ];
}

/** A PNG that ends inside its header. */
const PNG_START = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52];

function scene(x: number, y: number, channel: number): number {
  const grain = Math.sin(x * 12.9898 + y * 78.233 + channel * 37.719) * 43_758.5453;
  const v = 0.35 + 0.25 * Math.sin((x + channel * 9) / 13) + 0.2 * Math.cos(y / 19) + 0.1 * (grain - Math.floor(grain));
  return Math.min(1, Math.max(0, v));
}

function inside(x: number, y: number, width = W, height = H): boolean {
  return Math.hypot(x - width / 2, y - height / 2) < Math.min(width, height) / 3;
}

function edited(x: number, y: number, channel: number): number {
  const v = scene(x, y, channel);
  return inside(x, y) && channel < 3 ? v * 0.8 + 0.1 * scene(y, x, channel) : v;
}

function bright(x: number, y: number, channel: number): number {
  return scene(x, y, channel) * (inside(x, y) ? 40 : 1);
}

const SPECIAL = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1e30, 1e30];

function broken(x: number, y: number, channel: number): number {
  return (y === 0 ? SPECIAL[x] : undefined) ?? scene(x, y, channel);
}

async function made(dir: string, wanted: Wanted, index: number): Promise<KitFrame> {
  const stem = `kit.${String(1001 + index)}`;
  const result = await written(dir, stem, wanted.result);
  const plate = wanted.plate === undefined ? null : await written(dir, `plate.${stem}`, wanted.plate);
  const image = result.loaded.kind === "frame" ? result.loaded.image : null;
  const mask = wanted.mask === undefined || image === null ? null : await maskOf(dir, stem, image);
  const size = "width" in wanted.result ? wanted.result : null;
  return {
    name: wanted.name,
    platePath: plate?.path ?? null,
    maskPath: mask?.path ?? null,
    facts: {
      result: image,
      resultFile: { path: result.path, bytes: result.bytes, frame: 1001 + index, staged: result.sha256 },
      decodeProblem: result.loaded.kind === "frame" ? null : result.loaded,
      plate: plate?.loaded.kind === "frame" ? plate.loaded.image : null,
      plateProblem: plate === null || plate.loaded.kind === "frame" ? null : plate.loaded.message,
      mask: mask?.facts ?? null,
      maskProblem: null,
      composited: wanted.composited ?? false,
      digestOf: sampleDigest,
      headerOf: (of) => headerFactsAt(of === "result" ? result.path : (plate?.path ?? "")),
      sha256Of: () => sha256At(result.path),
      expected: {
        width: size?.width ?? null,
        height: size?.height ?? null,
        bitDepth: size?.kind === "png8" ? 8 : size === null ? null : 16,
        ignore: [],
      },
    },
  };
}

interface Written {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly loaded: Loaded;
}

async function written(dir: string, stem: string, of: Picture | Uint8Array): Promise<Written> {
  const bytes = of instanceof Uint8Array ? of : await encoded(of);
  const exr = !(of instanceof Uint8Array) && (of.kind === "half" || of.kind === "float");
  const path = join(dir, `${stem}.${exr ? "exr" : "png"}`);
  writeFileSync(path, bytes, { flag: "wx", mode: 0o444 });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { path, bytes: bytes.length, sha256, loaded: await loadFrame(bytes) };
}

async function encoded(of: Picture): Promise<Uint8Array> {
  const { width, height, channels, kind } = of;
  if (kind === "half" || kind === "float") return encodedExr(of, kind);
  const most = kind === "png8" ? 255 : 65_535;
  const Codes = kind === "png8" ? Uint8Array : Uint16Array;
  const data = new Codes(width * height * channels);
  for (let i = 0; i < data.length; i += 1) {
    const pixel = Math.floor(i / channels);
    data[i] = Math.round(of.paint(pixel % width, Math.floor(pixel / width), i % channels) * most);
  }
  return encodePngSamples({ width, height, channels, data });
}

function encodedExr(of: Picture, kind: "half" | "float"): Uint8Array {
  const { width, height } = of;
  const bits = new Float32Array(1);
  const word = new Uint32Array(bits.buffer);
  const planes = ["R", "G", "B"].map((name, channel) => {
    const data = Float32Array.from({ length: width * height }, (_, i) =>
      of.paint(i % width, Math.floor(i / width), channel),
    );
    if (kind === "float") return { name, type: "float" as const, data };
    const halves = Uint16Array.from(data, (value) => {
      bits[0] = value;
      return halfBits(word[0] as number);
    });
    return { name, type: "half" as const, data: halves };
  });
  const data: PixelBox = [0, 0, width, height];
  return encodeExr({ data, display: of.display ?? data, compression: "zip", planes, attributes: [] });
}

async function maskOf(
  dir: string,
  stem: string,
  { width, height }: DecodedImage,
): Promise<{ readonly path: string; readonly facts: NonNullable<FrameFacts["mask"]> }> {
  const may = Uint8Array.from({ length: width * height }, (_, i) =>
    inside(i % width, Math.floor(i / width), width, height) ? 1 : 0,
  );
  const path = join(dir, `mask.${stem}.png`);
  const data = may.map((one) => one * 255);
  writeFileSync(path, await encodePngSamples({ width, height, channels: 1, data }), { flag: "wx", mode: 0o444 });
  return { path, facts: maskFacts({ width, height, inside: may }, { width, height, ignore: [] }) };
}
