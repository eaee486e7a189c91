/**
 * The optional image tools of this machine: where one lies on the PATH and which version it is. Looked for anew each time a plate
 * needs one, so that what a sysadmin installs is used at once; asked for its version once per file as it is.
 */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { LIMITS } from "../../domain/limits.ts";
import type { Exec } from "../../ports.ts";

export type ToolName = "ffmpeg" | "oiiotool";

/** What to install, on Debian and what derives from it. */
export const TOOL_PACKAGE: Readonly<Record<ToolName, string>> = {
  ffmpeg: "ffmpeg",
  oiiotool: "openimageio-tools",
};

export interface Tool {
  readonly name: ToolName;
  readonly path: string;
  /** `ffmpeg 5.1.9`, for records. */
  readonly words: string;
}

/** Null: not on the PATH. Relative entries of the PATH are passed over. */
export function findTool(name: string, path: string | undefined): string | null {
  for (const dir of (path ?? "").split(delimiter)) {
    if (!isAbsolute(dir)) continue;
    const file = join(dir, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not in this directory, or not to be run by us: the next one.
    }
  }
  return null;
}

/** Remembers versions by path, modification time and size. */
export function createToolBook(exec: Exec, path: string | undefined): { find(name: ToolName): Promise<Tool | null> } {
  const known = new Map<string, Promise<string>>();

  async function ask(name: ToolName, file: string): Promise<string> {
    const args = name === "ffmpeg" ? ["-version"] : ["--version"];
    const { stdout, exitCode } = await exec.run(file, args, { timeoutMs: LIMITS.imageToolVersionMs });
    const version = /\d+\.\d[\w.+~-]*/.exec(stdout.slice(0, 200))?.[0];
    return exitCode === 0 && version !== undefined ? `${name} ${version}` : `${name} of unknown version`;
  }

  return {
    async find(name) {
      const file = findTool(name, path);
      if (file === null) return null;
      const { mtimeMs, size } = statSync(file);
      const key = `${file}\n${mtimeMs}\n${size}`;
      const words = known.get(key) ?? ask(name, file);
      known.set(key, words);
      words.catch(() => known.delete(key));
      return { name, path: file, words: await words };
    },
  };
}
