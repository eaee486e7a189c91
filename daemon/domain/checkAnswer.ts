/**
 * Reads what a check handed over. Plugins are plain JavaScript at run time and programs print what they like: an answer is copied to
 * plain data first, field by field to a bounded depth, and only the copy is looked at. Getters may throw: whoever reads catches.
 */
import type { CheckAnswer } from "../plugin.ts";
import { LIMITS } from "./limits.ts";
import type { Measure } from "./qc.ts";
import { evidenceFault } from "./qcEvidence.ts";

export type AnswerReading =
  | { readonly kind: "answer"; readonly answer: CheckAnswer }
  | { readonly kind: "fault"; readonly fault: string };

const FIELDS = ["verdict", "measures", "message", "hint", "evidence"] as const;
const VERDICTS: readonly unknown[] = ["pass", "warn", "fail", "error"];
const UNITS: readonly unknown[] = ["code", "stop", "ratio", "px", "count", "bit", "bool"];
const SIDES: readonly unknown[] = ["atMost", "atLeast", "equal", undefined];

/** @throws whatever a getter of the answer throws. */
export function readAnswer(given: unknown): AnswerReading {
  if (isPromise(given)) return { kind: "fault", fault: "it is a promise, and run() must answer at once" };
  if (typeof given !== "object" || given === null) return { kind: "fault", fault: "it is no object" };
  const copy = plainFields(given, FIELDS);
  if (copy.kind === "fault") return copy;
  const fault = faultOf(copy.data);
  return fault === null ? { kind: "answer", answer: copy.data as unknown as CheckAnswer } : { kind: "fault", fault };
}

/** What is wrong with the answer of `applies`; null: it is null, or a reason. */
export function reasonFault(because: unknown): string | null {
  const max = LIMITS.checkMessageCharactersMax;
  if (because === null) return null;
  if (typeof because === "string" && because.trim() !== "" && because.length <= max) return null;
  const found =
    typeof because === "string"
      ? because.trim() === ""
        ? "an empty text"
        : `a text of ${because.length} characters`
      : kindOf(because);
  return `its reason for not applying is ${found}; it must be null, or a text of 1 to ${max} characters`;
}

function kindOf(value: unknown): string {
  if (isPromise(value)) return "a promise";
  if (typeof value === "boolean" || typeof value === "number") return String(value);
  return value === undefined ? "nothing" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Listens to it, too: a promise that is refused and that nobody listens to ends the process. */
export function isPromise(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("then" in value) || typeof value.then !== "function")
    return false;
  void Promise.resolve(value).catch(() => undefined);
  return true;
}

type Plain = Record<string, unknown>;

/** Copies only these fields, whatever else is there. No recursion: what is nested too deep is an answer, no overflow. */
function plainFields(
  given: object,
  names: readonly string[],
): { readonly kind: "data"; readonly data: Plain } | { readonly kind: "fault"; readonly fault: string } {
  const data: Plain = {};
  const waiting: {
    readonly from: Plain;
    readonly keys: readonly string[] | number;
    readonly to: Plain;
    depth: number;
  }[] = [{ from: given as Plain, keys: names, to: data, depth: 0 }];
  let left: number = LIMITS.checkAnswerValuesMax;
  for (let step = waiting.pop(); step !== undefined; step = waiting.pop()) {
    const { from, keys, to, depth } = step;
    const count = typeof keys === "number" ? keys : keys.length;
    left -= count;
    if (left < 0) return { kind: "fault", fault: `it has more than ${LIMITS.checkAnswerValuesMax} values` };
    for (let index = 0; index < count; index += 1) {
      const key = typeof keys === "number" ? String(index) : (keys[index] as string);
      const value = from[key];
      if (typeof value !== "object" || value === null) {
        if (key !== "__proto__") to[key] = isData(value) ? value : undefined;
        continue;
      }
      if (depth === LIMITS.checkAnswerDepthMax)
        return { kind: "fault", fault: `it is nested more than ${LIMITS.checkAnswerDepthMax} deep` };
      const list = Array.isArray(value);
      const inner = (list ? [] : {}) as Plain;
      if (key !== "__proto__") to[key] = inner;
      // Samples are no answer: they are left out, and what should have stood there is missed.
      const inside = list ? value.length : ArrayBuffer.isView(value) ? [] : Object.keys(value);
      waiting.push({ from: value as Plain, keys: inside, to: inner, depth: depth + 1 });
    }
  }
  return { kind: "data", data };
}

function isData(value: unknown): boolean {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function faultOf({ verdict, measures, message, hint, evidence }: Plain): string | null {
  if (!VERDICTS.includes(verdict)) return "its verdict is none of pass, warn, fail, error";
  if (typeof message !== "string" || message.trim() === "") return "it has no message";
  if (hint !== undefined && typeof hint !== "string") return "its hint is no text";
  if (evidence !== undefined) {
    const bad = evidenceFault(evidence);
    if (bad !== null) return bad;
  }
  if (!Array.isArray(measures)) return "its measures are no list";
  if (measures.length > LIMITS.checkMeasuresMax) return `it has more than ${LIMITS.checkMeasuresMax} measures`;
  if (measures.length === 0 && verdict !== "error") return "a verdict without a measure proves nothing";
  for (const [index, measure] of measures.entries()) {
    const wrong = measureFault(measure);
    if (wrong !== null) return `measure ${index + 1} ${wrong}`;
  }
  return null;
}

function measureFault(measure: unknown): string | null {
  if (typeof measure !== "object" || measure === null) return "is no object";
  const { name, value, unit, limit, must, frame } = measure as Plain;
  if (typeof name !== "string" || name.trim() === "") return "has no name";
  if (name.length > LIMITS.checkNameCharactersMax)
    return `has a name of ${name.length} characters; at most ${LIMITS.checkNameCharactersMax}`;
  if (!Number.isFinite(value)) return "has no finite value";
  if (!UNITS.includes(unit)) return `has no unit of ${UNITS.join(", ")}`;
  if (limit !== null && !Number.isFinite(limit)) return "has a limit that is neither null nor a finite number";
  if (!SIDES.includes(must)) return "has a must that is none of atMost, atLeast, equal";
  const isFrame = frame === undefined || frame === null || Number.isSafeInteger(frame);
  return isFrame ? null : "has a frame that is no whole number";
}

/** Only the fields that we know: what goes into a record was written by a stranger. */
export function knownFields(measure: Measure, frame: number | null): Measure {
  const { name, value, unit, limit, must } = measure;
  return { name, value, unit, limit, ...(must === undefined ? {} : { must }), frame: measure.frame ?? frame };
}
