/** What frames are written as: the manifest's word, else the recipe's, else the default of the plate. */
import type { Manifest } from "./domain/manifestSchema.ts";
import { frameRate } from "./domain/movie.ts";
import { defaultFormat, frameFormat } from "./domain/outputFormat.ts";
import type { Output } from "./domain/outputFormat.ts";
import type { PlatePlan } from "./domain/plan.ts";
import type { RecipeFile } from "./domain/recipe.ts";
import type { Resolved } from "./planFinding.ts";
import { found, refused } from "./planFinding.ts";

export function resolveOutput(of: {
  readonly manifest: Pick<Manifest, "output" | "plate">;
  readonly recipe: RecipeFile;
  readonly plate: PlatePlan | null;
}): Resolved<Output> {
  const said = of.manifest.output?.format;
  const format = frameFormat(said) ?? frameFormat(of.recipe.result.format) ?? defaultFormat(of.plate);
  if (typeof format !== "string") {
    const { plate } = of.manifest;
    return found({
      format,
      proxy: typeof said === "object" ? (said.proxy ?? null) : null,
      rate: typeof plate === "object" && plate.fps !== undefined ? frameRate(plate.fps) : null,
    });
  }
  const inManifest = typeof said === "object" && said.exr !== undefined;
  return refused({
    code: "HP-OUTPUT-FORMAT",
    path: inManifest ? ["output", "format", "exr", "compression"] : ["output", "format"],
    message: `${inManifest ? "Results" : `Recipe ${of.recipe.name} says how; results`} can't be written so: ${format}.`,
    found: inManifest ? (said.exr?.compression ?? null) : null,
    expected: "none, zips or zip",
    action: inManifest ? "Write  compression: zip." : "Write  output: {format: exr}, or correct the recipe.",
  });
}
