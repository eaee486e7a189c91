/**
 * frames.order: every frame of the result stands at the number of the plate's frame that it was made of.
 *
 * Formula: L = log2(mean light + 0.001) in cells inside the mask (at most 32 x 18); F = the median of L_R(u) - L_P(u) over the frames u
 * around t (16 to 32 each way), what a grade or a relight adds to every frame, over all of them or those of k's shot of the plate (cut where
 * neighbours correlate under 0.5); e(t, k) = mean |L_R(t) - L_P(k) - F|, stops. A frame is out of order when for some k within 16 frames
 * e(t, k) is under half of e(t, t) and under three quarters of what the plate moves between t and k, and that is more than 0.004 stop; of two
 * that show each other one may have three quarters of e(t, t). All frames of a shot are late or early by s (at most 4) as _frameShift.ts
 * says. Measure: how many; limit 0. A frame that steps from the one before by less than a quarter of what the plate moves there, and of how far what
 * it matches lies from it, stands: left to temporal.duplicate. Where nearly each step of the plate is in the result, larger or smaller by one factor
 * (a curve of contrast; 1 / 1.4 to 1.4), L_P is multiplied by that. Adjacent frames only; new content that does not come from the plate matches none of its frames better than another,
 * and passes.
 */
import type { Check, CheckInput } from "../daemon/plugin.ts";
import { cutsOf } from "./_cuts.ts";
import type { ShownFrame } from "./_frameShift.ts";
import { cellsOf, middle, shiftOf, steepnessOf } from "./_frameShift.ts";
import { smallerGrid } from "./_smallerGrid.ts";

const check: Check = {
  apiVersion: 1,
  id: "frames.order",
  version: 3,
  scope: "sequence",
  finds: "frames that match another frame of the plate better than their own",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { countMax: 0, betterMax: 0.5 },
  judges: { countMax: { measures: ["outOfOrder"], must: "atMost", least: 0 } },
  limitsFrom: {
    countMax: "exact: no frame may stand at another's number",
    betterMax: "docs/qc.md: measured on procedural sequences",
  },
  trace({ cells }) {
    const [mine, plates] = [cells("result"), cells("plate")];
    if (mine === null || plates === null) return null;
    const inside = mine.luma.map((light, i) => ((mine.inside[i] as number) >= 0.5 ? light : Number.NaN));
    const r = smallerGrid({ columns: mine.columns, rows: mine.rows, values: inside });
    const p = smallerGrid({ columns: mine.columns, rows: mine.rows, values: plates.luma });
    return { numbers: Float32Array.from([...r.values, ...p.values], (light) => Math.log2(light + EPSILON)) };
  },
  applies({ series }) {
    const runs = runsOf(series ?? []);
    if (runs.length === 0) return `there are no ${FRAMES_MIN} frames that follow each other`;
    return runs.some((run) => matchesOf(run, 1).some(({ moves }) => moves))
      ? null
      : "the plate does not move from one frame to the next";
  },
  run({ series, limits }) {
    const { countMax = 0, betterMax = 0.5 } = limits;
    const matches = runsOf(series ?? []).flatMap((run) => matchesOf(run, betterMax));
    const wrong = outOfOrder(matches);
    const measures = [
      { name: "outOfOrder", value: wrong.length, unit: "count", limit: countMax, must: "atMost" },
      { name: "frames", value: matches.length, unit: "count", limit: null },
      ...wrong
        .slice(0, NAMED_MAX)
        .map(({ frame, best }) => ({ name: "shows", value: best, unit: "count" as const, limit: null, frame })),
    ] as const;
    if (wrong.length <= countMax)
      return {
        verdict: "pass",
        measures,
        message: `Each of ${matches.length} frames matches its own plate frame best.`,
      };
    const [one] = wrong;
    const offset = one === undefined ? 0 : one.best - one.frame;
    const all = wrong.length > NAMED_MAX && wrong.every(({ frame, best }) => best - frame === offset);
    const words = all
      ? `${wrong.length} frames show the plate ${Math.abs(offset)} frame${Math.abs(offset) === 1 ? "" : "s"} ${offset > 0 ? "later" : "earlier"}`
      : `${wrong
          .slice(0, NAMED_MAX)
          .map(({ frame, best }) => `${frame} shows ${best}`)
          .join(", ")}${wrong.length > NAMED_MAX ? ` and ${wrong.length - NAMED_MAX} more` : ""}`;
    return {
      verdict: "warn",
      measures,
      message: `Frames stand in the wrong order: ${words}.`,
      hint: "See how the graph numbers what it saves, and which frame it begins with.",
    };
  },
};

const EPSILON = 1e-3;
const REACH = 16;
const FRAMES_MIN = 4;
const MOVES = 0.004;
const CELLS_MIN = 8;
const NAMED_MAX = 12;
/** Stops: less in the plate is grain. */
const STILL = 0.005;
/** Frames of one shot by which it is told what the result adds. */
const ADDED_MIN = 3;
/** Whole shots may have changed places, or frames of one. */
const WAYS = ["run", "shot"] as const;
/** What comes from another frame is nearer to it than so much of what the plate moves between the two. */
const NEAR = 0.75;
/** Of two that show each other one is clear, and the other at most so far from it, of its own error. */
const MUTUAL = 0.75;
type Way = (typeof WAYS)[number];

interface Run {
  readonly shown: readonly ShownFrame[];
  /** Of each frame: in which shot of the plate it is. */
  readonly shots: readonly number[];
}

