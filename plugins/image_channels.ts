/**
 * image.channels: red is red and blue is blue.
 *
 * How a graph swaps channels: a BGR library, a wrong shuffle. Per block of 32 x 32 px the two colours log2(R / G) and log2(B / G), which no change of
 * brightness moves, around their means, are correlated with those of the plate, as they are and with channels swapped in each of the five other ways. What is
 * redder than the rest stays so under a relight or a grade; only a swap correlates better with the swapped plate. Measure:
 * best correlation of a swap minus that of the given order, inside and outside the mask each for itself. Limit: 0.2.
 */
import type { BlockFacts, Check } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.channels",
  version: 1,
  scope: "frame",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { gainMax: 0.2, correlationMin: 0.3 },
  judges: { gainMax: { measures: ["gain"], must: "atMost" } },
  limitsFrom: {
    gainMax: "procedural scenes with legitimate edits (docs/qc.md)",
    correlationMin: "below it nothing is alike, and no order of channels is meant",
  },
  applies({ result, plate }) {
    if (result === null || plate === null) return null;
    if (result.width !== plate.width || result.height !== plate.height) return "the result is not of the plate's size";
    return [result, plate].every((image) => ["R", "G", "B"].every((name) => image.channelNames.includes(name)))
      ? null
      : "there are not three colours to compare";
  },
  run({ result, blocks, mask, limits }) {
    const [mine, plates] = [blocks("result"), blocks("plate")];
    if (result === null || mine === null || plates === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { gainMax = 0.2, correlationMin = 0.3 } = limits;
    const detailed = differences(mine);
    const orders = ORDERS.map((order) => ({ order, detail: differences(plates, order) }));
    // What lies inside the mask and what lies outside it may have come different ways.
    const sides =
      mask === null ? [null] : [side(mine, result.width, mask.inside, 0), side(mine, result.width, mask.inside, 1)];
    const scored = sides.map((where) => {
      const [given, ...swaps] = orders.map((each) => ({
        order: each.order,
        value: likeness(detailed, each.detail, where),
      }));
      const best = swaps.reduce((one, other) => (other.value > one.value ? other : one));
      return { given: given?.value ?? 0, best };
    });
    const { given, best } = scored.reduce((one, other) =>
      other.best.value - other.given > one.best.value - one.given ? other : one,
    );
    const gain = best.value - given;
    const measures = [
      { name: "asGiven", value: given, unit: "ratio", limit: null },
      { name: "bestSwapped", value: best.value, unit: "ratio", limit: null },
      { name: "gain", value: gain, unit: "ratio", limit: gainMax, must: "atMost" },
    ] as const;
    const words = `the plate's colours fit ${best.value.toFixed(2)} as ${best.order.join("")} and ${given.toFixed(2)} as RGB`;
    // Where nothing fits at all (new content, a grey plate) nothing can be told.
    return gain > gainMax && best.value > correlationMin
      ? {
          verdict: "warn",
          measures,
          message: `Channels look swapped: ${words}; limit ${gainMax}.`,
          hint: "Something in the graph works in BGR, or shuffles channels.",
        }
      : { verdict: "pass", measures, message: `Channels are in order: ${words}.` };
  },
};

type Colour = "R" | "G" | "B";
const ORDERS: readonly (readonly [Colour, Colour, Colour])[] = [
  ["R", "G", "B"],
  ["B", "G", "R"],
  ["G", "R", "B"],
  ["R", "B", "G"],
  ["G", "B", "R"],
  ["B", "R", "G"],
];

/** Added to 16-bit codes, so that the ratio of two dark values says little. */
const DARK = 1024;

/** log2(R / G) of every block, then log2(B / G) of every block. */
function differences(
  of: BlockFacts,
  order: readonly [Colour, Colour, Colour] = ["R", "G", "B"],
): readonly [Float32Array, Float32Array] {
  const pick = { R: of.red, G: of.green, B: of.blue };
  const [r, g, b] = [pick[order[0]], pick[order[1]], pick[order[2]]];
  const ratio = (of: Float32Array) => of.map((v, i) => Math.log2((v + DARK) / ((g[i] as number) + DARK)));
  return [ratio(r), ratio(b)];
}

/** 1 for each block whose middle lies on this side of the mask. */
function side(of: BlockFacts, width: number, inside: Uint8Array, value: 0 | 1): Uint8Array {
  const half = of.size >> 1;
  return Uint8Array.from({ length: of.columns * of.rows }, (_, i) => {
    const x = Math.min(width - 1, (i % of.columns) * of.size + half);
    const y = Math.min(inside.length / width - 1, Math.floor(i / of.columns) * of.size + half);
    return inside[y * width + x] === value ? 1 : 0;
  });
}

const BLOCKS_MIN = 16;

/**
 * Correlation of both colour differences around their means, -1..1, over the blocks that are meant; 0 where they are too few or one
 * is flat. A tint of the whole moves means only.
 */
function likeness(
  a: readonly [Float32Array, Float32Array],
  b: readonly [Float32Array, Float32Array],
  where: Uint8Array | null,
): number {
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let side = 0; side < 2; side += 1) {
    const u = side === 0 ? a[0] : a[1];
    const v = side === 0 ? b[0] : b[1];
    let n = 0;
    let su = 0;
    let sv = 0;
    let suv = 0;
    let suu = 0;
    let svv = 0;
    for (let i = 0; i < u.length; i += 1) {
      if (where !== null && where[i] === 0) continue;
      const p = u[i] as number;
      const q = v[i] as number;
      n += 1;
      su += p;
      sv += q;
      suv += p * q;
      suu += p * p;
      svv += q * q;
    }
    if (n < BLOCKS_MIN) return 0;
    ab += suv - (su * sv) / n;
    aa += suu - (su * su) / n;
    bb += svv - (sv * sv) / n;
  }
  return aa <= 0 || bb <= 0 ? 0 : ab / Math.sqrt(aa * bb);
}

export default check;
