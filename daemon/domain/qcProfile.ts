/**
 * A QC profile: which checks look at the results of a kind of recipe, with which limits (EBU QC's Profile). One YAML file each;
 * shipped ones in config/qc, a studio's beside its checks. Text in, profile or problem out.
 */
import { parse } from "yaml";
import { z } from "zod";
import { messageOf } from "./errors.ts";
import { limitFault } from "./limitFault.ts";
import { nearestWord } from "./nearest.ts";
import type { CheckBook, InstalledCheck } from "./qc.ts";
import { checkWishSchema, gateSchema, onFailSchema, partsOf } from "./qcWishes.ts";

const PROFILE_NAME = /^[a-z][a-z0-9_]{0,63}$/;
/** For recipes that name none: what can be said of any picture. */
export const BASIC_PROFILE = "basic";

export const qcProfileSchema = z.strictObject({
  hotplate: z.literal(1),
  name: z.string().regex(PROFILE_NAME).describe("What recipes and manifests call it."),
  title: z.string().describe("For which kind of work."),
  provenance: z.string().max(2_000).optional().describe("Where its limits come from, in words: kept in qc.json."),
  gate: gateSchema.optional(),
  onFail: onFailSchema.optional(),
  checks: z
    .record(z.string(), checkWishSchema.nullable())
    .describe("Check -> limits and severity that differ from the check's own; empty: none."),
});
export type QcProfile = z.infer<typeof qcProfileSchema>;

export type ProfileReading =
  | { readonly kind: "profile"; readonly profile: QcProfile }
  /** `name`: what it calls itself, as far as that can be read. */
  | { readonly kind: "refused"; readonly message: string; readonly name?: string };

export function readProfile(text: string, installed: readonly InstalledCheck[]): ProfileReading {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    return { kind: "refused", message: `it is no YAML: ${messageOf(error).split("\n")[0] ?? ""}` };
  }
  const says = z.object({ name: z.string().regex(PROFILE_NAME) }).safeParse(value);
  const named = says.success ? says.data : {};
  const parsed = qcProfileSchema.safeParse(value);
  if (!parsed.success) {
    const words = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
    return { kind: "refused", message: `it is no profile: ${words.join("; ")}`, ...named };
  }
  const { gate, onFail } = parsed.data;
  if (gate !== undefined && typeof onFail === "string" && gate !== onFail)
    return { kind: "refused", message: `gate says ${gate}, onFail says ${onFail}: keep one of them`, ...named };
  const faults = Object.entries(parsed.data.checks).flatMap(([id, limits]) =>
    faultOf(id, partsOf(limits).limits, installed),
  );
  if (faults.length > 0) return { kind: "refused", message: faults.join("; "), ...named };
  return { kind: "profile", profile: parsed.data };
}

/** Of a profile whose file can't be used: what is said of it, and what to do; null: it is not such a one. */
export function lostProfile(
  name: string,
  { lostProfiles = {} }: Pick<CheckBook, "lostProfiles">,
): { readonly message: string; readonly action: string } | null {
  const file = Object.hasOwn(lostProfiles, name) ? lostProfiles[name] : undefined;
  if (file === undefined) return null;
  return {
    message: `The QC profile "${name}" can't be used: something is wrong with ${file}.`,
    action: `Have "hotplate doctor" say what is wrong with ${file}; mend it or take it out of its folder, and restart the daemon.`,
  };
}

function faultOf(
  id: string,
  limits: Readonly<Record<string, number>>,
  installed: readonly InstalledCheck[],
): readonly string[] {
  const check = installed.find((each) => each.id === id);
  if (check === undefined) {
    const nearest = nearestWord(
      id,
      installed.map((each) => each.id),
    );
    return [`there is no check ${id}${nearest === null ? "" : ` (nearest: ${nearest})`}`];
  }
  return Object.entries(limits).flatMap(([name, value]) => {
    if (!Object.hasOwn(check.limits, name)) return [`${id} has no limit ${name}`];
    const fault = limitFault(check, name, value);
    return fault === null ? [] : [`${fault.message.slice(0, -1)}; expected ${fault.expected}`];
  });
}
