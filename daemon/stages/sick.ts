/**
 * A slot or a node whose last attempts all failed by the machine's fault gets no new work (block "sick") until it has passed a
 * self-test. Not passed, its ComfyUI is to be restarted and the test comes again after a growing pause. In memory only: a new
 * daemon begins with a clean record and finds out again.
 */
import { messageOf } from "../domain/errors.ts";
import type { PromptId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import type { Sickness } from "../domain/sickness.ts";
import { sicknessWords, sickParts } from "../domain/sickness.ts";
import type { SlotState, Stage, StageContext } from "../live.ts";
import { wishRestart } from "./restartWish.ts";
import { proveSlot } from "./proveSlot.ts";
import { tell } from "./tell.ts";

interface Patient {
  readonly slot: SlotState;
  readonly words: string;
  readonly code: "HP-SLOT-SICK" | "HP-NODE-SICK";
  tests: number;
  nextTestAt: number;
  testing: boolean;
}

export function createSick(context: StageContext): Stage {
  const patients = new Map<string, Patient>();
  return {
    name: "sick",
    async tick() {
      await findSick(context, patients);
      for (const patient of patients.values()) startTest(context, patients, patient);
    },
  };
}

async function findSick(context: StageContext, patients: Map<string, Patient>): Promise<void> {
  const { live } = context;
  if (live.ended.length < LIMITS.sickAttempts) return;
  const found = sickParts(live.ended, [...live.slots.keys()]);
  if (found.node !== null) {
    await tell(context, "warn", "node.sick", {
      code: "HP-NODE-SICK",
      node: context.options.node,
      reason: sicknessWords(found.node),
    });
    for (const slot of live.slots.values())
      await fallSick(context, patients, { slot, sick: found.node, code: "HP-NODE-SICK" });
    live.ended.length = 0;
    return;
  }
  for (const [name, sick] of found.slots) {
    const slot = live.slots.get(name);
    if (slot !== undefined) await fallSick(context, patients, { slot, sick, code: "HP-SLOT-SICK" });
    // A clean record: what is held against it once is not held against it again.
    live.ended.splice(0, live.ended.length, ...live.ended.filter((one) => one.slot !== name));
  }
}

async function fallSick(
  context: StageContext,
  patients: Map<string, Patient>,
  of: { readonly slot: SlotState; readonly sick: Sickness; readonly code: Patient["code"] },
): Promise<void> {
  const { slot, sick, code } = of;
  if (patients.has(slot.config.name)) return;
  const words = `${code === "HP-NODE-SICK" ? "the node is" : "it is"} sick: ${sicknessWords(sick)}`;
  const now = context.world.clock.now();
  patients.set(slot.config.name, { slot, words, code, tests: 0, nextTestAt: now, testing: false });
  slot.blocks.set("sick", {
    code,
    message: `${words}. It tests itself before it gets work again`,
    action: "see its log",
  });
  await tell(context, "warn", "slot.sick", { slot: slot.config.name, code, reason: words });
}

/** When it is empty, answers, and nobody restarts it. */
function startTest(context: StageContext, patients: Map<string, Patient>, patient: Patient): void {
  const { slot } = patient;
  const now = context.world.clock.now();
  const ready = slot.state === "up" && slot.flights.size === 0 && !slot.blocks.has("supervision");
  if (!ready || patient.testing || now < patient.nextTestAt) return;
  const id = context.world.ids.uuid() as PromptId;
  patient.testing = context.work.start({
    key: `selfTest:${slot.config.name}`,
    lane: `${slot.config.name}:selfTest`,
    run: () => proveSlot(context, slot, { id, as: "self-test" }),
    done: async (outcome) => {
      patient.testing = false;
      patient.tests += 1;
      if (outcome.ok) {
        patients.delete(slot.config.name);
        slot.blocks.delete("sick");
        await tell(context, "info", "slot.recovered", { slot: slot.config.name, tests: patient.tests });
        return;
      }
      await failed(context, patient, messageOf(outcome.error));
    },
  });
}

async function failed(context: StageContext, patient: Patient, why: string): Promise<void> {
  const { slot, words, code } = patient;
  const pauseMs = Math.min(LIMITS.selfTestPauseMaxMs, LIMITS.selfTestPauseMs * 2 ** Math.min(patient.tests - 1, 10));
  patient.nextTestAt = context.world.clock.now() + pauseMs;
  wishRestart(slot, {
    code: "HP-SLOT-SICK",
    message: `its self-test failed: ${why}`,
    when: "idle",
    fault: true,
    person: false,
  });
  slot.blocks.set("sick", {
    code,
    message: `${words}. Its self-test failed ${patient.tests} times (${why}); the next is in ${Math.round(pauseMs / 60_000)} min`,
    action: "see its log; hotplate doctor",
  });
  await tell(context, "warn", "slot.sick", { slot: slot.config.name, code, reason: `its self-test failed: ${why}` });
}
