/**
 * `hotplate diff A B`: two versions (folders), two wedges (`v007/w032`) or records against each other. Exit 0: nothing differs
 * but where it ran; 1: something does.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createFiles } from "../adapters/files.ts";
import { createImages } from "../adapters/images/images.ts";
import { EXIT, HotplateError } from "../domain/errors.ts";
import type { Difference, VersionDiff } from "../diffVersions.ts";
import { diffVersions } from "../diffVersions.ts";
import { readVersion } from "../readVersion.ts";
import type { Context } from "./context.ts";

export async function action(
  context: Context,
  [a = "", b = ""]: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const out = typeof options["out"] === "string" ? resolve(options["out"]) : null;
  if (out !== null && !/\.(png|jpe?g)$/i.test(out))
    throw new HotplateError("HP-USAGE", `--out ${out}: a picture is .png or .jpg.`);
  if (out !== null && existsSync(out)) throw new HotplateError("HP-STATE-REFUSED", `${out} is there already.`);
  const files = createFiles();
  const [one, two] = [await readVersion(files, resolve(a)), await readVersion(files, resolve(b))];
  const images = options["pixels"] === false ? null : createImages({ checkFolders: [], workers: 1, scratchDir: null });
  try {
    const diff = await diffVersions(one, two, { images, picture: out });
    context.print(diff, () => words(diff));
    if (!diff.equal) context.exit(EXIT.no);
  } finally {
    await images?.close();
  }
}

/** Shown of each list; the rest is in --json. */
const SHOWN = 20;

function words(diff: VersionDiff): string {
  return [
    `A  ${diff.a}`,
    `B  ${diff.b}`,
    diff.equal ? "EQUAL  nothing differs but where it ran" : "DIFFERENT",
    ...part("made of", diff.made),
    ...diff.wedges
      .slice(0, SHOWN)
      .flatMap((wedge) => part(wedge.a === wedge.b ? wedge.a : `${wedge.a} and ${wedge.b}`, wedge.differences)),
    ...(diff.wedges.length > SHOWN ? [`and ${diff.wedges.length - SHOWN} more wedges; --json has all`] : []),
    ...part("ran on", diff.ran),
    ...part("QC", diff.qc),
    ...pixelWords(diff.pixels),
  ].join("\n");
}

function part(title: string, differences: readonly Difference[]): readonly string[] {
  if (differences.length === 0) return [];
  return [title, ...differences.flatMap(keyByKey).map(({ what, a, b }) => `  ${what}: ${shown(a)} -> ${shown(b)}`)];
}

/** Two sets of fields as the fields that differ: nobody finds the one word in two lines of JSON. */
function keyByKey(one: Difference): readonly Difference[] {
  if (!isFields(one.a) || !isFields(one.b)) return [one];
  const [a, b] = [one.a, one.b];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .map((key) => ({ what: `${one.what}.${key}`, a: a[key] ?? null, b: b[key] ?? null }))
    .filter((field) => shown(field.a) !== shown(field.b));
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  if (value === null) return "-";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function pixelWords(pixels: VersionDiff["pixels"]): readonly string[] {
  if (pixels === null) return ["pixels  not compared"];
  const { summary: s } = pixels;
  const number = (value: number | null, digits: number): string => (value === null ? "-" : value.toFixed(digits));
  return [
    "pixels",
    `  ${s.frames} frames in both: ${s.sameFiles} the same file, ${s.samePixels} the same pixels, ${s.notComparable} not comparable`,
    ...(s.psnr === null && (s.max === null || s.max === 0)
      ? []
      : [
          `  worst: PSNR ${number(s.psnr, 2)} dB, SSIM ${number(s.ssim, 5)}, largest difference ${number(s.max, 5)}, ${number(s.changed === null ? null : s.changed * 100, 2)} % of pixels changed`,
        ]),
    ...(pixels.onlyA + pixels.onlyB > 0 ? [`  only in A: ${pixels.onlyA}, only in B: ${pixels.onlyB}`] : []),
    ...(pixels.left > 0 ? [`  ${pixels.left} more were not compared`] : []),
    ...pixels.frames
      .flatMap(({ path, likeness }) => (likeness.kind === "compared" ? [] : [`  ${path}: ${likeness.why}`]))
      .slice(0, SHOWN),
    ...(pixels.picture === null ? [] : [`  picture of the worst frame: ${pixels.picture}`]),
  ];
}
