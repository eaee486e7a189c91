/**
 * The machine as a version's papers name it: node, slots, versions. Which ComfyUI made a result is kept with the result, so
 * that a restart between the two forgets nothing. What is not known is left out, never guessed.
 */
import { precisionsOf } from "../domain/comfyFlags.ts";
import type { MachineRecord } from "../domain/versionFacts.ts";
import type { SlotState, StageContext } from "../live.ts";
import type { Engine, TaskRow } from "../storePort.ts";

export function machineRecord(context: StageContext, tasks: readonly Pick<TaskRow, "staged">[]): MachineRecord {
  const { options } = context;
  const engines = tasks.flatMap((task) => task.staged.flatMap((file) => file.engine ?? []));
  const flags = engines.flatMap((engine) => (engine.flags === undefined ? [] : [engine.flags]));
  return {
    node: options.node,
    os: options.machine.os,
    cpu: options.machine.cpu,
    hotplate: options.version,
    devices: unique(engines.map((engine) => engine.deviceName)),
    torch: unique(engines.map((engine) => engine.pytorchVersion)),
    comfyVersions: unique(engines.map((engine) => engine.version)),
    simulated: isSimulated(tasks),
    drivers: unique(engines.map((engine) => engine.driver ?? null)),
    flags: flags.length > 0 ? unique(flags.flat()) : null,
    precisions: precisionsOf(flags.flat()),
  };
}

/** Any of their results is by a simulated ComfyUI. */
export function isSimulated(tasks: readonly Pick<TaskRow, "staged">[]): boolean {
  return tasks.some(({ staged }) => staged.some(({ engine }) => engine?.simulated === true));
}

/** Asked when the slot was not looked at yet, as after a restart. */
export async function engineOf(slot: SlotState): Promise<Engine> {
  const { version, simulated, deviceName, pytorchVersion, flags } = slot.stats ?? (await slot.client.stats());
  const driver = slot.gpu.facts?.driver ?? null;
  return {
    version,
    simulated,
    deviceName,
    pytorchVersion,
    ...(flags === undefined ? {} : { flags }),
    ...(driver === null ? {} : { driver }),
  };
}

function unique(values: readonly (string | null)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== null))].sort();
}
