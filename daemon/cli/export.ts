/**
 * `hotplate export FORM [VERSION...]`: what other tools read, made from the records. ro-crate: one version for archives; bom: a
 * show's models and programs (CycloneDX 1.6); otio: a playlist. Nothing is written into a version.
 */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { createClock } from "../adapters/clock.ts";
import { createDigest } from "../adapters/digest.ts";
import { createFiles } from "../adapters/files.ts";
import { assetUrn } from "../domain/assetPointer.ts";
import { HotplateError, systemCode } from "../domain/errors.ts";
import { mlBom } from "../domain/mlBom.ts";
import { otioTimeline } from "../domain/otio.ts";
import { baseName, parentDir } from "../domain/paths.ts";
import type { CrateFile } from "../domain/roCrate.ts";
import { roCrate } from "../domain/roCrate.ts";
import type { Exported, Which } from "../exportVersions.ts";
import { clipsOf, versionsOf, WHICH } from "../exportVersions.ts";
import { readVersion as readCommitted } from "../productVersions.ts";
import type { VersionPapers } from "../readVersion.ts";
import { readVersion } from "../readVersion.ts";
import type { Context } from "./context.ts";
import { knownProducts } from "./storeReader.ts";
import { packageVersion } from "./version.ts";

const world = () => ({ files: createFiles(), digest: createDigest() });

export async function action(
  context: Context,
  [form = "", ...paths]: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  switch (form) {
    case "ro-crate":
      return exportCrate(context, paths, options);
    case "bom":
      return exportBom(context, paths, options);
    case "otio":
      return exportOtio(context, paths, options);
    default:
      throw new HotplateError("HP-USAGE", `export knows ro-crate, bom and otio, not "${form}".`, {
        hint: "hotplate export --help",
      });
  }
}

async function exportCrate(
  context: Context,
  paths: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const [path] = paths;
  if (path === undefined || paths.length > 1) throw new HotplateError("HP-USAGE", "export ro-crate takes one version.");
  const version = await readVersion(createFiles(), resolve(path));
  const files = await filesOf(version);
  const crate = roCrate(version.asset, files);
  const out = options["out"];
  if (typeof out !== "string" || /\.json$/i.test(out)) return give(context, crate, options);
  const dir = resolve(out);
  await refuseWhatIsThere(() => mkdir(dir), dir);
  for (const file of files) {
    await mkdir(dirname(join(dir, file.path)), { recursive: true });
    await copyFile(join(version.dir, file.path), join(dir, file.path));
  }
  await writeFile(join(dir, "ro-crate-metadata.json"), jsonText(crate), { flag: "wx" });
  context.print({ written: dir, files: files.length + 1 }, () => `${files.length + 1} files in ${dir}`);
}

/** As the commit names them, and the commit itself. */
async function filesOf(version: VersionPapers): Promise<readonly CrateFile[]> {
  const { files, digest } = world();
  const committed = await readCommitted(
    { files, digest },
    parentDir(version.dir),
    Number(baseName(version.dir).slice(1)),
  );
  if (committed === null)
    throw new HotplateError("HP-VERSION-PAPERS", `${version.dir}: its commit.json can't be read.`);
  const path = ".hotplate/commit.json";
  const own = await files.hash(join(version.dir, path));
  return [...committed.commit.files, { path, ...own }].filter(
    (file) => !file.path.startsWith("/") && !file.path.split("/").includes(".."),
  );
}

async function exportBom(
  context: Context,
  paths: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { versions, show } = await chosen(context, paths, { options, fallback: "all" });
  const digest = createDigest();
  const assets = versions.map(({ asset }) => asset);
  const serial = assetUrn(digest.sha256(["bom", show, ...assets.map(({ id }) => id)].join("\n")));
  const at = new Date(createClock().now()).toISOString();
  return give(context, mlBom({ show, assets, serial, at, hotplate: packageVersion() }), options);
}

async function exportOtio(
  context: Context,
  paths: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const rate = Number(options["rate"]);
  if (!(rate > 0 && rate <= 1000))
    throw new HotplateError("HP-USAGE", `--rate ${String(options["rate"])} is no frame rate.`);
  const { versions, show, which } = await chosen(context, paths, { options, fallback: "latest" });
  const name = paths.length > 0 ? show : `${show} ${which}`;
  return give(context, otioTimeline({ name, clips: versions.flatMap(clipsOf), rate }), options);
}

/** Versions that are named, or those of the show by what this node's store and the products' own logs say. */
async function chosen(
  context: Context,
  paths: readonly string[],
  of: { readonly options: Readonly<Record<string, unknown>>; readonly fallback: Which },
): Promise<Exported & { readonly show: string; readonly which: Which }> {
  const { files, digest } = world();
  const which = WHICH.find((known) => known === (of.options["which"] ?? of.fallback));
  if (which === undefined) throw new HotplateError("HP-USAGE", `--which knows ${WHICH.join(", ")}.`);
  if (paths.length > 0) {
    const versions: VersionPapers[] = [];
    for (const path of paths) versions.push(await readVersion(files, resolve(path)));
    const shows = [...new Set(versions.map(({ asset }) => asset.entity.show))];
    return { versions, left: [], show: shows.join(", "), which };
  }
  const show = of.options["show"];
  if (typeof show !== "string") throw new HotplateError("HP-USAGE", "Name versions, or --show NAME.");
  const { config } = await context.config();
  const products = (await knownProducts(config.stateDir)).filter((product) => product.show === show);
  if (products.length === 0)
    throw new HotplateError("HP-NOT-FOUND", `This node knows no versions of the show ${show}.`);
  const dirs = products.map(({ dir }) => dir).toSorted();
  const found = await versionsOf({ files, digest }, dirs, which);
  for (const words of found.left) context.hint(`Left out: ${words}`);
  return { ...found, show, which };
}

/** To a new file, or to standard output as it is. */
async function give(context: Context, value: object, options: Readonly<Record<string, unknown>>): Promise<void> {
  const { out } = options;
  if (typeof out !== "string") {
    context.print(value, () => jsonText(value).trimEnd());
    return;
  }
  const path = resolve(out);
  await refuseWhatIsThere(() => writeFile(path, jsonText(value), { flag: "wx" }), path);
  context.print({ written: path }, () => `Written to ${path}`);
}

async function refuseWhatIsThere(make: () => Promise<unknown>, path: string): Promise<void> {
  try {
    await make();
  } catch (error) {
    if (systemCode(error) === "EEXIST") throw new HotplateError("HP-STATE-REFUSED", `${path} is there already.`);
    throw error;
  }
}

function jsonText(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
