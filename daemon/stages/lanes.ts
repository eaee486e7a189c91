/**
 * Names of lanes: a root has two, so that listing, reading and answering on a hot folder never wait behind a result that is
 * being copied, and a dead root holds up nobody else's.
 */
import { rootOf } from "../domain/paths.ts";
import type { StageContext } from "../live.ts";

export function laneOf(context: StageContext, path: string, kind: "intake" | "output"): string {
  return `${rootOf(path, context.world.config.roots)?.linux ?? "/"}:${kind}`;
}
