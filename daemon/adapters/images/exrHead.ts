/** An EXR's header as a plate's head: size, channels, depth; and what the built-in reader leaves to tools. */
import type { ByteSource } from "./byteSource.ts";
import { notReadable } from "./byteSource.ts";
import type { ExrFile } from "./exrHeader.ts";
import { parseExrFile, pictureOf } from "./exrHeader.ts";
import type { Head } from "./head.ts";

const CONVERT = "Convert it to scanline EXR with ZIP compression: oiiotool IN -o OUT --scanline --compression zip.";
const BUILT_IN: ReadonlySet<string> = new Set(["none", "rle", "zips", "zip", "piz"]);

/** Null where the built-in reader (exrRead.ts) reads it; else what it is, for people: "a tiled EXR". */
export function beyondBuiltIn(file: ExrFile): string | null {
  const header = pictureOf(file);
  if (file.multiPart) return "a multi-part EXR";
  if (header.tiles !== null) return "a tiled EXR";
  return BUILT_IN.has(header.compression) ? null : `an EXR with ${header.compression.toUpperCase()} compression`;
}

export function notBuiltIn(beyond: string): Error {
  return notReadable(`${beyond} can't be read yet`, CONVERT);
}

/**
 * The header as a plate's: its size is the display window, which is the picture that people mean. Refuses files that hold
 * no picture that a graph could be fed (no R, G, B and no Y).
 */
export function exrHead(source: ByteSource): Head {
  const file = parseExrFile(source);
  const beyond = beyondBuiltIn(file);
  if (beyond !== null) throw notBuiltIn(beyond);
  const header = pictureOf(file);
  const names = header.channels.map((channel) => channel.name);
  const rgb = ["R", "G", "B"].every((name) => names.includes(name));
  if (!rgb && !names.includes("Y")) {
    throw notReadable(
      `the EXR has no R, G, B (it has ${names.slice(0, 12).join(", ")})`,
      "Write the picture into R, G and B.",
    );
  }
  return {
    format: "exr",
    width: header.display[2],
    height: header.display[3],
    channels: header.channels.length,
    bitDepth: header.channels.every((channel) => channel.type === "half") ? 16 : 32,
    sampleType: "float",
    orientation: 1,
    colour: rgb ? "rgb" : "grey",
    alpha: names.includes("A"),
    profile: false,
  };
}
