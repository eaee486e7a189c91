/**
 * image.clip: no more is cut off at the top, and at the bottom, than in the plate, nor inside the mask than in the plate there.
 *
 * Measures: share of colour samples at the largest code (floats: at the frame's own maximum, where at least a few stand: what a
 * clipping leaves is a plateau; a black frame has no top) minus the plate's share; the same for code 0. Looked at over every n-th
 * row of a large frame, but for the ignored rectangles. Limit: 0.5 % more than the plate. Practical lights and black borders of the plate are in the plate, too.
 * Well inside a mask (`_maskCore.ts`) the same shares of its own samples, where floats are cut off at their largest value there or at exactly 1, for
 * the plate's lights around it are brighter; limit 2 %, for a small mask may hold a light. What the plate has at its own top there counts for it.
 */
import type { Check, CheckAnswer, CheckInput, DecodedImage, PixelBox } from "../daemon/plugin.ts";
import { colourPlaces } from "./_colourPlaces.ts";
import type { Core } from "./_maskCore.ts";
import { coreOf, someOf } from "./_maskCore.ts";
import { heatMap } from "./_where.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.clip",
  version: 4,
  scope: "frame",
  finds: "cut off at the top or at zero, in the frame or well inside the mask",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { moreMax: 0.005, insideMoreMax: 0.02 },
  judges: {
    moreMax: { measures: ["highMore", "lowMore"], must: "atMost", least: 0, greatest: 1 },
    insideMoreMax: { measures: ["insideHighMore", "insideLowMore"], must: "atMost", least: 0, greatest: 1 },
  },
  limitsFrom: {
    moreMax: "prototype of the formula, limits fixed before its run (docs/qc.md)",
    insideMoreMax: "our first choice: four times as much, of a part of the frame",
  },
  seedMayCure: true,
  run(input) {
    const { result, plate, limits } = input;
    if (result === null || plate === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { moreMax = 0.005, insideMoreMax = 0.02 } = limits;
    const { ignore } = input.expected;
    const alike = result.width === plate.width && result.height === plate.height;
    const [mine, plates] = [cut(result, ignore), cut(plate, alike ? ignore : [])];
    const inside = insideMask(input);
    const high = mine.high - plates.high;
    const low = mine.low - plates.low;
    const measures = [
      { name: "highMore", value: high, unit: "ratio", limit: moreMax, must: "atMost" },
      { name: "lowMore", value: low, unit: "ratio", limit: moreMax, must: "atMost" },
      { name: "high", value: mine.high, unit: "ratio", limit: null },
      { name: "low", value: mine.low, unit: "ratio", limit: null },
      ...insideMeasures(inside, insideMoreMax),
    ] as const;
    const found = [
      ...(high > moreMax
        ? [
            `${percent(mine.high)} of the samples are cut off at the top (plate ${percent(plates.high)}; ${percent(moreMax)} more may)`,
          ]
        : []),
      ...(low > moreMax
        ? [`${percent(mine.low)} stand at zero (plate ${percent(plates.low)}; ${percent(moreMax)} more may)`]
        : []),
      ...insideWords(inside, insideMoreMax),
    ];
    if (found.length === 0)
      return {
        verdict: "pass",
        measures,
        message: `No more is cut off than in the plate: ${percent(mine.high)} at the top, ${percent(mine.low)} at zero.`,
      };
    const bright = high > moreMax || (inside?.highMore ?? 0) > insideMoreMax;
    const top = bright ? (inside !== null && high <= moreMax ? inside.top : mine.top) : Number.NEGATIVE_INFINITY;
    return {
      verdict: "warn",
      measures,
      message: `${found.join("; ")}.`,
      hint: bright ? BRIGHT_HINT : DARK_HINT,
      evidence: [cutMap(result, top, low > moreMax || (inside?.lowMore ?? 0) > insideMoreMax)],
    };
  },
};

const BRIGHT_HINT = "Lower the exposure that the model is fed, or transfer only the edit (color.how: edit).";
const DARK_HINT =
  "Raise the exposure that the model is fed, look at what the graph clamps or subtracts, or transfer only the edit (color.how: edit).";

