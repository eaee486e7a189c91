/**
 * How a manifest's pictures cross to the model and back: the plate's colour space by name or rule, and what the recipe and
 * the manifest wish. `hotplate validate` says the same as the daemon. A studio's config that can't be read is said; nothing
 * is worked out with another one in its name.
 */
import type { ColorConfig, PlannedSpace } from "./domain/colorConfig.ts";
import { plannedSpace, spaceFor } from "./domain/colorConfig.ts";
import type { ColorHints } from "./domain/colorHints.ts";
import type { ColorPlan, PlateColor } from "./domain/colorPlan.ts";
import type { RuleAnswer } from "./domain/colorRule.ts";
import { plateSpace } from "./domain/colorRule.ts";
import { ACESCG, builtInSpace, LINEAR_REC709 } from "./domain/colorSpaces.ts";
import type { Manifest } from "./domain/manifestSchema.ts";
import { roleSpace } from "./domain/ocioConfig.ts";
import type { PlatePlan, StepPlan } from "./domain/plan.ts";
import type { RecipeFile } from "./domain/recipe.ts";
import type { Finding, Resolved } from "./planFinding.ts";
import { found, refused } from "./planFinding.ts";
import type { World } from "./ports.ts";

export type ColorWorld = Pick<World, "config" | "colours">;

export interface ColorAsked {
  readonly manifest: Manifest;
  readonly recipe: Pick<RecipeFile, "name" | "result" | "color" | "mask">;
  readonly plate: PlatePlan | null;
  readonly show: string;
}

export async function resolveColor(world: ColorWorld, asked: ColorAsked): Promise<Resolved<ColorPlan>> {
  const reading = await world.colours.config(asked.show);
  if (reading.kind === "broken")
    return refused({
      code: "HP-COLOR-CONFIG",
      path: [],
      message: `The OCIO config ${reading.path} can't be used: ${reading.why}.`,
      action: "Tell the TD: colour.ocio in hotplate.yaml or $OCIO names it.",
    });
  const { config } = reading;
  const plate = asked.plate === null ? null : plateColor(asked.plate, { config, asked, world });
  if (plate !== null && "finding" in plate) return refused(plate.finding);
  if (plate !== null && plate.via !== null && !(await world.colours.canConvert()))
    return refused({
      code: "HP-COLOR-TOOL",
      path: colorspaceAt(asked.manifest),
      message: `"${plate.name}" is a colour space of ${config.name} that only OCIO can work out, and oiiotool is not installed on this node.`,
      action: "Install OpenImageIO's tools (Debian: openimageio-tools), or name another colour space.",
    });
  return planned({ asked, config, plate });
}

function colorspaceAt(manifest: Manifest): readonly string[] {
  return typeof manifest.plate === "object" && manifest.plate.colorspace !== undefined
    ? ["plate", "colorspace"]
    : ["plate"];
}

function plateColor(
  plate: PlatePlan,
  of: { readonly config: ColorConfig; readonly asked: ColorAsked; readonly world: ColorWorld },
): PlateColor | { readonly finding: Finding } {
  const { config, asked, world } = of;
  const { colour } = world.config;
  const answer = plateSpace(
    {
      written: plate.colorspace,
      rules: [...(colour.shows[asked.show]?.plates ?? []), ...colour.plates],
      dir: plate.dir,
      stem: plate.stem,
      ext: plate.ext,
      hints: hintsOf(plate),
    },
    config,
  );
  if (answer.kind !== "space") return { finding: notFound(answer, asked, config) };
  const space = plannedSpace(answer.name, config);
  if (space !== null) return { ...space, by: answer.by, why: answer.why, guess: answer.guess };
  return {
    finding: {
      code: "HP-COLOR-SPACE",
      path: colorspaceAt(asked.manifest),
      message: `"${answer.name}" can't be worked out: ${config.name} has no role aces_interchange and no linear space that is known here.`,
      found: answer.name,
      action: "Add the role aces_interchange to the OCIO config, or name another colour space.",
    },
  };
}

