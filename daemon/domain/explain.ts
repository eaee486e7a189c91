/**
 * Why a task waits, in order of cause: what must be cured first stands first. Built on `schedule.whyNot`, the function that
 * the scheduler itself uses.
 */
import type { SlotFacts, TaskFacts, WaitReason } from "./slotFit.ts";
import { whyNot } from "./slotFit.ts";
import type { Failure } from "./retry.ts";
import type { TaskState } from "./task.ts";
import { LIMITS } from "./limits.ts";

export interface ExplainFacts {
  readonly state: TaskState;
  readonly task: TaskFacts;
  readonly slots: readonly SlotFacts[];
  readonly draining: boolean;
  /** Why the version can't be opened or published now. */
  readonly stepTrouble: string | null;
  /** deferred: ms until it is due. */
  readonly dueInMs: number | null;
  readonly lastFailure: Failure | null;
  /** Ready tasks of its own kind that begin before it. */
  readonly ahead: number;
  /** What the scheduler itself says of a ready task (domain/explainWaiting); empty when it was not asked. */
  readonly scheduling: readonly WaitReason[];
  readonly slot: string | null;
  readonly gate: "pass" | "hold" | "reject" | null;
  /** Tasks of the same version that have not ended. */
  readonly siblingsOpen: number;
  /** Tasks of the same version that QC holds for a person. Absent: none. */
  readonly siblingsHeld?: number;
  /** What QC found that gate `warn` lets pass. Absent: nothing. */
  readonly anyway?: string;
  /** A person rejected it, and another let it pass after that. Absent: nobody did. */
  readonly overruled?: { readonly by: string; readonly reason: string };
  /** Where refused results lie, and the page about them; absent: its version is open, and a retry still takes them into it. */
  readonly quarantine?: { readonly place: string; readonly report: string };
  /** Seeds of its wedge that were given up; the last of them and why. Absent: none. */
  readonly reseeded?: { readonly seed: string; readonly tries: number; readonly reason: string };
}

const reason = (code: string, message: string, action: string | null = null): WaitReason => ({ code, message, action });

export function explainTask(facts: ExplainFacts): readonly WaitReason[] {
  const { reseeded, anyway, overruled } = facts;
  if (overruled !== undefined) {
    const { overruled: _said, ...rest } = facts;
    const words = `${overruled.by} rejected it (${overruled.reason}); a person waived what QC found after that`;
    return [...explainTask(rest), reason("qc.rejected", words, "read the QC report: it names both")];
  }
  if (anyway !== undefined) {
    const { anyway: _said, ...rest } = facts;
    const end = facts.state === "done" ? "it is published" : "it will be published";
    return [
      reason(
        "qc.anyway",
        `${anyway} ${cap(end)} all the same, for gate: warn says so.`,
        "read the QC report before it is used",
      ),
      ...explainTask(rest),
    ];
  }
  if (reseeded === undefined) return reasonsOf(facts);
  const times = reseeded.tries === 1 ? "once" : `${reseeded.tries} times`;
  const words = `its wedge was begun again ${times}, now with seed ${reseeded.seed}: ${reseeded.reason}`;
  return [...reasonsOf(facts), reason("seed", words)];
}

function cap(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function reasonsOf(facts: ExplainFacts): readonly WaitReason[] {
  switch (facts.state) {
    case "done":
      return [reason("done", "it is done: its file is in the committed version")];
    case "canceled":
      return [
        reason(
          "canceled",
          "a person canceled it",
          facts.quarantine === undefined ? "hotplate retry" : "drop the manifest again",
        ),
      ];
    case "failed":
      return [
        reason(facts.lastFailure?.code ?? "failed", facts.lastFailure?.message ?? "it failed", failedAction(facts)),
      ];
    case "running":
      return [
        ...(facts.task.rootTrouble === null ? [] : [facts.task.rootTrouble]),
        reason("running", `it is with slot ${facts.slot ?? "?"}`),
      ];
    case "committing":
      return committing(facts);
    case "blocked":
      return [
        facts.stepTrouble === null
          ? reason("version", "its version number is being claimed")
          : reason(
              "version",
              `its version can't be opened: ${facts.stepTrouble}`,
              "fix the cause; it is tried again by itself",
            ),
      ];
    case "deferred":
      return [
        reason("deferred", `it is tried again in ${Math.ceil((facts.dueInMs ?? 0) / 1000)} s`),
        ...(facts.lastFailure === null ? [] : [reason(facts.lastFailure.code, facts.lastFailure.message)]),
      ];
    case "ready":
      return ready(facts);
  }
}

/** A retry is of use only while the version is open. */
function failedAction({ quarantine, lastFailure }: ExplainFacts): string {
  if (quarantine === undefined) return "hotplate retry";
  if (lastFailure?.class !== "qc") return "drop the manifest again";
  return `read ${quarantine.report}, the pictures lie in ${quarantine.place}; drop the manifest again, and with qc: {gate: hold} it waits for you`;
}

const HELD_ACTION =
  "hotplate waive TASK --check ID --reason WHY lets it pass, hotplate reject TASK --reason WHY ends it; JOB/w001 for TASK: all of that variation that waits";

function committing(facts: ExplainFacts): readonly WaitReason[] {
  if (facts.stepTrouble !== null)
    return [reason("version", facts.stepTrouble, "fix the cause; it is tried again by itself")];
  if (facts.gate === null) return [reason("qc", "its result is staged; QC looks at it")];
  if (facts.gate === "hold") return [reason("qc.hold", "QC holds it: a check failed or could not look", HELD_ACTION)];
  if (facts.siblingsOpen > 0) return [reason("siblings", `its version waits for ${facts.siblingsOpen} other tasks`)];
  const held = facts.siblingsHeld ?? 0;
  if (held > 0) return [reason("held", `its version waits for ${held} that QC holds for a person`, "hotplate show ID")];
  return [reason("publish", "its version is being published")];
}

function ready(facts: ExplainFacts): readonly WaitReason[] {
  const out: WaitReason[] = [];
  if (facts.draining)
    out.push(reason("draining", "this node drains and starts nothing new", "it goes on at the next start"));
  if (facts.task.rootTrouble !== null) out.push(facts.task.rootTrouble);
  const refusals = facts.slots.map((slot) => whyNot(facts.task, slot));
  if (facts.slots.length === 0) out.push(reason("slots", "no slot is configured", "add one to hotplate.yaml"));
  else if (refusals.every((refusal) => refusal !== null)) out.push(...refusals.filter((refusal) => refusal !== null));
  if (out.length > 0) return out;
  const full = facts.slots.every(
    (slot, index) => refusals[index] !== null || slot.flights.length >= LIMITS.promptsPerSlot,
  );
  if (facts.ahead > 0) out.push(reason("queue", `${facts.ahead} tasks of the same kind are before it`));
  if (full) out.push(reason("busy", "every slot that can run it is busy"));
  // Slot by slot only where that tells more than the sentence above.
  out.push(...facts.scheduling.filter(({ code }) => !(full && code === "busy")));
  if (out.every(({ code }) => code === "rank")) out.push(reason("next", "it starts at the next tick"));
  return out;
}
