/**
 * What qc.json says of waivers: those that apply to what the version holds, beside the findings, which stay as they were found. One
 * whose picture or check changed since is void and left out; the store's log keeps it.
 */
import { z } from "zod";
import { wedgeName } from "./ids.ts";
import type { Inspection } from "./qc.ts";
import type { VersionFile, VersionFrame } from "./versionFacts.ts";
import type { Waiver } from "./waiver.ts";
import { isWaived } from "./waiver.ts";

export const qcWaiverSchema = z.strictObject({
  id: z.number().int(),
  wedge: z.string(),
  frame: z.number().int().nullable(),
  sha256: z.string().describe("Of the picture that it is bound to."),
  check: z.string(),
  version: z.number().int().describe("Of the check that it is bound to."),
  result: z.enum(["warn", "fail"]).describe("What was let stand."),
  measures: z.array(
    z.strictObject({ name: z.string(), value: z.number(), unit: z.string(), limit: z.number().nullable() }),
  ),
  by: z.string(),
  reason: z.string(),
  at: z.string().describe("ISO 8601, UTC."),
});
export type QcWaiver = z.infer<typeof qcWaiverSchema>;

export function applyingWaivers(
  waivers: readonly Waiver[],
  of: {
    readonly files: readonly VersionFile[];
    readonly frames: readonly VersionFrame[];
    /** By wedge: what was said of its frames together. */
    readonly sequences?: ReadonlyMap<number, Pick<Inspection, "findings">>;
  },
): readonly QcWaiver[] {
  const hashes = new Map(of.files.map(({ wedge, frame, sha256 }) => [`${wedge}/${frame}`, sha256]));
  const seen = new Map(of.frames.map(({ wedge, frame, inspection }) => [`${wedge}/${frame}`, inspection]));
  return waivers
    .filter((waiver) => {
      const key = `${waiver.wedge}/${waiver.frame}`;
      const sha256 = hashes.get(key);
      const findings = [...(seen.get(key)?.findings ?? []), ...(of.sequences?.get(waiver.wedge)?.findings ?? [])];
      return sha256 !== undefined && findings.some((finding) => isWaived(finding, sha256, [waiver]));
    })
    .map(({ id, wedge, frame, sha256, check, version, verdict, measures, by, reason, at }) => ({
      id,
      wedge: wedgeName(wedge),
      frame,
      sha256,
      check,
      version,
      result: verdict,
      measures: measures.map(({ name, value, unit, limit }) => ({ name, value, unit, limit })),
      by,
      reason,
      at: new Date(at).toISOString(),
    }));
}
