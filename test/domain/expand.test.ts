/**
 * From axes to wedges: counts, order and numbers follow the combination expression alone, for any expression; frames are
 * sets; seeds keep every digit. What can't be meant is refused before it is made.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAxis } from "../../daemon/domain/axes.ts";
import type { Combination } from "../../daemon/domain/combination.ts";
import { countPoints, parseCombination, pointAt, productOf, textOf } from "../../daemon/domain/combination.ts";
import { expand } from "../../daemon/domain/expand.ts";
import { formatFrames, parseFrames } from "../../daemon/domain/frames.ts";
import type { Manifest } from "../../daemon/domain/manifestSchema.ts";
import { manifestSchema } from "../../daemon/domain/manifestSchema.ts";
import { shipped, tiny } from "../fixtures/recipes.ts";

const RELIGHT = shipped("env_relight").file;
const manifest = (value: object): Manifest => manifestSchema.parse({ use: "env_relight", ...value });

/** Any combination over distinct axes, each with a length; a zip's parts are axes of one length. */
const combinations: fc.Arbitrary<{ readonly value: Combination; readonly lengths: Readonly<Record<string, number>> }> =
  fc
    .array(
      fc.record({ zip: fc.boolean(), width: fc.integer({ min: 2, max: 3 }), length: fc.integer({ min: 1, max: 4 }) }),
      { minLength: 1, maxLength: 4 },
    )
    .map((groups) => {
      const lengths: Record<string, number> = {};
      let next = 0;
      const axis = (length: number): Combination => {
        const name = `a${next++}`;
        lengths[name] = length;
        return { kind: "axis", name };
      };
      const parts = groups.map(
        ({ zip, width, length }): Combination =>
          zip ? { kind: "zip", parts: Array.from({ length: width }, () => axis(length)) } : axis(length),
      );
      const only = parts[0];
      return { value: parts.length === 1 && only !== undefined ? only : { kind: "product", parts }, lengths };
    });

describe("combination expressions", () => {
  it("read back as they were written, blanks or not", () => {
    fc.assert(
      fc.property(combinations, fc.boolean(), ({ value, lengths }, blanks) => {
        const text = blanks ? textOf(value).replaceAll(/([*(),])/g, "  $1 ") : textOf(value).replaceAll(" ", "");
        const parsed = parseCombination(text, Object.keys(lengths));
        expect(parsed.ok && textOf(parsed.value)).toBe(textOf(value));
      }),
    );
  });

  it("name every point once, the leftmost axis slowest, and a point does not depend on any other", () => {
    fc.assert(
      fc.property(combinations, ({ value, lengths }) => {
        const lengthOf = (name: string): number => lengths[name] ?? 0;
        const counted = countPoints(value, lengthOf);
        if (!counted.ok) throw new Error(counted.message);
        const points = Array.from({ length: counted.count }, (_, n) => pointAt(value, n, lengthOf));
        expect(new Set(points.map((point) => JSON.stringify(point))).size).toBe(counted.count);
        for (const point of points)
          for (const [name, index] of Object.entries(point)) expect(index).toBeLessThan(lengthOf(name));
        // Read as digits, left to right, they only grow.
        const names = Object.keys(lengths);
        const keys = points.map((point) => names.map((name) => String(point[name]).padStart(3, "0")).join(""));
        expect(keys).toEqual([...keys].sort());
        expect(pointAt(value, counted.count - 1, lengthOf)).toEqual(points.at(-1));
      }),
    );
  });

  it("default to the product of all axes in the order they were declared", () => {
    expect(textOf(productOf(["a", "b", "c"]))).toBe("a * b * c");
  });

  it.each([
    ["a *", "the expression ends too early"],
    ["(a, b", "a ) is missing"],
    ["a b", '"b" is left over'],
    ["a * a", 'axis "a" stands twice'],
    ["a", 'axis "b" is not in the expression'],
    ["a * lightning", 'there is no axis "lightning"'],
    ["a + b", '"+" is left over'],
    ["", "the expression ends too early"],
    ["a * b; rm -rf", '";" is left over'],
    ["(".repeat(1_000), "the expression ends too early"],
    ["a * ".repeat(400), "the expression is longer than 1280 characters"],
  ])("%s is refused in words", (text, words) => {
    expect(parseCombination(text, ["a", "b"])).toMatchObject({ ok: false, message: words });
  });

  it("never throw, whatever is written", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab*(), 1é".split("")), maxLength: 60 }), (text) => {
        expect(typeof parseCombination(text, ["a", "b"]).ok).toBe("boolean");
      }),
    );
  });
});

describe("frame ranges", () => {
  const sets = fc.uniqueArray(fc.integer({ min: -200, max: 20_000 }), { minLength: 1, maxLength: 60 });

  it("say any set of frames, and are read back as that set, sorted", () => {
    fc.assert(
      fc.property(sets, (frames) => {
        const sorted = [...frames].sort((a, b) => a - b);
        expect(parseFrames(formatFrames(sorted))).toEqual({ ok: true, frames: sorted, overlap: false });
      }),
    );
  });

  it("take a step in three spellings, and say when a frame stands twice", () => {
    for (const text of ["1001-1009:2", "1001-1009x2", "1001-1009 x 2", "1009-1001:-2"])
      expect(parseFrames(text)).toMatchObject({ ok: true, frames: [1001, 1003, 1005, 1007, 1009] });
    expect(parseFrames("1-3,2")).toEqual({ ok: true, frames: [1, 2, 3], overlap: true });
  });

  it("are counted before they are made", () => {
    expect(parseFrames("1-9007199254740991")).toMatchObject({ ok: false, message: "more than 100000 frames" });
    expect(parseFrames(Array(60_000).fill("1-1000").join(","))).toMatchObject({ ok: true });
  });
});

