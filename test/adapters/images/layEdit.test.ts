/** The model's edit on the plate: formulas, what stays the plate to the bit, and the mark that must be seen. */
import { describe, expect, test } from "vitest";
import type { Planes } from "../../../daemon/adapters/images/comeBack.ts";
import { editMask } from "../../../daemon/adapters/images/editMask.ts";
import type { EditRequest } from "../../../daemon/adapters/images/layEdit.ts";
import { layEdit } from "../../../daemon/adapters/images/layEdit.ts";
import { coder, modelCodes } from "../../../daemon/adapters/images/modelCodes.ts";
import { meanLog2, roundTripStops } from "../../../daemon/adapters/images/roundTrip.ts";
import { apply } from "../../../daemon/domain/colorMatrix.ts";
import type { Triple } from "../../../daemon/domain/colorMatrix.ts";
import type { ColorPlan } from "../../../daemon/domain/colorPlan.ts";
import { PLAIN_COLOR } from "../../../daemon/domain/colorPlan.ts";
import { ACESCCT_VIEW, FILMIC_VIEW, PLAIN_VIEW } from "../../../daemon/domain/colorView.ts";
import { colorWay } from "../../../daemon/domain/colorWay.ts";

const planOf = (space: string, more: Partial<ColorPlan> = {}): ColorPlan => ({
  ...PLAIN_COLOR,
  how: "edit",
  plate: { name: space, builtIn: space, via: null, by: "manifest", why: "", guess: false },
  ...more,
});
const picture = (pixels: readonly Triple[], width = pixels.length): Planes => ({
  width,
  height: pixels.length / width,
  alpha: null,
  colours: [0, 1, 2].map((k) => Float32Array.from(pixels, (pixel) => pixel[k]!)) as unknown as Planes["colours"],
});
const answerOf = (pixels: readonly Triple[]) =>
  picture(pixels.map((p) => p.map((code) => code / 255) as unknown as Triple));

function lay(
  plan: ColorPlan,
  of: { plate: Planes; answer: Planes; stops?: number; mask?: Float32Array; mark?: EditRequest["mark"] },
) {
  const way = colorWay(plan, of.stops ?? 0);
  const fed = modelCodes(of.plate, way);
  const { colours, same } = layEdit({
    plate: of.plate,
    fed,
    answer: of.answer,
    way,
    plan,
    mask: of.mask ?? null,
    mark: of.mark ?? null,
  });
  return { colours, same, fed, way };
}
/** From deep shadow to 32, coloured, some with negatives, some that no half holds. */
const PLATE = picture(
  Array.from({ length: 4096 }, (_, i) => {
    const level = 2 ** (-12 + (17 * i) / 4096);
    return [level, level * (0.2 + ((i * 7) % 11) / 8), level * (((i * 5) % 9) / 8 - 0.05)] as const;
  }),
  64,
);
const unchanged = (fed: readonly Uint8Array[]): Planes => ({
  ...PLATE,
  colours: fed.map((codes) => Float32Array.from(codes, (code) => code / 255)) as unknown as Planes["colours"],
});

describe("what the model leaves alone is the plate, bit for bit", () => {
  for (const space of ["ACEScg", "ACES2065-1", "Linear Rec.709 (sRGB)", "ARRI LogC3 (EI800)", "sRGB Texture", "Raw"])
    for (const mode of ["difference", "gain"] as const)
      for (const view of ["plain", "filmic"] as const)
        test(`${space}, ${mode}, ${view}`, () => {
          const plan = planOf(space, { mode, view });
          for (const stops of [-2, 0, 3.5]) {
            const way = colorWay(plan, stops);
            const fed = modelCodes(PLATE, way);
            const { colours, same } = lay(plan, { plate: PLATE, answer: unchanged(fed), stops });
            expect(colours).toEqual(PLATE.colours);
            expect(same.every((one) => one === 1)).toBe(true);
            expect(roundTripStops({ plate: PLATE, fed, way, plan, mask: null })).toBe(0);
          }
        });
  test("NaN, infinities and -0 stay what they are", () => {
    const plate = picture([[Number.NaN, Number.POSITIVE_INFINITY, -0]]);
    const plan = planOf("ACEScg");
    const fed = modelCodes(plate, colorWay(plan, 0));
    const { colours } = lay(plan, {
      plate,
      answer: {
        ...plate,
        colours: fed.map((c) => Float32Array.from(c, (v) => v / 255)) as unknown as Planes["colours"],
      },
    });
    expect(colours).toEqual(plate.colours);
    expect(Object.is(colours[2][0], -0)).toBe(true);
  });
});

