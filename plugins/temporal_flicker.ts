/**
 * temporal.flicker: the result's light does not jump from frame to frame where the plate's does not.
 *
 * Formula: B = means of linear light in cells of the frame (at most 64 x 36); r = log2((B_R + 0.001) / (B_P + 0.001)), stops; s(t) =
 * |r(t) - (r(t-1) + r(t+1)) / 2|, the second temporal difference: a ramp of exposure and everything that the plate does too (a cut,
 * lightning, a pan) leave nothing in it. Measures: the largest median of s over the cells of one frame, and the 99th percentile of s
 * over the cells of 16 frames. Limits: 0.01 and 0.03 stop. After the flicker measures of Lai et al. 2018 (Learning blind video
 * temporal consistency), with the plate in the place of their warping.
 *
 * From s goes a share of the plate's own second difference there, or of its usual one: what is cut off at white, softened or bent by a curve
 * does not follow it to the letter. The share is measured where single cells of the plate move by over 0.06 stop (a + the median deviation from a,
 * where a = the median of dr / dp; 3 % to 20 %, of its own jump at least 10 %), else a tenth. Content under a moving camera changes smoothly: what the fourth difference
 * |r(t-2) - 4 r(t-1) + 6 r(t) - 4 r(t+1) + r(t+2)| / 6 (at an end the third, / 3) does not show as well is no flicker. Left out: cells less than
 * nine tenths inside the mask, darker than 1 % (grain decides there), brighter than 90 % of whole numbers (cut off there), or where the plate itself
 * jumps by more than half a stop; frames around a cut of the plate (_cuts.ts).
 *
 * A cell on which something else lies (an element that stands over a pan: its ratio undoes what the plate does) is left out, unless such cells
 * are more than half; where the ratio follows a slope of the plate's light (a curve of contrast, a haze) what the slope explains is none (_cellAnswers.ts).
 *
 * A result that has content of its own under a plate that moves (its cells do not brighten and darken with the plate's: correlation under 0.7, with
 * or without what all cells do together) is judged by its own light and more weakly (_ownContent.ts): by how far the median with its sign lies
 * outside its standard error (eight neighbouring cells counted as one; from the median deviation, or what movement explains if that is more); and for p99 by what nine tenths of a frame's cells stay under (as the 99th
 * percentile of what is normally distributed) in the quietest quarter of 16 frames, for its own movement shows where the camera moves, and boiling in each frame.
 *
 * Where the middle of the plate's cells jumps by over 0.05 stop (lightning, fire, a lamp): cells beside it that do not (12, and a tenth of all) are
 * judged as ever, and alone. Where there are none, the frame is set beside the nearest before and after, within 4, that are lit alike. Where there are
 * none either, r is that of the channel that is darkest in the plate over the shot, in at most 32 x 18 cells and those under 0.4 only: little is cut off
 * there. From r goes a p (a curve of contrast), from s 3 % to 10 % of what all of the plate jumps (the median deviation from a). Single cells are not
 * judged then, nor the whole where fewer than 40 cells told a: then as elsewhere. Adjacent frames only.
 */
import type { CellFacts, Check, CheckAnswer, CheckInput, TracedFrame } from "../daemon/plugin.ts";
import { cutsOf, partedAt } from "./_cuts.ts";
import { frameRanges } from "./_frameRanges.ts";
import type { Jump, Light, Shown } from "./_lightJumps.ts";
import { jumpsAt, relationOf, withDarkest } from "./_lightJumps.ts";
import { middleOf } from "./_secondJump.ts";
import { smallerGrid } from "./_smallerGrid.ts";

type Evidence = NonNullable<CheckAnswer["evidence"]>[number];

const check: Check = {
  apiVersion: 1,
  id: "temporal.flicker",
  version: 4,
  scope: "sequence",
  finds: "light that jumps from frame to frame where the plate's does not",
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
    const usable = (r: number, p: number, i: number) =>
      (mine.inside[i] as number) >= 0.9 && Math.min(r, p) >= DARK && Math.max(r, p) <= brightest;
    const luma = logs(
      mine.luma.map((r, i) => (usable(r, plates.luma[i] as number, i) ? r : Number.NaN)),
      // What is not looked at is no surroundings either.
      plates.luma.map((p, i) => (Number.isNaN(mine.luma[i] as number) ? Number.NaN : p)),
    );
    const channels = CHANNELS.map((channel) => channelOf(mine, plates, channel));
    return { numbers: Float32Array.from([luma.length / 2, mine.columns, ...luma, ...channels.flatMap((c) => [...c])]) };
  },
  applies({ series }) {
    const shots = shotsOf(series ?? []);
    if (!shots.some((shot) => shot.length >= 3)) return NOT_ADJACENT;
    return shots.some((shot) => {
      const relation = relationOf(shot);
      return shot.some((_, t) => t > 0 && t + 1 < shot.length && jumpsAt(shot, t, relation).cells.length >= CELLS_MIN);
    })
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
    const whole = `the light jumps by ${worst.median.toFixed(4)} stop at frame ${worst.frame} (at most ${max})`;
    const places = `the most restless 1 % of places jump by ${p99.value.toFixed(4)} stop around frame ${p99.frame} (at most ${p99Max})`;
    // Of a flicker only what is past its limit: the other number may be of other frames, for places are not judged under a light that jumps.
    const past = [...(worst.median > max ? [whole] : []), ...(p99.value > p99Max ? [places] : [])];
    const evidence = [curve(found, max)];
    if (worst.median <= max && p99.value <= p99Max)
      return { verdict: "pass", measures, message: `Steady beside the plate: ${whole}; ${places}.`, evidence };
    const frames = found.filter(({ median }) => median > max).map(({ frame }) => frame);
    return {
      verdict: "warn",
      measures,
      message: `It flickers${frames.length === 0 ? " in places" : ` at ${placesOf(frames)}`}: ${past.join("; ")}.`,
      hint: "Look at it running. More overlap of chunks, a fixed noise seed, or deflicker against the plate.",
      evidence,
    };
  },
};

