/** The models of this node for commands that look them up by hash: from the configuration's slots, and what the daemon hashed. */
import { HotplateError } from "../domain/errors.ts";
import { safetyRules } from "../domain/safetyRules.ts";
import { keptHashes, modelHashPath } from "../modelFiles.ts";
import type { ModelsByHash } from "../modelsByHash.ts";
import { modelsByHash } from "../modelsByHash.ts";
import type { Files } from "../ports.ts";
import type { Context } from "./context.ts";

/** null: no configuration, or none of its slots names model directories. */
export async function localModels(context: Context, files: Files): Promise<ModelsByHash | null> {
  const loaded = await context.config().catch((error: unknown) => {
    if (error instanceof HotplateError && error.code === "HP-CONFIG-MISSING") return null;
    throw error;
  });
  const dirs = [...new Set(loaded?.config.slots.flatMap(({ models = [] }) => models) ?? [])];
  if (loaded === null || dirs.length === 0) return null;
  // Nothing kept, or nothing that can be read: the files are hashed.
  const kept = new Map(await keptHashes(files, modelHashPath(loaded.config.stateDir)).catch(() => []));
  return modelsByHash(files, { dirs, rules: safetyRules(loaded.config), kept });
}
