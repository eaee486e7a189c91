/**
 * Identifiers and chance: the only place where they are made. Sortable ids are ULIDs: 48 bits of ms, 80 of chance, Crockford's
 * base 32, so that the text order is the order of age.
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { Ids } from "../ports.ts";

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ULID_CHARACTERS = 26;
const CHANCE_BITS = 80n;

export function createIds(now: () => number): Ids {
  let last = 0n;
  return {
    uuid: () => randomUUID(),
    sortable(prefix) {
      const drawn = (BigInt(Math.trunc(now())) << CHANCE_BITS) | BigInt(`0x${randomBytes(10).toString("hex")}`);
      // Twice in one ms, or after the clock stepped back: one more than the last, so that later never sorts before.
      last = drawn >> CHANCE_BITS > last >> CHANCE_BITS ? drawn : last + 1n;
      return `${prefix}${base32(last)}`;
    },
    fraction: () => randomBytes(4).readUInt32BE(0) / 2 ** 32,
  };
}

function base32(value: bigint): string {
  let rest = value;
  let text = "";
  for (let index = 0; index < ULID_CHARACTERS; index += 1) {
    text = (CROCKFORD[Number(rest & 31n)] ?? "0") + text;
    rest >>= 5n;
  }
  return text;
}
