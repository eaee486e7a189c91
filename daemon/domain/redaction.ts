/**
 * `privacy: redact`: words of a person leave the node as a salted hash only. Equal words of one version have equal hashes, of
 * two versions different ones; who knows the words and the node's key can prove that they were these. Pure.
 */
import type { JsonScalar, StepPlan } from "./plan.ts";
import { recordOf } from "./recordPlan.ts";

/** A text as it is published. */
export type Redact = (text: string) => string;

export const PUBLISH_AS_IT_IS: Redact = (text) => text;

const MARK = "redacted:sha256:";

/** `key`: the node's own, never published. `salt`: the version's id. */
export function redactor(
  sha256: (text: string) => string,
  of: { readonly key: string; readonly salt: string },
): Redact {
  return (text) => (text === "" ? "" : MARK + sha256(`${of.key}\n${of.salt}\n${text}`));
}

export function isRedacted(value: JsonScalar): boolean {
  return typeof value === "string" && value.startsWith(MARK);
}

/** `texts`: the names that hold words. */
export function redactFields<T extends JsonScalar>(
  fields: Readonly<Record<string, T>>,
  texts: readonly string[],
  redact: Redact,
): Readonly<Record<string, T | string>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "string" && texts.includes(name) ? redact(value) : value,
    ]),
  );
}

/** The plan as sheets and reports may show it: words that wedges are told apart by are hashes, as in `wedges.json`. */
export function withoutWords(plan: StepPlan, redact: Redact): StepPlan {
  const { texts } = recordOf(plan);
  return { ...plan, wedges: plan.wedges.map((wedge) => ({ ...wedge, axes: redactFields(wedge.axes, texts, redact) })) };
}
