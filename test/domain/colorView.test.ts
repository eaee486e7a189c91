/** What the model sees, and that all of it comes back. */
import { describe, expect, test } from "vitest";
import { apply, multiply } from "../../daemon/domain/colorMatrix.ts";
import { PLAIN_COLOR } from "../../daemon/domain/colorPlan.ts";
import type { ColorPlan } from "../../daemon/domain/colorPlan.ts";
import { autoStops, colorWay } from "../../daemon/domain/colorWay.ts";
import { ACESCCT_VIEW, FILMIC_VIEW, PLAIN_VIEW, RAW_VIEW } from "../../daemon/domain/colorView.ts";

const VIEWS = [PLAIN_VIEW, FILMIC_VIEW, ACESCCT_VIEW, RAW_VIEW];

describe("views", () => {
  test.each(VIEWS)("$name: every code comes back exactly, and only grows", (view) => {
    let before = Number.NEGATIVE_INFINITY;
    for (let code = 0; code <= 65_535; code += 1) {
      const light = view.decode(code / 65_535);
      expect(light).toBeGreaterThan(before);
      expect(Math.round(view.encode(light) * 65_535)).toBe(code);
      before = light;
    }
  });
  test.each(VIEWS)("$name: light between its floor and its top comes back to 1e-12", (view) => {
    for (let i = 0; i <= 1000; i += 1) {
      const light = view.floor + (Math.min(view.top, 64) - view.floor) * (i / 1000) ** 3;
      expect(Math.abs(view.decode(view.encode(light)) - light)).toBeLessThan(1e-12 * Math.max(1, light));
    }
  });
  test.each(VIEWS)("$name: what lies outside is cut off, and NaN is black", (view) => {
    expect(view.encode(view.top)).toBeCloseTo(1, 12);
    expect([view.encode(1e9), view.encode(Number.POSITIVE_INFINITY)]).toEqual([1, 1]);
    expect([view.encode(-1e9), view.encode(Number.NaN)]).toEqual([0, 0]);
  });
  test("filmic is plain below its knee, has no kink there, and 4 stops above 1 stay below white", () => {
    for (const light of [0, 0.01, 0.18, 0.6]) expect(FILMIC_VIEW.encode(light)).toBe(PLAIN_VIEW.encode(light));
    const slope = (at: number) => (FILMIC_VIEW.encode(at + 1e-6) - FILMIC_VIEW.encode(at)) / 1e-6;
    expect(slope(0.6 + 1e-9) / slope(0.6 - 2e-6)).toBeCloseTo(1, 4);
    expect(FILMIC_VIEW.encode(15.9)).toBeLessThan(1);
    expect(FILMIC_VIEW.encode(1)).toBeLessThan(0.96);
  });
});

describe("the way", () => {
  const acescg: ColorPlan = {
    ...PLAIN_COLOR,
    how: "edit",
    plate: { name: "ACEScg", builtIn: "ACEScg", via: null, by: "manifest", why: "", guess: false },
  };
  test("the exposure is in the matrices, and they undo each other", () => {
    const way = colorWay(acescg, 2);
    multiply(way.toModel, way.fromModel).forEach((value, i) => expect(value).toBeCloseTo(i % 4 === 0 ? 1 : 0, 12));
    apply(way.toModel, [0.18, 0.18, 0.18]).forEach((value) => expect(value).toBeCloseTo(0.72, 12));
  });
  test("for acescct the model's primaries are ACEScg's", () => {
    expect(colorWay({ ...acescg, how: "acescct" }, 0).toModel).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });
  test("data has no curve, no exposure and no matrix; without a plate values are sRGB", () => {
    const data = { ...acescg, plate: { ...acescg.plate!, name: "matte", builtIn: "Raw" } };
    expect(colorWay(data, 3)).toMatchObject({ curve: null, toModel: [1, 0, 0, 0, 1, 0, 0, 0, 1], view: RAW_VIEW });
    expect(colorWay(PLAIN_COLOR, 0).curve?.name).toBe("sRGB");
  });
  test.each([
    [Math.log2(0.18), 0],
    [Math.log2(0.045), 2],
    [Math.log2(0.18) + 1.2345, -1.2],
    [-100, 20],
    [100, -20],
    [null, 0],
  ])("a mean of %s in log2 is exposed by %s stops", (mean, stops) => {
    expect(autoStops(mean)).toBe(stops);
  });
});
