/**
 * The OCIO config of a show, read from disk: `colour.shows.<show>.ocio`, else `colour.ocio`, else `$OCIO`, else our own. Read
 * again when the file changed. It lies where a TD put it, outside the roots too: only the configuration names it.
 */
import { join } from "node:path";
import type { ColorConfigReading } from "../domain/colorConfig.ts";
import type { Config } from "../domain/config.ts";
import { messageOf, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { readOcioNames } from "../domain/ocioConfig.ts";
import { baseName } from "../domain/paths.ts";
import type { Colours, Digest, Exec, Files } from "../ports.ts";

export interface ColoursOptions {
  readonly files: Pick<Files, "stat" | "realpath" | "read">;
  readonly digest: Digest;
  readonly exec: Exec;
  readonly colour: Config["colour"];
  /** Of the process; null: not set. */
  readonly env: string | null;
  /** The product's own tree. */
  readonly home: string;
}

const OWN_CONFIG = "config/ocio/hotplate.ocio";

export function createColours(options: ColoursOptions): Colours {
  const kept = new Map<string, { readonly signature: string; readonly reading: ColorConfigReading }>();
  let tool: Promise<boolean> | null = null;
  return {
    async config(show) {
      const { colour, env, home } = options;
      const named = colour.shows[show]?.ocio ?? colour.ocio ?? env;
      const path = named ?? join(home, OWN_CONFIG);
      if (path.startsWith("ocio://"))
        return {
          kind: "broken",
          path,
          why: "it is built into newer OCIO libraries: name a file, whose hash can be recorded",
        };
      const signature = await signatureOf(options.files, path);
      const before = kept.get(path);
      if (signature !== null && before?.signature === signature) return before.reading;
      const reading = await read(options, path, named === null);
      if (signature !== null) kept.set(path, { signature, reading });
      return reading;
    },
    canConvert() {
      // Only that it is there is kept: one that is installed later is used at once.
      tool ??= askTool(options.exec).then(
        (can) => {
          if (!can) tool = null;
          return can;
        },
        (error: unknown) => {
          tool = null;
          throw error;
        },
      );
      return tool;
    },
  };
}

async function askTool(exec: Exec): Promise<boolean> {
  try {
    return (await exec.run("oiiotool", ["--version"], { timeoutMs: LIMITS.ocioToolVersionMs })).exitCode === 0;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

/** null: it is not there, which reading says in words. */
async function signatureOf(files: ColoursOptions["files"], path: string): Promise<string | null> {
  try {
    const { dev, ino, bytes, mtimeNs } = await files.stat(await files.realpath(path));
    return [dev, ino, bytes, mtimeNs].join("/");
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return null;
    throw error;
  }
}

async function read(options: ColoursOptions, path: string, own: boolean): Promise<ColorConfigReading> {
  let bytes: Uint8Array;
  try {
    bytes = await options.files.read(await options.files.realpath(path), LIMITS.ocioConfigBytesMax);
  } catch (error) {
    const code = systemCode(error) ?? "";
    // A mount that fails now is asked again; what is not there, or may not be read, is said.
    if (!["ENOENT", "ENOTDIR", "EACCES", "EPERM", "EINVAL", "EFBIG"].includes(code)) throw error;
    return { kind: "broken", path, why: `it can't be read (${code}: ${messageOf(error)})` };
  }
  const reading = readOcioNames(new TextDecoder().decode(bytes));
  if (!reading.ok) return { kind: "broken", path, why: reading.why };
  const sha256 = options.digest.sha256(bytes);
  return { kind: "config", config: { name: baseName(path), path, sha256, own, names: reading.names } };
}
