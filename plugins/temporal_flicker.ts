/**
 * temporal.flicker: the result's light does not jump from frame to frame where the plate's does not.
 *
 * Formula: B = means of linear light in cells of the frame (at most 64 x 36); r = log2((B_R + 0.001) / (B_P + 0.001)), stops; s(t) =
 * |r(t) - (r(t-1) + r(t+1)) / 2|, the second temporal difference: a ramp of exposure and everything that the plate does too (a cut,
 * lightning, a pan) leave nothing in it. Measures: the largest median of s over the cells of one frame, and the 99th percentile of s
 * over the cells of 16 frames. Limits: 0.01 and 0.03 stop. After the flicker measures of Lai et al. 2018 (Learning blind video
 * temporal consistency), with the plate in the place of their warping.
 *
 * From s goes a tenth of the plate's own second difference: what is cut off at white does not follow a lightning. A result that has
 * content of its own under a plate that moves (its cells do not brighten and darken with the plate's: correlation under 0.5) is judged
 * more weakly: by how far the median with its sign lies outside the median deviation from it, for what all cells do together is no
 * movement, and by half of what s has over twice the plate's second difference. Content under a moving camera changes smoothly: what the fourth difference |r(t-2) - 4 r(t-1) + 6 r(t) -
 * 4 r(t+1) + r(t+2)| / 6 (at an end the third, / 3) does not show as well is no flicker. Left out: cells less than nine tenths inside
 * the mask, darker than 1 % (grain decides there), brighter than 90 % of whole numbers (cut off there), or where the plate itself
 * jumps by more than half a stop; frames around a cut of the plate. Adjacent frames only.
 */
import type { Check, CheckAnswer, CheckInput, TracedFrame } from "../daemon/plugin.ts";
import { correlation } from "./_correlation.ts";
import { frameRanges } from "./_frameRanges.ts";

type Evidence = NonNullable<CheckAnswer["evidence"]>[number];

const check: Check = {
  apiVersion: 1,
  id: "temporal.flicker",
  version: 1,
  scope: "sequence",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { max: 0.01, p99Max: 0.03 },
  judges: {
    max: { measures: ["medianMax"], must: "atMost", least: 0 },
    p99Max: { measures: ["p99"], must: "atMost", least: 0 },
  },
  limitsFrom: {
    max: "docs/qc.md: clean sequences stay under a seventh of it, a global flicker of 1 % is beyond it",
    p99Max: "docs/qc.md: boiling of 3 % in blocks is beyond it, clean sequences are not",
  },
  seedMayCure: true,
  trace({ result, plate, cells }) {
    const [mine, plates] = [cells("result"), cells("plate")];
    if (result === null || plate === null || mine === null || plates === null) return null;
    const floats = result.samples instanceof Float32Array && plate.samples instanceof Float32Array;
    const brightest = floats ? Number.POSITIVE_INFINITY : BRIGHT;
    const cellCount = mine.columns * mine.rows;
    const numbers = new Float32Array(cellCount * 2);
    for (let i = 0; i < cellCount; i += 1) {
      const r = mine.luma[i] as number;
      const p = plates.luma[i] as number;
      const usable = (mine.inside[i] as number) >= 0.9 && Math.min(r, p) >= DARK && Math.max(r, p) <= brightest;
      numbers[i] = usable ? Math.log2((r + EPSILON) / (p + EPSILON)) : Number.NaN;
      numbers[cellCount + i] = Math.log2(p + EPSILON);
    }
    return { numbers };
  },
  applies({ series }) {
    const shots = shotsOf(series ?? []);
    if (!shots.some((shot) => shot.length >= 3)) return NOT_ADJACENT;
    return shots.some((shot) =>
      shot.some((_, t) => t > 0 && t + 1 < shot.length && jumpsAt(shot, t).length >= CELLS_MIN),
    )
      ? null
      : `fewer than ${CELLS_MIN} cells that may change are neither too dark nor cut off`;
  },
  run({ series, limits }) {
    const { max = 0.01, p99Max = 0.03 } = limits;
    const found = shotsOf(series ?? []).flatMap(differences);
    const worst = worstOf(found);
    const p99 = percentile99(found);
    const measures = [
      {
        name: "medianMax",
        value: worst.median,
        unit: "stop",
        limit: max,
        must: "atMost",
        frame: worst.frame,
      },
      { name: "p99", value: p99.value, unit: "stop", limit: p99Max, must: "atMost", frame: p99.frame },
      { name: "frames", value: found.length, unit: "count", limit: null },
    ] as const;
    const words = `the light jumps by ${worst.median.toFixed(4)} stop at frame ${worst.frame} (at most ${max}), by ${p99.value.toFixed(4)} in 1 % of all places (at most ${p99Max})`;
    const evidence = [curve(found, max)];
    if (worst.median <= max && p99.value <= p99Max)
      return { verdict: "pass", measures, message: `Steady beside the plate: ${words}.`, evidence };
    const frames = found.filter(({ median }) => median > max).map(({ frame }) => frame);
    return {
      verdict: "warn",
      measures,
      message: `It flickers${frames.length === 0 ? " in places" : ` at ${placesOf(frames)}`}: ${words}.`,
      hint: "Look at it running. More overlap of chunks, a fixed noise seed, or deflicker against the plate.",
      evidence,
    };
  },
};

