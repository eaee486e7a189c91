/** sha256 of what is in memory; files are hashed by `Files.hash`. */
import { createHash } from "node:crypto";
import type { Digest } from "../ports.ts";

export function createDigest(): Digest {
  return { sha256: (data) => createHash("sha256").update(data).digest("hex") };
}
