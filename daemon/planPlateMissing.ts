/** What is said when a plate is not there: the folder, the number of `#`, the nearest name, names that nobody can open. */
import { isUnspeakable, shownName } from "./domain/dropName.ts";
import { LIMITS } from "./domain/limits.ts";
import { nearestWord } from "./domain/nearest.ts";
import { baseName, parentDir } from "./domain/paths.ts";
import type { PlatePattern } from "./domain/sequence.ts";
import { paddingsOnDisk, parsePattern, withPadding } from "./domain/sequence.ts";
import type { PadStyle } from "./domain/sequencePadding.ts";
import type { Finding, PathWorld } from "./planFinding.ts";

export interface WrittenPlate {
  readonly path: string;
  readonly written: string;
  readonly at: readonly string[];
}

export async function folderMissing(world: PathWorld, dir: string, of: WrittenPlate): Promise<Finding> {
  const names = await world.files.list(parentDir(dir), LIMITS.framesMax).then(
    (entries) => entries.map((entry) => entry.name),
    () => [],
  );
  const nearest = nearestWord(baseName(dir), names);
  return {
    code: "HP-PLATE-MISSING",
    path: of.at,
    message: `There is no folder ${dir}.`,
    found: of.written,
    nearest: nearest === null ? null : of.written.replace(baseName(dir), nearest),
    action: "Check the path; it starts at the manifest's own folder.",
  };
}

export function nothingMatches(
  all: readonly string[],
  of: WrittenPlate & { readonly pattern: PlatePattern; readonly style: PadStyle },
): Finding {
  const { pattern, style } = of;
  const names = all.filter((name) => !isUnspeakable(name));
  const padding = pattern.padding === 0 ? undefined : paddingsOnDisk(names, pattern)[0];
  const written = baseName(of.path);
  if (padding !== undefined) {
    const right = withPadding(pattern, padding, style);
    const marks = right.slice(pattern.prefix.length, right.length - pattern.suffix.length);
    const example = names.find((name) => name.startsWith(pattern.prefix) && name.endsWith(pattern.suffix)) ?? "";
    return {
      code: "HP-PLATE-PADDING",
      path: of.at,
      message: `"${written}" matches nothing; files on disk use ${padding} digits (${example}). Use ${marks}.`,
      found: written,
      expected: right,
      nearest: right,
      action: `Write ${right}.`,
    };
  }
  const patterns = [...new Set(names.map((name) => patternText(name, style)))];
  const nearest = nearestWord(pattern.text, patterns);
  return {
    code: "HP-PLATE-MISSING",
    path: of.at,
    message: `"${written}" matches nothing in ${parentDir(of.path)}.${unspeakableWords(all)}`,
    found: written,
    expected: patterns.length === 0 ? "the folder is empty" : `one of ${patterns.slice(0, 5).join(", ")}`,
    nearest,
    action: nearest === null ? "Check the name." : `Write ${nearest}.`,
  };
}

/** A folder where its files should be named, as people do who drag it from a file browser. */
export async function folderAsPlate(world: PathWorld, dir: string, of: WrittenPlate): Promise<Finding> {
  const names = await world.files.list(dir, LIMITS.framesMax).then(
    (entries) => entries.filter((entry) => entry.kind === "file").map((entry) => entry.name),
    () => [],
  );
  const files = names.filter((name) => !name.startsWith(".") && !isUnspeakable(name)).sort();
  const patterns = [...new Set(files.map((name) => patternOf(name)))];
  const [only] = patterns;
  const right = patterns.length === 1 && only !== undefined ? `${of.written.replace(/\/+$/, "")}/${only}` : null;
  return {
    code: "HP-PLATE-KIND",
    path: of.at,
    message: `${dir} is a folder; a plate is a pattern of its files.`,
    found: of.written,
    expected: patterns.length === 0 ? "a folder with images in it" : `one of ${patterns.slice(0, 5).join(", ")} in it`,
    nearest: right,
    action: right === null ? "Name the files in it, such as FOLDER/NAME.####.exr." : `Write ${right}.`,
  };
}

/** The name of one frame as the pattern that an artist would write: its last number before the extension as `#`s. */
function patternOf(name: string): string {
  return name.replace(/([._])(\d+)(\.[^.]+)$/, (_all, dot: string, digits: string, ext: string) => {
    return `${dot}${"#".repeat(digits.length)}${ext}`;
  });
}

function patternText(name: string, style: PadStyle): string {
  const parsed = parsePattern(name, style);
  return parsed.ok ? parsed.pattern.text : name;
}

/** Names that are no UTF-8 text can't be opened; perhaps they are the plate. */
function unspeakableWords(names: readonly string[]): string {
  const lost = names.filter(isUnspeakable);
  if (lost.length === 0) return "";
  const [has, are] = lost.length === 1 ? ["1 name there is", "it"] : [`${lost.length} names there are`, "them"];
  return ` ${has} not UTF-8 text (${shownName(lost[0] ?? "")}) and can't be opened; rename ${are}.`;
}
