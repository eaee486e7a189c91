/** Graphs and prompts in published files, in every place that a format has for them, of the proof over files: `file.metadata`. */
import {
  exrImage,
  u32,
  withBytes,
  withExrAttribute,
  withJpegSegment,
  withPngChunk,
  withPngText,
  withTiffTag,
  withWebpChunk,
} from "./fileBytes.ts";
import { encodeExr } from "../../../daemon/adapters/images/exrWrite.ts";
import type { FileCase } from "./fileCase.ts";
import type { FileDefect, FileStrength } from "./fileDefects.ts";
import type { Leak } from "./fileTexts.ts";
import { COMFY_PROMPT, LEAKS } from "./fileTexts.ts";
import type { Chance } from "./random.ts";

type Place = (bytes: Uint8Array, leak: Leak) => Uint8Array;

const utf8 = (text: string): Buffer => Buffer.from(text, "utf8");

/** One field of EXIF: in the first directory, or UserComment (37510) in the one of EXIF, in a coding that it names first. */
export function exif(field: "description" | "make" | "comment" | "comment, UTF-16", text: string): Uint8Array {
  const ascii = Buffer.concat([utf8(text), Buffer.of(0)]);
  if (field === "description" || field === "make") return small([[field === "make" ? 271 : 270, 2, ascii]]);
  const wide = Buffer.from(text, "utf16le");
  const said =
    field === "comment"
      ? Buffer.concat([Buffer.from("ASCII\0\0\0", "latin1"), utf8(text)])
      : Buffer.concat([Buffer.from("UNICODE\0", "latin1"), wide.swap16()]);
  return small([], [37_510, 7, said]);
}

type Field = readonly [tag: number, type: number, data: Uint8Array];

/** A big-endian TIFF of one directory, and one of EXIF where it has a field. */
function small(first: readonly Field[], inner?: Field): Uint8Array {
  const entries = first.length + (inner === undefined ? 0 : 1);
  const innerAt = 8 + 2 + entries * 12 + 4;
  let at = innerAt + (inner === undefined ? 0 : 2 + 12 + 4);
  const bodies: Uint8Array[] = [];
  const entry = ([tag, type, data]: Field): Buffer => {
    const out = Buffer.alloc(12);
    out.writeUInt16BE(tag, 0);
    out.writeUInt16BE(type, 2);
    out.writeUInt32BE(data.length, 4);
    out.writeUInt32BE(at, 8);
    const even = Buffer.concat([data, Buffer.alloc(data.length % 2)]);
    bodies.push(even);
    at += even.length;
    return out;
  };
  const all = first.map(entry);
  const parts: Uint8Array[] = [];
  if (inner !== undefined) {
    const pointer = Buffer.alloc(12);
    pointer.writeUInt16BE(34_665, 0);
    pointer.writeUInt16BE(4, 2);
    pointer.writeUInt32BE(1, 4);
    pointer.writeUInt32BE(innerAt, 8);
    all.push(pointer);
    parts.push(Buffer.of(0, 1), entry(inner), Buffer.alloc(4));
  }
  const head = Buffer.from("MM\0*\0\0\0\x08", "latin1");
  return Buffer.concat([head, Buffer.of(0, entries), ...all, Buffer.alloc(4), ...parts, ...bodies]);
}

const xmp = (text: string): Buffer =>
  utf8(
    `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><exif:UserComment>${escaped(text)}</exif:UserComment></rdf:RDF></x:xmpmeta>`,
  );

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

const PNG_XMP = "XML:com.adobe.xmp";

const PNG: Readonly<Record<string, Place>> = {
  tEXt: (bytes, { name, text }) => withPngText(bytes, { name, text }, "tEXt"),
  zTXt: (bytes, { name, text }) => withPngText(bytes, { name, text }, "zTXt"),
  iTXt: (bytes, { name, text }) => withPngText(bytes, { name, text }, "iTXt"),
  "iTXt, packed": (bytes, { name, text }) => withPngText(bytes, { name, text }, "iTXt, packed"),
  "tEXt behind the picture": (bytes, { name, text }) => withPngText(bytes, { name, text }, "tEXt behind the picture"),
  "under another name": (bytes, { text }) => withPngText(bytes, { name: "Comment", text }, "iTXt"),
  XMP: (bytes, { text }) => withPngText(bytes, { name: PNG_XMP, text: xmp(text).toString() }, "iTXt"),
  EXIF: (bytes, { text }) => withPngChunk(bytes, "eXIf", exif("description", text)),
  "EXIF's comment, UTF-16": (bytes, { text }) => withPngChunk(bytes, "eXIf", exif("comment, UTF-16", text)),
};

