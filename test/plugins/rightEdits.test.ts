/**
 * Right edits that once looked like faults, and the faults beside them that must be found all the same: what separates a joint from a
 * drawn edge, blur from chance, missing grain from new texture, a swap from new colours, an edge in more light, grain from true negatives.
 */
import { describe, expect, it } from "vitest";
import { loadChecks } from "../../daemon/adapters/plugins.ts";
import { inspectFrame } from "../../daemon/domain/qcRun.ts";
import type { DecodedImage } from "../../daemon/plugin.ts";
import type { Case, Defect, Holds } from "../../scripts/bench/qc/cases.ts";
import { caseOf, makeCase, makeScene } from "../../scripts/bench/qc/cases.ts";
import type { Edit } from "../../scripts/bench/qc/edits.ts";
import type { Job } from "../../scripts/bench/qc/jobs.ts";
import { factsOf, sceneOf } from "../../scripts/bench/qc/jobs.ts";
import type { Kind } from "../../scripts/bench/qc/sources.ts";
import { HEIGHT, WIDTH } from "../../scripts/bench/qc/sources.ts";
import { seam, shifted, softened, swapped } from "../../scripts/bench/qc/spoil.ts";

const { checks } = await loadChecks([]);

function look(one: Case, check: string) {
  const { findings } = inspectFrame(checks, [{ check, limits: {} }], factsOf(one));
  return findings.find((each) => each.check === check);
}

function verdict(check: string, [kind, seed, how, holds = "codes"]: Of, defect: Defect | null = null) {
  return look(makeCase(makeScene(kind, seed, how), defect, holds), check)?.verdict;
}
type Of = readonly [kind: Kind, seed: number, how: Edit, holds?: Holds];

describe("a right edit", () => {
  it.each<[string, string, Of]>([
    ["image.seam", "two things that meet in a straight line", ["discs", 890, "replace"]],
    ["image.seam", "the feather of a mask over something else", ["waterline", 309, "replace"]],
    ["image.soft", "texture of its own over noise", ["noise", 42, "recolour"]],
    ["image.soft", "a gradient with next to nothing fine in it", ["gradient", 231, "relight", "codes and alpha"]],
    ["image.grain", "cloth in other colours", ["weave", 539, "recolour"]],
    ["image.grain", "new content where the plate had cloth", ["weave", 263, "replace"]],
    ["image.channels", "new content of the plate's brightness", ["waterline", 429, "replace", "light"]],
    ["image.border", "a wall in more light", ["bricks", 560, "frame"]],
  ])("%s lets be %s", (check, _what, of) => {
    expect(verdict(check, of)).toBe("pass");
  });
});

describe("the fault beside it", () => {
  it("is found: a joint of 4 codes, a blur of 1.5 px", () => {
    expect(verdict("image.seam", ["discs", 891, "recolour"], seam(4, "mask"))).toBe("warn");
    expect(verdict("image.soft", ["noise", 42, "relight"], softened(1.5))).toBe("warn");
  });

  it("is found: a swap in a smooth sky, whose brightness has nothing in common with the plate's", () => {
    const of = ["waterline", 500_001 + 8 + 7 * 1_000_003, "recolour"] as const;
    expect(verdict("image.channels", of)).toBe("pass");
    expect(verdict("image.channels", of, swapped([2, 1, 0], false))).toBe("warn");
  });
});

