/** The files of the bench of speed, each under as many names as a batch takes: links to one file, for a reader decodes each anew. */
import { copyFileSync, linkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodePngSamples } from "../../../daemon/adapters/images/encodePicture.ts";
import { speedFrames } from "./speedFrames.ts";

export interface SpeedFiles {
  readonly dir: string;
  readonly width: number;
  readonly height: number;
  /** Frames a name: r.1001.png, p.1001.png and so on. */
  readonly frames: number;
  readonly mask: string;
}

export const FIRST = 1001;

export function namesOf(files: SpeedFiles, kind: "r" | "p"): readonly string[] {
  return Array.from({ length: files.frames }, (_, i) => join(files.dir, `${kind}.${FIRST + i}.png`));
}

export async function makePair(
  dir: string,
  of: { readonly width: number; readonly height: number; readonly frames: number },
): Promise<SpeedFiles> {
  const { width, height } = of;
  const { plate, result, mask } = speedFrames(width, height, 7);
  const files: SpeedFiles = { dir, ...of, mask: join(dir, "mask.png") };
  writeFileSync(files.mask, await encodePngSamples({ width, height, channels: 1, data: mask }));
  for (const [kind, data] of [
    ["p", plate],
    ["r", result],
  ] as const) {
    const [first = "", ...others] = namesOf(files, kind);
    writeFileSync(first, await encodePngSamples({ width, height, channels: 3, data }));
    for (const other of others) linked(first, other);
  }
  return files;
}

/** The plate, its mask, and so many results of `distinct` different edits. */
export async function makeVariations(
  dir: string,
  of: { readonly width: number; readonly height: number; readonly count: number; readonly distinct: number },
): Promise<{ readonly plate: string; readonly mask: string; readonly results: readonly string[] }> {
  const { width, height } = of;
  const [plate, mask] = [join(dir, "plate.png"), join(dir, "edit.png")];
  const firsts: string[] = [];
  for (let seed = 1; seed <= Math.min(of.distinct, of.count); seed += 1) {
    const made = speedFrames(width, height, seed);
    if (seed === 1) {
      writeFileSync(plate, await encodePngSamples({ width, height, channels: 3, data: made.plate }));
      writeFileSync(mask, await encodePngSamples({ width, height, channels: 1, data: made.mask }));
    }
    const path = join(dir, `w.${seed}.png`);
    writeFileSync(path, await encodePngSamples({ width, height, channels: 3, data: made.result }));
    firsts.push(path);
  }
  const results = Array.from({ length: of.count }, (_, i) => {
    if (i < firsts.length) return firsts[i] as string;
    const path = join(dir, `w.${i + 1}.png`);
    linked(firsts[i % firsts.length] as string, path);
    return path;
  });
  return { plate, mask, results };
}

/** A copy where the disk knows no links. */
function linked(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
