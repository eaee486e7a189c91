/**
 * image.channels: red is red and blue is blue.
 *
 * How a graph swaps channels: a BGR library, a wrong shuffle. In cells of 8 x 8 px (larger ones of a large frame; 16 pixels of each are read) the colour is
 * log2 of R, G and B less their mean, which no change of brightness moves, around its mean over all cells, which no tint of the whole moves. It is correlated
 * with the plate's, as it is and with channels swapped in each of the five other ways; inside the mask "as it is" means after whatever turn of hue
 * of up to 1.5 rad fits best, for a costume may get another dye. gain: best correlation of a swap minus that of the given order, inside
 * and outside the mask each for itself. Limits: 0.1, and the swap itself must correlate by 0.5: colours of grain alone, on a grey plate, do by less.
 * A swap leaves as much colour as there was: where the deviations differ by more than a factor of 2 it is none. Where brightness correlates with
 * the plate's by less than `sharedMin` the content is new and nothing is said, unless colour fits by 0.9 and by 1 better than as given (a smooth
 * sky has little brightness to correlate). Inside the mask, where colours do not fit by 0.9 as they are, two more (`_colourSwaps.ts`). mirrored: r = a p + b
 * conjugate of p, least squares over differences of neighbouring cells, colours as complex numbers; |b| / |a|, with 4
 * deviations (light that changes slowly and a mask that is half open cancel). exact: the median cell's distance, stops, from the plate swapped, over that from the plate
 * as it is. A plate of one hue says nothing but the last: a swap of it is a turn of hue, unless it is exact.
 */
import type { Check } from "../daemon/plugin.ts";
import type { Grid } from "./_colourCells.ts";
import { colours, gridOf, sideOf } from "./_colourCells.ts";
import { exactness, mirrored } from "./_colourSwaps.ts";
import { heatMap } from "./_where.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.channels",
  version: 4,
  scope: "frame",
  finds: "channels swapped",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { gainMax: 0.1, correlationMin: 0.5, sharedMin: 0.6, mirroredMax: 1.15, exactMin: 0.2 },
  judges: {
    gainMax: { measures: ["gain"], must: "atMost", least: 0, greatest: 2 },
    mirroredMax: { measures: ["mirrored"], must: "atMost", least: 0 },
    exactMin: { measures: ["exact"], must: "atLeast", least: 0, greatest: 1 },
  },
  limitsFrom: {
    gainMax: "the proof's corpus (docs/qc.md)",
    mirroredMax: "the proof's corpus (docs/qc.md)",
    exactMin: "the proof's corpus (docs/qc.md)",
    correlationMin: "the proof's corpus (docs/qc.md)",
    sharedMin: "the proof's corpus (docs/qc.md)",
  },
  applies({ result, plate, atPlateSize }) {
    if (result === null || plate === null) return null;
    const at = atPlateSize();
    if (typeof at === "string") return at;
    return [result, plate].every((image) => ["R", "G", "B"].every((name) => image.channelNames.includes(name)))
      ? null
      : "there are not three colours to compare";
  },
  run({ plate, atPlateSize, limits }) {
    const at = atPlateSize();
    if (typeof at === "string" || plate === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { gainMax = 0.1, correlationMin = 0.5, sharedMin = 0.6, mirroredMax = 1.15, exactMin = 0.2 } = limits;
    const { image: result, inside: changes } = at;
    const grid = gridOf(result);
    const mine = colours(result, grid);
    const plates = colours(plate, grid);
    const inside = changes === null ? null : sideOf(grid, changes, 1);
    // What lies inside the mask and what lies outside it may have come different ways. Outside nobody turns a hue.
    const own = likeness(mine, plates, { where: inside, mayTurn: true });
    const outside =
      changes === null ? [] : [likeness(mine, plates, { where: sideOf(grid, changes, 0), mayTurn: false })];
    const found = [...outside, own]
      .map((each) => (canTell(each, sharedMin) ? each : { ...each, best: each.given }))
      .reduce((one, other) => (other.best - other.given > one.best - one.given ? other : one));
    const more = found.best - found.given;
    // Where nothing fits at all (new content, a grey plate) nothing can be told.
    const gain = found.best > correlationMin ? more : Math.min(0, more);
    const cells = { mine, plates, grid, where: inside };
    // A light of another colour from one side mirrors as well: that is asked of an edit inside a mask only.
    const doubt = changes !== null && own.cells >= CELLS_MIN && own.asIs < FITS;
    const turned = doubt && own.cells >= MIRROR_CELLS_MIN ? mirrored(cells) : 0;
    const exact = doubt ? exactness(cells, ORDERS) : 1;
    const measures = [
      { name: "gain", value: gain, unit: "ratio", limit: gainMax, must: "atMost" },
      { name: "asGiven", value: found.given, unit: "ratio", limit: null },
      { name: "shared", value: found.shared, unit: "ratio", limit: sharedMin },
      { name: "bestSwapped", value: found.best, unit: "ratio", limit: null },
      { name: "mirrored", value: turned, unit: "ratio", limit: mirroredMax, must: "atMost" },
      { name: "exact", value: exact, unit: "ratio", limit: exactMin, must: "atLeast" },
    ] as const;
    const words = `the plate's colours fit ${found.best.toFixed(2)} as ${found.order} and ${found.given.toFixed(2)} as RGB`;
    const told = [
      ...(gain > gainMax ? [`${words}; limit ${gainMax}`] : []),
      ...(turned > mirroredMax
        ? [
            `inside the mask they differ as in a mirror, ${turned.toFixed(2)} x as much as turned or as they were; limit ${mirroredMax}`,
          ]
        : []),
      ...(exact < exactMin
        ? [`swapped they fit inside to ${exact.toFixed(2)} of the distance; limit ${exactMin}`]
        : []),
    ];
    return told.length > 0
      ? {
          verdict: "warn",
          measures,
          message: `Channels look swapped: ${told.join("; ")}.`,
          hint: "Something in the graph works in BGR, or shuffles channels.",
          evidence: [colourMap(mine, plates, grid)],
        }
      : { verdict: "pass", measures, message: `Channels are in order: ${words}.` };
  },
};

