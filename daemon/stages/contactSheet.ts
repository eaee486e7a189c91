/**
 * The contact sheet's tiles: one per wedge, in the plan's order, every place there from the start; nothing moves when a
 * result arrives. Labels are the axis values, so that a supervisor can say "dawn, 1003".
 */
import { wedgeName } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import type { StepPlan, WedgePlan } from "../domain/plan.ts";
import { isRedacted } from "../domain/redaction.ts";
import type { SheetTile } from "../domain/sheetTile.ts";
import type { TaskRow } from "../storePort.ts";
import type { FrameResult } from "./frameResults.ts";
import { frameResults, inspectionOf } from "./frameResults.ts";

export interface SheetPage {
  readonly page: number;
  readonly pages: number;
  readonly columns: number;
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
  results: readonly FrameResult[],
  pictureOf: (result: FrameResult) => string | null,
): SheetTile {
  const shown = results.find((result) => result.sources.length > 0) ?? results[0];
  const values = Object.entries(wedge.axes).map(axisLabel).join(" ");
  // The axis may be the seed: its label is the place in the plan, not what the picture was made with.
  const again = wedge.seedTry === undefined ? "" : ` (seed ${wedge.seed})`;
  return {
    path: shown === undefined ? null : pictureOf(shown),
    label: `${wedgeName(wedge.index)} ${values}`.trim() + again,
    mark: markOf(results),
  };
}

/** "dawn 1003" says enough; "0.5 -4" does not: a bare number, other than a seed, gets its axis' name. */
function axisLabel([axis, value]: readonly [string, string]): string {
  if (isRedacted(value)) return `${axis} redacted`;
  return axis === "seed" || !/^[-+.\d]+$/.test(value) ? value : `${axis} ${value}`;
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

const COLUMNS_MAX = 24;
/** A sheet may be this much wider or narrower than a screen for the sake of rows that mean something. */
const STRETCH = 2;

/**
 * About as wide as a screen, and a row is a whole run of the fast axes where that is possible: then each row has one value
 * of a slow axis (all of dawn in a row).
 */
export function columnsFor(plan: Pick<StepPlan, "wedges">, count: number): number {
  const screen = Math.sqrt(count * 1.4);
  const stretch = (columns: number): number => Math.max(columns / screen, screen / columns);
  let best = Math.max(1, Math.min(COLUMNS_MAX, Math.ceil(screen)));
  let least = STRETCH;
  let run = 1;
  for (const name of Object.keys(plan.wedges[0]?.axes ?? {}).reverse()) {
    run *= new Set(plan.wedges.map((wedge) => wedge.axes[name])).size;
    if (run < 3 || run > COLUMNS_MAX || run >= count || count % run !== 0 || stretch(run) > least) continue;
    best = run;
    least = stretch(run);
  }
  return best;
}
