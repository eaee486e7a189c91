/**
 * The contact sheet's tiles: one per wedge, in the plan's order, every place there from the start; nothing moves when a
 * result arrives. Labels are the axis values, so that a supervisor can say "dawn, 1003".
 */
import { wedgeName } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import type { StepPlan, WedgePlan } from "../domain/plan.ts";
import type { SheetHeads } from "../domain/sheetGrid.ts";
import { columnsFor, headsOf, labelOf } from "../domain/sheetGrid.ts";
import type { SheetTile } from "../domain/sheetTile.ts";
import type { TaskRow } from "../storePort.ts";
import type { FrameResult } from "./frameResults.ts";
import { frameResults, inspectionOf } from "./frameResults.ts";

export interface SheetPage {
  readonly page: number;
  readonly pages: number;
  readonly columns: number;
  /** What columns and rows stand for; absent: nothing. */
  readonly heads?: SheetHeads;
  readonly tiles: readonly SheetTile[];
}

/** `pictureOf`: the picture of a frame; null while there is none. One tile per wedge, or per frame where there is one wedge. */
export function sheetPages(
  plan: StepPlan,
  tasks: readonly TaskRow[],
  pictureOf: (result: FrameResult) => string | null,
): readonly SheetPage[] {
  const byWedge = new Map<number, FrameResult[]>();
  const results = frameResults(plan, tasks);
  for (const result of results) {
    const list = byWedge.get(result.wedge);
    if (list === undefined) byWedge.set(result.wedge, [result]);
    else list.push(result);
  }
  const tiles =
    plan.wedges.length > 1
      ? plan.wedges.map((wedge) => wedgeTile(wedge, byWedge.get(wedge.index) ?? [], pictureOf))
      : frameTiles(results, pictureOf);
  const axes = plan.wedges.map((wedge) => wedge.axes);
  const columns = columnsFor(axes, tiles.length);
  const heads = plan.wedges.length > 1 ? headsOf(axes, columns) : null;
  // Whole rows on every page, so that a row's name stands beside it.
  const size =
    heads === null ? LIMITS.contactSheetTilesMax : columns * Math.floor(LIMITS.contactSheetTilesMax / columns);
  const pages = Math.max(1, Math.ceil(tiles.length / size));
  return Array.from({ length: pages }, (_, page) => ({
    page: page + 1,
    pages,
    columns,
    ...headsOnPage(heads, page * (size / columns), size / columns),
    tiles: tiles.slice(page * size, (page + 1) * size),
  }));
}

function headsOnPage(heads: SheetHeads | null, first: number, count: number): Pick<SheetPage, "heads"> {
  return heads === null ? {} : { heads: { columns: heads.columns, rows: heads.rows.slice(first, first + count) } };
}

function wedgeTile(
  wedge: WedgePlan,
  results: readonly FrameResult[],
  pictureOf: (result: FrameResult) => string | null,
): SheetTile {
  const shown = results.find((result) => result.sources.length > 0) ?? results[0];
  const values = labelOf(wedge.axes);
  // The axis may be the seed: its label is the place in the plan, not what the picture was made with.
  const told = "seed" in wedge.axes && wedge.seedTry === undefined;
  const seed = told || wedge.seed === "" ? "" : ` (seed ${wedge.seed})`;
  return {
    path: shown === undefined ? null : pictureOf(shown),
    label: `${wedgeName(wedge.index)} ${values}`.trim() + seed,
    mark: markOf(results),
  };
}

function frameTiles(
  results: readonly FrameResult[],
  pictureOf: (result: FrameResult) => string | null,
): readonly SheetTile[] {
  return results.map((result) => ({
    path: pictureOf(result),
    label: result.frame === null ? "still" : String(result.frame),
    mark: markOf([result]),
  }));
}

function markOf(results: readonly FrameResult[]): SheetTile["mark"] {
  if (results.some(({ task }) => task.state === "failed" || task.state === "canceled")) return "fail";
  const verdicts = results.map(({ task, frame }) => inspectionOf(task, frame)?.verdict ?? null);
  if (verdicts.includes("fail")) return "fail";
  if (verdicts.includes("error")) return "error";
  if (verdicts.length === 0 || verdicts.includes(null)) return "waiting";
  return verdicts.includes("warn") ? "warn" : "pass";
}
