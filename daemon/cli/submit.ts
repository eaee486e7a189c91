/**
 * `hotplate submit FILE`: the same as dropping it, from anywhere, with the daemon up or down. Judged first, where its lines
 * and paths are its own; then relative paths are made absolute and a complete file gets its name in the hot folder by one
 * link.
 */
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { BaseWorld } from "../adapters/world.ts";
import { buildBase } from "../adapters/world.ts";
import { statusFileName } from "../domain/answer.ts";
import type { HotFolderConfig } from "../domain/config.ts";
import { HotplateError } from "../domain/errors.ts";
import { recipeImages, withAbsolutePaths } from "../domain/movedManifest.ts";
import { publishFile } from "../durable.ts";
import type { Context } from "./context.ts";
import { validateFile } from "./validate.ts";

export async function action(
  context: Context,
  [file = ""]: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { config } = await context.config();
  const folder = folderOf(config.hotFolders, options["folder"]);
  const path = resolve(file);
  const name = basename(path);
  if (!/\.(ya?ml|json)$/i.test(name)) throw new HotplateError("HP-INTAKE-NOT-A-MANIFEST", `${name} is not a manifest.`);
  const base = buildBase(config, "error");
  try {
    await judge(base, { file, path, folder });
    const images = recipeImages(await base.recipes.book());
    const text = withAbsolutePaths(await readFile(path, "utf8"), {
      images,
      absolute: (to) => resolve(dirname(path), to),
    });
    const to = join(folder.path, name);
    const outcome = await publishFile(base.files, to, text, base.ids.uuid());
    if (outcome === "taken")
      throw new HotplateError("HP-STATE-REFUSED", `Another ${name} is in ${folder.path} already.`, {
        hint: "Give the manifest another name, or wait until that one was read.",
      });
    const running = (await context.daemonIfAny()) !== null;
    const answer = join(folder.path, statusFileName(name));
    if (!running) context.hint("No daemon runs; it is read when one starts.");
    context.print({ dropped: to, answer, daemon: running }, () => `Dropped. The answer will be ${answer}`);
  } finally {
    await base.images.close();
  }
}

export function folderOf(folders: readonly HotFolderConfig[], wanted: unknown): HotFolderConfig {
  const known = folders.map((folder) => folder.path).join(", ") || "none is configured";
  const fits = (folder: HotFolderConfig): boolean =>
    typeof wanted !== "string" || folder.path === resolve(wanted) || basename(folder.path) === wanted;
  const [first, second] = folders.filter(fits);
  if (first === undefined)
    throw new HotplateError(
      "HP-NOT-FOUND",
      `${typeof wanted === "string" ? wanted : "The first hot folder"} is no hot folder. Known: ${known}.`,
    );
  if (typeof wanted === "string" && second !== undefined)
    throw new HotplateError("HP-ID-AMBIGUOUS", `Several hot folders are named ${wanted}: ${known}.`);
  return first;
}

/** A plate that still grows is no reason to wait here: the daemon waits for it. */
async function judge(
  base: BaseWorld,
  of: { readonly file: string; readonly path: string; readonly folder: HotFolderConfig },
): Promise<void> {
  const outcome = await validateFile(base, of.path, of.folder);
  if (outcome.kind === "missing") throw new HotplateError("HP-NOT-FOUND", `There is no file ${of.path}.`);
  const errors = outcome.kind === "rejected" ? outcome.problems.filter(({ severity }) => severity === "error") : [];
  const [first] = errors;
  if (first === undefined) return;
  const place = [of.file, first.line, first.col].filter((part) => part !== null).join(":");
  const more = errors.length === 1 ? "" : ` And ${errors.length - 1} more: hotplate validate ${of.file}`;
  throw new HotplateError(first.code, `${place} ${first.message} Nothing was dropped.${more}`, {
    hint: first.action,
    problems: errors,
  });
}
