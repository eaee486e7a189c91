/**
 * The checks that set a result beside its plate, on procedural scenes: each finds its defect from the strength that is stated for
 * it, and leaves a legitimate edit alone. `scripts/bench/qc` counts the same over many scenes.
 */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadChecks } from "../../daemon/adapters/plugins.ts";
import { maskFacts } from "../../daemon/domain/maskFacts.ts";
import { frameInput } from "../../daemon/domain/qcInput.ts";
import { inspectFrame } from "../../daemon/domain/qcRun.ts";
import type { Case } from "../../scripts/bench/qc/cases.ts";
import { makeCase, makeScene } from "../../scripts/bench/qc/cases.ts";
import { DEFECTS } from "../../scripts/bench/qc/defects.ts";
import { HEIGHT, WIDTH } from "../../scripts/bench/qc/sources.ts";

const { checks, book } = await loadChecks([]);
const scene = makeScene("discs", 5);
// Those that look through a model have none here.
const frameChecks = checks.filter((check) => check.scope === "frame" && check.infers === undefined);

function factsOf(one: Case) {
  return {
    result: one.result,
    resultFile: { path: "/v/a.1001.png", bytes: 1, frame: 1001 },
    decodeProblem: null,
    plate: one.plate,
    plateProblem: null,
    mask: one.mask === null ? null : maskFacts(one.mask, { width: WIDTH, height: HEIGHT, ignore: [] }),
    maskProblem: null,
    composited: true,
    expected: { width: WIDTH, height: HEIGHT, bitDepth: 16, ignore: [] },
  } as const;
}

function look(one: Case, ids: readonly string[]) {
  const requests = ids.map((check) => ({ check, limits: {} }));
  return inspectFrame(checks, requests, factsOf(one));
}

describe("shipped checks", () => {
  it("are the files of plugins/, and every one of them loads", () => {
    expect(book.refused).toEqual([]);
    expect(checks.length).toBe(readdirSync("plugins").filter((name) => /^[^_].*\.ts$/.test(name)).length);
  });

  it("leave a legitimate edit alone, every one of them", () => {
    const seen = look(
      makeCase(scene, null),
      frameChecks.map((check) => check.id),
    );
    expect(seen.findings.filter((finding) => finding.verdict !== "pass")).toEqual([]);
    expect(seen.findings.length).toBeGreaterThan(15);
  });
});

const PLACED: ReadonlySet<string> = new Set([
  "image.banding",
  "image.channels",
  "image.clip",
  "image.grain",
  "image.seam",
  "image.soft",
  "mask.preserved",
  "plate.grade",
  "plate.registered",
  "plate.structure",
]);

describe("a defect", () => {
  it.each(DEFECTS.map((kind) => [kind.name, kind] as const))("is found by its check: %s", (_name, kind) => {
    for (const { name, defect } of kind.strengths.slice(kind.must)) {
      const seen = look(makeCase(scene, defect, kind.holds), [kind.check]);
      const finding = seen.findings.find((each) => each.check === kind.check);
      expect(finding?.verdict, `${name}: ${finding?.message ?? "not applied"}`).not.toBe("pass");
      expect(finding?.measures.length).toBeGreaterThan(0);
      expect(finding?.hint).toBeTruthy();
      // Where it is: of what has a place in the picture.
      const shown = finding?.evidence?.some(({ kind: how }) => how === "map" || how === "boxes");
      if (PLACED.has(kind.check)) expect(shown, `${name} shows no place`).toBe(true);
    }
  });

  it("that is structural fails, one that is a matter of statistics warns", () => {
    for (const kind of DEFECTS) {
      const strongest = kind.strengths.at(-1);
      const seen = look(makeCase(scene, strongest?.defect ?? null, kind.holds), [kind.check]);
      const verdict = seen.findings.find((each) => each.check === kind.check)?.verdict;
      expect(verdict, kind.name).toBe(kind.structural ? "fail" : "warn");
    }
  });

  it("outside the mask is shown where it is", () => {
    const patch = DEFECTS.find((kind) => kind.name.startsWith("outside the mask"))?.strengths[1];
    const spoiled = makeCase(scene, patch?.defect ?? null);
    const clean = makeCase(scene, null);
    const changed = new Set<number>();
    const [finding] = look(spoiled, ["mask.preserved"]).findings.filter((each) => each.check === "mask.preserved");
    const map = finding?.evidence?.[0];
    if (map?.kind !== "map") throw new Error("no map");
    for (let i = 0; i < clean.result.samples.length; i += 1) {
      if (clean.result.samples[i] === spoiled.result.samples[i]) continue;
      const pixel = Math.floor(i / 3);
      const row = Math.floor((Math.floor(pixel / WIDTH) * map.rows) / HEIGHT);
      changed.add(row * map.columns + Math.floor(((pixel % WIDTH) * map.columns) / WIDTH));
    }
    const lit = map.levels.flatMap((level, i) => (level > 0 ? [i] : []));
    expect(new Set(lit)).toEqual(changed);
    expect(lit.length).toBeGreaterThan(10);
  });
});

