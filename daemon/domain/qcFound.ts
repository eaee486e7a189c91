/**
 * What did not pass, gathered for people: one entry per place, check and verdict with the frames concerned and the worst of
 * their findings, the worst entry first. Pure.
 */
import type { Verdict } from "./qc.ts";
import type { QcFinding, QcInspection, QcMeasure } from "./qcInspection.ts";
import { findingVerdict } from "./qcReportWords.ts";

export interface Place {
  readonly name: string;
  readonly frames: readonly { readonly frame: number | null; readonly inspection: QcInspection | null }[];
  /** Over the whole place; null: no check looked at it. */
  readonly whole: QcInspection | null;
}

export interface Found {
  /** Where the place stands among those that were given. */
  readonly at: number;
  readonly verdict: Verdict;
  /** Of the frame in which it is worst. */
  readonly finding: QcFinding;
  /** Empty: the place as a whole, and nothing says where in it. */
  readonly frames: readonly (number | null)[];
  /** The frame that the finding is of: the worst of them; absent: nothing says which. */
  readonly shown?: number | null;
  /** Other checks that could not look for the same reason. */
  readonly alike?: readonly string[];
}

const WORST_FIRST: readonly Verdict[] = ["fail", "error", "warn", "pass"];

export function foundIn(places: readonly Place[]): readonly Found[] {
  const all = places
    .flatMap((place, at) => foundAt(place, at))
    .sort((a, b) => WORST_FIRST.indexOf(a.verdict) - WORST_FIRST.indexOf(b.verdict));
  return gathered(all);
}

/** One plate that can't be read is one trouble, however many checks need it: one entry with all their names. */
function gathered(all: readonly Found[]): readonly Found[] {
  const out: Found[] = [];
  const first = new Map<string, number>();
  for (const one of all) {
    const key = JSON.stringify([one.verdict, one.at, one.frames, reasonOf(one.finding)]);
    const known = one.verdict === "error" ? first.get(key) : undefined;
    const entry = known === undefined ? undefined : out[known];
    if (known !== undefined && entry !== undefined)
      out[known] = { ...entry, alike: [...(entry.alike ?? []), one.finding.check] };
    else {
      first.set(key, out.length);
      out.push(one);
    }
  }
  return out;
}

/** What it says without its own name in front. */
function reasonOf({ check, message }: QcFinding): string {
  return message.startsWith(`${check} `) ? message.slice(check.length + 1) : message;
}

/** Who says it, and the sentence. */
export function saidBy({ finding, alike = [] }: Found): { readonly check: string; readonly message: string } {
  if (alike.length === 0) return finding;
  const names = [finding.check, ...alike];
  const reason = reasonOf(finding);
  const sentence = reason === finding.message ? reason : `${names.length} checks could not look: each ${reason}`;
  const end = /[.!?]$/.test(sentence) ? "" : ".";
  return { check: `${names.length} checks`, message: `${sentence}${end} They are ${names.join(", ")}.` };
}

function foundAt(place: Place, at: number): readonly Found[] {
  const byCheck = new Map<string, { finding: QcFinding; frames: (number | null)[]; shown: number | null }>();
  for (const { frame, inspection } of place.frames) {
    for (const finding of inspection?.findings ?? []) {
      const verdict = findingVerdict(finding);
      if (verdict === "pass") continue;
      const entry = byCheck.get(`${finding.check} ${verdict}`);
      if (entry === undefined) byCheck.set(`${finding.check} ${verdict}`, { finding, frames: [frame], shown: frame });
      else {
        entry.frames.push(frame);
        if (excess(finding) > excess(entry.finding)) {
          entry.finding = finding;
          entry.shown = frame;
        }
      }
    }
  }
  const whole = (place.whole?.findings ?? []).filter((finding) => findingVerdict(finding) !== "pass");
  return [...byCheck.values(), ...whole.map(overFrames)].map((entry) => ({
    at,
    verdict: findingVerdict(entry.finding),
    ...entry,
  }));
}

/** What is said of many frames together. */
function overFrames(finding: QcFinding): Pick<Found, "finding" | "frames" | "shown"> {
  const frames = framesOf(finding);
  const worst = finding.measures.reduce<QcMeasure | null>(
    (most, one) => (one.frame !== undefined && past(one) > (most === null ? 0 : past(most)) ? one : most),
    null,
  );
  const shown = worst?.frame ?? frames[0];
  return shown === undefined ? { finding, frames } : { finding, frames, shown };
}

/** Of what is said of many frames: those in which a measure is past its limit, where the check says which. */
function framesOf(finding: QcFinding): readonly (number | null)[] {
  const frames = finding.measures.flatMap((measure) =>
    isPast(measure) && measure.frame !== undefined ? [measure.frame] : [],
  );
  return [...new Set(frames)];
}

/** How far the worst of its measures is past its limit, as a share of the limit; 0: none is past one. */
function excess(finding: QcFinding): number {
  return Math.max(0, ...finding.measures.map(past));
}

/** Is it on the wrong side of its limit? */
export function isPast(measure: QcMeasure): boolean {
  return past(measure) > 0;
}

function past({ value, limit, must }: QcMeasure): number {
  if (limit === null || must === undefined) return 0;
  const over = must === "atMost" ? value - limit : must === "atLeast" ? limit - value : Math.abs(value - limit);
  return over / Math.max(Math.abs(limit), 1e-9);
}

/**
 * The measures that say why: those past their limit; where none is by itself, those whose limits judge together (one that keeps its own limit
 * would read as the breach); of a pass all that have a limit.
 */
export function tellingMeasures(finding: QcFinding): readonly QcMeasure[] {
  const bad = finding.measures.filter(isPast);
  if (bad.length > 0) return bad;
  const limited = finding.measures.filter(({ limit }) => limit !== null);
  const together = limited.filter(({ must }) => must === undefined);
  return findingVerdict(finding) !== "pass" && together.length > 0 ? together : limited;
}
