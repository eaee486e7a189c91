/**
 * What a folder of plates looks like now: equal looks over a quiet time mean that nobody writes in it any more. A plate
 * package may hold resolution folders (`4096x2160/`), so one level below is part of it; the tree further down is not.
 */
import { isUnspeakable } from "../domain/dropName.ts";
import { LIMITS } from "../domain/limits.ts";
import { joinPath } from "../domain/paths.ts";
import { ignore } from "../durable.ts";
import type { StageContext } from "../live.ts";

export interface PlateLook {
  /** Digest over the names, sizes and times of its files. */
  readonly look: string;
  readonly files: number;
  /** Names of the files at the top: where a marker file would be. */
  readonly top: ReadonlySet<string>;
}

export async function plateLook(context: StageContext, dir: string): Promise<PlateLook> {
  const parts: string[] = [];
  const top = new Set<string>();
  const visit = async (at: string, below: string): Promise<void> => {
    const entries = await context.files.list(at, LIMITS.framesMax);
    for (const entry of [...entries].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = joinPath(at, entry.name);
      // A name that is no text can't be asked for; that it is there is all that is known of it.
      if (isUnspeakable(entry.name)) {
        parts.push(`${below}${entry.name}`);
        continue;
      }
      if (entry.kind === "directory" && below === "") await visit(path, `${entry.name}/`);
      if (entry.kind !== "file") continue;
      if (below === "") top.add(entry.name);
      const stat = await context.files.stat(path).catch(ignore("ENOENT"));
      // Removed between the listing and now: the next look is another one.
      if (stat === undefined) continue;
      parts.push(`${below}${entry.name}:${stat.bytes}:${stat.mtimeNs}:${stat.ctimeNs}`);
    }
  };
  await visit(dir, "");
  return { look: context.world.digest.sha256(parts.join("\n")), files: parts.length, top };
}
