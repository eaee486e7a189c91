/**
 * The child that asks systeminformation, one fact a line on standard output, the cheap ones first: `osInfo()` runs
 * `hostname -f` and blocks as long as that takes, and what was printed before counts even when the child is killed.
 */
import si from "systeminformation";

const print = (fact: Readonly<Record<string, string | number>>): void => {
  process.stdout.write(`${JSON.stringify(fact)}\n`);
};

const memory = await si.mem();
print({ memoryBytes: memory.total });
const cpu = await si.cpu();
print({ cpu: `${words(cpu.manufacturer, cpu.brand)}, ${cpu.cores} threads` });
const system = await si.osInfo();
print({ os: words(system.distro, system.release, "kernel", system.kernel, system.arch) });

function words(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}
