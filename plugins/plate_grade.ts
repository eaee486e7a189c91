/**
 * plate.grade: outside the mask brightness and colour are the plate's.
 *
 * Measure: for each of R, G, B the median over the blocks of 32 x 32 px outside the mask (without a mask: over all) of log2(result / plate), linear
 * light, in stops; the largest of the three by amount. Blocks darker than 0.01 are left out. Limit: 0.05 stop. A recipe whose work is to shift the
 * whole frame (relight without a mask) does not ask for this check; its profile leaves it out.
 */
import type { BlockFacts, Check } from "../daemon/plugin.ts";
import { heatMap } from "./_where.ts";

const check: Check = {
  apiVersion: 1,
  id: "plate.grade",
  version: 2,
  scope: "frame",
  finds: "brightness or colour moved outside the mask",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { stopsMax: 0.05 },
  judges: { stopsMax: { measures: ["worst"], must: "atMost", least: 0 } },
  limitsFrom: { stopsMax: "prototype of the formula, limits fixed before its run (docs/qc.md)" },
  applies({ result, plate, atPlateSize }) {
    if (result === null || plate === null) return null;
    const at = atPlateSize();
    return typeof at === "string" ? at : null;
  },
  run({ plate, blocks, atPlateSize, limits }) {
    const [at, plates] = [atPlateSize(), blocks("plate")];
    if (typeof at === "string" || plate === null || plates === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { stopsMax = 0.05 } = limits;
    const mine = at.blocks;
    const where = outsideBlocks(mine, at.inside, plate.width);
    const shifts = (["red", "green", "blue"] as const).map((name) => shift(mine[name], plates[name], where));
    const [red = null, green = null, blue = null] = shifts;
    if (red === null || green === null || blue === null)
      return {
        verdict: "pass",
        measures: [{ name: "blocks", value: where.length, unit: "count", limit: BLOCKS_MIN }],
        message: "Too little outside the mask to compare.",
      };
    const worst = [red, green, blue].reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
    const measures = [
      { name: "red", value: red, unit: "stop", limit: null },
      { name: "green", value: green, unit: "stop", limit: null },
      { name: "blue", value: blue, unit: "stop", limit: null },
      { name: "worst", value: Math.abs(worst), unit: "stop", limit: stopsMax, must: "atMost" },
    ] as const;
    const words = `R ${sign(red)}, G ${sign(green)}, B ${sign(blue)} stop against the plate`;
    return Math.abs(worst) > stopsMax
      ? {
          verdict: "warn",
          measures,
          message: `The grade has moved: ${words}; limit ${stopsMax}.`,
          hint: "Look at the colour space that the plate is fed in.",
          evidence: [shiftMap(mine, plates, where)],
        }
      : { verdict: "pass", measures, message: `The grade stands: ${words}.` };
  },
};

const BLOCKS_MIN = 8;
const sign = (v: number): string => `${v < 0 ? "" : "+"}${v.toFixed(3)}`;

function outsideBlocks(of: BlockFacts, inside: Uint8Array | null, width: number): readonly number[] {
  const out: number[] = [];
  for (let i = 0; i < of.mean.length; i += 1) {
    if ((of.pixels[i] as number) < (of.size * of.size) / 2) continue;
    const x = (i % of.columns) * of.size;
    const y = Math.floor(i / of.columns) * of.size;
    const last = of.size - 1;
    const right = Math.min(width - 1, x + last);
    const low = (y + last) * width;
    const changes =
      inside === null
        ? 0
        : (inside[y * width + x] ?? 0) |
          (inside[y * width + right] ?? 0) |
          (inside[low + x] ?? 0) |
          (inside[low + right] ?? 0) |
          (inside[(y + (last >> 1)) * width + Math.min(width - 1, x + (last >> 1))] ?? 0);
    if (changes === 0) out.push(i);
  }
  return out;
}

/** Of each block that is compared the largest shift of its three colours. */
function shiftMap(mine: BlockFacts, plates: BlockFacts, where: readonly number[]) {
  const compared = new Set(where);
  return heatMap({ width: mine.columns, height: mine.rows }, "Brightness or colour moved", (i) => {
    if (!compared.has(i)) return 0;
    return (["red", "green", "blue"] as const).reduce((most, name) => {
      const [a, b] = [linear(mine[name][i] as number), linear(plates[name][i] as number)];
      return a > 0.01 && b > 0.01 ? Math.max(most, Math.abs(Math.log2(a / b))) : most;
    }, 0);
  });
}

/** Median of log2(result / plate) in linear light; null: too few blocks. */
function shift(result: Float32Array, plate: Float32Array, where: readonly number[]): number | null {
  // Of numbers alone: an array of anything is sorted five times as long.
  const all = new Float64Array(where.length);
  let count = 0;
  for (let k = 0; k < where.length; k += 1) {
    const i = where[k] as number;
    const a = linear(result[i] as number);
    const b = linear(plate[i] as number);
    if (!(a > 0.01 && b > 0.01)) continue;
    all[count] = Math.log2(a / b);
    count += 1;
  }
  if (count < BLOCKS_MIN) return null;
  return all.subarray(0, count).sort()[Math.floor(count / 2)] as number;
}

/** From a 16-bit display code (IEC 61966-2-1). */
function linear(code: number): number {
  const v = code / 65_535;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
}

export default check;
