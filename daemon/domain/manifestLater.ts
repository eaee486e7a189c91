/**
 * Fields of the manifest that this version can't do yet: their shapes, so that editors complete them and a slip in them is
 * told as such, before they are refused by name (HP-MANIFEST-NOT-YET).
 */
import { z } from "zod";

const duration = z
  .string()
  .regex(/^\d+(s|m|h|d|w)$/)
  .meta({ examples: ["24h", "14d"] });
const who = z
  .array(z.string().regex(/^(role|user):[A-Za-z0-9._-]+$/))
  .min(1)
  .describe("Who may: role:NAME or user:NAME.")
  .meta({ examples: [["role:lead"], ["user:ana"]] });

export const handles = z
  .number()
  .int()
  .min(0)
  .describe("Frames at each end that are worked on but not shown.")
  .meta({ examples: [8] });

export const references = z
  .array(z.string().min(1))
  .describe("Images that show what is meant.")
  .meta({ examples: [["./ref/tunnel_mood_v002.png"]] });

export const review = z
  .strictObject({
    choose: z
      .strictObject({
        min: z
          .number()
          .int()
          .min(1)
          .optional()
          .describe("At least so many selects.")
          .meta({ examples: [1] }),
        max: z
          .number()
          .int()
          .min(1)
          .optional()
          .describe("At most so many selects.")
          .meta({ examples: [3] }),
        by: who.optional(),
      })
      .optional()
      .describe("Which variations go on."),
    approve: z.strictObject({ by: who.optional() }).optional().describe("Who approves the version."),
    remind: duration.optional().describe("Remind after this time; a timeout never approves."),
  })
  .describe("What people choose and approve.");

export const steps = z
  .array(
    z.strictObject({
      name: z
        .string()
        .min(1)
        .describe("The step's name.")
        .meta({ examples: ["full"] }),
      use: z
        .string()
        .min(1)
        .describe("Its recipe.")
        .meta({ examples: ["upscale_x2@2"] }),
      from: z
        .string()
        .optional()
        .describe("selects, or an earlier step.")
        .meta({ examples: ["selects"] }),
      frames: z
        .string()
        .optional()
        .describe("plate: every frame; or a range.")
        .meta({ examples: ["plate"] }),
      needs: z.enum(["choose", "approve"]).optional().describe("What must have been decided before."),
      product: z
        .string()
        .optional()
        .describe("Its own product.")
        .meta({ examples: ["envTunnel_hires"] }),
      parameters: z
        .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
        .optional()
        .describe("Parameters of its recipe.")
        .meta({ examples: [{ denoise: 0.4 }] }),
    }),
  )
  .describe("What is made of the selects.")
  .meta({ examples: [[{ name: "full", use: "env_relight@1.0", from: "selects", frames: "plate" }]] });

export const requires = z
  .strictObject({
    gpuMemory: z
      .string()
      .regex(/^\d+(\.\d+)?\s?[MG]i?B$/)
      .optional()
      .describe("GPU memory that the work needs.")
      .meta({ examples: ["24GB"] }),
    models: z
      .array(z.string())
      .optional()
      .describe("Model files.")
      .meta({ examples: [["sd_xl_base_1.0.safetensors"]] }),
    attributes: z
      .record(z.string(), z.union([z.string(), z.array(z.string())]))
      .optional()
      .describe("What a node must be.")
      .meta({ examples: [{ "gpu.arch": ["hopper", "ada"] }] }),
  })
  .describe("What a node must have.");

export const notify = z
  .array(z.string().regex(/^[a-z]+:\S+$/))
  .describe("Who is told.")
  .meta({ examples: [["slack:#agm-comp"]] });
