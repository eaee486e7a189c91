/** Headers that are not as promised or not the plate's, of the proof over files: `header.size`, `header.format`, `header.meta`. */
import type { ExrAttribute } from "../../../daemon/adapters/images/exrAttributes.ts";
import { textAttribute } from "../../../daemon/adapters/images/exrAttributes.ts";
import { encodeExr } from "../../../daemon/adapters/images/exrWrite.ts";
import { headerFactsIn } from "../../../daemon/adapters/images/headerFacts.ts";
import { exrImage, exrValueAt, pngChunks, u32, withBytes, withPngChunk } from "./fileBytes.ts";
import type { FileCase } from "./fileCase.ts";
import type { FileDefect, FileStrength } from "./fileDefects.ts";
import type { Change } from "./fileLook.ts";
import { codeFile, codes } from "./filePictures.ts";
import type { Chance } from "./random.ts";

const isExr = ({ format }: FileCase): boolean => format === "exr";
const onExrPlate = ({ format, plate }: FileCase): boolean => format === "exr" && plate?.extension === "exr";
const sized = ({ expected }: FileCase): boolean => expected.width !== null;

/** The plan asked for another size than there is. */
const otherSize = (name: string, width: number, height: number): FileStrength => ({
  name,
  stated: true,
  make: ({ expected }) => ({
    expected: { ...expected, width: (expected.width ?? 0) + width, height: (expected.height ?? 0) + height },
  }),
});

const moved = (window: "dataWindow" | "displayWindow", name: string, by: readonly number[]): FileStrength => ({
  name,
  stated: true,
  make: ({ result }) => {
    const at = exrValueAt(result, window, "box2i");
    const view = new DataView(result.buffer, result.byteOffset + at, 16);
    const sides = by.map((add, i) => view.getInt32(i * 4, true) + add);
    return { result: withWindow(result, window, sides) };
  },
});

/** Lines are numbered by the data window: it is moved by writing the picture again. */
function withWindow(result: Uint8Array, window: "dataWindow" | "displayWindow", sides: readonly number[]): Uint8Array {
  const image = exrImage(result);
  const [left = 0, top = 0, right = 0, bottom = 0] = sides;
  const box = [left, top, right - left + 1, bottom - top + 1] as const;
  return encodeExr(window === "dataWindow" ? { ...image, data: box } : { ...image, display: box });
}

/** One 16-bit or 8-bit picture more beside its plate, as a graph that saves otherwise makes it. */
async function savedAs(one: FileCase, kind: "png" | "jpeg" | "webp", random: Chance): Promise<Change | null> {
  const { width, height } = one.expected;
  if (width === null || height === null || width > 300) return null;
  const of = { channels: 3, bits: 8, seed: Math.floor(random.between(1, 1e6)) } as const;
  const result = await codeFile(kind, { width, height, ...of, data: codes({ width, height }, of) });
  return { result };
}

function without(one: FileCase, name: string): Change | null {
  const image = exrImage(one.result);
  if (!image.planes.some((plane) => plane.name === name)) return null;
  return { result: encodeExr({ ...image, planes: image.planes.filter((plane) => plane.name !== name) }) };
}

/** The first two channels of the list change places; the lines stay as they were. */
function unordered({ result }: FileCase): Change {
  const at = exrValueAt(result, "channels", "chlist");
  const file = Buffer.from(result);
  const first = file.indexOf(0, at) + 17;
  const second = file.indexOf(0, first) + 17;
  return { result: withBytes(result, at, Buffer.concat([file.subarray(first, second), file.subarray(at, first)])) };
}

const PACKINGS = { pxr24: 5, b44: 6, b44a: 7, dwaa: 8, dwab: 9 } as const;

export const packedAs = ({ result }: FileCase, packing: keyof typeof PACKINGS): Change => {
  return {
    result: withBytes(result, exrValueAt(result, "compression", "compression"), Uint8Array.of(PACKINGS[packing])),
  };
};

