/** The plainest DPX that there is (SMPTE ST 268-1), for the kit: one element, RGB, 10 bits in 32-bit words, big-endian, logarithmic. */
const HEADER_BYTES = 2_048;

/** `paint`: 0..1 at a place and channel. */
export function logDpx(
  width: number,
  height: number,
  paint: (x: number, y: number, channel: number) => number,
): Uint8Array {
  const file = Buffer.alloc(HEADER_BYTES + width * height * 4);
  file.write("SDPX", 0, "latin1");
  file.writeUInt32BE(HEADER_BYTES, 4);
  file.write("V1.0", 8, "latin1");
  file.writeUInt32BE(file.length, 16);
  file.writeUInt16BE(1, 770);
  file.writeUInt32BE(width, 772);
  file.writeUInt32BE(height, 776);
  file.writeUInt8(RGB, 800);
  file.writeUInt8(LOGARITHMIC, 801);
  file.writeUInt8(10, 803);
  file.writeUInt16BE(FILLED, 804);
  file.writeUInt32BE(HEADER_BYTES, 808);
  for (let i = 0; i < width * height; i += 1) {
    const code = (channel: number): number => Math.round(paint(i % width, Math.floor(i / width), channel) * 1023);
    file.writeUInt32BE(((code(0) << 22) | (code(1) << 12) | (code(2) << 2)) >>> 0, HEADER_BYTES + i * 4);
  }
  return file;
}

const RGB = 50;
const LOGARITHMIC = 3;
/** The spare bits at the low end. */
const FILLED = 1;
