/** Identifiers and chance: the only place where they are made. Sortable ids are ULIDs (48 bits of ms, 80 of chance). */
import { randomBytes, randomUUID } from "node:crypto";
import type { Ids } from "../ports.ts";

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export function createIds(now: () => number): Ids {
  return {
    uuid: () => randomUUID(),
    sortable: (prefix) => `${prefix}${ulid(now())}`,
    fraction: () => randomBytes(4).readUInt32BE(0) / 2 ** 32,
  };
}

function ulid(ms: number): string {
  let value = (BigInt(ms) << 80n) | BigInt(`0x${randomBytes(10).toString("hex")}`);
  let text = "";
  for (let index = 0; index < 26; index += 1) {
    text = (CROCKFORD[Number(value & 31n)] ?? "0") + text;
    value >>= 5n;
  }
  return text;
}