const FORMAT: readonly FileDefect[] = [
  {
    check: "header.format",
    name: "a channel of the plate is gone",
    says: "fail",
    on: onExrPlate,
    strengths: ["G", "A", "matte.fg", "id"].map((name) => ({ name, stated: true, make: (one) => without(one, name) })),
  },
  {
    check: "header.format",
    name: "a colour is gone, no plate",
    says: "fail",
    on: ({ plate, format }) => plate === null && format === "exr",
    strengths: ["R", "G", "B"].map((name) => ({ name, stated: true, make: (one) => without(one, name) })),
  },
  {
    check: "header.format",
    name: "channels out of order",
    says: "fail",
    on: isExr,
    strengths: [{ name: "two", stated: true, make: unordered }],
  },
  {
    check: "header.format",
    name: "fewer bits",
    says: "fail",
    on: ({ expected, format }) => expected.bitDepth === 16 && format !== "exr",
    strengths: [{ name: "8 of 16 promised", stated: true, make: (one, random) => savedAs(one, "png", random) }],
  },
  {
    check: "header.format",
    name: "fewer bits than the plate's, none promised",
    says: "warn",
    on: ({ plate, format }) => format !== "exr" && plate !== null && bitsOf(plate.bytes) === 16,
    strengths: [
      {
        name: "8 of 16",
        stated: true,
        make: async (one, random) => {
          const saved = await savedAs(one, "png", random);
          return saved === null ? null : { ...saved, expected: { ...one.expected, bitDepth: null } };
        },
      },
    ],
  },
  {
    check: "header.format",
    name: "packed with loss, the plate is not",
    says: "fail",
    on: ({ plate }) => plate !== null && plate.extension !== "jpg" && plate.extension !== "webp",
    strengths: [
      { name: "JPEG", stated: true, make: (one, random) => lossy(one, "jpeg", random) },
      { name: "WebP", stated: true, make: (one, random) => lossy(one, "webp", random) },
      ...(["b44", "dwaa", "dwab"] as const).map((packing) => ({
        name: packing.toUpperCase(),
        stated: true,
        make: (one: FileCase) => (isExr(one) ? packedAs(one, packing) : null),
      })),
    ],
  },
  {
    check: "header.format",
    name: "packed with loss, no plate",
    says: "warn",
    on: ({ plate, format }) => plate === null && format === "exr",
    strengths: [{ name: "DWAB", stated: true, make: (one) => packedAs(one, "dwab") }],
  },
];

/** Of 8 bits, so that only the packing can be wrong. */
async function lossy(one: FileCase, kind: "jpeg" | "webp", random: Chance): Promise<Change | null> {
  if (one.plate === null || bitsOf(one.plate.bytes) !== 8) return null;
  const saved = await savedAs(one, kind, random);
  return saved === null ? null : { ...saved, expected: { ...one.expected, bitDepth: null } };
}

function bitsOf(bytes: Uint8Array): number {
  return Number(/\d+$/.exec(headerFactsIn(bytes)?.channels[0]?.type ?? "")?.[0] ?? 0);
}

const plateSays = (one: FileCase, field: "timecode" | "reel" | "colorSpace" | "framesPerSecond"): boolean =>
  one.plate !== null && (headerFactsIn(one.plate.bytes)?.[field] ?? null) !== null;

/** null where the plate does not say it. */
function otherAttribute(
  field: "timecode" | "reel" | "colorSpace" | "framesPerSecond",
  change: (now: ExrAttribute) => ExrAttribute | null,
): FileStrength["make"] {
  return (one) => {
    if (!onExrPlate(one) || !plateSays(one, field)) return null;
    const image = exrImage(one.result);
    const names = {
      timecode: "timeCode",
      reel: "reelName",
      framesPerSecond: "framesPerSecond",
      colorSpace: "",
    } as const;
    const mine = ({ name }: ExrAttribute) =>
      field === "colorSpace" ? /^(colorInteropID|oiio:ColorSpace)$/.test(name) : name === names[field];
    const attributes = image.attributes.flatMap((attribute) => {
      const now = mine(attribute) ? change(attribute) : attribute;
      return now === null ? [] : [now];
    });
    return { result: encodeExr({ ...image, attributes }) };
  };
}

const nextFrame = (now: ExrAttribute): ExrAttribute => ({
  ...now,
  value: Uint8Array.from(now.value, (byte, i) => (i === 0 ? byte ^ 1 : byte)),
});

