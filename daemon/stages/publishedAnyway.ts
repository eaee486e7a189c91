/** What a version holds although QC failed it, or could not look, and nobody waived it: what gate `warn` let in. Counted by variation. */
import type { Inspection } from "../domain/qc.ts";
import type { Waiver } from "../domain/waiver.ts";
import { judgedPictures, openFindings } from "../domain/waiver.ts";
import { wholeVerdict } from "../domain/wedgeGate.ts";
import type { PublishedAnyway } from "../domain/publication.ts";
import type { TaskRow } from "../storePort.ts";
import { isWholeWaived } from "./decideWhole.ts";

type Judged = Pick<TaskRow, "wedge" | "state" | "gate" | "staged" | "inspection">;

export function publishedAnyway(
  tasks: readonly Judged[],
  sequences: ReadonlyMap<number, Inspection>,
  waivers: readonly Waiver[],
): PublishedAnyway {
  const there = tasks.filter(({ state, gate }) => state === "committing" && gate === "pass");
  const failed = new Set<number>();
  const unlooked = new Set<number>();
  for (const task of there) {
    const open = openFindings(judgedPictures(task), waivers);
    if (open.some(({ verdict }) => verdict === "fail")) failed.add(task.wedge);
    if (open.some(({ verdict }) => verdict === "error")) unlooked.add(task.wedge);
  }
  for (const [wedge, whole] of sequences) {
    const own = there.filter((task) => task.wedge === wedge);
    const verdict = wholeVerdict(whole);
    if (own.length === 0 || isWholeWaived(whole, own, waivers)) continue;
    if (verdict === "fail") failed.add(wedge);
    if (verdict === "error") unlooked.add(wedge);
  }
  return { failed: failed.size, unlooked: [...unlooked].filter((wedge) => !failed.has(wedge)).length };
}
