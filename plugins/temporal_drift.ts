/**
 * temporal.drift: the result's colour does not wander away from the plate's over a shot.
 *
 * Formula: d_c(t) = median over cells of log2((R_c + 0.001) / (P_c + 0.001)) for each channel c in linear light, stops; of every shot
 * (frames that follow each other, no cut of the plate in them) of at least 8 frames: the median of d_c over the last quarter less that
 * over the first. Measure: the channel and shot where it is largest. Limit: 0.1 stop. What the plate does itself (a ramp, a cloud)
 * cancels.
 *
 * Only where the result follows the plate: its light correlates with the plate's over the cells by at least 0.8 (median over frames);
 * of new content that a moving camera uncovers nothing can be told. Cells less than nine tenths inside the mask, darker than 1 % or,
 * of whole numbers, brighter than 90 % are left out.
 */
import type { Check, CheckAnswer, CheckInput } from "../daemon/plugin.ts";
import { correlation } from "./_correlation.ts";
import { cutsOf, partedAt } from "./_cuts.ts";

type Evidence = NonNullable<CheckAnswer["evidence"]>[number];

const check: Check = {
  apiVersion: 1,
  id: "temporal.drift",
  version: 2,
  scope: "sequence",
  finds: "colour that wanders away from the plate's over a shot",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { max: 0.1, correlationMin: 0.8 },
  judges: { max: { measures: ["drift"], must: "atMost", least: 0 } },
  limitsFrom: {
    max: "docs/qc.md: clean sequences stay under it; a person sees less side by side",
    correlationMin: "docs/qc.md: grades and relights are above it, new content is below",
  },
  seedMayCure: true,
  trace({ result, plate, cells }) {
    const [mine, plates] = [cells("result"), cells("plate")];
    if (result === null || plate === null || mine === null || plates === null) return null;
    const floats = result.samples instanceof Float32Array && plate.samples instanceof Float32Array;
    const brightest = floats ? Number.POSITIVE_INFINITY : BRIGHT;
    const used = [...mine.luma.keys()].filter((i) => {
      const [r, p] = [mine.luma[i] as number, plates.luma[i] as number];
      return (mine.inside[i] as number) >= 0.9 && Math.min(r, p) >= DARK && Math.max(r, p) <= brightest;
    });
    const log = (of: Float32Array, i: number) => Math.log2((of[i] as number) + EPSILON);
    const shift = (c: "red" | "green" | "blue") => median(used.map((i) => log(mine[c], i) - log(plates[c], i)));
    const follows = correlation(
      used.map((i) => log(mine.luma, i)),
      used.map((i) => log(plates.luma, i)),
      STRUCTURE,
    );
    const seen = coarse(plates.luma, plates.columns, plates.rows);
    return { numbers: Float32Array.of(used.length, follows, shift("red"), shift("green"), shift("blue"), ...seen) };
  },
  applies({ series, limits }) {
    const shots = shotsOf(series ?? []);
    if (shots.length === 0) return `there are no ${FRAMES_MIN} frames that follow each other without a cut`;
    const follows = median(shots.flat().map((shown) => shown.follows));
    return follows >= (limits["correlationMin"] ?? 0.8)
      ? null
      : `the result does not follow the plate's light (correlation ${follows.toFixed(2)}): its colours can't be set beside it`;
  },
  run({ series, limits }) {
    const { max = 0.1 } = limits;
    const drifts = shotsOf(series ?? []).map(driftOf);
    const worst = drifts.reduce((a, b) => (Math.abs(b.stops) > Math.abs(a.stops) ? b : a));
    const size = Math.abs(worst.stops);
    const measures = [
      { name: "drift", value: size, unit: "stop", limit: max, must: "atMost", frame: worst.to },
      ...worst.channels.map((stops, c) => ({
        name: NAMES[c] as string,
        value: stops,
        unit: "stop" as const,
        limit: null,
      })),
    ] as const;
    const where = `${worst.channel} by ${worst.stops.toFixed(3)} stop from frame ${worst.from} to ${worst.to}`;
    const evidence = [worst.curve];
    if (size <= max)
      return { verdict: "pass", measures, message: `It keeps to the plate: ${where}; at most ${max}.`, evidence };
    return {
      verdict: "warn",
      measures,
      message: `Its colour drifts away from the plate's: ${where}; at most ${max}.`,
      hint: "Chunks that start from the one before carry their colour on: start each from the plate, or grade it back.",
      evidence,
    };
  },
};

