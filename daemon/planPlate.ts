/**
 * The plate that a manifest names: found, whole, of a kind that can be read, with every frame that is wanted. A plate that
 * is still being copied is waited for; anything else that is wrong is said. Opened read-only, and only its head.
 */
import { HotplateError, systemCode } from "./domain/errors.ts";
import { LIMITS } from "./domain/limits.ts";
import type { Manifest } from "./domain/manifestSchema.ts";
import { versionMismatch } from "./domain/naming.ts";
import { nearestWord } from "./domain/nearest.ts";
import { baseName, extension, joinPath, parentDir } from "./domain/paths.ts";
import type { PlateFrame, PlatePlan } from "./domain/plan.ts";
import type { RecipeFile } from "./domain/recipe.ts";
import type { MatchedFrame, PlatePattern } from "./domain/sequence.ts";
import { matchFrames, paddingsOnDisk, parsePattern, stemOf } from "./domain/sequence.ts";
import type { Finding, PathWorld, Resolved } from "./planFinding.ts";
import { found, refused, waitFor } from "./planFinding.ts";
import { chooseFrames } from "./planFrames.ts";
import { pathIn, realInside } from "./planPath.ts";

interface Asked {
  readonly manifest: Manifest;
  readonly recipe: { readonly file: Pick<RecipeFile, "name" | "plate"> };
  readonly dir: string;
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
  const path = pathIn(world, written, { dir: asked.dir, at });
  if (!path.ok) return refused(path.finding);
  try {
    return await plateAt(world, asked, { path: path.path, written, at });
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

interface Written {
  readonly path: string;
  readonly written: string;
  readonly at: readonly string[];
}

async function plateAt(world: PathWorld, asked: Asked, of: Written): Promise<Resolved<PlatePlan>> {
  const inside = await realInside(world, of.path, of);
  if (!inside.ok) return refused(inside.finding);
  const dir = parentDir(of.path);
  const listed = await world.files.list(dir, LIMITS.framesMax).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return null;
    throw error;
  });
  if (listed === null) return refused(await folderMissing(world, dir, of));
  const names = listed.map((entry) => entry.name);
  const pattern = framePattern(baseName(of.path));
  const matched = only(matchFrames(names, pattern.pattern), pattern.frame);
  if (matched.length === 0) return refused(nothingMatches(names, pattern.pattern, of));
  const chosen = chooseFrames(asked.manifest, matched, pattern.pattern);
  const findings = [...chosen.findings];
  const mismatch = versionMismatch({ dir, stem: stemOf(pattern.pattern) });
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
  return withHeader(world, { asked, of, dir, pattern: pattern.pattern, frames: frames.value, findings });
}

/** `x.1001.png` named alone is frame 1001 of its sequence, not a still without a number. */
function framePattern(name: string): { readonly pattern: PlatePattern; readonly frame: number | null } {
  const single = /^(.+\.)(\d{2,})(\.[A-Za-z0-9]+)$/.exec(name);
  if (single === null) return { pattern: parsePattern(name), frame: null };
  return {
    pattern: parsePattern(`${single[1]}${"#".repeat(single[2]?.length ?? 4)}${single[3]}`),
    frame: Number(single[2]),
  };
}

function only(matched: readonly MatchedFrame[], frame: number | null): readonly MatchedFrame[] {
  return frame === null ? matched : matched.filter((m) => m.frame === frame);
}

async function folderMissing(world: PathWorld, dir: string, of: Written): Promise<Finding> {
  const above = parentDir(dir);
  const names = await world.files.list(above, LIMITS.framesMax).then(
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

function nothingMatches(names: readonly string[], pattern: PlatePattern, of: Written): Finding {
  const paddings = pattern.padding === 0 ? [] : paddingsOnDisk(names, pattern);
  const padding = paddings[0];
  if (padding !== undefined) {
    const right = `${pattern.prefix}${"#".repeat(padding)}${pattern.suffix}`;
    const example = names.find((name) => name.startsWith(pattern.prefix) && name.endsWith(pattern.suffix)) ?? "";
    return {
      code: "HP-PLATE-PADDING",
      path: of.at,
      message: `"${baseName(of.path)}" matches nothing; files on disk use ${padding} digits (${example}). Use ${"#".repeat(padding)}.`,
      found: baseName(of.path),
      expected: right,
      nearest: right,
      action: `Write ${right}.`,
    };
  }
  const patterns = [...new Set(names.map((name) => framePattern(name).pattern.text))];
  const nearest = nearestWord(pattern.text, patterns);
  return {
    code: "HP-PLATE-MISSING",
    path: of.at,
    message: `"${baseName(of.path)}" matches nothing in ${parentDir(of.path)}.`,
    found: baseName(of.path),
    expected: patterns.length === 0 ? "the folder is empty" : `one of ${patterns.slice(0, 5).join(", ")}`,
    nearest,
    action: nearest === null ? "Check the name." : `Write ${nearest}.`,
  };
}

async function statFrames(
  world: PathWorld,
  dir: string,
  of: Written & { readonly chosen: readonly MatchedFrame[] },
): Promise<Resolved<readonly PlateFrame[]>> {
  const out: PlateFrame[] = [];
  const growing: string[] = [];
  for (const { frame, name } of of.chosen) {
    const path = joinPath(dir, name);
    let stat = await world.files.stat(path);
    if (stat.kind === "link") {
      const inside = await realInside(world, path, of);
      if (!inside.ok) return refused(inside.finding);
      stat = await world.files.stat(await world.files.realpath(path));
    }
    if (stat.kind !== "file")
      return refused({
        code: "HP-PLATE-KIND",
        path: of.at,
        message: `${path} is not a file.`,
        found: stat.kind,
        expected: "an image file",
      });
    const ageMs = world.clock.now() - Number(BigInt(stat.mtimeNs) / 1_000_000n);
    if (stat.bytes === 0 || (ageMs >= 0 && ageMs < LIMITS.plateFreshMs)) growing.push(name);
    if (stat.bytes > LIMITS.imageFileBytesMax)
      return refused({
        code: "HP-PLATE-KIND",
        path: of.at,
        message: `${path} has ${stat.bytes} bytes; at most ${LIMITS.imageFileBytesMax} are read.`,
      });
    out.push({ frame, path, bytes: stat.bytes, mtimeNs: stat.mtimeNs, ino: stat.ino });
  }
  if (growing.length === 0) return found(out);
  const some = growing.slice(0, 3).join(", ");
  const are = growing.length === 1 ? "file is" : "files are";
  return waitFor({
    code: "HP-PLATE-GROWING",
    path: of.at,
    message: `${growing.length} ${are} still growing (${some}${growing.length > 3 ? " ..." : ""}).`,
  });
}

async function withHeader(
  world: PathWorld,
  parts: {
    readonly asked: Asked;
    readonly of: Written;
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
