/**
 * The one naming module: where a version lands, what its files are called, what answers are called (decisions 1-8). Text
 * only; whether a place exists, is writable or lies inside a root is asked elsewhere.
 */
import { versionName, wedgeName } from "./ids.ts";
import { baseName, extension, joinPath, parentDir } from "./paths.ts";
import type { PlatePlan, StepPlan, Target } from "./plan.ts";

const PLATE_FOLDERS: ReadonlySet<string> = new Set(["plates", "plate", "scans", "scan", "footage"]);
const RESOLUTION = /^\d{3,5}x\d{3,5}$/;
const VERSION_DIR = /^(?:.*_)?v\d{2,}$/i;

/** Is this directory part of a plate package: never a place for output? */
function isPlateFolder(name: string): boolean {
  return PLATE_FOLDERS.has(name.toLowerCase()) || RESOLUTION.test(name) || VERSION_DIR.test(name);
}

/** Why a name that is fine as a folder's can't be a product's: the place has a meaning of its own. Null when it can. */
export function takenName(product: string): string | null {
  if (isPlateFolder(product)) return "that is what a plate's folder is called, and plates are read-only";
  if (/^(review|accepted|done|failed)$/i.test(product)) return "Hotplate keeps other things in a folder of that name";
  return null;
}

/** "Beside the plate": climbs past resolution, version and plate folders; the directory where the shot's products live. */
export function besidePlate(plateDir: string): string {
  let dir = plateDir;
  while (dir !== "/" && isPlateFolder(baseName(dir))) dir = parentDir(dir);
  return dir;
}

/** The plate folder that would hold `dir`, or null: output never lands inside one. */
export function plateFolderAbove(dir: string): string | null {
  for (let at = dir; at !== "/" && at !== "."; at = parentDir(at)) {
    if (PLATE_FOLDERS.has(baseName(at).toLowerCase())) return at;
  }
  return null;
}

/** `AGM_104_065_010_PL01_v001` -> `AGM_104_065_010_PL01`: the plate's version is another axis than ours. */
export function nameOfPlate(stem: string): string {
  return stem.replace(/[._]v\d{2,}$/i, "");
}

/** `SH010_PL01_envTunnel_v007_w032` of envTunnel -> `SH010_PL01`: the name goes on, its product and version are others now. */
export function nameOfResult(stem: string, source: { readonly product: string; readonly subject: string }): string {
  const end = `_${[source.product, ...source.subject.split("/")].join("_")}`;
  return stem.endsWith(end) && stem.length > end.length ? stem.slice(0, -end.length) : nameOfPlate(stem);
}

/** `.../X_v003/X_v004.####.exr`: folder and file name different versions; [folder's, file's] or null. */
export function versionMismatch(plate: Pick<PlatePlan, "dir" | "stem">): readonly [string, string] | null {
  const inFile = /[._](v\d{2,})$/i.exec(plate.stem)?.[1];
  if (inFile === undefined) return null;
  for (let at = plate.dir; at !== "/" && at !== "."; at = parentDir(at)) {
    const inDir = /(?:^|_)(v\d{2,})$/i.exec(baseName(at))?.[1];
    if (inDir !== undefined) return Number(inDir.slice(1)) === Number(inFile.slice(1)) ? null : [inDir, inFile];
    if (!RESOLUTION.test(baseName(at))) return null;
  }
  return null;
}

export function targetAt(
  shotDir: string,
  of: { readonly product: string; readonly name: string; readonly root: string },
): Target {
  return { shotDir, productDir: joinPath(shotDir, of.product), reviewDir: joinPath(shotDir, "review"), ...of };
}

export function versionDir(target: Target, version: number): string {
  return joinPath(target.productDir, versionName(version));
}

/** `[w032/]<name>_<product>_v007[_w032][.1001].png`, relative to the version's folder. */
export function versionFileName(
  plan: Pick<StepPlan, "target" | "wedges">,
  of: {
    readonly version: number;
    readonly wedge: number;
    readonly frame: number | null;
    readonly stagedPath: string;
    readonly padding: number;
  },
): string {
  const { name, product } = plan.target;
  const swept = plan.wedges.length > 1;
  const wedge = wedgeName(of.wedge);
  const parts = [name, product, versionName(of.version), ...(swept ? [wedge] : [])].join("_");
  const frame = of.frame === null ? "" : `.${frameText(of.frame, of.padding)}`;
  const file = `${parts}${frame}.${extension(of.stagedPath) || "png"}`;
  return swept ? `${wedge}/${file}` : file;
}

/** Zero fill counts the minus, as the field writes it: -1 at 4 is `-001`. */
export function frameText(frame: number, padding: number): string {
  return frame < 0
    ? `-${String(-frame).padStart(Math.max(0, padding - 1), "0")}`
    : String(frame).padStart(padding, "0");
}

export interface ReviewPaths {
  readonly reviewDir: string;
  readonly contactSheet: string;
  readonly qcReport: string;
}

/** For people: `<shot>/review/<product>_v007/`; two products of a shot may both have a v007. */
export function reviewPaths(target: Target, version: number): ReviewPaths {
  const name = `${target.product}_${versionName(version)}`;
  const reviewDir = joinPath(target.reviewDir, name);
  return {
    reviewDir,
    contactSheet: joinPath(reviewDir, `${name}_contact.jpg`),
    qcReport: joinPath(reviewDir, `${name}_qc.html`),
  };
}

/** `w001.1001.jpg`: a wedge's proxy in the review folder. */
export function proxyName(wedge: number, frame: number | null): string {
  return frame === null ? `${wedgeName(wedge)}.jpg` : `${wedgeName(wedge)}.${frame}.jpg`;
}

/** What may be a product's or a file's name on Linux, macOS, Windows and through Samba alike; null when it may. */
export function badName(name: string): string | null {
  if (name === "") return "it is empty";
  if (name.length > 120) return "it is longer than 120 characters";
  if (/^[.-]/.test(name)) return "it starts with a dot or a dash";
  if (/[. ]$/.test(name)) return "it ends with a dot or a space";
  const bad = /[<>:"/\\|?*\p{Cc}\p{Cf}]/u.exec(name)?.[0];
  if (bad !== undefined) return `it holds ${JSON.stringify(bad)}`;
  if (!/^[\p{L}\p{N}._-]+$/u.test(name)) return "it holds other characters than letters, digits, . _ -";
  if (/^(CON|PRN|AUX|NUL|COM\d|LPT\d)(\.|$)/i.test(name)) return "Windows reserves it";
  return null;
}
