/**
 * The plate that a manifest names: found, whole, of a kind that can be read, with every frame that is wanted. A plate that
 * is still being copied is waited for; anything else that is wrong is said. Opened read-only, and only its head.
 */
import { HotplateError, systemCode } from "./domain/errors.ts";
import { LIMITS } from "./domain/limits.ts";
import type { Manifest } from "./domain/manifestSchema.ts";
import { versionMismatch } from "./domain/naming.ts";
import { baseName, extension, joinPath, parentDir } from "./domain/paths.ts";
import type { PlateFrame, PlatePlan } from "./domain/plan.ts";
import type { RecipeFile } from "./domain/recipe.ts";
import type { PatternAnswer, PlatePattern } from "./domain/sequence.ts";
import { matchFrames, parsePattern, stemOf, still } from "./domain/sequence.ts";
import type { PadStyle } from "./domain/sequencePadding.ts";
import type { Finding, PathWorld, Resolved } from "./planFinding.ts";
import { found, refused } from "./planFinding.ts";
import { chooseFrames } from "./planFrames.ts";
import { pathIn, realInside } from "./planPath.ts";
import { plateOfRef, sourceOfPath } from "./planSource.ts";
import { statFrames } from "./planPlateFiles.ts";
import type { WrittenPlate } from "./planPlateMissing.ts";
import { folderMissing, nothingMatches } from "./planPlateMissing.ts";
import { lookAlike, otherForm, spelledOnDisk } from "./planSpelling.ts";

interface Asked {
  readonly manifest: Manifest;
  readonly recipe: { readonly file: Pick<RecipeFile, "name" | "plate"> };
  readonly dir: string;
  readonly show: string;
}

export async function resolvePlate(world: PathWorld, asked: Asked): Promise<Resolved<PlatePlan>> {
  const { manifest, recipe } = asked;
  const written = typeof manifest.plate === "string" ? manifest.plate : manifest.plate?.path;
  if (written === undefined) {
    if (recipe.file.plate?.required !== true) return { value: null, findings: [], waiting: null };
    return refused({
      code: "HP-MANIFEST-REQUIRED",
      path: [],
      message: `plate is missing: ${recipe.file.name} works on a plate.`,
      expected: "plate: FILE",
      action: 'Add  plate: "path/to/plate.####.exr".',
    });
  }
  const at = typeof manifest.plate === "string" ? ["plate"] : ["plate", "path"];
  if (recipe.file.plate === undefined) {
    return refused({
      code: "HP-RECIPE-PARAMETER",
      path: at,
      message: `Recipe ${recipe.file.name} takes no plate.`,
      found: written,
      action: "Take plate out, and say output.to: FOLDER for where the results go.",
    });
  }
  const version = await plateOfRef(world, written, { dir: asked.dir, show: asked.show, at });
  if (version?.ok === false) return refused(version.finding);
  const path = version ?? pathIn(world, written, { dir: asked.dir, at });
  if (!path.ok) return refused(path.finding);
  try {
    const plate = await plateAt(world, asked, { path: path.path, written, at });
    if (plate.value === null) return plate;
    const source = version?.source ?? (await sourceOfPath(world, plate.value.dir, asked.show));
    return source === null ? plate : { ...plate, value: { ...plate.value, source } };
  } catch (error) {
    const code = systemCode(error);
    if (code === "EACCES" || code === "EPERM")
      return refused({
        code: "HP-PATH-PERMISSION",
        path: at,
        message: `Hotplate may not read ${path.path}.`,
        action: "Ask IT for read access.",
      });
    throw error;
  }
}

