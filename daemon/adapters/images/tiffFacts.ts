/** What a TIFF says beside its pixels: tags of its first directory. */
import type { HeaderFacts } from "../../plugin.ts";
import type { ByteSource } from "./byteSource.ts";
import { headerTexts, TEXT_BYTES_MAX } from "./headerTexts.ts";
import type { TiffEntry } from "./tiffHead.ts";
import { tiffDirectory } from "./tiffHead.ts";

const TAG = { compression: 259, xResolution: 282, yResolution: 283, profile: 34_675 } as const;
/** TIFF 6 and its supplements. */
const COMPRESSIONS: Readonly<Record<number, string>> = {
  1: "none",
  5: "lzw",
  6: "jpeg",
  7: "jpeg",
  8: "deflate",
  32_773: "packbits",
  32_946: "deflate",
  34_712: "jpeg2000",
  34_925: "lzma",
  50_000: "zstd",
  50_001: "webp",
};
/** Of text and of XMP. */
const TEXTS: Readonly<Record<number, string>> = {
  269: "DocumentName",
  270: "ImageDescription",
  271: "Make",
  272: "Model",
  285: "PageName",
  305: "Software",
  306: "DateTime",
  315: "Artist",
  316: "HostComputer",
  700: "XMP",
  33_432: "Copyright",
  // As file managers write them, in UTF-16.
  40_091: "XPTitle",
  40_092: "XPComment",
  40_093: "XPAuthor",
  40_094: "XPKeywords",
  40_095: "XPSubject",
};
const RATIO = 5;

export function tiffFacts(
  source: ByteSource,
): Pick<HeaderFacts, "compression" | "pixelAspect" | "colorSpace" | "texts" | "textsUnread"> {
  const { entries, reader } = tiffDirectory(source);
  const entry = (tag: number): TiffEntry | null => entries.find((one) => one.tag === tag) ?? null;
  const ratio = (tag: number): number => {
    const found = entry(tag);
    if (found?.type !== RATIO || found.count !== 1) return Number.NaN;
    return reader(found.from(), 4) / reader(found.from() + 4, 4);
  };
  const texts = headerTexts();
  for (const one of entries) {
    const name = TEXTS[one.tag];
    const length = Math.min(one.count, TEXT_BYTES_MAX);
    if (name !== undefined && one.from() + length <= source.bytes) texts.add(name, source.take(one.from(), length));
  }
  const compression = entry(TAG.compression);
  const number = compression === null ? 1 : reader(compression.from(), 2);
  // So many pixels per unit: a wide pixel has fewer across than down.
  const aspect = ratio(TAG.yResolution) / ratio(TAG.xResolution);
  return {
    compression: COMPRESSIONS[number] ?? `number ${number}`,
    pixelAspect: Number.isFinite(aspect) && aspect > 0 ? aspect : null,
    colorSpace: entry(TAG.profile) === null ? null : "ICC",
    ...texts.said,
  };
}
