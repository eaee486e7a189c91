/**
 * The manifest: one schema, from which the type, the JSON Schema for editors (config/schemas/) and docs/manifest.md come.
 * Fields that this version can't do yet are in it, so that they are validated and then refused by name.
 */
import { z } from "zod";
import { colorWishesSchema } from "./colorWishes.ts";
import { LIMITS } from "./limits.ts";
import { rerun } from "./manifestRerun.ts";
import { disclosure } from "./manifestDisclosure.ts";
import * as later from "./manifestLater.ts";
import { frameRate } from "./movie.ts";
import { outputFormatSchema } from "./outputFormat.ts";
import { checkWishesSchema, checkWishSchema, gateSchema, onFailSchema } from "./qcWishes.ts";
import { manifestRetentionSchema } from "./retention.ts";
import { PAD_STYLES } from "./sequencePadding.ts";

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const seed = z.union([z.number().int().min(0).max(Number.MAX_SAFE_INTEGER), z.string().regex(/^\d{1,16}$/)]);
const framesText = z.union([z.string(), z.number().int(), z.array(z.number().int()).min(1)]);

const plate = z
  .union([
    z.string().min(1),
    z.strictObject({
      path: z
        .string()
        .min(1)
        .describe("Path of the plate, relative to the manifest or absolute inside a root.")
        .meta({ examples: ["../plates/SH010_PL01_v001/SH010_PL01_v001.####.exr"] }),
      frames: framesText
        .optional()
        .describe("Frames of the plate to use: 1001-1058, 1001-1058:2, a list.")
        .meta({ examples: ["1001-1058", "1001-1058:2", [1001, 1030]] }),
      padStyle: z
        .enum(PAD_STYLES)
        .optional()
        .describe("What # means in path. Default: the node's padStyle (artist: #### is 4 digits, a single # too).")
        .meta({ examples: ["hash4"] }),
      fps: z
        .union([z.number(), z.string()])
        .refine((said) => frameRate(said) !== null)
        .optional()
        .describe(
          "Frames per second of movie proxies, 1 to 240. Default: what the plate's EXR header says, else the node's.",
        )
        .meta({ examples: [24, 23.976, "24000/1001"] }),
      handles: later.handles.optional(),
      colorspace: z
        .string()
        .optional()
        .describe("A name of the show's OCIO config. Default: by rule (docs/colour.md).")
        .meta({ examples: ["ACEScg"] }),
    }),
  ])
  .describe(
    "The plate: a pattern with #### for the frame, one image, or a version (envTunnel@v007/w032). Quote it when it starts with #.",
  )
  .meta({
    examples: [
      "../SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.exr",
      { path: "./plate.####.png", frames: "1001-1010" },
    ],
  });

const axis = z
  .union([
    z.array(scalar).min(1).describe("A list of values."),
    z.strictObject({
      count: z
        .number()
        .int()
        .min(1)
        .max(LIMITS.wedgesPerStepMax)
        .describe("How many whole numbers.")
        .meta({ examples: [12] }),
      from: z
        .number()
        .int()
        .min(0)
        .max(Number.MAX_SAFE_INTEGER)
        .default(0)
        .describe("The first of them.")
        .meta({ examples: [1000] }),
    }),
    z.record(z.string(), scalar).describe("Label -> value; the label names the wedge."),
    z.string().describe('A range of whole numbers: "1-10", "1-10:2".'),
  ])
  .meta({ examples: [["dawn", "noon"], { count: 12, from: 1000 }, { dawn: "cool dawn light" }, "1-10:3"] });

const sweep = z.strictObject({
  axes: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/), axis)
    .describe("What varies. An axis named like a parameter sets it; {axis} in a text is replaced.")
    .meta({ examples: [{ lighting: ["dawn", "noon"], seed: { count: 12, from: 1000 } }] }),
  combine: z
    .string()
    .optional()
    .describe("a * b: every pair, the left one slowest. (a, b): side by side. Default: all, in this order.")
    .meta({ examples: ["lighting * seed", "(lighting, seed)"] }),
  frames: framesText
    .optional()
    .describe("Make the variations on these frames only.")
    .meta({ examples: ["1001,1030,1058"] }),
  limit: z
    .number()
    .int()
    .min(1)
    .max(LIMITS.wedgesPerStepMax)
    .optional()
    .describe(`More variations than this are refused. Default ${LIMITS.sweepLimitDefault}.`)
    .meta({ examples: [200] }),
});

