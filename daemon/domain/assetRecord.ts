/**
 * `ai-asset/1`: the record of one version (`.hotplate/asset.json`), as one schema from which the type, the published JSON
 * Schema and the reading come. Strict but for `x-` fields, which are kept. What is not known is null, never invented; seeds
 * are text, for a number would lose digits somewhere. Pure.
 */
import { z } from "zod";
import { openObject } from "./openRecord.ts";

export const SOURCE_TYPE_BASE = "http://cv.iptc.org/newscodes/digitalsourcetype/";
/** Terms of IPTC's Digital Source Type (2024-09-17) that a result of ours can have. */
export const SOURCE_TERMS = [
  "trainedAlgorithmicMedia",
  "compositeWithTrainedAlgorithmicMedia",
  "algorithmicallyEnhanced",
  "algorithmicMedia",
  "digitalCapture",
] as const;
export type SourceTerm = (typeof SOURCE_TERMS)[number];
export type SourceUri = `${typeof SOURCE_TYPE_BASE}${SourceTerm}`;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const whole = z.number().int().nonnegative();
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const assetRef = z.string().regex(/^hotplate:\/\/[^\s]+$/);
const answer = z.enum(["no", "yes", "unknown"]);
export type Answer = z.infer<typeof answer>;

const entity = openObject({
  show: z.string(),
  sequence: z.string().nullable(),
  shot: z.string().nullable(),
  task: z.string().nullable(),
  product: z.string(),
  version: z.number().int().positive(),
  tracker: openObject({ kind: z.string(), taskId: z.string() }).nullable(),
}).describe("What this is a version of; tokens of the path where a template knows them.");

const fileSet = openObject({
  path: z.string().describe("Below the version's folder; %04d stands for the frame."),
  frames: z.string().describe('As in a manifest: "1001-1058"; "" for one file without a frame.'),
  missing: z.string().describe("Frames that were wanted and are not there."),
  width: whole.nullable(),
  height: whole.nullable(),
  role: z.string(),
  channels: z.string().nullable().describe('Names and type: "RGB uint8", "RGBA half".'),
  compression: z.string().nullable(),
  colorspace: z.string().nullable(),
  digest: openObject({
    alg: z.literal("sha256"),
    list: z.literal("frames.sha256"),
    root: sha256.describe("sha256 over this sequence's own lines of the list, in its order."),
  }),
});

const input = openObject({
  role: z.string(),
  ref: z.string(),
  frames: z.string(),
  sha256root: sha256.nullable().describe('sha256 over "<sha256>  <name>\\n" of each frame; null: not known.'),
  rights: z.string().nullable(),
});

const model = openObject({
  role: z.string(),
  name: z.string(),
  sha256: sha256.nullable(),
  bytes: whole.nullable(),
  format: z.string().nullable(),
  license: z.string().nullable(),
});

const machine = openObject({
  node: z.string(),
  gpu: z.string().nullable(),
  driver: z.string().nullable(),
  torch: z.string().nullable(),
  precision: z.string().nullable(),
  flags: z.array(z.string()).nullable(),
});

const disclosure = openObject({
  generative: z.boolean().describe("A trained model made or changed the picture, as the recipe says."),
  final: z.boolean(),
  depictsPerformer: answer,
  consentRef: z.string().nullable(),
  thirdPartyIP: answer,
  clientApprovalRef: z.string().nullable(),
  trainingOnInputs: z.boolean(),
}).describe("What must be told about the use of AI. A record, not a watermark and no legal advice.");

export const assetSchema = openObject({
  schema: z.literal("ai-asset/1"),
  id: z.string().regex(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  ref: assetRef,
  entity,
  digitalSourceType: z.enum(SOURCE_TERMS.map((term) => `${SOURCE_TYPE_BASE}${term}` as const)),
  files: z.array(fileSet),
  inputs: z.array(input),
  recipe: openObject({ name: z.string(), version: z.string(), sha256 }),
  engine: openObject({
    name: z.string(),
    version: z.string().nullable(),
    commit: z.string().nullable(),
    simulated: z.boolean(),
  }),
  graph: openObject({
    file: z.literal("graph.api.json"),
    sha256: sha256.describe("Of the graph's canonical JSON (RFC 8785)."),
    jcs: z.literal(true),
  }),
  parameters: z.record(z.string(), scalar).describe("Those that every wedge has alike; the others are in wedges.json."),
  seed: openObject({
    base: z.string().regex(/^\d+$/).nullable(),
    policy: z.enum(["per-frame-fixed", "per-wedge", "per-frame-increment"]),
  }),
  models: z.array(model),
  nodePacks: z.array(openObject({ name: z.string(), repo: z.string().nullable(), commit: z.string().nullable() })),
  plugins: z.array(openObject({ name: z.string(), version: z.string(), settings: z.record(z.string(), scalar) })),
  machine,
  wedges: openObject({
    axes: z.record(z.string(), z.array(z.string())),
    file: z.literal("wedges.json"),
    count: whole,
  }),
  derivedFrom: z.array(openObject({ ref: assetRef, as: z.enum(["select", "upscale", "rerun"]) })),
  determinism: openObject({
    grade: z.enum(["bitwise", "perceptual", "recorded"]),
    checkedBy: z.string().nullable().describe("Who measured it; null: nobody ran it again."),
  }),
  color: openObject({
    configSha256: sha256.nullable(),
    in: z.string().nullable(),
    model: z.string().nullable(),
    out: z.string().nullable(),
  }),
  disclosure,
  qc: openObject({ verdict: z.enum(["pass", "warn", "fail", "error"]), report: z.literal("qc.json") }),
  review: openObject({ log: z.literal("approvals.jsonl") }),
  job: openObject({
    id: z.string(),
    manifestSha256: sha256,
    requestedBy: z.string(),
    startedAt: z.iso.datetime().nullable(),
    endedAt: z.iso.datetime(),
    gpuSeconds: z.number().nonnegative(),
  }),
  signature: z.unknown().nullable().describe("null, or what a signing plugin wrote."),
}).describe("Where one version comes from.");

export type AssetRecord = z.infer<typeof assetSchema>;

export type AssetReading =
  | { readonly kind: "asset"; readonly asset: AssetRecord }
  /** Written by a Hotplate before the record had this form: whole, but not to be read by these fields. */
  | { readonly kind: "old" }
  | { readonly kind: "broken"; readonly message: string };

export function readAsset(text: string): AssetReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What the file holds is anybody's; the sentence is for the person who asked.
    return { kind: "broken", message: "it is not valid JSON" };
  }
  const parsed = assetSchema.safeParse(value);
  if (parsed.success) return { kind: "asset", asset: parsed.data };
  const { id } = (typeof value === "object" && value !== null ? value : {}) as { readonly id?: unknown };
  if (typeof id === "string" && id.startsWith("urn:hotplate:")) return { kind: "old" };
  const [issue] = parsed.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  return { kind: "broken", message: `${place}${issue?.message ?? "it is no record"}` };
}
