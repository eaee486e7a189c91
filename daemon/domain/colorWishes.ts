/** What a recipe and a manifest may say under `color`; what the manifest says wins, key by key. */
import { z } from "zod";
import { LIMITS } from "./limits.ts";

export const colorWishesSchema = z.strictObject({
  how: z
    .enum(["edit", "acescct", "plain"])
    .optional()
    .describe(
      "edit: only what the model changed is laid onto the plate. acescct: the model sees ACEScct. plain: its answer as it is.",
    )
    .meta({ examples: ["edit"] }),
  exposure: z
    .union([z.literal("auto"), z.number().min(-LIMITS.exposureStopsMax).max(LIMITS.exposureStopsMax)])
    .optional()
    .describe("Stops that are added before the model sees the plate; auto: from its first frame. Default 0.")
    .meta({ examples: [1.5, "auto"] }),
  view: z
    .enum(["plain", "filmic"])
    .optional()
    .describe(
      "plain: what is above 1 is cut off for the model. filmic: it is compressed, 4 stops of it. Default plain.",
    )
    .meta({ examples: ["filmic"] }),
  mode: z
    .enum(["difference", "gain", "replace"])
    .optional()
    .describe(
      "How an edit is laid onto the plate: added, multiplied (other light), or in its place (opaque things). Default difference.",
    )

    .meta({ examples: ["gain"] }),
  clip: z
    .union([z.enum(["auto", "none"]), z.number().positive()])
    .optional()
    .describe(
      "Above this linear value the plate stays. auto: above what the model could see; none: nowhere. Default auto.",
    )
    .meta({ examples: ["none", 4] }),
});

/** `from`: plate (its alpha), or an image of the recipe. */
export const maskSchema = z
  .strictObject({
    from: z.string().min(1).describe("plate: its alpha. Or the name of an image of this recipe."),
    channel: z
      .enum(["red", "alpha"])
      .default("red")
      .describe("Which channel of that image; of the plate always alpha."),
    invert: z.boolean().default(false).describe("false: white is where the result may differ from the plate."),
    feather: z
      .number()
      .int()
      .min(0)
      .max(LIMITS.featherPixelsMax)
      .default(0)
      .describe("Width of a ramp inside the mask's border, px; outside it nothing changes."),
  })
  .describe("Where the result may differ from the plate: everywhere else it is the plate, bit for bit.");
