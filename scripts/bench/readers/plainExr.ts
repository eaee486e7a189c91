/** The plainest EXR that there is, for the bench: one part, scanlines, no compression, half channels. Tools make the others of it. */
import type { Frame } from "./paintFrame.ts";

export function plainExr(frame: Frame): Buffer {
  const { width, height, planes } = frame;
  const box = int32(0, 0, width - 1, height - 1);
  const channel = (name: string): Buffer => Buffer.concat([Buffer.from(`${name}\0`), int32(1, 0, 1, 1)]);
  const head = Buffer.concat([
    int32(20_000_630, 2),
    attribute("channels", "chlist", Buffer.concat([channel("B"), channel("G"), channel("R"), Buffer.from([0])])),
    attribute("compression", "compression", Buffer.from([0])),
    attribute("dataWindow", "box2i", box),
    attribute("displayWindow", "box2i", box),
    attribute("lineOrder", "lineOrder", Buffer.from([0])),
    attribute("pixelAspectRatio", "float", Buffer.from(Float32Array.of(1).buffer)),
    attribute("screenWindowCenter", "v2f", Buffer.alloc(8)),
    attribute("screenWindowWidth", "float", Buffer.from(Float32Array.of(1).buffer)),
    Buffer.from([0]),
  ]);
  const line = width * 6;
  const table = BigUint64Array.from({ length: height }, (_, y) => BigInt(head.length + height * 8 + y * (line + 8)));
  const rows = Buffer.alloc(height * (line + 8));
  for (let y = 0; y < height; y += 1) {
    const at = y * (line + 8);
    rows.writeInt32LE(y, at);
    rows.writeInt32LE(line, at + 4);
    [...planes].reverse().forEach((plane, c) => {
      rows.set(new Uint8Array(plane.buffer, plane.byteOffset + y * width * 2, width * 2), at + 8 + c * width * 2);
    });
  }
  return Buffer.concat([head, Buffer.from(table.buffer), rows]);
}

function attribute(name: string, type: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${name}\0${type}\0`), int32(value.length), value]);
}

function int32(...values: readonly number[]): Buffer {
  return Buffer.from(Int32Array.from(values).buffer);
}
