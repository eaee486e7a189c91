/**
 * Does a version's record agree with what it speaks of: its own schema, the graph and the recipe, the lists of frames, the
 * inputs where they can be reached, the models where they lie on this node, the pointers inside the frames, and the approvals
 * beside the version? Reads only; what can't be looked at says so.
 */
import { isBeside } from "./domain/approvals.ts";
import { z } from "zod";
import { checksumLines } from "./domain/assetFiles.ts";
import type { AssetRecord } from "./domain/assetRecord.ts";
import { readAsset } from "./domain/assetRecord.ts";
import { canonicalJson } from "./domain/canonicalJson.ts";
import { messageOf, systemCode } from "./domain/errors.ts";
import { versionName } from "./domain/ids.ts";
import { LIMITS } from "./domain/limits.ts";
import { joinPath, parentDir } from "./domain/paths.ts";
import type { ModelsByHash } from "./modelsByHash.ts";
import type { Digest, Files } from "./ports.ts";

export interface RecordLine {
  readonly path: string;
  readonly state: "ok" | "changed" | "missing" | "extra" | "collected" | "not checkable";
  readonly why: string | null;
  /** It is about something outside the version: that it can't be looked at says nothing of the version. */
  readonly outside?: true;
}

export interface RecordWorld {
  readonly files: Files;
  readonly digest: Digest;
  /** Absent: nobody knows where models lie. */
  readonly models?: ModelsByHash;
}

const RECORD = ".hotplate/asset.json";
const inputFile = z.looseObject({ name: z.string(), sha256: z.string().nullable() });

export async function verifyRecord(world: RecordWorld, dir: string): Promise<readonly RecordLine[]> {
  const text = await textAt(world, joinPath(dir, RECORD), LIMITS.assetBytesMax);
  // That it is gone or can't be read is told where its size and hash are checked.
  if (typeof text !== "string") return [];
  const reading = readAsset(text);
  if (reading.kind === "old") return [line("record", "ok", "of the form before ai-asset/1 was published: hash only")];
  if (reading.kind === "broken") return [line("record", "changed", `asset.json: ${reading.message}`)];
  const { asset } = reading;
  return [
    line("record", "ok"),
    ...(await graphLines(world, dir, asset)),
    await listLine(world, dir, asset),
    ...(await pointerLines(world, dir, asset)),
    ...(await inputLines(world, asset)),
    ...(await modelLines(world, asset)),
    ...(await approvalLines(world, dir, asset)),
  ];
}

function line(path: string, state: RecordLine["state"], why: string | null = null): RecordLine {
  return { path, state, why };
}

