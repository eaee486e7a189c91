/**
 * Puts an XMP packet (tag 700, XMP specification part 3, 3.3) into a TIFF of our own encoder: little-endian, one directory.
 * The packet stands first in the file, so that whoever reads the first bytes finds it; everything else moves back by its size.
 */
import { assert } from "../../domain/errors.ts";

const XMP_TAG = 700;
const STRIP_OFFSETS = 273;
const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;
/** Bytes of a value by the format's type number; 0: no such type. */
const SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
const LONG = 4;
const BYTE = 1;

export function withTiffXmp(tiff: Uint8Array, xmp: string): Uint8Array {
  const file = Buffer.from(tiff.buffer, tiff.byteOffset, tiff.length);
  assert(file.toString("latin1", 0, 4) === "II*\0", "the encoder's TIFF is a little-endian one");
  const packet = Buffer.from(xmp, "utf8");
  // Even, as offsets should be.
  const shift = packet.length + (packet.length % 2);
  const directory = file.readUInt32LE(4);
  const count = file.readUInt16LE(directory);
  const moved = Buffer.concat([
    file.subarray(0, HEADER_BYTES),
    packet,
    Buffer.alloc(shift - packet.length),
    file.subarray(HEADER_BYTES),
  ]);
  const entries = Array.from({ length: count }, (_, i) => {
    const entry = Buffer.from(file.subarray(directory + 2 + i * ENTRY_BYTES, directory + 2 + (i + 1) * ENTRY_BYTES));
    moveValues(entry, moved, shift);
    return entry;
  }).filter((entry) => entry.readUInt16LE(0) !== XMP_TAG);
  const own = Buffer.alloc(ENTRY_BYTES);
  own.writeUInt16LE(XMP_TAG, 0);
  own.writeUInt16LE(BYTE, 2);
  own.writeUInt32LE(packet.length, 4);
  own.writeUInt32LE(HEADER_BYTES, 8);
  const sorted = [...entries, own].sort((a, b) => a.readUInt16LE(0) - b.readUInt16LE(0));
  const head = Buffer.alloc(2);
  head.writeUInt16LE(sorted.length);
  // The old directory stays behind as dead bytes; the new one, a tag longer, stands at the end.
  const padded = moved.length % 2 === 0 ? moved : Buffer.concat([moved, Buffer.alloc(1)]);
  padded.writeUInt32LE(padded.length, 4);
  return Buffer.concat([padded, head, ...sorted, Buffer.alloc(4)]);
}

/** An entry points at its values where they are longer than four bytes; those of the strips point at data themselves. */
function moveValues(entry: Buffer, moved: Buffer, shift: number): void {
  const values = entry.readUInt32LE(4);
  const outside = (SIZES[entry.readUInt16LE(2)] ?? 0) * values > 4;
  if (outside) entry.writeUInt32LE(entry.readUInt32LE(8) + shift, 8);
  if (entry.readUInt16LE(0) !== STRIP_OFFSETS) return;
  assert(entry.readUInt16LE(2) === LONG, "the encoder's strip offsets are 32-bit");
  if (!outside) entry.writeUInt32LE(entry.readUInt32LE(8) + shift, 8);
  else {
    const at = entry.readUInt32LE(8);
    for (let i = 0; i < values; i += 1) moved.writeUInt32LE(moved.readUInt32LE(at + i * 4) + shift, at + i * 4);
  }
}
