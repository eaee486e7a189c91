/**
 * Plates that are results: a version or one of its variations, named by a reference or by its path. Resolved once, when the
 * manifest is accepted; what it was then is in the plan, whatever `latest` or `approved` mean later.
 */
import { ignore } from "./durable.ts";
import { LIMITS } from "./domain/limits.ts";
import { readAsset } from "./domain/assetRecord.ts";
import { assetReference } from "./domain/assetPointer.ts";
import { wedgeName } from "./domain/ids.ts";
import { baseName, joinPath, parentDir } from "./domain/paths.ts";
import type { VersionSource } from "./domain/plan.ts";
import { exists } from "./durable.ts";
import type { Finding, PathWorld } from "./planFinding.ts";
import { isProduct, readVersion } from "./productVersions.ts";
import type { ResolvedRef } from "./resolveRef.ts";
import { resolveRef, wedgesOf } from "./resolveRef.ts";

export type RefPlate =
  | { readonly ok: true; readonly path: string; readonly source: VersionSource }
  | { readonly ok: false; readonly finding: Finding };

/** null: what is written is a path. */
export async function plateOfRef(
  world: PathWorld,
  written: string,
  of: { readonly dir: string; readonly show: string; readonly at: readonly string[] },
): Promise<RefPlate | null> {
  const answer = await resolveRef(world, written, { dir: of.dir, show: of.show });
  if (answer === null) return null;
  if (!answer.ok) {
    const { mistake } = answer;
    return no({ ...mistake, path: of.at, found: written });
  }
  const { value } = answer;
  const wedges = wedgesOf(value.version);
  if (value.wedge === null && wedges.length > 0)
    return no({
      code: "HP-REF-WEDGE",
      path: of.at,
      message: `${value.product} ${value.subject} has ${wedges.length} variations, ${wedgeName(wedges[0] ?? 1)} to ${wedgeName(wedges.at(-1) ?? 1)}; name one.`,
      found: written,
      expected: `${written}/${wedgeName(wedges[0] ?? 1)}`,
      action: `Write ${written}/${wedgeName(wedges[0] ?? 1)}, or the one that was chosen.`,
    });
  const pattern = mainSequence(value);
  if (pattern === null)
    return no({
      code: "HP-REF-VERSION",
      path: of.at,
      message: `${value.product} ${value.subject} holds no pictures.`,
      found: written,
      action: "Name another version.",
    });
  const dir = joinPath(value.productDir, value.subject);
  if (!(await exists(world.files, joinPath(dir, pattern.first))) && (await wasCollected(world, value)))
    return no({
      code: "HP-REF-COLLECTED",
      path: of.at,
      message: `The pixels of ${value.product} ${value.subject} were collected by retention.`,
      found: written,
      action: `${joinPath(dir, "collected.json")} says how to make them again; or name another version.`,
    });
  return {
    ok: true,
    path: joinPath(dir, pattern.text),
    source: await sourceFrom(world, value, { asked: written, show: of.show }),
  };
}

/** The version of ours that a plate's folder lies in: its results are derived from it too. */
export async function sourceOfPath(world: PathWorld, plateDir: string, show: string): Promise<VersionSource | null> {
  const match = /^(.*)\/(v(\d{3,9}))(?:\/(w(\d{3,5})))?$/.exec(plateDir);
  const [, productDir = "", , number = "", , wedge] = match ?? [];
  if (match === null || !(await isProduct(world.files, productDir))) return null;
  const version = await readVersion(world, productDir, Number(number));
  if (version === null) return null;
  const subject = plateDir.slice(productDir.length + 1);
  const product = baseName(productDir);
  const value = {
    text: plateDir,
    productDir,
    product,
    version,
    wedge: wedge === undefined ? null : Number(wedge),
    subject,
  };
  return sourceFrom(world, value, { asked: null, show });
}

/** Nothing of ours lands inside a product's folder but its own versions: the product that holds `dir`, or null. */
export async function productAbove(world: PathWorld, dir: string, root: string): Promise<string | null> {
  for (let at = dir; at !== root && at !== "/" && at !== "."; at = parentDir(at))
    if (await isProduct(world.files, at)) return at;
  return null;
}

async function sourceFrom(
  world: PathWorld,
  value: ResolvedRef,
  of: { readonly asked: string | null; readonly show: string },
): Promise<VersionSource> {
  const own = await recordedRef(world, value.version.dir);
  const whole =
    own ??
    assetReference({
      show: of.show,
      shot: null,
      target: { shotDir: parentDir(value.productDir), product: value.product },
      version: value.version.number,
    });
  return {
    asked: of.asked,
    ref: value.wedge === null ? whole : `${whole}/${wedgeName(value.wedge)}`,
    productDir: value.productDir,
    product: value.product,
    subject: value.subject,
    commitSha256: value.version.commitSha256,
  };
}

/** What the version calls itself in its own record; null: it has none in the form of now. */
async function recordedRef(world: PathWorld, dir: string): Promise<string | null> {
  const path = joinPath(dir, ".hotplate/asset.json");
  const bytes = await world.files.read(path, LIMITS.assetBytesMax).catch(ignore("ENOENT", "ENOTDIR"));
  const reading = bytes === undefined ? null : readAsset(new TextDecoder().decode(bytes));
  return reading?.kind === "asset" ? reading.asset.ref : null;
}

async function wasCollected(world: PathWorld, value: ResolvedRef): Promise<boolean> {
  const places = [joinPath(value.productDir, value.subject), value.version.dir];
  for (const dir of places) if (await exists(world.files, joinPath(dir, "collected.json"))) return true;
  return false;
}

const PICTURES: ReadonlySet<string> = new Set(["exr", "dpx", "png", "tif", "tiff", "jpg", "jpeg", "webp"]);

/** The sequence with the most frames among the pictures right in the folder: a proxy or a sheet beside it has fewer. */
function mainSequence(value: ResolvedRef): { readonly text: string; readonly first: string } | null {
  const prefix = value.wedge === null ? "" : `${wedgeName(value.wedge)}/`;
  const groups = new Map<string, { readonly digits: number; readonly first: string; count: number }>();
  for (const { path } of value.version.commit.files) {
    if (!path.startsWith(prefix)) continue;
    const name = path.slice(prefix.length);
    const match = /^(.*?)(?:\.(-?\d+))?\.([A-Za-z0-9]+)$/.exec(name);
    const [, stem = "", frame, ext = ""] = match ?? [];
    if (match === null || name.includes("/") || name.startsWith("contact_") || !PICTURES.has(ext.toLowerCase()))
      continue;
    const key = frame === undefined ? name : `${stem}.%0${frame.length}d.${ext}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { digits: frame?.length ?? 0, first: name, count: 1 });
    else known.count += 1;
  }
  const [best] = [...groups].toSorted((a, b) => b[1].count - a[1].count);
  return best === undefined ? null : { text: best[0], first: best[1].first };
}

function no(finding: Finding): RefPlate {
  return { ok: false, finding };
}
