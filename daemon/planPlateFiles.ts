/**
 * The files of a plate as they are now: sizes, times, links followed as far as a root goes. A file that is still being
 * written is waited for. Opened by nobody here.
 */
import { LIMITS } from "./domain/limits.ts";
import { joinPath } from "./domain/paths.ts";
import type { PlateFrame } from "./domain/plan.ts";
import type { MatchedFrame } from "./domain/sequence.ts";
import type { PathWorld, Resolved } from "./planFinding.ts";
import { found, refused, waitFor } from "./planFinding.ts";
import { realInside } from "./planPath.ts";
import type { WrittenPlate } from "./planPlateMissing.ts";
import { folderAsPlate } from "./planPlateMissing.ts";

export async function statFrames(
  world: PathWorld,
  dir: string,
  of: WrittenPlate & { readonly chosen: readonly MatchedFrame[] },
): Promise<Resolved<readonly PlateFrame[]>> {
  const out: PlateFrame[] = [];
  const growing: string[] = [];
  for (const { frame, name } of of.chosen) {
    const path = joinPath(dir, name);
    let stat = await world.files.stat(path);
    if (stat.kind === "link") {
      const inside = await realInside(world, path, of);
      if (!inside.ok) return refused(inside.finding);
      stat = await world.files.stat(await world.files.realpath(path));
    }
    if (stat.kind === "directory") return refused(await folderAsPlate(world, path, of));
    if (stat.kind !== "file")
      return refused({
        code: "HP-PLATE-KIND",
        path: of.at,
        message: `${path} is not a file.`,
        found: stat.kind,
        expected: "an image file",
      });
    const ageMs = world.clock.now() - Number(BigInt(stat.mtimeNs) / 1_000_000n);
    if (stat.bytes === 0 || (ageMs >= 0 && ageMs < LIMITS.plateFreshMs)) growing.push(name);
    if (stat.bytes > LIMITS.imageFileBytesMax)
      return refused({
        code: "HP-IMAGE-SIZE",
        path: of.at,
        message: `${path} has ${stat.bytes} bytes; at most ${LIMITS.imageFileBytesMax} are read.`,
      });
    out.push({ frame, path, bytes: stat.bytes, mtimeNs: stat.mtimeNs, ino: stat.ino });
  }
  if (growing.length === 0) return found(out);
  const some = growing.slice(0, 3).join(", ");
  const are = growing.length === 1 ? "file is" : "files are";
  return waitFor({
    code: "HP-PLATE-GROWING",
    path: of.at,
    message: `${growing.length} ${are} still growing (${some}${growing.length > 3 ? " ..." : ""}).`,
  });
}
