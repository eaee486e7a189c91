/** How wide a contact sheet is, and what its rows and columns stand for. */
import { describe, expect, it } from "vitest";
import { axesBySpeed, columnsFor, gridOf, headsOf } from "../../daemon/domain/sheetGrid.ts";

/** Wedges of a sweep with these numbers of values, the first axis slowest. */
function sweep(...sizes: readonly number[]): Parameters<typeof columnsFor> {
  const count = sizes.reduce((product, size) => product * size, 1);
  const wedges = Array.from({ length: count }, (_, at) => {
    const axes: Record<string, string> = {};
    let rest = at;
    for (const [axis, size] of [...sizes.entries()].reverse()) {
      axes[`axis${axis}`] = String(rest % size);
      rest = Math.floor(rest / size);
    }
    // The order of the names is the order of the axes.
    const ordered = Object.fromEntries(Object.entries(axes).sort(([a], [b]) => a.localeCompare(b)));
    return ordered;
  });
  return [wedges, count];
}

describe("columns of a contact sheet", () => {
  it("gives each value of the slow axis a row of its own", () => {
    expect(columnsFor(...sweep(4, 6))).toBe(6);
    expect(columnsFor(...sweep(10, 4, 5))).toBe(20);
  });

  it("is about as wide as a screen where no such row fits", () => {
    expect(columnsFor(...sweep(12, 2))).toBe(6);
    expect(columnsFor(...sweep(200))).toBe(17);
    expect(columnsFor(...sweep(1))).toBeGreaterThanOrEqual(1);
    expect(columnsFor(...sweep(2, 100))).toBe(17);
  });
});

describe("what rows and columns stand for", () => {
  const [wedges] = sweep(4, 6);

  it("is told by the order of the variations, whatever the order of their names", () => {
    const turned = wedges.map((axes) => Object.fromEntries(Object.entries(axes).reverse()));
    expect([axesBySpeed(wedges), axesBySpeed(turned)]).toEqual([
      ["axis0", "axis1"],
      ["axis0", "axis1"],
    ]);
    expect(axesBySpeed(wedges.map((axes) => ({ ...axes, fixed: "x" })))).toEqual(["axis0", "axis1"]);
  });

  it("names the columns of a sheet whose rows are whole runs, and no other's", () => {
    expect(headsOf(wedges, 6)).toEqual({
      columns: [0, 1, 2, 3, 4, 5].map((value) => `axis1 ${value}`),
      rows: [0, 1, 2, 3].map((value) => `axis0 ${value}`),
    });
    expect([headsOf(wedges, 4), headsOf(wedges, 24), headsOf(sweep(24)[0], 6)]).toEqual([null, null, null]);
    expect(headsOf(sweep(10, 4, 5)[0], 20)?.columns[5]).toBe("axis1 1 axis2 0");
  });

  it("makes a table of the shape of a screen, slow axes down or across", () => {
    const grid = gridOf(sweep(12, 2)[0]);
    expect([grid?.rows.length, grid?.columns.length]).toEqual([2, 12]);
    // The second row is the second direction: w002, w004 ...
    expect(grid?.cells[1]).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23]);
    expect(gridOf(wedges)?.cells.flat()).toHaveLength(24);
  });

  it("is nothing where the sweep is no full grid", () => {
    expect(gridOf(wedges.slice(0, 23))).toBeNull();
    expect(gridOf(sweep(24)[0])).toBeNull();
    expect(gridOf([])).toBeNull();
    const zipped = [0, 1, 2, 3].map((value) => ({ a: `a${value}`, b: `b${value}` }));
    expect(gridOf(zipped)).toBeNull();
  });
});
