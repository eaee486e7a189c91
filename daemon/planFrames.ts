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
): { readonly frames: readonly MatchedFrame[]; readonly findings: readonly Finding[] } {
  const inPlate = typeof manifest.plate === "object" ? manifest.plate.frames : undefined;
  const asked = manifest.sweep?.frames ?? inPlate;
  const at = manifest.sweep?.frames === undefined ? ["plate", "frames"] : ["sweep", "frames"];
  const present = matched.flatMap((m) => (m.frame === null ? [] : [m.frame]));
  if (pattern.padding === 0) {
    if (asked === undefined) return { frames: matched, findings: [] };
    return {
      frames: [],
      findings: [
        {
          code: "HP-MANIFEST-FRAMES",
          path: at,
          message: `"${pattern.text}" is one image; it has no frames to choose from.`,
          action: "Take frames out, or name the sequence with ####.",
        },
      ],
    };
  }
  if (asked === undefined) {
    const gaps = gapsIn(present);
    if (gaps.length === 0) return { frames: matched, findings: [] };
    const total = present.length + gaps.length;
    return {
      frames: [],
      findings: [
        {
          code: "HP-PLATE-FRAMES",
          path: ["plate"],
          message: `Plate has no frames ${formatFrames(gaps)} (${gaps.length} of ${total}). Fix it, or add frames: ${formatFrames(present)}.`,
          found: formatFrames(present),
          expected: formatFrames([...present, ...gaps].sort((a, b) => a - b)),
          action: `Fix the plate, or add frames: ${formatFrames(present)}.`,
        },
      ],
    };
  }
  const text = Array.isArray(asked) ? asked.join(",") : String(asked);
  const range = parseFrames(text);
  if (!range.ok)
    return {
      frames: [],
      findings: [
        {
          code: "HP-MANIFEST-FRAMES",
          path: at,
          message: `frames: ${text} can't be read: ${range.message}.`,
          found: text,
          expected: "1001-1100, 1001-1100:2 or a list",
          action: `${range.fix[0]?.toUpperCase()}${range.fix.slice(1)}.`,
        },
      ],
    };
  const missing = range.frames.filter((frame) => !present.includes(frame));
  if (missing.length > 0) {
    return {
      frames: [],
      findings: [
        {
          code: "HP-PLATE-FRAMES",
          path: at,
          message: `Plate has no frames ${formatFrames(missing)} (${missing.length} of ${range.frames.length}). It has ${formatFrames(present)}.`,
          found: text,
          expected: `frames of ${formatFrames(present)}`,
        },
      ],
    };
  }
  const wanted = new Set(range.frames);
  const warning: Finding[] = range.overlap
    ? [
        {
          code: "HP-MANIFEST-FRAMES",
          severity: "warning",
          path: at,
          message: `Some frames stand twice in ${text}; each is made once.`,
        },
      ]
    : [];
  return { frames: matched.filter((m) => m.frame !== null && wanted.has(m.frame)), findings: warning };
}
