/**
 * How often the checks over frames are right: every defect on every kind of sequence that it is a defect of, and every clean kind;
 * detection and false alarms with Wilson's 95 % interval. `scripts/bench/qc/main.ts` prints it.
 */
import { createHash } from "node:crypto";
import { loadChecks } from "../../../daemon/adapters/plugins.ts";
import { maskFacts } from "../../../daemon/domain/maskFacts.ts";
import type { DecodedImage } from "../../../daemon/plugin.ts";
import type { Inspection } from "../../../daemon/domain/qc.ts";
import { frameInput } from "../../../daemon/domain/qcInput.ts";
import { judgeSequence } from "../../../daemon/domain/qcRun.ts";
import type { KeptTrace } from "../../../daemon/domain/qcTrace.ts";
import { seriesOf, traceFrame } from "../../../daemon/domain/qcTrace.ts";
import type { Check } from "../../../daemon/plugin.ts";
import { withTable } from "./proofTable.ts";
import { FRESH } from "./sequenceFresh.ts";
import { HELD_SHOTS } from "./sequenceHeld.ts";
import type { Sequence } from "./sequences.ts";
import { defectsOf, makeSequence, takeOf } from "./sequences.ts";
import type { CleanKind } from "./sequenceShots.ts";
import { CLEAN, HIGH, WIDE } from "./sequenceShots.ts";
import { UNSEEN_SHOTS } from "./sequenceUnseen.ts";
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

/** What the checks keep of a frame: of one that several sequences show, made once. */
type Known = Map<DecodedImage, readonly KeptTrace[]>;

/** As the daemon does: traces frame by frame, then the sequence. `known`: of sequences of one take only, whose plates and masks are the same. */
export function judged(
  checks: readonly Check[],
  { plates, results, masks, right }: Sequence,
  known: Known = new Map(),
): Inspection {
  const requests = checks.map(({ id }) => ({ check: id, limits: {} }));
  const frames = results.map((_, t) => FIRST + t);
  const kept = results.map((result, t): readonly KeptTrace[] => {
    const before = result === right[t] ? known.get(result) : undefined;
    if (before !== undefined) return before;
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
    const traces = traceFrame(checks, requests, input);
    if (result === right[t]) known.set(result, traces);
    return traces;
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
  /** Of a kind on which no check was run before the limits stood. */
  readonly heldOut: boolean;
  readonly found: boolean;
  /** It ought to be found. */
  readonly wanted: boolean;
}

/** One shot: clean, and with every defect that is one there. */
export interface ShotJob {
  /** Index into `SHOT_KINDS`. */
  readonly kind: number;
  readonly seed: number;
  /** false: clean only. */
  readonly defects: boolean;
}

export const SHOT_KINDS: readonly CleanKind[] = [...CLEAN, ...FRESH, ...UNSEEN_SHOTS, ...HELD_SHOTS];

export function notesOf(checks: readonly Check[], { kind, seed, defects }: ShotJob): readonly SequenceNote[] {
  const of = SHOT_KINDS[kind];
  if (of === undefined) return [];
  const take = takeOf(of.shot(seed * 101));
  const known: Known = new Map();
  const shared = { on: of.name, heldOut: HELD_SHOTS.includes(of) };
  const clean = judged(checks, makeSequence(take, null), known);
  const put = defects ? defectsOf(of) : [];
  return [
    ...SEQUENCE_CHECKS.map((check) => ({
      injected: "nothing",
      check,
      ...shared,
      found: found(clean, check),
      wanted: false,
    })),
    ...put.map((defect) => ({
      injected: defect.name,
      check: defect.check,
      ...shared,
      found: found(judged(checks, makeSequence(take, defect), known), defect.check),
      wanted: true,
    })),
  ];
}

function found({ findings }: Inspection, id: string): boolean {
  return findings.some(({ check, verdict }) => check === id && verdict !== "pass");
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

const percent = (share: number) => (share * 100).toFixed(1).replace(/\.0$/, "");

export function sequenceMarkdown(notes: readonly SequenceNote[]): string {
  const [known, heldOut] = [notes.filter((note) => !note.heldOut), notes.filter((note) => note.heldOut)];
  return [
    ...barOf("Known kinds", known),
    ...tableOf(rowsOf(known)),
    "",
    ...barOf("Held-out kinds, on which no check was run before", heldOut),
    ...tableOf(rowsOf(heldOut)),
    "",
  ].join("\n");
}

/** The three ways to flicker together. */
function barOf(name: string, notes: readonly SequenceNote[]): readonly string[] {
  const share = (of: readonly SequenceNote[]) => {
    const hits = of.filter((note) => note.found).length;
    const [low, high] = wilson({ hits, of: of.length });
    return `${hits} of ${of.length} (${percent(hits / of.length)} %, ${percent(low)}-${percent(high)})`;
  };
  const flicker = notes.filter(({ check }) => check === "temporal.flicker");
  const kinds = new Set(notes.map(({ on }) => on)).size;
  const put = share(flicker.filter(({ wanted }) => wanted));
  const clean = share(flicker.filter(({ wanted }) => !wanted));
  return [`**${name}** (${kinds}): \`temporal.flicker\` finds ${put} and flags ${clean} of what is right.`, ""];
}

function tableOf(rows: readonly SequenceRow[]): readonly string[] {
  const lines = rows.map(({ injected, check, sequences, found: hits, low, high, wrongOn }) => {
    const share = `${percent(hits / sequences)} (${percent(low)}-${percent(high)})`;
    const wrong = wrongOn.slice(0, 4).join("; ") + (wrongOn.length > 4 ? "; others" : "");
    return `| ${injected} | \`${check}\` | ${hits} of ${sequences} | ${share} | ${wrong} |`;
  });
  return ["| injected | check | flagged | %, Wilson's 95 % interval | wrong on |", "|---|---|---|---|---|", ...lines];
}

/** The page with what stands between the marks replaced. */
export function withSequences(page: string, table: string): string {
  return withTable(page, table, { begin: SEQUENCES_BEGIN, end: SEQUENCES_END });
}