function runsOf(series: NonNullable<CheckInput["series"]>): readonly Run[] {
  const runs: ShownFrame[][] = [];
  for (const { frame, trace } of series) {
    if (frame === null || trace === null) continue;
    const half = trace.numbers.length / 2;
    const shown = { frame, result: trace.numbers.subarray(0, half), plate: trace.numbers.subarray(half) };
    const run = runs.at(-1);
    const last = run?.at(-1);
    const goesOn = last !== undefined && frame === last.frame + 1 && last.result.length === half;
    if (run !== undefined && goesOn) run.push(shown);
    else runs.push([shown]);
  }
  return runs
    .filter((run) => run.length >= FRAMES_MIN)
    .map((run) => {
      const steep = steepnessOf(run);
      const shown = run.map((one) => ({ ...one, plate: one.plate.map((light) => light * steep) }));
      return { shown, shots: shotsOf(run) };
    });
}

function shotsOf(run: readonly ShownFrame[]): readonly number[] {
  let shot = 0;
  return cutsOf(
    run.map(({ plate }) => plate),
    STILL,
  ).map((cut) => (cut ? ++shot : shot));
}

interface Match {
  readonly frame: number;
  /** The plate's frame that it matches best. */
  readonly best: number;
  /** What it matches better than its own, though not clearly. */
  readonly likely: readonly number[];
  readonly moves: boolean;
}

function matchesOf({ shown: run, shots }: Run, betterMax: number): readonly Match[] {
  const shifts = [...new Set(shots)].map((shot) => shiftOf(run.filter((_, t) => shots[t] === shot)));
  const added = addedTo(run, shots);
  return run.map((shown, t) => {
    const { frame } = shown;
    const first = Math.max(0, t - REACH);
    const near = run.slice(first, t + REACH + 1);
    const cells = cellsOf(near);
    const own = t - first;
    const next = near[own + 1] ?? near[own - 1];
    if (cells.length < CELLS_MIN || next === undefined) return { frame, best: frame, likely: [], moves: false };
    const moved = away(shown.plate, next.plate, cells);
    const moves = moved > MOVES;
    const before = near[own - 1] ?? next;
    const stepped = away(shown.result, before.result, cells);
    const shift = shifts[shots[t] as number] as number;
    if (shift !== 0) return { frame, best: frame + shift, likely: [], moves };
    const told = WAYS.map((way) => {
      const errors = near.map(({ plate }, k) => {
        const other = added(way, t, shots[first + k] as number);
        return other === null ? Number.POSITIVE_INFINITY : away(shown.result, plate, cells, other);
      });
      const best = errors.reduce((least, error, k) => (error < (errors[least] as number) ? k : least), own);
      const other = (near[best] as ShownFrame).plate;
      const between = away(shown.plate, other, cells);
      // Not as far from the frame before as the plate moves there, nor as what it matches lies from it: it stands.
      const stands = stepped < Math.min(moved, away(other, before.plate, cells)) / 4;
      const [error, none] = [errors[best] as number, errors[own] as number];
      const stays = stands || between <= MOVES || error >= NEAR * between;
      return { other: (near[best] as ShownFrame).frame, better: stays ? 1 : error / none };
    });
    const clear = told.find(({ better }) => better < betterMax);
    const likely = told.filter(({ better }) => better < MUTUAL).map(({ other }) => other);
    return { frame, best: clear?.other ?? frame, likely, moves };
  });
}

/** What the result adds to the plate around frame t, by cell; null: too few frames. Told anew every 16 frames. */
function addedTo(run: readonly ShownFrame[], shots: readonly number[]) {
  const known = new Map<string, Float32Array | null>();
  return (way: Way, t: number, shot: number): Float32Array | null => {
    const block = Math.floor(t / REACH);
    const key = `${block} ${way === "run" ? "" : shot}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const from = Math.max(0, (block - 1) * REACH);
    const part = run.slice(from, (block + 2) * REACH).filter((_, i) => way === "run" || shots[from + i] === shot);
    const made = part.length < ADDED_MIN ? null : addedBy(part);
    known.set(key, made);
    return made;
  };
}

/** The middle, for some of the frames may stand at a wrong place. */
function addedBy(part: readonly ShownFrame[]): Float32Array {
  return Float32Array.from((part[0] as ShownFrame).result, (_, cell) =>
    middle(part.map(({ result, plate }) => (result[cell] as number) - (plate[cell] as number))),
  );
}

/** Mean difference over the cells, stops; less what is added to the second. */
function away(a: Float32Array, b: Float32Array, cells: readonly number[], added?: Float32Array): number {
  let sum = 0;
  for (const i of cells) sum += Math.abs((a[i] as number) - (b[i] as number) - (added?.[i] ?? 0));
  return sum / cells.length;
}

/** Without those whose plate frame is shown at its own number as well: duplicates. */
function outOfOrder(matches: readonly Match[]): readonly Match[] {
  const clear = new Map(matches.map((match) => [match.frame, match.best]));
  const exchanged = matches.map((match) => {
    const other = match.likely.find((frame) => clear.get(frame) === match.frame);
    return match.best === match.frame && other !== undefined ? { ...match, best: other } : match;
  });
  const atHome = new Set(exchanged.filter(({ frame, best }) => frame === best).map(({ frame }) => frame));
  return exchanged.filter(({ frame, best }) => frame !== best && !atHome.has(best));
}

export default check;