interface Inside {
  readonly high: number;
  readonly low: number;
  readonly highMore: number;
  readonly lowMore: number;
  readonly top: number;
}

const PIXELS_ENOUGH = 65_536;

/** null: nothing lies well inside a mask. */
function insideMask(input: CheckInput): Inside | null {
  const { result, plate } = input;
  const core = coreOf(input);
  if (core === null || result === null || plate === null) return null;
  if (result.width !== plate.width || result.height !== plate.height) return null;
  const some = someOf(core, PIXELS_ENOUGH / core.size ** 2);
  const [mine, plates] = [shares(result, some), shares(plate, some)];
  const { high, low, top } = mine;
  return { high, low, top, highMore: high - plates.high, lowMore: low - plates.low };
}

function insideMeasures(inside: Inside | null, limit: number): CheckAnswer["measures"] {
  if (inside === null) return [];
  return [
    { name: "insideHighMore", value: inside.highMore, unit: "ratio", limit, must: "atMost" },
    { name: "insideLowMore", value: inside.lowMore, unit: "ratio", limit, must: "atMost" },
  ];
}

function insideWords(inside: Inside | null, limit: number): readonly string[] {
  if (inside === null) return [];
  const { high, highMore, low, lowMore } = inside;
  const may = `${percent(limit)} more than in the plate may`;
  return [
    ...(highMore > limit ? [`inside the mask ${percent(high)} of the samples are cut off at the top; ${may}`] : []),
    ...(lowMore > limit ? [`inside the mask ${percent(low)} stand at zero; ${may}`] : []),
  ];
}

/** Of the tiles' samples: those at the largest code (floats: at the largest value there, or at exactly 1, whichever more stand at) and at zero. */
function shares({ samples, channels, channelNames, width }: DecodedImage, { size, tiles }: Core) {
  const colours = colourPlaces(channelNames);
  const whole = samples instanceof Uint16Array ? 65_535 : samples instanceof Uint8Array ? 255 : null;
  const ends: Ends = { top: 0, atTop: 0, atOne: 0, low: 0 };
  for (let t = 0; t < tiles.length; t += 1) {
    const { x, y } = tiles[t] as Core["tiles"][number];
    for (let row = y; row < y + size; row += 1)
      for (let c = 0; c < colours.length; c += 1) {
        const first = (row * width + x) * channels + (colours[c] as number);
        addEnds(ends, samples, { first, end: first + size * channels, step: channels });
      }
  }
  const looked = tiles.length * size * size * colours.length;
  const { top, atTop, atOne, low } = ends;
  if (looked === 0 || (whole !== null && top < whole) || top <= 0)
    return { high: 0, low: looked === 0 ? 0 : low / looked, top: Number.NaN };
  const one = whole === null && atOne > atTop;
  return { high: (one ? atOne : atTop) / looked, low: low / looked, top: one ? 1 : top };
}

/** The largest value so far, how many samples stand at it, at exactly 1, and at zero or below. */
interface Ends {
  top: number;
  atTop: number;
  atOne: number;
  low: number;
}

interface Walk {
  readonly first: number;
  readonly end: number;
  readonly step: number;
}

function addEnds(ends: Ends, samples: DecodedImage["samples"], { first, end, step }: Walk): void {
  let { top, atTop, atOne, low } = ends;
  for (let i = first; i < end; i += step) {
    const v = samples[i] as number;
    low += v <= 0 ? 1 : 0;
    atOne += v === 1 ? 1 : 0;
    if (v > top && v !== Number.POSITIVE_INFINITY) {
      top = v;
      atTop = 1;
    } else atTop += v === top ? 1 : 0;
  }
  ends.top = top;
  ends.atTop = atTop;
  ends.atOne = atOne;
  ends.low = low;
}