const TIFF: Readonly<Record<string, Place>> = {
  ImageDescription: (bytes, { text }) => withTiffTag(bytes, 270, 2, Buffer.concat([utf8(text), Buffer.of(0)])),
  Software: (bytes, { text }) => withTiffTag(bytes, 305, 2, Buffer.concat([utf8(text), Buffer.of(0)])),
  Artist: (bytes, { text }) => withTiffTag(bytes, 315, 2, Buffer.concat([utf8(text), Buffer.of(0)])),
  XMP: (bytes, { text }) => withTiffTag(bytes, 700, 1, xmp(text)),
};

const strings = (text: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32LE(utf8(text).length);
  return Buffer.concat([length, utf8(text)]);
};

const EXR: Readonly<Record<string, Place>> = {
  "an attribute of its name": (bytes, { name, text }) =>
    withExrAttribute(bytes, { name, type: "string", value: utf8(text) }),
  "under another name": (bytes, { text }) =>
    withExrAttribute(bytes, { name: "comments", type: "string", value: utf8(text) }),
  "a list of strings": (bytes, { text }) =>
    withExrAttribute(bytes, { name: "notes", type: "stringvector", value: strings(text) }),
  XMP: (bytes, { text }) => withExrAttribute(bytes, { name: "xmp", type: "string", value: xmp(text) }),
};

const jpegExif = (bytes: Uint8Array, tiff: Uint8Array): Uint8Array =>
  withJpegSegment(bytes, 0xe1, Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]));

const JPEG: Readonly<Record<string, Place>> = {
  "a comment": (bytes, { text }) => withJpegSegment(bytes, 0xfe, utf8(text)),
  "EXIF's description": (bytes, { text }) => jpegExif(bytes, exif("description", text)),
  "EXIF's comment": (bytes, { text }) => jpegExif(bytes, exif("comment", text)),
  "EXIF's comment, UTF-16": (bytes, { text }) => jpegExif(bytes, exif("comment, UTF-16", text)),
  XMP: (bytes, { text }) =>
    withJpegSegment(bytes, 0xe1, Buffer.concat([Buffer.from("http://ns.adobe.com/xap/1.0/\0", "latin1"), xmp(text)])),
};

const WEBP: Readonly<Record<string, Place>> = {
  "EXIF, as ComfyUI does": (bytes, { name, text }) => withWebpChunk(bytes, "EXIF", exif("make", `${name}:${text}`)),
  "EXIF's comment, UTF-16": (bytes, { text }) => withWebpChunk(bytes, "EXIF", exif("comment, UTF-16", text)),
  XMP: (bytes, { text }) => withWebpChunk(bytes, "XMP ", xmp(text)),
};

/** Fixed fields of a DPX (SMPTE ST 268-1), and what a writer may put behind the headers. */
const DPX: Readonly<Record<string, Place>> = {
  creator: (bytes, { text }) => field(bytes, 160, 100, text),
  project: (bytes, { text }) => field(bytes, 260, 200, text),
  copyright: (bytes, { text }) => field(bytes, 460, 200, text),
  "user data": (bytes, { text }) => withUserData(bytes, text),
};

/** Behind the headers: the writer's name in 32 bytes, its text, and then the picture. */
function withUserData(bytes: Uint8Array, text: string): Uint8Array {
  const order = bytes[0] === 0x58 ? "LE" : "BE";
  const name = Buffer.alloc(32);
  name.write("a writer", 0, "latin1");
  const user = Buffer.concat([name, utf8(text), Buffer.alloc(4 - (utf8(text).length % 4))]);
  let head = bytes.subarray(0, 2_048);
  for (const at of [4, 808]) head = withBytes(head, at, u32(2_048 + user.length, order));
  head = withBytes(head, 16, u32(bytes.length + user.length, order));
  head = withBytes(head, 28, u32(user.length, order));
  return Buffer.concat([head, user, bytes.subarray(2_048)]);
}

