/**
 * Keeps every slot's ComfyUI alive, or says why not: looks at its process, its log, its queue and its answers, asks
 * `domain/slotLadder` for the next step, and takes it. Attached slots get the same verdicts, and the program of their
 * configuration instead of signals.
 *
 * Must never: touch another slot, start a process beside one that lives, or await a process in a tick.
 */
import { LIMITS } from "../domain/limits.ts";
import { lackedBy } from "../domain/slotLacks.ts";
import type { Care } from "../domain/slotLadder.ts";
import { decide } from "../domain/slotLadder.ts";
import { blockOf } from "../domain/slotWords.ts";
import type { Stage, StageContext } from "../live.ts";
import { messageOf } from "../domain/errors.ts";
import { givenBack } from "./attempts.ts";
import { perform, processLane } from "./slotActs.ts";
import { tell } from "./tell.ts";
import type { Watch } from "./slotWatch.ts";
import { absorb, factsOf, newWatch, observeFlights, recycleWish } from "./slotWatch.ts";

export function createSupervise(context: StageContext): Stage {
  const { clock, slotProcesses } = context.world;
  const watches = [...context.live.slots.values()].map((slot) => newWatch(slot, clock.now()));
  for (const watch of watches) block(context, watch);
  slotProcesses.onEnd(() => {
    for (const watch of watches) watch.nextLookAt = 0;
    context.wake();
  });
  return {
    name: "supervise",
    async tick() {
      const now = clock.now();
      for (const watch of watches) {
        observeFlights(watch, now);
        cancelOrphans(context, watch);
        if (watch.slot.state === "up" && watch.slot.catalogue !== watch.checked) checkRecipes(context, watch);
        // Half of its time waits first: between two prompts nothing runs for a moment, and asking costs a request.
        const still = watch.queueStillSince === null ? 0 : now - watch.queueStillSince;
        if (still > LIMITS.slotQueueStillMs / 2 && !watch.queueStillSeen) askQueue(context, watch);
        if (watch.slot.restartWish?.when === "now") watch.nextLookAt = Math.min(watch.nextLookAt, now);
        if (now < watch.nextLookAt) continue;
        watch.nextLookAt = now + LIMITS.slotProcessLookMs;
        if (watch.spawned === null) await step(context, watch);
        else look(context, watch, watch.spawned);
      }
    },
    async close() {
      await Promise.all(watches.map((watch) => end(context, watch)));
      await slotProcesses.close();
    },
  };
}

function look(context: StageContext, watch: Watch, spawned: NonNullable<Watch["spawned"]>): void {
  const { clock, slotProcesses } = context.world;
  const { slot } = watch;
  const started = context.work.start({
    key: `look:${slot.config.name}`,
    lane: processLane(watch),
    run: () => slotProcesses.look(spawned),
    done: async (outcome) => {
      if (!outcome.ok) {
        const error = messageOf(outcome.error);
        context.world.log.event("warn", "work.failed", { work: "look", slot: slot.config.name, error });
        return;
      }
      const bound = watch.look?.port !== "ours" && outcome.value.port === "ours";
      // It listens: whether it is ready need not wait for the next look at the slot.
      if (bound) slot.nextProbeAt = clock.now();
      const packs = absorb(watch, outcome.value, clock.now());
      if (packs.length > 0)
        await tell(context, "warn", "slot.packs", { slot: slot.config.name, packs: packs.join(", ") });
      await step(context, watch);
    },
  });
  // An act is under way: looked at when it has ended.
  if (!started) watch.nextLookAt = 0;
}

/** One gap closed: facts, decision, acts, and what people see of it. */
async function step(context: StageContext, watch: Watch): Promise<void> {
  // What is under way changes the facts: decided when it is known.
  if (!context.work.free(processLane(watch))) return;
  const now = context.world.clock.now();
  recycleWish(watch, now);
  const before = watch.care;
  const { care, acts } = decide(before, factsOf(watch, now));
  watch.care = care;
  if (care.phase !== before.phase) {
    watch.cameBack = false;
    watch.nextLookAt = 0;
    await entered(context, watch, before);
  }
  for (const act of acts) await perform(context, watch, act);
  block(context, watch);
}

function block(context: StageContext, watch: Watch): void {
  const reason = blockOf(watch.care, { now: context.world.clock.now(), wish: watch.slot.restartWish });
  if (reason === null) watch.slot.blocks.delete("supervision");
  else
    watch.slot.blocks.set("supervision", {
      ...reason,
      action: reason.action?.replace("NAME", watch.slot.config.name) ?? null,
    });
}

