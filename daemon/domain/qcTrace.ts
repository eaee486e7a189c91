/**
 * Traces: what checks of scope `sequence` and `set` keep of each frame while it is in memory, so that nothing is decoded for them
 * again, and what becomes of them when all frames are there. A trace that could not be made is told, never left out in silence.
 */
import type { Check, CheckInput, Trace, TracedFrame } from "../plugin.ts";
import { isPromise } from "./checkAnswer.ts";
import { messageOf } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import type { QcRequest } from "./plan.ts";
import type { SharedInput } from "./qcInput.ts";

export type TraceScope = "sequence" | "set";

/** What one check kept of one frame. */
export interface KeptTrace {
  readonly check: string;
  readonly version: number;
  readonly trace: Trace | null;
  /** Why there is none although nothing is wrong: no plate, no mask, no readable pixels; null: the check kept nothing, or has one. */
  readonly because: string | null;
  /** Why it could not be made. */
  readonly problem: string | null;
}

/** The checks asked for that keep something of a frame. */
export function tracingChecks(
  checks: readonly Check[],
  requests: readonly QcRequest[],
  scopes: readonly TraceScope[],
): readonly Check[] {
  return checks.filter(
    (check) =>
      check.trace !== undefined &&
      scopes.some((scope) => scope === check.scope) &&
      requests.some((request) => request.check === check.id),
  );
}

export function traceFrame(checks: readonly Check[], requests: readonly QcRequest[], input: SharedInput) {
  return checks.map((check): KeptTrace => {
    const kept = { check: check.id, version: check.version, trace: null, because: null, problem: null };
    const { plate, mask } = input;
    if (check.needs.includes("plate") && plate === null && input.plateProblem !== null)
      return { ...kept, problem: `the plate could not be decoded: ${input.plateProblem}` };
    if (check.needs.includes("mask") && mask === null && input.maskProblem !== null)
      return { ...kept, problem: `the mask could not be used: ${input.maskProblem}` };
    const missing = check.needs.find((need) => need !== "frames" && input[need] === null);
    if (missing !== undefined && missing !== "frames") return { ...kept, because: MISSING[missing] };
    const limits = { ...check.limits, ...requests.find((request) => request.check === check.id)?.limits };
    return { ...kept, ...made(check, { ...input, limits }) };
  });
}

export const MISSING: Readonly<Record<Check["needs"][number], string>> = {
  result: "the result has no readable pixels (see file.decodes)",
  plate: "there is no plate",
  mask: "there is no mask: the whole frame may change",
  frames: "there is no sequence",
};

/** Plugins are plain JavaScript at run time: what they keep is checked, not trusted, and its getters may throw. */
function made(check: Check, input: CheckInput): Pick<KeptTrace, "trace" | "problem"> {
  try {
    return keptOf(check.trace?.(input) ?? null);
  } catch (thrown) {
    return { trace: null, problem: `it broke: ${messageOf(thrown).slice(0, LIMITS.checkMessageCharactersMax)}` };
  }
}

function keptOf(trace: Trace | null): Pick<KeptTrace, "trace" | "problem"> {
  if (trace === null) return { trace: null, problem: null };
  if (isPromise(trace)) return { trace: null, problem: "it kept a promise, and trace() must answer at once" };
  const { numbers, digest } = trace;
  if (!(numbers instanceof Float32Array)) return { trace: null, problem: "it kept no Float32Array" };
  if (numbers.length > LIMITS.traceNumbersMax)
    return { trace: null, problem: `it kept ${numbers.length} numbers; at most ${LIMITS.traceNumbersMax}` };
  if (digest === undefined) return { trace: { numbers }, problem: null };
  if (typeof digest !== "string" || digest.length > LIMITS.traceDigestCharactersMax)
    return { trace: null, problem: `its digest is no text of at most ${LIMITS.traceDigestCharactersMax} characters` };
  return { trace: { numbers, digest }, problem: null };
}

export type Series =
  | { readonly kind: "series"; readonly frames: readonly TracedFrame[] }
  /** Why it says nothing of this work. */
  | { readonly kind: "because"; readonly because: string }
  /** Why it could not look. */
  | { readonly kind: "problem"; readonly problem: string };

/** `kept` null: nothing could be read of that frame. Read one by one, so that all are never in memory twice. */
export function seriesOf(
  frames: readonly Omit<TracedFrame, "trace">[],
  kept: (index: number) => KeptTrace | null,
): Series {
  const out: TracedFrame[] = [];
  const reasons = new Set<string | null>();
  let numbers = 0;
  for (const [index, { wedge, frame, seed, axes }] of frames.entries()) {
    const one = kept(index);
    const where = frame === null ? `wedge ${wedge}` : `frame ${frame}`;
    if (one === null) return { kind: "problem", problem: `what is kept of ${where} can't be read` };
    if (one.problem !== null) return { kind: "problem", problem: `${where}: ${one.problem}` };
    numbers += one.trace?.numbers.length ?? 0;
    if (numbers > LIMITS.seriesNumbersMax)
      return {
        // Nobody looked: a sequence that is too long for a check is no pass.
        kind: "problem",
        problem: `${frames.length} pictures keep more than the ${LIMITS.seriesNumbersMax} numbers that fit in memory; make the sequence in parts, or leave the check out`,
      };
    if (one.trace === null) reasons.add(one.because);
    out.push({ wedge, frame, seed, axes, trace: one.trace });
  }
  const [reason] = reasons;
  const nothing = out.every((each) => each.trace === null);
  if (nothing && reasons.size === 1 && typeof reason === "string") return { kind: "because", because: reason };
  return { kind: "series", frames: out };
}
