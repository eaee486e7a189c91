/**
 * What a version's papers say of seeds that were given up for another: which, why, with what in them, and where the pictures
 * lie. The pictures are in quarantine beside the version, never in it.
 */
import { z } from "zod";
import { quarantinedPath } from "./naming.ts";
import type { SeedTry } from "./seedRetry.ts";

export const qcTrySchema = z.strictObject({
  try: z.number().int().describe("0: the seed of the plan; then the next ones."),
  seed: z.string(),
  endedAt: z.string().describe("ISO 8601, UTC."),
  result: z.enum(["pass", "warn", "fail"]).nullable(),
  check: z.string().describe("Whose finding decided."),
  reason: z.string(),
  results: z.array(
    z.strictObject({
      frame: z.number().int().nullable(),
      sha256: z.string(),
      bytes: z.number().int(),
      quarantine: z.string().describe("Where the picture lies, relative to the product's folder."),
      result: z.enum(["pass", "warn", "fail", "error"]).nullable().describe("null: QC had not looked at it."),
      findings: z.array(
        z.strictObject({
          check: z.string(),
          version: z.number().int(),
          result: z.enum(["pass", "warn", "fail", "error"]),
          message: z.string(),
        }),
      ),
    }),
  ),
});
export type QcTry = z.infer<typeof qcTrySchema>;

/** Of one wedge, in order; empty: it has the plan's own seed. */
export function triesOfWedge(
  tries: readonly SeedTry[],
  of: { readonly wedge: number; readonly version: number },
): QcTry[] {
  return tries.filter(({ wedge }) => wedge === of.wedge).map((one) => tryPaper(one, of.version));
}

function tryPaper({ n, seed, endedAt, verdict, check, reason, results, wedge }: SeedTry, version: number): QcTry {
  return {
    try: n,
    seed,
    endedAt: new Date(endedAt).toISOString(),
    result: verdict === "error" ? null : verdict,
    check,
    reason,
    results: results.map(({ frame, path, bytes, sha256, verdict: seen, findings }) => ({
      frame,
      sha256,
      bytes,
      quarantine: quarantinedPath({ version, wedge, path }),
      result: seen,
      findings: findings.map(({ verdict: result, ...finding }) => ({ ...finding, result })),
    })),
  };
}
