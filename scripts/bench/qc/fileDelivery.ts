/** What a delivery does not take, of the proof over files: `delivery.exr`, `delivery.dpx`, `delivery.name`. */
import { textAttribute } from "../../../daemon/adapters/images/exrAttributes.ts";
import type { Plane } from "../../../daemon/adapters/images/exrRead.ts";
import { encodeExr } from "../../../daemon/adapters/images/exrWrite.ts";
import { HALF } from "../../../daemon/adapters/images/half.ts";
import { exrImage, withExrAttribute } from "./fileBytes.ts";
import type { FileCase } from "./fileCase.ts";
import type { FileDefect, FileStrength } from "./fileDefects.ts";
import { packedAs } from "./fileHeaders.ts";
import type { Change } from "./fileLook.ts";
import { dpxFile, lightFile } from "./filePictures.ts";
import type { Chance } from "./random.ts";

const isExr = ({ format }: FileCase): boolean => format === "exr";

function asFloat(one: FileCase, names: readonly string[]): Change {
  const image = exrImage(one.result);
  const planes = image.planes.map((plane): Plane => {
    const { name, type, data } = plane;
    if (!names.includes(name) || type !== "half") return plane;
    return { name, type: "float", data: Float32Array.from(data, (bits) => HALF[bits] as number) };
  });
  return { result: encodeExr({ ...image, planes }) };
}

/** As cameras, transcoders and OCIO's studio config name them. */
const LOGS = [
  "ACEScct",
  "ACEScc",
  "ARRI LogC3 (EI800)",
  "ARRI LogC4",
  "Input - ARRI - V3 LogC (EI800) - Wide Gamut",
  "S-Log3 S-Gamut3.Cine",
  "Sony SLog3",
  "V-Log V-Gamut",
  "Log3G10 REDWideGamutRGB",
  "REDLog3G10",
  "CanonLog3 CinemaGamut D55",
  "Canon Log 2",
  "N-Log",
  "F-Log2",
  "Apple Log",
  "D-Log D-Gamut",
  "BMDFilm WideGamut Gen5",
  "DaVinci Intermediate WideGamut",
  "Cineon",
  "logarithmic",
  "Printing Density",
  "ADX10",
  "ADX16",
  "AlexaV3LogC",
  "slog3_sgamut3",
  "arri_logc4",
] as const;

/** A data window that leaves something of the display window open. */
const holes = (name: string, side: 0 | 1 | 2 | 3): FileStrength => ({
  name,
  stated: true,
  make: (one) => {
    const image = exrImage(one.result);
    const box = [...image.display] as [number, number, number, number];
    if (side === 0) box[0] -= 1;
    if (side === 1) box[1] -= 1;
    // A row or column more of what is shown than the data window has.
    box[side === 0 || side === 2 ? 2 : 3] += 1;
    const [left, top, width, height] = image.data;
    const [x, y, wide, high] = box;
    const covered = left <= x && top <= y && left + width >= x + wide && top + height >= y + high;
    return covered ? null : { result: encodeExr({ ...image, display: box }) };
  },
});

const narrow = (name: string, width: number): FileStrength => ({
  name,
  stated: true,
  make: (_, random) => ({
    result: lightFile({
      data: [0, 0, width, 3],
      display: [0, 0, width, 3],
      packing: "zip",
      channels: (["R", "G", "B"] as const).map((one) => ({ name: one, type: "half" })),
      attributes: [],
      seed: Math.floor(random.between(1, 1e6)),
    }),
  }),
});

const EXR: readonly FileDefect[] = [
  {
    check: "delivery.exr",
    name: "colours that are not half",
    says: "fail",
    on: isExr,
    strengths: [
      { name: "one channel", stated: true, make: (one) => asFloat(one, ["B"]) },
      { name: "all", stated: true, make: (one) => asFloat(one, ["R", "G", "B"]) },
    ],
  },
  {
    check: "delivery.exr",
    name: "packed otherwise than none, ZIP, ZIPS, PIZ",
    says: "fail",
    on: isExr,
    strengths: (["pxr24", "b44", "b44a", "dwaa", "dwab"] as const).map((packing) => ({
      name: packing.toUpperCase(),
      stated: true,
      make: (one: FileCase) => packedAs(one, packing),
    })),
  },
  {
    check: "delivery.exr",
    name: "a logarithmic colour space",
    says: "fail",
    on: isExr,
    strengths: LOGS.map((name) => ({
      name,
      stated: true,
      make: ({ result }: FileCase, random: Chance) => ({
        // Whichever name stands first is read: no other one may.
        result: withExrAttribute(
          withoutSpaces(result),
          textAttribute(random.pick(["oiio:ColorSpace", "colorInteropID", "colorSpace"]), name),
        ),
      }),
    })),
  },
  {
    check: "delivery.exr",
    name: "a data window with holes",
    says: "fail",
    on: isExr,
    strengths: [
      holes("1 column, left", 0),
      holes("1 row, top", 1),
      holes("1 column, right", 2),
      holes("1 row, bottom", 3),
    ],
  },
  {
    check: "delivery.exr",
    name: "too few square pixels",
    says: "warn",
    on: isExr,
    strengths: [narrow("3839", 3_839), narrow("2048", 2_048), narrow("64", 64)],
  },
  {
    check: "delivery.exr",
    name: "no delivery format",
    says: "warn",
    on: ({ format }) => format !== "exr" && format !== "dpx",
    strengths: (["png", "tiff", "jpeg", "webp"] as const).map((format) => ({
      name: format.toUpperCase(),
      stated: true,
      make: (one: FileCase) => (one.format === format ? {} : null),
    })),
  },
];