/** Its beginning, as far as the field goes. */
function field(bytes: Uint8Array, at: number, length: number, text: string): Uint8Array {
  const out = Uint8Array.from(bytes);
  out.fill(0, at, at + length);
  out.set(utf8(text).subarray(0, length - 1), at);
  return out;
}

const PLACES = { png: PNG, tiff: TIFF, exr: EXR, jpeg: JPEG, webp: WEBP, dpx: DPX } as const;

/** In fields of 100 to 200 bytes only what says it at once can be known: ComfyUI's workflow. */
const shortLeaks = (format: string): readonly Leak[] =>
  format === "dpx" ? LEAKS.filter(({ by }) => by.startsWith("ComfyUI's workflow")) : LEAKS;

const inPlaces: readonly FileDefect[] = (Object.keys(PLACES) as (keyof typeof PLACES)[]).map((format) => ({
  check: "file.metadata",
  name: `a graph or prompt in ${format.toUpperCase()}`,
  says: "fail",
  on: (one) => one.format === format,
  strengths: Object.entries(PLACES[format]).map(
    ([name, put]): FileStrength => ({
      name,
      stated: true,
      make: (one: FileCase, random: Chance) => ({ result: put(one.result, random.pick(shortLeaks(format))) }),
    }),
  ),
}));

const LONG = `a lighthouse at dusk, ${"storm, ".repeat(900)}`;
const LATE = COMFY_PROMPT.replace(
  "{",
  `{"1":{"inputs":{"text":${JSON.stringify(LONG)}},"class_type":"CLIPTextEncode"},`,
);

export const LEAKING: readonly FileDefect[] = [
  ...LEAKS.map(
    (leak): FileDefect => ({
      check: "file.metadata",
      name: leak.by,
      says: "fail",
      on: ({ format }) => format === "png",
      strengths: [
        { name: "by its name", stated: true, make: ({ result }) => ({ result: withPngText(result, leak, "tEXt") }) },
        {
          name: "by its text alone",
          stated: true,
          make: ({ result }) => ({ result: withPngText(result, { name: "Note", text: leak.text }, "iTXt") }),
        },
      ],
    }),
  ),
  ...inPlaces,
  {
    check: "file.metadata",
    name: "a prompt so long that its graph stands beyond what is read",
    says: "fail",
    on: ({ format }) => format === "png" || format === "webp",
    strengths: [
      {
        name: "by its name",
        stated: true,
        make: (one) =>
          one.format === "png" ? { result: withPngText(one.result, { name: "prompt", text: LATE }, "iTXt") } : null,
      },
      {
        name: "WebP, as ComfyUI does",
        stated: true,
        make: (one) =>
          one.format === "webp" ? { result: withWebpChunk(one.result, "EXIF", exif("make", `prompt:${LATE}`)) } : null,
      },
    ],
  },
  {
    check: "file.metadata",
    name: "more texts than are read",
    says: "error",
    on: ({ format }) => format === "png",
    strengths: [
      {
        name: "300",
        stated: true,
        make: ({ result }) => {
          let all = result;
          for (let i = 0; i < 300; i += 1) all = withPngText(all, { name: `Note ${i}`, text: "of the day" }, "tEXt");
          return { result: all };
        },
      },
    ],
  },
  {
    check: "file.metadata",
    name: "no way to its record, of what was staged",
    says: "warn",
    on: ({ staged, format }) => staged && (format === "png" || format === "exr"),
    strengths: [
      {
        name: "PNG",
        stated: true,
        make: (one) => (one.format === "png" ? { result: withoutChunks(one.result) } : null),
      },
      {
        name: "EXR",
        stated: true,
        make: (one) => (one.format === "exr" ? { result: withoutPointer(one.result) } : null),
      },
    ],
  },
];

function withoutChunks(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes);
  const at = file.indexOf("iTXt", 8, "latin1") - 4;
  return Buffer.concat([file.subarray(0, at), file.subarray(at + 12 + file.readUInt32BE(at))]);
}

function withoutPointer(bytes: Uint8Array): Uint8Array {
  const image = exrImage(bytes);
  return encodeExr({ ...image, attributes: image.attributes.filter(({ name }) => !name.startsWith("ai:")) });
}
