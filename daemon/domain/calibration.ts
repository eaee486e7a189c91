/**
 * One limit, judged by pictures that people found good and pictures that they found bad: the limit that a given share of the good
 * ones keeps, what it finds among the bad ones, and the whole curve of both (receiver operating characteristic). Pure.
 */
import { LIMITS } from "./limits.ts";
import type { Judged } from "./qc.ts";
import type { Share } from "./shareInterval.ts";
import { casesFor, quantile, shareOf } from "./shareInterval.ts";

export interface LimitSamples {
  readonly check: string;
  readonly limit: string;
  readonly must: Judged["must"];
  /** At which values the limit means something, ends included; absent: nothing is known. */
  readonly least?: number | undefined;
  readonly greatest?: number | undefined;
  /** In force now. */
  readonly now: number;
  /** The worst of the measures that the limit judges, one per picture (or sequence) that the check judged. */
  readonly good: readonly number[];
  readonly bad: readonly number[];
}

export interface AtLimit {
  readonly value: number;
  /** Of the bad ones, past the limit. */
  readonly detection: Share;
  /** Of the good ones, past the limit. */
  readonly falseAlarms: Share;
}

export interface CurvePoint {
  readonly value: number;
  readonly detection: number;
  readonly falseAlarms: number;
}

export interface LimitCalibration {
  readonly check: string;
  readonly limit: string;
  readonly must: Judged["must"];
  readonly now: AtLimit;
  /** The value that keeps the share that was asked for, as far as it means something; null: too few good ones to say. */
  readonly keeps: number | null;
  /** null: too few good ones, or it would be stricter and find no more, or nothing could be past it. */
  readonly proposed: AtLimit | null;
  /** The limit at which detection minus false alarms is largest (Youden 1950): for comparison. null: none is better than chance. */
  readonly best: AtLimit | null;
  /** From the strictest limit to the loosest; thinned out. Empty without good or without bad ones. */
  readonly curve: readonly CurvePoint[];
  /** 0.5: no better than chance; 1: apart. null: without good or without bad ones. */
  readonly area: number | null;
  /** Lowest, median, highest. */
  readonly good: readonly [number, number, number] | null;
  readonly bad: readonly [number, number, number] | null;
  /** What should be known of the proposal, in words. */
  readonly remark: string | null;
}

export function calibrateLimit(samples: LimitSamples, keep: number): LimitCalibration {
  const { check, limit, must, now } = samples;
  const good = [...samples.good].sort((a, b) => a - b);
  const bad = [...samples.bad].sort((a, b) => a - b);
  const at = (value: number): AtLimit => atLimit({ must, good, bad }, value);
  const { keeps, value, remark } = proposalOf(samples, { good, bad, keep });
  const curve = good.length === 0 || bad.length === 0 ? [] : curveOf({ must, good, bad });
  const best = bestOf(curve.filter((point) => meaningful(point.value, samples) === point.value));
  return {
    check,
    limit,
    must,
    now: at(now),
    keeps,
    proposed: value === null ? null : at(value),
    best: best === null ? null : at(best.value),
    curve: thinned(curve),
    area: curve.length === 0 ? null : areaOf({ must, good, bad }),
    good: spread(good),
    bad: spread(bad),
    remark,
  };
}

interface Proposal {
  readonly keeps: number | null;
  /** null: the limit stays as it is, and the remark says why. */
  readonly value: number | null;
  readonly remark: string | null;
}

function proposalOf(
  samples: LimitSamples,
  of: { readonly good: readonly number[]; readonly bad: readonly number[]; readonly keep: number },
): Proposal {
  const { must, now } = samples;
  const { good, bad, keep } = of;
  if (good.length < casesFor(keep)) return { keeps: null, value: null, remark: tooFew(good.length, keep) };
  const wanted = outward(must === "atMost" ? quantile(good, keep) : -quantile(negated(good), keep), must);
  const would = `${wanted} would keep ${percent(keep)} of the good ones`;
  const loosest = must === "atMost" ? samples.greatest : samples.least;
  if (loosest !== undefined && !isStricter(wanted, loosest, must))
    return { keeps: wanted, value: null, remark: `${would}, and nothing could be past it` };
  const keeps = meaningful(wanted, samples);
  if (isStricter(keeps, now, must) && past(bad, keeps, must) <= past(bad, now, must))
    return {
      keeps,
      value: null,
      remark: `${keeps} would keep ${percent(keep)} of the good ones, but finds no more of the bad ones than now`,
    };
  if (keeps !== wanted)
    return {
      keeps,
      value: keeps,
      remark: `${would}; ${must === "atMost" ? "less" : "more"} than ${keeps} means nothing`,
    };
  return { keeps, value: keeps, remark: allAlike(good) };
}

