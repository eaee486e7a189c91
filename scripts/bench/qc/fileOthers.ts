/** Right files that Hotplate did not write: DPX, and what `hotplate qc run` meets, with texts that only look like prompts. */
import { textAttribute } from "../../../daemon/adapters/images/exrAttributes.ts";
import { withJpegSegment, withPngText, withTiffTag } from "./fileBytes.ts";
import type { FileCase, Plate } from "./fileCase.ts";
import { ALWAYS, publishedName } from "./fileCase.ts";
import type { CodeKind, LogPicture } from "./filePictures.ts";
import { codeFile, codes, dpxFile, lightFile } from "./filePictures.ts";
import { HARMLESS } from "./fileTexts.ts";
import type { Chance } from "./random.ts";

/** 16 bits, or 10 or 12 bits of a logarithmic capture beside a plate that has no more. */
export async function logFile(
  random: Chance,
  seed: number,
  size: { readonly width: number; readonly height: number } = {
    width: Math.floor(random.between(64, 129)),
    height: Math.floor(random.between(16, 49)),
  },
): Promise<FileCase> {
  const bits = random.pick([16, 16, 10, 12] as const);
  const transfer = bits === 16 ? random.pick([1, 2, 3, 6]) : random.pick([1, 3]);
  const fields = headerFields(random);
  const of: LogPicture = {
    ...size,
    channels: 3,
    bits,
    packing: bits === 10 ? 1 : random.pick([0, 1]),
    littleEndian: random.next() < 0.5,
    transfer,
    fields,
    seed,
  };
  const beside = bits !== 16 || random.next() < 0.7;
  const plate: Plate | null = beside ? { bytes: dpxFile({ ...of, seed: seed + 1 }), extension: "dpx" } : null;
  return {
    kind: `DPX ${bits} bits`,
    format: "dpx",
    result: dpxFile(of),
    publishAs: publishedName(random, { size: `${size.width}x${size.height}`, extension: "dpx" }),
    plate,
    expected: { ...size, bitDepth: null },
    staged: true,
    checks: [...ALWAYS, "file.hash", "delivery.dpx"],
  };
}

/** Pixel aspect, time code and rate where SMPTE ST 268-1 has them. */
function headerFields(random: Chance): Readonly<Record<number, number>> {
  const rate = new DataView(Float32Array.of(random.pick([24, 25, 30])).buffer).getUint32(0, true);
  return {
    ...(random.next() < 0.5 ? { 1_628: random.pick([1, 2]), 1_632: 1 } : {}),
    ...(random.next() < 0.5 ? { 1_920: 0x10_23_14_05 + Math.floor(random.between(0, 4)) } : {}),
    ...(random.next() < 0.5 ? { 1_724: rate } : {}),
  };
}

const KINDS = ["png", "tiff", "tiff lzw", "tiff none", "jpeg", "webp", "webp lossless", "exr"] as const;

export async function otherFile(random: Chance, seed: number): Promise<FileCase> {
  const kind = random.pick(KINDS);
  const beside = random.next() < 0.6;
  const made = kind === "exr" ? lightOf(random, seed) : await codesOf(random, kind, seed);
  const packedWithLoss = kind === "jpeg" || kind === "webp";
  return {
    kind: kind === "exr" ? "EXR of another writer" : kind,
    format: made.format,
    result: made.result,
    publishAs: publishedName(random, { size: `${made.width}x${made.height}`, extension: made.extension }),
    plate: beside ? { bytes: made.plate, extension: made.extension } : null,
    expected: beside
      ? { width: made.width, height: made.height, bitDepth: null }
      : { width: null, height: null, bitDepth: null },
    staged: false,
    // Packed with loss beside no plate warns: that is meant.
    checks: [
      ...ALWAYS.filter(
        (check) => beside || !(check === "header.size" || (check === "header.format" && packedWithLoss)),
      ),
      ...(kind === "exr" ? ["delivery.exr"] : []),
    ],
  };
}

interface Made {
  readonly format: FileCase["format"];
  readonly extension: string;
  readonly width: number;
  readonly height: number;
  readonly result: Uint8Array;
  readonly plate: Uint8Array;
}

function lightOf(random: Chance, seed: number): Made {
  const [width, height] = [random.pick([3_840, 4_096]), Math.floor(random.between(2, 4))];
  const packing = random.pick(["none", "zips", "zip", "piz"] as const);
  const [name, text] = random.pick(HARMLESS);
  const of = { data: [0, 0, width, height], display: [0, 0, width, height], packing } as const;
  const channels = (["R", "G", "B"] as const).map((one) => ({ name: one, type: "half" }) as const);
  const attributes = [textAttribute(name, text)];
  return {
    format: "exr",
    extension: "exr",
    width,
    height,
    result: lightFile({ ...of, channels, attributes, seed }),
    plate: lightFile({ ...of, channels, attributes: [], seed: seed + 1 }),
  };
}

async function codesOf(random: Chance, kind: CodeKind, seed: number): Promise<Made> {
  const size = { width: Math.floor(random.between(64, 257)), height: Math.floor(random.between(64, 129)) };
  const bits = kind.startsWith("tiff") || kind === "png" ? random.pick([8, 16] as const) : 8;
  const picture = (from: number) =>
    ({ ...size, channels: 3, bits, data: codes(size, { channels: 3, bits, seed: from }) }) as const;
  const format = kind.startsWith("tiff") ? "tiff" : kind.startsWith("webp") ? "webp" : kind === "jpeg" ? "jpeg" : "png";
  const extension = format === "tiff" ? "tif" : format === "jpeg" ? "jpg" : format;
  const result = withHarmless(random, format, await codeFile(kind, picture(seed)));
  return { format, extension, ...size, result, plate: await codeFile(kind, picture(seed + 1)) };
}

function withHarmless(random: Chance, format: FileCase["format"], bytes: Uint8Array): Uint8Array {
  const [name, text] = random.pick(HARMLESS);
  const said = Buffer.from(text, "utf8");
  if (format === "png")
    return withPngText(bytes, { name, text }, random.pick(["tEXt", "zTXt", "iTXt", "iTXt, packed"]));
  if (format === "jpeg") return withJpegSegment(bytes, 0xfe, said);
  if (format === "tiff")
    return withTiffTag(bytes, random.pick([270, 305, 315]), 2, Buffer.concat([said, Buffer.of(0)]));
  return bytes;
}
