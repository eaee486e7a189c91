/** Each shipped check: it finds its defect, leaves a clean picture alone, says why it does not apply, and never passes blind. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Finding } from "../../daemon/domain/qc.ts";
import type { FrameFacts } from "../../daemon/domain/qcInput.ts";
import { inspectFrame, judgeSequence } from "../../daemon/domain/qcRun.ts";
import type { Check, DecodedImage } from "../../daemon/plugin.ts";
import fileDecodes from "../../plugins/file_decodes.ts";
import framesComplete from "../../plugins/frames_complete.ts";
import headerSize from "../../plugins/header_size.ts";
import imageBitDepth from "../../plugins/image_bit_depth.ts";
import imageNotBlack from "../../plugins/image_not_black.ts";
import imageNotSolid from "../../plugins/image_not_solid.ts";
import pixelsFinite from "../../plugins/pixels_finite.ts";
import plateStructure from "../../plugins/plate_structure.ts";
import type { Value } from "../fixtures/pictures.ts";
import { codes16, decoded, decodedFloat, picture } from "../fixtures/pictures.ts";

const BASIC = [fileDecodes, framesComplete, headerSize, imageBitDepth, imageNotBlack, imageNotSolid, pixelsFinite];
const W = 96;
const H = 64;
const rgb8 = (value?: Value) =>
  decoded({ width: W, height: H, channels: 3, bits: 8, ...(value === undefined ? {} : { value }) });
const rgb16 = (value?: Value) =>
  decoded({ width: W, height: H, channels: 3, bits: 16, ...(value === undefined ? {} : { value }) });
const constant =
  (level: number): Value =>
  () =>
    level;

interface Look {
  readonly result: DecodedImage | null;
  readonly plate?: DecodedImage;
  readonly expected?: Partial<FrameFacts["expected"]>;
  readonly limits?: Readonly<Record<string, number>>;
  readonly decodeProblem?: FrameFacts["decodeProblem"];
}

function look(check: Check, { result, plate, expected, limits = {}, decodeProblem = null }: Look) {
  const facts: FrameFacts = {
    result,
    resultFile: { path: "/v/a.1001.png", bytes: 12_345, frame: 1001 },
    decodeProblem,
    plate: plate ?? null,
    plateProblem: null,
    mask: null,
    maskProblem: null,
    composited: false,
    expected: { width: W, height: H, bitDepth: 16, ignore: [], ...expected },
  };
  const seen = inspectFrame([check, fileDecodes], [{ check: check.id, limits }], facts);
  const of = seen.findings.find((finding) => finding.check === check.id) ?? null;
  return { finding: of, because: seen.notApplied.find((each) => each.check === check.id)?.because ?? null };
}
const verdict = (check: Check, of: Look) => look(check, of).finding?.verdict ?? "not applied";
function found(check: Check, of: Look): Finding {
  const { finding } = look(check, of);
  if (finding === null) throw new Error("not applied");
  return finding;
}
const measure = (finding: Finding, name: string) => finding.measures.find((each) => each.name === name)?.value;

describe("all basic checks", () => {
  test("have an id of their own, and each measures whenever it judges", () => {
    expect(new Set(BASIC.map((check) => check.id)).size).toBe(BASIC.length);
    for (const check of BASIC.filter((each) => each.scope === "frame")) {
      for (const result of [rgb8(), rgb16(), rgb16(constant(0)), decodedFloat(W, H)]) {
        const { finding, because } = look(check, { result });
        expect(finding === null ? because : finding.measures.length, check.id).toBeTruthy();
        for (const each of finding?.measures ?? []) expect(each.frame).toBe(1001);
      }
    }
  });

  test("without pixels none of them passes", () => {
    for (const check of BASIC.filter((each) => each.scope === "frame")) {
      const { finding } = look(check, { result: null, decodeProblem: { kind: "unreadable", message: "no reader" } });
      expect(finding?.verdict === "pass", check.id).toBe(false);
    }
  });

  test("a clean picture is flagged by none, whatever its content", () => {
    const content = fc.record({
      scale: fc.double({ min: 0.05, max: 1, noNaN: true }),
      shift: fc.double({ min: 0, max: 0.3, noNaN: true }),
      phase: fc.nat(50),
    });
    fc.assert(
      fc.property(content, ({ scale, shift, phase }) => {
        const result = rgb16((x, y, channel) => Math.min(1, shift + scale * picture(x + phase, y, channel)));
        return BASIC.filter((check) => check.scope === "frame").every((check) =>
          ["pass", "not applied"].includes(verdict(check, { result })),
        );
      }),
      { numRuns: 40 },
    );
  });
});

describe("file.decodes", () => {
  test("passes what was decoded, fails what is damaged, and is an error where nobody could look", () => {
    expect(found(fileDecodes, { result: rgb8() })).toMatchObject({
      verdict: "pass",
      message: "Decoded whole by test.",
    });
    expect(
      found(fileDecodes, { result: null, decodeProblem: { kind: "broken", message: "it ends early" } }),
    ).toMatchObject({ verdict: "fail" });
    expect(found(fileDecodes, { result: null, decodeProblem: { kind: "unreadable", message: "PIZ" } })).toMatchObject({
      verdict: "error",
      measures: [],
    });
    expect(found(fileDecodes, { result: null })).toMatchObject({ verdict: "error" });
  });
});

describe("frames.complete", () => {
  const judged = (wanted: readonly (number | null)[], present: readonly (number | null)[], limits = {}) =>
    judgeSequence([framesComplete], [{ check: "frames.complete", limits }], { wanted, present }).findings[0]!;

  test("passes exactly the frames wanted, in any order, and a still", () => {
    expect(judged([1001, 1002, 1003], [1003, 1001, 1002])).toMatchObject({
      verdict: "pass",
      message: "All 3 wanted are there.",
    });
    expect(judged([null], [null]).verdict).toBe("pass");
    expect(judged([1001, 1030, 1058], [1001, 1030, 1058]).verdict).toBe("pass");
  });

  test("names what is missing and what is too much as ranges", () => {
    const gap = judged([1, 2, 3, 4, 5, 9], [1, 5, 12]);
    expect(gap).toMatchObject({ verdict: "fail", message: "Missing 4 of 6 frames: 2-4, 9; not wanted: 12." });
    expect(gap.measures).toMatchObject([
      { name: "missing", value: 4, limit: 0, must: "atMost" },
      { name: "extra", value: 1, limit: 0, must: "atMost" },
    ]);
    expect(judged([null], []).message).toContain("the still");
  });

  test("a limit of its own allows what it says", () => {
    expect(judged([1, 2], [1], { missingMax: 1 }).verdict).toBe("pass");
    expect(judged([1, 2, 3], [1], { missingMax: 1 }).verdict).toBe("fail");
  });
});

describe("header.size", () => {
  test("passes the exact size and fails one pixel", () => {
    expect(verdict(headerSize, { result: rgb8() })).toBe("pass");
    expect(found(headerSize, { result: rgb8(), expected: { width: W + 1 } })).toMatchObject({
      verdict: "fail",
      message: "The result is 96 x 64 px; 97 x 64 px were expected.",
    });
  });

  test("names the model that crops to blocks of 8, and the swapped sides", () => {
    expect(found(headerSize, { result: rgb8(), expected: { width: W + 6, height: H + 7 } }).hint).toMatch(
      /blocks of 8 px/,
    );
    expect(found(headerSize, { result: rgb8(), expected: { width: H, height: W } }).hint).toMatch(/swapped/);
    expect(found(headerSize, { result: rgb8(), expected: { width: W * 2, height: H * 2 } }).hint).toMatch(
      /graph that made it/,
    );
  });

  test("demands of an EXR that its data window is its display window", () => {
    const image = { ...decodedFloat(W, H), windows: { data: [0, 0, W, H], display: [0, 0, W, H] } } as const;
    expect(verdict(headerSize, { result: image })).toBe("pass");
    const over = { ...image, windows: { data: [-4, 0, W + 8, H], display: [0, 0, W, H] } } as const;
    expect(found(headerSize, { result: over })).toMatchObject({
      verdict: "fail",
      hint: expect.stringContaining("overscan") as string,
    });
  });

  test("demands of an EXR on its plate that both windows are the plate's", () => {
    const windows = { data: [-4, 2, W, H - 2], display: [0, 0, W, H] } as const;
    const image = { ...decodedFloat(W, H), windows } as const;
    expect(verdict(headerSize, { result: image, expected: { windows } })).toBe("pass");
    const cropped = { ...windows, data: [0, 0, W, H] } as const;
    const seen = found(headerSize, { result: image, expected: { windows: cropped } });
    expect(seen.message).toMatch(/is not the plate's \(0, 0/);
    // What failed is a measure of its own: width and height are as they must be.
    expect(seen.measures.filter(({ value, limit }) => value !== limit)).toEqual([
      { name: "dataX", value: -4, unit: "px", limit: 0, must: "equal", frame: 1001 },
      { name: "dataY", value: 2, unit: "px", limit: 0, must: "equal", frame: 1001 },
      { name: "dataHeight", value: H - 2, unit: "px", limit: H, must: "equal", frame: 1001 },
    ]);
    const moved = { ...windows, display: [10, 0, W, H] } as const;
    const shifted = found(headerSize, { result: image, expected: { windows: moved } });
    expect(shifted.message).toMatch(/display window .* plate's/);
    expect(measure(shifted, "displayX")).toBe(0);
  });

  test("does not apply where nothing says the size", () => {
    expect(look(headerSize, { result: rgb8(), expected: { width: null } }).because).toMatch(/how large/);
  });
});

describe("plate.structure", () => {
  test("calls nothing lost that lies in an ignored rectangle", () => {
    const plate = rgb8();
    const other = rgb8((x, y, c) => picture(y * 3, x * 5, c));
    const at = (ignore: readonly (readonly [number, number, number, number])[]) => {
      const seen = found(plateStructure, { result: other, plate, expected: { ignore } });
      const [map] = seen.evidence ?? [];
      if (map?.kind !== "map") throw new Error("no map");
      return { levels: map.levels, ssim: measure(seen, "ssim") };
    };
    const [all, some] = [at([]), at([[0, 0, W, 20]])];
    const rowsOf = (levels: readonly number[]) =>
      Array.from({ length: 8 }, (_, row) => levels.slice(row * 12, row * 12 + 12).some((level) => level > 0));
    expect(rowsOf(all.levels)).toEqual([true, true, true, true, true, true, true, true]);
    expect(rowsOf(some.levels)).toEqual([false, false, false, true, true, true, true, true]);
    expect(some.ssim).toBe(all.ssim);
  });
});

describe("image.bit_depth", () => {
  const widened = (widen: (v: number) => number): DecodedImage => ({
    ...rgb16(),
    samples: Uint16Array.from(codes16(W, H, 3), (code) => widen(Math.round(code / 257))),
  });

  test("finds 8 bits in 16 however they were widened", () => {
    for (const widen of [
      (v: number) => v * 257,
      (v: number) => v * 256,
      (v: number) => Math.min(65_535, v * 256 + 128),
      (v: number) => Math.round((v / 255) ** 1 * 65_535),
    ]) {
      expect(found(imageBitDepth, { result: widened(widen) })).toMatchObject({
        verdict: "fail",
        message: expect.stringContaining("8 bits in a 16-bit file") as string,
      });
    }
  });

  test("says how few bits there are where there are fewer than 8", () => {
    for (const [levels, words] of [
      [32, "No more than 5 bits in a 16-bit file: "],
      [24, "No more than 5 bits in a 16-bit file: "],
      [128, "No more than 7 bits in a 16-bit file: "],
    ] as const) {
      const poor = (v: number): number => Math.round(Math.round((v / 255) * (levels - 1)) * (65_535 / (levels - 1)));
      expect(found(imageBitDepth, { result: widened(poor) }).message).toContain(words);
    }
  });

  test("an 8-bit file where 16 were promised fails on its header", () => {
    expect(found(imageBitDepth, { result: rgb8() })).toMatchObject({
      verdict: "fail",
      message: "The file has 8 bits per sample; 16 were promised.",
    });
  });

  test("a true 16-bit picture passes, also a small flat crop with few codes close together", () => {
    expect(verdict(imageBitDepth, { result: rgb16() })).toBe("pass");
    const flat = rgb16((x) => 0.5 + x / W / 300);
    const seen = found(imageBitDepth, { result: flat });
    expect(measure(seen, "distinct")).toBeLessThan(256);
    expect(seen.verdict).toBe("pass");
  });

  test("too few codes prove nothing and say so", () => {
    expect(found(imageBitDepth, { result: rgb16(constant(0.5)) })).toMatchObject({
      verdict: "pass",
      message: expect.stringContaining("too few") as string,
    });
  });

  test("alpha does not count, and what lies in an ignored rectangle does not either", () => {
    const rgba = decoded({
      width: W,
      height: H,
      channels: 4,
      bits: 16,
      value: (x, y, c) => (c === 3 ? picture(x, y, 3) : Math.round(picture(x, y, c) * 255) / 255),
    });
    expect(verdict(imageBitDepth, { result: rgba })).toBe("fail");
    const marked = widened((v) => v * 257);
    const fine = rgb16();
    const samples = Uint16Array.from(marked.samples, (code, i) =>
      Math.floor(i / 3 / W) < 8 ? (fine.samples[i] as number) : code,
    );
    expect(verdict(imageBitDepth, { result: { ...marked, samples } })).toBe("pass");
    expect(verdict(imageBitDepth, { result: { ...marked, samples }, expected: { ignore: [[0, 0, W, 8]] } })).toBe(
      "fail",
    );
  });

  test("a float picture that went through 8 bits is found after the curve", () => {
    const linear = (v: number) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const poor = decodedFloat(W, H, (x, y, c) => linear(Math.round(picture(x, y, c) * 255) / 255));
    expect(verdict(imageBitDepth, { result: poor })).toBe("fail");
    expect(verdict(imageBitDepth, { result: decodedFloat(W, H, (x, y, c) => linear(picture(x, y, c))) })).toBe("pass");
  });

  test("where nobody promised bits, warns of 8 in 16 beside a plate that has more", () => {
    const poor = widened((v) => v * 257);
    const free = { bitDepth: null };
    expect(found(imageBitDepth, { result: poor, plate: rgb16(), expected: free })).toMatchObject({
      verdict: "warn",
      message: expect.stringContaining("8 bits in a 16-bit file") as string,
    });
    expect(found(imageBitDepth, { result: poor, plate: poor, expected: free }).verdict).toBe("pass");
    expect(found(imageBitDepth, { result: rgb16(), plate: rgb16(), expected: free }).verdict).toBe("pass");
    expect(look(imageBitDepth, { result: poor, plate: rgb8(), expected: free }).because).toMatch(
      /no plate that has more/,
    );
    expect(look(imageBitDepth, { result: poor, expected: free }).because).toMatch(/no plate that has more/);
    expect(look(imageBitDepth, { result: rgb8(), plate: rgb16(), expected: free }).because).toMatch(/fewer/);
  });

  test("does not apply to recipes that promise 8 bits", () => {
    expect(look(imageBitDepth, { result: rgb8(), expected: { bitDepth: 8 } }).because).toMatch(/8 bits/);
  });
});

describe("image.not_black", () => {
  test("fails black, and names exact zero as a likely safety filter", () => {
    const zero = found(imageNotBlack, { result: rgb8(constant(0)) });
    expect(zero).toMatchObject({
      verdict: "fail",
      message: expect.stringMatching(/exactly 0.*safety filter/) as string,
    });
    const nearly = found(imageNotBlack, { result: rgb16((x, y, c) => 0.004 * picture(x, y, c)) });
    expect(nearly).toMatchObject({ verdict: "fail", message: expect.not.stringContaining("safety") as string });
    expect(verdict(imageNotBlack, { result: decodedFloat(W, H, () => 0) })).toBe("fail");
    expect(
      verdict(imageNotBlack, { result: decoded({ width: W, height: H, channels: 1, bits: 8, value: () => 0 }) }),
    ).toBe("fail");
  });

  test("needs both numbers under their limits: a dark picture with lights, a flat dim one, pass", () => {
    expect(verdict(imageNotBlack, { result: rgb8((x, y) => (x < 12 && y < 12 ? 1 : 0)) })).toBe("pass");
    expect(verdict(imageNotBlack, { result: rgb8(constant(0.02)) })).toBe("pass");
  });

  test("the limits are the manifest's where it sets them", () => {
    const dim = rgb8(constant(0.02));
    expect(verdict(imageNotBlack, { result: dim, limits: { meanMin: 0.05 } })).toBe("fail");
  });

  test("a plate that is as black excuses it, but not an exact zero of a plate with noise", () => {
    const dark = rgb16((x, y, c) => 0.004 * picture(x, y, c));
    const zero = rgb16(constant(0));
    expect(verdict(imageNotBlack, { result: dark, plate: dark })).toBe("pass");
    expect(verdict(imageNotBlack, { result: zero, plate: zero })).toBe("pass");
    expect(verdict(imageNotBlack, { result: zero, plate: dark })).toBe("warn");
    expect(verdict(imageNotBlack, { result: zero, plate: rgb16() })).toBe("fail");
  });

  test("a mark burnt into an ignored rectangle does not hide a black picture", () => {
    const marked = rgb8((x, y) => (x < 40 && y < 20 ? 1 : 0));
    expect(verdict(imageNotBlack, { result: marked })).toBe("pass");
    expect(verdict(imageNotBlack, { result: marked, expected: { ignore: [[0, 0, 40, 20]] } })).toBe("fail");
  });

  test("an image that is ignored whole is an error, not a pass", () => {
    expect(verdict(imageNotBlack, { result: rgb8(), expected: { ignore: [[0, 0, W, H]] } })).toBe("error");
  });

  test("NaN counts as black, infinity as white", () => {
    expect(verdict(imageNotBlack, { result: decodedFloat(W, H, () => Number.NaN) })).toBe("fail");
    expect(verdict(imageNotBlack, { result: decodedFloat(W, H, () => Infinity) })).toBe("pass");
  });
});

describe("image.not_solid", () => {
  test("fails one flat colour at any level, with noise under the limit too", () => {
    for (const level of [0, 0.2, 0.5, 1])
      expect(verdict(imageNotSolid, { result: rgb8(constant(level)) })).toBe("fail");
    expect(verdict(imageNotSolid, { result: rgb16((x, y, c) => 0.5 + 0.004 * picture(x, y, c)) })).toBe("fail");
  });

  test("a small detail on a flat field, or a faint gradient, is a picture", () => {
    expect(verdict(imageNotSolid, { result: rgb8((x, y) => (x > 40 && x < 44 && y > 30 && y < 34 ? 0.6 : 0.5)) })).toBe(
      "pass",
    );
    expect(verdict(imageNotSolid, { result: rgb16((x) => 0.5 + 0.02 * (x / W)) })).toBe("pass");
  });

  test("a flat plate excuses it, an ignored mark does not hide it", () => {
    expect(verdict(imageNotSolid, { result: rgb8(constant(0.5)), plate: rgb8(constant(0.3)) })).toBe("pass");
    const marked = rgb8((x, y) => (x < 40 && y < 20 ? (x + y) % 2 : 0.5));
    expect(verdict(imageNotSolid, { result: marked })).toBe("pass");
    expect(verdict(imageNotSolid, { result: marked, expected: { ignore: [[0, 0, 40, 20]] } })).toBe("fail");
  });
});

describe("pixels.finite", () => {
  test("says where: boxes around few pixels, a map of many", () => {
    const spoiled = (count: number): DecodedImage => {
      const image = decodedFloat(W, H);
      const samples = Float32Array.from(image.samples);
      for (let k = 0; k < count; k += 1) samples[((20 + k) * W + 30) * 3 + 1] = Number.NaN;
      return { ...image, samples };
    };
    expect(found(pixelsFinite, { result: spoiled(1) }).evidence).toEqual([
      { kind: "boxes", title: "Not finite", boxes: [[22, 12, 17, 17]] },
    ]);
    const [map] = found(pixelsFinite, { result: spoiled(30) }).evidence ?? [];
    expect(map).toMatchObject({ kind: "map", columns: 64, rows: 64 });
    expect(map?.kind === "map" ? map.levels.filter((level) => level > 0).length : 0).toBe(30);
    expect(map).toMatchObject({ within: [30, 20, 1, 30], worst: [30, 20] });
    const windows = { data: [-8, -4, W, H], display: [0, 0, W - 16, H - 8] } as const;
    const { message } = found(pixelsFinite, { result: { ...spoiled(30), windows } });
    expect(message).toContain("They lie within 1 x 30 px at x 22, y 16; the worst is at x 22, y 16.");
    expect(found(pixelsFinite, { result: spoiled(1) }).message).toContain("It is at x 30, y 20.");
  });

  test("counts every NaN and infinity to the pixel", () => {
    const bad = new Map([
      [5, Number.NaN],
      [77, Infinity],
      [W * H * 3 - 1, -Infinity],
    ]);
    const clean = decodedFloat(W, H, (x, y, c) => picture(x, y, c) * 40 - 1);
    const samples = Float32Array.from(clean.samples, (v, i) => bad.get(i) ?? v);
    expect(found(pixelsFinite, { result: { ...clean, samples } })).toMatchObject({
      verdict: "fail",
      measures: [{ name: "notFinite", value: 3, limit: 0 }],
    });
    expect(verdict(pixelsFinite, { result: clean })).toBe("pass");
    expect(verdict(pixelsFinite, { result: { ...clean, samples }, limits: { countMax: 3 } })).toBe("pass");
  });

  test("looks at the picture only: a depth that came with the plate may be infinite; so may what the plate has itself", () => {
    const bad = decodedFloat(W, H, (x, y, c) => (c === 2 && x === 7 && y === 7 ? Infinity : 0.5));
    expect(verdict(pixelsFinite, { result: { ...bad, channelNames: ["R", "G", "depth.Z"] } })).toBe("pass");
    expect(verdict(pixelsFinite, { result: { ...bad, channelNames: ["X", "Y2", "depth.Z"] } })).toBe("fail");
    expect(found(pixelsFinite, { result: bad, plate: bad }).message).toBe("No more than in the plate: 1.");
    expect(verdict(pixelsFinite, { result: bad, plate: decodedFloat(W, H) })).toBe("fail");
  });

  test("the largest, smallest and subnormal floats are finite", () => {
    const values = [3.4028234663852886e38, -3.4028234663852886e38, 1e-45, -0, 0];
    expect(verdict(pixelsFinite, { result: decodedFloat(W, H, (x) => values[x % 5]!) })).toBe("pass");
  });

  test("ignores what is ignored and does not apply to whole numbers", () => {
    const bad = decodedFloat(W, H, (x, y) => (x < 3 && y < 3 ? Number.NaN : 0.5));
    expect(verdict(pixelsFinite, { result: bad, expected: { ignore: [[0, 0, 3, 3]] } })).toBe("pass");
    expect(look(pixelsFinite, { result: rgb8() }).because).toMatch(/always finite/);
  });
});
