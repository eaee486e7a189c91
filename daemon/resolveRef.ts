/**
 * What a reference means now: one committed version on the disk, or the reason why not, in words. Manifests ask once, when
 * they are accepted; commands ask when they run. Truth is the folder and the log of decisions, never a pointer file.
 */
import { standing, subjectParts } from "./domain/approvals.ts";
import type { ErrorCode } from "./domain/errors.ts";
import { versionName, wedgeName } from "./domain/ids.ts";
import { nearestWord } from "./domain/nearest.ts";
import { baseName, joinPath } from "./domain/paths.ts";
import type { VersionRef } from "./domain/versionRef.ts";
import { readRef } from "./domain/versionRef.ts";
import { readApprovals } from "./approvalLog.ts";
import { exists } from "./durable.ts";
import type { AskedFrom, ProductWorld } from "./findProduct.ts";
import { findProducts } from "./findProduct.ts";
import type { Digest } from "./ports.ts";
import type { ReadVersion } from "./productVersions.ts";
import { latestVersion, readVersion, versionNumbers } from "./productVersions.ts";

export type RefWorld = ProductWorld & { readonly digest: Digest };

export interface ResolvedRef {
  readonly text: string;
  readonly productDir: string;
  readonly product: string;
  readonly version: ReadVersion;
  /** null: the version as a whole. */
  readonly wedge: number | null;
  /** `v007` or `v007/w032`. */
  readonly subject: string;
}

export interface RefMistake {
  readonly code: ErrorCode;
  readonly message: string;
  readonly expected?: string;
  readonly nearest?: string | null;
  readonly action: string;
}
export type RefAnswer =
  | { readonly ok: true; readonly value: ResolvedRef }
  | { readonly ok: false; readonly mistake: RefMistake };

/** null: the text is no reference. */
export async function resolveRef(world: RefWorld, text: string, from: AskedFrom): Promise<RefAnswer | null> {
  const read = readRef(text);
  if (read === null) return null;
  if (read.kind === "mistake")
    return no({
      code: "HP-REF-SYNTAX",
      message: read.message,
      nearest: read.nearest,
      action:
        read.nearest === null ? "Write PRODUCT@v007, PRODUCT@approved or PRODUCT@latest." : `Write ${read.nearest}.`,
    });
  const { ref } = read;
  const dirs = await findProducts(world, ref, from);
  const [productDir, ...others] = dirs;
  if (productDir === undefined) return no(await unknownProduct(world, ref));
  if (others.length > 0)
    return no({
      code: "HP-REF-AMBIGUOUS",
      message: `There are ${dirs.length} products ${ref.product}: ${dirs.slice(0, 5).join(", ")}${dirs.length > 5 ? " ..." : ""}.`,
      expected: "the shot before it",
      action: `Write ${baseName(joinPath(productDir, ".."))}/${ref.product}@${whichText(ref)}, or the path.`,
    });
  return whichVersion(world, ref, productDir);
}

async function whichVersion(world: RefWorld, ref: VersionRef, productDir: string): Promise<RefAnswer> {
  if (ref.which === "approved") return approvedVersion(world, ref, productDir);
  if (ref.which === "latest") {
    const latest = await latestVersion(world, productDir);
    if (latest !== null) return withWedge(ref, productDir, { version: latest, wedge: ref.wedge });
    return no({
      code: "HP-REF-VERSION",
      message: `${ref.product} has no version yet (${productDir}).`,
      action: "Wait for its first version.",
    });
  }
  const version = await readVersion(world, productDir, ref.which);
  if (version !== null) return withWedge(ref, productDir, { version, wedge: ref.wedge });
  return no(await unknownVersion(world, ref, { productDir, number: ref.which }));
}