function cutMap(image: DecodedImage, top: number, low: boolean) {
  const { samples, channels, channelNames } = image;
  const colours = colourPlaces(channelNames);
  return heatMap(image, "Cut off", (pixel) => {
    let hits = 0;
    for (const place of colours) {
      const v = samples[pixel * channels + place] as number;
      hits += v === top || (low && v <= 0) ? 1 : 0;
    }
    return hits;
  });
}

const percent = (ratio: number): string => `${(ratio * 100).toFixed(2)} %`;
const SAMPLES_ENOUGH = 1_500_000;

/** Of every n-th row, but for the ignored rectangles. */
function cut(
  image: DecodedImage,
  ignore: readonly PixelBox[],
): { readonly high: number; readonly low: number; readonly top: number } {
  const { samples, channels, width, height } = image;
  const colours = colourPlaces(image.channelNames);
  const step = Math.max(1, Math.ceil((width * height * colours.length) / SAMPLES_ENOUGH));
  const top =
    samples instanceof Uint16Array
      ? 65_535
      : samples instanceof Uint8Array
        ? 255
        : largest(image, { colours, step, ignore });
  const count: Count = { high: 0, low: 0 };
  // Where all samples are colours they lie one behind another.
  const [places, stride] = colours.length === channels ? [[0], 1] : [colours, channels];
  let looked = 0;
  for (let y = 0; y < height; y += step) {
    const row = y * width * channels;
    for (const span of spansOf(y, width, ignore)) {
      const end = row + span.to * channels;
      for (let c = 0; c < places.length; c += 1) {
        const walk: Walk = { first: row + span.from * channels + (places[c] as number), end, step: stride };
        if (samples instanceof Float32Array) addLight(count, samples, walk, top);
        else addCodes(count, samples, walk, top);
      }
      looked += (span.to - span.from) * colours.length;
    }
  }
  const { high, low } = count;
  return looked === 0 ? { high: 0, low: 0, top } : { high: high / looked, low: low / looked, top };
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** What of a row lies in no ignored rectangle. */
function spansOf(y: number, width: number, ignore: readonly PixelBox[]): readonly Span[] {
  let spans: readonly Span[] = [{ from: 0, to: width }];
  for (const [left, top, wide, high] of ignore) {
    if (y < top || y >= top + high) continue;
    spans = spans.flatMap(({ from, to }) =>
      [
        { from, to: Math.min(to, left) },
        { from: Math.max(from, left + wide), to },
      ].filter((span) => span.to > span.from),
    );
  }
  return spans;
}

interface Count {
  high: number;
  low: number;
}

/** `top` is full scale: one more is a power of two, so that one look tells a sample at either end from all others. */
function addCodes(count: Count, samples: Uint8Array | Uint16Array, { first, end, step }: Walk, top: number): void {
  const between = top - 1;
  let high = 0;
  let low = 0;
  for (let i = first; i < end; i += step) {
    const v = samples[i] as number;
    if (((v + 1) & between) !== 0) continue;
    if (v === 0) low += 1;
    else high += 1;
  }
  count.high += high;
  count.low += low;
}

function addLight(count: Count, samples: Float32Array, { first, end, step }: Walk, top: number): void {
  let high = 0;
  let low = 0;
  for (let i = first; i < end; i += step) {
    const v = samples[i] as number;
    high += v === top ? 1 : 0;
    low += v <= 0 ? 1 : 0;
  }
  count.high += high;
  count.low += low;
}

/** Of the finite values; not a number, which nothing equals, where none is above zero. */
function largest(
  image: DecodedImage,
  of: { readonly colours: readonly number[]; readonly step: number; readonly ignore: readonly PixelBox[] },
): number {
  const { samples, channels, width, height } = image;
  let top = 0;
  for (let y = 0; y < height; y += of.step) {
    const row = y * width * channels;
    for (const { from, to } of spansOf(y, width, of.ignore))
      for (let c = 0; c < of.colours.length; c += 1)
        for (let i = row + from * channels + (of.colours[c] as number); i < row + to * channels; i += channels) {
          const v = samples[i] as number;
          if (v > top && v !== Number.POSITIVE_INFINITY) top = v;
        }
  }
  return top > 0 ? top : Number.NaN;
}

export default check;
