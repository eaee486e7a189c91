/** What the doctor says of models, before a check needs one. */
import { mkdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { modelLines } from "../../daemon/cli/doctorModels.ts";
import { qcModelsSchema } from "../../daemon/domain/qcModels.ts";
import { tempDir } from "../fixtures/tempDir.ts";

const lines = (models: object) =>
  modelLines(qcModelsSchema.parse(models)).map(
    ({ state, what, found, fix }) => `${state} ${what}: ${found}${fix === null ? "" : " | fix"}`,
  );

test("nothing where no check looks through a model", () => {
  expect(lines({})).toEqual([]);
});

test("the runtime and each model, found or not, without loading either", () => {
  using dir = tempDir();
  mkdirSync(dir.file("onnxruntime-node"));
  writeFileSync(dir.file("onnxruntime-node/index.js"), "throw new Error('loaded')");
  writeFileSync(dir.file("m.onnx"), "");
  const model = (file: string) => ({ file: dir.file(file), width: 8, height: 8 });
  const checks = { "plate.identity": model("m.onnx"), "image.text": model("gone.onnx"), "image.nsfw": model(".") };
  expect(lines({ runtime: dir.file("onnxruntime-node"), checks })).toEqual([
    `OK onnxruntime-node: ${dir.file("onnxruntime-node")}`,
    `OK model of plate.identity: ${dir.file("m.onnx")}`,
    `WARN model of image.text: ${dir.file("gone.onnx")} can't be read (ENOENT) | fix`,
    `WARN model of image.nsfw: ${dir.file(".")} is no file | fix`,
  ]);
  const [runtime] = lines({ runtime: dir.file("nowhere"), checks });
  expect(runtime).toMatch(/^WARN onnxruntime-node: .*nowhere: Cannot find module .* \| fix$/);
});
