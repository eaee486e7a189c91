/**
 * How an attempt ends other than well: failed (and what the one retry policy makes of it) or given back. The flight leaves
 * its slot here and only here.
 */
import type { Trouble } from "../domain/classify.ts";
import { classify } from "../domain/classify.ts";
import { messageOf } from "../domain/errors.ts";
import { memoryStep, neededMiB } from "../domain/memoryLadder.ts";
import type { AfterFailure, AttemptHistory, Failure } from "../domain/retry.ts";
import { afterFailure, afterLoss } from "../domain/retry.ts";
import { isMissing, memoryFailures } from "../domain/taskPast.ts";
import type { Flight, SlotState, StageContext } from "../live.ts";
import { memorySlots, noteEnd } from "../live.ts";
import type { AttemptRow } from "../storePort.ts";
import { settleCharge } from "./learn.ts";
import { wishRestart } from "./restartWish.ts";
import { noteMissing } from "./standing.ts";

export interface Ended {
  readonly slot: SlotState;
  readonly flight: Flight;
}

export async function attemptFailed(
  context: StageContext,
  ended: Ended & ({ readonly trouble: Trouble } | { readonly failure: Failure }),
): Promise<void> {
  const { slot, flight } = ended;
  const { world } = context;
  const failure = await failureOf(context, ended);
  if (failure.class === "poisoned") {
    // Another prompt broke the GPU's state before this one began: that says nothing about it.
    if (slot.blocks.has("supervision")) return givenBack(context, { slot, flight, how: "released" });
    wishRestart(slot, {
      code: "HP-SLOT-POISONED",
      message: failure.message,
      when: "now",
      fault: true,
      person: false,
    });
  }
  const attempts = await world.store.history(flight.taskId);
  const after = afterFailure(failure, historyOf(context, { slot, flight, failure, attempts }));
  leave(context, ended);
  // It unloaded everything, or is about to start again.
  if (failure.class === "memory" || failure.class === "poisoned") slot.modelKey = null;
  noteEnd(context.live, {
    slot: slot.config.name,
    jobId: flight.task.jobId,
    workKey: flight.workKey,
    failed: failure.class,
  });
  if (isMissing(failure.class)) {
    const reason = { code: failure.code, message: failure.message, action: null };
    noteMissing(context, { slot, plan: flight.plan, wedge: flight.task.wedge, reason });
  }
  const ref = { taskId: flight.taskId, fence: flight.fence };
  switch (after.kind) {
    case "final": {
      const message = finalWords(context, failure, { after, tries: attempts.length });
      await world.store.fail(ref, { ...failure, message }, { kind: "final" });
      world.log.event("warn", "task.failed", {
        task: flight.taskId,
        slot: slot.config.name,
        code: after.reason === "poison" ? "HP-TASK-POISON" : failure.code,
        class: failure.class,
        reason: message,
      });
      return;
    }
    case "retry":
    case "defer":
      await world.store.fail(ref, failure, { kind: "again", inMs: after.delayMs, counts: after.kind === "retry" });
      world.log.event("info", "task.retried", {
        task: flight.taskId,
        slot: slot.config.name,
        code: failure.code,
        class: failure.class,
        reason: failure.message,
      });
      return;
  }
}

async function failureOf(
  context: StageContext,
  ended: Ended & ({ readonly trouble: Trouble } | { readonly failure: Failure }),
): Promise<Failure> {
  const { slot, flight } = ended;
  const failure = "failure" in ended ? ended.failure : classify((await context.options.rules()).rules, ended.trouble);
  if (failure.class !== "memory") return failure;
  const said = "trouble" in ended && ended.trouble.kind === "comfy" ? ended.trouble.error.message : failure.message;
  return {
    ...failure,
    memory: { alone: flight.alone, gpuMiB: slot.gpuMemoryMiB, neededMiB: neededMiB(said) },
  };
}

