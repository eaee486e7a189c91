/** An EXR's header as a plate's head: size, channels, depth; and what the built-in reader leaves to tools. */
import type { ByteSource } from "./byteSource.ts";
import { notReadable } from "./byteSource.ts";
import { coloursOf, noColours } from "./exrColours.ts";
import type { ExrFile } from "./exrHeader.ts";
import { parseExrFile, pictureOf } from "./exrHeader.ts";
import type { Head } from "./head.ts";
import type { ToolName } from "./toolFind.ts";

const CONVERT = "Convert it to scanline EXR with ZIP compression: oiiotool IN -o OUT --scanline --compression zip.";
const BUILT_IN: ReadonlySet<string> = new Set(["none", "rle", "zips", "zip", "piz"]);

/** Null where the built-in reader (exrRead.ts) reads it; else what it is, for people: "a tiled EXR". */
export function beyondBuiltIn(file: ExrFile): string | null {
  const header = pictureOf(file);
  if (file.multiPart) return "a multi-part EXR";
  if (header.tiles !== null) return "a tiled EXR";
  return BUILT_IN.has(header.compression) ? null : `an EXR with ${header.compression.toUpperCase()} compression`;
}

/** Compressions whose pixels were measured to be equal to OpenEXR's own, bit for bit. */
const EXACT: ReadonlySet<string> = new Set(["pxr24", "b44", "b44a", "piz", "rle", "zip", "zips", "none"]);
/** One part of scanlines; R, G, B and perhaps A, of one kind; nothing outside the picture; a display that begins at 0, 0. */
function ffmpegReads(file: ExrFile): boolean {
  const { channels, compression, data, display, tiles } = pictureOf(file);
  const names = channels.map((channel) => channel.name).join("");
  const kinds = new Set(channels.map((channel) => channel.type));
  return (
    !file.multiPart &&
    tiles === null &&
    EXACT.has(compression) &&
    (names === "BGR" || names === "ABGR") &&
    kinds.size === 1 &&
    !kinds.has("uint") &&
    data[0] === 0 &&
    data[1] === 0 &&
    data.join() === display.join()
  );
}

/**
 * The tools that read what the built-in reader leaves, the preferred one first. Whole numbers of 32 bits fit no type in which
 * tools hand pixels over: HP-PLATE-KIND.
 */
export function exrTools(file: ExrFile): readonly ToolName[] {
  if (pictureOf(file).channels.some((channel) => channel.type === "uint"))
    throw notReadable(`${beyondBuiltIn(file) ?? "an EXR"} with channels of whole numbers can't be read`, CONVERT);
  return ffmpegReads(file) ? ["ffmpeg", "oiiotool"] : ["oiiotool"];
}

export function notBuiltIn(beyond: string): Error {
  return notReadable(`${beyond} is not read by the built-in reader`, CONVERT);
}

/**
 * The header as a plate's: its size is the display window, which is the picture that people mean. Refuses files that hold
 * no picture that a graph could be fed (exrColours.ts).
 */
export function exrHead(source: ByteSource): Head {
  const file = parseExrFile(source);
  const beyond = beyondBuiltIn(file);
  const header = pictureOf(file);
  const names = header.channels.map((channel) => channel.name);
  const colours = coloursOf(names);
  if (colours === null) throw noColours(names);
  return {
    ...(beyond === null ? {} : { beyond: { what: beyond, tools: exrTools(file) } }),
    format: "exr",
    width: header.display[2],
    height: header.display[3],
    channels: header.channels.length,
    bitDepth: header.channels.every((channel) => channel.type === "half") ? 16 : 32,
    sampleType: "float",
    orientation: 1,
    colour: colours.names.Y === undefined ? "rgb" : "grey",
    alpha: colours.names.A !== undefined,
    profile: false,
  };
}
