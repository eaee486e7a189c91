/** What people are told of a slot under supervision: by `explain`, the API, `ls slots` and the log, from one function. */
import type { WaitReason } from "./slotFit.ts";
import type { Care, CareFacts, Why } from "./slotLadder.ts";

/** What keeps new work off the slot now, for `explain`, the API and `ls slots`; null: nothing of supervision's. */
export function blockOf(care: Care, facts: Pick<CareFacts, "now" | "wish">): WaitReason | null {
  const why = care.why;
  const after = Math.max(1, Math.ceil((care.until - care.since) / 1000));
  const again = after >= 120 ? `${Math.round(after / 60)} min` : `${after} s`;
  switch (care.phase) {
    case "looking":
      return { code: "HP-SLOT-STARTING", message: "Hotplate looks whether its ComfyUI still runs", action: null };
    case "starting":
      return { code: "HP-SLOT-STARTING", message: `its ComfyUI is starting${because(why)}`, action: null };
    case "warming":
      return { code: "HP-SLOT-STARTING", message: "its ComfyUI is warming up", action: null };
    case "resting":
      return {
        code: why?.code ?? "HP-SLOT-CRASHED",
        message: `${why?.message ?? "it ended"}; tried again after ${again}`,
        action: why?.action ?? null,
      };
    case "stopping":
    case "restarting":
      return {
        code: "HP-SLOT-RESTARTING",
        message: `its ComfyUI is being restarted${because(why)}`,
        action: why?.action ?? null,
      };
    case "quarantined":
      return {
        code: "HP-SLOT-QUARANTINED",
        message: `it is in quarantine: ${why?.message ?? "it can't be trusted"}; tried again after ${again}`,
        action: `${why?.action ?? "see its log"}; then hotplate slot restart NAME`,
      };
    case "ended":
      return { code: "HP-SLOT-RESTARTING", message: "its ComfyUI was ended with the daemon", action: null };
    case "ready":
      if (facts.wish === null) return null;
      return {
        code: facts.wish.code,
        message: `${facts.wish.message}; it restarts when its prompts have ended`,
        action: null,
      };
  }
}

function because(why: Why | null): string {
  return why === null ? "" : `: ${why.message}`;
}
