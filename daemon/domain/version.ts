/**
 * A version's own papers: claim, wedges.json, asset.json, frames.sha256, commit.json. Pure: rows in, text out, the same
 * text for the same rows (a roll-forward after a crash must not change a byte). Nothing inside a version changes after its
 * commit; who chose and approved is in the log beside it.
 */
import { versionName, wedgeName } from "./ids.ts";
import type { RanModel } from "./ranOn.ts";
import type { StepPlan } from "./plan.ts";
import { worstVerdict } from "./qc.ts";
import type { MachineRecord, VersionFile, VersionFacts, VersionTask } from "./versionFacts.ts";
import { assetId, assetRef, sourceType } from "./assetPointer.ts";
import { canonicalJson } from "./canonicalJson.ts";

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
export function wedgesJson(facts: VersionFacts): string {
  const wedges = facts.plan.wedges.map((wedge) => {
    const tasks = facts.tasks.filter((task) => task.wedge === wedge.index);
    const whole = tasks.length > 0 && tasks.every((task) => task.state === "committing" || task.state === "done");
    return {
      wedge: wedgeName(wedge.index),
      axes: wedge.axes,
      parameters: wedge.parameters,
      seed: wedge.seed,
      state: whole ? "candidate" : "missing",
      qc: tasks.some((task) => task.inspection !== null)
        ? worstVerdict(tasks.flatMap((task) => (task.inspection === null ? [] : [task.inspection.verdict])))
        : null,
      missing: tasks.filter((task) => task.state !== "committing" && task.state !== "done").map(missingEntry),
      files: facts.files.filter((file) => file.wedge === wedge.index).map((file) => file.path),
    };
  });
  return pretty({
    schema: "hotplate-wedges/1",
    version: versionName(facts.version),
    product: facts.plan.target.product,
    wedges,
  });
}

function missingEntry(task: VersionTask): {
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
  return files.map((file) => `${file.sha256}  ${file.path}\n`).join("");
}

export interface CommitEntry {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Written last; names every other file of the version with size and hash. */
export function commitJson(facts: VersionFacts, entries: readonly CommitEntry[]): string {
  return pretty({
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

/** `ai-asset/1`: every field that is known now; what later capabilities know is null, never invented. */
export function assetJson(facts: VersionFacts, machine: MachineRecord): string {
  const { plan, job } = facts;
  const verdicts = facts.tasks.flatMap((task) => (task.inspection === null ? [] : [task.inspection.verdict]));
  const gpuSeconds = facts.tasks.reduce((sum, task) => sum + (task.gpuSeconds ?? 0), 0);
  return pretty({
    schema: "ai-asset/1",
    id: assetId(facts),
    ref: assetRef({ show: job.show, product: plan.target.product, version: facts.version, wedge: null }),
    simulated: machine.simulated,
    entity: { show: job.show, product: plan.target.product, version: facts.version, name: plan.target.name },
    digitalSourceType: sourceType(plan),
    files: fileSets(facts),
    inputs: inputs(plan),
    recipe: {
      name: plan.recipe.name,
      version: plan.recipe.version,
      sha256: plan.recipe.sha256,
      approval: facts.ran.approval,
    },
    engine: { name: "ComfyUI", versions: engineVersions(facts, machine), simulated: machine.simulated },
    graph: { file: ".hotplate/graph.api.json", sha256: facts.graphSha256 },
    parameters: sharedParameters(plan),
    seed: { policy: "per-wedge", base: plan.wedges[0]?.seed ?? null },
    models: facts.ran.models.map(modelPaper),
    nodePacks: facts.ran.nodePacks.map((name) => ({ name, repo: null, commit: null })),
    plugins: facts.checks,
    machine: {
      node: machine.node,
      os: machine.os,
      cpu: machine.cpu,
      gpus: machine.devices,
      torch: machine.torch,
      hotplate: machine.hotplate,
    },
    wedges: { count: plan.wedges.length, axes: axes(plan), file: "wedges.json" },
    derivedFrom: [],
    determinism: { grade: "recorded", checkedBy: null },
    color: { in: plan.plate?.colorspace ?? null, model: "sRGB", out: "as the model returned it" },
    disclosure: {
      generative: null,
      final: false,
      depictsPerformer: "unknown",
      consentRef: null,
      thirdPartyIP: "unknown",
      clientApprovalRef: null,
      trainingOnInputs: false,
    },
    qc: { verdict: verdicts.length === 0 ? null : worstVerdict(verdicts), report: ".hotplate/qc.json" },
    review: { log: "../.hotplate/approvals.jsonl" },
    job: {
      id: job.id,
      name: job.name,
      manifestSha256: job.manifestSha256,
      manifest: job.manifestText,
      requestedBy: job.requestedBy,
      acceptedAt: new Date(job.createdAt).toISOString(),
      committedAt: facts.at,
      gpuSeconds: Math.round(gpuSeconds * 1000) / 1000,
    },
    signature: null,
  });
}

/** What made these files, where that is on record; else what this node has now. */
function engineVersions(facts: VersionFacts, machine: MachineRecord): readonly string[] {
  return facts.ran.comfyVersions.length > 0 ? facts.ran.comfyVersions : machine.comfyVersions;
}

function modelPaper(model: RanModel): object {
  const { folder, file, sha256, bytes } = model;
  const known = {
    name: file,
    folder,
    sha256,
    bytes,
    format: /\.([A-Za-z0-9]+)$/.exec(file)?.[1]?.toLowerCase() ?? null,
  };
  return sha256 === null ? { ...known, note: "unknown hash: the slot names no model directories" } : known;
}

function fileSets(facts: VersionFacts): readonly object[] {
  return facts.files.map((file) => ({
    path: file.path,
    frame: file.frame,
    wedge: facts.plan.wedges.length > 1 ? wedgeName(file.wedge) : null,
    bytes: file.bytes,
    sha256: file.sha256,
    role: "beauty",
  }));
}

function inputs(plan: StepPlan): readonly object[] {
  if (plan.plate === null) return [];
  const { plate } = plan;
  return [
    {
      role: "plate",
      pattern: plate.pattern,
      dir: plate.dir,
      width: plate.width,
      height: plate.height,
      files: plate.frames.map((frame) => ({
        path: frame.path,
        frame: frame.frame,
        bytes: frame.bytes,
        mtimeNs: frame.mtimeNs,
      })),
    },
  ];
}

/** Parameters that every wedge has alike; the others are in wedges.json. */
function sharedParameters(plan: StepPlan): Readonly<Record<string, unknown>> {
  const first = plan.wedges[0];
  if (first === undefined) return {};
  return Object.fromEntries(
    Object.entries(first.parameters).filter(([name, value]) =>
      plan.wedges.every((wedge) => wedge.parameters[name] === value),
    ),
  );
}

function axes(plan: StepPlan): Readonly<Record<string, readonly string[]>> {
  const out: Record<string, string[]> = {};
  for (const wedge of plan.wedges) {
    for (const [axis, label] of Object.entries(wedge.axes)) {
      const labels = (out[axis] ??= []);
      if (!labels.includes(label)) labels.push(label);
    }
  }
  return out;
}

/** Sorted keys, so that equal records are equal bytes; indented, because people open these files. */
function pretty(value: object): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(value)), null, 2)}\n`;
}
