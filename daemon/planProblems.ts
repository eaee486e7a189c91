/** The problems of a plan as people read them: at their place in the manifest, in order of lines, bounded. */
import type { Problem } from "./domain/errors.ts";
import { ERRORS } from "./domain/errors.ts";
import { LIMITS } from "./domain/limits.ts";
import type { ReadManifest } from "./domain/manifest.ts";
import { nearestWord } from "./domain/nearest.ts";
import type { RecipeBook } from "./domain/recipe.ts";
import type { Finding } from "./planFinding.ts";

export const noRecipe: Finding = {
  code: "HP-MANIFEST-REQUIRED",
  path: ["use"],
  message: "use is missing: no recipe is named.",
  expected: "use: RECIPE",
  action: "Add  use: env_relight  (hotplate recipe ls shows all).",
};

export function unknownRecipe(
  read: ReadManifest,
  fileName: string,
  of: { readonly book: RecipeBook; readonly use: string },
): Problem {
  const [name = "", version] = of.use.split("@");
  const names = [...new Set(of.book.recipes.map((recipe) => recipe.file.name))].sort();
  const versions = of.book.recipes.filter((recipe) => recipe.file.name === name).map((recipe) => recipe.file.version);
  const nearest = versions.length > 0 ? `${name}@${versions.at(-1)}` : nearestWord(name, names);
  const has = nearest === null ? "" : ` Nearest: ${nearest}.`;
  const message =
    versions.length > 0
      ? `use: ${of.use} - ${name} has no version ${version}; it has ${versions.join(", ")}.`
      : `use: ${of.use} - no such recipe.${has}`;
  return problemAt(read, fileName, {
    code: "HP-RECIPE-UNKNOWN",
    path: ["use"],
    message,
    found: of.use,
    expected: `one of ${names.join(", ")}`,
    nearest,
    action: nearest === null ? "Ask the TD, or choose one of these." : `Write use: ${nearest}.`,
  });
}

export function problemAt(read: ReadManifest, file: string, finding: Finding): Problem {
  return {
    code: finding.code,
    severity: finding.severity ?? "error",
    file,
    ...read.place(finding.path),
    message: finding.message,
    found: finding.found ?? null,
    expected: finding.expected ?? null,
    nearest: finding.nearest ?? null,
    action: finding.action ?? ERRORS[finding.code].hint,
  };
}

export function sizeProblem(input: { readonly fileName: string; readonly bytes: number }): Problem {
  return {
    code: "HP-MANIFEST-SIZE",
    severity: "error",
    file: input.fileName,
    line: null,
    col: null,
    message: `The file has ${input.bytes} bytes; a manifest has at most ${LIMITS.manifestBytesMax}.`,
    found: String(input.bytes),
    expected: `at most ${LIMITS.manifestBytesMax}`,
    nearest: null,
    action: ERRORS["HP-MANIFEST-SIZE"].hint,
  };
}

export function byLine(problems: readonly Problem[]): readonly Problem[] {
  return [...problems]
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.col ?? 0) - (b.col ?? 0))
    .slice(0, LIMITS.problemsMax);
}
