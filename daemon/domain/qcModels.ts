/**
 * Models that checks look through: a studio's own ONNX files, named in `hotplate.yaml` check by check, and how a picture becomes what
 * one takes. None is shipped, none is loaded unless a check that is asked for needs it.
 */
import { z } from "zod";
import { LIMITS } from "./limits.ts";

const side = z.number().int().min(8).max(LIMITS.modelSideMax);
const perChannel = z.union([z.tuple([z.number()]), z.tuple([z.number(), z.number(), z.number()])]);

const qcModelSchema = z.strictObject({
  file: z.string().startsWith("/").describe("The ONNX file, absolute."),
  width: side.describe("Of what the model takes, px."),
  height: side.describe("Of what the model takes, px."),
  channels: z.enum(["rgb", "bgr", "grey"]).default("rgb"),
  layout: z.enum(["nchw", "nhwc"]).default("nchw"),
  range: z
    .number()
    .positive()
    .max(65_535)
    .default(1)
    .describe("What white is before mean and deviation: 1, or 255 where the model takes codes."),
  mean: perChannel.default([0]).describe("Subtracted, in units of range; one number, or one per channel."),
  std: perChannel.default([1]).describe("Divided by, after that."),
  crop: z
    .enum(["frame", "mask"])
    .default("frame")
    .describe("mask: only the box around what may change, where the recipe has a mask."),
  input: z.string().optional().describe("Name of the model's input; default: its first."),
  output: z.string().optional().describe("Name of the model's output; default: its first."),
  index: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe("Of a score: which of its classes. Of a map: which of its channels."),
  activation: z
    .enum(["none", "sigmoid", "softmax"])
    .default("none")
    .describe("Of scores and maps that come as logits."),
  limits: z.record(z.string(), z.number()).default({}).describe("The check's limits for this model."),
});
export type QcModel = z.infer<typeof qcModelSchema>;

export const qcModelsSchema = z
  .strictObject({
    runtime: z
      .string()
      .startsWith("/")
      .optional()
      .describe("Folder of the package onnxruntime-node; default: where Node finds it."),
    checks: z.record(z.string(), qcModelSchema).default({}).describe("Check -> the model that it looks through."),
  })
  .default({ checks: {} })
  .describe("Models of checks that need one, such as plate.identity (docs/plugins.md).");
export type QcModels = z.infer<typeof qcModelsSchema>;

export const NO_MODELS: QcModels = { checks: {} };
