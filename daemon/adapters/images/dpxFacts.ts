/** What a DPX says beside its pixels (SMPTE ST 268-1): the orientation, film and television headers at their fixed places. */
import type { HeaderFacts } from "../../plugin.ts";
import type { ByteSource } from "./byteSource.ts";
import { rateText } from "./exrFacts.ts";
import { headerTexts, TEXT_BYTES_MAX } from "./headerTexts.ts";

const AT = {
  userBytes: 28,
  transfer: 801,
  aspect: 1_628,
  filmRate: 1_724,
  timecode: 1_920,
  televisionRate: 1_940,
} as const;
const HEADER_BYTES = 2_048;
const UNDEFINED = 0xffff_ffff;
const TEXTS: readonly (readonly [name: string, at: number, length: number])[] = [
  ["creator", 160, 100],
  ["project", 260, 200],
  ["copyright", 460, 200],
];
/** The first image element's transfer characteristic. */
const TRANSFERS: Readonly<Record<number, string>> = {
  1: "printing density",
  2: "linear",
  3: "logarithmic",
  4: "unspecified video",
  5: "SMPTE 274M",
  6: "Rec.709",
  7: "Rec.601 625",
  8: "Rec.601 525",
};

export function dpxFacts(
  source: ByteSource,
): Pick<
  HeaderFacts,
  "compression" | "pixelAspect" | "framesPerSecond" | "timecode" | "colorSpace" | "texts" | "textsUnread"
> {
  const bytes = Buffer.from(source.take(0, HEADER_BYTES));
  const little = bytes.toString("latin1", 0, 4) === "XPDS";
  const u32 = (at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const rate = (at: number): string | null => rateText(little ? bytes.readFloatLE(at) : bytes.readFloatBE(at));
  const [across, down] = [u32(AT.aspect), u32(AT.aspect + 4)];
  const texts = headerTexts();
  for (const [name, at, length] of TEXTS) {
    const end = bytes.indexOf(0, at);
    const text = bytes.subarray(at, Math.min(at + length, end < 0 ? at : end));
    // A field that was never filled in is all ones.
    if (text.length > 0 && text[0] !== 0xff) texts.add(name, text);
  }
  const user = u32(AT.userBytes);
  // What a writer puts behind the headers begins with its own name.
  if (user > 0 && user !== UNDEFINED && HEADER_BYTES + user <= source.bytes)
    texts.add("user data", () => source.take(HEADER_BYTES, Math.min(user, TEXT_BYTES_MAX)));
  return {
    compression: "none",
    pixelAspect: [across, down].every((one) => one > 0 && one !== UNDEFINED) ? across / down : null,
    framesPerSecond: rate(AT.filmRate) ?? rate(AT.televisionRate),
    timecode: timecodeOf(u32(AT.timecode)),
    colorSpace: TRANSFERS[bytes.readUInt8(AT.transfer)] ?? null,
    ...texts.said,
  };
}

/** Two decimal digits a byte: hours, minutes, seconds, frames. Zeros are what writers leave that know none. */
function timecodeOf(word: number): string | null {
  if (word === 0 || word === UNDEFINED) return null;
  const digits = word.toString(16).padStart(8, "0");
  return /^\d{8}$/.test(digits) ? (digits.match(/../g) ?? []).join(":") : null;
}
