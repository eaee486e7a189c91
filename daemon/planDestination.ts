/**
 * Why results can't go where the manifest wants them by its show's layout: a token without a value, one name for many results,
 * a publish that nobody approved, a delivery name that another product has.
 */
import { systemCode } from "./domain/errors.ts";
import { LIMITS } from "./domain/limits.ts";
import type { Place } from "./domain/pathLayout.ts";
import { joinPath } from "./domain/paths.ts";
import type { Tokens } from "./domain/pathTemplateParse.ts";
import { formatPath } from "./domain/pathTemplateParse.ts";
import { namesIn } from "./domain/pathLayoutPlaces.ts";
import type { Finding, PathWorld } from "./planFinding.ts";

interface Wanted {
  readonly place: Place;
  readonly layout: string;
  readonly root: string;
  readonly tokens: Tokens;
  readonly to: string;
}

/** Where a person may say what a token is. */
const SAID: Readonly<Record<string, string>> = { task: "task: comp", step: "task: comp", product: "product: NAME" };

export function unnamed(
  wanted: Wanted,
  of: { readonly missing: readonly string[]; readonly wrong: readonly string[] },
): readonly Finding[] {
  const where = `${wanted.to} of layout ${wanted.layout}`;
  return [
    ...of.missing.map((name): Finding => {
      const line = SAID[name] ?? `shot: {${name}: ...}`;
      return {
        code: "HP-PATH-TOKEN",
        path: ["output", "to"],
        message: `${where} needs {${name}}, and neither the plate's path nor the manifest says it.`,
        found: "nothing",
        expected: `{${name}} in ${wanted.place.file.text}`,
        action: `Add  ${line}, or ask the TD (hotplate path explain PLATE).`,
      };
    }),
    ...of.wrong.map(
      (name): Finding => ({
        code: "HP-PATH-TOKEN",
        path: name === "product" ? ["product"] : name === "task" || name === "step" ? ["task"] : ["output", "to"],
        message: `"${wanted.tokens[name] ?? ""}" can't be {${name}} in ${where}.`,
        found: wanted.tokens[name] ?? null,
        expected: `what layout ${wanted.layout} says of {${name}}`,
        action: "Write another one, or ask the TD.",
      }),
    ),
  ];
}

/** A template without {wedge} or {frame} has one name for them all. */
export function oneNameForMany(
  wanted: Wanted,
  of: { readonly short: readonly string[]; readonly wedges: number },
): Finding {
  const many = of.short.includes("wedge") ? `${of.wedges} variations` : "one result per frame";
  return {
    code: "HP-PATH-DESTINATION",
    path: ["output", "to"],
    message: `${wanted.to} of layout ${wanted.layout} has no ${of.short.map((name) => `{${name}}`).join(" and no ")} in its names, and this manifest makes ${many}.`,
    found: wanted.to,
    expected: wanted.place.file.text,
    action: "Choose another output.to, or ask the TD.",
  };
}

/** Publishing follows an approval; and a name that stands for one product never gets a second one. */
export async function unpublishable(
  world: Pick<PathWorld, "files">,
  of: { readonly wanted: Wanted; readonly product: string },
): Promise<readonly Finding[]> {
  const taken = await takenBy(world, of);
  return [
    {
      code: "HP-PATH-UNAPPROVED",
      path: ["output", "to"],
      message: "Only what a person approved is published, and this version of Hotplate has no review yet.",
      found: "publish",
      expected: "beside, work or a folder",
      action: "Write  output: {to: work}, or leave output.to out.",
    },
    ...(taken === null
      ? []
      : [
          {
            code: "HP-PATH-PRODUCT" as const,
            path: ["product"],
            message: `${taken.name} is the name of product ${taken.product}; its versions can't be of ${of.product}, too.`,
            found: of.product,
            expected: taken.product,
            action: `Write  product: ${taken.product}, or another task.`,
          },
        ]),
  ];
}

/** The product that has the versions of this name already, by their newest claim; null: ours, or nobody's yet. */
async function takenBy(
  world: Pick<PathWorld, "files">,
  of: { readonly wanted: Wanted; readonly product: string },
): Promise<{ readonly product: string; readonly name: string } | null> {
  const { place, tokens, root } = of.wanted;
  if (namesIn(place.version).includes("product")) return null;
  const state = formatPath(place.state, tokens);
  const version = formatPath(place.version, { ...tokens, version: "1" });
  if (!state.ok || !version.ok) return null;
  const claims = joinPath(root, state.path, "claims");
  const entries = await world.files.list(claims, LIMITS.productVersionsMax).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return [];
    throw error;
  });
  const newest = entries
    .map(({ name }) => name)
    .filter((name) => /^v\d+\.json$/.test(name))
    .sort((a, b) => Number(b.slice(1, -5)) - Number(a.slice(1, -5)))[0];
  if (newest === undefined) return null;
  const text = new TextDecoder().decode(await world.files.read(joinPath(claims, newest), LIMITS.claimBytesMax));
  const product = productOf(text);
  if (product === null || product === of.product) return null;
  return { product, name: version.path.slice(version.path.lastIndexOf("/") + 1).replace(/_v\d+$/, "") };
}

function productOf(claim: string): string | null {
  try {
    const { product } = JSON.parse(claim) as { product?: unknown };
    return typeof product === "string" ? product : null;
  } catch {
    // A record that can't be read says nothing; whoever claims next is told of it there.
    return null;
  }
}