function historyOf(
  context: StageContext,
  of: Ended & { readonly failure: Failure; readonly attempts: readonly AttemptRow[] },
): AttemptHistory {
  const { failure, attempts } = of;
  const here = of.slot.config.name;
  const now = { slot: here, outcome: "failed", failure };
  const failed = attempts.filter((attempt) => attempt.outcome === "failed");
  const lacking = new Set(
    [...attempts, now].filter((one) => isMissing(one.failure?.class)).map((one) => one.slot as string),
  );
  return {
    failures: failed.length + 1,
    distinctSlots: new Set([...failed.map((attempt) => attempt.slot as string), here]).size,
    comfyCrashes: [...attempts, now].filter((one) => one.outcome === "lost" || one.failure?.class === "poisoned")
      .length,
    memory:
      failure.class === "memory" ? memoryStep(memoryFailures([...attempts, now]), memorySlots(context.live)) : null,
    slotLeft: [...context.live.slots.keys()].some((name) => !lacking.has(name)),
  };
}

function finalWords(
  context: StageContext,
  failure: Failure,
  of: { readonly after: AfterFailure & { readonly kind: "final" }; readonly tries: number },
): string {
  const { after, tries } = of;
  switch (after.reason) {
    case "poison":
      return `${failure.message} (tried ${tries} times)`;
    case "hopeless":
      return failure.message;
    case "nowhere": {
      const slots = [...context.live.slots.keys()].join(", ");
      return `${failure.message} ${after.message ?? `No slot of this node can: ${slots}.`}`;
    }
  }
}

export async function givenBack(
  context: StageContext,
  ended: Ended & { readonly how: "released" | "lost" },
): Promise<void> {
  const { flight } = ended;
  leave(context, ended);
  await context.world.store.giveBack({ taskId: flight.taskId, fence: flight.fence }, ended.how);
  const fields = { task: flight.taskId, slot: ended.slot.config.name };
  if (ended.how === "lost") context.world.log.event("info", "task.lost", { ...fields, code: "HP-COMFY-LOST" });
  else context.world.log.event("info", "task.released", fields);
}

/** It ran when its ComfyUI went away. `crash`: how it ended, in words, where that was seen. */
export async function lostWhileRunning(
  context: StageContext,
  ended: Ended & { readonly crash: string | null },
): Promise<void> {
  const { crash } = ended;
  const attempts = await context.world.store.history(ended.flight.taskId);
  const lostBefore = attempts.filter((attempt) => attempt.outcome === "lost").length;
  if (afterLoss({ lostBefore, crashed: crash !== null }) === "again")
    return givenBack(context, { ...ended, how: "lost" });
  const gone = `ComfyUI was gone ${lostBefore + 1} times while it ran; it may be what ends ComfyUI`;
  const message = crash === null ? gone : `${crash} while it ran`;
  return attemptFailed(context, { ...ended, failure: { class: "lost", code: "HP-COMFY-LOST", message } });
}

/** ComfyUI has let go of what was to be stopped, or is let go of itself. */
export async function stoppedAsWanted(context: StageContext, ended: Ended): Promise<void> {
  const { slot, flight } = ended;
  switch (flight.stopFor) {
    case "steal":
      return givenBack(context, { ...ended, how: "released" });
    case "timeout": {
      const message = `On slot ${slot.config.name} ${flight.overTime ?? "it took too long"}.`;
      return attemptFailed(context, { ...ended, failure: { class: "timeout", code: "HP-TASK-TIMEOUT", message } });
    }
    case "cancel":
      return canceled(context, ended);
    case "lost":
    case null:
      return leave(context, ended);
  }
}

/** A person canceled it and ComfyUI has let go of it: only now the GPU is free of it. */
export async function canceled(context: StageContext, ended: Ended): Promise<void> {
  const { slot, flight } = ended;
  leave(context, ended);
  const fields = { task: flight.taskId, slot: slot.config.name };
  context.world.log.event("info", "task.canceled", fields);
  await context.world.store.note("task.canceled", flight.task.jobId, fields);
}

/** The flight is over: what it left in ComfyUI is removed, best effort, off the loop. */
export function leave(context: StageContext, ended: Ended): void {
  const { slot, flight } = ended;
  flight.settled = true;
  settleCharge(context, flight);
  if (flight.submittedAt !== null) slot.ended += 1;
  slot.flights.delete(flight.taskId);
  context.wake();
  void slot.client.forget(flight.promptId).catch((error: unknown) =>
    // Leftovers of a dead ComfyUI die with it or with its directories; nothing of ours depends on them.
    context.world.log.event("debug", "work.failed", { work: "forget", error: messageOf(error) }),
  );
}
