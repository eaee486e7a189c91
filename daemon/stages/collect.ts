/**
 * Stage 5: what became of the prompts? `/api/jobs/{id}` is the truth, polled; the socket only makes the poll come sooner.
 * A completed one's files are finished into the version's staging under this attempt's fence, fsynced, hashed, and recorded.
 * Leases are renewed here; what was to be stopped is stopped and then asked about until it is gone.
 *
 * Must never: record a file that was not fsynced, or let an attempt with an old fence record anything (the store refuses).
 */
import { HotplateError, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { overTime } from "../domain/timeLimit.ts";
import type { Flight, SlotState, Stage, StageContext } from "../live.ts";
import { noteEnd } from "../live.ts";
import type { PromptStatus } from "../ports.ts";
import type { StagedFile } from "../storePort.ts";
import { attemptFailed, canceled, givenBack, leave, lostWhileRunning, stoppedAsWanted } from "./attempts.ts";
import { NoResult } from "./finishResult.ts";
import { laneOf } from "./lanes.ts";
import { engineOf } from "./machineRecord.ts";
import { learn, usualMsOf } from "./learn.ts";
import { promptResults } from "./promptResults.ts";
import { rootFull } from "./roots.ts";
import { slotDown } from "./slots.ts";

export function createCollect(context: StageContext): Stage {
  let nextRenewAt = 0;
  return {
    name: "collect",
    async tick() {
      const now = context.world.clock.now();
      if (now >= nextRenewAt) {
        nextRenewAt = now + LIMITS.leaseRenewMs;
        await renew(context);
      }
      for (const slot of context.live.slots.values()) {
        for (const flight of slot.flights.values()) await abandonLost(context, slot, flight);
        for (const flight of slot.flights.values()) startCollecting(context, slot, flight);
        const due = slot.wokenAll || now >= slot.nextPollAt;
        const polled = [...slot.flights.values()].filter(
          (flight) =>
            flight.submittedAt !== null &&
            !flight.settled &&
            flight.phase !== "collecting" &&
            (due || slot.woken.has(flight.promptId)),
        );
        if (polled.length > 0) poll(context, slot, { flights: polled, all: due });
      }
    },
  };
}

async function renew(context: StageContext): Promise<void> {
  const flights = [...context.live.slots.values()].flatMap((slot) => [...slot.flights.values()]);
  if (flights.length > 0) {
    const { lost } = await context.world.store.renew(flights.map((f) => ({ taskId: f.taskId, fence: f.fence })));
    const gone = new Set<string>(lost);
    // The store gave it to somebody else, or a person canceled it: the prompt must not go on.
    for (const flight of flights) if (gone.has(flight.taskId)) flight.stopFor = "lost";
  }
  await context.world.store.reap();
}

/** A grant that never reached ComfyUI has no prompt to stop. */
async function abandonLost(context: StageContext, slot: SlotState, flight: Flight): Promise<void> {
  if (flight.stopFor === null || flight.submittedAt !== null || flight.settled) return;
  if (context.work.inFlight().includes(`submit:${flight.promptId}`)) return;
  if (flight.stopFor === "cancel") await canceled(context, { slot, flight });
  else await givenBack(context, { slot, flight, how: flight.stopFor === "lost" ? "lost" : "released" });
}

type Answers = readonly { readonly flight: Flight; readonly status: PromptStatus }[];

function poll(
  context: StageContext,
  slot: SlotState,
  of: { readonly flights: readonly Flight[]; readonly all: boolean },
): void {
  const { flights, all } = of;
  for (const flight of flights) limitTime(context, slot, flight);
  const started = context.work.start<Answers>({
    key: `poll:${slot.config.name}`,
    lane: `${slot.config.name}:poll`,
    run: async () => {
      const out: { flight: Flight; status: PromptStatus }[] = [];
      for (const flight of flights) {
        if (flight.stopFor !== null) await slot.client.cancel(flight.promptId);
        out.push({ flight, status: await slot.client.status(flight.promptId) });
      }
      return out;
    },
    done: async (outcome) => {
      if (all || !outcome.ok) slot.nextPollAt = context.world.clock.now() + LIMITS.comfyPollMs;
      if (!outcome.ok) {
        slot.deafSince ??= context.world.clock.now();
        return slotDown(context, slot, outcome.error);
      }
      slot.deafSince = null;
      for (const { flight, status } of outcome.value)
        if (!flight.settled) await take(context, slot, { flight, status });
    },
  });
  if (!started) return;
  // What the socket says from here on is about a later moment than the answers.
  if (all) slot.wokenAll = false;
  for (const flight of flights) slot.woken.delete(flight.promptId);
}

/** The time limit counts from the last progress: what moves is not stopped. */
function limitTime(context: StageContext, slot: SlotState, flight: Flight): void {
  const now = context.world.clock.now();
  const progress = slot.client.progress(flight.promptId);
  if (progress !== null && progress !== flight.progress) {
    flight.progress = progress;
    flight.movedAt = now;
  }
  if (flight.stopFor !== null || flight.lastStatus !== "running") return;
  const { runningSince, movedAt, plan } = flight;
  const usualMs = usualMsOf(context, slot, flight);
  flight.overTime = overTime({ now, runningSince, movedAt, timeoutMs: plan.timeoutMs, usualMs });
  if (flight.overTime !== null) flight.stopFor = "timeout";
}

async function take(
  context: StageContext,
  slot: SlotState,
  of: { flight: Flight; status: PromptStatus },
): Promise<void> {
  const { flight, status } = of;
  flight.lastStatus = status.kind;
  if (status.kind !== "unknown") flight.unknownSince = null;
  if (status.kind === "running") flight.runningSince ??= context.world.clock.now();
  switch (status.kind) {
    case "pending":
    case "running":
      return;
    case "completed":
      if (flight.stopFor === "cancel" || flight.stopFor === "lost") await stoppedAsWanted(context, { slot, flight });
      else {
        // From here on the slot is free for its next prompt: files are copied beside it.
        flight.phase = "collecting";
        flight.toCollect = status;
        startCollecting(context, slot, flight);
      }
      return;
    case "failed":
      if (flight.stopFor !== null) await stoppedAsWanted(context, { slot, flight });
      else await attemptFailed(context, { slot, flight, trouble: { kind: "comfy", error: status.error } });
      return;
    case "unknown":
      await unknown(context, slot, flight);
      return;
  }
}

/** ComfyUI does not know the prompt: stopped as wanted, never arrived, or forgotten in a restart. */
async function unknown(context: StageContext, slot: SlotState, flight: Flight): Promise<void> {
  if (flight.stopFor !== null) {
    await stoppedAsWanted(context, { slot, flight });
    return;
  }
  const now = context.world.clock.now();
  flight.unknownSince ??= now;
  // One look may fall between queue and history; a bounded moment later it is gone for good.
  if (now - flight.unknownSince < LIMITS.promptUnknownMs) return;
  if (flight.runningSince === null) await givenBack(context, { slot, flight, how: "lost" });
  else await lostWhileRunning(context, { slot, flight, crash: null });
}

interface Collected {
  readonly files: readonly StagedFile[];
  readonly gpuSeconds: number | null;
}

function startCollecting(context: StageContext, slot: SlotState, flight: Flight): void {
  const status = flight.toCollect;
  if (status === null) return;
  const started = context.work.start<Collected>({
    key: `collect:${flight.promptId}`,
    lane: laneOf(context, flight.plan.target.productDir, "output"),
    run: () => collect(context, slot, { flight, status }),
    done: async (outcome) => {
      if (outcome.ok) await staged(context, slot, { flight, collected: outcome.value });
      else await notCollected(context, slot, { flight, error: outcome.error });
    },
  });
  // The lane may be full: its turn comes.
  if (started) flight.toCollect = null;
}

async function collect(
  context: StageContext,
  slot: SlotState,
  of: { readonly flight: Flight; readonly status: PromptStatus & { kind: "completed" } },
): Promise<Collected> {
  const { flight, status } = of;
  const step = await context.world.store.step(flight.task.stepId);
  if (step?.stagingDir === null || step?.stagingDir === undefined) {
    throw Object.assign(new Error("its version has no staging directory"), { code: "ENOENT" });
  }
  const staged = { ...step, stagingDir: step.stagingDir };
  const engine = await engineOf(slot);
  const { simulated } = engine;
  const files = await promptResults(context, slot, { flight, outputs: status.outputs, step: staged, simulated });
  const gpuSeconds =
    status.startedAt === null || status.endedAt === null ? null : (status.endedAt - status.startedAt) / 1000;
  return { files: files.map((file) => ({ ...file, engine })), gpuSeconds };
}

async function staged(
  context: StageContext,
  slot: SlotState,
  of: { flight: Flight; collected: Collected },
): Promise<void> {
  const { flight, collected } = of;
  const ref = { taskId: flight.taskId, fence: flight.fence };
  leave(context, { slot, flight });
  const ran = { gpuSeconds: collected.gpuSeconds, cold: flight.cold, vramMiB: flight.peakVramMiB };
  const applied = await context.world.store.stage(ref, collected.files, ran);
  if (applied === "stale") return;
  const seconds = collected.gpuSeconds ?? (context.world.clock.now() - flight.startedAt) / 1000;
  learn(context, slot, { flight, seconds });
  noteEnd(context.live, { slot: slot.config.name, jobId: flight.task.jobId, workKey: flight.workKey, failed: null });
  const rate = context.live.rates.get(flight.plan.recipe.name) ?? { ended: 0, seconds: 0 };
  context.live.rates.set(flight.plan.recipe.name, { ended: rate.ended + 1, seconds: rate.seconds + seconds });
}

/** The plate whose pixels go into the result is another one now, or none. */
const PLATE_LOST: ReadonlySet<string> = new Set(["HP-PLATE-CHANGED", "HP-PLATE-GONE", "HP-PATH-ROOT"]);

async function notCollected(
  context: StageContext,
  slot: SlotState,
  of: { flight: Flight; error: unknown },
): Promise<void> {
  const { flight, error } = of;
  if (error instanceof NoResult) {
    await attemptFailed(context, {
      slot,
      flight,
      failure: { class: error.class, code: error.code, message: error.message },
    });
    return;
  }
  if (error instanceof HotplateError && PLATE_LOST.has(error.code)) {
    const failure = { class: "bad_input", code: error.code, message: error.message } as const;
    await attemptFailed(context, { slot, flight, failure });
    return;
  }
  const code = systemCode(error) ?? "";
  if (code === "ENOENT" || code === "HTTP404") {
    const message = "the result that ComfyUI names is not there";
    await attemptFailed(context, { slot, flight, failure: { class: "output", code: "HP-COMFY-OUTPUT", message } });
    return;
  }
  // A full disk, a lost mount, a slot that just died: the prompt is still completed; it is collected when they are back.
  flight.phase = "submitted";
  slot.nextPollAt = context.world.clock.now() + LIMITS.retryDelayMs;
  if (code === "ENOSPC" || code === "EDQUOT") await rootFull(context, flight.plan.target.productDir);
  if (code.startsWith("ECONN")) await slotDown(context, slot, error);
  else context.world.log.event("warn", "work.failed", { work: "collect", task: flight.taskId, code });
}
