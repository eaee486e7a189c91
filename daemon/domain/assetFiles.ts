/**
 * The files of a version as sequences: one per wedge and kind, `%04d` for the frame, what is there and what is missing, and
 * the hash over its lines of frames.sha256. Pure; sizes and depths come from the files' own heads.
 */
import { formatFrames } from "./frames.ts";
import { versionName } from "./ids.ts";
import { frameText } from "./naming.ts";
import { baseName } from "./paths.ts";
import type { StepPlan } from "./plan.ts";
import type { VersionFile } from "./versionFacts.ts";

export interface FileSet {
  /** `w001/NAME_w001.%04d.png` */
  readonly path: string;
  readonly wedge: number;
  readonly files: readonly VersionFile[];
}

/** In the order of the version's files. */
export function fileSetsOf(plan: Pick<StepPlan, "plate">, files: readonly VersionFile[]): readonly FileSet[] {
  const sets = new Map<string, { path: string; wedge: number; files: VersionFile[] }>();
  for (const file of files) {
    const path = patternOf(file, plan.plate?.padding ?? 4);
    const key = `${file.wedge}\n${path}`;
    const set = sets.get(key) ?? { path, wedge: file.wedge, files: [] };
    set.files.push(file);
    sets.set(key, set);
  }
  return [...sets.values()];
}

function patternOf(file: VersionFile, padding: number): string {
  if (file.frame === null) return file.path;
  const number = `.${frameText(file.frame, padding)}.`;
  const at = file.path.lastIndexOf(number);
  if (at < 0) return file.path;
  return `${file.path.slice(0, at)}.%0${padding}d.${file.path.slice(at + number.length)}`;
}

export function framesOfSet(set: Pick<FileSet, "files">): string {
  return formatFrames(set.files.flatMap(({ frame }) => (frame === null ? [] : [frame])).sort((a, b) => a - b));
}

export function missingOfSet(plan: Pick<StepPlan, "frames">, set: FileSet): string {
  const there = new Set(set.files.map(({ frame }) => frame));
  return formatFrames(plan.frames.filter((frame): frame is number => frame !== null && !there.has(frame)));
}

/** Lines as `sha256sum` writes and checks them. */
export function checksumLines(files: readonly { readonly path: string; readonly sha256: string }[]): string {
  return files.map((file) => `${file.sha256}  ${file.path}\n`).join("");
}

/** "RGB uint8", "RGBA half": what a head says of the samples. */
export function channelWords(head: {
  readonly format: string;
  readonly channels: number;
  readonly bitDepth: number;
}): string {
  const names = ["", "Y", "YA", "RGB", "RGBA"][head.channels] ?? `${head.channels} channels`;
  const float = head.format === "exr" || head.bitDepth === 32;
  return `${names} ${float ? (head.bitDepth === 16 ? "half" : "float") : `uint${head.bitDepth}`}`;
}

/** `<version_name>.asset.json`, named as the frames are, without frame and wedge; a version without files has its number. */
export function recordCopyName(files: readonly VersionFile[], version: number): string {
  const name = baseName(files[0]?.path ?? "").replace(/(\.-?\d+)?\.[A-Za-z0-9]+$/, "");
  return `${name.replace(/_w\d{3,5}$/, "") || versionName(version)}.asset.json`;
}
