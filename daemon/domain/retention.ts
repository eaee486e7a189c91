/**
 * What may be collected and what is kept: rules of time, and reasons that are stronger than any time. Pure. Collected are
 * pixels only, and only for what stays on record well enough to make them again.
 */
import { z } from "zod";
import { subjectParts } from "./approvals.ts";
import type { Standing } from "./approvals.ts";
import { versionName } from "./ids.ts";

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `14d` -> ms; null: no time of that form. */
function durationMs(text: string): number | null {
  const match = /^(\d{1,6})(s|m|h|d|w)$/.exec(text);
  const unit = UNITS[match?.[2] ?? ""];
  return match === null || unit === undefined ? null : Number(match[1]) * unit;
}

const duration = (what: string) =>
  z
    .string()
    .regex(/^\d{1,6}(s|m|h|d|w)$/)
    .describe(what);

export const retentionSchema = z
  .strictObject({
    rejects: duration("Pixels that QC or a person rejected are kept so long. Default: for ever.").optional(),
    wip: duration("Pixels of versions that nobody decided about are kept so long. Default: for ever.").optional(),
    schedule: z
      .string()
      .regex(/^\S+( \S+){4}$/)
      .optional()
      .describe("When the daemon looks, as cron writes it, UTC. Default: never by itself."),
    apply: z.boolean().default(false).describe("false: it only says in its log what it would collect."),
  })
  .default({ apply: false })
  .describe("How long pixels are kept (docs/versions.md).");
/** In a manifest: of its own versions. */
export const manifestRetentionSchema = z
  .strictObject({
    rejects: duration("How long pixels that were rejected are kept. Default: the node's.")
      .optional()
      .meta({ examples: ["14d"] }),
    wip: duration("How long pixels of a version that nobody decided about are kept. Default: the node's.")
      .optional()
      .meta({ examples: ["8w"] }),
  })
  .describe("How long pixels of its versions are kept.");
export type RetentionConfig = z.infer<typeof retentionSchema>;

/** ms; null: for ever. */
export interface RetentionRules {
  readonly rejectsMs: number | null;
  readonly wipMs: number | null;
}

/** What the manifest says comes before what the node's configuration says. */
export function retentionRules(
  config: Pick<RetentionConfig, "rejects" | "wip">,
  manifest: { readonly rejects?: string | undefined; readonly wip?: string | undefined } | undefined,
): RetentionRules {
  const ms = (text: string | undefined): number | null => (text === undefined ? null : durationMs(text));
  return { rejectsMs: ms(manifest?.rejects ?? config.rejects), wipMs: ms(manifest?.wip ?? config.wip) };
}

export interface Kept {
  readonly standing: Standing;
  readonly latest: number | null;
  /** Subjects (`v007`, `v007/w032`) that something alive is made of -> what. */
  readonly referenced: ReadonlyMap<string, string>;
}

/** Why a version or wedge is kept whatever its age; null: age decides. */
export function whyKept(subject: string, kept: Kept): string | null {
  const { version, wedge } = subjectParts(subject);
  const whole = versionName(version);
  const { standing, referenced } = kept;
  for (const [words, subjects] of [
    ["approved", standing.approvals],
    ["pinned", standing.pinned],
  ] as const) {
    if (subjects.has(subject) || subjects.has(whole)) return words;
    // A version can't go while a part of it must stay.
    if (wedge === null && [...subjects].some((one) => one.startsWith(`${whole}/`))) return `a part of it is ${words}`;
  }
  if (wedge === null) {
    const decided = [...standing.states.keys()].find((one) => one === whole || one.startsWith(`${whole}/`));
    if (decided !== undefined) return `somebody decided about ${decided}`;
    if (kept.latest === version) return "it is the latest";
  } else if (standing.states.get(subject) === "select") return "it is a select";
  for (const [one, by] of referenced)
    if (one === subject || one === whole || (wedge === null && one.startsWith(`${whole}/`)))
      return `${by} is made of it`;
  return null;
}

const tombstoneSchema = z.looseObject({
  schema: z.literal("hotplate-collected/1"),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
});
export type Tombstone = z.infer<typeof tombstoneSchema>;

export function readTombstone(text: string): Tombstone | null {
  try {
    const parsed = tombstoneSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    // No JSON is no tombstone of ours.
    return null;
  }
}

export function tombstoneText(of: {
  readonly product: string;
  readonly subject: string;
  readonly why: string;
  readonly at: string;
  readonly files: Tombstone["files"];
  /** What it was made with, as wedges.json or the store knows it. */
  readonly made: unknown;
}): string {
  const { files, ...rest } = of;
  return `${JSON.stringify({ schema: "hotplate-collected/1", ...rest, files }, null, 2)}\n`;
}
