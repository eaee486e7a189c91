/** The plates and edits that were held out once: the same by seed everywhere, sound as pictures, and changing what they say. No check runs here. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { codes16 } from "../../scripts/bench/qc/cases.ts";
import { FITTING, FRESH_EDITS, freshEdit } from "../../scripts/bench/qc/freshEdits.ts";
import { FRESH_MASKS, focusOf, freshMask, freshMaskKind } from "../../scripts/bench/qc/freshMasks.ts";
import {
  FRESH_KINDS,
  freshGrain,
  freshGrained,
  freshSource,
  GRAIN_MODELS,
} from "../../scripts/bench/qc/freshSources.ts";
import type { Linear } from "../../scripts/bench/qc/sources.ts";

const SIZE = { width: 240, height: 160 };
const written = JSON.parse(readFileSync("test/scripts/freshCorpus.hashes.json", "utf8")) as Readonly<
  Record<string, string>
>;

const plates = Object.fromEntries(FRESH_KINDS.map((kind) => [kind, freshSource(kind, 3, SIZE)]));

function plate(kind: string): Linear {
  const of = plates[kind];
  if (of === undefined) throw new Error(`no plate of ${kind}`);
  return of;
}

describe("the fresh plates", () => {
  it("are the same on every machine, and so are their edits", () => {
    const now: Record<string, string> = {};
    for (const kind of FRESH_KINDS) now[kind] = hash(plate(kind));
    for (const edit of FRESH_EDITS) now[edit] = hash(freshEdit(plate("bokeh"), edit, 3));
    for (const model of GRAIN_MODELS) now[model] = hash(freshGrained(plate("rock"), 3, { ...freshGrain(1), model }));
    expect(now).toEqual(written);
  });

  it("are finite, never below black, and some way between black and white on average", () => {
    for (const kind of FRESH_KINDS) {
      const { data } = plate(kind);
      const [low, high, mean] = span(data);
      expect(low, kind).toBeGreaterThanOrEqual(0);
      expect(high, kind).toBeLessThan(40);
      expect(mean, kind).toBeGreaterThan(0.01);
      expect(mean, kind).toBeLessThan(0.7);
    }
  });

  it("differ from kind to kind and from seed to seed", () => {
    const seen = new Set(FRESH_KINDS.map((kind) => hash(plate(kind))));
    for (const kind of FRESH_KINDS) seen.add(hash(freshSource(kind, 4, SIZE)));
    expect(seen.size).toBe(2 * FRESH_KINDS.length);
  });

  it("show the same scene at twice the size", () => {
    const small = freshSource("bokeh", 3, SIZE);
    const large = freshSource("bokeh", 3, { width: 480, height: 320 });
    expect(span(large.data)[2]).toBeCloseTo(span(small.data)[2], 2);
  });
});

describe("the fresh grain", () => {
  it("leaves the light as it is and is as strong as asked, in each of its makes", () => {
    const grey = { ...SIZE, data: new Float32Array(SIZE.width * SIZE.height * 3).fill(0.18) };
    for (const model of GRAIN_MODELS) {
      const of = (amount: number): Float32Array => freshGrained(grey, 9, { ...freshGrain(2), model, amount }).data;
      const [, , mean] = span(of(1));
      expect(mean, model).toBeCloseTo(0.18, 3);
      expect(deviation(of(2)) / deviation(of(1)), model).toBeCloseTo(2, 2);
      expect(deviation(of(1)), model).toBeGreaterThan(0.001);
      expect(deviation(of(1)), model).toBeLessThan(0.008);
    }
  });

  it("takes an amount or a plain grain as the old one does", () => {
    const of = plate("cloth");
    expect(hash(freshGrained(of, 1, 1))).toBe(hash(freshGrained(of, 1, { amount: 1, correlated: true })));
    expect(hash(freshGrained(of, 1, { amount: 0, correlated: false }))).toBe(hash(of));
  });
});

describe("the fresh mattes", () => {
  it("are exactly 0 outside, 1 somewhere or nearly, never empty; a whole frame has none", () => {
    const kinds = new Set<string>();
    for (let seed = 0; seed < 40; seed += 1) {
      kinds.add(freshMaskKind(seed));
      const weights = freshMask(plate("rock"), seed);
      expect(weights === null).toBe(freshMaskKind(seed) === "whole");
      if (weights === null) continue;
      const [low, high] = span(weights);
      expect(low, `${seed}`).toBe(0);
      expect(high, `${seed}`).toBeGreaterThan(0.9);
      expect(high, `${seed}`).toBeLessThanOrEqual(1);
      expect(weights.filter((weight) => weight > 0).length / weights.length, `${seed}`).toBeGreaterThan(0.03);
    }
    expect([...kinds].sort()).toEqual([...FRESH_MASKS].sort());
  });

  it("hold what is put in", () => {
    for (let seed = 0; seed < 12; seed += 1) {
      for (const edit of ["prop", "screen"] as const) {
        const { x, y, wide } = focusOf(SIZE, seed, edit);
        const weights = freshMask(SIZE, seed, edit);
        for (const side of [-0.4, 0, 0.4]) {
          const at = Math.floor(y * SIZE.height) * SIZE.width + Math.floor((x + side * wide) * SIZE.height);
          expect(weights?.[at], `${edit} ${seed}`).toBeGreaterThan(0.9);
        }
      }
    }
  });
});

describe("a fresh edit", () => {
  it("is finite, clips nothing that the plate did not, and leaves the plate itself as it was", () => {
    for (const kind of FRESH_KINDS) {
      const before = hash(plate(kind));
      for (const edit of FITTING[kind]) {
        const { data } = freshEdit(plate(kind), edit, 5);
        const whites = data.filter((v, i) => !(v < 0.9 || v <= (plate(kind).data[i] as number)));
        expect(whites.length, `${kind} ${edit}`).toBe(0);
        expect(span(data)[0], `${kind} ${edit}`).toBeGreaterThanOrEqual(0);
        expect(hash({ ...SIZE, data }), `${kind} ${edit}`).not.toBe(before);
      }
      expect(hash(plate(kind))).toBe(before);
    }
  });

  it("that puts something in changes nothing far from it", () => {
    for (const edit of ["prop", "screen", "extension"] as const) {
      const bare = plate("rock");
      const { x, y, wide, high } = focusOf(bare, 6, edit);
      const { data } = freshEdit(bare, edit, 6);
      let changed = 0;
      for (let i = 0; i < data.length; i += 1) {
        const pixel = Math.floor(i / 3);
        const u = ((pixel % SIZE.width) + 0.5) / SIZE.height;
        const v = (Math.floor(pixel / SIZE.width) + 0.5) / SIZE.height;
        const near = Math.abs(u - x) < wide * 1.6 && Math.abs(v - y) < high * 1.6;
        if (data[i] === bare.data[i]) continue;
        changed += 1;
        // The shoulder below white may touch what was bright; this plate is not.
        expect(near, `${edit} at ${u.toFixed(2)}, ${v.toFixed(2)}`).toBe(true);
      }
      expect(changed / data.length, edit).toBeGreaterThan(0.01);
    }
  });

  it("of light and air keeps what is dark and light apart: evening is darker, fog is flatter", () => {
    const bare = plate("rock");
    expect(span(freshEdit(bare, "dusk", 2).data)[2]).toBeLessThan(span(bare.data)[2]);
    expect(deviation(freshEdit(bare, "fog", 2).data)).toBeLessThan(deviation(bare.data));
  });
});

function hash(image: Linear): string {
  const codes = codes16(image);
  return createHash("sha256")
    .update(new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength))
    .digest("hex")
    .slice(0, 16);
}

/** Least, most and mean; NaN wherever one is. */
function span(data: Float32Array): readonly [number, number, number] {
  let low = Infinity;
  let high = -Infinity;
  let sum = 0;
  for (const v of data) {
    low = Math.min(low, v);
    high = Math.max(high, v);
    sum += v;
  }
  return [low, high, sum / data.length];
}

function deviation(data: Float32Array): number {
  const mean = span(data)[2];
  let sum = 0;
  for (const v of data) sum += (v - mean) ** 2;
  return Math.sqrt(sum / data.length);
}