describe("formulas", () => {
  const inv = (plan: ColorPlan, codes: Triple, stops = 0): Triple => {
    const way = colorWay(plan, stops);
    return apply(way.fromModel, codes.map((code) => way.view.decode(code / 255)) as unknown as Triple);
  };
  const plate: Triple = [0.2, 0.1, 0.3];
  const answer: Triple = [140, 90, 60];

  test.each([0, 1.5])("difference: plate + M (inv(y) - inv(x)), at %d stops", (stops) => {
    const plan = planOf("ACEScg", { clip: "none" });
    const { colours, fed } = lay(plan, {
      plate: picture([plate]),
      answer: answerOf([answer]),
      stops,
      mask: Float32Array.of(0.25),
    });
    const x = inv(plan, fed.map((codes) => codes[0]!) as unknown as Triple, stops);
    const y = inv(plan, answer, stops);
    plate.forEach((value, k) => expect(colours[k]![0]).toBeCloseTo(value + 0.25 * (y[k]! - x[k]!), 6));
  });
  test.each([0, 1.5])("gain: plate (1 + M ((inv(y) + e) / (inv(x) + e) - 1)), at %d stops", (stops) => {
    const plan = planOf("ACEScg", { mode: "gain", clip: "none" });
    const { colours, fed } = lay(plan, {
      plate: picture([plate]),
      answer: answerOf([answer]),
      stops,
      mask: Float32Array.of(0.25),
    });
    const x = inv(plan, fed.map((codes) => codes[0]!) as unknown as Triple, stops);
    const y = inv(plan, answer, stops);
    const e = 2 ** -8 / 2 ** stops;
    plate.forEach((value, k) =>
      expect(colours[k]![0]).toBeCloseTo(value * (1 + 0.25 * ((y[k]! + e) / (x[k]! + e) - 1)), 5),
    );
  });
  test("a gain lifts what lies above white by the same stops", () => {
    const plan = planOf("Linear Rec.709 (sRGB)", { mode: "gain", clip: "none" });
    const { colours } = lay(plan, { plate: picture([[8, 8, 8]]), answer: answerOf([[188, 188, 188]]) });
    expect(colours[0][0]).toBeCloseTo((8 * (PLAIN_VIEW.decode(188 / 255) + 2 ** -8)) / (1 + 2 ** -8), 4);
  });
  test("in a log plate the sum is taken in light", () => {
    const plan = planOf("ARRI LogC3 (EI800)");
    const curve = colorWay(plan, 0).curve!;
    const code = picture([[curve.encode(0.2), curve.encode(0.2), curve.encode(0.2)]]);
    const { colours } = lay(plan, { plate: code, answer: answerOf([[188, 188, 188]]) });
    const grey = curve.decode(colours[0][0]!);
    const x = PLAIN_VIEW.decode(modelCodes(code, colorWay(plan, 0))[0][0]! / 255);
    expect(grey).toBeCloseTo(0.2 + PLAIN_VIEW.decode(188 / 255) - x, 5);
  });
  test.each(["acescct", "plain"] as const)("%s: the answer replaces the plate, as far as the mask says", (how) => {
    const plan = planOf("ACEScg", { how });
    const { colours } = lay(plan, {
      plate: picture([plate, plate, plate]),
      answer: answerOf([answer, answer, answer]),
      mask: Float32Array.of(1, 0.5, 0),
    });
    const y = inv(plan, answer);
    plate.forEach((value, k) => {
      expect(colours[k]![0]).toBeCloseTo(y[k]!, 6);
      expect(colours[k]![1]).toBeCloseTo(value + 0.5 * (y[k]! - value), 6);
      expect(colours[k]![2]).toBe(Math.fround(value));
    });
  });
  test("replace: the answer where it changed, whatever lay under it; elsewhere the plate", () => {
    const plan = planOf("Linear Rec.709 (sRGB)", { mode: "replace", clip: "none" });
    const { colours, same, fed } = lay(plan, {
      plate: picture([
        [5, 5, 5],
        [5, 5, 5],
      ]),
      answer: answerOf([
        [128, 128, 128],
        [255, 255, 255],
      ]),
    });
    expect([fed[0][0], [...same]]).toEqual([255, [0, 1]]);
    expect(colours[0][0]).toBeCloseTo(PLAIN_VIEW.decode(128 / 255), 6);
    expect(colours[0][1]).toBe(5);
  });
  test("an answer of 16 bits is not rounded to 8", () => {
    const plan = planOf("Linear Rec.709 (sRGB)", { how: "plain" });
    const { colours } = lay(plan, { plate: picture([[0.1, 0.1, 0.1]]), answer: picture([[30_001 / 65_535, 0, 1]]) });
    expect(colours[0][0]).toBeCloseTo(PLAIN_VIEW.decode(30_001 / 65_535), 7);
  });
});

