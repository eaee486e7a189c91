/**
 * The world in which manifests are planned: with what a ComfyUI of this node says of its classes. Any slot's word will do to
 * tell which inputs name models.
 */
import type { StageContext } from "../live.ts";
import type { PlanWorld } from "../planManifest.ts";

export function planWorld(context: StageContext): PlanWorld {
  const catalogue = [...context.live.slots.values()].find((slot) => slot.catalogue !== null)?.catalogue ?? null;
  return { ...context.world, catalogue, products: () => context.world.store.products() };
}
