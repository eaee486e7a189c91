/** `rerun:` of a manifest: do the same work again, or make a published version again from its own papers. */
import { z } from "zod";

export const rerun = z
  .union([
    z.boolean(),
    z
      .strictObject({
        of: z
          .string()
          .min(1)
          .describe("The version's folder, a wedge's folder in it, or its asset.json.")
          .meta({ examples: ["../shots/SH010/env_relight/v006"] }),
        wedges: z
          .array(z.string().regex(/^w\d{1,5}$/))
          .min(1)
          .optional()
          .describe("Only these of its wedges. Default: all that were published.")
          .meta({ examples: [["w032"]] }),
        frames: z
          .union([z.string(), z.number().int(), z.array(z.number().int()).min(1)])
          .optional()
          .describe("Only these of its frames. Default: all that were published.")
          .meta({ examples: ["1023"] }),
        allowDrift: z
          .boolean()
          .default(false)
          .describe("true: another ComfyUI, node pack, model or plate is recorded instead of refused."),
        models: z
          .record(z.string(), z.string())
          .default({})
          .describe("Name of a model in the record -> what the same file is called now.")
          .meta({ examples: [{ "sd15.safetensors": "base/sd15.safetensors" }] }),
      })
      .describe("A version to make again as it was."),
  ])
  .default(false);
