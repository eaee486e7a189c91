/**
 * The node's secret for `privacy: redact`, made once: without it nobody can try words against a published hash. It never
 * leaves the state directory; lost, old hashes can't be proven any more, and nothing else follows.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { link, open, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HotplateError, systemCode } from "../domain/errors.ts";

/** Throws HP-CONFIG-INVALID where the file holds something else: hashes made with a short or empty key could be guessed. */
export async function privacyKey(stateDir: string): Promise<string> {
  const path = join(stateDir, "privacy.key");
  const key = (await readKey(path)) ?? (await makeKey(stateDir, path));
  if (/^[0-9a-f]{64}$/.test(key)) return key;
  throw new HotplateError(
    "HP-CONFIG-INVALID",
    `${path} is no key. Put its backup there, or remove it: a new one is made.`,
  );
}

async function readKey(path: string): Promise<string | null> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** Whole under its name or not at all, and durable before the first hash is made with it. */
async function makeKey(stateDir: string, path: string): Promise<string> {
  const temporary = join(stateDir, `.hotplate-tmp.${randomUUID()}.key`);
  try {
    await writeFile(temporary, `${randomBytes(32).toString("hex")}\n`, { flag: "wx", mode: 0o600, flush: true });
    await link(temporary, path).catch((error: unknown) => {
      if (systemCode(error) !== "EEXIST") throw error;
    });
  } finally {
    await unlink(temporary).catch((error: unknown) => {
      if (systemCode(error) !== "ENOENT") throw error;
    });
  }
  const dir = await open(stateDir, "r");
  try {
    await dir.sync();
  } finally {
    await dir.close();
  }
  return (await readFile(path, "utf8")).trim();
}