const META: readonly FileDefect[] = [
  {
    check: "header.meta",
    name: "another pixel aspect than the plate's",
    says: "warn",
    on: onExrPlate,
    strengths: ([1.0001, 1.0005, 1.001, 2] as const).map((by) => ({
      name: by === 2 ? "twice as wide" : `${((by - 1) * 100).toFixed(2)} %`,
      stated: by > 1.0002,
      make: ({ result }) => {
        const at = exrValueAt(result, "pixelAspectRatio", "float");
        const now = new DataView(result.buffer, result.byteOffset + at, 4).getFloat32(0, true);
        return { result: withBytes(result, at, new Uint8Array(Float32Array.of(now * by).buffer)) };
      },
    })),
  },
  {
    check: "header.meta",
    name: "not what the plate says: EXR",
    says: "warn",
    on: onExrPlate,
    strengths: [
      { name: "time code 1 frame off", stated: true, make: otherAttribute("timecode", nextFrame) },
      { name: "time code lost", stated: true, make: otherAttribute("timecode", () => null) },
      { name: "reel lost", stated: true, make: otherAttribute("reel", () => null) },
      {
        name: "reel, one letter",
        stated: true,
        make: otherAttribute("reel", (now) => textAttribute(now.name, "A000C000_R0")),
      },
      { name: "rate lost", stated: true, make: otherAttribute("framesPerSecond", () => null) },
      {
        name: "rate 1/1000",
        stated: true,
        make: otherAttribute("framesPerSecond", (now) => ({
          ...now,
          value: Buffer.concat([u32(23_976, "LE"), u32(1_000, "LE")]),
        })),
      },
      {
        name: "colour space",
        stated: true,
        make: otherAttribute("colorSpace", (now) => textAttribute(now.name, "lin_ap1_of_another")),
      },
    ],
  },
  {
    check: "header.meta",
    name: "not what the plate says: DPX",
    says: "warn",
    on: ({ format, plate }) => format === "dpx" && plate !== null,
    strengths: [
      {
        name: "transfer",
        stated: true,
        make: ({ result }) => ({ result: withBytes(result, 801, Uint8Array.of(result[801] === 6 ? 2 : 6)) }),
      },
      {
        name: "time code 1 frame off",
        stated: true,
        make: (one) => (plateSays(one, "timecode") ? { result: flippedCode(one.result) } : null),
      },
    ],
  },
  {
    check: "header.meta",
    name: "not what the plate says: PNG",
    says: "warn",
    on: ({ format, plate }) => format === "png" && plate?.extension === "png",
    strengths: [
      {
        name: "a plate of wide pixels",
        stated: true,
        make: ({ plate }) =>
          plate === null || pngChunks(plate.bytes).some(({ type }) => type === "pHYs")
            ? null
            : {
                plate: {
                  ...plate,
                  bytes: withPngChunk(
                    plate.bytes,
                    "pHYs",
                    Buffer.concat([u32(1_000, "BE"), u32(2_000, "BE"), Buffer.of(0)]),
                  ),
                },
              },
      },
    ],
  },
];

/** The lowest digit of the frames, in either byte order. */
function flippedCode(result: Uint8Array): Uint8Array {
  const little = result[0] === 0x58;
  const at = little ? 1_920 : 1_923;
  return withBytes(result, at, Uint8Array.of((result[at] as number) ^ 1));
}

export const HEADERS: readonly FileDefect[] = [
  {
    check: "header.size",
    name: "another size than was planned",
    says: "fail",
    on: sized,
    strengths: [otherSize("1 px wider", 1, 0), otherSize("1 row less", 0, -1), otherSize("cropped by 8 px", 6, 0)],
  },
  {
    check: "header.size",
    name: "other windows than the plate's",
    says: "fail",
    on: onExrPlate,
    strengths: [
      moved("dataWindow", "data, moved by 1 px", [1, 0, 1, 0]),
      moved("displayWindow", "display, moved by 1 px", [1, 0, 1, 0]),
      moved("displayWindow", "both corners by 4 rows", [0, 4, 0, 4]),
    ],
  },
  ...FORMAT,
  ...META,
];