function notFound(
  answer: Exclude<RuleAnswer, { readonly kind: "space" }>,
  asked: ColorAsked,
  config: ColorConfig,
): Finding {
  const path = colorspaceAt(asked.manifest);
  if (answer.kind === "none")
    return {
      code: "HP-COLOR-SPACE",
      path,
      message: `The plate's colour space is not known: ${answer.why}.`,
      expected: "plate: {colorspace: NAME}",
      action: "Say plate: {path: ..., colorspace: ...}.",
    };
  const { written, nearest } = answer;
  const where = answer.by === "rule" ? "A rule of colour.plates names a colour space: " : "";
  const instead = nearest === null ? "" : ` Did you mean ${nearest}?`;
  return {
    code: "HP-COLOR-SPACE",
    path,
    message: `${where}"${written}" is not in the show's OCIO config (${config.name}).${instead}`,
    found: written,
    expected:
      nearest === null
        ? `one of ${config.names.spaces
            .map((one) => one.name)
            .slice(0, 12)
            .join(", ")}`
        : null,
    nearest,
    action: nearest === null ? "Use a name of that config." : `Write ${nearest}.`,
  };
}

/** Of a plate whose head says nothing of colours: what its extension means. */
function hintsOf(plate: PlatePlan): ColorHints {
  if (plate.color !== undefined) return plate.color;
  const format = plate.ext === "exr" ? "exr" : plate.ext === "dpx" ? "dpx" : "png";
  const float = format === "exr";
  const none = { space: null, chromaticities: null, aces: false, transfer: null };
  return { format, sampleType: float ? "float" : "uint", bitDepth: float ? 16 : 8, ...none };
}

function planned(of: {
  readonly asked: ColorAsked;
  readonly config: ColorConfig;
  readonly plate: PlateColor | null;
}): Resolved<ColorPlan> {
  const { asked, config, plate } = of;
  const { recipe, manifest } = asked;
  const wishes = { ...recipe.color, ...manifest.color };
  const mask = recipe.mask ?? null;
  const plan = {
    config: { name: config.name, path: config.path, sha256: config.sha256 },
    plate,
    linear: linearOf(config),
    exposure: wishes.exposure ?? 0,
    // Code values for a display have no highlights that a recipe's filmic view could keep.
    view: manifest.color?.view ?? (isCodes(asked, plate) ? "plain" : (recipe.color?.view ?? "plain")),
    mode: wishes.mode ?? "difference",
    clip: wishes.clip ?? "auto",
    mask,
  } as const;
  const over = plate !== null && sameSize(recipe);
  if (wishes.how === "edit" && !over)
    return refused({
      code: "HP-COLOR-HOW",
      path: manifest.color?.how === undefined ? [] : ["color", "how"],
      message: `color.how: edit needs a result that lies on the plate, pixel by pixel; ${recipe.name} makes ${plate === null ? "one without a plate" : "another size"}.`,
      found: "edit",
      expected: "plain or acescct",
      action: "Take color.how out.",
    });
  return found({ ...plan, how: wishes.how ?? (over && !asItIs(asked, plan) ? "edit" : "plain") });
}

function linearOf(config: ColorConfig): PlannedSpace | null {
  const name = roleSpace("scene_linear", config.names) ?? spaceFor(ACESCG, config) ?? spaceFor(LINEAR_REC709, config);
  const space = name === null ? null : plannedSpace(name, config);
  return space === null || space.builtIn === null ? null : space;
}

function sameSize({ result }: Pick<RecipeFile, "result">): boolean {
  return result.scale === 1 && result.width === undefined && result.height === undefined;
}

/** Display code values that the model sees as they are and gives back as they are: there is nothing to transfer. */
function asItIs(asked: ColorAsked, plan: Omit<ColorPlan, "how">): boolean {
  return isCodes(asked, plan.plate) && plan.mask === null && plan.exposure === 0 && plan.view === "plain";
}

function isCodes(asked: ColorAsked, plate: PlateColor | null): boolean {
  if (asked.plate === null || plate === null || plate.builtIn === null) return false;
  return hintsOf(asked.plate).sampleType === "uint" && builtInSpace(plate.builtIn)?.kind === "display";
}

/** Said aloud: a space that nobody named, and what a result of another size can't keep. */
export function colorNotes({ plate, color, output }: Pick<StepPlan, "plate" | "color" | "output">): readonly string[] {
  if (plate === null || color.plate === null) return [];
  const notes: string[] = [];
  if (color.plate.guess)
    notes.push(
      `The plate's colour space is a guess: ${color.plate.name} (${color.plate.why}). Say plate: {path: ..., colorspace: ...} where it is another.`,
    );
  if (color.how === "plain" && output.format.kind === "exr")
    notes.push(
      "What is above 1 in the plate is not in the result: the model's answer replaces it (color.view: filmic keeps 4 stops).",
    );
  return notes;
}