const CHANNELS = ["red", "green", "blue"] as const;
const EPSILON = 1e-3;
const DARK = 0.01;
const BRIGHT = 0.9;
const CELLS_MIN = 8;
/** Stops: less is grain. */
const STILL = 0.005;
/** Standard error of a median over the median deviation of what is normally distributed, times the root of how many. */
const MEDIAN_ERROR = 1.2533 * 1.4826;
/** So many neighbouring cells move as one. */
const ALIKE = 8;
/** From the 90th percentile of what is normally distributed to the 99th, of either sign. */
const AS_P99 = 2.576 / 1.645;
/** Frames of new content, of 16, that are believed together: what boils does so in the quietest of them too. */
const QUIET = 0.25;
const WINDOW = 16;
const POINTS_MAX = 240;
const RANGES_MAX = 8;
const NOT_ADJACENT = "there are no three frames that follow each other, and none are compared across a cut";

function halves(numbers: Float32Array): Light {
  const half = numbers.length / 2;
  return { ratio: numbers.subarray(0, half), plate: numbers.subarray(half) };
}

interface Difference {
  readonly frame: number;
  readonly median: number;
  /** Of every cell that tells by itself. */
  readonly all: Float32Array;
  /** Of new content: what nine tenths of its cells stay under; null: it follows the plate. */
  readonly own: number | null;
}

/** Runs of frames that follow each other, without a cut of the plate in them. */
function shotsOf(series: NonNullable<CheckInput["series"]>): readonly (readonly Shown[])[] {
  const runs: Omit<Shown, "darkest">[][] = [];
  for (const shown of series.flatMap(shownOf)) {
    const run = runs.at(-1);
    if (run === undefined || shown.frame !== (run.at(-1)?.frame ?? 0) + 1) runs.push([shown]);
    else run.push(shown);
  }
  return runs
    .flatMap((run) =>
      partedAt(
        run,
        cutsOf(
          run.map(({ plate }) => plate),
          STILL,
        ),
      ),
    )
    .map(withDarkest);
}

/** `logs` of one channel, in fewer cells; NaN where it can't be told of. */
function channelOf(mine: CellFacts, plates: CellFacts, channel: (typeof CHANNELS)[number]): Float32Array {
  const { columns, rows, inside } = mine;
  const [results, before] = [mine[channel], plates[channel]];
  const tells = results.map((r, i) => Number((inside[i] as number) >= 0.9 && Math.min(r, before[i] as number) >= DARK));
  // Both or none: a cell of the smaller grid must hold the same places of result and plate.
  const smaller = (values: Float32Array) =>
    smallerGrid({ columns, rows, values: values.map((v, i) => (tells[i] === 1 ? v : Number.NaN)) }).values;
  return logs(smaller(results), smaller(before));
}

/** Log ratio, then the plate's log light, stops. */
function logs(result: Float32Array, plate: Float32Array): Float32Array {
  const out = new Float32Array(2 * plate.length);
  for (let i = 0; i < plate.length; i += 1) {
    const [r, p] = [result[i] as number, plate[i] as number];
    out[i] = Math.log2((r + EPSILON) / (p + EPSILON));
    out[plate.length + i] = Math.log2(p + EPSILON);
  }
  return out;
}

function shownOf({ frame, trace }: TracedFrame): readonly Omit<Shown, "darkest">[] {
  if (frame === null || trace === null) return [];
  const [cells = 0, columns = 1] = trace.numbers;
  const rest = trace.numbers.subarray(2 + 2 * cells);
  const each = rest.length / CHANNELS.length;
  const channels = CHANNELS.map((_, i) => halves(rest.subarray(i * each, (i + 1) * each)));
  return [{ frame, columns, ...halves(trace.numbers.subarray(2, 2 + 2 * cells)), channels }];
}

function differences(shot: readonly Shown[]): readonly Difference[] {
  const out: Difference[] = [];
  const relation = relationOf(shot);
  for (let t = 1; t + 1 < shot.length; t += 1) {
    const { cells: jumps, flash } = jumpsAt(shot, t, relation);
    if (jumps.length < CELLS_MIN) continue;
    const size = ({ result, mayBe }: Jump) => Math.max(0, Math.abs(result) - mayBe);
    const all = Float32Array.from(jumps, size).sort();
    const together = middleOf(Float32Array.from(jumps, ({ result }) => result));
    const { frame } = shot[t] as Shown;
    if (relation.own) {
      const spread = middleOf(Float32Array.from(jumps, ({ result }) => Math.abs(result - together)));
      const moved = middleOf(Float32Array.from(jumps, ({ mayBe }) => mayBe));
      const error = MEDIAN_ERROR * Math.max(spread, moved) * Math.sqrt(ALIKE / jumps.length);
      const median = Math.max(0, Math.abs(together) - error);
      out.push({ frame, median, all: new Float32Array(), own: AS_P99 * share(all, 0.9) });
    } else out.push({ frame, median: middleOf(all), all: flash ? new Float32Array() : all, own: null });
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
    const own = Float32Array.from(part.flatMap((one) => one.own ?? [])).sort();
    const value = Math.max(share(all.sort(), 0.99), share(own, QUIET));
    if (value > worst.value) worst = { value, frame: worstOf(part).frame };
  }
  return worst;
}

/** What so many of the sorted stay under. */
function share(sorted: Float32Array, of: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? 0;
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
