/** Asking supervision to restart a slot: nothing new is given to it from this moment on. */
import type { Wish } from "../domain/slotLadder.ts";
import type { SlotState } from "../live.ts";

/** The first wish stands; a person's replaces it. */
export function wishRestart(slot: SlotState, wish: Wish): void {
  if (slot.restartWish !== null && !wish.person) return;
  slot.restartWish = wish;
  if (!slot.blocks.has("supervision"))
    slot.blocks.set("supervision", { code: wish.code, message: wish.message, action: null });
}
