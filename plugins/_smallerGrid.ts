/** A grid with fewer cells: what checks over frames keep of a picture where places matter more than detail. */

const COLUMNS_MAX = 32;

export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly values: Float32Array;
}

/** Halved until it is at most 32 cells wide; what has no value counts for nothing. */
export function smallerGrid(grid: Grid): Grid {
  if (grid.columns <= COLUMNS_MAX) return grid;
  const [columns, rows] = [Math.ceil(grid.columns / 2), Math.ceil(grid.rows / 2)];
  const values = new Float32Array(columns * rows);
  for (let i = 0; i < values.length; i += 1) {
    const [x, y] = [(i % columns) * 2, Math.floor(i / columns) * 2];
    let n = 0;
    let sum = 0;
    for (let v = y; v < Math.min(grid.rows, y + 2); v += 1)
      for (let u = x; u < Math.min(grid.columns, x + 2); u += 1) {
        const value = grid.values[v * grid.columns + u] as number;
        if (Number.isNaN(value)) continue;
        n += 1;
        sum += value;
      }
    values[i] = sum / n;
  }
  return smallerGrid({ columns, rows, values });
}
