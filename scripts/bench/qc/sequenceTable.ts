/**
 * How often the checks over frames are right: every defect on every kind of sequence that it is a defect of, and every clean kind;
 * detection and false alarms with Wilson's 95 % interval. `scripts/bench/qc/main.ts` prints it.
 */
import { loadChecks } from "../../../daemon/adapters/plugins.ts";
import { maskFacts } from "../../../daemon/domain/maskFacts.ts";
import type { Inspection } from "../../../daemon/domain/qc.ts";
import { frameInput } from "../../../daemon/domain/qcInput.ts";
import { judgeSequence } from "../../../daemon/domain/qcRun.ts";
import type { KeptTrace } from "../../../daemon/domain/qcTrace.ts";
import { seriesOf, traceFrame } from "../../../daemon/domain/qcTrace.ts";
import type { Check } from "../../../daemon/plugin.ts";
import { createHash } from "node:crypto";
import type { Sequence, SequenceDefect } from "./sequences.ts";
import { makeSequence, SEQUENCE_DEFECTS, takeOf } from "./sequences.ts";
import { CLEAN, HIGH, WIDE } from "./sequenceShots.ts";

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

/** `seeds` sequences of each kind. */
export async function sequenceTable(seeds: number, say: (done: string) => void): Promise<readonly SequenceRow[]> {
  const checks = await sequenceChecks();
  const tallies = new Map<string, Tally>();
  for (const kind of CLEAN) {
    for (let seed = 1; seed <= seeds; seed += 1) {
      const take = takeOf(kind.shot(seed * 101));
      const clean = judged(checks, makeSequence(take, null));
      for (const check of SEQUENCE_CHECKS)
        note(tallies, { injected: "nothing", check, on: kind.name, found: found(clean, check), good: false });
      for (const defect of SEQUENCE_DEFECTS.filter((each) => each.on(kind)))
        noteDefect(tallies, { checks, defect, on: kind.name, sequence: makeSequence(take, defect) });
    }
    say(kind.name);
  }
  return [...tallies.values()].map(rowOf);
}

interface Tally {
  readonly injected: string;
  readonly check: string;
  sequences: number;
  found: number;
  readonly wrong: Map<string, number>;
}

function noteDefect(
  tallies: Map<string, Tally>,
  of: {
    readonly checks: readonly Check[];
    readonly defect: SequenceDefect;
    readonly on: string;
    readonly sequence: Sequence;
  },
): void {
  const { defect, checks, on, sequence } = of;
  const seen = judged(checks, sequence);
  if (defect.check === null) return;
  note(tallies, { injected: defect.name, check: defect.check, on, found: found(seen, defect.check), good: true });
}

function found({ findings }: Inspection, id: string): boolean {
  return findings.some(({ check, verdict }) => check === id && verdict !== "pass");
}

function note(
  tallies: Map<string, Tally>,
  one: {
    readonly injected: string;
    readonly check: string;
    readonly on: string;
    readonly found: boolean;
    readonly good: boolean;
  },
): void {
  const key = `${one.injected}\n${one.check}`;
  const tally = tallies.get(key) ?? {
    injected: one.injected,
    check: one.check,
    sequences: 0,
    found: 0,
    wrong: new Map<string, number>(),
  };
  tallies.set(key, tally);
  tally.sequences += 1;
  tally.found += one.found ? 1 : 0;
  if (one.found !== one.good) tally.wrong.set(one.on, (tally.wrong.get(one.on) ?? 0) + 1);
}

function rowOf({ injected, check, sequences, found: count, wrong }: Tally): SequenceRow {
  const [low, high] = wilson(count, sequences);
  const wrongOn = [...wrong].sort(([, a], [, b]) => b - a).map(([kind, times]) => `${kind} (${times})`);
  return { injected, check, sequences, found: count, low, high, wrongOn };
}

/** Wilson 1927, 95 %. */
function wilson(hits: number, n: number): readonly [number, number] {
  const z = 1.959964;
  const p = hits / n;
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n);
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
