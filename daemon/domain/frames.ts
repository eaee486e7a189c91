/**
 * Frame ranges as a manifest writes them (grammar A of docs/manifest.md): `1001-1100`, `1001-1100:2` or the artists' `x2`,
 * comma lists; negative numbers. The result is a set: sorted, unique. A range is counted before it is expanded.
 */
import { LIMITS } from "./limits.ts";

export type FrameRange =
  | { readonly ok: true; readonly frames: readonly number[]; readonly overlap: boolean }
  | { readonly ok: false; readonly message: string; readonly fix: string };

const ELEMENT = /^(-?\d+)(?:\s*-\s*(-?\d+)(?:\s*[:x]\s*(-?\d+))?)?$/;

export function parseFrames(text: string): FrameRange {
  if (text.trim() === "") return bad("the frame range is empty", "write 1001-1100, or leave frames out");
  const seen = new Set<number>();
  let overlap = false;
  for (const raw of text.split(",")) {
    const element = raw.trim();
    if (element === "") return bad("there is a comma with nothing beside it", "take the comma out");
    const parsed = parseElement(element);
    if (!parsed.ok) return parsed;
    const { first, last, step } = parsed;
    if (seen.size + Math.floor((last - first) / step) + 1 > LIMITS.framesMax) {
      return bad(`more than ${LIMITS.framesMax} frames`, "name fewer frames, or a larger step");
    }
    for (let frame = first; frame <= last; frame += step) {
      if (seen.has(frame)) overlap = true;
      seen.add(frame);
    }
  }
  return { ok: true, frames: [...seen].sort((a, b) => a - b), overlap };
}

type Element =
  | { readonly ok: true; readonly first: number; readonly last: number; readonly step: number }
  | (FrameRange & { ok: false });

function parseElement(element: string): Element {
  if (/\d\.\d|\d\.$/.test(element))
    return bad(`"${element}" is not a whole number`, "subframes are not supported; write whole frames");
  const match = ELEMENT.exec(element);
  if (match === null && /^-?\d+-{1,2}\d+\s*y/.test(element))
    return bad(`"${element}" leaves frames out by y`, "name the frames: 1001-1100:2 or a list");
  if (match === null) return bad(`"${element}" is not a frame or a range`, "write 1001, 1001-1100 or 1001-1100:2");
  const first = Number(match[1]);
  const last = match[2] === undefined ? first : Number(match[2]);
  const step = match[3] === undefined ? 1 : Number(match[3]);
  if (![first, last, step].every(Number.isSafeInteger)) return bad(`"${element}" is too large`, "write a frame number");
  if (step === 0) return bad(`"${element}" has a step of 0`, "write a step of 1 or more");
  if (step < 0 && first >= last)
    return { ok: true, first: first - Math.floor((first - last) / -step) * -step, last: first, step: -step };
  if (step < 0) return bad(`"${element}" counts down from a smaller frame`, `write ${first}-${last}:${-step}`);
  if (first > last) return bad(`"${element}" runs backwards`, `write ${last}-${first}`);
  return { ok: true, first, last, step };
}

function bad(message: string, fix: string): { ok: false; message: string; fix: string } {
  return { ok: false, message, fix };
}

export type FrameSpan = readonly [first: number, last: number];

/** Between the first and the last of ascending frames, those that are not there. Never expanded: a gap may be a billion. */
export function gapsIn(frames: readonly number[]): readonly FrameSpan[] {
  const gaps: FrameSpan[] = [];
  frames.forEach((frame, at) => {
    const before = frames[at - 1];
    if (before !== undefined && frame - before > 1) gaps.push([before + 1, frame - 1]);
  });
  return gaps;
}

export function spanCount(spans: readonly FrameSpan[]): number {
  return spans.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** As ranges, for people: `1003,1004,1010-1020`, steps where there are some; a long list is cut and says so. */
export function spanText(spans: readonly FrameSpan[]): string {
  const shown = spans.slice(0, LIMITS.gapSpansShown);
  const small = spanCount(shown) <= LIMITS.framesMax;
  const text = small
    ? formatFrames(shown.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at)))
    : shown.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(",");
  return spans.length > shown.length ? `${text} and ${spans.length - shown.length} more gaps` : text;
}

/** Canonical text of a sorted set: runs of three or more equal steps as `a-b` or `a-b:s`, the rest as singles. */
export function formatFrames(frames: readonly number[]): string {
  const out: string[] = [];
  for (let at = 0; at < frames.length; ) {
    const first = frames[at] ?? 0;
    const step = (frames[at + 1] ?? first) - first;
    let end = at + 1;
    while (end < frames.length && (frames[end] ?? 0) - (frames[end - 1] ?? 0) === step) end += 1;
    const count = end - at;
    if (count >= 3) {
      out.push(step === 1 ? `${first}-${frames[end - 1]}` : `${first}-${frames[end - 1]}:${step}`);
      at = end;
    } else {
      out.push(String(first));
      at += 1;
    }
  }
  return out.join(",");
}