const EPSILON = 1e-3;
const DARK = 0.01;
const BRIGHT = 0.9;
const CELLS_MIN = 8;
const FRAMES_MIN = 8;
const POINTS_MAX = 240;
const NAMES = ["red", "green", "blue"] as const;
/** The plate, coarsely: enough to see a cut. */
const COARSE = { columns: 16, rows: 9 };
const FIRST_SEEN = 5;
/** Stops: less in the plate is grain in the dark. */
const STILL = 0.03;
/** Stops: less is no structure. */
const STRUCTURE = { least: 1, still: 0.1 };

interface Shown {
  readonly frame: number;
  readonly follows: number;
  readonly shifts: readonly [number, number, number];
  readonly seen: Float32Array;
}

function shotsOf(series: NonNullable<CheckInput["series"]>): readonly (readonly Shown[])[] {
  const runs: Shown[][] = [];
  for (const { frame, trace } of series) {
    if (frame === null || trace === null || (trace.numbers[0] as number) < CELLS_MIN) continue;
    const [, follows = 0, red = 0, green = 0, blue = 0] = trace.numbers;
    const shown: Shown = { frame, follows, shifts: [red, green, blue], seen: trace.numbers.subarray(FIRST_SEEN) };
    const run = runs.at(-1);
    if (run === undefined || frame !== (run.at(-1) as Shown).frame + 1) runs.push([shown]);
    else run.push(shown);
  }
  const shots = runs.flatMap((run) =>
    partedAt(
      run,
      cutsOf(
        run.map(({ seen }) => seen),
        STILL,
      ),
    ),
  );
  return shots.filter((shot) => shot.length >= FRAMES_MIN);
}

function driftOf(shot: readonly Shown[]) {
  const quarter = Math.max(2, Math.floor(shot.length / 4));
  const part = (shown: readonly Shown[], c: number) => median(shown.map(({ shifts }) => shifts[c] as number));
  const channels = NAMES.map((_, c) => part(shot.slice(-quarter), c) - part(shot.slice(0, quarter), c));
  const c = channels.reduce((best, stops, i) => (Math.abs(stops) > Math.abs(channels[best] as number) ? i : best), 0);
  const start = part(shot.slice(0, quarter), c);
  return {
    channels,
    channel: NAMES[c] as string,
    stops: channels[c] as number,
    from: (shot[0] as Shown).frame,
    to: (shot.at(-1) as Shown).frame,
    curve: curve(
      shot,
      (shown) => (shown.shifts[c] as number) - start,
      `Colour against the plate, ${NAMES[c] as string}`,
    ),
  };
}

/** Every so-manieth frame of a long shot: what is slow is seen in few. Signs are left to the measures. */
function curve(shot: readonly Shown[], stops: (shown: Shown) => number, title: string): Evidence {
  const step = Math.ceil(shot.length / POINTS_MAX);
  const points = shot.filter((_, i) => i % step === 0);
  return {
    kind: "plot",
    title,
    x: points.map(({ frame }) => frame),
    y: points.map((shown) => Number(Math.abs(stops(shown)).toPrecision(4))),
    xName: "frame",
    yName: "stop",
    limit: null,
  };
}

function coarse(luma: Float32Array, columns: number, rows: number): readonly number[] {
  const [wide, high] = [Math.min(COARSE.columns, columns), Math.min(COARSE.rows, rows)];
  const sums = new Float64Array(wide * high);
  const counts = new Float64Array(wide * high);
  for (let i = 0; i < luma.length; i += 1) {
    const light = luma[i] as number;
    if (Number.isNaN(light)) continue;
    const x = Math.floor(((i % columns) * wide) / columns);
    const at = Math.floor((Math.floor(i / columns) * high) / rows) * wide + x;
    sums[at] = (sums[at] as number) + light;
    counts[at] = (counts[at] as number) + 1;
  }
  return [...sums].map((sum, i) => Math.log2(sum / Math.max(1, counts[i] as number) + EPSILON));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

export default check;
