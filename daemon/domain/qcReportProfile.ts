/**
 * The profile part of qc.json: which checks were asked for, what each is (version, layer, scope), and of every limit in force
 * where it comes from. EBU QC's words: `usedAs` report is a check that measures and gates nothing.
 */
import { z } from "zod";
import type { QcPlan, QcRequest } from "./plan.ts";
import type { InstalledCheck } from "./qc.ts";

export const qcProfilePartSchema = z.strictObject({
  name: z.string().nullable().optional().describe("The profile in force; null: the manifest lists the checks."),
  by: z.string().optional().describe("Who named it: the recipe, hotplate.yaml, the manifest; or default."),
  provenance: z.string().optional().describe("What the profile says of where its limits come from."),
  gate: z.enum(["reject", "hold", "warn"]),
  retry: z
    .strictObject({ seeds: z.number().int(), by: z.string() })
    .optional()
    .describe("So many other seeds are tried before the gate decides, where another seed may cure the fault."),
  off: z
    .array(z.strictObject({ check: z.string(), by: z.string() }))
    .optional()
    .describe("Checks that would look and were taken out, and by whom; absent: none, or a report of before."),
  checks: z.array(
    z.strictObject({
      check: z.string(),
      version: z.number().int().optional(),
      layer: z.enum(["essence", "container", "crosscheck"]).optional(),
      scope: z.enum(["frame", "sequence", "set"]).optional(),
      finds: z.string().optional().describe("What it finds, in its own words."),
      severity: z.enum(["fail", "warn", "measure"]).optional().describe("Absent: the check's own word counts."),
      usedAs: z.enum(["check", "report"]).optional().describe("report: measured and shown, never gated."),
      limits: z.record(z.string(), z.number()),
      limitsFrom: z.record(z.string(), z.string()).optional().describe("Limit -> where the value in force comes from."),
    }),
  ),
});
export type QcProfilePart = z.infer<typeof qcProfilePartSchema>;

export function profilePart(qc: QcPlan, installed: readonly InstalledCheck[]): QcProfilePart {
  const { profile, retry } = qc;
  return {
    ...(profile === undefined ? { name: null } : profile),
    gate: qc.gate,
    ...(retry === undefined ? {} : { retry: { seeds: retry.seeds, by: retry.by } }),
    ...(qc.off === undefined || qc.off.length === 0 ? {} : { off: qc.off.map((one) => ({ ...one })) }),
    checks: qc.checks.map((request) => checkPart(request, installed)),
  };
}

function checkPart(request: QcRequest, installed: readonly InstalledCheck[]): QcProfilePart["checks"][number] {
  const { check: id, limits, severity, from } = request;
  const check = installed.find((known) => known.id === id);
  return {
    check: id,
    ...(check === undefined ? {} : { version: check.version, ...kindOf(check), ...limitsFrom(check, from) }),
    ...(severity === undefined ? {} : { severity }),
    usedAs: usedAs(severity),
    limits: { ...limits },
  };
}

/** What a check is, as reports say it. */
export function kindOf({ layer, scope, finds }: InstalledCheck): Pick<QcProfilePart["checks"][number], "finds"> & {
  readonly layer: NonNullable<InstalledCheck["layer"]>;
  readonly scope: InstalledCheck["scope"];
} {
  return { layer: layer ?? "essence", scope, ...(finds === undefined ? {} : { finds }) };
}

export function usedAs(severity: QcRequest["severity"]): "check" | "report" {
  return severity === "measure" ? "report" : "check";
}

/** A plan of before says nothing of its limits: then they are what the check or nobody said. */
function limitsFrom(
  check: InstalledCheck,
  from: QcRequest["from"],
): Pick<QcProfilePart["checks"][number], "limitsFrom"> {
  const known = from ?? {};
  return Object.keys(check.limits).length === 0 && Object.keys(known).length === 0 ? {} : { limitsFrom: { ...known } };
}
