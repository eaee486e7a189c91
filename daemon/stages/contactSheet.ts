/**
 * The contact sheet's tiles: one per wedge, in the plan's order, every place there from the start; nothing moves when a
 * result arrives. Labels are the axis values, so that a supervisor can say "dawn, 1003".
 */
import { wedgeName } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import type { StepPlan, WedgePlan } from "../domain/plan.ts";
import type { SheetTile } from "../ports.ts";
import type { TaskRow } from "../storePort.ts";

export interface SheetPage {
  readonly page: number;
  readonly pages: number;
  readonly columns: number;
  readonly tiles: readonly SheetTile[];
}

/** `pictureOf`: the picture of a wedge's first staged task; null while there is none. */
export function sheetPages(
  plan: StepPlan,
  tasks: readonly TaskRow[],
  pictureOf: (task: TaskRow) => string | null,
): readonly SheetPage[] {
  const byWedge = new Map<number, TaskRow[]>();
  for (const task of tasks) {
    const list = byWedge.get(task.wedge);
    if (list === undefined) byWedge.set(task.wedge, [task]);
    else list.push(task);
  }
  const tiles =
    plan.wedges.length > 1
      ? plan.wedges.map((wedge) => wedgeTile(wedge, byWedge.get(wedge.index) ?? [], pictureOf))
      : frameTiles(tasks, pictureOf);
  const columns = columnsFor(plan, tiles.length);
  const size = LIMITS.contactSheetTilesMax;
  const pages = Math.max(1, Math.ceil(tiles.length / size));
  return Array.from({ length: pages }, (_, page) => ({
    page: page + 1,
    pages,
    columns,
    tiles: tiles.slice(page * size, (page + 1) * size),
  }));
}

function wedgeTile(
  wedge: WedgePlan,
  tasks: readonly TaskRow[],
  pictureOf: (task: TaskRow) => string | null,
): SheetTile {
  const shown = tasks.find((task) => task.staged.length > 0) ?? tasks[0];
  const values = Object.entries(wedge.axes).map(axisLabel).join(" ");
  return {
    path: shown === undefined ? null : pictureOf(shown),
    label: `${wedgeName(wedge.index)} ${values}`.trim(),
    mark: markOf(tasks),
  };
}

/** "dawn 1003" says enough; "0.5 -4" does not: a bare number, other than a seed, gets its axis' name. */
function axisLabel([axis, value]: readonly [string, string]): string {
  return axis === "seed" || !/^[-+.\d]+$/.test(value) ? value : `${axis} ${value}`;
}

function frameTiles(tasks: readonly TaskRow[], pictureOf: (task: TaskRow) => string | null): readonly SheetTile[] {
  return tasks.map((task) => ({
    path: pictureOf(task),
    label: task.frame === null ? "still" : String(task.frame),
    mark: markOf([task]),
  }));
}

function markOf(tasks: readonly TaskRow[]): SheetTile["mark"] {
  if (tasks.some((task) => task.state === "failed" || task.state === "canceled")) return "fail";
  const verdicts = tasks.map((task) => task.inspection?.verdict ?? null);
  if (verdicts.includes("fail")) return "fail";
  if (verdicts.includes("error")) return "error";
  if (verdicts.length === 0 || verdicts.includes(null)) return "waiting";
  return verdicts.includes("warn") ? "warn" : "pass";
}

/** A row per value of the slow axis where that fits a page's width; else about as wide as a screen. */
function columnsFor(plan: StepPlan, count: number): number {
  const names = Object.keys(plan.wedges[0]?.axes ?? {});
  const last = names.at(-1);
  if (names.length > 1 && last !== undefined) {
    const values = new Set(plan.wedges.map((wedge) => wedge.axes[last])).size;
    if (values >= 3 && values <= 16 && count % values === 0) return values;
  }
  return Math.max(1, Math.min(16, Math.ceil(Math.sqrt(count * 1.4))));
}
