/**
 * Which class a failure belongs to. The classes are `domain/retry`'s; what belongs to which is data (`config/rules.yaml`),
 * so that a site teaches Hotplate a new driver's words without a release. Matching is by names and by substrings, never by
 * patterns: a rule file can't make the daemon slow. Reading the file is `adapters/rules`.
 */
import { isMap, isSeq, parseDocument } from "yaml";
import { z } from "zod";
import { ERRORS } from "./errors.ts";
import type { ErrorCode } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { FAILURE_CLASSES } from "./retry.ts";
import type { Failure, FailureClass } from "./retry.ts";
import { inWords } from "./failureWords.ts";
import type { Recipe } from "./recipe.ts";

/** What ComfyUI said about a prompt that it refused, failed or interrupted. */
export interface ComfyError {
  readonly kind: "refused" | "failed" | "interrupted";
  /** The Python exception (`torch.OutOfMemoryError`) or the validation error's type (`value_not_in_list`). */
  readonly exceptionType: string | null;
  readonly graphNode: string | null;
  readonly classType: string | null;
  readonly message: string;
}

/** What went wrong: an answer of ComfyUI, or a call that got none (errno name, `HTTP 503`, or a code of our own). */
export type Trouble =
  | { readonly kind: "comfy"; readonly error: ComfyError }
  | { readonly kind: "system"; readonly code: string; readonly message: string };

const words = z.array(z.string().min(1).max(LIMITS.ruleWordCharactersMax)).min(1);

const ruleSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
  class: z.enum(FAILURE_CLASSES),
  code: z
    .string()
    .refine((code): code is ErrorCode => code in ERRORS, "is not an error code of Hotplate")
    .describe("The error code that people see."),
  when: z
    .strictObject({
      kind: z
        .array(z.enum(["refused", "failed", "interrupted", "system"]))
        .min(1)
        .optional(),
      exception: words.optional().describe("Whole exception or validation type; `.Name` matches any module's Name."),
      message: words.optional().describe("Substrings of the message; case does not matter."),
      graphClass: words.optional().describe("Class of the graph node that failed."),
      code: words.optional().describe("errno name or `HTTP 503` of a call that got no answer."),
    })
    .refine((when) => Object.keys(when).length > 0, "must say at least one thing")
    .describe("Every key given must match; any one word of a key is enough."),
  say: z.string().min(1).max(LIMITS.ruleSentenceCharactersMax).optional().describe("A sentence before ComfyUI's own."),
});
export type Rule = Readonly<z.infer<typeof ruleSchema>>;

export interface RuleBook {
  /** In file order: the first that matches decides. */
  readonly rules: readonly Rule[];
  /** What was skipped and why; never silent. */
  readonly skipped: readonly { readonly line: number | null; readonly message: string }[];
}

/** Reads rules; each bad one is skipped with its line and the rest stay in force. */
export function parseRules(text: string): RuleBook {
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true });
  const lineOf = (offset: number | undefined): number | null =>
    offset === undefined ? null : text.slice(0, offset).split("\n").length;
  const first = document.errors[0];
  if (first !== undefined) return { rules: [], skipped: [{ line: lineOf(first.pos[0]), message: first.message }] };
  const list = isMap(document.contents) ? document.get("rules", true) : null;
  if (!isSeq(list)) return { rules: [], skipped: [{ line: 1, message: "There is no list `rules`." }] };
  const rules: Rule[] = [];
  const skipped: { line: number | null; message: string }[] = [];
  for (const [index, item] of list.items.entries()) {
    const range = typeof item === "object" && item !== null && "range" in item ? item.range : undefined;
    const line = lineOf(Array.isArray(range) && typeof range[0] === "number" ? range[0] : undefined);
    const skip = (message: string): void => void skipped.push({ line, message });
    if (index >= LIMITS.rulesMax) {
      skip(`More than ${LIMITS.rulesMax} rules; the rest is not read.`);
      break;
    }
    const parsed = ruleSchema.safeParse(
      isMap(item) ? item.toJS(document, { maxAliasCount: LIMITS.yamlAliasesMax }) : item,
    );
    if (!parsed.success) skip(`Rule ${index + 1}: ${issueText(parsed.error)}`);
    else if (rules.some((rule) => rule.id === parsed.data.id))
      skip(`Rule ${index + 1}: id "${parsed.data.id}" stands twice.`);
    else rules.push(parsed.data);
  }
  return { rules, skipped };
}

function issueText(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join(".") || "rule"}: ${issue.message}`).join("; ");
}

/**
 * The failure in the product's words. `recipe`, when given, turns graph node ids into titles and inputs into parameters.
 * Never throws: what no rule knows is `node_error` (a graph node spoke) or `other`.
 */
export function classify(rules: readonly Rule[], trouble: Trouble, recipe?: Recipe): Failure {
  const rule = rules.find((candidate) => matches(candidate.when, trouble));
  const fallback = unknownTrouble(trouble);
  const node = trouble.kind === "comfy" ? trouble.error.graphNode : null;
  return {
    class: rule?.class ?? fallback.class,
    code: rule?.code ?? fallback.code,
    message: inWords(trouble, rule?.say ?? null, recipe),
    ...(node === null ? {} : { graphNode: node }),
  };
}

function unknownTrouble(trouble: Trouble): { readonly class: FailureClass; readonly code: ErrorCode } {
  if (trouble.kind === "system") return { class: "other", code: "HP-INTERNAL" };
  switch (trouble.error.kind) {
    case "refused":
      return { class: "bad_graph", code: "HP-COMFY-REFUSED" };
    case "interrupted":
      return { class: "canceled", code: "HP-COMFY-FAILED" };
    case "failed":
      return { class: "node_error", code: "HP-COMFY-FAILED" };
  }
}

function matches(when: Rule["when"], trouble: Trouble): boolean {
  const error = trouble.kind === "comfy" ? trouble.error : null;
  const message = (error?.message ?? (trouble.kind === "system" ? trouble.message : "")).slice(
    0,
    LIMITS.failureMessageCharactersMax,
  );
  const kind = error?.kind ?? "system";
  if (when.kind !== undefined && !when.kind.includes(kind)) return false;
  if (when.exception !== undefined && !when.exception.some((name) => isException(error?.exceptionType ?? null, name)))
    return false;
  if (when.graphClass !== undefined && !when.graphClass.includes(error?.classType ?? "")) return false;
  if (when.code !== undefined && !(trouble.kind === "system" && when.code.includes(trouble.code))) return false;
  if (when.message === undefined) return true;
  const lower = message.toLowerCase();
  return when.message.some((word) => lower.includes(word.toLowerCase()));
}

/** `.OutOfMemoryError` is any module's; a name without a leading dot is the whole name. */
function isException(found: string | null, name: string): boolean {
  if (found === null) return false;
  return name.startsWith(".") ? found === name.slice(1) || found.endsWith(name) : found === name;
}
