/** The contact sheet's tiles: what stands below each picture. */
import { expect, test } from "vitest";
import type { StepPlan } from "../../daemon/domain/plan.ts";
import { sheetPages } from "../../daemon/stages/contactSheet.ts";

function labels(axes: readonly Readonly<Record<string, string>>[]): readonly string[] {
  const wedges = axes.map((of, index) => ({ index: index + 1, axes: of, parameters: {}, seed: "1000" }));
  const plan = { wedges } as unknown as StepPlan;
  return sheetPages(plan, [], () => null).flatMap((page) => page.tiles.map((tile) => tile.label));
}

test("a tile says its wedge and the words of its axes, seeds as they are", () => {
  expect(
    labels([
      { lighting: "dawn", seed: "1000" },
      { lighting: "500T", seed: "1001" },
    ]),
  ).toEqual(["w001 dawn 1000", "w002 500T 1001"]);
});

test("a bare number gets the name of its axis, so that two numbers can be told apart", () => {
  expect(
    labels([
      { opacity: "0.5", choke: "-4" },
      { opacity: "1", choke: "0" },
    ]),
  ).toEqual(["w001 opacity 0.5 choke -4", "w002 opacity 1 choke 0"]);
});
