/** What a ComfyUI install says of itself, read as text and never run: its version and the flags of its command line. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Install } from "../../domain/comfyCommand.ts";
import { LIMITS } from "../../domain/limits.ts";

export async function readInstall(dir: string): Promise<Install> {
  const version = await textOf(join(dir, "comfyui_version.py"));
  const flags = await textOf(join(dir, "comfy/cli_args.py"));
  return {
    version: /__version__\s*=\s*["']([^"']+)["']/.exec(version ?? "")?.[1] ?? null,
    flags:
      flags === null ? null : new Set([...flags.matchAll(/["'](--[a-z0-9-]+)["']/g)].map((match) => match[1] ?? "")),
  };
}

async function textOf(path: string): Promise<string | null> {
  try {
    if ((await stat(path)).size > LIMITS.installFileBytesMax) return null;
    return await readFile(path, "utf8");
  } catch {
    // Not there or not readable: "not known", which `comfyCommand` has an answer for.
    return null;
  }
}
