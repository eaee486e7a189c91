/**
 * How an attempt ends other than well: failed (and what the one retry policy makes of it) or given back. The flight leaves
 * its slot here and only here.
 */
import type { Trouble } from "../domain/classify.ts";
import { classify } from "../domain/classify.ts";
import type { Failure } from "../domain/retry.ts";
import { afterFailure } from "../domain/retry.ts";
import type { Flight, SlotState, StageContext } from "../live.ts";
import { settleCharge } from "./learn.ts";
import { messageOf } from "../domain/errors.ts";
import { wishRestart } from "./restartWish.ts";

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
  const failure = "failure" in ended ? ended.failure : classify((await context.options.rules()).rules, ended.trouble);
  if (failure.class === "poisoned") {
    wishRestart(slot, {
      code: "HP-SLOT-POISONED",
      message: failure.message,
      when: "now",
      fault: true,
      person: false,
    });
  }
  const attempts = await world.store.history(flight.taskId);
  const failed = attempts.filter((attempt) => attempt.outcome === "failed");
  const after = afterFailure(failure, {
    failures: failed.length + 1,
    distinctSlots: new Set([...failed.map((attempt) => attempt.slot as string), slot.config.name]).size,
    comfyCrashes: attempts.filter((attempt) => attempt.outcome === "lost").length,
  });
  leave(context, ended);
  // It unloaded everything, or is about to start again.
  if (failure.class === "memory" || failure.class === "poisoned") slot.modelKey = null;
  const ref = { taskId: flight.taskId, fence: flight.fence };
  switch (after.kind) {
    case "final": {
      const poison = after.reason === "poison";
      const final: Failure = poison
        ? { ...failure, message: `${failure.message} (tried ${failed.length + 1} times)` }
        : failure;
      await world.store.fail(ref, final, { kind: "final" });
      world.log.event("warn", "task.failed", {
        task: flight.taskId,
        code: poison ? "HP-TASK-POISON" : failure.code,
        reason: failure.message,
      });
      return;
    }
    case "retry":
    case "defer":
      await world.store.fail(ref, failure, { kind: "again", inMs: after.delayMs, counts: after.kind === "retry" });
      world.log.event("info", "task.retried", { task: flight.taskId, code: failure.code, reason: failure.message });
      return;
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
