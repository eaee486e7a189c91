/**
 * header.size: the result has exactly the size that the plan promises (plate size x the recipe's scale), and for OpenEXR
 * both windows are those of its plate's frame; without such a plate its data window is its display window.
 *
 * Measures: width and height in px against the expected ones; where a window is another than it must be, each side of it that is (dataX, dataY,
 * dataWidth, dataHeight; displayX, displayY). Limit: exact. The common real failure is a model that works
 * in blocks of 8 px and crops what is left over (1998 becomes 1992); the hint names it.
 */
import type { Check, CheckAnswer, PixelBox } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "header.size",
  version: 2,
  scope: "frame",
  finds: "another size than promised, or other windows than the plate's",
  layer: "container",
  needs: ["result"],
  limits: {},
  applies({ expected }) {
    return expected.width === null || expected.height === null ? "nothing says how large the result must be" : null;
  },
  run({ result, expected }) {
    const [, , width = 0, height = 0] = result?.windows?.display ?? [0, 0, result?.width, result?.height];
    const wide = expected.width ?? 0;
    const high = expected.height ?? 0;
    const measures = [
      { name: "width", value: width, unit: "px", limit: wide, must: "equal" },
      { name: "height", value: height, unit: "px", limit: high, must: "equal" },
    ] as const;
    if (width !== wide || height !== high) {
      const message = `The result is ${width} x ${height} px; ${wide} x ${high} px were expected.`;
      return { verdict: "fail", measures, message, hint: hintFor([width, height], [wide, high]) };
    }
    const windows = result?.windows ?? null;
    const plate = expected.windows ?? null;
    if (windows !== null && !same(windows.data, plate?.data ?? windows.display)) {
      const wanted = plate === null ? "display window" : "plate's";
      const message = `The data window (${windows.data.join(", ")}) is not the ${wanted} (${(plate?.data ?? windows.display).join(", ")}).`;
      const sides = sidesApart("data", windows.data, plate?.data ?? windows.display);
      return {
        verdict: "fail",
        measures: [...measures, ...sides],
        message,
        hint: "Write the frame without overscan or crop of its own.",
      };
    }
    if (windows !== null && plate !== null && !same(windows.display, plate.display)) {
      const message = `The display window (${windows.display.join(", ")}) is not the plate's (${plate.display.join(", ")}).`;
      const sides = sidesApart("display", windows.display, plate.display);
      return {
        verdict: "fail",
        measures: [...measures, ...sides],
        message,
        hint: "Keep the plate's display window: comps rely on its origin.",
      };
    }
    return { verdict: "pass", measures, message: `${width} x ${height} px, as expected.` };
  },
};

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.every((side, i) => side === b[i]);
}

const SIDES = ["X", "Y", "Width", "Height"];

/** What of a window is not as it must be. */
function sidesApart(of: string, found: PixelBox, wanted: PixelBox): CheckAnswer["measures"] {
  return SIDES.flatMap((side, i) => {
    const [value = 0, limit = 0] = [found[i], wanted[i]];
    return value === limit ? [] : [{ name: `${of}${side}`, value, unit: "px", limit, must: "equal" } as const];
  });
}

/** Another seed changes nothing here: each hint names the set-up. */
function hintFor(found: readonly [number, number], wanted: readonly [number, number]): string {
  const [width, height] = found;
  const [wide, high] = wanted;
  if (width === high && height === wide)
    return "Width and height are swapped: a rotation in the graph, or in the plate's metadata.";
  const cropped = (side: number, want: number) => side <= want && want - side < 64 && side % 8 === 0;
  if (cropped(width, wide) && cropped(height, high)) {
    return "A model that works in blocks of 8 px cropped the rest: pad the plate in the graph and crop back.";
  }
  return "Check the sizes in the graph that made it.";
}

export default check;
