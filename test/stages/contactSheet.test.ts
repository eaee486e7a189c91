/** How wide a contact sheet is. */
import { describe, expect, it } from "vitest";
import { columnsFor } from "../../daemon/stages/contactSheet.ts";

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
    return { index: at + 1, axes: ordered, seed: "", parameters: {} };
  });
  return [{ wedges }, count];
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
