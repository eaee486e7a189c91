/** A mask's PNG decoded by itself holds what the general decoder says, and all that is not plainly such a PNG is left to that. */
import { crc32, deflateSync } from "node:zlib";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { greyPng } from "../../../daemon/adapters/images/greyPng.ts";
import { loadFrame } from "../../../daemon/adapters/images/loadFrame.ts";
import { pngBytes } from "../../fixtures/pictures.ts";

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** Grey of 8 bits whose packed lines are these, in so many chunks. */
function png(width: number, lines: Uint8Array, of: { readonly chunks?: number; readonly after?: Buffer } = {}): Buffer {
  const { chunks = 1, after = Buffer.alloc(0) } = of;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(lines.length / (width + 1), 4);
  header[8] = 8;
  const stored = Buffer.concat([deflateSync(lines), after]);
  const size = Math.ceil(stored.length / chunks);
  const parts = Array.from({ length: chunks }, (_, i) => chunk("IDAT", stored.subarray(i * size, (i + 1) * size)));
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    chunk("IHDR", header),
    chunk("gAMA", Buffer.from([0, 0, 0xb1, 0x8f])),
    ...parts,
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

async function byGeneral(bytes: Uint8Array) {
  const loaded = await loadFrame(bytes);
  if (loaded.kind !== "frame") throw new Error(loaded.message);
  const { width, height, samples } = loaded.image;
  return { width, height, samples: Array.from(samples) };
}

function byItself(bytes: Uint8Array) {
  const seen = greyPng(bytes);
  return seen === null ? null : { ...seen, samples: Array.from(seen.samples) };
}

describe("a PNG of grey in 8 bits", () => {
  it("is decoded as the general decoder does, by every filter, in one chunk or many", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 3 }),
        fc.infiniteStream(fc.oneof(fc.constantFrom(0, 255, 1, 128), fc.integer({ min: 0, max: 255 }))),
        async (width, filters, chunks, codes) => {
          const lines = Uint8Array.from({ length: filters.length * (width + 1) }, (_, i) =>
            i % (width + 1) === 0 ? filters[i / (width + 1)]! : codes.next().value,
          );
          const bytes = png(width, lines, { chunks });
          expect(byItself(bytes)).toEqual(await byGeneral(bytes));
        },
      ),
      { numRuns: 80 },
    );
  });

  it("is left to the general decoder where its chunks are not in order, or one must be known and is not", () => {
    const lines = Uint8Array.from({ length: 6 * 40 }, (_, i) => (i % 6 === 0 ? 0 : (i * 37) & 255));
    const whole = png(5, lines, { chunks: 3 });
    const at = (type: string, from = 0): number => whole.indexOf(type, from) - 4;
    const with_ = (place: number, extra: Buffer): Buffer =>
      Buffer.concat([whole.subarray(0, place), extra, whole.subarray(place)]);
    const [first, end] = [at("IDAT"), at("IEND")];
    const second = at("IDAT", first + 8);
    const unknown = chunk("hexX", Buffer.alloc(3));
    expect(byItself(with_(first, unknown))).toEqual(byItself(whole));
    expect(byItself(with_(end, unknown))).toEqual(byItself(whole));
    for (const wrong of [
      with_(second, unknown),
      with_(first, chunk("HexX", Buffer.alloc(3))),
      with_(first, whole.subarray(8, 8 + 25)),
    ])
      expect(byItself(wrong)).toBeNull();
  });

  it("is left to the general decoder where it is another kind", async () => {
    const grey = await pngBytes({ width: 9, height: 5, channels: 1, bits: 8 });
    const others = [
      await pngBytes({ width: 9, height: 5, channels: 1, bits: 16 }),
      await pngBytes({ width: 9, height: 5, channels: 2, bits: 8 }),
      await pngBytes({ width: 9, height: 5, channels: 3, bits: 8 }),
      await sharp(grey).toColourspace("b-w").png({ progressive: true }).toBuffer(),
      await sharp(grey).toColourspace("b-w").png({ palette: true }).toBuffer(),
      await sharp(grey).toColourspace("b-w").tiff().toBuffer(),
    ];
    expect(others.map(byItself)).toEqual(others.map(() => null));
    expect(byItself(grey)).toEqual(await byGeneral(grey));
  });

  it("is left to the general decoder where something is wrong with its picture, and is told where a chunk is damaged", () => {
    const lines = new Uint8Array(4 * 6);
    expect(byItself(png(5, lines))).not.toBeNull();
    expect(
      byItself(
        png(
          5,
          Uint8Array.from(lines, (_, i) => (i === 6 ? 5 : 0)),
        ),
      ),
    ).toBeNull();
    expect(byItself(png(5, lines, { after: Buffer.from([1, 2, 3]) }))).toBeNull();
    // The header says six lines of five pixels; four are there, and then eight.
    const claims = (rows: number): Buffer => {
      const bytes = png(5, new Uint8Array(rows * 6));
      bytes.writeUInt32BE(6, 20);
      bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
      return bytes;
    };
    expect([4, 6, 8].map((rows) => byItself(claims(rows)) === null)).toEqual([true, false, true]);
    const damaged = png(5, lines);
    damaged[damaged.length - 20] = 1 ^ damaged[damaged.length - 20]!;
    expect(() => greyPng(damaged)).toThrow(/checksum/);
  });
});
