/** The checks over the variations of a version: nearly equal ones are named, a light that differs is a difference, equal wishes are none. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { loadChecks } from "../../daemon/adapters/plugins.ts";
import { maskFacts } from "../../daemon/domain/maskFacts.ts";
import { frameInput } from "../../daemon/domain/qcInput.ts";
import { judgeSet } from "../../daemon/domain/qcRun.ts";
import { seriesOf, traceFrame } from "../../daemon/domain/qcTrace.ts";
import type { DecodedImage } from "../../daemon/plugin.ts";
import { decoded, decodedFloat, picture } from "../fixtures/pictures.ts";

const checks = (await loadChecks([])).checks.filter(({ scope }) => scope === "set");
const requests = checks.map(({ id }) => ({ check: id, limits: {} }));
const [WIDTH, HEIGHT] = [128, 96];

interface Variation {
  readonly seed: string;
  readonly axes?: Readonly<Record<string, string>>;
  readonly image: DecodedImage;
}

/** Light, a place in the pattern, and grain of its own. */
function image(of: { readonly light?: number; readonly at?: number; readonly grain?: number } = {}): DecodedImage {
  const { light = 1, at = 0, grain = 0 } = of;
  const value = (x: number, y: number, c: number) => {
    const noise = Math.sin(x * 12.9898 + y * 78.233 + c * 37.719 + grain * 3.1) * 43_758.5453;
    const grained = light * picture(x + at, y + at, c) + (grain === 0 ? 0 : 0.004 * (noise - Math.floor(noise) - 0.5));
    return Math.min(1, Math.max(0, grained));
  };
  return decoded({ width: WIDTH, height: HEIGHT, channels: 3, bits: 16, value });
}

function judged(variations: readonly Variation[], inside: ((x: number, y: number) => boolean) | null = null) {
  const mask =
    inside === null
      ? null
      : Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => (inside(i % WIDTH, Math.floor(i / WIDTH)) ? 1 : 0));
  const kept = variations.map(({ image: result }) =>
    traceFrame(
      checks,
      requests,
      frameInput({
        result,
        plate: null,
        resultFile: { path: "/v/a.png", bytes: 1, frame: null },
        decodeProblem: null,
        plateProblem: null,
        mask:
          mask === null
            ? null
            : maskFacts({ width: WIDTH, height: HEIGHT, inside: mask }, { width: WIDTH, height: HEIGHT, ignore: [] }),
        maskProblem: null,
        composited: mask !== null,
        expected: { width: WIDTH, height: HEIGHT, bitDepth: 16, ignore: [] },
        digestOf: ({ samples }) => createHash("sha1").update(samples).digest("hex"),
      }),
    ),
  );
  const series = variations.map(({ seed, axes = {} }, i) => ({ wedge: i + 1, frame: null, seed, axes }));
  const seen = judgeSet(checks, requests, (check) =>
    seriesOf(series, (i) => kept[i]?.find((one) => one.check === check.id) ?? null),
  );
  const of = (id: string) => seen.findings.find(({ check }) => check === id);
  return { seen, duplicate: of("set.duplicate"), diversity: of("set.diversity"), seed: of("set.seed") };
}

/** So many with pictures of their own. */
const different = (count: number): readonly Variation[] =>
  Array.from({ length: count }, (_, i) => ({
    seed: String(i),
    image: image({ at: 31 * i, light: 0.6 + 0.07 * (i % 5) }),
  }));

