/**
 * The answers of a run as they come, one JSON line a job, so that a run that was cut off goes on where it stopped. The first line says
 * what they hold for: the seed of the corpus, and every check with its version and limits.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Check } from "../../../daemon/plugin.ts";
import type { Job, Seen } from "./jobs.ts";

export interface Records {
  /** Of the jobs that are done, by `keyOf`. */
  readonly done: ReadonlyMap<string, readonly Seen[]>;
  readonly add: (job: Job, seen: readonly Seen[]) => void;
}

interface Line {
  readonly job: Job;
  readonly seen: readonly Seen[];
}

export function keyOf({ kind, from, number }: Job): string {
  return `${kind} ${from} ${number}`;
}

/** What answers hold for: with another seed, another version or another limit they would be others. */
export function heldFor(seed: number, checks: readonly Pick<Check, "id" | "version" | "limits">[]): string {
  const of = checks.map(({ id, version, limits }) => [id, version, limits]);
  // 2: what was held out until then is known since, and other plates are held out.
  return JSON.stringify({ proof: 2, seed, checks: of });
}

/**
 * Answers in `file`, which is made where there is none; null: they are kept nowhere. A last line that was cut off is taken away. Throws
 * where the answers hold for something else.
 */
export function openRecords(file: string | null, head: string): Records {
  const done = new Map<string, readonly Seen[]>();
  const add = (job: Job, seen: readonly Seen[]): void => {
    done.set(keyOf(job), seen);
    if (file !== null) appendFileSync(file, `${JSON.stringify({ job, seen } satisfies Line)}\n`);
  };
  if (file === null) return { done, add };
  if (!existsSync(file)) {
    writeFileSync(file, `${head}\n`);
    return { done, add };
  }
  const text = readFileSync(file, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const [first, ...lines] = whole.split("\n").filter((line) => line !== "");
  if (first !== head)
    throw new Error(`${file}: its answers hold for another seed or for other checks: name a new file for --records`);
  for (const line of lines) {
    const { job, seen } = JSON.parse(line) as Line;
    done.set(keyOf(job), seen);
  }
  if (whole.length < text.length) writeFileSync(file, whole);
  return { done, add };
}
