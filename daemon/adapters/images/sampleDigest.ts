/** The hash of decoded samples: equal exactly when size, layout and every sample are. */
import { createHash } from "node:crypto";
import type { DecodedImage } from "../../plugin.ts";

/** sha1, for it is compared and never trusted. Hex. */
export function sampleDigest({ width, height, channelNames, samples }: DecodedImage): string {
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  return createHash("sha1")
    .update(`${width} ${height} ${channelNames.join(",")} ${samples.BYTES_PER_ELEMENT}\n`)
    .update(bytes)
    .digest("hex");
}
