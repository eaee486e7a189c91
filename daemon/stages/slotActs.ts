/** What supervision does: starts, signals, warms up, and lets a slot's tasks go elsewhere. Each act is owned work of the loop. */
import type { ExitWords } from "../domain/exitWords.ts";
import { messageOf } from "../domain/errors.ts";
import type { EventFields, EventName } from "../domain/events.ts";
import type { PromptId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import type { Graph } from "../domain/recipe.ts";
import type { Act } from "../domain/slotLadder.ts";
import type { Flight, StageContext } from "../live.ts";
import { attemptFailed, canceled, givenBack, leave } from "./attempts.ts";
import { scratchDir } from "./feedCache.ts";
import { joinPath } from "../domain/paths.ts";
import type { Watch } from "./slotWatch.ts";
import { forgetProcess } from "./slotWatch.ts";

export async function perform(context: StageContext, watch: Watch, act: Act): Promise<void> {
  switch (act.kind) {
    case "start":
      return start(context, watch);
    case "signal":
      return signal(context, watch, act.signal);
    case "command":
      return command(context, watch);
    case "warmUp":
      return warmUp(context, watch);
    case "letGo":
      return letGo(context, watch, act.exit);
    case "granted":
      watch.slot.restartWish = null;
      return;
  }
}

export async function tell(
  context: StageContext,
  level: "info" | "warn" | "error",
  name: EventName,
  fields: EventFields,
): Promise<void> {
  context.world.log.event(level, name, fields);
  await context.world.store.note(name, null, fields);
}

/** The lane of the process has one place: no look tells of a time before the act. */
export const processLane = (watch: Watch): string => `${watch.slot.config.name}:process`;

function start(context: StageContext, watch: Watch): void {
  const { spawned, slot } = watch;
  if (spawned === null) return;
  const { slotProcesses, clock } = context.world;
  forgetProcess(watch);
  watch.look = null;
  // What another process said of itself is not this one's.
  slot.state = "down";
  slot.catalogue = null;
  slot.classes = null;
  const sweep = slot.flights.size === 0;
  const started = context.work.start({
    key: `start:${slot.config.name}`,
    lane: processLane(watch),
    run: async () => {
      if (sweep) await slotProcesses.sweep(spawned);
      return slotProcesses.start(spawned);
    },
    done: async (outcome) => {
      watch.nextLookAt = 0;
      slot.nextProbeAt = clock.now();
      if (!outcome.ok) {
        const message = `it can't be started: ${messageOf(outcome.error)}`;
        watch.exit = { code: "HP-SLOT-START", message, action: "check the state directory", hopeless: false };
        return;
      }
      if (outcome.value.kind === "failed") {
        watch.exit = outcome.value.words;
        return;
      }
      const { pid, version, memoryBy } = outcome.value;
      await tell(context, "info", "slot.starting", { slot: slot.config.name, pid, version, memoryBy });
    },
  });
  // The lane is free whenever something is decided; should it not be, the ladder finds no process and begins again.
  if (!started) watch.nextLookAt = 0;
}

function signal(context: StageContext, watch: Watch, name: "SIGINT" | "SIGTERM" | "SIGKILL"): void {
  const { spawned } = watch;
  if (spawned === null) return;
  context.work.start({
    key: `signal:${watch.slot.config.name}`,
    lane: processLane(watch),
    run: () => context.world.slotProcesses.signal(spawned, name),
    done: async () => {
      watch.nextLookAt = 0;
      const fields = { slot: watch.slot.config.name, signal: name, pid: watch.look?.pid ?? null };
      await tell(context, name === "SIGKILL" ? "warn" : "info", "slot.signaled", fields);
    },
  });
}

function command(context: StageContext, watch: Watch): void {
  const { slot } = watch;
  const [program = "", ...args] = slot.config.restart ?? [];
  forgetProcess(watch);
  watch.exit = null;
  slot.state = "down";
  slot.catalogue = null;
  context.work.start({
    key: `restart:${slot.config.name}`,
    lane: processLane(watch),
    run: () => context.world.exec.run(program, args, { timeoutMs: LIMITS.slotRestartProgramMs }),
    done: (outcome) => {
      const now = context.world.clock.now();
      slot.nextProbeAt = now;
      // An answer from before the restart is the old process's.
      watch.care = { ...watch.care, since: now };
      const words = !outcome.ok
        ? messageOf(outcome.error)
        : outcome.value.timedOut
          ? "it took too long"
          : outcome.value.exitCode === 0
            ? null
            : `it ended with ${outcome.value.exitCode ?? "a signal"}: ${outcome.value.stderr.trim().slice(0, LIMITS.slotWordsCharactersMax)}`;
      if (words === null) return;
      const message = `${[program, ...args].join(" ")} did not restart it: ${words}`;
      watch.exit = { code: "HP-SLOT-START", message, action: "correct restart in the configuration", hopeless: true };
    },
  });
}

/** Needs no model: it proves that the execution thread lives, that the GPU's state can be made, that a file is written. */
const WARM_UP = (prefix: string): Graph => ({
  "1": { class_type: "EmptyImage", inputs: { width: 64, height: 64, batch_size: 1, color: 8421504 } },
  "2": { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: prefix } },
});

