/** Where the plate is cut: a picture that has little to do with those before it. */
import { correlation } from "./_correlation.ts";

/** A correlation under it is a cut, unless about as much changes around it: a camera that shakes. */
const FOLLOWS = 0.5;
const SHAKES = 2;
/** Change of structure (1 less the correlation) that is a cut where nothing around it changes by a third as much. */
const CHANGE = 0.1;
const TIMES = 3;
/** Frames each way: a lamp that lights up for two of them is no cut, for the picture comes back. */
const REACH = 3;
/** Share of the cells that change by over so many stops, beside what all do: less is a screen or a lamp in the picture. */
const SHARE = 0.5;
const STOPS = 0.03;

/**
 * Of frames that follow each other, log light in cells (NaN: none): whether one begins another shot than the one before. `still`: stops;
 * a standard deviation under it is no structure.
 */
export function cutsOf(run: readonly Float32Array[], still: number): readonly boolean[] {
  const at = (t: number) => run[t] as Float32Array;
  const change = (from: number, to: number) => 1 - correlation(at(from), at(to), { least: 8, still });
  const steps = run.map((_, t) => (t === 0 ? 0 : change(t - 1, t)));
  return steps.map((step, t) => {
    if (t === 0 || step <= CHANGE || !changesAll(at(t - 1), at(t))) return false;
    const around = [...steps.slice(Math.max(1, t - REACH), t), ...steps.slice(t + 1, t + 1 + REACH)].sort(
      (a, b) => a - b,
    );
    if (step > FOLLOWS && step > SHAKES * (around[around.length >> 1] ?? 0)) return true;
    const least = Math.max(CHANGE, TIMES * (around.at(-1) ?? 1));
    if (step <= least) return false;
    const before = [t - 3, t - 2, t - 1].filter((from) => from >= 0);
    const after = [t, t + 1, t + 2].filter((to) => to < run.length);
    return before.every((from) => after.every((to) => change(from, to) > least));
  });
}

function changesAll(before: Float32Array, after: Float32Array): boolean {
  const steps = after
    .map((light, i) => light - (before[i] as number))
    .filter((step) => !Number.isNaN(step))
    .sort();
  const common = steps[steps.length >> 1] ?? 0;
  return steps.filter((step) => Math.abs(step - common) > STOPS).length >= SHARE * steps.length;
}

/** The shots of a run. */
export function partedAt<T>(run: readonly T[], cuts: readonly boolean[]): readonly (readonly T[])[] {
  const starts = [0, ...cuts.flatMap((cut, t) => (cut ? [t] : []))];
  return starts.map((from, i) => run.slice(from, starts[i + 1] ?? run.length));
}