async function approvedVersion(world: RefWorld, ref: VersionRef, productDir: string): Promise<RefAnswer> {
  const { approved } = standing((await readApprovals(world, productDir)).lines);
  if (approved === null)
    return no({
      code: "HP-REF-APPROVED",
      message: `Nothing of ${ref.product} is approved yet.`,
      expected: `an approved version, or ${ref.product}@v007`,
      action: `hotplate approve ${ref.product}@v007, or name a version.`,
    });
  const { version: number, wedge } = subjectParts(approved.subject);
  const version = await readVersion(world, productDir, number);
  if (version === null) return no(await unknownVersion(world, ref, { productDir, number }));
  if (version.commitSha256 !== approved.commitSha256)
    return no({
      code: "HP-REF-CHANGED",
      message: `${ref.product} ${approved.subject} was changed after ${approved.who} approved it: the approval does not hold for it.`,
      action: `hotplate verify ${version.dir}; approve it again if it is right.`,
    });
  return withWedge(ref, productDir, { version, wedge: ref.wedge ?? wedge });
}

function withWedge(
  ref: VersionRef,
  productDir: string,
  found: { readonly version: ReadVersion; readonly wedge: number | null },
): RefAnswer {
  const { version } = found;
  const wedges = wedgesOf(version);
  // A version without variations is its own w001.
  const wedge = wedges.length === 0 && found.wedge === 1 ? null : found.wedge;
  const subject = versionName(version.number) + (wedge === null ? "" : `/${wedgeName(wedge)}`);
  if (wedge !== null && !wedges.includes(wedge)) {
    const names = wedges.map(wedgeName);
    const nearest = nearestWord(wedgeName(wedge), names);
    return no({
      code: "HP-REF-WEDGE",
      message: `${ref.product} ${versionName(version.number)} has no ${wedgeName(wedge)}${names.length === 0 ? ": it has no variations" : `; it has ${names[0]} to ${names.at(-1)}`}.`,
      nearest:
        nearest === null
          ? null
          : `${ref.text.split("@", 1)[0] ?? ref.product}@${versionName(version.number)}/${nearest}`,
      action: names.length === 0 ? "Leave the wedge out." : "wedges.json in the version says what became of each.",
    });
  }
  return { ok: true, value: { text: ref.text, productDir, product: ref.product, version, wedge, subject } };
}

/** Wedges that have files in the version, ascending. */
export function wedgesOf(version: Pick<ReadVersion, "commit">): readonly number[] {
  const numbers = version.commit.files.flatMap(({ path }) => {
    const match = /^w(\d{3,5})\//.exec(path);
    return match?.[1] === undefined ? [] : [Number(match[1])];
  });
  return [...new Set(numbers)].sort((a, b) => a - b);
}

async function unknownProduct(world: RefWorld, ref: VersionRef): Promise<RefMistake> {
  const names = new Set(((await world.products?.()) ?? []).map((row) => baseName(row.dir)));
  const nearest = nearestWord(ref.product, names);
  const written = [...ref.place, ref.product].join("/");
  const right =
    nearest === null || nearest === ref.product ? null : `${[...ref.place, nearest].join("/")}@${whichText(ref)}`;
  return {
    code: "HP-REF-PRODUCT",
    message: `There is no product ${ref.absolute ? "/" : ""}${written}.`,
    nearest: right,
    action: right === null ? "Write its shot before it, or its path: SHOT/PRODUCT@v007." : `Write ${right}.`,
  };
}

async function unknownVersion(
  world: RefWorld,
  ref: VersionRef,
  of: { readonly productDir: string; readonly number: number },
): Promise<RefMistake> {
  const name = versionName(of.number);
  const there = (await versionNumbers(world.files, of.productDir)).map(versionName);
  const nearest = nearestWord(name, there.length > 0 ? [...there] : []);
  const claimed = await exists(world.files, joinPath(of.productDir, ".hotplate/claims", `${name}.json`));
  const why = claimed ? ": its number was given, but it is still being made, came to nothing, or was deleted" : "";
  return {
    code: "HP-REF-VERSION",
    message: `${ref.product} has no ${name}${why}.`,
    expected: there.length === 0 ? "no version is there yet" : `one of ${there.slice(0, 8).join(", ")}`,
    nearest: nearest === null ? null : `${ref.product}@${nearest}`,
    action: there[0] === undefined ? "Wait for its first version." : `The latest is ${there[0]}.`,
  };
}

function whichText(ref: VersionRef): string {
  const version = typeof ref.which === "number" ? versionName(ref.which) : ref.which;
  return ref.wedge === null ? version : `${version}/${wedgeName(ref.wedge)}`;
}

function no(mistake: RefMistake): RefAnswer {
  return { ok: false, mistake };
}
