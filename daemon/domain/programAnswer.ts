/**
 * What a check's program printed, as an answer or as the sentence that says what is wrong with it. Only the form is judged
 * here; whether the answer proves anything is `qcRun`'s to say, for programs as for objects.
 */
import { z } from "zod";
import type { CheckAnswer } from "../plugin.ts";

export type ProgramAnswer =
  | { readonly kind: "answer"; readonly answer: CheckAnswer }
  /** It says nothing about this frame, and why. */
  | { readonly kind: "notApplied"; readonly because: string }
  | { readonly kind: "fault"; readonly sentence: string; readonly hint: string };

const HINT = "Print one JSON object to standard output and everything else to standard error.";
const FIELDS = "verdict, measures, message, hint, evidence, notApplied";

/** Field names only: `qcRun` looks at the values of every check's answer. */
const answerSchema = z.strictObject({
  verdict: z.unknown(),
  measures: z.unknown(),
  message: z.unknown(),
  hint: z.unknown().optional(),
  evidence: z.unknown().optional(),
});
const notAppliedSchema = z.strictObject({ notApplied: z.string() });

export function readProgramAnswer(text: string): ProgramAnswer {
  const printed = text.trim();
  if (printed === "") return { kind: "fault", sentence: "it printed nothing", hint: HINT };
  let value: unknown;
  try {
    value = JSON.parse(printed);
  } catch {
    // Python writes NaN where JSON has no word for it.
    const notANumber = /[:[,]\s*-?(NaN|Infinity)\b/.test(printed);
    const sentence = notANumber
      ? "it wrote NaN or Infinity, for which JSON has no word"
      : `it printed no JSON but ${JSON.stringify(start(printed))}`;
    return { kind: "fault", sentence, hint: notANumber ? "Answer with verdict error instead." : HINT };
  }
  const notApplied = notAppliedSchema.safeParse(value);
  if (notApplied.success) return { kind: "notApplied", because: notApplied.data.notApplied };
  const parsed = answerSchema.safeParse(value);
  if (parsed.success) return { kind: "answer", answer: value as CheckAnswer };
  const [issue] = parsed.error.issues;
  const strange = issue?.code === "unrecognized_keys" ? `it has the unknown field ${issue.keys.join(", ")}` : null;
  return { kind: "fault", sentence: strange ?? "it is no object with an answer's fields", hint: `Fields: ${FIELDS}.` };
}

const SHOWN_CHARACTERS = 80;

function start(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}
