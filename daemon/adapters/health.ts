/**
 * Facts of this machine for records and the doctor, by systeminformation in a child with a deadline: parts of it run
 * `hostname -f` and `df` without any, and one dead name server blocked its caller for seconds. What is late is what Node
 * itself knows, never a value of before. Its `graphics()` is never called: it blocks as long as nvidia-smi takes and drops
 * every 0.
 */
import os from "node:os";
import { fileURLToPath } from "node:url";
import { LIMITS } from "../domain/limits.ts";
import type { MachineFacts } from "../live.ts";
import type { Exec } from "../ports.ts";

const CHILD = fileURLToPath(new URL("./healthChild.ts", import.meta.url));

/** Never rejects. */
export async function machineFacts(exec: Exec): Promise<MachineFacts> {
  const known = factsOfNode();
  const answer = await exec.run(process.execPath, [CHILD], { timeoutMs: LIMITS.machineFactsMs }).catch(() => null);
  return answer === null ? known : withAnswer(known, answer.stdout);
}

/** Lines that are cut or strange say nothing. */
export function withAnswer(known: MachineFacts, stdout: string): MachineFacts {
  let facts = known;
  for (const line of stdout.split("\n")) facts = withFact(facts, line);
  return facts;
}

function withFact(facts: MachineFacts, line: string): MachineFacts {
  let fact: { readonly memoryBytes?: unknown; readonly cpu?: unknown; readonly os?: unknown };
  try {
    fact = JSON.parse(line) as typeof fact;
  } catch {
    // The last line of a child that was killed while it wrote.
    return facts;
  }
  if (typeof fact !== "object" || fact === null) return facts;
  return {
    ...facts,
    // Some sandboxes hide /proc: 0 bytes and no name are "unknown", not facts.
    ...(typeof fact.memoryBytes === "number" && fact.memoryBytes > 0 ? { memoryBytes: fact.memoryBytes } : {}),
    ...(typeof fact.cpu === "string" && /^\S/.test(fact.cpu) && !fact.cpu.startsWith(",") ? { cpu: fact.cpu } : {}),
    ...(typeof fact.os === "string" && fact.os !== "" ? { os: fact.os } : {}),
  };
}

function factsOfNode(): MachineFacts {
  const cpus = os.cpus();
  return {
    hostname: os.hostname(),
    os: `${os.type()} ${os.release()} ${os.arch()}`,
    cpu: cpus[0] === undefined ? "unknown" : `${cpus[0].model}, ${cpus.length} threads`,
    memoryBytes: os.totalmem(),
  };
}
