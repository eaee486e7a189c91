/**
 * A sweep as a grid: which axis is fast and which is slow, told by the order of the variations themselves; how many columns a
 * contact sheet has; and, where each column stands for the same values in every row, what rows and columns are called. Pure.
 */
import { isRedacted } from "./redaction.ts";

type Axes = Readonly<Record<string, string>>;

export interface SheetHeads {
  readonly columns: readonly string[];
  readonly rows: readonly string[];
}

export interface SheetGrid extends SheetHeads {
  /** Row by row: which of the variations stands there. */
  readonly cells: readonly (readonly number[])[];
}

/** Slowest first: the axis that changes last. Those that never change are left out. */
export function axesBySpeed(all: readonly Axes[]): readonly string[] {
  const [first] = all;
  if (first === undefined) return [];
  const changes = (name: string): number => all.findIndex((axes) => axes[name] !== first[name]);
  return Object.keys(first)
    .map((name) => ({ name, at: changes(name) }))
    .filter(({ at }) => at > 0)
    .sort((a, b) => b.at - a.at)
    .map(({ name }) => name);
}

const COLUMNS_MAX = 24;
/** A sheet may be this much wider or narrower than a screen for the sake of rows that mean something. */
const STRETCH = 2;

/**
 * About as wide as a screen, and a row is a whole run of the fast axes where that is possible: then each row has one value
 * of a slow axis (all of dawn in a row).
 */
export function columnsFor(all: readonly Axes[], count: number): number {
  const screen = Math.sqrt(count * 1.4);
  const stretch = (columns: number): number => Math.max(columns / screen, screen / columns);
  let best = Math.max(1, Math.min(COLUMNS_MAX, Math.ceil(screen)));
  let least = STRETCH;
  let run = 1;
  for (const name of axesBySpeed(all).toReversed()) {
    run *= new Set(all.map((axes) => axes[name])).size;
    if (run < 2 || run > COLUMNS_MAX || run >= count || count % run !== 0 || stretch(run) > least) continue;
    best = run;
    least = stretch(run);
  }
  return best;
}

/** The names of rows and columns of a sheet in the order of the plan; null: its columns stand for nothing. */
export function headsOf(all: readonly Axes[], columns: number): SheetHeads | null {
  const speed = axesBySpeed(all);
  if (columns < 2 || all.length <= columns || all.length % columns !== 0 || speed.length < 2) return null;
  for (let cut = speed.length - 1; cut > 0; cut -= 1) {
    const [slow, fast] = [speed.slice(0, cut), speed.slice(cut)];
    const size = fast.reduce((product, name) => product * new Set(all.map((axes) => axes[name])).size, 1);
    if (size !== columns) continue;
    const heads = all.slice(0, columns).map((axes) => labelOf(axes, fast));
    const sides = all.filter((_, i) => i % columns === 0).map((axes) => labelOf(axes, slow));
    const fits = all.every(
      (axes, i) => labelOf(axes, fast) === heads[i % columns] && labelOf(axes, slow) === sides[Math.floor(i / columns)],
    );
    return fits ? { columns: heads, rows: sides } : null;
  }
  return null;
}

/** A row or column more than that is no grid that anybody reads. */
const GRID_SIDE_MAX = 40;

/** Slow axes down and fast ones across, or the other way round, whichever is more like a screen; null: it is no full grid. */
export function gridOf(all: readonly Axes[]): SheetGrid | null {
  const speed = axesBySpeed(all);
  const screen = Math.sqrt(all.length * 1.4);
  let best: SheetGrid | null = null;
  let least = Infinity;
  for (let cut = 1; cut < speed.length; cut += 1) {
    const parts = [speed.slice(0, cut), speed.slice(cut)] as const;
    for (const [down, across] of [parts, [parts[1], parts[0]] as const]) {
      const grid = crossed(all, down, across);
      if (grid === null || grid.columns.length > GRID_SIDE_MAX || grid.rows.length > GRID_SIDE_MAX) continue;
      const stretch = Math.max(grid.columns.length / screen, screen / grid.columns.length);
      if (stretch >= least) continue;
      best = grid;
      least = stretch;
    }
  }
  return best;
}

function crossed(all: readonly Axes[], down: readonly string[], across: readonly string[]): SheetGrid | null {
  const rows = [...new Set(all.map((axes) => labelOf(axes, down)))];
  const columns = [...new Set(all.map((axes) => labelOf(axes, across)))];
  if (rows.length * columns.length !== all.length) return null;
  const at = new Map(all.map((axes, i) => [JSON.stringify([labelOf(axes, down), labelOf(axes, across)]), i]));
  if (at.size !== all.length) return null;
  const cells = rows.map((row) => columns.map((column) => at.get(JSON.stringify([row, column])) ?? 0));
  return { rows, columns, cells };
}

/** "dawn 1003" says enough; "0.5 -4" does not: a bare number, other than a seed, gets its axis' name. */
export function labelOf(axes: Axes, names: readonly string[] = Object.keys(axes)): string {
  return names.map((name) => axisLabel(name, axes[name] ?? "")).join(" ");
}

function axisLabel(name: string, value: string): string {
  if (isRedacted(value)) return `${name} redacted`;
  return name === "seed" || !/^[-+.\d]+$/.test(value) ? value : `${name} ${value}`;
}
