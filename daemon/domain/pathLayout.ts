/**
 * A layout as it is written (config/layouts/*.yaml, `paths.layouts` in hotplate.yaml) and as it is used: where plates lie,
 * where results go, and what stands beside them for people. A key that is none of the known ones is an alias (`@name`).
 */
import { z } from "zod";
import type { PathTemplate } from "./pathTemplateParse.ts";
import type { TokenText, TokenType } from "./pathToken.ts";
import { tokenSchema } from "./pathToken.ts";

const exampleSchema = z.union([
  z.string().min(1),
  z.strictObject({ path: z.string().min(1), tokens: z.record(z.string(), z.string()).optional() }),
]);
const templateSchema = z.union([
  z.string().min(1).max(1_000),
  z.strictObject({
    path: z.string().min(1).max(1_000),
    extends: z.string().min(1).describe("The template that it may fit beside; it goes first."),
  }),
]);

type Example = z.infer<typeof exampleSchema>;
type TemplateEntry = z.infer<typeof templateSchema>;
export interface LayoutText {
  readonly like?: string | undefined;
  readonly tokens: Readonly<Record<string, TokenText>>;
  readonly ambiguous: readonly string[];
  readonly examples: Readonly<Record<string, readonly Example[]>>;
  /** Templates and aliases, by name. */
  readonly templates: Readonly<Record<string, TemplateEntry>>;
}

/** `like`: what is not said here is taken from that layout. `ambiguous`: plate templates that may be read in two ways. */
export const layoutSchema = z
  .object({
    like: z.string().optional().describe("The layout from which all else is taken."),
    tokens: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/), tokenSchema).optional(),
    ambiguous: z
      .array(z.string())
      .optional()
      .describe("Plate templates that may be read in more than one way; such a plate is refused with the candidates."),
    examples: z.record(z.string(), z.array(exampleSchema)).optional().describe("Checked at every start."),
  })
  .catchall(templateSchema)
  .transform(({ like, tokens, ambiguous, examples, ...templates }): LayoutText => {
    return { like, tokens: tokens ?? {}, ambiguous: ambiguous ?? [], examples: examples ?? {}, templates };
  })
  .describe("Where plates lie and where results go; docs/paths.md.");

/** Where results can go; each is a whole: the version's folder, and what lies beside it for people. */
export const DESTINATIONS = ["beside", "work", "publish"] as const;
export type Destination = (typeof DESTINATIONS)[number];

/** Every template that has a meaning; all others are aliases. */
export const TEMPLATE_NAMES = [
  "plate",
  ...DESTINATIONS,
  "review",
  "contact",
  "qc",
  "sheet",
  "state",
  ...DESTINATIONS.map((name) => `${name}_state`),
  "node_report",
  "day_report",
] as const;

export interface Place {
  readonly to: Destination;
  /** One result file. */
  readonly file: PathTemplate;
  /** The version's folder: what appears whole. */
  readonly version: PathTemplate;
  /** The folder above it, which holds the versions of one stream. */
  readonly product: PathTemplate;
  /** The stream's own state: claims, staging, quarantine. */
  readonly state: PathTemplate;
  /** Contact sheet inside the version. */
  readonly sheet: PathTemplate;
  readonly review: PathTemplate;
  readonly contact: PathTemplate;
  readonly qc: PathTemplate;
}

export interface PathLayout {
  readonly name: string;
  readonly types: Readonly<Record<string, TokenType>>;
  /** Read in this order: what extends another goes first. */
  readonly plates: readonly PathTemplate[];
  readonly places: Readonly<Partial<Record<Destination, Place>>>;
  /** All of them, for `hotplate path explain` and for the proof that every folder of ours comes from one. */
  readonly templates: readonly PathTemplate[];
  /** Template -> the one that it extends. */
  readonly extended: Readonly<Record<string, string>>;
}

/** What is wrong with a layout, at one of its keys. */
export interface LayoutProblem {
  /** Below the layout: `["plate"]`, `["tokens", "seq", "match"]`; empty: the layout as a whole. */
  readonly at: readonly (string | number)[];
  readonly message: string;
  readonly found?: string;
  readonly expected?: string;
  readonly nearest?: string | null;
}
