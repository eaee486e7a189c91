/**
 * Writes the record of a version (`assetRecord.ts`) from rows and hashes: the same text for the same facts. What this node
 * does not know is null or "unknown"; what has no field of its own stands beside it as `x-...`. Pure.
 */
import { channelWords, checksumLines, fileSetsOf, framesOfSet, missingOfSet } from "./assetFiles.ts";
import type { AssetRecord, SourceTerm } from "./assetRecord.ts";
import { modelPaper } from "./assetModels.ts";
import { assetReference } from "./assetPointer.ts";
import { prettyJson } from "./canonicalJson.ts";
import type { ColorRecord } from "./colorRecord.ts";
import { colorRecord } from "./colorRecord.ts";
import type { Measured } from "./determinism.ts";
import { determinismOf } from "./determinism.ts";
import type { StepPlan } from "./plan.ts";
import { worstVerdict } from "./qc.ts";
import { NO_ENTITY } from "./shotEntity.ts";
import { recordOf, sourceUri } from "./recordPlan.ts";
import type { Redact } from "./redaction.ts";
import { redactFields } from "./redaction.ts";
import type { FileHead, InputFacts, MachineRecord, VersionFacts } from "./versionFacts.ts";

/** What the record needs besides the version's facts. */
export interface RecordFacts {
  readonly id: string;
  readonly machine: MachineRecord;
  /** Hex digest of UTF-8 text. */
  readonly sha256: (text: string) => string;
  /** Pattern of a file set -> what its first file's head says; absent: it could not be read. */
  readonly heads: ReadonlyMap<string, FileHead>;
  readonly inputs: readonly InputFacts[];
  /** The show's own word for what its pictures are; null: it follows from the recipe. */
  readonly sourceTerm: SourceTerm | null;
  readonly redact: Redact;
  /** The manifest's text may be published. */
  readonly withManifest: boolean;
  /** How the version compares to the one that it makes again; null: it makes none again. */
  readonly measured: Measured | null;
}

export function assetJson(facts: VersionFacts, record: RecordFacts): string {
  return prettyJson(assetRecord(facts, record));
}

/** The record, and of a rerun how equal it is: graded by what the record itself says of the machine. */
export function assetRecord(facts: VersionFacts, record: RecordFacts): AssetRecord {
  const asset = bareRecord(facts, record);
  const { rerun } = facts.plan;
  if (rerun === undefined || record.measured === null) return asset;
  return {
    ...asset,
    derivedFrom: [{ ref: rerun.ref, as: "rerun" }],
    determinism: determinismOf(asset, { rerun, measured: record.measured, tool: record.machine.hotplate }),
  };
}

function bareRecord(facts: VersionFacts, record: RecordFacts): AssetRecord {
  const { plan, job, ran } = facts;
  const { machine } = record;
  const { disclosure, generative, task } = recordOf(plan);
  const entity = plan.target.entity ?? NO_ENTITY;
  const verdicts = facts.tasks.flatMap(({ inspection }) => (inspection === null ? [] : [inspection.verdict]));
  const engines = ran.comfyVersions.length > 0 ? ran.comfyVersions : machine.comfyVersions;
  return {
    schema: "ai-asset/1",
    id: record.id,
    ref: assetReference({ show: job.show, shot: entity.shot, target: plan.target, version: facts.version }),
    entity: {
      show: job.show,
      sequence: entity.sequence,
      shot: entity.shot,
      task,
      product: plan.target.product,
      version: facts.version,
      tracker: null,
      "x-name": plan.target.name,
    },
    digitalSourceType: sourceUri(plan, record.sourceTerm),
    files: files(facts, record),
    inputs: record.inputs.map((of) => inputPaper(of, record.sha256)),
    recipe: {
      name: plan.recipe.name,
      version: plan.recipe.version,
      sha256: plan.recipe.sha256,
      "x-approval": ran.approval,
    },
    engine: {
      name: "ComfyUI",
      version: joined(engines),
      commit: null,
      simulated: machine.simulated,
      ...(engines.length > 1 ? { "x-versions": engines } : {}),
    },
    graph: { file: "graph.api.json", sha256: facts.graphSha256, jcs: true },
    parameters: redactFields(sharedParameters(plan), recordOf(plan).texts, record.redact),
    seed: seedOf(plan),
    models: ran.models.map(modelPaper),
    nodePacks: ran.nodePacks.map((name) => ({ name, repo: null, commit: null })),
    plugins: facts.checks.map(({ name, version }) => ({
      name,
      version: String(version),
      settings: { ...plan.qc.checks.find(({ check }) => check === name)?.limits },
    })),
    machine: machinePaper(machine),
    wedges: { axes: axes(plan, record.redact), file: "wedges.json", count: plan.wedges.length },
    derivedFrom: plan.plate?.source === undefined ? [] : [{ ref: plan.plate.source.ref, as: "select" }],
    determinism: { grade: "recorded", checkedBy: null },
    color: colorPaper(colorOf(facts)),
    disclosure: { generative, ...disclosure, trainingOnInputs: false },
    qc: { verdict: worstVerdict(verdicts), report: "qc.json" },
    review: { log: "approvals.jsonl" },
    job: jobPaper(facts, record.withManifest),
    signature: null,
  };
}

