/**
 * How often the checks over frames are right: every defect on every kind of sequence that it is a defect of, and every clean kind;
 * detection and false alarms with Wilson's 95 % interval. `scripts/bench/qc/main.ts` prints it.
 */
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { loadChecks } from "../../../daemon/adapters/plugins.ts";
import { maskFacts } from "../../../daemon/domain/maskFacts.ts";
import type { Inspection } from "../../../daemon/domain/qc.ts";
import { frameInput } from "../../../daemon/domain/qcInput.ts";
import { judgeSequence } from "../../../daemon/domain/qcRun.ts";
import type { KeptTrace } from "../../../daemon/domain/qcTrace.ts";
import { seriesOf, traceFrame } from "../../../daemon/domain/qcTrace.ts";
import type { Check } from "../../../daemon/plugin.ts";
import type { Sequence } from "./sequences.ts";
import { makeSequence, SEQUENCE_DEFECTS, takeOf } from "./sequences.ts";
import { CLEAN, HIGH, WIDE } from "./sequenceShots.ts";
import { wilson } from "./tally.ts";

export const SEQUENCE_CHECKS = ["temporal.flicker", "temporal.duplicate", "temporal.drift", "frames.order"] as const;

export interface SequenceRow {
  /** What was put in; `nothing` for clean sequences. */
  readonly injected: string;
  /** Whose finding counts. */
  readonly check: string;
  readonly sequences: number;
  readonly found: number;
  /** Wilson's 95 % interval of found / sequences. */
  readonly low: number;
  readonly high: number;
  /** The kinds of sequence where it went wrong, with how often; empty: none. */
  readonly wrongOn: readonly string[];
}

/** First frame number of every sequence. */
const FIRST = 1001;

export async function sequenceChecks(): Promise<readonly Check[]> {
  const { checks } = await loadChecks([]);
  return checks.filter(({ id }) => SEQUENCE_CHECKS.some((known) => known === id));
}

/** As the daemon does: traces frame by frame, then the sequence. */
export function judged(checks: readonly Check[], { plates, results, masks }: Sequence): Inspection {
  const requests = checks.map(({ id }) => ({ check: id, limits: {} }));
  const frames = results.map((_, t) => FIRST + t);
  const kept = results.map((result, t): readonly KeptTrace[] => {
    const mask = masks[t] ?? null;
    const input = frameInput({
      result,
      plate: plates[t] ?? null,
      resultFile: { path: `/v/a.${FIRST + t}.png`, bytes: 1, frame: FIRST + t },
      decodeProblem: null,
      plateProblem: null,
      mask: mask === null ? null : maskFacts(mask, { width: WIDE, height: HIGH, ignore: [] }),
      maskProblem: null,
      composited: mask !== null,
      expected: { width: WIDE, height: HIGH, bitDepth: 16, ignore: [] },
      digestOf: ({ samples }) => createHash("sha1").update(samples).digest("hex"),
    });
    return traceFrame(checks, requests, input);
  });
  const series = frames.map((frame) => ({ wedge: 1, frame, seed: "1", axes: {} }));
  return judgeSequence(checks, requests, { wanted: frames, present: frames }, (check) =>
    seriesOf(series, (index) => kept[index]?.find((one) => one.check === check.id) ?? null),
  );
}

/** What one check said of one sequence. */
export interface SequenceNote {
  readonly injected: string;
  readonly check: string;
  readonly on: string;
  readonly found: boolean;
  /** It ought to be found. */
  readonly wanted: boolean;
}

/** One shot: clean, and with every defect that is one there. `kind`: an index of `CLEAN`. */
export function notesOf(checks: readonly Check[], kind: number, seed: number): readonly SequenceNote[] {
  const of = CLEAN[kind];
  if (of === undefined) return [];
  const take = takeOf(of.shot(seed * 101));
  const clean = judged(checks, makeSequence(take, null));
  return [
    ...SEQUENCE_CHECKS.map((check) => ({
      injected: "nothing",
      check,
      on: of.name,
      found: found(clean, check),
      wanted: false,
    })),
    ...SEQUENCE_DEFECTS.filter((defect) => defect.on(of)).map((defect) => ({
      injected: defect.name,
      check: defect.check,
      on: of.name,
      found: found(judged(checks, makeSequence(take, defect)), defect.check),
      wanted: true,
    })),
  ];
}

