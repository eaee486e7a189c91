/**
 * A recipe: a named, versioned ComfyUI API graph with typed parameters bound into it. On disk
 * `<name>/<semver>/{recipe.yaml, graph.api.json}`. This file holds the schema; reading the folder is `adapters/recipes`.
 */
import { z } from "zod";
import { colorWishesSchema, maskSchema } from "./colorWishes.ts";
import { frameFormatSchema } from "./outputFormat.ts";
import type { Approval } from "./approval.ts";
import { LIMITS } from "./limits.ts";
import { qcWishFields } from "./qcWishes.ts";

export const NAME_PATTERN = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
export const SEMVER_PATTERN = /^\d+\.\d+\.\d+$/;

const target = z
  .strictObject({
    node: z.string().describe("Id of the graph node in graph.api.json."),
    input: z.string().describe("Name of its input."),
  })
  .describe("A place in the graph.");

const common = {
  description: z.string().optional().describe("What it does, for the person who writes a manifest."),
  bind: z.array(target).default([]).describe("Where the value goes in the graph."),
  unit: z.string().optional().describe("Unit of the value: stop, px, degree, ratio."),
};

const numberParameter = z.strictObject({
  type: z.enum(["number", "integer"]),
  default: z.number(),
  min: z.number().optional(),
  max: z.number().optional(),
  ...common,
});
const textParameter = z.strictObject({
  type: z.literal("text"),
  default: z.string().default(""),
  recordOnly: z.boolean().default(false).describe("Kept in asset.json; this graph does not use it."),
  ...common,
});
const colorParameter = z.strictObject({
  type: z.literal("color"),
  default: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/)
    .describe("#RRGGBB, display sRGB; goes into the graph as the integer 0xRRGGBB."),
  ...common,
});
const choiceParameter = z.strictObject({
  type: z.literal("choice"),
  default: z.string(),
  values: z.array(z.string()).min(1),
  ...common,
});
const presetParameter = z.strictObject({
  type: z.literal("preset"),
  default: z.string(),
  values: z
    .record(z.string(), z.record(z.string(), z.union([z.string(), z.number()])))
    .describe("Preset name -> values for other parameters; a value that the manifest sets itself wins."),
  ...common,
});
const seedParameter = z.strictObject({
  type: z.literal("seed"),
  default: z.union([z.string().regex(/^\d{1,16}$/), z.number().int().nonnegative()]).default("1000"),
  ...common,
});

export const parameterSchema = z.discriminatedUnion("type", [
  numberParameter,
  textParameter,
  colorParameter,
  choiceParameter,
  presetParameter,
  seedParameter,
]);
export type RecipeParameter = z.infer<typeof parameterSchema>;

export const recipeSchema = z.strictObject({
  hotplate: z.literal(1),
  name: z.string().regex(NAME_PATTERN),
  version: z.string().regex(SEMVER_PATTERN),
  title: z.string(),
  description: z.string().optional(),
  needs: z
    .enum(["nothing", "a checkpoint"])
    .default("nothing")
    .describe("What must be installed beside ComfyUI itself."),
  generative: z
    .union([z.boolean(), z.enum(["yes", "no"])])
    .optional()
    .describe("A trained model makes or changes the picture. Default: yes when the recipe loads a model."),
  parameters: z.record(z.string().regex(NAME_PATTERN), parameterSchema).default({}),
  plate: z
    .strictObject({
      bind: target.describe("The LoadImage input that takes the plate."),
      required: z.boolean().default(true),
      width: z.array(target).default([]).describe("Inputs that take the plate's width in px."),
      height: z.array(target).default([]).describe("Inputs that take the plate's height in px."),
    })
    .optional(),
  /** Frames together (domain/chunks): absent, every frame is a task of its own. */
  frames: z
    .strictObject({
      perTask: z
        .number()
        .int()
        .min(2)
        .max(LIMITS.chunkFramesMax)
        .describe("Frames that one task is fed, in one batch or clip."),
      overlap: z
        .number()
        .int()
        .nonnegative()
        .default(0)
        .describe("Frames that neighbouring chunks share; at most half of perTask."),
      how: z
        .enum(["batch", "clip"])
        .default("batch")
        .describe(
          "batch: plate.bind is a LoadImage, which becomes one per frame, chained by ImageBatch. clip: plate.bind takes a video file, which is lossless (needs ffmpeg).",
        ),
      seam: z
        .enum(["blend", "drop"])
        .default("blend")
        .describe("Shared frames: crossfaded from one chunk to the next, or each taken from one of the two."),
      short: z
        .enum(["shift", "shorten"])
        .default("shift")
        .describe("The last chunk, when frames run out: fed earlier ones too, or fewer."),
      count: z.array(target).default([]).describe("Inputs that take the number of frames that are fed."),
    })
    .optional()
    .describe("Frames together, for graphs that need a frame's neighbours."),
  /** Further images beside the plate, by name: a slap comp's foreground. Values are paths in the manifest's parameters. */
  images: z
    .record(
      z.string().regex(NAME_PATTERN),
      z.strictObject({ bind: target, description: z.string().optional(), required: z.boolean().default(true) }),
    )
    .default({}),
  result: z.strictObject({
    node: z.string().describe("The output graph node whose images are the result."),
    prefix: target.optional().describe("Its filename_prefix; default: input filename_prefix of that node."),
    bitDepth: z.union([z.literal(8), z.literal(16)]).default(8),
    format: frameFormatSchema.optional().describe("What its frames are written as, where no manifest says."),
    scale: z
      .number()
      .positive()
      .nullable()
      .default(1)
      .describe("Result size / plate size; null: not tied to the plate."),
    width: z
      .union([z.number().int().positive(), z.string()])
      .optional()
      .describe("Width in px, or the parameter that says it."),
    height: z
      .union([z.number().int().positive(), z.string()])
      .optional()
      .describe("Height in px, or the parameter that says it."),
  }),
  color: colorWishesSchema.optional().describe("What the model sees of the plate, and how its answer comes back."),
  mask: maskSchema.optional(),
  models: z.array(z.strictObject({ folder: z.string(), file: z.string(), sha256: z.string().optional() })).default([]),
  qc: z.strictObject(qcWishFields).optional().describe("How its results are looked at; absent: the basic profile."),
  allowedClasses: z.array(z.string()).min(1).describe("Every graph node class the graph may hold."),
  estimate: z.strictObject({ gpuSeconds: z.number().positive() }).optional(),
  timeoutMs: z.number().int().positive().optional(),
});
export type RecipeFile = z.infer<typeof recipeSchema>;

export interface GraphNode {
  readonly class_type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly _meta?: { readonly title?: string };
}
/** ComfyUI API format: graph node id -> graph node. */
export type Graph = Readonly<Record<string, GraphNode>>;

export interface Recipe {
  readonly file: RecipeFile;
  readonly graph: Graph;
  /** sha256 of the canonical JSON of {file, graph}. */
  readonly sha256: string;
  readonly dir: string;
  /** What it was approved with, or, of a rerun, what the old version ran on; null: nobody approved it. */
  readonly approval: Approval | null;
  /** It comes from a version that is made again, not from a recipe folder. */
  readonly rerun?: { readonly allowDrift: boolean };
}

/** All usable recipes of a node, and what kept the others out. */
export interface RecipeBook {
  readonly recipes: readonly Recipe[];
  readonly broken: readonly { readonly dir: string; readonly message: string }[];
}
