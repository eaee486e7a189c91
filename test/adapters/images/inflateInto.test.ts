/** Inflating into memory that is there: by Node's engine and by `inflateSync`, which must agree on every input. */
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bySync, createInflateInto } from "../../../daemon/adapters/images/inflateInto.ts";

const raw = Buffer.from(Array.from({ length: 1_000 }, (_, i) => (i * i) % 251));

test("this Node has the engine that is asked directly", () => {
  expect(createInflateInto()).not.toBe(bySync);
});

test("chunk after chunk is unpacked by one engine, also after a damaged one", () => {
  const inflate = createInflateInto();
  for (const level of [1, 6, 9]) {
    const out = new Uint8Array(raw.length + 1);
    expect(inflate(deflateSync(raw, { level }), out)).toBeNull();
    expect(Buffer.from(out.subarray(0, raw.length)).equals(raw)).toBe(true);
    expect(inflate(Buffer.from("no deflate at all"), out)).toMatch(/header/);
  }
});

test.each([
  ["cut", deflateSync(raw).subarray(0, 200), /unexpected end/],
  ["without its checksum", deflateSync(raw).subarray(0, -4), /unexpected end/],
  ["of another checksum", Buffer.concat([deflateSync(raw).subarray(0, -4), Buffer.alloc(4)]), /data check/],
  ["too short", deflateSync(raw.subarray(0, 999)), /999 bytes; 1000/],
  ["too long", deflateSync(Buffer.concat([raw, raw])), /more than 1000|larger than/],
])("a stream that is %s is told", (_name, stored, words) => {
  for (const inflate of [createInflateInto(), bySync])
    expect(inflate(stored, new Uint8Array(raw.length + 1))).toMatch(words);
});

test("both ways agree on streams with changed bytes, and write nothing outside what they were given", () => {
  const packed = deflateSync(raw);
  const inflate = createInflateInto();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(packed.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (changes) => {
        const stored = Buffer.from(packed);
        for (const [at, byte] of changes) stored[at] = byte;
        const room = new Uint8Array(raw.length + 101).fill(0xee);
        const said = inflate(stored, room.subarray(0, raw.length + 1));
        const wanted = bySync(stored, new Uint8Array(raw.length + 1));
        return (said === null) === (wanted === null) && room.subarray(raw.length + 1).every((byte) => byte === 0xee);
      },
    ),
    { numRuns: 500 },
  );
});
