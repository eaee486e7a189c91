/**
 * Does a person need the machine of a slot now? The hook of `nimby`: who knows it (an idle watch, a calendar, a command) is
 * behind `Presence`; here its word becomes the slot's block "person". What runs goes on: whether to stop that too is the
 * person's own decision (`hotplate cancel`).
 */
import type { SlotState, Stage, StageContext } from "../live.ts";
import { tell } from "./tell.ts";

export function createPresence(context: StageContext): Stage {
  return {
    name: "presence",
    async tick() {
      const { presence } = context.options;
      if (presence === undefined) return;
      for (const slot of context.live.slots.values()) await take(context, slot, presence.of(slot.config.name));
    },
  };
}

async function take(
  context: StageContext,
  slot: SlotState,
  person: { readonly who: string; readonly until: number | null } | null,
): Promise<void> {
  const before = slot.blocks.has("person");
  if (person === null) slot.blocks.delete("person");
  else {
    const until = person.until === null ? "" : ` until ${new Date(person.until).toISOString()}`;
    slot.blocks.set("person", {
      code: "HP-SLOT-PERSON",
      message: `${person.who} uses this machine${until}`,
      action: "it goes on by itself when they leave",
    });
  }
  if (before === (person !== null)) return;
  const fields = { slot: slot.config.name, who: person?.who ?? null, until: person?.until ?? null };
  const name = person === null ? "slot.returned" : "slot.taken";
  await tell(context, "info", name, fields);
}