const EPSILON = 1e-3;
const DARK = 0.01;
const BRIGHT = 0.9;
const CELLS_MIN = 8;
/** Stops: less is grain. */
const STRUCTURE = { least: CELLS_MIN, still: 0.005 };
/** Stops: where the plate itself jumps by more, what is cut off at white decides. */
const JUMP_MAX = 0.5;
/** What the plate's own jumps may leave: of a result that follows it (what is cut off does not follow), and of content of its own. */
const SHARE_FOLLOWED = 0.1;
const SHARE_OWN = 2;
const WEIGHT_OWN = 0.5;
/** Stops from frame to frame, root mean square over the cells: a plate that moves. */
const MOVES = 0.01;
const WINDOW = 16;
/** Pairs of frames by which it is told whose content the result's is. */
const PAIRS_MAX = 64;
const POINTS_MAX = 240;
const RANGES_MAX = 8;
const NOT_ADJACENT = "there are no three frames that follow each other, and none are compared across a cut";

interface Shown {
  readonly frame: number;
  /** Log ratio to the plate, stops; NaN where nothing can be told. */
  readonly ratio: Float32Array;
  readonly plate: Float32Array;
}

interface Difference {
  readonly frame: number;
  readonly median: number;
  /** Of every cell that was looked at. */
  readonly all: Float32Array;
}

/** Runs of frames that follow each other, without a cut of the plate in them. */
function shotsOf(series: NonNullable<CheckInput["series"]>): readonly (readonly Shown[])[] {
  const shots: Shown[][] = [];
  for (const shown of series.flatMap(shownOf)) {
    const shot = shots.at(-1);
    const last = shot?.at(-1);
    if (
      shot === undefined ||
      last === undefined ||
      shown.frame !== last.frame + 1 ||
      correlation(last.plate, shown.plate, STRUCTURE) < 0.5
    )
      shots.push([shown]);
    else shot.push(shown);
  }
  return shots;
}

function shownOf({ frame, trace }: TracedFrame): readonly Shown[] {
  if (frame === null || trace === null) return [];
  const half = trace.numbers.length / 2;
  return [{ frame, ratio: trace.numbers.subarray(0, half), plate: trace.numbers.subarray(half) }];
}

function differences(shot: readonly Shown[]): readonly Difference[] {
  const out: Difference[] = [];
  const own = hasOwnContent(shot);
  const [share, weight] = own ? [SHARE_OWN, WEIGHT_OWN] : [SHARE_FOLLOWED, 1];
  for (let t = 1; t + 1 < shot.length; t += 1) {
    const jumps = jumpsAt(shot, t);
    if (jumps.length < CELLS_MIN) continue;
    const size = ({ result, plate }: Jump) => weight * Math.max(0, Math.abs(result) - share * plate);
    const all = Float32Array.from(jumps, size).sort();
    const middle = (of: Float32Array) => of.sort()[of.length >> 1] as number;
    const together = middle(Float32Array.from(jumps, ({ result }) => result));
    const spread = middle(Float32Array.from(jumps, ({ result }) => Math.abs(result - together)));
    const median = own ? Math.max(0, Math.abs(together) - spread) : middle(all);
    out.push({ frame: (shot[t] as Shown).frame, median, all });
  }
  return out;
}

/** The plate moves, and the cells do not become brighter and darker as its cells do, apart from what all of them do. */
function hasOwnContent(shot: readonly Shown[]): boolean {
  const [mine, plates]: [number[], number[]] = [[], []];
  const every = Math.ceil(shot.length / PAIRS_MAX);
  for (let t = 1; t < shot.length; t += every) {
    const [before, after] = [shot[t - 1] as Shown, shot[t] as Shown];
    const plate = after.plate.map((light, i) => light - (before.plate[i] as number));
    const result = plate.map((step, i) => step + (after.ratio[i] as number) - (before.ratio[i] as number));
    const [usualResult, usualPlate] = [middleOf(result), middleOf(plate)];
    for (let i = 0; i < result.length; i += 1) {
      const step = result[i] as number;
      if (Number.isNaN(step)) continue;
      mine.push(step - usualResult);
      plates.push((plate[i] as number) - usualPlate);
    }
  }
  const moved = Math.sqrt(plates.reduce((sum, step) => sum + step * step, 0) / Math.max(1, plates.length));
  return moved > MOVES && correlation(mine, plates, STRUCTURE) < 0.5;
}

