/**
 * Frame ranges inside a path (grammar B of docs/sequences.md): `1-10`, `10-1`, `1-10x2` every second, `1-10y2` those that x2
 * leaves out, `1-10:4` staggered (every fourth, then every third ...), lists of them. Order is kept and a frame that stands
 * twice counts where it stood first. Not the grammar of `frames:` in a manifest (domain/frames.ts), where `:` is a step.
 *
 * Must never expand a range to count it or to ask what is in it: somebody will write `1-9999999999`.
 */
import type { ErrorCode } from "./errors.ts";
import { LIMITS } from "./limits.ts";

interface RangeElement {
  readonly first: number;
  readonly last: number;
  /** 1 or more. */
  readonly step: number;
  readonly kind: "step" | "fill" | "stagger";
}

export interface SequenceRange {
  readonly text: string;
  readonly elements: readonly RangeElement[];
}

export type RangeAnswer =
  | { readonly ok: true; readonly range: SequenceRange }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string; readonly fix: string };

const ELEMENT = /^(-?\d+)(?:-(-?\d+)(?:([xy:])(-?\d+))?)?$/;
const KINDS = { x: "step", y: "fill", ":": "stagger" } as const;

/** Spaces and empty places of a list are passed over. Errors: HP-PLATE-PATTERN, HP-PLATE-TOO-MANY. */
export function parseRange(text: string): RangeAnswer {
  const elements: RangeElement[] = [];
  let size = 0;
  for (const part of text.replaceAll(/\s/g, "").split(",")) {
    if (part === "") continue;
    const element = parseElement(part);
    if (typeof element === "string")
      return no("HP-PLATE-PATTERN", `"${part}" ${element}`, "write 1001-1058, 1001-1058x2 or a list");
    elements.push(element);
    size += elementSize(element);
    if (size > LIMITS.sequenceFramesMax)
      return no(
        "HP-PLATE-TOO-MANY",
        `"${text}" means more than ${LIMITS.sequenceFramesMax} frames`,
        "name fewer frames",
      );
  }
  return { ok: true, range: { text, elements } };
}

function parseElement(text: string): RangeElement | string {
  if (/\d\.\d/.test(text)) return "holds a part of a frame; only whole frames are supported";
  const match = ELEMENT.exec(text);
  if (match === null) return "is not a frame or a range";
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  const step = Number(match[4] ?? 1);
  const kind = KINDS[(match[3] ?? "x") as keyof typeof KINDS];
  if (![first, last, step].every(Number.isSafeInteger)) return "is too large";
  if (step === 0) return "has a step of 0";
  // A range that runs down may say so twice: 10-1x-2.
  if (step < 0 && first <= last) return "steps against its own direction";
  return { first, last, step: Math.abs(step), kind };
}

function no(code: ErrorCode, message: string, fix: string): RangeAnswer {
  return { ok: false, code, message, fix };
}

function elementSize(of: RangeElement): number {
  const all = Math.abs(of.last - of.first) + 1;
  const stepped = Math.floor((all - 1) / of.step) + 1;
  return of.kind === "step" ? stepped : of.kind === "fill" ? all - stepped : all;
}

/** Frames as they are written; a frame that two elements name counts twice. */
export function rangeSize(range: SequenceRange): number {
  return range.elements.reduce((sum, element) => sum + elementSize(element), 0);
}

export function rangeHas(range: SequenceRange, frame: number): boolean {
  return range.elements.some((of) => {
    const [low, high] = of.first <= of.last ? [of.first, of.last] : [of.last, of.first];
    if (frame < low || frame > high) return false;
    const onStep = Math.abs(frame - of.first) % of.step === 0;
    return of.kind === "stagger" || onStep === (of.kind === "step");
  });
}

/** Each frame once, in the order that is written. */
export function* framesOf(range: SequenceRange): Generator<number, void, undefined> {
  const several = range.elements.length > 1 || range.elements[0]?.kind === "stagger";
  const seen = new Set<number>();
  for (const element of range.elements) {
    for (const frame of elementFrames(element)) {
      if (several && seen.has(frame)) continue;
      if (several) seen.add(frame);
      yield frame;
    }
  }
}

function* elementFrames(of: RangeElement): Generator<number, void, undefined> {
  if (of.kind === "step") yield* walk(of, of.step);
  else if (of.kind === "stagger") for (let step = of.step; step >= 1; step -= 1) yield* walk(of, step);
  else {
    let at = 0;
    for (const frame of walk(of, 1)) {
      if (at % of.step !== 0) yield frame;
      at += 1;
    }
  }
}

function* walk(of: RangeElement, step: number): Generator<number, void, undefined> {
  const down = of.first > of.last;
  const count = Math.floor(Math.abs(of.last - of.first) / step) + 1;
  for (let at = 0; at < count; at += 1) yield down ? of.first - at * step : of.first + at * step;
}
