/**
 * What profiles, recipes, `hotplate.yaml` and manifests may say of QC, in one form: limits and severity of a check, the gate,
 * and what a failure sets off. What is said by whom counts for how much: `qcChoice.ts`.
 */
import { z } from "zod";
import { LIMITS } from "./limits.ts";
import type { Severity } from "./qc.ts";

const severity = z
  .enum(["fail", "warn", "measure"])
  .describe(
    "fail: its warnings fail. warn: its failures warn. measure: shown, never gated (a check that is on trial).",
  );

/** Limits by their names; `severity` is no limit. */
export interface CheckLimits {
  readonly severity?: Severity | undefined;
  readonly [limit: string]: number | Severity | undefined;
}
// The schema's own type would have every key, severity too, be a number.
export const checkWishSchema = z.object({ severity: severity.optional() }).catchall(z.number()) as unknown as z.ZodType<
  CheckLimits,
  CheckLimits
>;

/** Check -> limits and severity that differ; empty: none; off: it does not look. */
export const checkWishesSchema = z.record(
  z.string(),
  z.union([checkWishSchema, z.literal("off"), z.null()]).describe("Limits and severity, nothing, or off."),
);
export type CheckWishes = z.infer<typeof checkWishesSchema>;
export type CheckWish = CheckWishes[string];

export const gateSchema = z
  .enum(["reject", "hold", "warn"])
  .describe("What happens to a result that fails: quarantine, wait for a person, or pass marked.");

export const onFailSchema = z
  .union([
    z.enum(["reject", "hold"]),
    z.strictObject({
      retry: z
        .strictObject({
          seeds: z
            .number()
            .int()
            .min(1)
            .max(LIMITS.seedTriesMax)
            .describe("How many other seeds are tried for the whole variation before the gate decides.")
            .meta({ examples: [2] }),
        })
        .describe("Other seeds first, where another seed may cure the fault.")
        .meta({ examples: [{ seeds: 2 }] }),
    }),
  ])
  .describe("A failure: reject or hold (as gate), or retry with other seeds first, where another seed may cure it.")
  .meta({ examples: [{ retry: { seeds: 2 } }, "hold"] });
export type OnFail = z.infer<typeof onFailSchema>;

export interface QcWishes {
  readonly profile?: string | undefined;
  readonly checks?: CheckWishes | undefined;
  readonly gate?: z.infer<typeof gateSchema> | undefined;
  readonly onFail?: OnFail | undefined;
}

/** The fields that recipes and hotplate.yaml share. */
export const qcWishFields = {
  profile: z.string().optional().describe("Name of a QC profile: config/qc, or a studio's own."),
  checks: checkWishesSchema.optional().describe("Over the profile's: limits and severity by check; off takes one out."),
  gate: gateSchema.optional(),
  onFail: onFailSchema.optional(),
};

export const qcSettingsSchema = z
  .strictObject({
    recipes: z
      .record(z.string(), z.strictObject(qcWishFields))
      .default({})
      .describe("Recipe -> what is different for it on this node."),
    shows: z
      .record(
        z.string(),
        z.strictObject({
          ...qcWishFields,
          recipes: z
            .record(z.string(), z.strictObject(qcWishFields))
            .default({})
            .describe("Recipe -> what is different for it in this show."),
        }),
      )
      .default({})
      .describe("Show -> what is different there."),
  })
  .default({ recipes: {}, shows: {} })
  .describe("QC by recipe and by show, over what the recipe says and under what a manifest says (docs/qc.md).");
export type QcSettings = z.infer<typeof qcSettingsSchema>;

/** Limits and severity apart. */
export function partsOf(wish: CheckWish | undefined): {
  readonly limits: Readonly<Record<string, number>>;
  readonly severity: Severity | undefined;
} {
  if (wish === undefined || wish === null || wish === "off") return { limits: {}, severity: undefined };
  const { severity: said, ...limits } = wish;
  return { limits: limits as Readonly<Record<string, number>>, severity: said };
}
