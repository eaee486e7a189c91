/** What supervision does: starts, signals, warms up, and lets a slot's tasks go elsewhere. Each act is owned work of the loop. */
import type { ExitWords } from "../domain/exitWords.ts";
import { HotplateError, messageOf } from "../domain/errors.ts";
import type { PromptId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import type { Act } from "../domain/slotLadder.ts";
import type { Flight, StageContext } from "../live.ts";
import { givenBack, lostWhileRunning, stoppedAsWanted } from "./attempts.ts";
import { proveSlot } from "./proveSlot.ts";
import type { Watch } from "./slotWatch.ts";
import { forgetProcess } from "./slotWatch.ts";
import { tell } from "./tell.ts";

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
    // ComfyUI itself may be what it starts.
    run: () => context.world.exec.run(program, args, { timeoutMs: LIMITS.slotRestartProgramMs, outlives: true }),
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
      // An error of ours says that nobody could run it just now.
      const hopeless = outcome.ok || !(outcome.error instanceof HotplateError);
      const action = hopeless ? "correct restart in the configuration" : "see the log";
      watch.exit = { code: "HP-SLOT-START", message, action, hopeless };
    },
  });
}

function warmUp(context: StageContext, watch: Watch): void {
  const { slot } = watch;
  const id = context.world.ids.uuid() as PromptId;
  watch.warmUp = "running";
  const started = context.work.start({
    key: `warmUp:${slot.config.name}`,
    lane: `${slot.config.name}:warmUp`,
    run: () => proveSlot(context, slot, { id, as: "warm-up" }),
    done: (outcome) => {
      // It went away meanwhile: the next one is asked anew.
      if (watch.warmUp !== "running") return;
      if (outcome.ok) watch.warmUp = "done";
      else if (slot.state === "down") watch.warmUp = "needed";
      else watch.warmUp = { failed: messageOf(outcome.error) };
      watch.nextLookAt = 0;
    },
  });
  if (!started) watch.warmUp = "needed";
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
  if (flight.stopFor !== null) return stoppedAsWanted(context, { slot, flight });
  if (!ran) return givenBack(context, { slot, flight, how: "released" });
  return lostWhileRunning(context, { slot, flight, crash: exit?.message ?? null });
}
