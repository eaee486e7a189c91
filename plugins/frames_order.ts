/**
 * frames.order: every frame of the result stands at the number of the plate's frame that it was made of.
 *
 * Formula: L = log2(mean light + 0.001) in cells inside the mask (at most 32 x 18); F = the mean of L_R(u) - L_P(u) over the frames u
 * from t - 16 to t + 16, what a grade or a relight adds to every frame; e(t, k) = mean |L_R(t) - L_P(k) - F|, stops. A frame is out
 * of order when some e(t, k) is under half of e(t, t), and the plate moves between t and k by more than 0.01 stop. All frames are late
 * or early by s (at most 4) when that leaves less than three quarters of the error that no shift leaves (median over frames) and is better
 * for four frames in five, and when it is less than half of what the plate moves from frame to frame. Measure: how many; limit 0. A frame that
 * does not move as the plate does shows what its neighbour shows: left to temporal.duplicate. Adjacent frames only; new content
 * that does not come from the plate matches none of its frames better than another, and passes.
 */
import type { Check, CheckInput } from "../daemon/plugin.ts";
import { smallerGrid } from "./_smallerGrid.ts";

const check: Check = {
  apiVersion: 1,
  id: "frames.order",
  version: 1,
  scope: "sequence",
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
const SHIFT_MAX = 4;
/** All frames together tell more than one: less is enough where nearly all of them agree. */
const SHIFT_BETTER = 0.75;
const AGREE_MIN = 0.8;
const FRAMES_MIN = 4;
const MOVES = 0.01;
const CELLS_MIN = 8;
const NAMED_MAX = 12;

interface Shown {
  readonly frame: number;
  readonly result: Float32Array;
  readonly plate: Float32Array;
}

function runsOf(series: NonNullable<CheckInput["series"]>): readonly (readonly Shown[])[] {
  const runs: Shown[][] = [];
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
  return runs.filter((run) => run.length >= FRAMES_MIN);
}

interface Match {
  readonly frame: number;
  /** The plate's frame that it matches best. */
  readonly best: number;
  readonly moves: boolean;
}

function matchesOf(run: readonly Shown[], betterMax: number): readonly Match[] {
  const shift = shiftOf(run);
  return run.map((shown, t) => {
    const { frame } = shown;
    const near = run.slice(Math.max(0, t - REACH), t + REACH + 1);
    const cells = usedBy(near);
    const own = near.indexOf(shown);
    const next = near[own + 1] ?? near[own - 1];
    if (cells.length < CELLS_MIN || next === undefined) return { frame, best: frame, moves: false };
    const moved = away(shown.plate, next.plate, cells);
    const moves = moved > MOVES;
    const stands = away(shown.result, (near[own - 1] ?? next).result, cells) < moved / 4;
    if (shift !== 0) return { frame, best: frame + shift, moves };
    const added = addedTo(near, cells);
    const errors = near.map(({ plate }) => away(shown.result, plate, cells, added));
    const best = errors.reduce((least, error, k) => (error < (errors[least] as number) ? k : least), own);
    const other = near[best] as Shown;
    const better = (errors[best] as number) < betterMax * (errors[own] as number);
    const clear = better && !stands && away(shown.plate, other.plate, cells) > MOVES;
    return { frame, best: clear ? other.frame : frame, moves };
  });
}

/** By how many frames the whole run is late (less than 0) or early; 0: it is not, or that can't be told. */
function shiftOf(run: readonly Shown[]): number {
  const part = run.slice(0, 4 * REACH);
  const cells = usedBy(part);
  if (cells.length < CELLS_MIN || part.length <= 2 * SHIFT_MAX) return 0;
  const inner = part.slice(SHIFT_MAX, part.length - SHIFT_MAX);
  const errors = Array.from({ length: 2 * SHIFT_MAX + 1 }, (_, i) => {
    const shift = i - SHIFT_MAX;
    const plates = inner.map((_shown, t) => (part[t + SHIFT_MAX + shift] as Shown).plate);
    const pairs = inner.map(({ frame, result }, t) => ({ frame, result, plate: plates[t] as Float32Array }));
    const added = addedTo(pairs, cells);
    return pairs.map(({ result, plate }) => away(result, plate, cells, added));
  });
  const sizes = errors.map(middle);
  const best = sizes.reduce((least, size, i) => (size < (sizes[least] as number) ? i : least), SHIFT_MAX);
  const none = sizes[SHIFT_MAX] as number;
  const [shifted, own] = [errors[best] as number[], errors[SHIFT_MAX] as number[]];
  const agree = shifted.filter((error, t) => error < (own[t] as number)).length;
  // What does not come from the plate at all is off by more than the plate moves, shifted or not.
  const moved = middle(part.slice(1).map(({ plate }, t) => away(plate, (part[t] as Shown).plate, cells)));
  const size = sizes[best] as number;
  const clear = size < SHIFT_BETTER * none && size < moved / 2 && agree >= AGREE_MIN * own.length;
  return clear && none > MOVES / 2 ? best - SHIFT_MAX : 0;
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** Cells that have a value in all of them. */
function usedBy(shown: readonly Shown[]): readonly number[] {
  const [first] = shown;
  if (first === undefined) return [];
  return [...first.result.keys()].filter((i) =>
    shown.every(({ result, plate }) => !Number.isNaN(result[i] as number) && !Number.isNaN(plate[i] as number)),
  );
}

/** What the result adds to the plate, by cell. */
function addedTo(pairs: readonly Shown[], cells: readonly number[]): readonly number[] {
  return cells.map(
    (i) =>
      pairs.reduce((sum, { result, plate }) => sum + (result[i] as number) - (plate[i] as number), 0) / pairs.length,
  );
}

/** Mean difference over the cells, stops; less what is added to the second. */
function away(a: Float32Array, b: Float32Array, cells: readonly number[], added?: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < cells.length; at += 1) {
    const i = cells[at] as number;
    sum += Math.abs((a[i] as number) - (b[i] as number) - (added?.[at] ?? 0));
  }
  return sum / cells.length;
}

/** Without those whose plate frame is shown at its own number as well: duplicates. */
function outOfOrder(matches: readonly Match[]): readonly Match[] {
  const atHome = new Set(matches.filter(({ frame, best }) => frame === best).map(({ frame }) => frame));
  return matches.filter(({ frame, best }) => frame !== best && !atHome.has(best));
}

export default check;
