/** sha256 of one open file, a block at a time: the same for the loop's thread and for the hashing one. */
import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";

export interface FileDigest {
  readonly sha256: string;
  readonly bytes: number;
}

const BLOCK_BYTES = 1024 * 1024;

/** From the handle's position to the end. The caller closes the handle. */
export async function hashStream(handle: FileHandle): Promise<FileDigest> {
  const digest = createHash("sha256");
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let bytes = 0;
  for (;;) {
    const { bytesRead } = await handle.read(block, 0, BLOCK_BYTES, null);
    if (bytesRead === 0) return { sha256: digest.digest("hex"), bytes };
    digest.update(block.subarray(0, bytesRead));
    bytes += bytesRead;
  }
}
