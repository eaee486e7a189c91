/**
 * What people asked for through the API and the command line: appended as requests, applied here, at the start of a tick.
 * The answer goes into the request's row; whoever asked reads it there.
 */
import type { JobId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import { isJobEnded } from "../domain/job.ts";
import type { Stage, StageContext } from "../live.ts";
import type { RequestRow } from "../requests.ts";
import { wishRestart } from "./restartWish.ts";
import type { Decided } from "./decision.ts";
import { decideWedge } from "./decideWedge.ts";
import { rejectHeld, revokeWaiver, waive } from "./decideResult.ts";
import type { RetentionStage } from "./retention.ts";

export function createPeople(context: StageContext, retention: Pick<RetentionStage, "ask">): Stage {
  return {
    name: "people",
    async tick() {
      for (const request of await context.world.store.openRequests(LIMITS.stepsPerTick)) {
        if (request.body.kind === "retention") retention.ask(request.id, request.body.by);
        else await apply(context, request.id, request.body);
      }
    },
  };
}

/** What runs there goes elsewhere; a quarantined slot is tried again. */
async function restartSlot(
  context: StageContext,
  id: number,
  body: { readonly slot: string; readonly by: string },
): Promise<void> {
  const { store } = context.world;
  const slot = context.live.slots.get(body.slot);
  if (slot === undefined) {
    const known = [...context.live.slots.keys()].join(", ");
    return store.settleRequest(id, "refused", `There is no slot ${body.slot}. Known: ${known}.`);
  }
  const { name, spawn, restart } = slot.config;
  const quarantined = slot.blocks.get("supervision")?.code === "HP-SLOT-QUARANTINED";
  if (spawn === undefined && restart === undefined && !quarantined) {
    const words = `Slot ${name} is attached and nothing says how to restart it. Restart its ComfyUI yourself, or add restart to its configuration.`;
    return store.settleRequest(id, "refused", words);
  }
  const message = `${body.by} asked for a restart`;
  wishRestart(slot, { code: "HP-SLOT-RESTARTING", message, when: "now", fault: false, person: true });
  context.wake();
  const words = quarantined
    ? `Slot ${name} leaves quarantine.`
    : `Slot ${name} is being restarted; what ran there goes elsewhere.`;
  return store.settleRequest(id, "done", words);
}

type Applied = Exclude<RequestRow["body"], { readonly kind: "retention" }>;

type Decision = Extract<Applied, { readonly kind: "waive" | "revokeWaiver" | "reject" | "waiveWedge" | "rejectWedge" }>;
type OfJob = Extract<Applied, { readonly kind: "cancel" | "retry" }>;

function isOfJob(body: Exclude<Applied, { readonly kind: "restartSlot" }>): body is OfJob {
  return body.kind === "cancel" || body.kind === "retry";
}

/** About one result, or a wedge. */
function decide(context: StageContext, body: Decision): Promise<Decided> {
  switch (body.kind) {
    case "waive":
      return waive(context, body);
    case "revokeWaiver":
      return revokeWaiver(context, body);
    case "reject":
      return rejectHeld(context, body);
    case "waiveWedge":
    case "rejectWedge":
      return decideWedge(context, body);
  }
}

async function apply(context: StageContext, id: number, body: Applied): Promise<void> {
  const { store, log } = context.world;
  const request = { id };
  if (body.kind === "restartSlot") return restartSlot(context, id, body);
  if (!isOfJob(body)) {
    const { state, answer } = await decide(context, body);
    return store.settleRequest(id, state, answer);
  }
  const jobId = body.jobId as JobId;
  const job = await store.job(jobId);
  if (job === null) {
    await store.settleRequest(request.id, "refused", `There is no job ${body.jobId}.`);
    return;
  }
  switch (body.kind) {
    case "cancel": {
      if (isJobEnded(job.state) || job.state === "publishing") {
        await store.settleRequest(
          request.id,
          "refused",
          `Job ${job.id} is ${job.state}; it can't be canceled any more.`,
        );
        return;
      }
      const { running } = await store.cancelJob(jobId, body.by);
      for (const task of running) {
        const flight = task.slot === null ? undefined : context.live.slots.get(task.slot)?.flights.get(task.id);
        if (flight !== undefined) flight.stopFor = "cancel";
      }
      log.event("info", "job.canceled", { job: job.id, by: body.by });
      await store.settleRequest(
        request.id,
        "done",
        `Job ${job.id} is canceled; ${running.length} running tasks are being stopped.`,
      );
      return;
    }
    case "retry": {
      const { applied, tasks } = await store.retryJob(jobId, body.by);
      if (applied === "stale" || tasks === 0) {
        await store.settleRequest(
          request.id,
          "refused",
          `Job ${job.id} has no failed or canceled task whose version is still open. Drop its manifest again.`,
        );
        return;
      }
      log.event("info", "job.retried", { job: job.id, by: body.by, tasks });
      await store.settleRequest(request.id, "done", `${tasks} tasks of job ${job.id} are tried again.`);
      return;
    }
  }
}
