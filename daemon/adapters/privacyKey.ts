/**
 * The node's secret for `privacy: redact`, made once: without it nobody can try words against a published hash. It never
 * leaves the state directory; lost, old hashes can't be proven any more, and nothing else follows.
 */
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../domain/errors.ts";

export async function privacyKey(stateDir: string): Promise<string> {
  const path = join(stateDir, "privacy.key");
  try {
    await writeFile(path, `${randomBytes(32).toString("hex")}\n`, { flag: "wx", mode: 0o600, flush: true });
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  }
  return (await readFile(path, "utf8")).trim();
}
