/** Damage to files, of the proof over files: cut, flipped, zeroed, of no kind that is read; for `file.decodes` and `file.hash`. */
import { crc32 } from "node:zlib";
import { flipped, pngChunks, u32, withBytes } from "./fileBytes.ts";
import type { FileCase } from "./fileCase.ts";
import type { FileDefect, FileStrength } from "./fileDefects.ts";
import type { Chance } from "./random.ts";

const FORMATS = ["png", "tiff", "exr", "dpx", "jpeg", "webp"] as const;

/** The last byte of our TIFF says that there is no further directory, that of a JPEG that it ends: without them alone all pixels are there. */
const cutOf = (format: FileCase["format"]): readonly FileStrength[] => [
  {
    name: "the last byte",
    stated: format !== "tiff" && format !== "jpeg",
    make: ({ result }) => ({ result: result.subarray(0, -1) }),
  },
  { name: "a hundredth", stated: true, make: ({ result }) => kept(result, 0.99) },
  { name: "half of it", stated: true, make: ({ result }) => kept(result, 0.5) },
  { name: "all but 24 bytes", stated: true, make: ({ result }) => ({ result: result.subarray(0, 24) }) },
  { name: "all of it", stated: true, make: () => ({ result: new Uint8Array(0) }) },
];

function kept(result: Uint8Array, share: number) {
  return { result: result.subarray(0, Math.min(result.length - 1, Math.floor(result.length * share))) };
}

const place = (random: Chance, from: number, to: number): number => Math.floor(random.between(from, to));

/** Behind the header, where the picture lies. */
function pictureFrom({ format, result }: FileCase): number {
  if (format === "png") return (pngChunks(result).find(({ type }) => type === "IDAT")?.at ?? 0) + 8;
  return format === "dpx" ? 2_048 : Math.floor(result.length * 0.6);
}

/** By what the bytes are packed with: checksums tell a flipped bit, others do not. */
const CHECKED: Readonly<Record<string, boolean>> = { png: true };

const flips = (format: FileCase["format"]): readonly FileStrength[] =>
  [1, 16].map((count) => ({
    name: count === 1 ? "1 bit" : "16 bits",
    stated: CHECKED[format] === true,
    make: (one: FileCase, random: Chance) => {
      let { result } = one;
      const from = pictureFrom(one);
      for (let i = 0; i < count; i += 1)
        result = flipped(result, place(random, from, result.length - 12), place(random, 0, 8));
      return { result };
    },
  }));

/** A write that was lost: a stretch of zeros, as long as the last part of the file or a page of a disk. */
const zeroedOf = (format: FileCase["format"]): readonly FileStrength[] => [
  {
    name: "the second half",
    // In what holds samples as they are, zeros are a picture.
    stated: format !== "dpx" && format !== "webp",
    make: ({ result }) => ({
      result: Buffer.concat([
        result.subarray(0, result.length >> 1),
        Buffer.alloc(result.length - (result.length >> 1)),
      ]),
    }),
  },
  { name: "all of it", stated: true, make: ({ result }) => ({ result: new Uint8Array(result.length) }) },
];

const PAGE = Buffer.from("<!doctype html><title>502 Bad Gateway</title><p>upstream is away".padEnd(600, "."));

const OTHER_KINDS: readonly FileStrength[] = [
  { name: "a page of HTML", stated: true, make: () => ({ result: PAGE }) },
  { name: "a GIF", stated: true, make: () => ({ result: Buffer.from("GIF89a".padEnd(300, "\0"), "latin1") }) },
  {
    name: "a movie",
    stated: true,
    make: () => ({ result: Buffer.from("\0\0\0\x18ftypisom".padEnd(300, "\0"), "latin1") }),
  },
];

/** A chunk whose checksum is not that of its bytes. */
const wrongCrc: readonly FileStrength[] = ["IHDR", "IDAT", "iTXt", "IEND"].map((type) => ({
  name: type,
  stated: true,
  make: ({ result }: FileCase) => {
    const chunk = pngChunks(result).find((one) => one.type === type);
    return chunk === undefined ? null : { result: flipped(result, chunk.at + 8 + chunk.length, 3) };
  },
}));

/** A height in the header that the picture's data do not fill. */
const taller: readonly FileStrength[] = [1, 64].map((rows) => ({
  name: `${rows} ${rows === 1 ? "row" : "rows"} more`,
  stated: true,
  make: ({ result }: FileCase) => {
    const head = Buffer.from(result.subarray(12, 29));
    head.writeUInt32BE(head.readUInt32BE(8) + rows, 8);
    return { result: withBytes(withBytes(result, 12, head), 29, u32(crc32(head), "BE")) };
  },
}));

const staged = ({ staged: was }: FileCase): boolean => was;

export const DAMAGE: readonly FileDefect[] = [
  ...FORMATS.map((format): FileDefect => {
    return {
      check: "file.decodes",
      name: `cut off: ${format.toUpperCase()}`,
      says: "fail",
      on: (one) => one.format === format,
      strengths: cutOf(format),
    };
  }),
  {
    check: "file.decodes",
    name: "a wrong checksum: PNG",
    says: "fail",
    on: ({ format }) => format === "png",
    strengths: wrongCrc,
  },
  {
    check: "file.decodes",
    name: "a header that says more than there is: PNG",
    says: "fail",
    on: ({ format }) => format === "png",
    strengths: taller,
  },
  ...FORMATS.map((format): FileDefect => {
    return {
      check: "file.decodes",
      name: `zeros instead of: ${format.toUpperCase()}`,
      says: "fail",
      on: (one) => one.format === format,
      strengths: zeroedOf(format),
    };
  }),
  ...FORMATS.map((format): FileDefect => {
    return {
      check: "file.decodes",
      name: `flipped in the picture's bytes: ${format.toUpperCase()}`,
      says: "fail",
      on: (one) => one.format === format,
      strengths: flips(format),
    };
  }),
  { check: "file.decodes", name: "no picture that can be read", says: "error", on: () => true, strengths: OTHER_KINDS },
  {
    check: "file.hash",
    name: "other bytes than were staged",
    says: "fail",
    on: staged,
    strengths: [
      {
        name: "1 bit, in the header",
        stated: true,
        make: ({ result }, random) => ({ result: flipped(result, place(random, 0, 64), place(random, 0, 8)) }),
      },
      {
        name: "1 bit, anywhere",
        stated: true,
        make: ({ result }, random) => ({
          result: flipped(result, place(random, 0, result.length), place(random, 0, 8)),
        }),
      },
      { name: "1 byte more", stated: true, make: ({ result }) => ({ result: Buffer.concat([result, Buffer.of(0)]) }) },
      { name: "1 byte less", stated: true, make: ({ result }) => ({ result: result.subarray(0, -1) }) },
      {
        name: "16 bytes turned round",
        stated: true,
        make: ({ result }, random) => turned(result, place(random, 0, result.length - 16)),
      },
    ],
  },
];

/** Where the bytes read the same both ways, nothing is turned. */
function turned(result: Uint8Array, at: number) {
  // A copy: a Buffer's own slice would turn the file's bytes themselves.
  const piece = Uint8Array.from(result.subarray(at, at + 16)).reverse();
  return Buffer.compare(piece, result.subarray(at, at + 16)) === 0 ? null : { result: withBytes(result, at, piece) };
}
