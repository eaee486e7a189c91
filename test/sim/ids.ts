/** Identifiers and chance from the seed. */
import { createHash } from "node:crypto";
import type { Digest, Ids } from "../../daemon/ports.ts";
import type { Random } from "./prng.ts";

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export function simIds(random: Random, now: () => number): Ids {
  return {
    uuid: () =>
      `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-${random.pick(["8", "9", "a", "b"])}${random.hex(3)}-${random.hex(12)}`,
    sortable: (prefix) =>
      `${prefix}${time32(now())}${Array.from({ length: 16 }, () => CROCKFORD[random.int(32)]).join("")}`,
    fraction: () => random.next(),
  };
}

function time32(ms: number): string {
  let text = "";
  for (let value = Math.floor(ms), at = 0; at < 10; at += 1, value = Math.floor(value / 32))
    text = CROCKFORD[value % 32] + text;
  return text;
}

export const simDigest: Digest = { sha256: (data) => createHash("sha256").update(data).digest("hex") };
