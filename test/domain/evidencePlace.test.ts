/** The one place of a finding's evidence that a report shows as it is. */
import { describe, expect, it } from "vitest";
import { boxesOf, evidencePlace, placedPiece } from "../../daemon/domain/evidencePlace.ts";
import type { Evidence } from "../../daemon/domain/qc.ts";

const SIZE = { width: 4096, height: 2160 };
const levels = Array.from({ length: 64 * 36 }, (_, i) => (i === 5 * 64 + 10 ? 255 : i === 3 ? 90 : 0));
const map: Evidence = { kind: "map", title: "Difference", columns: 64, rows: 36, levels };
const plot: Evidence = { kind: "plot", title: "p", x: [1], y: [2], xName: "a", yName: "b", limit: null };

describe("the place of a map", () => {
  it("is its hottest cell where the check says no more", () => {
    expect(evidencePlace([plot, map], SIZE)).toEqual([640, 300, 64, 60]);
  });

  it("is all that was found while that fits into one look, else the worst pixel", () => {
    const small = { ...map, within: [3000, 400, 40, 40], worst: [3001, 400] } as const;
    expect(evidencePlace([small], SIZE)).toEqual([3000, 400, 40, 40]);
    expect(evidencePlace([{ ...small, within: [0, 400, 4000, 40] }], SIZE)).toEqual([3001, 400, 1, 1]);
  });

  it("is none where nothing is in it, nor of a curve", () => {
    expect(evidencePlace([{ ...map, levels: levels.map(() => 0) }, plot], SIZE)).toBeNull();
  });
});

it("boxes go before a map, the first of them, and exports are told what a map lies within", () => {
  const boxes: Evidence = {
    kind: "boxes",
    title: "b",
    boxes: [
      [7, 8, 9, 10],
      [1, 2, 3, 4],
    ],
  };
  expect(placedPiece([map, boxes])).toBe(boxes);
  expect(evidencePlace([map, boxes], SIZE)).toEqual([7, 8, 9, 10]);
  expect(boxesOf([map, { ...map, within: [1, 1, 2, 2] }, boxes, plot])).toEqual([[1, 1, 2, 2], ...boxes.boxes]);
});
