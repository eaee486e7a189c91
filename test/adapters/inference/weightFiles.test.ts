/** Which files beside an ONNX file hold its weights. */
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { weightFiles } from "../../../daemon/adapters/inference/weightFiles.ts";
import { CHANNEL_MEANS, weightsAt, writeOnnx } from "../../fixtures/onnxWriter.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const MODEL = writeOnnx(CHANNEL_MEANS);

test.each([
  ["none where all is in the one file", MODEL, []],
  [
    "each once, beside the model",
    Buffer.concat([MODEL, weightsAt("a.data"), weightsAt("b"), weightsAt("b")]),
    ["a.data", "b"],
  ],
  ["none of a file that is empty", new Uint8Array(0), []],
  ["none of text", Buffer.from("this is no model, but some words"), []],
  ["none beyond where a file was cut", Buffer.concat([MODEL, weightsAt("a.data")]).subarray(0, -20), []],
])("are %s", (_, bytes, names) => {
  using dir = tempDir();
  writeFileSync(dir.file("m.onnx"), bytes);
  expect(weightFiles(dir.file("m.onnx"))).toEqual(names.map((name) => dir.file(name)));
});
