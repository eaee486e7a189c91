/**
 * What is each slot now? Asked at start, when it is down, and every few seconds while it is up; the answers decide what
 * dispatch may give it. A slot that is simulated may serve demo roots only; one older than 0.19 is refused.
 */
import { messageOf, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { backoffMs } from "../domain/retry.ts";
import type { SlotState, Stage, StageContext } from "../live.ts";
import type { Catalogue, SystemStats } from "../ports.ts";
import { tell } from "./tell.ts";

const FLOOR = { major: 0, minor: 19 };

interface Probed {
  readonly stats: SystemStats;
  readonly catalogue: Catalogue;
}

export function createSlots(context: StageContext): Stage {
  return {
    name: "slots",
    async tick() {
      const now = context.world.clock.now();
      for (const slot of context.live.slots.values()) {
        if (now >= slot.nextProbeAt) probe(context, slot);
      }
    },
  };
}

function probe(context: StageContext, slot: SlotState): void {
  const name = slot.config.name;
  context.work.start<Probed>({
    key: `probe:${name}`,
    lane: `${name}:probe`,
    run: async () => {
      const stats = await slot.client.stats();
      // Megabytes, and it may list model folders on a NAS: whole once per start of ComfyUI, not per look.
      const fresh = slot.catalogue === null || slot.state !== "up";
      return { stats, catalogue: fresh || slot.catalogue === null ? await slot.client.catalogue() : slot.catalogue };
    },
    done: async (outcome) => {
      const now = context.world.clock.now();
      if (!outcome.ok) {
        await slotDown(context, slot, outcome.error);
        return;
      }
      slot.failures = 0;
      slot.answeredAt = now;
      slot.silence = null;
      slot.nextProbeAt = now + LIMITS.slotLookMs;
      const refusal = refusalOf(outcome.value.stats, slot);
      const before = slot.state;
      slot.stats = outcome.value.stats;
      slot.catalogue = outcome.value.catalogue;
      slot.classes = new Set(Object.keys(outcome.value.catalogue));
      slot.state = refusal === null ? "up" : "refused";
      slot.reason = refusal;
      if (before === slot.state) return;
      const event = refusal === null ? "slot.up" : "slot.refused";
      const fields = { slot: name, version: slot.stats.version, simulated: slot.stats.simulated, reason: refusal };
      await tell(context, refusal === null ? "info" : "error", event, fields);
    },
  });
}

function refusalOf(stats: SystemStats, slot: SlotState): string | null {
  const [major = 0, minor = 0] = stats.version.split(".").map((part) => Number.parseInt(part, 10) || 0);
  if (major < FLOOR.major || (major === FLOOR.major && minor < FLOOR.minor)) {
    return `ComfyUI ${stats.version} is older than ${FLOOR.major}.${FLOOR.minor} (HP-COMFY-VERSION)`;
  }
  if (stats.simulated && !slot.config.demo) {
    return "it is a simulated ComfyUI and the slot does not say demo: true (HP-COMFY-SIMULATED)";
  }
  return null;
}

/** One late or refused call takes the slot down; its flights stay and are asked about when it answers again. */
export async function slotDown(context: StageContext, slot: SlotState, error: unknown): Promise<void> {
  slot.failures += 1;
  const code = systemCode(error);
  // Nobody listens: it ended, and what it had loaded went with it.
  if (code === "ECONNREFUSED") slot.modelKey = null;
  // It may come back with what it lacked.
  slot.missing.clear();
  slot.silence = code === "ECONNREFUSED" || code === "ECONNRESET" ? "refused" : "late";
  // While supervision restarts it, that is the cause and this the effect.
  const reason =
    slot.blocks.get("supervision")?.message ?? `${slot.config.url} does not answer (${code ?? messageOf(error)})`;
  slot.nextProbeAt = context.world.clock.now() + Math.min(backoffMs(slot.failures) / 2, LIMITS.slotLookMs);
  const wasDown = slot.state === "down" && slot.reason === reason;
  slot.state = "down";
  slot.reason = reason;
  // Supervision tells of its own restarts, and why.
  if (wasDown || slot.blocks.has("supervision")) return;
  const fields = { slot: slot.config.name, code: "HP-COMFY-UNREACHABLE", reason };
  await tell(context, "warn", "slot.down", fields);
}