function withoutSpaces(result: Uint8Array): Uint8Array {
  const image = exrImage(result);
  const attributes = image.attributes.filter(({ name }) => !/^(colorInteropID|oiio:ColorSpace|colorSpace)$/.test(name));
  return encodeExr({ ...image, attributes });
}

/** Beside a plate of so many bits in that transfer; none: no plate. */
const log = (
  name: string,
  of: {
    readonly bits: 8 | 10 | 12;
    readonly transfer: number;
    readonly plate: { readonly bits: 10 | 16; readonly transfer: number } | null;
    readonly warns?: true;
  },
): FileStrength => ({
  name,
  stated: true,
  ...(of.warns === true ? { says: "warn" } : {}),
  make: (_, random) => {
    const picture = {
      width: 64,
      height: 16,
      channels: 3,
      packing: of.bits === 10 ? 1 : 0,
      seed: Math.floor(random.between(1, 1e6)),
    } as const;
    return {
      result: dpxFile({ ...picture, bits: of.bits, transfer: of.transfer }),
      plate: of.plate === null ? null : { bytes: dpxFile({ ...picture, ...of.plate, packing: 1 }), extension: "dpx" },
    };
  },
});

const isDpx = ({ format }: FileCase): boolean => format === "dpx";
const DPX: readonly FileDefect[] = [
  {
    check: "delivery.dpx",
    name: "fewer than 16 bits, no capture of 10-bit log",
    says: "fail",
    on: isDpx,
    strengths: [
      log("8 bits", { bits: 8, transfer: 3, plate: { bits: 10, transfer: 3 } }),
      log("10 bits, linear", { bits: 10, transfer: 2, plate: { bits: 10, transfer: 3 } }),
      log("10 bits, video", { bits: 10, transfer: 6, plate: null }),
      log("12 bits, linear", { bits: 12, transfer: 2, plate: null }),
      log("10 bits of a 16-bit log plate", { bits: 10, transfer: 3, plate: { bits: 16, transfer: 3 } }),
      log("10-bit log of a linear plate", { bits: 10, transfer: 3, plate: { bits: 10, transfer: 2 } }),
      log("10-bit log without a plate", { bits: 10, transfer: 3, plate: null, warns: true }),
    ],
  },
];

/** Into the file's own name, before its number. */
const withIn = (name: string, letters: string): FileStrength => ({
  name,
  stated: true,
  make: ({ publishAs }, random) => {
    const from = publishAs.lastIndexOf("/") + 1;
    const at = Math.floor(random.between(from, publishAs.lastIndexOf(".")));
    return { publishAs: `${publishAs.slice(0, at)}${letters}${publishAs.slice(at)}` };
  },
});

const NAMES: readonly FileDefect[] = [
  {
    check: "delivery.name",
    name: "a letter that mastering does not take",
    says: "fail",
    on: () => true,
    strengths: [
      ...[" ", "#", "(", "%", ":", "\\", ",", "+", "@", "'", "~"].map((letter) =>
        withIn(letter === " " ? "a space" : `\`${letter}\``, letter),
      ),
      withIn("an umlaut", "\u00e4"),
      withIn("an umlaut of two code points", "a\u0308"),
      withIn("Cyrillic that looks Latin", "\u0430"),
      withIn("a picture", "\u{1f3ac}"),
      withIn("a tab", "\t"),
      withIn("a letter of no width", "\u200b"),
    ],
  },
  {
    check: "delivery.name",
    name: "another structure than VERSION/WIDTHxHEIGHT/VERSION.FRAME, where it is demanded",
    says: "fail",
    on: ({ format }) => format === "exr",
    strengths: [
      structured("no folder of the size", (_, version) => `/show/${version}/full/${version}.1001.exr`),
      structured("the size of another picture", (_, version) => `/show/${version}/1x1/${version}.1001.exr`),
      structured("no folder of the version", (size, version) => `/show/v7/${size}/${version}.1001.exr`),
      structured("another version's folder", (size, version) => `/show/${version}1/${size}/${version}.1001.exr`),
    ],
  },
];

function structured(name: string, path: (size: string, version: string) => string): FileStrength {
  return {
    name,
    stated: true,
    make: ({ expected }, random) => {
      if (expected.width === null) return null;
      const version = `ATBP_0A1_010_FG01_v00${Math.floor(random.between(1, 9))}`;
      return {
        publishAs: path(`${expected.width}x${expected.height}`, version),
        limits: { resolutionFolder: 1, versionFolder: 1 },
      };
    },
  };
}

export const DELIVERY: readonly FileDefect[] = [...EXR, ...DPX, ...NAMES];
