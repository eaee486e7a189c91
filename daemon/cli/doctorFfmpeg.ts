/** What the doctor says of ffmpeg: only recipes that work on video files need it. */
import type { BaseWorld } from "../adapters/world.ts";
import { clipNeeds } from "../domain/framesCheck.ts";
import { LIMITS } from "../domain/limits.ts";
import type { Line } from "./doctor.ts";

export async function ffmpegLines(base: Pick<BaseWorld, "exec" | "recipes">): Promise<readonly Line[]> {
  const { recipes } = await base.recipes.book();
  const names = recipes.filter(clipNeeds).map(({ file }) => `${file.name}@${file.version}`);
  if (names.length === 0) return [];
  const found = await versionOf(base);
  if (found !== null) return [{ state: "OK", what: "ffmpeg", found, fix: null }];
  const wanted = `not installed; ${names.join(", ")} can't run (HP-FFMPEG)`;
  return [{ state: "WARN", what: "ffmpeg", found: wanted, fix: "install the package ffmpeg" }];
}

async function versionOf(base: Pick<BaseWorld, "exec">): Promise<string | null> {
  try {
    const answer = await base.exec.run("ffmpeg", ["-version"], { timeoutMs: LIMITS.doctorMountMs });
    return answer.exitCode === 0 ? (/^ffmpeg version (\S+)/.exec(answer.stdout)?.[1] ?? "installed") : null;
  } catch {
    // It can't be started: not there, or not ours to run.
    return null;
  }
}