function found({ findings }: Inspection, id: string): boolean {
  return findings.some(({ check, verdict }) => check === id && verdict !== "pass");
}

/** `seeds` shots of each kind, in so many processes. */
export async function sequenceTable(of: {
  readonly seeds: number;
  readonly workers: number;
  readonly say?: (done: number, all: number) => void;
}): Promise<readonly SequenceRow[]> {
  const jobs = CLEAN.flatMap((_, kind) => Array.from({ length: of.seeds }, (_seed, i) => ({ kind, seed: i + 1 })));
  const script = fileURLToPath(new URL("./sequenceWorker.ts", import.meta.url));
  const notes: (readonly SequenceNote[])[] = [];
  let next = 0;
  const work = async (worker: ChildProcess): Promise<void> => {
    const broke = once(worker, "exit").then(([code]) => {
      throw new Error(`a process of the proof ended (${String(code)})`);
    });
    broke.catch(() => undefined);
    for (let at = next++; at < jobs.length; at = next++) {
      worker.send(jobs[at] as (typeof jobs)[number]);
      const [said] = (await Promise.race([once(worker, "message"), broke])) as [readonly SequenceNote[]];
      notes[at] = said;
      of.say?.(notes.filter(Boolean).length, jobs.length);
    }
    worker.disconnect();
  };
  await Promise.all(Array.from({ length: of.workers }, () => work(fork(script, { serialization: "advanced" }))));
  return rowsOf(notes.flat());
}

export function rowsOf(notes: readonly SequenceNote[]): readonly SequenceRow[] {
  const groups = Map.groupBy(notes, ({ injected, check }) => `${injected}\n${check}`);
  return [...groups.values()].map((all) => {
    const [first] = all as [SequenceNote];
    const hits = all.filter((note) => note.found).length;
    const [low, high] = wilson({ hits, of: all.length });
    const wrong = Map.groupBy(
      all.filter((note) => note.found !== note.wanted),
      (note) => note.on,
    );
    const wrongOn = [...wrong].sort(([, a], [, b]) => b.length - a.length).map(([on, of]) => `${on} (${of.length})`);
    return { injected: first.injected, check: first.check, sequences: all.length, found: hits, low, high, wrongOn };
  });
}

export const SEQUENCES_BEGIN = "<!-- sequences: made by scripts/bench/qc/main.ts, never by hand -->";
export const SEQUENCES_END = "<!-- /sequences -->";

export function sequenceMarkdown(rows: readonly SequenceRow[]): string {
  const percent = (share: number) => (share * 100).toFixed(1).replace(/\.0$/, "");
  const lines = rows.map(({ injected, check, sequences, found: hits, low, high, wrongOn }) => {
    const share = `${percent(hits / sequences)} (${percent(low)}-${percent(high)})`;
    const wrong = wrongOn.slice(0, 4).join("; ") + (wrongOn.length > 4 ? "; others" : "");
    return `| ${injected} | \`${check}\` | ${hits} of ${sequences} | ${share} | ${wrong} |`;
  });
  return [
    "| injected | check | flagged | %, Wilson's 95 % interval | wrong on |",
    "|---|---|---|---|---|",
    ...lines,
    "",
  ].join("\n");
}

/** The page with what stands between the marks replaced. */
export function withSequences(page: string, table: string): string {
  const [from, to] = [page.indexOf(SEQUENCES_BEGIN), page.indexOf(SEQUENCES_END)];
  if (from < 0 || to < from) throw new Error(`the page has no ${SEQUENCES_BEGIN} ... ${SEQUENCES_END}`);
  return `${page.slice(0, from + SEQUENCES_BEGIN.length)}\n${table}${page.slice(to)}`;
}
