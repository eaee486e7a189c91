/**
 * What an image file says beside its pixels, for checks: from its first bytes, its chunk or tag list, never by decoding. Kinds that
 * Hotplate refuses say nothing here; a strange value in a file that is fine otherwise is null, never a reason to fail.
 */
import type { HeaderFacts } from "../../plugin.ts";
import { HotplateError, systemCode } from "../../domain/errors.ts";
import type { ByteSource } from "./byteSource.ts";
import { bytesSource, withFile } from "./byteSource.ts";
import { dpxFacts } from "./dpxFacts.ts";
import { exrFacts } from "./exrFacts.ts";
import type { Head } from "./head.ts";
import { readHead } from "./head.ts";
import { isExr } from "./isExr.ts";
import { jpegTexts, webpFacts } from "./lossyFacts.ts";
import { pngFacts } from "./pngFacts.ts";
import { tiffFacts } from "./tiffFacts.ts";

/** null: the file is not there, can't be read, or is of a kind that Hotplate refuses. */
export function headerFactsAt(path: string): HeaderFacts | null {
  return orNone(() => withFile(path, headerFacts));
}

/** The same of a file in memory: one that was read to be decoded is not opened again for every chunk of it. */
export function headerFactsIn(bytes: Uint8Array): HeaderFacts | null {
  return orNone(() => headerFacts(bytesSource(bytes)));
}

function orNone(read: () => HeaderFacts): HeaderFacts | null {
  try {
    return read();
  } catch (error) {
    // What is wrong with the file, `file.decodes` tells; without its header there is nothing to compare.
    if (error instanceof HotplateError || systemCode(error) !== null) return null;
    throw error;
  }
}

export function headerFacts(source: ByteSource): HeaderFacts {
  // Also of one that holds no picture (a channel of it is gone, or it holds mattes alone): what is missing, checks must see.
  if (isExr(source.take(0, Math.min(4, source.bytes)))) return exrHeaderFacts(source);
  const head = readHead(source);
  const base = plainFacts(head);
  switch (head.format) {
    case "exr":
      return exrHeaderFacts(source);
    case "png":
      return { ...base, ...pngFacts(source) };
    case "tiff":
      return { ...base, ...tiffFacts(source) };
    case "dpx":
      return { ...base, ...dpxFacts(source) };
    case "jpeg":
      return { ...base, compression: "jpeg", ...jpegTexts(source) };
    case "webp":
      return { ...base, ...webpFacts(source) };
  }
}

function exrHeaderFacts(source: ByteSource): HeaderFacts {
  const facts = exrFacts(source);
  const [, , width = 0, height = 0] = facts.windows?.display ?? [];
  return { format: "exr", width, height, ...facts };
}

function plainFacts(head: Head): HeaderFacts {
  const names = head.colour === "grey" ? ["Y"] : ["R", "G", "B"];
  const type = `${head.sampleType}${head.bitDepth}`;
  return {
    format: head.format,
    width: head.width,
    height: head.height,
    windows: null,
    compression: null,
    channels: (head.alpha ? [...names, "A"] : names).map((name) => ({ name, type })),
    pixelAspect: null,
    framesPerSecond: null,
    timecode: null,
    reel: null,
    colorSpace: null,
    texts: [],
  };
}
