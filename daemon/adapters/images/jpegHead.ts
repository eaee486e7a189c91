/**
 * JPEG (ITU T.81): walks the markers up to the frame header. Reads size, components, EXIF orientation and whether a
 * profile is embedded. Lossless, 12-bit and four-component (CMYK) files are refused by name.
 */
import type { ByteSource } from "./byteSource.ts";
import { broken, notReadable } from "./byteSource.ts";
import { exifOrientation } from "./exif.ts";
import type { Head } from "./head.ts";

const MARKERS_MAX = 1_000;

export function jpegHead(source: ByteSource): Head {
  let at = 2;
  let orientation = 1;
  let profile = false;
  for (let i = 0; i < MARKERS_MAX; i += 1) {
    const head = Buffer.from(source.take(at, 4));
    if (head.readUInt8(0) !== 0xff) throw broken(`no JPEG marker stands at byte ${at}`);
    const marker = head.readUInt8(1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0xd9 || marker === 0xda) throw broken("the JPEG has no frame header");
    const length = head.readUInt16BE(2);
    if (length < 2) throw broken(`a JPEG segment at byte ${at} has no length`);
    if (isFrame(marker)) return frameHead(source, { at, marker, length, orientation, profile });
    const text = Buffer.from(source.take(at + 4, Math.min(length - 2, 14))).toString("latin1");
    if (marker === 0xe1 && text.startsWith("Exif\0\0"))
      orientation = exifOrientation(source.take(at + 10, Math.max(0, length - 8)));
    if (marker === 0xe2 && text.startsWith("ICC_PROFILE\0")) profile = true;
    at += 2 + length;
  }
  throw broken(`the JPEG has more than ${MARKERS_MAX} segments before its picture`);
}

/** Each block of 8 x 8 pixels takes a bit at least, in every mode that is read. */
const PIXELS_PER_BYTE_MAX = 512;

/** SOF0..SOF15, without DHT, JPG and DAC. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function frameHead(
  source: ByteSource,
  of: {
    readonly at: number;
    readonly marker: number;
    readonly length: number;
    readonly orientation: number;
    readonly profile: boolean;
  },
): Head {
  if (of.length < 8) throw broken("the JPEG frame header is too short");
  const frame = Buffer.from(source.take(of.at + 4, 6));
  const components = frame.readUInt8(5);
  if (of.marker > 0xc2) throw notReadable("a lossless or arithmetic-coded JPEG can't be read yet");
  if (frame.readUInt8(0) !== 8) throw notReadable(`a JPEG with ${frame.readUInt8(0)} bits can't be read yet`);
  if (components !== 1 && components !== 3)
    throw notReadable(`a JPEG with ${components} components (CMYK) can't be read`, "Convert it to RGB.");
  const [height, width] = [frame.readUInt16BE(1), frame.readUInt16BE(3)];
  const turned = of.orientation >= 5;
  return {
    format: "jpeg",
    width: turned ? height : width,
    height: turned ? width : height,
    channels: components,
    bitDepth: 8,
    sampleType: "uint",
    orientation: of.orientation,
    colour: components === 1 ? "grey" : "rgb",
    alpha: false,
    profile: of.profile,
    bytesMin: Math.floor((width * height) / PIXELS_PER_BYTE_MAX),
  };
}
