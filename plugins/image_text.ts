/**
 * image.text: no writing appeared that the plate does not have: signs, watermarks, captions that models like to add.
 *
 * Measures: textCells, of a detector's map over the result, cells at levelMin or more; newShare, the share of the map that such cells take
 * where the plate's map has none within one cell. Limits: levelMin; newShareMax. Signage in the plate is no fault: when something is
 * found, the plate is looked at too. It looks through a text detector of yours that gives a map (`qcModels`; docs/plugins.md), such as
 * CRAFT (Baek 2019) or DBNet (Liao 2020); without one it is an error. Statistical, so it warns.
 */
import type { Check, Inferred } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.text",
  version: 1,
  scope: "frame",
  layer: "essence",
  needs: ["result"],
  judges: { newShareMax: { measures: ["newShare"], must: "atMost", least: 0, greatest: 1 } },
  limits: { levelMin: 0.5, newShareMax: 0.001 },
  limitsFrom: {
    levelMin: "as likely as not; calibrate it for your model",
    newShareMax: "first choice: a caption takes more",
  },
  seedMayCure: true,
  infers: { output: "map", of: ["result", "plate"] },
  run({ inferred, limits }) {
    const [result, plate] = [inferred("result"), inferred("plate")];
    if (result === null) return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    for (const one of [result, plate])
      if (one?.output === "problem")
        return {
          verdict: "error",
          measures: [],
          message: `image.text could not look: ${one.message}.`,
          hint: one.hint,
        };
    const { levelMin = 0.5, newShareMax = 0.001 } = limits;
    const seen = result as Inferred;
    const fresh = freshCells(seen, plate as Inferred | null, levelMin);
    const share = fresh.reduce((sum, cell) => sum + cell, 0) / fresh.length;
    const measures = [
      { name: "textCells", value: seen.values.filter((value) => value >= levelMin).length, unit: "count", limit: null },
      { name: "newShare", value: share, unit: "ratio", limit: newShareMax, must: "atMost" },
    ] as const;
    const numbers = `${(share * 100).toFixed(2)} % of the picture, limit ${(newShareMax * 100).toFixed(2)} % (${seen.model})`;
    if (share <= newShareMax) return { verdict: "pass", measures, message: `No new writing: ${numbers}.` };
    return {
      verdict: "warn",
      measures,
      message: `Writing that the plate has not: ${numbers}.`,
      hint: "Look at the map; name what must not appear in the negative prompt.",
      evidence: [mapOf(fresh, seen)],
    };
  },
};

/** 1 where the result has writing, and the plate has none there or beside it. Maps of two sizes are compared by place. */
function freshCells({ values, columns, rows }: Inferred, plate: Inferred | null, level: number): Uint8Array {
  const out = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    if ((values[i] as number) < level) continue;
    const [x, y] = [(i % columns) / columns, Math.floor(i / columns) / rows];
    out[i] = plate !== null && hasNear(plate, level, [x, y]) ? 0 : 1;
  }
  return out;
}

function hasNear({ values, columns, rows }: Inferred, level: number, [x, y]: readonly [number, number]): boolean {
  const [column, row] = [Math.floor(x * columns), Math.floor(y * rows)];
  for (let j = Math.max(0, row - 1); j <= Math.min(rows - 1, row + 1); j += 1)
    for (let i = Math.max(0, column - 1); i <= Math.min(columns - 1, column + 1); i += 1)
      if ((values[j * columns + i] as number) >= level) return true;
  return false;
}

const SIDE_MAX = 128;

/** As large as evidence may be: a cell that holds any is marked. */
function mapOf(cells: Uint8Array, { columns, rows }: Inferred) {
  const [wide, high] = [Math.min(columns, SIDE_MAX), Math.min(rows, SIDE_MAX)];
  const levels = Array.from({ length: wide * high }, () => 0);
  for (let i = 0; i < cells.length; i += 1) {
    if (cells[i] === 0) continue;
    const x = Math.floor(((i % columns) * wide) / columns);
    const y = Math.floor((Math.floor(i / columns) * high) / rows);
    levels[y * wide + x] = 255;
  }
  return { kind: "map", title: "New writing", columns: wide, rows: high, levels } as const;
}

export default check;
