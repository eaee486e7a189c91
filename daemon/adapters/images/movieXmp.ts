/**
 * Puts an XMP packet into an MP4: a `uuid` box of its own at the end of the file (XMP specification part 3, 1.2.7.1), where it
 * moves nothing that the movie's tables point at. An older one of the same kind is left out.
 */
import { broken } from "./byteSource.ts";

const XMP_UUID = Buffer.from("be7acfcb97a942e89c71999491e3afac", "hex");

export function withMovieXmp(mp4: Uint8Array, xmp: string): Uint8Array {
  const file = Buffer.from(mp4.buffer, mp4.byteOffset, mp4.length);
  const kept: Uint8Array[] = [];
  for (let at = 0; at < file.length; ) {
    const size = boxBytes(file, at);
    const own = file.toString("latin1", at + 4, at + 8) === "uuid" && file.subarray(at + 8, at + 24).equals(XMP_UUID);
    if (!own) kept.push(file.subarray(at, at + size));
    at += size;
  }
  const packet = Buffer.from(xmp, "utf8");
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + XMP_UUID.length + packet.length);
  head.write("uuid", 4, "latin1");
  return Buffer.concat([...kept, head, XMP_UUID, packet]);
}

/** 32-bit size, or 1 and a 64-bit one, or 0: up to the end (ISO/IEC 14496-12, 4.2). */
function boxBytes(file: Buffer, at: number): number {
  if (at + 8 > file.length) throw broken(`the movie ends inside a box at byte ${at}`);
  const short = file.readUInt32BE(at);
  const size =
    short === 0
      ? file.length - at
      : short === 1 && at + 16 <= file.length
        ? Number(file.readBigUInt64BE(at + 8))
        : short;
  if (size < 8 || at + size > file.length) throw broken(`the movie's box at byte ${at} says ${size} bytes`);
  return size;
}
