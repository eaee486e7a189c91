/**
 * image.text: no writing appeared that the plate does not have: signs, watermarks, captions that models like to add.
 *
 * Measures: textCells, of a detector's map over the result, cells at levelMin or more; newShare, the share of the map that such cells take
 * where the plate's map has none within one cell, of areas (cells that touch) that are new by half at least: what a detector takes for
 * writing in a plate without any, such as petals out of focus, grows and shrinks with light and blur. Limits: levelMin; newShareMax.
 * Signage in the plate is no fault, nor are other words on it: when something is found, the plate is looked at too. A detector that sees
 * writing in half of a plate is not configured for it: an error. It looks through a text detector of yours that gives a map (`qcModels`; docs/plugins.md), such as
 * CRAFT (Baek 2019) or DBNet (Liao 2020); without one it is an error. Statistical, so it warns.
 */
import type { Check, CheckAnswer, DecodedImage, Inferred } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.text",
  version: 2,
  scope: "frame",
  finds: "writing that is not in the plate, by a model of the studio's",
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
  run({ inferred, limits, result: picture }) {
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
    const before = plate as Inferred | null;
    const taken =
      before === null ? 0 : before.values.filter((value) => value >= levelMin).length / before.values.length;
    if (taken >= BLIND_SHARE) return blind(taken, seen.model);
    const fresh = newAreas(seen, freshCells(seen, before, levelMin), levelMin);
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
      evidence: [mapOf(fresh, seen, picture)],
    };
  },
};

/** Of a plate, where no writing could be new any more. */
const BLIND_SHARE = 0.5;

function blind(share: number, model: string): CheckAnswer {
  return {
    verdict: "error",
    measures: [],
    message: `image.text could not look: its model sees writing in ${(share * 100).toFixed(0)} % of the plate (${model}).`,
    hint: "Correct range, mean, std, channels, index and activation under qcModels to what the model takes and gives; or levelMin.",
  };
}

/** Of areas of writing, cells that touch, only those of which half at least is fresh: 1 where a fresh cell of such an area is. */
function newAreas({ values, columns, rows }: Inferred, fresh: Uint8Array, level: number): Uint8Array {
  const out = new Uint8Array(fresh.length);
  const met = new Uint8Array(fresh.length);
  for (let start = 0; start < fresh.length; start += 1) {
    if (fresh[start] === 0 || met[start] === 1) continue;
    const area = [start];
    met[start] = 1;
    let count = 0;
    for (const at of area) {
      count += fresh[at] as number;
      const [column, row] = [at % columns, Math.floor(at / columns)];
      for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y += 1)
        for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x += 1) {
          const next = y * columns + x;
          if (met[next] === 1 || (values[next] as number) < level) continue;
          met[next] = 1;
          area.push(next);
        }
    }
    if (count * 2 >= area.length) for (const at of area) out[at] = fresh[at] as number;
  }
  return out;
}

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

/** Over the whole picture, as large as evidence may be: a cell that holds any is marked. */
function mapOf(cells: Uint8Array, { columns, rows, box }: Inferred, picture: DecodedImage | null) {
  const { width = columns, height = rows } = picture ?? {};
  const [left, top, across, down] = box ?? [0, 0, width, height];
  const [wide, high] = [
    Math.min(Math.round((columns * width) / across), SIDE_MAX),
    Math.min(Math.round((rows * height) / down), SIDE_MAX),
  ];
  const levels = Array.from({ length: wide * high }, () => 0);
  for (let i = 0; i < cells.length; i += 1) {
    if (cells[i] === 0) continue;
    const x = Math.floor(((left + ((i % columns) * across) / columns) * wide) / width);
    const y = Math.floor(((top + (Math.floor(i / columns) * down) / rows) * high) / height);
    levels[y * wide + x] = 255;
  }
  return { kind: "map", title: "New writing", columns: wide, rows: high, levels } as const;
}

export default check;
