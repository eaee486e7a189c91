/**
 * Where a product is that a reference names: beside the manifest or above it, then among the products that this node made,
 * then in the upper levels of the roots. Reads only. Several places are an answer too: a person must say which.
 */
import { LIMITS } from "./domain/limits.ts";
import { badName } from "./domain/naming.ts";
import { baseName, isInside, joinPath, parentDir, rootOf } from "./domain/paths.ts";
import type { VersionRef } from "./domain/versionRef.ts";
import type { World } from "./ports.ts";
import { isProduct } from "./productVersions.ts";
import type { ProductRow } from "./storePort.ts";

export type ProductWorld = Pick<World, "config" | "files"> & {
  /** Products that this node's store knows; absent: none. */
  readonly products?: () => Promise<readonly ProductRow[]>;
};

export interface AskedFrom {
  /** Of the manifest; null: nowhere in particular. */
  readonly dir: string | null;
  readonly show: string | null;
}

export async function findProducts(
  world: ProductWorld,
  ref: Pick<VersionRef, "place" | "absolute" | "product">,
  from: AskedFrom,
): Promise<readonly string[]> {
  if (badName(ref.product) !== null || ref.place.includes("..")) return [];
  const near = await nearest(world, ref, from);
  if (near !== null) return [near];
  if (ref.absolute) return [];
  const known = await knownProducts(world, ref, from);
  if (known.length > 0) return known;
  return inRoots(world, ref);
}

/** Beside the manifest, or beside a folder above it; a place that is written out is taken at its word. */
async function nearest(
  world: ProductWorld,
  ref: Pick<VersionRef, "place" | "absolute" | "product">,
  from: AskedFrom,
): Promise<string | null> {
  const tail = [...ref.place, ref.product].join("/");
  if (ref.absolute) {
    const dir = `/${tail}`;
    return rootOf(dir, world.config.roots) !== null && (await isProduct(world.files, dir)) ? dir : null;
  }
  for (const root of world.config.roots) {
    const dir = joinPath(root.linux, tail);
    if (ref.place.length > 0 && (await isProduct(world.files, dir))) return dir;
  }
  const root = from.dir === null ? null : rootOf(from.dir, world.config.roots);
  if (from.dir === null || root === null) return null;
  for (let at = from.dir; isInside(at, root.linux); at = parentDir(at)) {
    const dir = joinPath(at, tail);
    if (await isProduct(world.files, dir)) return dir;
    if (at === root.linux || at === "/") break;
  }
  return null;
}

/** By name and by what was written before it; of the same show, when there are such. */
async function knownProducts(
  world: ProductWorld,
  ref: Pick<VersionRef, "place" | "product">,
  from: AskedFrom,
): Promise<readonly string[]> {
  const rows = (await world.products?.()) ?? [];
  const fits = rows.filter(
    (row) => baseName(row.dir) === ref.product && fitsPlace(row.dir, { place: ref.place, show: row.show }),
  );
  const own = fits.filter((row) => row.show === from.show);
  const there: string[] = [];
  for (const row of own.length > 0 && ref.place.length === 0 ? own : fits)
    if (await isProduct(world.files, row.dir)) there.push(row.dir);
  return there;
}

/** The folders right above it, from the right; the first of them may be the show's name instead of a folder. */
function fitsPlace(dir: string, of: { readonly place: readonly string[]; readonly show: string | null }): boolean {
  const segments = parentDir(dir).split("/");
  const [first, ...rest] = of.place;
  if (endsWith(segments, of.place)) return true;
  if (first === undefined || !endsWith(segments, rest)) return false;
  return of.show === first || segments.slice(0, segments.length - rest.length).includes(first);
}

function endsWith(segments: readonly string[], tail: readonly string[]): boolean {
  return tail.every((part, index) => segments[segments.length - tail.length + index] === part);
}

/** Made by another node: the upper levels of each root are listed, no deeper. */
async function inRoots(world: ProductWorld, ref: Pick<VersionRef, "place" | "product">): Promise<readonly string[]> {
  const levels = Array.from({ length: LIMITS.productLookDepthMax }, (_, n) => "*/".repeat(n).slice(0, -1));
  const out: string[] = [];
  for (const root of world.config.roots) {
    const between = `{${levels.slice(1).join(",")}}`;
    const pattern = joinPath(escaped(root.linux), between, ...ref.place.slice(-1).map(escaped), escaped(ref.product));
    const found = await world.files.glob(pattern, LIMITS.productsFoundMax).catch(() => null);
    // A root that does not answer or may not be read has no products for us: the reference is told as not found.
    for (const dir of found?.paths ?? [])
      if (fitsPlace(dir, { place: ref.place, show: null }) && (await isProduct(world.files, dir))) out.push(dir);
  }
  return [...new Set(out)];
}

function escaped(part: string): string {
  return part.replaceAll(/[()[\]{}!*?@+|\\]/g, "\\$&");
}
