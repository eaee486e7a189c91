/**
 * `hotplate rerun VERSION`: makes a published version, or one wedge of it, again. Looks first whether it can be the same: models
 * by hash, plates by hash, the engine of the slots; what is missing is refused and listed. Then a manifest is dropped, so that
 * the folder answers as ever; the daemon measures how equal the two are and writes it into the new version's record.
 */
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import type { BaseWorld } from "../adapters/world.ts";
import { buildBase } from "../adapters/world.ts";
import { statusFileName } from "../domain/answer.ts";
import type { HotFolderConfig } from "../domain/config.ts";
import { inputFolder } from "../domain/pathForms.ts";
import { HotplateError, messageOf, systemCode } from "../domain/errors.ts";
import { versionName } from "../domain/ids.ts";
import { publishFile } from "../durable.ts";
import { planManifest } from "../planManifest.ts";
import type { VersionPapers } from "../readVersion.ts";
import { readVersion } from "../readVersion.ts";
import type { Context } from "./context.ts";
import { localModels } from "./localModels.ts";
import { folderOf } from "./submit.ts";

export async function action(
  context: Context,
  [what = ""]: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { config } = await context.config();
  const allowDrift = options["allowDrift"] === true;
  const base = buildBase(config, "error");
  try {
    const version = await readVersion(base.files, resolve(what));
    const { show } = version.asset.entity;
    const own = config.hotFolders.filter((folder) => folder.show === show);
    const folder = folderOf(
      options["folder"] === undefined && own.length > 0 ? own : config.hotFolders,
      options["folder"],
    );
    const models = await sameModels(context, base, { version, allowDrift });
    const notes = [...models.notes];
    if (!allowDrift) {
      await samePlates(base, version);
      await sameEngine(context, version);
    }
    const wish = {
      of: resolve(what),
      ...(typeof options["wedge"] === "string" ? { wedges: options["wedge"].split(",") } : {}),
      ...(typeof options["frames"] === "string" ? { frames: options["frames"] } : {}),
      ...(allowDrift ? { allowDrift } : {}),
      ...(Object.keys(models.names).length === 0 ? {} : { models: models.names }),
    };
    const name = manifestName(version, wish.wedges, base.ids.uuid());
    const text = `${JSON.stringify({ hotplate: 1, rerun: wish }, null, 2)}\n`;
    await judge(base, { folder, name, text });
    await publishFile(base.files, join(folder.path, name), text, base.ids.uuid());
    const running = (await context.daemonIfAny()) !== null;
    if (!running) context.hint("No daemon runs; it is read when one starts.");
    const answer = join(folder.path, statusFileName(name));
    const said = { dropped: join(folder.path, name), answer, daemon: running, of: version.asset.ref, notes };
    context.print(said, () => [...notes, `Dropped. The answer will be ${answer}`].join("\n"));
  } finally {
    await base.images.close();
  }
}

/** `rerun_envTunnel_v007_w032_1a2b3c4d.json` */
function manifestName(version: VersionPapers, wedges: readonly string[] | undefined, uuid: string): string {
  const { product, version: number } = version.asset.entity;
  const wedge = wedges?.length === 1 ? wedges[0] : version.wedge;
  const parts = ["rerun", product, versionName(number), ...(wedge === null ? [] : [wedge]), uuid.slice(0, 8)];
  return `${parts
    .join("_")
    .replaceAll(/[^\p{L}\p{N}._-]/gu, "_")
    .slice(0, 150)}.json`;
}

interface SameModels {
  /** Old name -> the name of the same file now. */
  readonly names: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

/** By hash, whatever they are called now. Those that are nowhere are listed, all of them. */
async function sameModels(
  context: Context,
  base: BaseWorld,
  of: { readonly version: VersionPapers; readonly allowDrift: boolean },
): Promise<SameModels> {
  const { models } = of.version.asset;
  if (models.length === 0) return { names: {}, notes: [] };
  const here = await localModels(context, base.files);
  const names: Record<string, string> = {};
  const missing: string[] = [];
  for (const { name, sha256, bytes } of models) {
    const found = sha256 === null || here === null ? null : await here.find({ sha256, name, bytes });
    if (found === null)
      missing.push(`${name} (${sha256 === null ? "of unknown hash" : `sha256 ${sha256.slice(0, 12)}`})`);
    else if (found.file !== name) names[name] = found.file;
  }
  const renamed = Object.entries(names).map(([old, now]) => `The model ${old} is called ${now} now: same sha256.`);
  if (missing.length === 0) return { names, notes: renamed };
  const words = `Not on this node: ${missing.join(", ")}.`;
  if (!of.allowDrift) throw new HotplateError("HP-RERUN-MODELS", `${words} Nothing was dropped.`);
  return { names, notes: [...renamed, `${words} Whatever has their name is used, and recorded.`] };
}

const inputFiles = z.array(z.looseObject({ name: z.string(), sha256: z.string().nullable() }));

/** Every plate and image of the record that can be proven must be the one that it was. */
async function samePlates(base: BaseWorld, version: VersionPapers): Promise<void> {
  for (const input of version.asset.inputs) {
    const read = inputFiles.safeParse(input["x-files"]);
    for (const { name, sha256 } of read.success ? read.data : []) {
      const path = join(inputFolder(input, base.config.roots), name);
      if (sha256 === null) continue;
      const now = await base.files.hash(path).catch((error: unknown) => {
        const why = systemCode(error) ?? messageOf(error);
        throw new HotplateError("HP-PLATE-MISSING", `${path} can't be read (${why}). Nothing was dropped.`);
      });
      if (now.sha256 !== sha256)
        throw new HotplateError(
          "HP-PLATE-CHANGED",
          `${path} is not what the version was made from. Nothing was dropped.`,
          {
            hint: "Restore it, or say --allow-drift.",
          },
        );
    }
  }
}

/** As far as a running daemon knows its slots; the daemon asks the same again before any work is given. */
async function sameEngine(context: Context, version: VersionPapers): Promise<void> {
  if ((await context.daemonIfAny()) === null) return;
  const node = (await context.api("GET", "/v1/node")) as {
    readonly slots: readonly { readonly name: string; readonly version: string | null }[];
  };
  const { version: wanted } = version.asset.engine;
  const known = node.slots.filter((slot) => slot.version !== null);
  if (known.length === 0 || known.some((slot) => slot.version === wanted)) return;
  const there = known.map((slot) => `${slot.name} ${slot.version}`).join(", ");
  throw new HotplateError(
    "HP-RERUN-DRIFT",
    `ComfyUI ${wanted ?? "of unknown version"} made it; here are ${there}. Nothing was dropped.`,
  );
}

async function judge(
  base: BaseWorld,
  of: { readonly folder: HotFolderConfig; readonly name: string; readonly text: string },
): Promise<void> {
  const bytes = new TextEncoder().encode(of.text);
  const outcome = await planManifest(base, {
    text: bytes,
    bytes: bytes.length,
    fileName: basename(of.name),
    dir: of.folder.path,
    show: of.folder.show,
    boundRecipe: null,
  });
  const [first] = outcome.kind === "rejected" ? outcome.problems.filter(({ severity }) => severity === "error") : [];
  if (first === undefined) return;
  throw new HotplateError(first.code, `${first.message} Nothing was dropped.`, { hint: first.action });
}
