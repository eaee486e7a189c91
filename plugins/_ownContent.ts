/** Jumps of the light of new content under a plate that moves: what it does because it moves as the plate around it is none. */
import type { Jump, Shown } from "./_lightJumps.ts";
import { jumpOf, middleOf } from "./_secondJump.ts";

/** Cells around what is new that tell how the picture moves; where there are fewer, all do. */
const OUTSIDE_MIN = 16;
/** Of what its structure would do by the plate's movement, so much is taken from its jumps. */
const SHARE_MOVED = 0.9;

/** Of every cell of the result; what all of it does together is less what all of the plate does, where that leaves less. */
export function ownJumps(shot: readonly Shown[], t: number): readonly Jump[] {
  const last = shot.length - 1;
  const plateAt = (frame: number, cell: number) => shot[frame]?.plate[cell] as number;
  const at = (frame: number, cell: number) => (shot[frame]?.ratio[cell] as number) + plateAt(frame, cell);
  const cells = [...(shot[t] as Shown).ratio.keys()];
  const jumps = Float32Array.from(cells, (cell) => jumpOf(at, { t, last, cell }));
  const light = middleOf(Float32Array.from(cells, (cell) => jumpOf(plateAt, { t, last, cell })));
  const together = middleOf(jumps);
  const common = Math.abs(together - light) < Math.abs(together) ? light : 0;
  const moved = movedAt(shot.slice(t - 1, t + 2));
  return cells.flatMap((cell) => {
    const result = (jumps[cell] as number) - common;
    return Number.isNaN(result) ? [] : [{ result, mayBe: SHARE_MOVED * (moved[cell] as number) }];
  });
}

/**
 * Of each cell: so much of a second difference as the plate's movement would make of the result's structure there, stops: the root mean square of
 * the plate's second differences (less what all of it does) over that of its differences from cell to cell, times the same of the result around
 * the cell, or in the middle of all its cells where that is more.
 */
function movedAt(near: readonly Shown[]): Float32Array {
  const [before, now, after] = near.map(({ plate }) => plate) as [Float32Array, Float32Array, Float32Array];
  const columns = (near[0] as Shown).columns;
  const results = near.map(({ ratio, plate }) => ratio.map((r, i) => r + (plate[i] as number)));
  const seconds = now.map((p, i) => p - ((before[i] as number) + (after[i] as number)) / 2);
  const common = middleOf(seconds);
  const outside = [...now.keys()].filter(
    (cell) => !Number.isNaN(now[cell] as number) && results.some((result) => Number.isNaN(result[cell] as number)),
  );
  const told = outside.length >= OUTSIDE_MIN ? outside : [...now.keys()];
  const change = rootMeanSquare(told.map((cell) => (seconds[cell] as number) - common));
  const structure = rootMeanSquare(told.flatMap((cell) => stepsAround(now, cell, columns)));
  if (structure === 0) return new Float32Array(now.length);
  const by = now.map((_, cell) => (change / structure) * around(results, cell, columns));
  const usual = middleOf(by);
  return by.map((own) => Math.max(own, usual));
}

/** NaN where the cell has no value in one of them. */
function around(results: readonly Float32Array[], cell: number, columns: number): number {
  if (results.some((result) => Number.isNaN(result[cell] as number))) return Number.NaN;
  return rootMeanSquare(results.flatMap((result) => stepsAround(result, cell, columns)));
}

/** To the cells beside, above and under it. */
function stepsAround(values: Float32Array, cell: number, columns: number): readonly number[] {
  const x = cell % columns;
  const own = values[cell] as number;
  const near = [x > 0 ? cell - 1 : -1, x + 1 < columns ? cell + 1 : -1, cell - columns, cell + columns];
  return near.map((other) => (values[other] ?? Number.NaN) - own).filter((step) => !Number.isNaN(step));
}

function rootMeanSquare(values: readonly number[]): number {
  const known = values.filter((v) => !Number.isNaN(v));
  return Math.sqrt(known.reduce((sum, v) => sum + v * v, 0) / Math.max(1, known.length));
}
