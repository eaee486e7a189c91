/**
 * The machine as a version's papers name it: node, slots, versions. What is not known is left out, never guessed.
 */
import type { MachineRecord } from "../domain/versionFacts.ts";
import type { StageContext } from "../live.ts";

export function machineRecord(context: StageContext): MachineRecord {
  const { options, live } = context;
  const stats = [...live.slots.values()].flatMap((slot) => (slot.stats === null ? [] : [slot.stats]));
  return {
    node: options.node,
    os: options.machine.os,
    cpu: options.machine.cpu,
    hotplate: options.version,
    devices: unique(stats.map((s) => s.deviceName)),
    torch: unique(stats.map((s) => s.pytorchVersion)),
    comfyVersions: unique(stats.map((s) => s.version)),
    simulated: stats.some((s) => s.simulated),
  };
}

function unique(values: readonly (string | null)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== null))].sort();
}