describe("what an artist orders", () => {
  const scene = (kind: Job["kind"], number: number) => sceneOf({ kind, from: "fresh", number, seed: 5 }, []);
  it.each<[string, string, Job["kind"], number]>([
    ["image.seam", "rows that a sensor reads a little off", "defects", 6],
    ["image.seam", "a screen with panels and lines of type", "clean", 32],
    ["image.channels", "a costume in another dye", "clean", 25],
    ["image.soft", "stone of another stuff in the same light", "clean", 46],
    ["plate.registered", "fog over slats that repeat", "clean", 18],
  ])("%s lets be %s", (check, _what, kind, number) => {
    expect(look(makeCase(scene(kind, number), null), check)?.verdict).toBe("pass");
  });

  it("hides no swap of channels: in light that changed, and in cloth of one hue where it is exact", () => {
    for (const number of [10, 4]) {
      const of = scene("defects", number);
      expect(look(makeCase(of, null), "image.channels")?.verdict).toBe("pass");
      expect(look(makeCase(of, swapped([2, 1, 0], false)), "image.channels")?.verdict).toBe("warn");
    }
  });

  it("hides no blur in half of the frame, and no shift under a mask that leaves no window free", () => {
    expect(look(makeCase(scene("defects", 0), softened(1.5)), "image.soft")?.verdict).toBe("warn");
    expect(look(makeCase(scene("defects", 0), shifted(1)), "plate.registered")?.verdict).toBe("warn");
  });

  it("hides no joint of tiles among rows that are read a little off", () => {
    expect(look(makeCase(scene("defects", 6), seam(4, "mask")), "image.seam")?.verdict).toBe("warn");
  });
});

describe("a defect that changes next to nothing", () => {
  it("has no place: a blur of what is smooth, a swap of greys", () => {
    const smooth = makeScene("gradient", 5, "relight");
    const flat = { ...smooth, edit: { ...smooth.edit, data: smooth.edit.data.map(() => 0.2) } };
    expect(caseOf(flat, softened(1.5))).toBeNull();
    expect(caseOf(flat, swapped([2, 1, 0], false))).toBeNull();
    expect(caseOf(makeScene("noise", 5, "relight"), softened(1.5))).not.toBeNull();
  });
});

describe("softness", () => {
  it("says what it measured and how far chance may move it, and judges by the latter", () => {
    const finding = look(makeCase(makeScene("noise", 42, "relight"), softened(1.5)), "image.soft");
    const value = (name: string) => finding?.measures.find((measure) => measure.name === name)?.value ?? Number.NaN;
    expect(value("ratio")).toBeGreaterThan(value("measured"));
    expect(value("ratio")).toBeLessThan(0.95);
  });
});

describe("negative values", () => {
  const pixels = WIDTH * HEIGHT;
  /** Grey, with every `every`-th sample of the first channel at a value below zero. */
  const image = (value: number, every: number): DecodedImage => {
    const samples = new Float32Array(pixels * 3).fill(0.2);
    for (let i = 0; i < pixels; i += every) samples[i * 3] = value * (1 + (i % 7) / 10);
    return {
      width: WIDTH,
      height: HEIGHT,
      channels: 3,
      channelNames: ["R", "G", "B"],
      bitDepth: 16,
      sampleType: "float",
      samples,
      reader: "procedural",
      windows: null,
    };
  };
  const of = (result: DecodedImage, plate: DecodedImage) =>
    look({ plate, result, mask: null }, "pixels.negative")?.verdict;

  it("of the plate's depth are its grain in less light, and deeper ones are not", () => {
    const plate = image(-0.001, 500);
    expect(of(image(-0.001, 100), plate)).toBe("pass");
    expect(of(image(-0.004, 100), plate)).toBe("warn");
  });

  it("are new where the plate has none, however small", () => {
    expect(of(image(-0.0001, 100), image(0.1, 100))).toBe("warn");
  });

  it("are shown where they are", () => {
    const result = image(-0.5, 500);
    const seen = look({ plate: image(0.1, 500), result, mask: null }, "pixels.negative");
    const [map] = seen?.evidence ?? [];
    if (map?.kind !== "map") throw new Error("no map");
    expect(map.levels[0]).toBeGreaterThan(0);
    expect(map.title).toBe("Negative");
  });

  it("are not excused by one odd pixel of the plate", () => {
    const plate = image(-0.001, 100);
    plate.samples[0] = -5;
    expect(of(image(-0.01, 50), plate)).toBe("warn");
  });
});