async function entered(context: StageContext, watch: Watch, before: Care): Promise<void> {
  const { slot, care, look: seen } = watch;
  const name = slot.config.name;
  const why = { slot: name, code: care.why?.code ?? null, reason: care.why?.message ?? null };
  if (before.phase === "quarantined") await tell(context, "info", "slot.trusted", { slot: name });
  if (before.phase === "looking" && care.phase === "starting" && seen?.alive === true)
    await tell(context, "info", "slot.adopted", { slot: name, pid: seen.pid, version: seen.version });
  switch (care.phase) {
    case "ready":
      if (watch.spawned === null) return;
      watch.wasReady = true;
      await context.world.slotProcesses.markReady(watch.spawned);
      return tell(context, "info", "slot.ready", { slot: name, pid: seen?.pid ?? null });
    case "stopping":
    case "restarting":
      return tell(context, "warn", "slot.restarting", why);
    case "resting":
      return tell(context, "warn", "slot.ended", why);
    case "quarantined":
      return tell(context, "error", "slot.quarantined", { ...why, code: "HP-SLOT-QUARANTINED" });
    case "looking":
    case "starting":
    case "warming":
    case "ended":
      return;
  }
}

/** Prompts wait and none of ours runs: does anybody's? */
function askQueue(context: StageContext, watch: Watch): void {
  context.work.start({
    key: `queue:${watch.slot.config.name}`,
    lane: `${watch.slot.config.name}:queue`,
    run: () => watch.slot.client.queue(),
    done: (outcome) => {
      if (!outcome.ok || watch.queueStillSince === null) return;
      const { running, pending } = outcome.value;
      watch.queueStillSeen = running.length === 0 && pending > 0;
      // Somebody else's prompt runs: ours waits its turn.
      if (!watch.queueStillSeen) watch.queueStillSince = null;
    },
  });
}

/** Once per life of its ComfyUI: what can't run there is known before somebody waits for it. */
function checkRecipes(context: StageContext, watch: Watch): void {
  const { slot } = watch;
  const { catalogue } = slot;
  if (catalogue === null) return;
  context.work.start({
    key: `recipes:${slot.config.name}`,
    lane: `${slot.config.name}:recipes`,
    run: () => context.world.recipes.book(),
    done: async (outcome) => {
      if (!outcome.ok) return;
      watch.checked = catalogue;
      const before = slot.lacks.join();
      slot.lacks = lackedBy(outcome.value.recipes, new Set(Object.keys(catalogue))).slice(0, LIMITS.slotPacksMax);
      if (slot.lacks.length > 0 && slot.lacks.join() !== before)
        await tell(context, "warn", "slot.lacks", { slot: slot.config.name, recipes: slot.lacks.join(", ") });
    },
  });
}

/** What was let go while nobody answered must not run when somebody does. Once each: nothing of ours depends on it. */
function cancelOrphans(context: StageContext, watch: Watch): void {
  const { slot } = watch;
  if (watch.orphans.length === 0 || slot.state !== "up") return;
  const { orphans } = watch;
  watch.orphans = [];
  context.work.start({
    key: `orphans:${slot.config.name}`,
    lane: `${slot.config.name}:orphans`,
    run: async () => {
      for (const prompt of orphans) await slot.client.cancel(prompt);
    },
    done: (outcome) => {
      if (!outcome.ok)
        context.world.log.event("debug", "work.failed", { work: "cancel", error: messageOf(outcome.error) });
    },
  });
}

/** The drain: a spawned ComfyUI ends with us unless it may outlive us; then it is adopted at the next start. */
async function end(context: StageContext, watch: Watch): Promise<void> {
  const { spawned, slot } = watch;
  if (spawned === null || spawned.spawn.outlive) return;
  const { clock, slotProcesses } = context.world;
  const alive = async (): Promise<boolean> => (await slotProcesses.look(spawned)).alive;
  if (!(await alive())) return;
  for (const [signal, ms] of [
    ["SIGINT", LIMITS.slotInterruptMs],
    ["SIGTERM", LIMITS.slotTerminateMs],
    ["SIGKILL", LIMITS.slotKillMs],
  ] as const) {
    await slotProcesses.signal(spawned, signal);
    await tell(context, "info", "slot.signaled", { slot: slot.config.name, signal, pid: watch.look?.pid ?? null });
    const until = clock.now() + ms;
    while ((await alive()) && clock.now() < until) await clock.sleep(LIMITS.tickBusyMs);
    if (!(await alive())) break;
  }
  // Its prompts are gone with it: the next start need not ask for them.
  for (const flight of slot.flights.values()) {
    if (!flight.settled && flight.phase !== "collecting") await givenBack(context, { slot, flight, how: "released" });
  }
}
