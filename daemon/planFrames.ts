/** Which frames of a plate a manifest means, and what is wrong with them: gaps, frames that are not there, ranges. */
import { formatFrames, parseFrames } from "./domain/frames.ts";
import type { Manifest } from "./domain/manifestSchema.ts";
import type { MatchedFrame, PlatePattern } from "./domain/sequence.ts";
import { gapsIn } from "./domain/sequence.ts";
import type { Finding } from "./planFinding.ts";

export interface ChosenFrames {
  readonly frames: readonly MatchedFrame[];
  readonly findings: readonly Finding[];
}

export function chooseFrames(
  manifest: Manifest,
  matched: readonly MatchedFrame[],
  pattern: PlatePattern,
): ChosenFrames {
  const inPlate = typeof manifest.plate === "object" ? manifest.plate.frames : undefined;
  const asked = manifest.sweep?.frames ?? inPlate;
  const at = manifest.sweep?.frames === undefined ? ["plate", "frames"] : ["sweep", "frames"];
  if (pattern.padding === 0 && asked !== undefined) {
    const message = `"${pattern.text}" is one image; it has no frames to choose from.`;
    const action = "Take frames out, or name the sequence with ####.";
    return none({ code: "HP-MANIFEST-FRAMES", path: at, message, action });
  }
  if (pattern.padding === 0) return { frames: matched, findings: [] };
  if (asked === undefined) return allFrames(matched);
  return askedFrames(matched, { text: Array.isArray(asked) ? asked.join(",") : String(asked), at });
}

function none(finding: Finding): ChosenFrames {
  return { frames: [], findings: [finding] };
}

function numbers(matched: readonly MatchedFrame[]): readonly number[] {
  return matched.flatMap((m) => (m.frame === null ? [] : [m.frame]));
}

/** Every frame of the plate; a gap is a fault until the manifest says which frames it means. */
function allFrames(matched: readonly MatchedFrame[]): ChosenFrames {
  const present = numbers(matched);
  const gaps = gapsIn(present);
  if (gaps.length === 0) return { frames: matched, findings: [] };
  const there = formatFrames(present);
  return none({
    code: "HP-PLATE-FRAMES",
    path: ["plate"],
    message: `Plate has no frames ${formatFrames(gaps)} (${gaps.length} of ${present.length + gaps.length}). Fix it, or add frames: ${there}.`,
    found: there,
    expected: formatFrames([...present, ...gaps].sort((a, b) => a - b)),
    action: `Fix the plate, or add frames: ${there}.`,
  });
}

function askedFrames(
  matched: readonly MatchedFrame[],
  asked: { readonly text: string; readonly at: readonly string[] },
): ChosenFrames {
  const { text, at } = asked;
  const range = parseFrames(text);
  if (!range.ok) {
    return none({
      code: "HP-MANIFEST-FRAMES",
      path: at,
      message: `frames: ${text} can't be read: ${range.message}.`,
      found: text,
      expected: "1001-1100, 1001-1100:2 or a list",
      action: `${range.fix[0]?.toUpperCase()}${range.fix.slice(1)}.`,
    });
  }
  const present = new Set(numbers(matched));
  const missing = range.frames.filter((frame) => !present.has(frame));
  if (missing.length > 0) {
    const there = formatFrames([...present]);
    const message = `Plate has no frames ${formatFrames(missing)} (${missing.length} of ${range.frames.length}). It has ${there}.`;
    return none({ code: "HP-PLATE-FRAMES", path: at, message, found: text, expected: `frames of ${there}` });
  }
  const wanted = new Set(range.frames);
  const frames = matched.filter((m) => m.frame !== null && wanted.has(m.frame));
  const message = `Some frames stand twice in ${text}; each is made once.`;
  return {
    frames,
    findings: range.overlap ? [{ code: "HP-MANIFEST-FRAMES", severity: "warning", path: at, message }] : [],
  };
}
