/**
 * Measures a version that was made again against the old one, frame by frame, before its record is written: the same file,
 * the same pixels, or how far apart. The old version is only read; one that went away meanwhile is said to be so.
 */
import type { Measured } from "../domain/determinism.ts";
import type { FrameLikeness, Likeness } from "../domain/likeness.ts";
import { messageOf } from "../domain/errors.ts";
import { SAME_PIXELS } from "../domain/likeness.ts";
import { LIMITS } from "../domain/limits.ts";
import { joinPath } from "../domain/paths.ts";
import type { RerunPlan } from "../domain/rerunPlan.ts";
import type { VersionFile } from "../domain/versionFacts.ts";
import type { StageContext } from "../live.ts";

export async function measureRerun(
  context: StageContext,
  rerun: RerunPlan,
  of: { readonly files: readonly VersionFile[]; readonly tree: string },
): Promise<Measured> {
  const pairs = rerun.frames.flatMap((old) => {
    const made = of.files.find(({ wedge, frame }) => wedge === old.wedge && frame === old.frame);
    return made === undefined ? [] : [{ old, made }];
  });
  const frames: FrameLikeness[] = [];
  for (const { old, made } of pairs.slice(0, LIMITS.diffFramesMax)) {
    const sameFile = old.sha256 === made.sha256;
    const likeness: Likeness = sameFile
      ? { kind: "compared", width: 0, height: 0, ...SAME_PIXELS }
      : await compared(context, old.path, joinPath(of.tree, made.path));
    frames.push({ path: made.path, sameFile, likeness });
  }
  return {
    frames,
    missing: rerun.frames.length - pairs.length,
    left: Math.max(0, pairs.length - LIMITS.diffFramesMax),
  };
}

async function compared(context: StageContext, a: string, b: string): Promise<Likeness> {
  try {
    return await context.world.images.compare({ a, b, picture: null });
  } catch (error) {
    // A rerun is a version of its own: that it could not be measured keeps it from nothing but a grade.
    return { kind: "not comparable", why: messageOf(error) };
  }
}
