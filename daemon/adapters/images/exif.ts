/**
 * EXIF's one field that changes how a picture is seen: tag 274, orientation 1..8. A damaged EXIF block is upright: it is
 * an ornament of the file, and no reason to refuse a plate.
 */
const ORIENTATION = 274;

/** `tiff`: the block after `Exif\0\0`, a small TIFF. */
export function exifOrientation(tiff: Uint8Array): number {
  const data = Buffer.from(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (data.length < 8) return 1;
  const order = data.toString("latin1", 0, 2);
  if (order !== "II" && order !== "MM") return 1;
  const u16 = (at: number) => (order === "II" ? data.readUInt16LE(at) : data.readUInt16BE(at));
  const u32 = (at: number) => (order === "II" ? data.readUInt32LE(at) : data.readUInt32BE(at));
  const directory = u32(4);
  if (directory + 2 > data.length) return 1;
  const entries = u16(directory);
  for (let i = 0; i < entries; i += 1) {
    const at = directory + 2 + i * 12;
    if (at + 12 > data.length) return 1;
    if (u16(at) !== ORIENTATION) continue;
    const value = u16(at + 8);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