const check = z.union([z.string(), z.record(z.string(), checkWishSchema)]);
const qc = z.strictObject({
  gate: gateSchema
    .optional()
    .describe("What happens to a result that fails: quarantine, wait for a person, or pass marked. Default: reject."),
  onFail: onFailSchema.optional(),
  profile: z
    .string()
    .optional()
    .describe("A named set of checks and limits. Default: the recipe's.")
    .meta({ examples: ["relight", "inpaint"] }),
  checks: z
    .union([z.array(check), checkWishesSchema])
    .optional()
    .describe("A list: these checks instead of a profile's. By name: limits, severity or off over the profile's.")
    .meta({
      examples: [
        ["image.not_black", { "image.not_solid": { sdMin: 0.01 } }],
        { "image.grain": { ratioMin: 0.7, severity: "fail" } },
      ],
    }),
});

const output = z.strictObject({
  to: z
    .string()
    .min(1)
    .optional()
    .describe(
      "beside (the plate), work (of the show's layout), or a folder, relative to the manifest. Default: beside.",
    )
    .meta({ examples: ["beside", "work", "./out"] }),
  format: outputFormatSchema
    .optional()
    .describe("png, png16, tiff or exr; or fields. Default: docs/formats.md.")
    .meta({ examples: ["exr", { exr: { type: "half", compression: "zip" } }] }),
});

export const manifestSchema = z
  .strictObject({
    hotplate: z.literal(1).optional().describe("Version of the manifest's language."),
    use: z
      .string()
      .min(1)
      .optional()
      .describe("The recipe: name, or name@1.4 for the newest 1.4.x.")
      .meta({ examples: ["env_relight", "env_relight@1.0"] }),
    name: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe("What people call this job. Default: the file's name.")
      .meta({ examples: ["tunnel lighting explore"] }),
    plate: plate.optional(),
    prompt: z
      .string()
      .max(LIMITS.promptCharactersMax)
      .optional()
      .describe("Short for parameters.prompt.")
      .meta({ examples: ["warm sunset haze, long shadows"] }),
    negative: z
      .string()
      .max(LIMITS.promptCharactersMax)
      .optional()
      .describe("Short for parameters.negative.")
      .meta({ examples: ["people, text"] }),
    seed: seed
      .optional()
      .describe("Short for parameters.seed: a whole number up to 2^53-1. Default 1000.")
      .meta({ examples: [1000] }),
    parameters: z
      .record(z.string(), scalar)
      .optional()
      .describe("The recipe's own parameters (hotplate recipe ls).")
      .meta({ examples: [{ lighting: "dawn", haze: 0.4 }] }),
    product: z
      .string()
      .optional()
      .describe("Name of the result stream. Default: the recipe's name.")
      .meta({ examples: ["envTunnel"] }),
    shot: z
      .union([z.string().min(1), z.record(z.string().regex(/^[a-z][a-z0-9_]*$/), z.string().min(1))])
      .optional()
      .describe("Which shot, where the plate's path does not tell: its name, or tokens of the show's layout.")
      .meta({ examples: ["010", { seq: "TUN", shot: "010" }] }),
    task: z
      .string()
      .optional()
      .describe("The tracker's task; recorded.")
      .meta({ examples: ["comp"] }),
    priority: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(50)
      .describe("0-100, higher first.")
      .meta({ examples: [60] }),
    sweep: sweep.optional().describe("Many variations from one manifest."),
    color: colorWishesSchema.optional().describe("What the model sees of the plate, and how its answer comes back."),
    qc: qc.optional().describe("What is checked, and what happens to a result that fails."),
    output: output.optional().describe("Where results land, and as what."),
    limits: z
      .strictObject({
        gpuHours: z
          .number()
          .positive()
          .optional()
          .describe("Refused when the estimate is above it.")
          .meta({ examples: [20] }),
        deadline: z.iso
          .datetime({ offset: true, local: false })
          .optional()
          .describe(
            "When it is wanted, with its offset from UTC. Work presses as it comes near; nothing is stopped by it.",
          )
          .meta({ examples: ["2026-11-27T18:00:00Z"] }),
      })
      .optional()
      .describe("How much this may cost, and when it is wanted."),
    rerun: rerun
      .describe("true: do it again although the same work was done before. Or a version to make again.")
      .meta({ examples: [true, { of: "../shots/SH010/env_relight/v006" }] }),
    references: later.references.optional(),
    review: later.review.optional(),
    steps: later.steps.optional(),
    requires: later.requires.optional(),
    disclosure: disclosure.optional(),
    retention: manifestRetentionSchema.optional(),
    notify: later.notify.optional(),
  })
  .describe("A Hotplate manifest.");

export type Manifest = z.infer<typeof manifestSchema>;

/** Validated, then refused with HP-MANIFEST-NOT-YET: nothing is accepted and ignored. */
export const NOT_YET: readonly (readonly string[])[] = [
  ["references"],
  ["review"],
  ["steps"],
  ["requires"],
  ["notify"],
  ["plate", "handles"],
];
