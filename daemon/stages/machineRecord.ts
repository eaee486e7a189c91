/**
 * The machine as a version's papers name it: node, slots, versions. Which ComfyUI made a result is kept with the result, so
 * that a restart between the two forgets nothing. What is not known is left out, never guessed.
 */
import type { MachineRecord } from "../domain/versionFacts.ts";
import type { SlotState, StageContext } from "../live.ts";
import type { Engine, TaskRow } from "../storePort.ts";

export function machineRecord(context: StageContext, tasks: readonly Pick<TaskRow, "staged">[]): MachineRecord {
  const { options } = context;
  const engines = tasks.flatMap((task) => task.staged.flatMap((file) => file.engine ?? []));
  return {
    node: options.node,
    os: options.machine.os,
    cpu: options.machine.cpu,
    hotplate: options.version,
    devices: unique(engines.map((engine) => engine.deviceName)),
    torch: unique(engines.map((engine) => engine.pytorchVersion)),
    comfyVersions: unique(engines.map((engine) => engine.version)),
    simulated: engines.some((engine) => engine.simulated),
  };
}

/** Asked when the slot was not looked at yet, as after a restart. */
export async function engineOf(slot: SlotState): Promise<Engine> {
  const { version, simulated, deviceName, pytorchVersion } = slot.stats ?? (await slot.client.stats());
  return { version, simulated, deviceName, pytorchVersion };
}

function unique(values: readonly (string | null)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== null))].sort();
}