describe("variations", () => {
  it("that differ raise nothing", () => {
    const { seen, duplicate } = judged(different(6));
    expect(seen.findings.map(({ check, verdict }) => `${check} ${verdict}`).sort()).toEqual([
      "set.diversity pass",
      "set.duplicate pass",
      "set.seed pass",
    ]);
    const [curve] = duplicate?.evidence ?? [];
    expect(curve?.kind === "plot" ? curve.x : null).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("that are nearly the same are named, in groups, with how far apart they are", () => {
    const [a, b, c, d] = different(4) as [Variation, Variation, Variation, Variation];
    const again = { ...a, seed: "9", image: image({ at: 0, light: 0.6, grain: 1 }) };
    const third = { ...a, seed: "10", image: image({ at: 0, light: 0.6, grain: 2 }) };
    const { duplicate } = judged([a, b, again, c, third, d]);
    expect(duplicate?.verdict).toBe("warn");
    expect(duplicate?.message).toContain("w001, w003, w005");
    expect(duplicate?.measures[0]).toMatchObject({ name: "pairs", value: 3, limit: 0 });
    expect(duplicate?.measures.map(({ name }) => name)).toContain("w003 and w005");
    expect(duplicate?.evidence?.[0]).toMatchObject({ kind: "plot", limit: 1 });
  });

  it("of another light are other pictures, however alike they are built", () => {
    const lights = [0.5, 0.6, 0.7, 0.8].map((light, i) => ({
      seed: "1",
      axes: { light: `l${i}` },
      image: image({ light }),
    }));
    expect(judged(lights).seen.findings.map(({ verdict }) => verdict)).toEqual(["pass", "pass"]);
  });

  it("that were asked for equally are no finding", () => {
    const [a, b] = different(2) as [Variation, Variation];
    const { duplicate, seed } = judged([a, { ...a }, b]);
    expect([duplicate?.verdict, seed?.verdict]).toEqual(["pass", "pass"]);
  });

  it("are set beside each other inside the mask alone", () => {
    const inMask = (x: number, y: number) => x >= 40 && x < 72 && y >= 32 && y < 64;
    // The same plate around, another picture inside, and one that differs only around.
    const put = (at: number, around = 0): Variation => {
      const [plate, edit] = [image({ at: around }), image({ at })];
      const samples = Uint16Array.from(plate.samples as Uint16Array, (code, i) => {
        const pixel = Math.floor(i / 3);
        return inMask(pixel % WIDTH, Math.floor(pixel / WIDTH)) ? (edit.samples[i] as number) : code;
      });
      return { seed: String(at + around), image: { ...plate, samples } };
    };
    expect(judged([put(20), put(45)], inMask).duplicate?.verdict).toBe("pass");
    const { duplicate } = judged([put(20), put(45), put(20, 50)], inMask);
    expect(duplicate?.message).toContain("w001, w003");
  });

  it("of which the seed changes nothing say so, with their seeds, whatever other axes there are", () => {
    const one = image();
    const sweep = ["dawn", "noon"].flatMap((light, l) =>
      ["5", "6", "7"].map((seed) => ({
        seed,
        axes: { light, seed },
        image: l === 0 ? one : image({ at: 40 + Number(seed) * 9 }),
      })),
    );
    const { seed } = judged(sweep);
    expect(seed?.verdict).toBe("warn");
    expect(seed?.message).toContain("w001, w002, w003 (seeds 5, 6, 7)");
    expect(seed?.message).not.toContain("w004");
    expect(seed?.measures[0]).toMatchObject({ value: 3, limit: 0 });
  });

  it("that collapsed into one say by how little they differ, and which are the farthest", () => {
    const same = Array.from({ length: 5 }, (_, i) => ({
      seed: String(i),
      image: image({ light: 0.7 + i * 0.001, grain: i + 1 }),
    }));
    const { diversity } = judged(same);
    expect(diversity?.verdict).toBe("warn");
    expect(diversity?.message).toMatch(/nearly one.*The farthest are w001 and w005/);
    expect(diversity?.evidence?.[0]).toMatchObject({ kind: "plot", limit: 2 });
  });

  it("too few to tell anything say so", () => {
    const { seen } = judged(different(1));
    expect(seen.findings).toEqual([]);
    expect(seen.notApplied.map(({ check }) => check).sort()).toEqual(["set.diversity", "set.duplicate", "set.seed"]);
  });

  it("in float are measured like whole numbers", () => {
    const float = (light: number): DecodedImage => decodedFloat(WIDTH, HEIGHT, (x, y, c) => light * picture(x, y, c));
    const { duplicate } = judged([
      { seed: "1", image: float(0.5) },
      { seed: "2", image: float(0.5004) },
      { seed: "3", image: float(0.9) },
    ]);
    expect(duplicate?.message).toContain("w001, w002 ");
  });

  it("that are all one, thousands of them, are counted and not kept: every pair, and the nearest by name", () => {
    const numbers = new Float32Array(72 + 768).fill(100);
    const check = checks.find(({ id }) => id === "set.duplicate");
    const limits = { pairsMax: 0, bitsMax: 3, codesMax: 1 };
    const series = Array.from({ length: 1_500 }, (_, i) => ({
      wedge: i + 1,
      frame: null,
      seed: String(i),
      axes: {},
      trace: { numbers },
    }));
    const seen = judgeSet(checks, [{ check: "set.duplicate", limits }], () => ({ kind: "series", frames: series }));
    const [finding] = seen.findings;
    expect([finding?.verdict, finding?.version]).toEqual(["warn", check?.version]);
    expect(finding?.measures.slice(0, 3)).toMatchObject([
      { name: "pairs", value: (1_500 * 1_499) / 2 },
      { name: "variations", value: 1_500 },
      { name: "w001 and w002", value: 0 },
    ]);
    expect(finding?.measures).toHaveLength(22);
  });

  it("two hundred of them, 19,900 pairs, are compared", () => {
    const { duplicate } = judged([
      ...different(199).map((one) => one),
      { seed: "x", image: image({ at: 31 * 7, light: 0.6 + 0.07 * 2, grain: 3 }) },
    ]);
    expect(duplicate?.message).toContain("w008, w200");
    expect(duplicate?.measures[0]?.value).toBe(1);
  });
});
