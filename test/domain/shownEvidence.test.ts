/** Evidence of a picture with overscan: places and maps lie where people see them. */
import { describe, expect, it } from "vitest";
import type { Evidence } from "../../daemon/domain/qc.ts";
import { shownEvidence } from "../../daemon/domain/shownEvidence.ts";

/** 16 px of overscan at the left, 8 above, 32 at the right, 24 below; the picture begins at 100, 50. */
const WINDOWS = { data: [84, 42, 368, 212], display: [100, 50, 320, 180] } as const;
const boxes = (...all: readonly (readonly [number, number, number, number])[]): Evidence => ({
  kind: "boxes",
  title: "places",
  boxes: all,
});

describe("evidence of a picture whose data window is larger than what is shown", () => {
  it("counts from the first pixel that is shown, and leaves out what nobody sees", () => {
    expect(shownEvidence([boxes([16, 8, 4, 4], [56, 28, 10, 20], [0, 0, 20, 10], [0, 0, 4, 4])], WINDOWS)).toEqual([
      boxes([0, 0, 4, 4], [40, 20, 10, 20], [0, 0, 4, 2]),
    ]);
    expect(shownEvidence([boxes([0, 0, 4, 4], [360, 200, 8, 12])], WINDOWS)).toEqual([]);
  });

  it("has its map over the same places", () => {
    const levels = Array.from({ length: 23 * 53 }, () => 0);
    // 16 x 4 px a cell: the one over 116..131, 62..65 of the file's own pixels.
    levels[5 * 23 + 2] = 200;
    const map: Evidence = { kind: "map", title: "heat", columns: 23, rows: 53, levels };
    const [moved] = shownEvidence([map], WINDOWS);
    const lit = moved?.kind === "map" ? moved.levels.flatMap((level, i) => (level > 0 ? [i] : [])) : [];
    expect(lit.length).toBeGreaterThan(0);
    for (const i of lit) {
      const [x, y] = [(i % 23) * (320 / 23), Math.floor(i / 23) * (180 / 53)];
      // Shown at 16..31, 12..15 of the picture, give or take a cell of it.
      expect(x).toBeGreaterThan(16 - 320 / 23);
      expect(x).toBeLessThan(32);
      expect(y).toBeGreaterThan(12 - 180 / 53);
      expect(y).toBeLessThan(16);
    }
  });

  it("has what a map lies within, and its worst pixel, moved too, and left out where nobody sees it", () => {
    const map = { kind: "map", title: "heat", columns: 1, rows: 1, levels: [255] } as const;
    const [moved] = shownEvidence([{ ...map, within: [0, 0, 40, 40], worst: [20, 10] }], WINDOWS);
    expect(moved).toEqual({ ...map, within: [0, 0, 24, 32], worst: [4, 2] });
    expect(shownEvidence([{ ...map, within: [0, 0, 4, 4], worst: [1, 1] }], WINDOWS)).toEqual([map]);
  });

  it("is as it was where both windows are one, or there are none; a curve has no place", () => {
    const all = [boxes([1, 2, 3, 4])];
    expect(shownEvidence(all, null)).toBe(all);
    expect(shownEvidence(all, { data: [0, 0, 9, 9], display: [0, 0, 9, 9] })).toBe(all);
    const plot: Evidence = { kind: "plot", title: "p", x: [1], y: [2], xName: "a", yName: "b", limit: null };
    expect(shownEvidence([plot], WINDOWS)).toEqual([plot]);
  });
});
