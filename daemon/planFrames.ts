/**
 * Which frames of a plate a manifest means, and what is wrong with them: gaps, frames that are not there, ranges. Frames are
 * named in three places: in the plate's own name (`x.1001-1058####.exr`), in `plate.frames`, in `sweep.frames`; each chooses
 * from what the one before left.
 */
import { formatFrames, gapsIn, parseFrames, spanCount, spanText } from "./domain/frames.ts";
import { LIMITS } from "./domain/limits.ts";
import type { Manifest } from "./domain/manifestSchema.ts";
import type { MatchedFrame, PlatePattern } from "./domain/sequence.ts";
import type { SequenceRange } from "./domain/sequenceRange.ts";
import { framesOf, rangeSize } from "./domain/sequenceRange.ts";
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
  const named = pattern.range === null ? null : namedInPath(matched, pattern.range);
  if (named !== null && named.findings.length > 0) return named;
  const left = named?.frames ?? matched;
  if (asked !== undefined)
    return askedFrames(left, { text: Array.isArray(asked) ? asked.join(",") : String(asked), at });
  // Tiles of a UDIM set are no sequence in time: a tile that nobody painted is no gap. A range says what it means.
  return named !== null || pattern.kind === "udim" ? { frames: left, findings: [] } : allFrames(matched);
}

function none(finding: Finding): ChosenFrames {
  return { frames: [], findings: [finding] };
}

function numbers(matched: readonly MatchedFrame[]): readonly number[] {
  return matched.flatMap((m) => (m.frame === null ? [] : [m.frame]));
}

/** The frames that the plate's own name gives: all of them must be there. */
function namedInPath(matched: readonly MatchedFrame[], range: SequenceRange): ChosenFrames {
  const size = rangeSize(range);
  if (size > LIMITS.framesMax)
    return none({
      code: "HP-PLATE-TOO-MANY",
      path: ["plate"],
      message: `${range.text} means ${size} frames; one job takes at most ${LIMITS.framesMax}.`,
      found: range.text,
      action: "Name fewer frames.",
    });
  const all = numbers(matched);
  const present = new Set(all);
  const wanted = new Set(framesOf(range));
  const missing = [...wanted].filter((frame) => !present.has(frame)).sort((a, b) => a - b);
  if (missing.length === 0)
    return { frames: matched.filter((m) => m.frame !== null && wanted.has(m.frame)), findings: [] };
  const there = formatFrames(all);
  return none({
    code: "HP-PLATE-FRAMES",
    path: ["plate"],
    message: `Plate has no frames ${formatFrames(missing)} (${missing.length} of ${wanted.size}). It has ${there}.`,
    found: range.text,
    expected: `frames of ${there}`,
    action: "Fix the plate, or the frames in its name.",
  });
}

/** Every frame of the plate; a gap is a fault until the manifest says which frames it means. */
function allFrames(matched: readonly MatchedFrame[]): ChosenFrames {
  const present = numbers(matched);
  const gaps = gapsIn(present);
  if (gaps.length === 0) return { frames: matched, findings: [] };
  const there = formatFrames(present);
  const missing = spanCount(gaps);
  return none({
    code: "HP-PLATE-FRAMES",
    path: ["plate"],
    message: `Plate has no frames ${spanText(gaps)} (${missing} of ${present.length + missing}). Fix it, or add frames: ${there}.`,
    found: there,
    expected: `${present[0]}-${present.at(-1)}`,
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
