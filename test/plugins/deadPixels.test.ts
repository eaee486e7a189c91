/** image.dead_pixels: single pixels that stick out are found where they are new, on procedural pictures of every kind. */
import { describe, expect, test } from "vitest";
import { inspectFrame } from "../../daemon/domain/qcRun.ts";
import imageDeadPixels from "../../plugins/image_dead_pixels.ts";
import type { Case } from "../../scripts/bench/qc/cases.ts";
import { makeCase, makeScene } from "../../scripts/bench/qc/cases.ts";
import { factsOf } from "../../scripts/bench/qc/jobs.ts";
import { HEIGHT, KINDS, WIDTH } from "../../scripts/bench/qc/sources.ts";
import { decoded } from "../fixtures/pictures.ts";
import { FRAME } from "../fixtures/programPlugin.ts";

const CODE = 257;

function look(of: Case, limits: Readonly<Record<string, number>> = {}) {
  const seen = inspectFrame([imageDeadPixels], [{ check: "image.dead_pixels", limits }], factsOf(of));
  return seen.findings.find(({ check }) => check === "image.dead_pixels");
}

/** Twelve places inside the mask, away from each other. */
function places({ mask, plate }: Case): readonly number[] {
  const out: number[] = [];
  for (let i = 0; out.length < 12 && i < 10_000; i += 1) {
    const at = (i * 7_919) % (WIDTH * HEIGHT);
    const [x, y] = [at % WIDTH, Math.floor(at / WIDTH)];
    const free = x > 1 && x < WIDTH - 2 && y > 1 && y < HEIGHT - 2;
    // Where the plate is white already, nothing can stick out of it.
    const dark = (plate.samples[at * plate.channels + 1] as number) < 40_000;
    if (free && dark && (mask === null || mask.inside[at] === 1)) out.push(at);
  }
  return out;
}

function lifted(of: Case, image: "result" | "plate", codes: number): Case {
  const samples = of[image].samples.slice();
  for (const at of places(of))
    for (let c = 0; c < 3; c += 1) {
      const i = at * of[image].channels + c;
      samples[i] = Math.min(65_535, (samples[i] as number) + codes * CODE);
    }
  return { ...of, [image]: { ...of[image], samples } };
}

describe.each([...KINDS])("on a plate of %s", (kind) => {
  const clean = makeCase(makeScene(kind, 20, "replace"), null);

  test("an edit without them passes, with a dozen of 20 codes it is found, half of them at least, and shown", () => {
    expect([look(clean)?.verdict, look(clean)?.measures[0]?.value]).toEqual(["pass", 0]);
    const found = look(lifted(clean, "result", 20));
    expect(found).toMatchObject({ verdict: "warn", evidence: [{ kind: "boxes" }] });
    expect(found?.measures.find(({ name }) => name === "dead")?.value).toBeGreaterThan(5);
  });

  test("what sticks out of the plate too is the plate's", () => {
    const recoloured = makeCase(makeScene(kind, 20, "recolour"), null);
    expect(look(lifted(lifted(recoloured, "result", 20), "plate", 120))).toMatchObject({ verdict: "pass" });
  });
});

describe("image.dead_pixels", () => {
  const of = (value: (x: number, y: number) => number, size = 32) => {
    const result = decoded({ width: size, height: size, channels: 3, bits: 8, value });
    const requests = [{ check: "image.dead_pixels", limits: {} }];
    return inspectFrame([imageDeadPixels], requests, { ...FRAME, result });
  };
  const finding = (value: (x: number, y: number) => number) => of(value).findings.at(-1);

  test("finds a bright and a dark one on a flat picture, and none of a few codes", () => {
    expect(finding((x, y) => (x === 9 && y === 9 ? 0.9 : 0.5))).toMatchObject({ verdict: "warn" });
    expect(finding((x, y) => (x === 9 && y === 9 ? 0.1 : 0.5))).toMatchObject({ verdict: "warn" });
    expect(finding((x, y) => (x === 9 && y === 9 ? 0.52 : 0.5))).toMatchObject({ verdict: "pass" });
  });

  test("leaves lines, corners and checks alone, for they are no single pixels", () => {
    for (const value of [
      (x: number) => (x === 9 ? 1 : 0),
      (x: number, y: number) => (x > 9 && y > 9 ? 1 : 0),
      (x: number, y: number) => (x + y) % 2,
    ])
      expect(finding(value)).toMatchObject({ verdict: "pass" });
  });

  test("says nothing of a frame that has no neighbours", () => {
    expect(of(() => 0.5, 2).notApplied).toContainEqual({
      check: "image.dead_pixels",
      because: "the frame is smaller than 3 x 3 px",
    });
  });
});