function warmUp(context: StageContext, watch: Watch): void {
  const { slot } = watch;
  const { client } = slot;
  const id = context.world.ids.uuid() as PromptId;
  watch.warmUp = "running";
  const started = context.work.start({
    key: `warmUp:${slot.config.name}`,
    lane: `${slot.config.name}:warmUp`,
    run: () => warm(context, watch, id),
    done: (outcome) => {
      // It went away meanwhile: the next one is asked anew.
      if (watch.warmUp !== "running") return;
      if (outcome.ok) watch.warmUp = "done";
      else if (slot.state === "down") watch.warmUp = "needed";
      else watch.warmUp = { failed: messageOf(outcome.error) };
      watch.nextLookAt = 0;
      void client.forget(id).catch((error: unknown) =>
        // Its picture is swept at the next start.
        context.world.log.event("debug", "work.failed", { work: "forget", error: messageOf(error) }),
      );
    },
  });
  if (!started) watch.warmUp = "needed";
}

async function warm(context: StageContext, watch: Watch, id: PromptId): Promise<void> {
  const { client, config } = watch.slot;
  const { clock } = context.world;
  const answer = await client.submit({ id, graph: WARM_UP(`hotplate/${id}`), jobId: "warm-up" });
  if (answer.kind === "refused") throw new Error(answer.error.message);
  for (;;) {
    const status = await client.status(id);
    if (status.kind === "failed") throw new Error(status.error.message);
    if (status.kind === "unknown") throw new Error("ComfyUI forgot the prompt");
    if (status.kind === "completed") {
      const [output] = status.outputs;
      if (output === undefined) throw new Error("it names no result");
      const path = joinPath(scratchDir(context.world.config.stateDir), `warm-up-${config.name}-${id}.png`);
      await client.fetch(output, path);
      const { bytes } = await context.files.stat(path);
      await context.files.unlink(path);
      if (bytes === 0) throw new Error("its result is empty");
      return;
    }
    await clock.sleep(LIMITS.tickBusyMs);
  }
}

/** Its tasks go elsewhere. Fences keep what it may still write out of every version. */
async function letGo(context: StageContext, watch: Watch, exit: ExitWords | null): Promise<void> {
  // Those on their way in end by themselves; those being collected have what they need, or find out.
  const flights = [...watch.slot.flights.values()].filter(
    (flight) => !flight.settled && flight.submittedAt !== null && flight.phase !== "collecting",
  );
  // A prompt may take it down before anybody saw it run: then it was the first that was sent.
  const ran = flights.find((flight) => flight.lastStatus === "running") ?? flights[0];
  for (const flight of flights) {
    if (watch.spawned === null) watch.orphans = [...watch.orphans, flight.promptId].slice(-LIMITS.slotOrphansMax);
    await endFlight(context, { watch, flight, ran: flight === ran, exit });
  }
}

async function endFlight(
  context: StageContext,
  of: { readonly watch: Watch; readonly flight: Flight; readonly ran: boolean; readonly exit: ExitWords | null },
): Promise<void> {
  const { watch, flight, ran, exit } = of;
  const { slot } = watch;
  switch (flight.stopFor) {
    case "cancel":
      return canceled(context, { slot, flight });
    case "steal":
      return givenBack(context, { slot, flight, how: "released" });
    case "lost":
      return leave(context, { slot, flight });
    case "timeout": {
      const message = `no end after ${Math.round(flight.plan.timeoutMs / 1000)} s on slot ${slot.config.name}`;
      return attemptFailed(context, { slot, flight, failure: { class: "timeout", code: "HP-TASK-TIMEOUT", message } });
    }
    case null:
      if (!ran) return givenBack(context, { slot, flight, how: "released" });
      return ranWhileItEnded(context, { watch, flight, exit });
  }
}

/** What ran when ComfyUI ended may be why: a task that takes it down again and again is poison. */
async function ranWhileItEnded(
  context: StageContext,
  of: { readonly watch: Watch; readonly flight: Flight; readonly exit: ExitWords | null },
): Promise<void> {
  const { watch, flight, exit } = of;
  const { slot } = watch;
  const attempts = await context.world.store.history(flight.taskId);
  const crashes = attempts.filter((attempt) => attempt.outcome === "lost").length;
  if (exit === null || crashes < LIMITS.comfyCrashesMax) return givenBack(context, { slot, flight, how: "lost" });
  const message = `${exit.message} while it ran`;
  return attemptFailed(context, { slot, flight, failure: { class: "lost", code: "HP-COMFY-LOST", message } });
}
