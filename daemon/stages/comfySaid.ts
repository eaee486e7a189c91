/**
 * Gathers what ComfyUI wrote into the results of a version (each lies beside its staged frame, as the image worker found it)
 * for the version's `.hotplate/comfy_metadata.json`. Under `privacy: redact` hashes leave the node, words do not.
 */
import { comfyMetadataJson, saidWords } from "../domain/comfyMetadata.ts";
import { LIMITS } from "../domain/limits.ts";
import type { StageContext } from "../live.ts";
import type { TaskRow } from "../storePort.ts";

/** null: no result carries any. */
export async function comfyMetadata(context: StageContext, tasks: readonly TaskRow[]): Promise<string | null> {
  const said = tasks
    .filter((task) => task.state === "committing")
    .flatMap((task) =>
      task.staged.flatMap((file) => {
        const found = file.finished?.said ?? null;
        return found === null ? [] : [{ wedge: task.wedge, frame: file.frame, texts: found, file }];
      }),
    );
  if (said.length === 0) return null;
  const kept = said.find(({ file }) => file.said !== undefined)?.file.said ?? null;
  const words = kept === null || context.world.config.privacy === "redact" ? null : await wordsOf(context, kept);
  return comfyMetadataJson(
    said.map(({ wedge, frame, texts: found }) => ({ wedge, frame, texts: found })),
    words,
  );
}

async function wordsOf(context: StageContext, path: string): Promise<Readonly<Record<string, string>> | null> {
  try {
    const bytes = await context.files.read(path, LIMITS.comfySaidBytesMax);
    return saidWords(new TextDecoder().decode(bytes));
  } catch {
    // The hashes are on record; a version is not held up, and no frame rendered again, for words that the disk lost.
    return null;
  }
}
