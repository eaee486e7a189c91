/**
 * Facts of this machine, by systeminformation, in a child process with a deadline: parts of it run `hostname -f` and `df`
 * without any, and one dead name server blocked its caller for seconds. Late means "unknown", never an old value. Its
 * `graphics()` is never called: it blocks as long as nvidia-smi takes and drops every 0.
 */
import os from "node:os";
import { fileURLToPath } from "node:url";
import type { MachineFacts } from "../live.ts";
import type { Exec } from "../ports.ts";

const CHILD = `
import si from "systeminformation";
const [osInfo, cpu, mem] = await Promise.all([si.osInfo(), si.cpu(), si.mem()]);
console.log(JSON.stringify({ os: [osInfo.distro, osInfo.release, osInfo.kernel, osInfo.arch].join(" "), cpu: [cpu.manufacturer, cpu.brand, cpu.cores + " cores"].join(" "), memoryBytes: mem.total }));
`;
const DEADLINE_MS = 5_000;

export async function machineFacts(exec: Exec): Promise<MachineFacts> {
  const hostname = os.hostname();
  const from = fileURLToPath(new URL("../..", import.meta.url));
  const answer = await exec.run(process.execPath, ["--input-type=module", "-e", CHILD], { timeoutMs: DEADLINE_MS, cwd: from });
  const unknown: MachineFacts = { hostname, os: `${os.type()} ${os.release()} ${os.arch()}`, cpu: "unknown", memoryBytes: os.totalmem() };
  if (answer.exitCode !== 0) return unknown;
  try {
    const facts = JSON.parse(answer.stdout) as Omit<MachineFacts, "hostname">;
    return { hostname, os: facts.os, cpu: facts.cpu, memoryBytes: facts.memoryBytes };
  } catch {
    // A child that printed something else knows nothing.
    return unknown;
  }
}