function jobPaper({ job, tasks, at }: VersionFacts, withManifest: boolean): AssetRecord["job"] {
  const gpuSeconds = tasks.reduce((sum, task) => sum + (task.gpuSeconds ?? 0), 0);
  return {
    id: job.id,
    manifestSha256: job.manifestSha256,
    requestedBy: job.requestedBy,
    startedAt: job.startedAt === null ? null : new Date(job.startedAt).toISOString(),
    endedAt: at,
    gpuSeconds: Math.round(gpuSeconds * 1000) / 1000,
    "x-name": job.name,
    "x-acceptedAt": new Date(job.createdAt).toISOString(),
    ...(withManifest
      ? { "x-manifest": job.manifestText, "x-manifestRead": JSON.parse(job.manifestRead) as unknown }
      : {}),
  };
}

function files(facts: VersionFacts, record: RecordFacts): AssetRecord["files"] {
  const { plan, files: all } = facts;
  const colorspace = colorOf(facts).out;
  return fileSetsOf(plan, all).map((set) => {
    const head = record.heads.get(set.path) ?? null;
    return {
      path: set.path,
      frames: framesOfSet(set),
      missing: missingOfSet(plan, set),
      width: head?.width ?? null,
      height: head?.height ?? null,
      role: "beauty",
      channels: head === null ? null : channelWords(head),
      compression: head?.compression ?? null,
      colorspace,
      digest: { alg: "sha256", list: "frames.sha256", root: record.sha256(checksumLines(set.files)) },
      ...(plan.wedges.length > 1 ? { "x-wedge": set.wedge } : {}),
    };
  });
}

function inputPaper(of: InputFacts, sha256: (text: string) => string): AssetRecord["inputs"][number] {
  const lines = of.files.flatMap((file) => (file.sha256 === null ? [] : [{ path: file.name, sha256: file.sha256 }]));
  const known = lines.length === of.files.length && lines.length > 0;
  return {
    role: of.role,
    ref: of.ref,
    frames: of.frames,
    sha256root: known ? sha256(checksumLines(lines)) : null,
    rights: null,
    "x-dir": of.dir,
    ...(of.place === undefined ? {} : { "x-place": of.place }),
    "x-files": of.files,
    ...(of.note === null ? {} : { "x-note": of.note }),
  };
}

function machinePaper(machine: MachineRecord): AssetRecord["machine"] {
  return {
    node: machine.node,
    gpu: joined(machine.devices),
    driver: joined(machine.drivers),
    torch: joined(machine.torch),
    precision: joined(machine.precisions),
    flags: machine.flags === null ? null : [...machine.flags],
    "x-os": machine.os,
    "x-cpu": machine.cpu,
    "x-hotplate": machine.hotplate,
  };
}

/** One text where one is expected and several slots worked; null: nobody said. */
function joined(values: readonly string[]): string | null {
  return values.length === 0 ? null : values.join(", ");
}

/** What `ai-asset/1` has no field for stands beside it. */
function colorPaper(color: ColorRecord): AssetRecord["color"] {
  return {
    configSha256: color.configSha256,
    in: color.in,
    model: color.model,
    out: color.out,
    "x-config": color.config,
    "x-by": color.by,
    "x-why": color.why,
    "x-guess": color.guess,
    "x-how": color.how,
    "x-mode": color.mode,
    "x-view": color.view,
    "x-clip": color.clip,
    "x-exposureStops": color.exposureStops,
    "x-roundTrip": color.roundTrip,
  };
}

function colorOf(facts: VersionFacts): ColorRecord {
  return colorRecord(
    facts.plan,
    facts.files.map(({ roundTrip }) => roundTrip),
  );
}

/** One wedge keeps its seed over all frames; of several each keeps its own. */
function seedOf(plan: StepPlan): AssetRecord["seed"] {
  return { base: plan.wedges[0]?.seed ?? null, policy: plan.wedges.length > 1 ? "per-wedge" : "per-frame-fixed" };
}

/** Parameters that every wedge has alike; the others are in wedges.json. */
function sharedParameters(plan: StepPlan): AssetRecord["parameters"] {
  const first = plan.wedges[0];
  if (first === undefined) return {};
  return Object.fromEntries(
    Object.entries(first.parameters).filter(([name, value]) =>
      plan.wedges.every((wedge) => wedge.parameters[name] === value),
    ),
  );
}

function axes(plan: StepPlan, redact: Redact): AssetRecord["wedges"]["axes"] {
  const { texts } = recordOf(plan);
  const out: Record<string, string[]> = {};
  for (const wedge of plan.wedges) {
    for (const [axis, label] of Object.entries(redactFields(wedge.axes, texts, redact))) {
      const labels = (out[axis] ??= []);
      if (!labels.includes(label)) labels.push(label);
    }
  }
  return out;
}
