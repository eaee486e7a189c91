/** What a manifest means, as the API says it: its plan, or everything that is wrong with it. Rules as in `shapes.ts`. */
import { z } from "zod";

const count = z.number().int().min(0);

const problemOfManifest = z.strictObject({
  code: z.string(),
  severity: z.enum(["error", "warning"]),
  file: z.string().nullable(),
  line: z.number().int().nullable(),
  col: z.number().int().nullable(),
  message: z.string(),
  found: z.string().nullable(),
  expected: z.string().nullable(),
  nearest: z.string().nullable(),
  action: z.string(),
});

/** What a manifest means, or what is wrong with it: `?dry_run=true` and `hotplate validate --json`. */
export const verdictShape = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("plan"),
      name: z.string(),
      show: z.string(),
      priority: z.number().int(),
      tasks: count,
      gpuSeconds: z.number().nullable().describe("The recipes' own estimate; null when one of them makes none."),
      steps: z.array(
        z.strictObject({
          name: z.string(),
          recipe: z.string(),
          product: z.string(),
          frames: z.array(z.number().int().nullable()),
          chunks: z
            .strictObject({
              perTask: count,
              overlap: count,
              how: z.enum(["batch", "clip"]),
              seam: z.enum(["blend", "drop"]),
              short: z.enum(["shift", "shorten"]),
              list: z.array(z.string()).describe("1001-1008"),
            })
            .nullable()
            .describe("Frames together: one task each; null where a task is one frame."),
          plate: z.string().nullable(),
          landsIn: z.string().describe("The product's folder: the next free v### in it."),
          review: z.string(),
          qc: z
            .strictObject({
              profile: z.string().nullable().describe("null: the manifest lists the checks."),
              by: z.string().nullable().describe("Who named the profile; default: nobody did."),
              gate: z.enum(["reject", "hold", "warn"]),
              retrySeeds: count.describe("Other seeds that are tried before the gate decides."),
              checks: z.array(z.string()),
            })
            .describe("How its results are looked at."),
          wedges: z.array(
            z.strictObject({
              wedge: z.string(),
              axes: z.record(z.string(), z.string()),
              parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
              seed: z.string(),
            }),
          ),
        }),
      ),
      notes: z.array(z.string()),
      problems: z.array(problemOfManifest).describe("Warnings."),
    }),
    z.strictObject({ kind: z.literal("rejected"), problems: z.array(problemOfManifest) }),
    z.strictObject({ kind: z.literal("waiting"), reason: z.string(), problems: z.array(problemOfManifest) }),
  ])
  .meta({ id: "Verdict" });
export type VerdictShape = z.infer<typeof verdictShape>;