describe("where the plate stays", () => {
  const half = (codes: Uint8Array) => Float32Array.from(codes, (code) => (code >> 1) / 255);
  const darker = (plan: ColorPlan, stops = 0): Planes => ({
    ...PLATE,
    colours: modelCodes(PLATE, colorWay(plan, stops)).map(half) as unknown as Planes["colours"],
  });
  const largest = (i: number, matrix: ReturnType<typeof colorWay>["toModel"]) =>
    Math.max(...apply(matrix, PLATE.colours.map((plane) => plane[i]!) as unknown as Triple));

  test("above what the model could see, by the view and the exposure", () => {
    for (const [view, top] of [
      ["plain", 1],
      ["filmic", 16],
    ] as const)
      for (const stops of [0, 2]) {
        const plan = planOf("ACEScg", { view });
        const { same, colours, way } = lay(plan, { plate: PLATE, answer: darker(plan, stops), stops });
        let above = 0;
        same.forEach((one, i) => {
          if (largest(i, way.toModel) <= top) return;
          above += 1;
          expect(one).toBe(1);
          expect(colours[0][i]).toBe(PLATE.colours[0][i]);
        });
        expect(above).toBeGreaterThan(100);
      }
  });
  test("above the number that the recipe names; nowhere with none", () => {
    const named = planOf("ACEScg", { clip: 0.25 });
    const { same } = lay(named, { plate: PLATE, answer: darker(named) });
    same.forEach((one, i) => {
      if (Math.max(...PLATE.colours.map((plane) => plane[i]!)) > 0.25) expect(one).toBe(1);
    });
    const none = planOf("ACEScg", { clip: "none" });
    const all = lay(none, { plate: PLATE, answer: darker(none) });
    expect(all.same.filter((one, i) => one === 1 && largest(i, all.way.toModel) > 0.01)).toHaveLength(0);
  });
  test("the edit fades towards the clip: no step larger than the ramp's own", () => {
    const ramp = picture(
      Array.from({ length: 2000 }, (_, i) => [0.5 + i / 2000, 0.5 + i / 2000, 0.5 + i / 2000] as const),
    );
    const plan = planOf("Linear Rec.709 (sRGB)");
    const fed = modelCodes(ramp, colorWay(plan, 0));
    const { colours } = lay(plan, {
      plate: ramp,
      answer: { ...ramp, colours: fed.map(half) as unknown as Planes["colours"] },
    });
    for (let i = 1; i < 2000; i += 1) expect(Math.abs(colours[0][i]! - colours[0][i - 1]!)).toBeLessThan(0.02);
  });
  test("white of a code plate is no highlight: the edit shows there whole", () => {
    const plan = planOf("sRGB Texture", { exposure: 0 });
    const { colours, same } = lay(plan, { plate: picture([[1, 1, 1]]), answer: answerOf([[128, 128, 128]]) });
    expect([same[0], Math.round(colours[0][0]! * 255)]).toEqual([0, 128]);
  });
  test("outside the mask, whatever the model did", () => {
    const plan = planOf("ACEScg", { clip: "none" });
    const mask = Float32Array.from({ length: 4096 }, (_, i) => (i % 3 === 0 ? 0 : 1));
    const { colours } = lay(plan, { plate: PLATE, answer: darker(plan), mask });
    let changed = 0;
    mask.forEach((share, i) => {
      const differs = colours.some((plane, k) => !Object.is(plane[i], PLATE.colours[k as 0][i]));
      if (share === 0) expect(differs).toBe(false);
      else if (differs) changed += 1;
    });
    expect(changed).toBeGreaterThan(2000);
  });
  test("but the mark of a simulated ComfyUI shows as it is: outside the mask, above the clip, on black", () => {
    const plate = picture(
      [
        [0, 0, 0],
        [20, 20, 20],
        [0.1, 0.1, 0.1],
        [0.1, 0.1, 0.1],
      ],
      2,
    );
    for (const mode of ["gain", "difference"] as const) {
      const plan = planOf("Linear Rec.709 (sRGB)", { mode });
      const { colours, same } = lay(plan, {
        plate,
        answer: answerOf([
          [255, 255, 255],
          [255, 255, 255],
          [255, 255, 255],
          [255, 255, 255],
        ]),
        mask: Float32Array.of(0, 0, 0, 0),
        mark: [0, 0, 2, 1],
      });
      expect([...same]).toEqual([0, 0, 1, 1]);
      expect([...colours[0]]).toEqual([1, 1, Math.fround(0.1), Math.fround(0.1)]);
    }
  });
});