describe("an infinity outside the mask", () => {
  it("is a fail with its place shown, not an error", () => {
    const one = makeCase(scene, null, "light");
    const samples = one.result.samples.slice();
    samples[20 * 4] = Number.POSITIVE_INFINITY;
    samples[40 * 4] = Number.NaN;
    const [finding] = look({ ...one, result: { ...one.result, samples } }, ["mask.preserved"]).findings.filter(
      (each) => each.check === "mask.preserved",
    );
    expect(finding?.verdict).toBe("fail");
    expect(finding?.evidence?.length).toBe(1);
  });
});

describe("a mark in the corner", () => {
  it("is no border, and hides none beside it", () => {
    const marked = (defect: Parameters<typeof makeCase>[1]) => {
      const one = makeCase(scene, defect);
      const samples = one.result.samples.slice();
      for (let y = HEIGHT - 40; y < HEIGHT; y += 1)
        samples.fill(y < HEIGHT - 6 ? 60_000 : 0, (y * WIDTH + 20) * 3, (y * WIDTH + 420) * 3);
      const facts = { ...factsOf(one), result: { ...one.result, samples } };
      const ignore = [[20, HEIGHT - 40, 400, 40]] as const;
      const look = (boxes: typeof ignore | readonly []) =>
        inspectFrame(checks, [{ check: "image.border", limits: {} }], {
          ...facts,
          expected: { ...facts.expected, ignore: boxes },
        }).findings.find((each) => each.check === "image.border")?.verdict;
      return { seen: look([]), told: look(ignore) };
    };
    expect(marked(null)).toEqual({ seen: "warn", told: "pass" });
    const stripe = DEFECTS.find((kind) => kind.name === "border stripe")?.strengths.at(-1)?.defect ?? null;
    expect(marked(stripe).told).toBe("warn");
  });
});

describe("a check that cannot compare", () => {
  it("says why instead of a verdict", () => {
    const { plate } = makeCase(scene, null);
    const small = {
      ...plate,
      width: WIDTH / 2,
      height: HEIGHT / 2,
      samples: plate.samples.slice(0, plate.samples.length / 4),
    };
    const ids = [
      "plate.registered",
      "plate.structure",
      "plate.grade",
      "image.grain",
      "image.soft",
      "image.border",
      "image.channels",
    ];
    const facts = { ...factsOf(makeCase(scene, null)), plate, result: small, mask: null };
    const seen = inspectFrame(
      checks,
      ids.map((check) => ({ check, limits: {} })),
      facts,
    );
    expect(seen.notApplied.map((each) => each.check).sort()).toEqual(ids.toSorted());
    const without = inspectFrame(checks, [{ check: "mask.preserved", limits: {} }], { ...facts, result: plate });
    expect(without.notApplied).toEqual([
      { check: "mask.preserved", because: "there is no mask: the whole frame may change" },
    ]);
  });
});

describe("what checks share", () => {
  it("is worked out once, however many ask", () => {
    const input = frameInput(factsOf(makeCase(scene, null)));
    expect(input.lumaPlane("result")).toBe(input.lumaPlane("result"));
    expect(input.blocks("plate")).toBe(input.blocks("plate"));
    expect(input.blocks("result")?.mean.length).toBe((WIDTH / 32) * (HEIGHT / 32));
  });

  it("counts mask pixels as they are, and scales a mask of another size", () => {
    const inside = new Uint8Array(16).fill(0);
    inside.set([1, 1], 5);
    const facts = maskFacts({ width: 4, height: 4, inside }, { width: 8, height: 8, ignore: [[0, 0, 8, 1]] });
    expect(facts.box).toEqual([2, 2, 4, 2]);
    expect(facts.share).toBe(8 / 64);
    expect(Array.from(facts.outside)).toEqual([8, 18, 22, 26, 30, 64]);
  });
});
