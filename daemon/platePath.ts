/**
 * What the show's layout reads in a plate's path: sequence, shot, element, version. One reading is taken; two are refused with
 * the candidates, and the manifest's `shot:` may choose; none is said, and only a destination that needs the tokens fails of it.
 */
import type { Manifest } from "./domain/manifestSchema.ts";
import type { ShowPaths } from "./domain/pathBook.ts";
import { joinPath, relativePath, rootOf } from "./domain/paths.ts";
import type { PathTemplate, Tokens } from "./domain/pathTemplateParse.ts";
import { parsePath } from "./domain/pathTemplateParse.ts";
import type { PlatePlan } from "./domain/plan.ts";
import type { Finding, PathWorld } from "./planFinding.ts";

export interface PlateTokens {
  readonly tokens: Tokens;
  readonly findings: readonly Finding[];
}

const NOTHING: PlateTokens = { tokens: {}, findings: [] };

export function plateTokens(
  world: Pick<PathWorld, "config">,
  show: ShowPaths,
  of: { readonly plate: PlatePlan | null; readonly manifest: Manifest },
): PlateTokens {
  const { plate, manifest } = of;
  const root = plate === null ? null : rootOf(plate.dir, world.config.roots);
  if (plate === null || root === null || show.layout.plates.length === 0) return NOTHING;
  if (plate.source !== undefined)
    return { tokens: tokensOfResult(show, relativePath(plate.dir, root.linux), plate), findings: [] };
  const path = relativePath(joinPath(plate.dir, plate.pattern), root.linux);
  const at = typeof manifest.plate === "string" ? ["plate"] : ["plate", "path"];
  let miss: {
    readonly template: PathTemplate;
    readonly at: number;
    readonly wanted: string;
    readonly met: number;
  } | null = null;
  for (const template of show.layout.plates) {
    const answer = parsePath(template, path);
    const readings = answer.parses.map(({ tokens }) => tokens);
    const meant = readings.filter((tokens) => agrees(tokens, manifest.shot));
    const [only, other] = meant;
    if (only !== undefined && other === undefined) return { tokens: only, findings: [] };
    if (readings.length > 0)
      return { tokens: {}, findings: [severalWays(plate, at, meant.length > 0 ? meant : readings)] };
    if (miss === null || answer.failure.met > miss.met) miss = { template, ...answer.failure };
  }
  if (miss === null) return NOTHING;
  const rest = path.slice(Math.max(0, miss.at));
  const message = `No template for plates of layout ${show.layout.name} fits ${path}: at "${rest}" it wants ${miss.wanted}.`;
  return {
    tokens: {},
    findings: [
      { code: "HP-PATH-TEMPLATE", severity: "warning", path: at, message, found: path, expected: miss.template.text },
    ],
  };
}

/** Of a version of ours that is taken as a plate: the shot and all that is above its product. */
function tokensOfResult(show: ShowPaths, dir: string, plate: PlatePlan): Tokens {
  for (const place of Object.values(show.layout.places)) {
    const [parse] = parsePath(place.file, joinPath(dir, plate.pattern)).parses;
    if (parse === undefined) continue;
    const own = ["product", "version", "wedge", "frame", "ext", "width", "height"];
    return Object.fromEntries(Object.entries(parse.tokens).filter(([name]) => !own.includes(name)));
  }
  return {};
}

/** `shot: "010"` means the token that names the shot; a map means each token by its name. */
function agrees(tokens: Tokens, said: Manifest["shot"]): boolean {
  if (said === undefined) return true;
  if (typeof said === "string") return [tokens["shot"], tokens["shotnum"]].includes(said);
  return Object.entries(said).every(([name, value]) => tokens[name] === value);
}

/** What the manifest's `shot:` says of tokens, for paths that no plate tells. */
export function saidTokens(said: Manifest["shot"]): Tokens {
  if (said === undefined) return {};
  return typeof said === "string" ? { shot: said, shotnum: said } : said;
}

function severalWays(plate: PlatePlan, at: Finding["path"], readings: readonly Tokens[]): Finding {
  const differ = (tokens: Tokens): string =>
    Object.entries(tokens)
      .filter(([name, value]) => !readings.every((other) => other[name] === value))
      .map(([name, value]) => `${name} ${value}`)
      .join(", ");
  const ways = readings.map(differ);
  const [first = ""] = ways;
  const example = /^(\w+) (\S+?)(,|$)/.exec(first);
  return {
    code: "HP-PATH-AMBIGUOUS",
    path: at,
    message: `${plate.pattern} could be ${ways.join(" or ")}. Add shot:, or ask the TD.`,
    found: plate.pattern,
    expected: "a path with one reading",
    action:
      example === null ? "Add shot:, or ask the TD." : `Add  shot: {${example[1]}: "${example[2]}"}, or ask the TD.`,
  };
}
