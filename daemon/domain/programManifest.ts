/**
 * The manifest of a check that is a program, in whatever language: `NAME.check.yaml` (or `.json`) in a plugin folder. It says
 * what the check is, as a check's object does, and which program is asked. Text in, manifest or problem out.
 */
import { parse } from "yaml";
import { z } from "zod";
import { byteCount } from "./byteSize.ts";
import { CHECK_FIELDS, JUDGES_STRANGE, judgesItsLimits } from "./checkFields.ts";
import { messageOf } from "./errors.ts";
import { LIMITS } from "./limits.ts";

const bytes = (ceiling: number, what: string) =>
  z
    .string()
    .refine((text) => (byteCount(text) ?? Infinity) <= ceiling, `a size like 512MiB or 4GB, at most ${ceiling} bytes`)
    .transform((text) => byteCount(text) ?? 0)
    .describe(what);

const word = z
  .string()
  .max(LIMITS.programWordCharactersMax)
  .refine((text) => !text.includes("\0"), "must hold no zero byte");

const fields = z.strictObject({
  ...CHECK_FIELDS,
  scope: CHECK_FIELDS.scope.default("frame"),
  limits: CHECK_FIELDS.limits.default({}),
  // A program brings its own models.
  infers: z.undefined().optional(),
  command: z
    .array(word)
    .min(1)
    .max(LIMITS.programWordsMax)
    .describe("Program and arguments, run in the manifest's folder without a shell."),
  mode: z
    .enum(["once", "serve"])
    .default("once")
    .describe("once: started for every frame. serve: kept, one line per question and per answer."),
  pixels: z
    .enum(["none", "raw"])
    .default("none")
    .describe("raw: the decoded samples of result, plate and mask as plain little-endian files."),
  facts: z
    .array(z.enum(["luma", "header"]))
    .default([])
    .describe("Facts that Hotplate computes and sends along."),
  timeoutSeconds: z
    .number()
    .min(0.1)
    .max(LIMITS.programMsMax / 1000)
    .default(LIMITS.programMs / 1000)
    .describe("Of one look."),
  idleSeconds: z
    .number()
    .min(1)
    .max(LIMITS.programIdleMsMax / 1000)
    .default(LIMITS.programIdleMs / 1000)
    .describe("A served program ends after so long without a question."),
  memoryMax: bytes(LIMITS.programMemoryBytesCeiling, "Address space.").default(LIMITS.programMemoryBytesMax),
  answerMax: bytes(LIMITS.programAnswerBytesCeiling, "Of one answer.").default(LIMITS.programAnswerBytesMax),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), word)
    .refine((all) => Object.keys(all).length <= LIMITS.programVariablesMax, `at most ${LIMITS.programVariablesMax}`)
    .default({})
    .describe("Further environment; nothing else is passed on but PATH, HOME, TMPDIR and the locale."),
});

/** Over many frames no pixels are in memory: such a program is given names of files, and reads what it wants. */
const programSchema = fields
  .refine(({ scope, pixels }) => scope === "frame" || pixels === "none", "pixels: raw goes with scope frame only")
  .refine(({ scope, facts }) => scope === "frame" || facts.length === 0, "facts go with scope frame only")
  .refine(
    ({ scope, needs }) => scope === "frame" || needs.every((need) => need === "frames" && scope === "sequence"),
    "over many frames only a sequence needs anything, and that is frames",
  );
export type ProgramManifest = z.infer<typeof programSchema>;

export type ProgramReading =
  | { readonly kind: "program"; readonly manifest: ProgramManifest }
  | { readonly kind: "refused"; readonly message: string };

export function readProgramManifest(text: string): ProgramReading {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    return { kind: "refused", message: `it is neither YAML nor JSON: ${messageOf(error).split("\n")[0] ?? ""}` };
  }
  const parsed = programSchema.refine(judgesItsLimits, JUDGES_STRANGE).safeParse(value);
  if (parsed.success) return { kind: "program", manifest: parsed.data };
  const words = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
  return { kind: "refused", message: `it is no check: ${words.join("; ")}` };
}