/** A swap changes no deviation. */
const SPREAD_MAX = 2;
/** So well, and by so much better, no new content fits by chance. */
const FITS = 0.9;
const BETTER = 1;

function canTell({ shared, spread, best, asIs }: Likeness, sharedMin: number): boolean {
  if (spread > SPREAD_MAX || spread < 1 / SPREAD_MAX) return false;
  return shared >= sharedMin || (best >= FITS && best - asIs >= BETTER);
}

const CELLS_MIN = 64;
/** Of fewer, chance and how far it goes can't be told apart. */
const MIRROR_CELLS_MIN = 512;

/** How far the colour of each cell lies from the plate's. */
function colourMap(mine: Float32Array, plates: Float32Array, { columns, rows }: Grid) {
  const cells = columns * rows;
  return heatMap({ width: columns, height: rows }, "Colour unlike the plate's", (i) => {
    const of = (c: number): number => Math.abs((mine[c * cells + i] as number) - (plates[c * cells + i] as number));
    return of(0) + of(1) + of(2);
  });
}

interface Likeness {
  /** Correlation of brightness, -1..1: how much of the plate is left at all. */
  readonly shared: number;
  /** Deviation of the result's colour over that of the plate's. */
  readonly spread: number;
  /** Correlation of the channels as they are, -1..1; and after the best turn of hue, where it may be turned. */
  readonly asIs: number;
  readonly given: number;
  readonly cells: number;
  readonly best: number;
  readonly order: string;
}

const ORDERS: readonly (readonly [r: number, g: number, b: number])[] = [
  [2, 1, 0],
  [1, 0, 2],
  [0, 2, 1],
  [1, 2, 0],
  [2, 0, 1],
];

/**
 * Correlation of the colours around their means over the cells that are meant, from the nine products of a channel of the one with a channel
 * of the other: every order is a sum of three of them. 0 where cells are too few or one picture has one colour.
 */
function likeness(
  a: Float32Array,
  b: Float32Array,
  { where, mayTurn }: { readonly where: Uint8Array | null; readonly mayTurn: boolean },
): Likeness {
  const products = new Float64Array(9);
  let aa = 0;
  let bb = 0;
  let cells = 0;
  for (let one = 0; one < 3; one += 1) {
    aa += product(a, a, { one, other: one, where });
    bb += product(b, b, { one, other: one, where });
    for (let other = 0; other < 3; other += 1) products[one * 3 + other] = product(a, b, { one, other, where });
  }
  for (let i = 0; i < a.length / 4; i += 1) cells += where === null ? 1 : (where[i] as number);
  if (cells < CELLS_MIN || aa <= 0 || bb <= 0)
    return { shared: 0, spread: 1, asIs: 0, given: 0, cells, best: 0, order: "RGB" };
  const size = Math.sqrt(aa * bb);
  const light = { one: 3, other: 3, where };
  const lights = Math.sqrt(product(a, a, light) * product(b, b, light));
  const sum = (r: number, g: number, blue: number): number =>
    ((products[r] as number) + (products[3 + g] as number) + (products[6 + blue] as number)) / size;
  let best = -1;
  let order = "RGB";
  for (const [r, g, blue] of ORDERS) {
    const value = sum(r, g, blue);
    if (value <= best) continue;
    best = value;
    order = [r, g, blue].map((channel) => "RGB"[channel]).join("");
  }
  const shared = lights > 0 ? product(a, b, light) / lights : 0;
  const asIs = sum(0, 1, 2);
  const given = mayTurn ? turnOf(products) / size : asIs;
  return { shared, spread: Math.sqrt(aa / bb), asIs, given, cells, best, order };
}

/** So far an artist turns a hue, radians; a third of a turn is a rotation of the channels. */
const TURN_MAX = 1.5;

/**
 * The best that any turn of hue makes of it. As complex numbers of the plane of colours (R at 0, G and B a third of a turn on), sum of
 * result x conjugate of plate: its amount is the likeness after the best turn, its angle that turn.
 */
function turnOf(products: Float64Array): number {
  const at = (i: number): number => products[i] as number;
  // Of three values that sum to nothing, dot and cross product in the plane.
  const along = at(0) + at(4) + at(8);
  const across = (at(3) - at(1) + at(7) - at(5) + at(2) - at(6)) / Math.sqrt(3);
  const angle = Math.abs(Math.atan2(across, along));
  return Math.hypot(along, across) * (angle <= TURN_MAX ? 1 : Math.cos(angle - TURN_MAX));
}

/** Sum over the cells of one channel of `a` times one of `b`, both around their means. */
function product(
  a: Float32Array,
  b: Float32Array,
  of: { readonly one: number; readonly other: number; readonly where: Uint8Array | null },
): number {
  const { where } = of;
  const cells = a.length / 4;
  const from = of.one * cells;
  const to = of.other * cells;
  let n = 0;
  let sa = 0;
  let sb = 0;
  let sab = 0;
  for (let i = 0; i < cells; i += 1) {
    const counts = where === null ? 1 : (where[i] as number);
    const p = (a[from + i] as number) * counts;
    const q = (b[to + i] as number) * counts;
    n += counts;
    sa += p;
    sb += q;
    sab += p * q;
  }
  return n === 0 ? 0 : sab - (sa * sb) / n;
}

export default check;
