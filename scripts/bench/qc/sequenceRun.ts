/**
 * Runs the proof over frames in several processes, and keeps what each shot gave as it comes: a run that is cut goes on where it
 * was, as long as the checks have the same versions and limits.
 */
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { progress } from "./proofHands.ts";
import { heldFor } from "./records.ts";
import type { SequenceNote, ShotJob } from "./sequenceTable.ts";
import { SHOT_KINDS, sequenceChecks } from "./sequenceTable.ts";

export interface SequenceRun {
  /** Of each kind: with every defect, and clean ones in all. */
  readonly shots: number;
  readonly cleanShots: number;
  /** Of the corpus, as main.ts says. */
  readonly seed: number;
  readonly workers: number;
  /** One JSON line a shot, appended as they come; null: none are kept. */
  readonly records: string | null;
}

interface Line extends ShotJob {
  /** With their versions and limits. */
  readonly checks: string;
  readonly notes: readonly SequenceNote[];
}

export async function runSequences(run: SequenceRun): Promise<readonly SequenceNote[]> {
  const checks = heldFor(run.seed, await sequenceChecks());
  const jobs = jobsOf(run);
  const before = new Map(
    run.records === null
      ? []
      : linesOf(run.records).flatMap((line) => (line.checks === checks ? [[keyOf(line), line.notes] as const] : [])),
  );
  const notes = jobs.map((job) => before.get(keyOf(job)) ?? cleanOf(before.get(keyOf({ ...job, defects: true }))));
  const open = jobs.map((_, i) => i).filter((i) => notes[i] === null);
  const say = progress(open.length);
  let done = 0;
  const work = async (worker: ChildProcess): Promise<void> => {
    const broke = once(worker, "exit").then(([code]) => {
      throw new Error(`a process of the proof ended (${String(code)})`);
    });
    broke.catch(() => undefined);
    for (let at = open.shift(); at !== undefined; at = open.shift()) {
      const job = jobs[at] as ShotJob;
      worker.send(job);
      const [said] = (await Promise.race([once(worker, "message"), broke])) as [readonly SequenceNote[]];
      notes[at] = said;
      const line: Line = { ...job, checks, notes: said };
      if (run.records !== null) appendFileSync(run.records, `\n${JSON.stringify(line)}\n`);
      done += 1;
      say(done);
    }
    worker.disconnect();
  };
  const script = fileURLToPath(new URL("./sequenceWorker.ts", import.meta.url));
  await Promise.all(Array.from({ length: run.workers }, () => work(fork(script, { serialization: "advanced" }))));
  return notes.flatMap((each) => each ?? []);
}

/** One shot of every kind after the other, so that a run that is cut has seen them all. */
function jobsOf({ shots, cleanShots, seed }: SequenceRun): readonly ShotJob[] {
  return Array.from({ length: Math.max(shots, cleanShots) }, (_, i) => i).flatMap((i) =>
    SHOT_KINDS.map((_kind, kind) => ({ kind, seed: 1001 + 1000 * seed + i, defects: i < shots })),
  );
}

/** A shot that was seen with its defects was seen clean as well. */
const cleanOf = (notes: readonly SequenceNote[] | undefined): readonly SequenceNote[] | null =>
  notes?.filter(({ wanted }) => !wanted) ?? null;

const keyOf = ({ kind, seed, defects }: ShotJob): string => `${kind} ${seed} ${defects}`;

/** Without a line that was cut. */
function linesOf(file: string): readonly Line[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8").split("\n").flatMap(lineOf);
}

function lineOf(text: string): readonly Line[] {
  try {
    return [JSON.parse(text) as Line];
  } catch {
    return [];
  }
}
