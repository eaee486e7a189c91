/**
 * The one naming module: where a version lands, what its files are called, what answers are called (decisions 1-8). Text
 * only; whether a place exists, is writable or lies inside a root is asked elsewhere.
 */
import { versionName, wedgeName } from "./ids.ts";
import { baseName, extension, joinPath, parentDir } from "./paths.ts";
import { templateText } from "./pathTemplate.ts";
import type { PlatePlan, StepPlan, Target } from "./plan.ts";
import type { TargetPaths } from "./targetPaths.ts";
import { lateText } from "./targetPaths.ts";

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

export function versionDir(target: Target, version: number): string {
  return joinPath(target.productDir, versionName(version));
}

/** One result, relative to the version's folder: beside the plate `[w032/]<name>_<product>_v007[_w032][.1001].png`. */
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
  const frame = of.frame === null ? {} : { frame: frameText(of.frame, of.padding) };
  const path = lateText(pathsOf(plan.target).file[plan.wedges.length > 1 ? "swept" : "single"], {
    version: of.version,
    wedge: of.wedge,
    ext: extension(of.stagedPath) || "png",
    ...frame,
  });
  // A folder that is there only for wedges may bring its slash along: {version}[/{wedge}]/...
  return path.replace(/^\//, "");
}

/** `contact_v007.jpg`, further pages `contact_v007_p2.jpg`, relative to the version's folder. */
export function sheetName(target: Target, version: number, page: number): string {
  return lateText(pathsOf(target).sheet, { version, ...(page === 1 ? {} : { page }) });
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

/** Where results lie that are in no version: refused ones, and those of seeds that were given up. */
export function quarantineDir(target: Pick<Target, "productDir">, version: number): string {
  return joinPath(target.productDir, QUARANTINE, versionName(version));
}

const QUARANTINE = ".hotplate/quarantine";

/** One such result, relative to the product's folder; `path`: where it was staged. */
export function quarantinedPath(of: {
  readonly version: number;
  readonly wedge: number;
  readonly path: string;
}): string {
  return `${QUARANTINE}/${versionName(of.version)}/${wedgeName(of.wedge)}/${baseName(of.path)}`;
}

/** For people; beside the plate in `<shot>/review/<product>_v007/`: two products of a shot may both have a v007. */
export function reviewPaths(target: Target, version: number): ReviewPaths {
  const { qc } = pathsOf(target);
  return {
    reviewDir: parentDir(proxyPath(target, { version, wedge: 1, frame: null })),
    contactSheet: reviewSheet(target, version, 1),
    qcReport: lateText(qc, { version }),
  };
}

/**
 * The report for build servers and for tools that show findings, beside the page for people: `..._qc.junit.xml`, `..._qc.sarif`. `json`: of a
 * version that was not published; a published one has it inside.
 */
export function qcExports(qcReport: string): { readonly junit: string; readonly sarif: string; readonly json: string } {
  const stem = qcReport.replace(/\.html?$/i, "");
  return { junit: `${stem}.junit.xml`, sarif: `${stem}.sarif`, json: `${stem}.json` };
}

export function reviewSheet(target: Target, version: number, page: number): string {
  return lateText(pathsOf(target).contact, { version, ...(page === 1 ? {} : { page }) });
}

/** A wedge's proxy for people: beside the plate `w001.1001.jpg` in the version's review folder. */
export function proxyPath(
  target: Target,
  of: { readonly version: number; readonly wedge: number; readonly frame: number | null },
): string {
  const frame = of.frame === null ? {} : { frame: String(of.frame) };
  return lateText(pathsOf(target).review, { version: of.version, wedge: of.wedge, ext: "jpg", ...frame });
}

/** A wedge's movie, where its proxies lie: `w001.mp4`. */
export function moviePath(target: Target, of: { readonly version: number; readonly wedge: number }): string {
  return lateText(pathsOf(target).review, { ...of, ext: "mp4" });
}

/** A plan made before there were layouts names its files as the layout beside ships them. */
function pathsOf(target: Target): Pick<TargetPaths, "sheet" | "review" | "contact" | "qc"> & {
  readonly file: { readonly swept: string; readonly single: string };
} {
  const { paths } = target;
  if (paths !== undefined) return { ...paths, file: { swept: paths.file, single: paths.file } };
  const text = (literal: string): string => templateText([{ kind: "text", text: literal }]);
  const name = `${text(target.name)}_${text(target.product)}_v{version:0>3}`;
  const version = `${text(target.product)}_v{version:0>3}`;
  const review = `${text(target.reviewDir)}/${version}`;
  return {
    file: {
      swept: `w{wedge:0>3}/${name}_w{wedge:0>3}[.{frame}].{ext}`,
      single: `${name}[.{frame}].{ext}`,
    },
    sheet: "contact_v{version:0>3}[_p{page}].jpg",
    review: `${review}/w{wedge:0>3}[.{frame}].{ext}`,
    contact: `${review}/${version}_contact[_p{page}].jpg`,
    qc: `${review}/${version}_qc.html`,
  };
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