/** Of those that are numbers; NaN sorts last. */
function middleOf(values: Float32Array): number {
  const sorted = values.toSorted();
  let count = sorted.length;
  while (count > 0 && Number.isNaN(sorted[count - 1] as number)) count -= 1;
  return sorted[count >> 1] ?? 0;
}

interface Jump {
  /** Signed, stops: the second difference against the plate, or a higher one where that is less. */
  readonly result: number;
  /** The plate's own second difference, at least the middle one of all its cells where the result has content of its own. */
  readonly plate: number;
}

/** Of every cell that can be told of. */
function jumpsAt(shot: readonly Shown[], t: number): readonly Jump[] {
  const last = shot.length - 1;
  const at = (frame: number, cell: number): number => (shot[frame] as Shown).ratio[cell] as number;
  const higher = (cell: number): number => {
    if (last < 3) return Number.NaN;
    if (t >= 2 && t + 2 <= last)
      return (at(t - 2, cell) - 4 * at(t - 1, cell) + 6 * at(t, cell) - 4 * at(t + 1, cell) + at(t + 2, cell)) / 6;
    const first = t === 1 ? 0 : last - 3;
    return (at(first, cell) - 3 * at(first + 1, cell) + 3 * at(first + 2, cell) - at(first + 3, cell)) / 3;
  };
  const [before, now, after] = [t - 1, t, t + 1].map((frame) => (shot[frame] as Shown).plate) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const plates = now.map((p, i) => Math.abs(p - ((before[i] as number) + (after[i] as number)) / 2));
  const known = plates.filter((jump) => !Number.isNaN(jump)).sort();
  const usual = known[known.length >> 1] ?? 0;
  const out: Jump[] = [];
  for (let cell = 0; cell < now.length; cell += 1) {
    const second = at(t, cell) - (at(t - 1, cell) + at(t + 1, cell)) / 2;
    if (Number.isNaN(second) || (plates[cell] as number) > JUMP_MAX) continue;
    const more = Math.abs(higher(cell));
    const size = Number.isNaN(more) ? Math.abs(second) : Math.min(Math.abs(second), more);
    out.push({ result: Math.sign(second) * size, plate: Math.max(plates[cell] as number, usual) });
  }
  return out;
}

/** Of 16 frames together, where it is largest: a long sequence must not hide a short fault. */
function percentile99(found: readonly Difference[]): { readonly value: number; readonly frame: number } {
  let worst = { value: 0, frame: (found[0] as Difference).frame };
  for (let first = 0; first === 0 || first + WINDOW <= found.length + WINDOW / 2; first += WINDOW / 2) {
    const part = found.slice(first, first + WINDOW);
    const all = new Float32Array(part.reduce((sum, { all: own }) => sum + own.length, 0));
    let at = 0;
    for (const { all: own } of part) {
      all.set(own, at);
      at += own.length;
    }
    all.sort();
    const value = all[Math.min(all.length - 1, Math.floor(all.length * 0.99))] ?? 0;
    if (value > worst.value) worst = { value, frame: worstOf(part).frame };
  }
  return worst;
}

function worstOf(found: readonly Difference[]): Difference {
  return found.reduce((a, b) => (b.median > a.median ? b : a));
}

/** Of long sequences the largest of so many frames each. */
function curve(found: readonly Difference[], limit: number): Evidence {
  const step = Math.ceil(found.length / POINTS_MAX);
  const points = Array.from({ length: Math.ceil(found.length / step) }, (_, i) =>
    worstOf(found.slice(i * step, (i + 1) * step)),
  );
  return {
    kind: "plot",
    title: "Jumps of the light against the plate",
    x: points.map(({ frame }) => frame),
    y: points.map(({ median }) => Number(median.toPrecision(4))),
    xName: "frame",
    yName: "stop",
    limit,
  };
}

function placesOf(frames: readonly number[]): string {
  const ranges = frameRanges(frames);
  const more = ranges.length > RANGES_MAX ? " and others" : "";
  return `frame${frames.length === 1 ? "" : "s"} ${ranges.slice(0, RANGES_MAX).join(", ")}${more}`;
}

export default check;
