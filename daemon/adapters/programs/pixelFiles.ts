/**
 * Decoded samples as plain files, for programs that can't read what was decoded: little-endian, row by row, in a scratch directory
 * of their own. Written once per look, however many programs read them, and read-only.
 */
import { writeFileSync } from "node:fs";
import { endianness } from "node:os";
import { join } from "node:path";
import { assert } from "../../domain/errors.ts";
import type { AskedFiles, RawPixels } from "../../domain/programRequest.ts";
import type { CheckInput, DecodedImage } from "../../plugin.ts";

type Seen = Pick<CheckInput, "result" | "plate" | "mask">;

export function pixelBytes({ result, plate, mask }: Seen): number {
  return (result?.samples.byteLength ?? 0) + (plate?.samples.byteLength ?? 0) + (mask?.inside.byteLength ?? 0);
}

export function writePixels(dir: string, { result, plate, mask }: Seen): AskedFiles["raw"] {
  assert(endianness() === "LE", "raw pixels are written as this machine has them: little-endian");
  const of = (name: string, image: DecodedImage | null): RawPixels | null =>
    image === null
      ? null
      : {
          path: write(dir, name, image.samples),
          shape: [image.height, image.width, image.channels],
          dtype: dtypeOf(image),
        };
  const size = result ?? plate;
  return {
    result: of("result", result),
    plate: of("plate", plate),
    mask:
      mask === null || size === null
        ? null
        : { path: write(dir, "mask", mask.inside), shape: [size.height, size.width], dtype: "uint8" },
  };
}

function write(dir: string, name: string, samples: DecodedImage["samples"]): string {
  const path = join(dir, `${name}.raw`);
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  writeFileSync(path, bytes, { mode: 0o400, flag: "wx" });
  return path;
}

function dtypeOf({ samples }: DecodedImage): RawPixels["dtype"] {
  if (samples instanceof Float32Array) return "float32";
  return samples instanceof Uint16Array ? "uint16" : "uint8";
}