/** The nearest value that means something. */
function meaningful(value: number, { least = -Infinity, greatest = Infinity }: LimitSamples): number {
  return Math.min(greatest, Math.max(least, value));
}

function isStricter(value: number, than: number, must: Judged["must"]): boolean {
  return must === "atMost" ? value < than : value > than;
}

interface Sorted {
  readonly must: Judged["must"];
  readonly good: readonly number[];
  readonly bad: readonly number[];
}

function atLimit({ must, good, bad }: Sorted, value: number): AtLimit {
  return {
    value,
    detection: shareOf(past(bad, value, must), bad.length),
    falseAlarms: shareOf(past(good, value, must), good.length),
  };
}

/** How many are on the wrong side; ascending values. */
function past(sorted: readonly number[], limit: number, must: Judged["must"]): number {
  let [low, high] = [0, sorted.length];
  // The first value that is above the limit, or, for atLeast, not below it.
  while (low < high) {
    const middle = (low + high) >> 1;
    const value = sorted[middle] as number;
    if (must === "atMost" ? value > limit : value >= limit) high = middle;
    else low = middle + 1;
  }
  return must === "atMost" ? sorted.length - low : low;
}

function negated(sorted: readonly number[]): readonly number[] {
  return sorted.map((value) => -value).reverse();
}

/** Every value that was seen, as the limit; first the strictest, at which (nearly) everything is past. */
function curveOf(of: Sorted): readonly CurvePoint[] {
  const values = [...new Set([...of.good, ...of.bad])].sort((a, b) => (of.must === "atMost" ? a - b : b - a));
  return values.map((value) => {
    const { detection, falseAlarms } = atLimit(of, value);
    return { value, detection: detection.share, falseAlarms: falseAlarms.share };
  });
}

function bestOf(curve: readonly CurvePoint[]): CurvePoint | null {
  let best: CurvePoint | null = null;
  let most = 0;
  for (const point of curve) {
    const gain = point.detection - point.falseAlarms;
    if (gain <= most) continue;
    most = gain;
    best = point;
  }
  return best;
}

/** How often a bad one is worse than a good one, equal ones half (Mann and Whitney 1947). */
function areaOf({ must, good, bad }: Sorted): number {
  const below = (sorted: readonly number[], value: number): number => past(sorted, value, "atLeast");
  let worse = 0;
  for (const value of bad) {
    const [less, equal] = [below(good, value), good.length - past(good, value, "atMost") - below(good, value)];
    worse += (must === "atMost" ? less : good.length - less - equal) + equal / 2;
  }
  return worse / (good.length * bad.length);
}

/** Ends stay; between them evenly by place. */
function thinned(curve: readonly CurvePoint[]): readonly CurvePoint[] {
  const most = LIMITS.calibrationCurvePointsMax;
  if (curve.length <= most) return curve;
  return Array.from({ length: most }, (_, i) => curve[Math.round((i * (curve.length - 1)) / (most - 1))] as CurvePoint);
}

function spread(sorted: readonly number[]): readonly [number, number, number] | null {
  const [lowest, highest] = [sorted[0], sorted.at(-1)];
  return lowest === undefined || highest === undefined ? null : [lowest, quantile(sorted, 0.5), highest];
}

/** Three digits, rounded to the side on which the good ones stay good. */
export function outward(value: number, must: Judged["must"]): number {
  // So small that its own digits can't be counted.
  if (Math.abs(value) < 1e-200) return value === 0 ? 0 : value;
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2);
  const steps = value / step;
  const whole = must === "atMost" ? Math.ceil(steps - 1e-9) : Math.floor(steps + 1e-9);
  return Number((whole * step).toPrecision(3));
}

function tooFew(good: number, keep: number): string {
  return `${good} good ${good === 1 ? "one" : "ones"}; a limit that keeps ${percent(keep)} of them needs at least ${casesFor(keep)}`;
}

function allAlike(good: readonly number[]): string | null {
  const [first] = good;
  return good.every((each) => each === first)
    ? `all good ones have ${first ?? 0}: the least difference would be past it`
    : null;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(3))} %`;
}