async function textAt({ files }: RecordWorld, path: string, max: number): Promise<string | Error> {
  try {
    return new TextDecoder().decode(await files.read(path, max));
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

/** The graph by its canonical form, so that white space is no change; the recipe with it, by the recipe's own hash. */
async function graphLines(world: RecordWorld, dir: string, asset: AssetRecord): Promise<readonly RecordLine[]> {
  const { digest } = world;
  const graph = jsonOf(await textAt(world, joinPath(dir, ".hotplate/graph.api.json"), LIMITS.graphBytesMax));
  if (graph === undefined) return [line("graph", "not checkable", "graph.api.json can't be read as JSON")];
  const same = digest.sha256(canonicalJson(graph)) === asset.graph.sha256;
  const out = [same ? line("graph", "ok") : line("graph", "changed", "its canonical sha256 is another one")];
  const file = jsonOf(await textAt(world, joinPath(dir, ".hotplate/recipe.json"), LIMITS.recipeFileBytesMax));
  if (file === undefined) return out;
  const whole = digest.sha256(canonicalJson({ file, graph })) === asset.recipe.sha256;
  return [...out, whole ? line("recipe", "ok") : line("recipe", "changed", "its sha256 is another one")];
}

function jsonOf(text: string | Error): unknown {
  if (typeof text !== "string") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // The caller says what can't be read.
    return undefined;
  }
}

/** Each sequence's root hash over its own lines of frames.sha256. */
async function listLine(world: RecordWorld, dir: string, asset: AssetRecord): Promise<RecordLine> {
  const list = await textAt(world, joinPath(dir, ".hotplate/frames.sha256"), LIMITS.commitBytesMax);
  if (typeof list !== "string") return line("frames.sha256", "not checkable", systemCode(list) ?? list.message);
  const entries = list.split("\n").flatMap((text) => {
    const [sha256, path] = text.split("  ");
    return sha256 === undefined || path === undefined ? [] : [{ sha256, path }];
  });
  const wrong = asset.files.filter(({ path, digest }) => {
    const [before = "", after] = path.split(/%0\d+d/);
    const own = entries.filter((entry) =>
      after === undefined ? entry.path === path : entry.path.startsWith(before) && entry.path.endsWith(after),
    );
    return world.digest.sha256(checksumLines(own)) !== digest.root;
  });
  if (wrong.length === 0) return line("frames.sha256", "ok");
  return line("frames.sha256", "changed", `the root hash of ${wrong[0]?.path} is another one`);
}

/** What a frame says of itself, in the first bytes of each sequence's first file: as text in every kind that carries one. */
async function pointerLines(world: RecordWorld, dir: string, asset: AssetRecord): Promise<readonly RecordLine[]> {
  const list = await textAt(world, joinPath(dir, ".hotplate/frames.sha256"), LIMITS.commitBytesMax);
  const first = typeof list === "string" ? (list.split("\n")[0] ?? "").split("  ")[1] : undefined;
  if (first === undefined) return [];
  try {
    const head = await world.files.head(joinPath(dir, first), LIMITS.pointerHeadBytes);
    const ids = new TextDecoder("latin1").decode(head).match(/urn:uuid:[0-9a-f-]{36}/g) ?? [];
    if (ids.length === 0) return [];
    const own = ids.every((id) => id === asset.id);
    return [own ? line("pointer", "ok") : line("pointer", "changed", `${first} says it is of ${ids.join(", ")}`)];
  } catch (error) {
    // A frame that is gone is told of above.
    return systemCode(error) === "ENOENT" ? [] : [line("pointer", "not checkable", systemCode(error))];
  }
}

async function inputLines(world: RecordWorld, asset: AssetRecord): Promise<readonly RecordLine[]> {
  const out: RecordLine[] = [];
  for (const input of asset.inputs) {
    const files = z.array(inputFile).safeParse(input["x-files"]);
    const dir = input["x-dir"];
    if (!files.success || typeof dir !== "string") continue;
    for (const { name, sha256 } of files.data) {
      const path = `${input.role} ${joinPath(dir, name)}`;
      if (sha256 === null) out.push({ path, state: "not checkable", why: "its hash is not on record", outside: true });
      else out.push(await outsideFile(world, { path, at: joinPath(dir, name), sha256 }));
    }
  }
  return out;
}

async function outsideFile(
  { files }: RecordWorld,
  of: { readonly path: string; readonly at: string; readonly sha256: string },
): Promise<RecordLine> {
  try {
    const there = await files.hash(of.at);
    if (there.sha256 === of.sha256) return { ...line(of.path, "ok"), outside: true };
    return { ...line(of.path, "changed", "its sha256 is another one"), outside: true };
  } catch (error) {
    return { ...line(of.path, "not checkable", systemCode(error) ?? messageOf(error)), outside: true };
  }
}

async function modelLines(world: RecordWorld, asset: AssetRecord): Promise<readonly RecordLine[]> {
  const out: RecordLine[] = [];
  for (const model of asset.models) {
    const path = `model ${model.name}`;
    const say = (state: RecordLine["state"], why: string | null): void =>
      void out.push({ path, state, why, outside: true });
    if (model.sha256 === null) say("not checkable", "its hash is not on record");
    else if (world.models === undefined) say("not checkable", "no configuration says where models lie");
    else {
      const there = await world.models.find({ sha256: model.sha256, name: model.name, bytes: model.bytes });
      if (there === null) say("not checkable", `no model of this node has sha256 ${model.sha256.slice(0, 12)}`);
      else say("ok", null);
    }
  }
  return out;
}

const decision = z.looseObject({ subject: z.string(), action: z.string(), commitSha256: z.string() });

/** The last decision on the version, and on each wedge of it: an approval holds for the commit that it names and no other. */
async function approvalLines(world: RecordWorld, dir: string, asset: AssetRecord): Promise<readonly RecordLine[]> {
  const log = await textAt(world, joinPath(parentDir(dir), ".hotplate/approvals.jsonl"), LIMITS.commitBytesMax);
  const commit = await textAt(world, joinPath(dir, ".hotplate/commit.json"), LIMITS.commitBytesMax);
  if (typeof log !== "string" || typeof commit !== "string") return [];
  const name = versionName(asset.entity.version);
  const last = new Map<string, z.infer<typeof decision>>();
  for (const text of log.split("\n")) {
    const read = decision.safeParse(jsonOf(text));
    if (!read.success || !(read.data.subject === name || read.data.subject.startsWith(`${name}/`))) continue;
    if (!isBeside(read.data.action)) last.set(read.data.subject, read.data);
  }
  const sha256 = world.digest.sha256(commit);
  return [...last.values()]
    .filter(({ action }) => action === "approve")
    .map(({ subject, commitSha256 }) =>
      commitSha256 === sha256
        ? line(`approval of ${subject}`, "ok")
        : line(`approval of ${subject}`, "changed", "it was given for another commit, so it does not hold"),
    );
}
