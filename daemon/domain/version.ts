/**
 * A version's own papers besides its record (`assetJson.ts`): claim, wedges.json, frames.sha256, commit.json. Pure: rows in, text out, the same
 * text for the same rows (a roll-forward after a crash must not change a byte). Nothing inside a version changes after its
 * commit; who chose and approved is in the log beside it.
 */
import { chunkLabel, chunksOf } from "./chunks.ts";
import { versionName, wedgeName } from "./ids.ts";
import { checksumLines } from "./assetFiles.ts";
import { prettyJson } from "./canonicalJson.ts";
import { worstVerdict } from "./qc.ts";
import type { StepPlan } from "./plan.ts";
import { triesOfWedge } from "./qcTries.ts";
import { applyingWaivers } from "./qcWaivers.ts";
import { recordOf } from "./recordPlan.ts";
import type { Redact } from "./redaction.ts";
import { redactFields } from "./redaction.ts";
import type { VersionFile, VersionFacts, VersionFrame } from "./versionFacts.ts";

/** The tombstone of a number: stays for ever, says who had it. Two claims are the same when job, step and store agree. */
export function claimText(claim: {
  readonly version: number;
  readonly product: string;
  readonly job: string;
  readonly step: string;
  readonly store: string;
  readonly node: string;
  readonly fence: number;
}): string {
  return `${JSON.stringify({ hotplate: 1, ...claim }, null, 2)}\n`;
}

export function isOurClaim(text: string, ours: { readonly step: string; readonly store: string }): boolean {
  try {
    const claim = JSON.parse(text) as { step?: unknown; store?: unknown };
    return claim.step === ours.step && claim.store === ours.store;
  } catch {
    // Unreadable: somebody's, and certainly not ours, for ours appear whole.
    return false;
  }
}

/** Wedge index -> axis values, seed, state, verdict; failed, rejected and canceled ones with the reason. */
export function wedgesJson(facts: VersionFacts, redact: Redact): string {
  const { texts } = recordOf(facts.plan);
  const wedges = facts.plan.wedges.map((wedge) => {
    const frames = facts.frames.filter((frame) => frame.wedge === wedge.index);
    const missing = frames.filter((frame) => frame.state !== "committing" && frame.state !== "done");
    const blended = frames.filter((frame) => frame.of.length > 0);
    const single = frames.filter((frame) => frame.unblended !== null);
    return {
      wedge: wedgeName(wedge.index),
      axes: redactFields(wedge.axes, texts, redact),
      parameters: redactFields(wedge.parameters, texts, redact),
      seed: wedge.seed,
      state: frames.length > 0 && missing.length === 0 ? "candidate" : "missing",
      qc: frames.some((frame) => frame.inspection !== null)
        ? worstVerdict(frames.flatMap((frame) => (frame.inspection === null ? [] : [frame.inspection.verdict])))
        : null,
      missing: missing.map(missingEntry),
      ...triesEntry(facts, wedge.index),
      ...waivedEntry(facts, wedge.index),
      ...(blended.length === 0 ? {} : { blended: blended.map(blendedEntry) }),
      ...(single.length === 0
        ? {}
        : { unblended: single.map(({ frame, unblended }) => ({ frame, reason: unblended })) }),
      files: facts.files.filter((file) => file.wedge === wedge.index).map((file) => file.path),
    };
  });
  return prettyJson({
    schema: "hotplate-wedges/1",
    version: versionName(facts.version),
    product: facts.plan.target.product,
    ...chunksEntry(facts.plan),
    wedges,
  });
}

/** Checks whose findings a person let stand; qc.json says who, and why. */
function waivedEntry(facts: VersionFacts, wedge: number): object {
  const own = applyingWaivers(facts.waivers ?? [], facts).filter((one) => one.wedge === wedgeName(wedge));
  return own.length === 0 ? {} : { waived: [...new Set(own.map(({ check }) => check))] };
}

/** Seeds that were tried before `seed`, which made the files; qc.json says more of them. */
function triesEntry({ tries, version }: VersionFacts, wedge: number): object {
  const own = triesOfWedge(tries ?? [], { wedge, version });
  if (own.length === 0) return {};
  return { tries: own.map(({ try: n, seed, check, reason }) => ({ try: n, seed, check, reason })) };
}

/** Which frames were made together; nothing where each was made by itself. */
function chunksEntry(plan: StepPlan): object {
  const { chunks } = plan;
  if (chunks === undefined || chunks === null) return {};
  return { chunks: { ...chunks, list: chunksOf(plan).map((chunk) => chunkLabel(plan, chunk.first) ?? "still") } };
}

function blendedEntry(frame: VersionFrame): object {
  const share = (value: number): number => Math.round(value * 1e6) / 1e6;
  return { frame: frame.frame, of: frame.of.map((one) => ({ chunk: one.chunk, share: share(one.share) })) };
}

function missingEntry(task: VersionFrame): {
  readonly frame: number | null;
  readonly state: string;
  readonly reason: string;
} {
  const reason =
    task.failure === null
      ? task.state === "canceled"
        ? "canceled by a person"
        : "unknown"
      : `${task.failure.code}: ${task.failure.message}`;
  return { frame: task.frame, state: task.failure?.class === "qc" ? "rejected" : task.state, reason };
}

/** `sha256sum -c .hotplate/frames.sha256`, run in the version's own folder. */
export function framesSha256(files: readonly VersionFile[]): string {
  return checksumLines(files);
}

export interface CommitEntry {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Written last; names every other file of the version with size and hash. */
export function commitJson(facts: VersionFacts, entries: readonly CommitEntry[]): string {
  return prettyJson({
    schema: "hotplate-commit/1",
    version: versionName(facts.version),
    product: facts.plan.target.product,
    job: facts.job.id,
    step: facts.stepId,
    fence: facts.fence,
    store: facts.store,
    committedAt: facts.at,
    files: [...entries].sort((a, b) => (a.path < b.path ? -1 : 1)),
  });
}