describe("axes", () => {
  it.each([
    ["a list", ["dawn", "noon"], 2],
    ["a map of labels", { dawn: "cool", noon: "hard" }, 2],
    ["a count", { count: 12, from: 1000 }, 12],
    ["a range", "1-10:3", 4],
  ])("%s has its length", (_what, written, length) => {
    expect(readAxis("a", written)).toMatchObject({ length });
  });

  it.each([
    ["a count of nothing", { count: 0 }],
    ["a count below nothing", { count: -3 }],
    ["half a count", { count: 2.5 }],
    ["a start below zero", { count: 3, from: -1 }],
    ["half a start", { count: 3, from: 0.5 }],
    ["more than a number can count", { count: 10, from: Number.MAX_SAFE_INTEGER - 3 }],
    ["a map without labels", {}],
    ["words where a range is meant", "dawn, noon"],
  ])("%s is refused (HP-MANIFEST-SWEEP)", (_what, written) => {
    expect(readAxis("a", written)).toMatchObject({ code: "HP-MANIFEST-SWEEP" });
  });

  it("written as words tell how a list is written", () => {
    const read = readAxis("lighting", "dawn, noon");
    expect("action" in read && read.action).toBe("Write lighting: [dawn, noon].");
  });
});

describe("wedges", () => {
  it("are numbered by the plan: adding values to the last axis's end moves no earlier wedge of its row", () => {
    const of = (seeds: number) =>
      expand(
        manifest({
          sweep: { axes: { lighting: ["dawn", "noon"], seed: { count: seeds, from: 5 } }, combine: "seed * lighting" },
        }),
        RELIGHT,
        1,
      ).wedges;
    expect(of(5).slice(0, 6)).toEqual(of(3));
    expect(of(3).map((wedge) => wedge.index)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(of(3).map((wedge) => `${wedge.seed} ${wedge.axes["lighting"]}`)).toEqual([
      "5 dawn",
      "5 noon",
      "6 dawn",
      "6 noon",
      "7 dawn",
      "7 noon",
    ]);
  });

  it("are the same from the same manifest, whatever order its fields have", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 1, max: 9 }), (from, count) => {
        const axes = { lighting: ["dawn", "noon"], seed: { count, from } };
        const a = expand(manifest({ prompt: "x", sweep: { axes, combine: "lighting * seed" } }), RELIGHT, 1);
        const b = expand(manifest({ sweep: { combine: "lighting * seed", axes }, prompt: "x" }), RELIGHT, 1);
        expect(a).toEqual(b);
        expect(a.wedges.length).toBe(2 * count);
      }),
    );
  });

  it("keep seeds as text up to 2^53-1, from a number, from text, from an axis", () => {
    const most = Number.MAX_SAFE_INTEGER;
    for (const value of [
      manifest({ seed: most }),
      manifest({ seed: String(most) }),
      manifest({ sweep: { axes: { seed: [most] } } }),
      manifest({ sweep: { axes: { seed: { count: 1, from: most - 1 } }, limit: 5 }, seed: 3 }),
    ]) {
      const { wedges, problems } = expand(value, RELIGHT, 1);
      expect(problems).toEqual([]);
      expect(wedges[0]?.seed).toMatch(/^900719925474099[01]$/);
      expect(wedges[0]?.parameters["seed"]).toBe(wedges[0]?.seed);
    }
    expect(manifestSchema.safeParse({ seed: most + 1 }).success).toBe(false);
    expect(expand(manifest({ seed: "9007199254740993" }), RELIGHT, 1).problems[0]?.code).toMatch(
      /^HP-MANIFEST-(RANGE|TYPE)$/,
    );
    expect(expand(manifest({}), RELIGHT, 1).wedges[0]?.seed).toBe("1000");
  });

  it("put a label's text where {axis} stands, once and without reading it again", () => {
    const { wedges, problems } = expand(
      manifest({
        prompt: "a tunnel, {mood}, {mood}",
        sweep: { axes: { mood: { warm: "sodium {lamps}", cold: "dawn" } } },
      }),
      RELIGHT,
      1,
    );
    expect(problems).toEqual([]);
    expect(wedges.map((wedge) => wedge.parameters["prompt"])).toEqual([
      "a tunnel, sodium {lamps}, sodium {lamps}",
      "a tunnel, dawn, dawn",
    ]);
    expect(wedges.map((wedge) => wedge.axes)).toEqual([{ mood: "warm" }, { mood: "cold" }]);
  });

  it("are never more than the limit, and never none", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 500 }), (count, limit) => {
        const { wedges, problems } = expand(
          manifest({ sweep: { axes: { seed: { count, from: 0 } }, limit } }),
          RELIGHT,
          1,
        );
        expect(wedges.length).toBe(count <= limit ? count : 0);
        expect(problems.map((problem) => problem.code)).toEqual(count <= limit ? [] : ["HP-MANIFEST-LIMIT"]);
      }),
      { numRuns: 30 },
    );
    const huge = { axes: Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, { count: 10_000 }])) };
    const { wedges, problems } = expand(manifest({ prompt: "{a}{b}{c}{d}", sweep: huge }), tiny().file, 1);
    expect(wedges).toEqual([]);
    expect(problems[0]?.message).toContain("10 000 000 000 000 000 variations");
  });
});
