/**
 * `hotplate submit FILE`: the same as dropping it, from anywhere, with the daemon up or down: relative paths are made
 * absolute, then a complete file gets its name in the hot folder by one link.
 */
import { link, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { isMap, isScalar, parseDocument } from "yaml";
import { createClock } from "../adapters/clock.ts";
import { createIds } from "../adapters/ids.ts";
import { HotplateError, systemCode } from "../domain/errors.ts";
import { EXIT } from "../domain/errors.ts";
import { statusFileName } from "../domain/answer.ts";
import type { Context } from "./context.ts";

export async function action(
  context: Context,
  [file = ""]: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { config } = await context.config();
  const wanted = typeof options["folder"] === "string" ? resolve(options["folder"]) : config.hotFolders[0]?.path;
  const folder = config.hotFolders.find((known) => known.path === wanted);
  if (folder === undefined)
    throw new HotplateError(
      "HP-NOT-FOUND",
      `${wanted ?? "no folder"} is not a hot folder. Known: ${config.hotFolders.map((known) => known.path).join(", ")}.`,
    );
  const path = resolve(file);
  const name = basename(path);
  if (!/\.(ya?ml|json)$/i.test(name)) throw new HotplateError("HP-INTAKE-NOT-A-MANIFEST", `${name} is not a manifest.`);
  const text = await readFile(path, "utf8").catch(() => {
    throw new HotplateError("HP-NOT-FOUND", `There is no file ${path}.`);
  });
  const temporary = join(folder.path, createIds(() => createClock().now()).sortable(".hotplate-tmp."));
  await writeFile(temporary, absolutePaths(text, dirname(path)), { flush: true });
  try {
    await link(temporary, join(folder.path, name));
  } catch (error) {
    if (systemCode(error) === "EEXIST")
      throw new HotplateError("HP-STATE-REFUSED", `${name} is in ${folder.path} already.`);
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  const running = (await context.daemonIfAny()) !== null;
  const answer = join(folder.path, statusFileName(name));
  if (!running) context.hint("No daemon runs; it is read when one starts.");
  context.print(
    { dropped: join(folder.path, name), answer, daemon: running },
    () => `Dropped. The answer will be ${answer}`,
  );
  context.exit(EXIT.done);
}

/** Paths in a manifest start at its own folder; after the move they must still mean the same. */
export function absolutePaths(text: string, from: string): string {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) return text;
  const fix = (path: readonly string[]): void => {
    const node = document.getIn(path, true);
    if (!isScalar(node) || typeof node.value !== "string" || node.value === "beside") return;
    if (!/^(\/|[A-Za-z]:[\\/]|\\\\)/.test(node.value)) document.setIn(path, resolve(from, node.value));
  };
  for (const path of [["plate"], ["plate", "path"], ["output", "to"]]) fix(path);
  const parameters = document.getIn(["parameters"]);
  if (isMap(parameters)) {
    for (const pair of parameters.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : "";
      const value = isScalar(pair.value) ? pair.value.value : null;
      if (typeof value === "string" && /^\.{1,2}\//.test(value)) fix(["parameters", key]);
    }
  }
  return `${document.toString().trimEnd()}\n...\n`;
}