describe("codes for the model", () => {
  test.each([PLAIN_VIEW, FILMIC_VIEW, ACESCCT_VIEW])("$name: the quick way rounds as the slow one does", (view) => {
    const code = coder(view);
    for (let i = -20_000; i < 60_000; i += 1) {
      const light = Math.fround(Math.sign(i) * (Math.abs(i) / 20_000) ** 4);
      expect(code(light), `of ${light}`).toBe(Math.round(view.encode(light) * 255));
    }
    expect([code(Number.NaN), code(Number.POSITIVE_INFINITY), code(Number.NEGATIVE_INFINITY)]).toEqual([0, 255, 0]);
  });
  test("codes of an sRGB picture are fed as they are", () => {
    const codes = Array.from({ length: 256 }, (_, i) => [i / 255, i / 255, i / 255] as const);
    const fed = modelCodes(picture(codes), colorWay(planOf("sRGB Texture"), 0));
    expect([...fed[1]]).toEqual(codes.map((_, i) => i));
  });
  test("ACEScg is turned into sRGB's primaries, and exposed", () => {
    const fed = modelCodes(
      picture([
        [0.18, 0.18, 0.18],
        [0.5, 0, 0],
      ]),
      colorWay(planOf("ACEScg"), 1),
    );
    expect([...fed[0]]).toEqual([Math.round(PLAIN_VIEW.encode(0.36) * 255), 255]);
    expect(fed[1][1]).toBe(0);
  });
});

describe("what the way costs an unchanged picture", () => {
  const stops = (plan: ColorPlan) => {
    const way = colorWay(plan, 0);
    return roundTripStops({ plate: PLATE, fed: modelCodes(PLATE, way), way, plan, mask: null });
  };
  test("the edit: nothing; ACEScct: a step of its codes in the deep shadows; plain: highlights and saturated colours are gone", () => {
    expect(stops(planOf("ACEScg"))).toBe(0);
    const log = stops(planOf("ACEScg", { how: "acescct" }));
    expect(log).toBeGreaterThan(0.02);
    expect(log).toBeLessThan(0.3);
    expect(stops(planOf("ACEScg", { how: "plain" }))).toBeGreaterThan(4);
  });
  test("outside the mask nothing is lost, however it comes back", () => {
    const plan = planOf("ACEScg", { how: "plain" });
    const way = colorWay(plan, 0);
    const none = new Float32Array(4096);
    expect(roundTripStops({ plate: PLATE, fed: modelCodes(PLATE, way), way, plan, mask: none })).toBe(0);
  });
  test("the mean for the exposure is that of the light, black left out", () => {
    const grey = picture([
      [0.25, 0.25, 0.25],
      [1, 1, 1],
      [0, 0, 0],
    ]);
    expect(meanLog2(grey, colorWay(planOf("ACEScg"), 0))).toBeCloseTo(-1, 9);
    expect(meanLog2(picture([[0, 0, 0]]), colorWay(planOf("ACEScg"), 0))).toBeNull();
  });
});

describe("masks", () => {
  const image: Planes = {
    width: 9,
    height: 9,
    colours: [new Float32Array(81).fill(1), new Float32Array(81), new Float32Array(81)],
    alpha: Float32Array.from({ length: 81 }, (_, i) => (i % 9 === 0 ? 0 : 2)),
  };
  const plan = { from: "matte", channel: "red", invert: false, feather: 0 } as const;
  const size = { width: 9, height: 9 };

  test("are red, alpha, or the plate's alpha; cut to 0..1; turned round when asked", () => {
    expect([...new Set(editMask(image, plan, size))]).toEqual([1]);
    expect([...editMask(image, { ...plan, channel: "alpha" }, size)].slice(0, 3)).toEqual([0, 1, 1]);
    expect([...editMask(image, { ...plan, from: "plate" }, size)].slice(0, 3)).toEqual([0, 1, 1]);
    expect([...editMask(image, { ...plan, channel: "alpha", invert: true }, size)].slice(0, 3)).toEqual([1, 0, 0]);
  });
  test("are feathered inwards only: 0 stays 0, and the ramp grows to 1", () => {
    const row = [...editMask(image, { ...plan, channel: "alpha", feather: 3 }, size)].slice(0, 9);
    expect(row[0]).toBe(0);
    for (let x = 1; x < 4; x += 1) expect(row[x]!).toBeGreaterThan(row[x - 1]!);
    expect(row.slice(4)).toEqual([1, 1, 1, 1, 1]);
    expect(row[2]).toBeCloseTo(0.5, 6);
  });
  test("of another size, or without the channel that they need, are refused in words", () => {
    expect(() => editMask(image, plan, { width: 8, height: 9 })).toThrow("the mask has 9 x 9 px, the plate 8 x 9");
    expect(() => editMask({ ...image, alpha: null }, { ...plan, channel: "alpha" }, size)).toThrow(/has none/);
  });
});
