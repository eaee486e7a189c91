/** The plates and edits that are held out of the proof: the same by seed everywhere, sound as pictures, changing what they say where they say. No check runs here. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { codes16 } from "../../scripts/bench/qc/cases.ts";
import { sceneOf } from "../../scripts/bench/qc/jobs.ts";
import type { Linear } from "../../scripts/bench/qc/sources.ts";
import { keepsContent, ORDERS, UNSEEN_EDITS, unseenEdit } from "../../scripts/bench/qc/unseenEdits.ts";
import { unseenFocus, unseenMask } from "../../scripts/bench/qc/unseenMasks.ts";
import {
  UNSEEN_KINDS,
  UNSEEN_MAKES,
  unseenGrain,
  unseenGrained,
  unseenSource,
} from "../../scripts/bench/qc/unseenSources.ts";

const SIZE = { width: 240, height: 160 };
const written = JSON.parse(readFileSync("test/scripts/unseenCorpus.hashes.json", "utf8")) as Readonly<
  Record<string, string>
>;
const plates = new Map<string, Linear>(UNSEEN_KINDS.map((kind) => [kind, unseenSource(kind, 3, SIZE)]));

function plate(kind: string): Linear {
  const of = plates.get(kind);
  if (of === undefined) throw new Error(`no plate of ${kind}`);
  return of;
}

describe("the unseen plates", () => {
  it("are the same on every machine, and so are their edits and grain", () => {
    const now: Record<string, string> = {};
    for (const kind of UNSEEN_KINDS) now[kind] = hash(plate(kind));
    for (const edit of UNSEEN_EDITS) now[edit] = hash(unseenEdit(plate("food"), edit, 3).edit);
    for (const make of UNSEEN_MAKES) now[make] = hash(unseenGrained(plate("shed"), 3, { ...unseenGrain(1), make }));
    expect(now).toEqual(written);
  });

  it("are finite, never below black, some way between black and white on average, and differ by kind and seed", () => {
    const seen = new Set<string>();
    for (const kind of UNSEEN_KINDS) {
      const { low, high, mean } = span(plate(kind).data);
      expect(low, kind).toBeGreaterThanOrEqual(0);
      expect(high, kind).toBeLessThan(10);
      expect(mean, kind).toBeGreaterThan(0.01);
      expect(mean, kind).toBeLessThan(0.7);
      seen.add(hash(plate(kind)));
      seen.add(hash(unseenSource(kind, 4, SIZE)));
    }
    expect(seen.size).toBe(2 * UNSEEN_KINDS.length);
  });
});

describe("the unseen grain", () => {
  it("leaves the light as it is and is as strong as asked, in each of its makes", () => {
    const grey = { ...SIZE, data: new Float32Array(SIZE.width * SIZE.height * 3).fill(0.18) };
    for (const make of UNSEEN_MAKES) {
      const of = (amount: number): Float32Array => unseenGrained(grey, 9, { ...unseenGrain(2), make, amount }).data;
      expect(span(of(1)).mean, make).toBeCloseTo(0.18, 3);
      expect(span(of(2)).deviation / span(of(1)).deviation, make).toBeCloseTo(2, 2);
      expect(span(of(1)).deviation, make).toBeGreaterThan(0.002);
      expect(span(of(1)).deviation, make).toBeLessThan(0.008);
    }
  });
});

describe("an unseen edit", () => {
  it("is finite, clips nothing that the plate did not, and changes the picture inside its matte", () => {
    for (const kind of UNSEEN_KINDS) {
      for (const edit of ORDERS[kind]) {
        const of = `${kind} ${edit}`;
        const made = unseenEdit(plate(kind), edit, 5);
        const weights = unseenMask(made.before, 5, edit);
        const before = made.before.data;
        expect(span(made.edit.data).low, of).toBeGreaterThanOrEqual(0);
        expect(made.edit.data.filter((v, i) => !(v < 0.92 || v <= (before[i] as number))).length, of).toBe(0);
        const changed = made.edit.data.filter((v, i) => v !== before[i] && (weights?.[Math.floor(i / 3)] ?? 1) > 0.5);
        expect(changed.length / before.length, of).toBeGreaterThan(0.002);
        if (weights === null) continue;
        const { low, high } = span(weights);
        expect(low, of).toBe(0);
        expect(high, of).toBeGreaterThan(0.9);
        expect(high, of).toBeLessThanOrEqual(1);
      }
    }
  });

  it("that puts something in or takes it out does so wholly inside its matte", () => {
    for (const edit of ["sign", "window", "dressing", "paintout", "unreflect"] as const)
      for (let seed = 0; seed < 4; seed += 1) {
        const made = unseenEdit(plate("shed"), edit, seed);
        const weights = unseenMask(made.before, seed, edit);
        const { x, y, wide, high } = unseenFocus(SIZE, seed, edit);
        for (let i = 0; i < made.edit.data.length; i += 3) {
          const pixel = i / 3;
          const u = ((pixel % SIZE.width) + 0.5) / SIZE.height;
          const v = (Math.floor(pixel / SIZE.width) + 0.5) / SIZE.height;
          const off = Math.abs((made.edit.data[i] as number) - (made.before.data[i] as number));
          if (off < 0.02) continue;
          const at = `${edit} ${seed} ${((u - x) / wide).toFixed(2)} ${((v - y) / high).toFixed(2)}`;
          expect(weights?.[pixel], at).toBeGreaterThan(0.3);
        }
      }
  });
});

describe("a job of the proof", () => {
  it("takes unseen plates as held out, fresh ones as known, and puts defects into edits that keep the plate's content", () => {
    const unseen = sceneOf({ kind: "defects", from: "unseen", number: 4, seed: 0 }, []);
    expect(unseen.heldOut).toBe(true);
    expect(UNSEEN_EDITS.filter(keepsContent)).toContain(unseen.how);
    expect(unseen.weights).not.toBeNull();
    expect(sceneOf({ kind: "clean", from: "unseen", number: 4, seed: 1 }, []).seed).not.toBe(unseen.seed);
    expect(sceneOf({ kind: "clean", from: "fresh", number: 0, seed: 0 }, []).heldOut).toBe(false);
  });

  it("has an edit for defects on every unseen plate, and orders every edit somewhere", () => {
    for (const kind of UNSEEN_KINDS) expect(ORDERS[kind].some(keepsContent), kind).toBe(true);
    expect(new Set(Object.values(ORDERS).flat()).size).toBe(UNSEEN_EDITS.length);
  });
});

function hash(image: Linear): string {
  const codes = codes16(image);
  return createHash("sha256")
    .update(new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength))
    .digest("hex")
    .slice(0, 16);
}

/** NaN wherever one is. */
function span(data: Float32Array): { low: number; high: number; mean: number; deviation: number } {
  let [low, high, sum, squares] = [Infinity, -Infinity, 0, 0];
  for (const v of data) {
    low = Math.min(low, v);
    high = Math.max(high, v);
    sum += v;
    squares += v * v;
  }
  const mean = sum / data.length;
  return { low, high, mean, deviation: Math.sqrt(Math.max(0, squares / data.length - mean * mean)) };
}
