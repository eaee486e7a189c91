/**
 * WebP (RIFF container, RFC 9649): size and alpha from the first chunk. Animations are refused: a plate frame is one
 * picture.
 */
import type { ByteSource } from "./byteSource.ts";
import { broken, notReadable } from "./byteSource.ts";
import type { Head } from "./head.ts";

export function webpHead(source: ByteSource): Head {
  const data = Buffer.from(source.take(0, Math.min(30, source.bytes)));
  if (data.length < 30) throw broken(`the WebP ends inside its header (${source.bytes} bytes)`);
  const riffBytes = data.readUInt32LE(4) + 8;
  if (riffBytes > source.bytes) throw broken(`the WebP must have ${riffBytes} bytes and has ${source.bytes}`);
  const chunk = data.toString("latin1", 12, 16);
  if (chunk === "VP8X") {
    const flags = data.readUInt8(20);
    if ((flags & 0x02) !== 0) throw notReadable("an animated WebP can't be read");
    return head(data.readUIntLE(24, 3) + 1, data.readUIntLE(27, 3) + 1, {
      alpha: (flags & 0x10) !== 0,
      profile: (flags & 0x20) !== 0,
    });
  }
  if (chunk === "VP8L") {
    if (data.readUInt8(20) !== 0x2f) throw broken("the lossless WebP has no signature");
    const bits = data.readUInt32LE(21);
    return head((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1, {
      alpha: ((bits >>> 28) & 1) === 1,
      profile: false,
    });
  }
  if (chunk === "VP8 ") {
    if (data.readUIntBE(23, 3) !== 0x9d012a) throw broken("the WebP has no key frame");
    return head(data.readUInt16LE(26) & 0x3fff, data.readUInt16LE(28) & 0x3fff, { alpha: false, profile: false });
  }
  throw broken(`the WebP begins with the unknown chunk "${chunk}"`);
}

function head(width: number, height: number, of: { readonly alpha: boolean; readonly profile: boolean }): Head {
  const channels = of.alpha ? 4 : 3;
  return {
    format: "webp",
    width,
    height,
    channels,
    bitDepth: 8,
    sampleType: "uint",
    orientation: 1,
    colour: "rgb",
    ...of,
  };
}
