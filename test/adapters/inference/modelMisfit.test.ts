/** What is told before a picture is given to a model that does not take it. */
import { expect, test } from "vitest";
import { modelMisfit } from "../../../daemon/adapters/inference/modelMisfit.ts";
import { qcModelsSchema } from "../../../daemon/domain/qcModels.ts";

const MODEL = qcModelsSchema.parse({ checks: { a: { file: "/m.onnx", width: 16, height: 8 } } }).checks["a"]!;
const takes = (shape: readonly (number | string)[], type = "float32") => ({
  inputNames: ["x"],
  outputNames: ["y", "z"],
  inputMetadata: [{ name: "x", type, shape }],
});

test("a model that takes the picture, by fixed sides or by any, has none, and so has one that says nothing", () => {
  expect(modelMisfit(takes([1, 3, 8, 16]), MODEL)).toBeNull();
  expect(modelMisfit(takes(["batch", 3, -1, "w"], "float16"), { ...MODEL, input: "x", output: "z" })).toBeNull();
  expect(modelMisfit({ inputNames: ["x"], outputNames: ["y"] }, MODEL)).toBeNull();
});

test.each([
  [{ input: "pixels" }, takes([1, 3, 8, 16]), "has no input pixels; it has x"],
  [{ output: "map" }, takes([1, 3, 8, 16]), "has no output map; it has y, z"],
  [{}, takes(["b", 3, 8, 224]), "takes [any, 3, 8, 224] (x), and gets [1, 3, 8, 16] (nchw)"],
  [{ layout: "nhwc" as const }, takes([0, 3, "h", "w"]), "takes [any, 3, any, any] (x), and gets [1, 8, 16, 3] (nhwc)"],
  [{}, takes([1, 3]), "takes [1, 3] (x), and gets [1, 3, 8, 16] (nchw)"],
  [{}, takes([1, 3, 8, 16], "uint8"), "takes uint8 (x), and gets float32 or float16"],
  [{}, { inputNames: ["x", "scale"], outputNames: ["y"] }, "takes 2 inputs (x, scale), and gets a picture"],
])("what does not fit is said in figures: %j", (more, of, words) => {
  expect(modelMisfit(of, { ...MODEL, ...more })).toBe(words);
});
