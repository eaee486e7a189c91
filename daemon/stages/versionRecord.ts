/**
 * Gathers what a version's record (`asset.json`) says beyond the rows: hashes of the inputs, heads of the results, the machine,
 * the show's own rules. Runs off the loop, while the version is assembled; opens files read-only.
 */
import { assetSeed, assetUrn } from "../domain/assetPointer.ts";
import { fileSetsOf } from "../domain/assetFiles.ts";
import type { RecordFacts } from "../domain/assetJson.ts";
import type { Measured } from "../domain/determinism.ts";
import { formatFrames } from "../domain/frames.ts";
import type { OutputFormat } from "../domain/outputFormat.ts";
import { storedPath } from "../domain/pathForms.ts";
import { baseName, joinPath, parentDir } from "../domain/paths.ts";
import type { PlateFrame, StepPlan } from "../domain/plan.ts";
import { recordOf } from "../domain/recordPlan.ts";
import type { Redact } from "../domain/redaction.ts";
import { PUBLISH_AS_IT_IS, redactor, withoutWords } from "../domain/redaction.ts";
import type { FileHead, InputFacts, VersionFacts } from "../domain/versionFacts.ts";
import type { StageContext } from "../live.ts";
import type { StepRow, TaskRow } from "../storePort.ts";
import type { InputHashes } from "./inputHashes.ts";
import { machineRecord } from "./machineRecord.ts";

export interface RecordParts {
  readonly step: StepRow;
  readonly tasks: readonly TaskRow[];
  readonly facts: VersionFacts;
  /** Where the files of the version lie now. */
  readonly tree: string;
  readonly inputs: InputHashes;
  readonly measured: Measured | null;
}

export async function recordFacts(context: StageContext, parts: RecordParts): Promise<RecordFacts> {
  const { step, facts } = parts;
  const { config, digest } = context.world;
  return {
    id: assetUrn(digest.sha256(assetSeed(facts))),
    machine: machineRecord(context, parts.tasks),
    sha256: (text) => digest.sha256(text),
    heads: await headsOf(context, parts),
    inputs: inputFacts(context, step, parts.inputs),
    sourceTerm: config.digitalSourceType[facts.job.show] ?? null,
    redact: redactOf(context, facts),
    withManifest: config.privacy !== "redact",
    measured: parts.measured,
  };
}

export function redactOf(context: StageContext, of: { readonly store: string; readonly stepId: string }): Redact {
  const { config, digest } = context.world;
  if (config.privacy !== "redact") return PUBLISH_AS_IT_IS;
  const salt = assetUrn(digest.sha256(assetSeed(of)));
  return redactor((text) => digest.sha256(text), { key: context.options.privacyKey ?? "", salt });
}

/** The plan as what lies beside and inside the version may show it. */
export async function publicPlan(context: StageContext, { id, plan }: Pick<StepRow, "id" | "plan">): Promise<StepPlan> {
  if (context.world.config.privacy !== "redact") return plan;
  return withoutWords(plan, redactOf(context, { store: await context.world.store.storeId(), stepId: id }));
}

/** One look per sequence: its frames are of one kind. */
async function headsOf(context: StageContext, parts: RecordParts): Promise<ReadonlyMap<string, FileHead>> {
  const out = new Map<string, FileHead>();
  for (const { path, files } of fileSetsOf(parts.step.plan, parts.facts.files)) {
    const [first] = files;
    if (first === undefined) continue;
    const written = parts.step.plan.output.format;
    const compression = compressionOf(written);
    if (first.size !== undefined) {
      out.set(path, { format: written.kind, ...first.size, compression });
      continue;
    }
    try {
      const { width, height, channels, bitDepth } = await context.world.images.header(joinPath(parts.tree, first.path));
      out.set(path, { format: written.kind, width, height, channels, bitDepth, compression });
    } catch (error) {
      // QC has judged the file; what its head says is left unknown rather than the version unpublished.
      context.world.log.event("warn", "work.failed", { work: "record", file: first.path, error: String(error) });
    }
  }
  return out;
}

/** null: the writer's own choice. */
function compressionOf(format: OutputFormat): string | null {
  if (format.kind === "exr") return format.compression;
  return format.kind === "tiff16" ? null : "deflate";
}

function inputFacts(context: StageContext, step: StepRow, hashes: InputHashes): readonly InputFacts[] {
  const { plan } = step;
  const files = (frames: readonly PlateFrame[]): Pick<InputFacts, "files" | "note"> => {
    const found = frames.map((file) => ({ file, hash: hashes.of(step, file) }));
    const unknown = found.flatMap(({ file, hash }) =>
      hash.sha256 === null ? [`${baseName(file.path)}: ${hash.why}`] : [],
    );
    return {
      files: found.map(({ file, hash }) => ({
        frame: file.frame,
        name: baseName(file.path),
        bytes: file.bytes,
        mtimeNs: file.mtimeNs,
        sha256: hash.sha256,
      })),
      note: unknown.length === 0 ? null : noteOf(unknown),
    };
  };
  return [
    ...(plan.plate === null
      ? []
      : [
          {
            role: "plate",
            ref: plan.plate.pattern,
            frames: framesOf(plan.plate.frames),
            dir: plan.plate.dir,
            place: storedPath(plan.plate.dir, context.world.config.roots),
            ...files(plan.plate.frames),
          },
        ]),
    ...recordOf(plan).images.map((image) => ({
      role: "image",
      ref: baseName(image.path),
      frames: "",
      dir: parentDir(image.path),
      place: storedPath(parentDir(image.path), context.world.config.roots),
      ...files([image]),
    })),
  ];
}

function noteOf(unknown: readonly string[]): string {
  const more = unknown.length > 3 ? `, and ${unknown.length - 3} more` : "";
  return `hash not known: ${unknown.slice(0, 3).join(", ")}${more}`;
}

function framesOf(frames: NonNullable<StepPlan["plate"]>["frames"]): string {
  return formatFrames(frames.flatMap(({ frame }) => (frame === null ? [] : [frame])).sort((a, b) => a - b));
}
