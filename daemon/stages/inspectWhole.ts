/**
 * Part of stages 6 and 7: QC over what is more than one picture, now that it is known which frames there are: each wedge's frames as
 * a sequence, and one frame of every wedge as a set. What the checks kept of the frames is read again; only what nobody kept is decoded.
 */
import { askedNow } from "../domain/notLoaded.ts";
import type { QcRequest, StepPlan } from "../domain/plan.ts";
import type { CheckBook, Inspection } from "../domain/qc.ts";
import type { QcExtra } from "../domain/qcReport.ts";
import type { SeriesFrame } from "../domain/qcRequest.ts";
import type { TraceScope } from "../domain/qcTrace.ts";
import type { StageContext } from "../live.ts";
import type { StepRow, TaskRow } from "../storePort.ts";
import { inspectRequest, tracePath } from "./inspect.ts";
import type { PlacedFrames } from "./placeFrames.ts";
import type { RecipeShelf } from "./recipeShelf.ts";

type Look = PlacedFrames["looks"][number];

export async function inspectWhole(
  context: StageContext,
  step: StepRow,
  of: {
    readonly placed: Pick<PlacedFrames, "looks">;
    readonly shelf: RecipeShelf;
    readonly tasks: readonly TaskRow[];
  },
): Promise<Pick<QcExtra, "sequences" | "set">> {
  const { plan } = step;
  const { images } = context.world;
  const book = await images.checks();
  const checks = askedNow(plan.qc.checks, book);
  const scopes = tracingScopes(checks, book);
  const byWedge = new Map<number, Look[]>();
  for (const look of of.placed.looks) {
    const known = byWedge.get(look.wedge);
    if (known === undefined) byWedge.set(look.wedge, [look]);
    else known.push(look);
  }
  const sequences = new Map(refusedWholes(of.tasks));
  for (const [wedge, looks] of byWedge) {
    const series = scopes.has("sequence")
      ? await seriesOf(context, { plan, shelf: of.shelf, looks, scope: "sequence" })
      : [];
    const present = looks.map((look) => look.frame);
    sequences.set(wedge, await images.inspectSequence({ wanted: plan.frames, present, checks, series }));
  }
  if (byWedge.size < 2 || !scopes.has("set")) return { sequences };
  const looks = oneOfEach(plan, byWedge);
  if (looks === null) return { sequences };
  const series = await seriesOf(context, { plan, shelf: of.shelf, looks, scope: "set" });
  return { sequences, set: await images.inspectSet({ checks, series }) };
}

/** Of wedges that were refused as a whole and have no frame here: what was said then. */
export function refusedWholes(tasks: readonly TaskRow[]): readonly (readonly [number, Inspection])[] {
  return tasks.flatMap(({ state, wedge, inspection }) =>
    state === "failed" && inspection?.whole !== undefined && inspection.whole.lean !== true
      ? [[wedge, inspection.whole.inspection] as const]
      : [],
  );
}

/** Without a check that keeps something of a picture, none is looked for. */
function tracingScopes(requests: readonly QcRequest[], book: CheckBook): ReadonlySet<string> {
  const asked = new Set(requests.map(({ check }) => check));
  return new Set(book.checks.filter(({ id, traces }) => traces === true && asked.has(id)).map(({ scope }) => scope));
}

/** The first frame that all wedges have; null: they have none in common. */
function oneOfEach(plan: StepPlan, byWedge: ReadonlyMap<number, readonly Look[]>): readonly Look[] | null {
  const all = [...byWedge].sort(([a], [b]) => a - b).map(([, looks]) => looks);
  for (const frame of plan.frames) {
    const found = all.flatMap((looks) => looks.find((look) => look.frame === frame) ?? []);
    if (found.length === all.length) return found;
  }
  return null;
}

async function seriesOf(
  context: StageContext,
  of: {
    readonly plan: StepPlan;
    readonly shelf: RecipeShelf;
    readonly looks: readonly Look[];
    readonly scope: TraceScope;
  },
): Promise<readonly SeriesFrame[]> {
  const { plan, shelf, looks, scope } = of;
  const wedges = new Map(plan.wedges.map((wedge) => [wedge.index, wedge]));
  const out: SeriesFrame[] = [];
  for (const file of looks) {
    const { wedge, frame } = file;
    const { checks: _, trace, ...look } = await inspectRequest(context, file, { plan, wedge, shelf });
    const known = wedges.get(wedge);
    // What the inspection of this frame did not keep (another frame was to stand for its wedge) is made now.
    const wish = {
      path: trace?.path ?? tracePath(file),
      scopes: [...new Set([...(trace?.scopes ?? []), scope])],
    };
    out.push({ wedge, frame, seed: known?.seed ?? "", axes: known?.axes ?? {}, look: { ...look, trace: wish } });
  }
  return out;
}
