/**
 * The log of what people decided about a product's versions: lines of JSON, each with the hash of the one before it, so that a
 * line that was changed, taken out or put in is seen. Never edited; what is approved or pinned now follows from reading it
 * from its beginning. Pure: hashing is handed in.
 */
import { z } from "zod";
import { canonicalJson } from "./canonicalJson.ts";
import { LIMITS } from "./limits.ts";

const SUBJECT = /^v\d{3,9}(\/w\d{3,5})?$/;

const hex = z.string().regex(/^[0-9a-f]{64}$/);
export const approvalLineSchema = z.strictObject({
  /** UTC, ISO 8601. */
  ts: z.string().max(40),
  who: z.string().min(1).max(200),
  via: z.enum(["command", "folder", "web", "tracker"]),
  /** How sure it is that it was them: a login is strong, a local account or a file's owner weak. */
  assurance: z.enum(["strong", "weak"]),
  /** `v007` or `v007/w032`. */
  subject: z.string().regex(SUBJECT),
  action: z.enum(["approve", "retake", "omit", "select", "reject", "pin", "unpin", "waive", "unwaive"]),
  from: z.string().max(40).nullable(),
  to: z.string().max(40).nullable(),
  note: z.string().max(4_000),
  frame: z.number().int().optional(),
  /** Of waive and unwaive: which check of which version, in which pictures, with the values at the time. */
  waives: z
    .strictObject({
      check: z.string().max(200),
      version: z.number().int(),
      pictures: z
        .array(
          z.strictObject({
            wedge: z.string().max(16),
            frame: z.number().int().nullable(),
            sha256: hex,
            measures: z.array(z.strictObject({ name: z.string(), value: z.number(), limit: z.number() })),
          }),
        )
        .max(LIMITS.waivedPicturesMax),
    })
    .optional(),
  /** Of the version's commit.json when it was decided: another one, and the decision does not hold for it. */
  commitSha256: hex,
  /** sha256 of the line before, without its end; null: the first. */
  prev: hex.nullable(),
});
export type ApprovalLine = Readonly<z.infer<typeof approvalLineSchema>>;
export type Decision = Omit<ApprovalLine, "prev" | "from" | "to">;

type Sha256 = (text: string) => string;

export interface LogReading {
  /** Lines that can be read, in order. */
  readonly lines: readonly ApprovalLine[];
  /** 1-based line, and what is wrong with it. */
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

/** Reads the lines and follows the chain. A line that can't be read decides nothing; its hash still counts for the next one. */
export function readLog(texts: readonly string[], sha256: Sha256): LogReading {
  const lines: ApprovalLine[] = [];
  const problems: { line: number; message: string }[] = [];
  for (const [index, text] of texts.entries()) {
    const before = texts[index - 1];
    const parsed = approvalLineSchema.safeParse(jsonOf(text));
    if (!parsed.success) {
      const where = parsed.error.issues[0]?.path.join(".") ?? "";
      problems.push({
        line: index + 1,
        message: where === "" ? "it is no line of this log" : `${where} is not as we write it`,
      });
      continue;
    }
    const expected = before === undefined ? null : sha256(before);
    if (parsed.data.prev !== expected) problems.push({ line: index + 1, message: broken(index, parsed.data.prev) });
    lines.push(parsed.data);
  }
  return { lines, problems };
}

function broken(index: number, prev: string | null): string {
  if (index === 0) return "lines before it were taken out: the first line names one before it";
  if (prev === null) return "it says that it is the first line";
  return "the line before it is not the one that it was written after: changed, taken out or put in";
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON is no line of the log: said by the schema.
    return null;
  }
}

/** The next line's text, without its end. */
export function lineAfter(texts: readonly string[], decision: Decision, sha256: Sha256): string {
  const before = texts.at(-1);
  const from = standing(readLog(texts, sha256).lines).states.get(decision.subject) ?? null;
  const line: ApprovalLine = {
    ...decision,
    from,
    to: stateAfter(decision.action, from),
    prev: before === undefined ? null : sha256(before),
  };
  return canonicalJson(line);
}

const STATES = { approve: "approved", retake: "retake", omit: "omitted", select: "select", reject: "reject" } as const;

/** Pins and waivers change no review state. */
function stateAfter(action: ApprovalLine["action"], from: string | null): string | null {
  return isBeside(action) ? from : STATES[action];
}

/** It decides nothing about the subject's review state. */
export function isBeside(action: string): action is "pin" | "unpin" | "waive" | "unwaive" {
  return action === "pin" || action === "unpin" || action === "waive" || action === "unwaive";
}

/** Waivers of a subject (a version's hold for its variations) that nobody took back, made for this very commit: of another they are void. */
export function standingWaivers(
  lines: readonly ApprovalLine[],
  of: { readonly subject: string; readonly commitSha256: string },
): readonly ApprovalLine[] {
  const within = (subject: string): boolean =>
    subject === of.subject || of.subject.startsWith(`${subject}/`) || subject.startsWith(`${of.subject}/`);
  let out: ApprovalLine[] = [];
  for (const line of lines) {
    if (line.commitSha256 !== of.commitSha256 || line.waives === undefined || !within(line.subject)) continue;
    if (line.action === "waive") out.push(line);
    else out = out.filter((one) => one.subject !== line.subject || one.waives?.check !== line.waives?.check);
  }
  return out;
}

export interface Standing {
  /** The newest approval that was not taken back: what `@approved` and approved.json mean. */
  readonly approved: ApprovalLine | null;
  /** Subjects whose approval stands: never collected. */
  readonly approvals: ReadonlySet<string>;
  readonly pinned: ReadonlySet<string>;
  /** Subject -> its review state by the last decision. */
  readonly states: ReadonlyMap<string, string>;
  /** Subject -> its last decision other than pins. */
  readonly last: ReadonlyMap<string, ApprovalLine>;
}

/** The later decision wins; a retake or omit of a version also ends the approval of its wedges. */
export function standing(lines: readonly ApprovalLine[]): Standing {
  const states = new Map<string, string>();
  const last = new Map<string, ApprovalLine>();
  const pinned = new Set<string>();
  let approvals: ApprovalLine[] = [];
  for (const line of lines) {
    if (line.action === "pin") pinned.add(line.subject);
    else if (line.action === "unpin") pinned.delete(line.subject);
    else if (!isBeside(line.action)) {
      if (line.to !== null) states.set(line.subject, line.to);
      last.set(line.subject, line);
      approvals = approvals.filter((one) => one.subject !== line.subject && !endedBy(one, line));
      if (line.action === "approve") approvals.push(line);
    }
  }
  return {
    approved: approvals.at(-1) ?? null,
    approvals: new Set(approvals.map((line) => line.subject)),
    pinned,
    states,
    last,
  };
}

function endedBy(approval: ApprovalLine, line: ApprovalLine): boolean {
  return (line.action === "retake" || line.action === "omit") && approval.subject.startsWith(`${line.subject}/`);
}

/** `v007/w032` -> [7, 32]; `v007` -> [7, null]. */
export function subjectParts(subject: string): { readonly version: number; readonly wedge: number | null } {
  const [version = "", wedge] = subject.split("/");
  return { version: Number(version.slice(1)), wedge: wedge === undefined ? null : Number(wedge.slice(1)) };
}