async function plateAt(world: PathWorld, asked: Asked, as: WrittenPlate): Promise<Resolved<PlatePlan>> {
  const spelled = await spelledOnDisk(world, parentDir(as.path));
  if (!spelled.ok) return refused(lookAlike(spelled.twins, as));
  const dir = spelled.path;
  const of = { ...as, path: joinPath(dir, baseName(as.path)) };
  const inside = await realInside(world, of.path, of);
  if (!inside.ok) return refused(inside.finding);
  const names = await namesIn(world, dir, of);
  if ("code" in names) return refused(names);
  const style = styleOf(world, asked.manifest);
  const parsed = patternAmong(names, baseName(of.path), style);
  if (!parsed.ok) return refused(unreadable(parsed, of));
  const { pattern } = parsed;
  const matched = matchFrames(names, pattern);
  if (matched.frames.length === 0) return refused(nothingMatches(names, { ...of, pattern, style }));
  if (matched.twins.length > 0) return refused(lookAlike(matched.twins, of));
  const chosen = chooseFrames(asked.manifest, matched.frames, pattern);
  const findings = [...chosen.findings];
  if (spelled.other || matched.otherForm > 0)
    findings.push(otherForm(joinPath(dir, matched.frames[0]?.name ?? ""), of));
  const mismatch = versionMismatch({ dir, stem: stemOf(pattern) });
  if (mismatch !== null)
    findings.push({
      code: "HP-PLATE-VERSION",
      path: of.at,
      message: `Folder says ${mismatch[0]}, file says ${mismatch[1]}. Nothing was rendered.`,
      found: mismatch[1],
      expected: mismatch[0],
    });
  if (findings.some((finding) => finding.severity !== "warning")) return refused(...findings);
  const frames = await statFrames(world, dir, { chosen: chosen.frames, ...of });
  if (frames.value === null) return frames as Resolved<never>;
  return withHeader(world, { asked, of, dir, pattern, frames: frames.value, findings });
}

async function namesIn(world: PathWorld, dir: string, of: WrittenPlate): Promise<readonly string[] | Finding> {
  try {
    return (await world.files.list(dir, LIMITS.framesMax)).map((entry) => entry.name);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return folderMissing(world, dir, of);
    if (code !== "EOVERFLOW") throw error;
    return {
      code: "HP-PLATE-TOO-MANY",
      path: of.at,
      message: `${dir} holds more than ${LIMITS.framesMax} files; a plate's folder may hold so many.`,
      found: of.written,
      action: "Move the plate into a folder of its own.",
    };
  }
}

/** What `#` means: the manifest's own word, else the node's. */
function styleOf(world: PathWorld, manifest: Manifest): PadStyle {
  return (typeof manifest.plate === "object" ? manifest.plate.padStyle : undefined) ?? world.config.padStyle;
}

/** A file that is called exactly as written is meant, with all its stray `#` and brackets; but `x.1001.exr` is frame 1001. */
function patternAmong(names: readonly string[], written: string, style: PadStyle): PatternAnswer {
  const parsed = parsePattern(written, style);
  if (parsed.ok && parsed.pattern.single) return parsed;
  return names.includes(written) ? { ok: true, pattern: still(written) } : parsed;
}

function unreadable(answer: Extract<PatternAnswer, { readonly ok: false }>, of: WrittenPlate): Finding {
  return {
    code: answer.code,
    path: of.at,
    message: `The frames of "${baseName(of.path)}" can't be read: ${answer.message}.`,
    found: baseName(of.path),
    expected: "x.####.exr, x.1001-1058####.exr, x.%04d.exr or one image",
    action: `${answer.fix[0]?.toUpperCase()}${answer.fix.slice(1)}.`,
  };
}

async function withHeader(
  world: PathWorld,
  parts: {
    readonly asked: Asked;
    readonly of: WrittenPlate;
    readonly dir: string;
    readonly pattern: PlatePattern;
    readonly frames: readonly PlateFrame[];
    readonly findings: readonly Finding[];
  },
): Promise<Resolved<PlatePlan>> {
  const { asked, of, dir, pattern, frames, findings } = parts;
  const first = frames[0];
  if (first === undefined)
    return refused({ code: "HP-PLATE-MISSING", path: of.at, message: "The plate has no frames." });
  try {
    const header = await world.images.header(first.path);
    const colorspace = typeof asked.manifest.plate === "object" ? (asked.manifest.plate.colorspace ?? null) : null;
    const text = pattern.padding === 0 ? baseName(of.path) : pattern.text;
    return found(
      {
        pattern: text,
        dir,
        stem: stemOf(pattern),
        ext: extension(first.path),
        padding: pattern.padding,
        width: header.width,
        height: header.height,
        frames,
        colorspace,
        ...(header.color === undefined ? {} : { color: header.color }),
      },
      findings,
    );
  } catch (error) {
    if (!(error instanceof HotplateError)) throw error;
    return refused({
      code: error.code,
      path: of.at,
      message: `${baseName(first.path)}: ${error.message}`,
      action: error.hint,
    });
  }
}
