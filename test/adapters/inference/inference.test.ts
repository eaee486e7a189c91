/**
 * Checks that look through a studio's model: how a picture becomes what a model takes, what comes back, and what is said where the
 * runtime, the model or the configuration is not there. With the real runtime where it is installed.
 */
import { createRequire } from "node:module";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createImages } from "../../../daemon/adapters/images/images.ts";
import { createInference } from "../../../daemon/adapters/inference/inference.ts";
import { modelAnswer } from "../../../daemon/adapters/inference/modelAnswer.ts";
import { modelPicture, modelShape } from "../../../daemon/adapters/inference/modelPicture.ts";
import { loadChecks } from "../../../daemon/adapters/plugins.ts";
import type { FrameFacts } from "../../../daemon/domain/qcInput.ts";
import { frameInput } from "../../../daemon/domain/qcInput.ts";
import type { QcModel, QcModels } from "../../../daemon/domain/qcModels.ts";
import { qcModelsSchema } from "../../../daemon/domain/qcModels.ts";
import { inspectInput } from "../../../daemon/domain/qcRun.ts";
import type { DecodedImage } from "../../../daemon/plugin.ts";
import imageNsfw from "../../../plugins/image_nsfw.ts";
import imageText from "../../../plugins/image_text.ts";
import plateIdentity from "../../../plugins/plate_identity.ts";
import { CHANNEL_MEANS, PIXEL_MEANS, weightsAt, writeOnnx } from "../../fixtures/onnxWriter.ts";
import type { Value } from "../../fixtures/pictures.ts";
import { decoded, decodedFloat, writePng } from "../../fixtures/pictures.ts";
import { FRAME } from "../../fixtures/programPlugin.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const CHECKS = [plateIdentity, imageNsfw, imageText];
const MODEL: QcModel = qcModelsSchema.parse({ checks: { a: { file: "/m.onnx", width: 8, height: 8 } } }).checks["a"]!;

/** A stand-in for the package, which computes what the tiny models compute: for machines without it. */
const STAND_IN = `
const means = (data, channels) => Float32Array.from({length: channels}, (_, c) => {
  let sum = 0; const size = data.length / channels;
  for (let i = 0; i < size; i += 1) sum += data[c * size + i];
  return sum / size; });
module.exports = {
  Tensor: class { constructor(type, data, dims) { Object.assign(this, {type, data, dims}); } },
  InferenceSession: { async create(path, {externalData = []}) {
    globalThis.standInWeights = externalData.map(({path, data}) => path + "=" + data);
    const text = require("node:fs").readFileSync(path, "latin1");
    if (text.includes("broken")) throw new Error("protobuf parsing failed\\nmore");
    return { inputNames: ["x"], outputNames: ["y"], async run({x}) {
      globalThis.standInRuns = (globalThis.standInRuns ?? 0) + 1;
      if (text.includes("refuses")) throw new Error("Got invalid dimensions for input: x");
      if (text.includes("GlobalAveragePool")) return {y: {data: means(x.data, x.dims[1]), dims: [1, x.dims[1], 1, 1]}};
      const size = x.dims[2] * x.dims[3];
      const data = Float32Array.from({length: size}, (_, i) => (x.data[i] + x.data[size + i] + x.data[2 * size + i]) / 3);
      return {y: {data, dims: [1, 1, x.dims[2], x.dims[3]]}};
    }}; } },
};`;

interface Rig {
  readonly models: QcModels;
  readonly file: (name: string) => string;
}

async function withModels<T>(runtime: string, use: (rig: Rig) => Promise<T>, more: Partial<QcModel> = {}): Promise<T> {
  using dir = tempDir();
  let folder = runtime;
  if (runtime === "stand-in") {
    folder = dir.file("onnxruntime-node");
    mkdirSync(folder);
    writeFileSync(`${folder}/package.json`, '{"name":"onnxruntime-node","main":"index.js"}');
    writeFileSync(`${folder}/index.js`, STAND_IN);
  }
  writeFileSync(dir.file("means.onnx"), writeOnnx(CHANNEL_MEANS));
  writeFileSync(dir.file("map.onnx"), writeOnnx(PIXEL_MEANS));
  const of = (file: string) => ({ ...MODEL, file: dir.file(file), ...more });
  const models = {
    runtime: folder,
    checks: { "plate.identity": of("means.onnx"), "image.nsfw": of("means.onnx"), "image.text": of("map.onnx") },
  };
  return await use({ models, file: (name) => dir.file(name) });
}

const flat = (...rgb: readonly number[]) =>
  decoded({ width: 32, height: 32, channels: 3, bits: 16, value: (_, __, c) => rgb[c] ?? 0 });

async function said(models: QcModels, facts: Partial<FrameFacts>, check = "plate.identity") {
  const inference = createInference(models);
  const input = frameInput({ ...FRAME, ...facts });
  const requests = [{ check, limits: {} }];
  const seeing = await inference.answered({ checks: CHECKS, requests, input });
  const seen = inspectInput(seeing, requests, input);
  return seen.findings.find((one) => one.check === check);
}

describe("what a model is given", () => {
  const image = decoded({
    width: 16,
    height: 8,
    channels: 4,
    bits: 8,
    value: (x, y, c) => (c === 3 ? 0 : (x + y + c) / 30),
  });
  const grey = decoded({ width: 8, height: 8, channels: 1, bits: 16, value: () => 0.5 });

  test("is averaged by area, in its layout, range, mean and deviation", () => {
    const model: QcModel = { ...MODEL, width: 8, height: 8, range: 255, mean: [10, 20, 30], std: [2, 4, 5] };
    const code = (x: number, y: number, c: number) => Math.round(((x + y + c) / 30) * 255);
    const out = modelPicture(image, model, null);
    // Two pixels across become one.
    const mean = (x: number, y: number, c: number) => (code(2 * x, y, c) + code(2 * x + 1, y, c)) / 2;
    expect(out.length).toBe(3 * 64);
    expect(out[5 * 8 + 3]).toBeCloseTo((mean(3, 5, 0) - 10) / 2, 3);
    expect(out[64 + 5 * 8 + 3]).toBeCloseTo((mean(3, 5, 1) - 20) / 4, 3);
    const nhwc = modelPicture(image, { ...model, layout: "nhwc", channels: "bgr" }, null);
    expect(nhwc[(5 * 8 + 3) * 3]).toBeCloseTo((mean(3, 5, 2) - 10) / 2, 3);
    expect([modelShape(model), modelShape({ ...model, layout: "nhwc", channels: "grey" })]).toEqual([
      [1, 3, 8, 8],
      [1, 8, 8, 1],
    ]);
  });

  test("is one channel of luma, or grey three times, a crop, and enlarged where the picture is small", () => {
    expect(modelPicture(grey, { ...MODEL, channels: "grey" }, null)[0]).toBeCloseTo(0.5, 3);
    expect(modelPicture(grey, MODEL, null).length).toBe(3 * 64);
    const crop = modelPicture(image, MODEL, [8, 4, 4, 4]);
    expect(crop[0]).toBeCloseTo(Math.round((12 / 30) * 255) / 255, 5);
    expect(modelPicture(decoded({ width: 1, height: 1, channels: 3, bits: 8, value: () => 1 }), MODEL, null)[63]).toBe(
      1,
    );
  });

  test("is light through the sRGB curve, clamped, NaN as nothing", () => {
    const of = (value: Value) => modelPicture(decodedFloat(8, 8, value), MODEL, null)[0];
    expect(of(() => 0.18)).toBeCloseTo(0.4614, 3);
    expect([of(() => 40), of(() => -3), of(() => Number.NaN), of(() => Number.POSITIVE_INFINITY)]).toEqual([
      1, 0, 0, 1,
    ]);
  });
});

describe("what a model gives back", () => {
  const answer = (
    dims: readonly number[],
    data: readonly number[],
    kind: "embedding" | "score" | "map",
    more: Partial<QcModel> = {},
  ) => modelAnswer({ dims, data }, kind, { model: { ...MODEL, ...more }, name: "m" });

  test("is an embedding, a score of one class, or a map of one channel", () => {
    expect(answer([1, 3], [1, 2, 3], "embedding")).toMatchObject({ values: Float32Array.of(1, 2, 3), model: "m" });
    expect(answer([1, 2], [0.2, 0.8], "score", { index: 1 })).toMatchObject({ values: Float32Array.of(0.8) });
    const soft = answer([1, 2], [0, Math.log(3)], "score", { index: 1, activation: "softmax" });
    expect(soft).toMatchObject({ values: Float32Array.of(0.75) });
    expect(answer([1], [0], "score", { activation: "sigmoid" })).toMatchObject({ values: Float32Array.of(0.5) });
    const map = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(answer([1, 2, 2, 2], map, "map", { index: 1 })).toMatchObject({
      columns: 2,
      rows: 2,
      values: Float32Array.of(5, 6, 7, 8),
    });
    expect(answer([1, 2, 2, 2], map, "map", { index: 1, layout: "nhwc" })).toMatchObject({
      values: Float32Array.of(2, 4, 6, 8),
    });
    expect(answer([1, 2, 1, 1], [0, Math.log(3)], "map", { index: 1, activation: "softmax" })).toMatchObject({
      values: Float32Array.of(0.75),
    });
    expect(answer([2, 4], map, "map", { width: 16 })).toMatchObject({ columns: 4, rows: 2 });
  });

  test("is a map in the layout that has the picture's shape, whatever the model takes", () => {
    // As CRAFT: nchw in, [1, rows, columns, channels] out.
    const two = Array.from({ length: 4 * 8 * 2 }, (_, i) => i);
    const wide = { width: 16, height: 8, index: 1 };
    const odd = Float32Array.from({ length: 32 }, (_, i) => 2 * i + 1);
    expect(answer([1, 4, 8, 2], two, "map", wide)).toMatchObject({ columns: 8, rows: 4, values: odd });
    const last = Float32Array.from({ length: 32 }, (_, i) => 32 + i);
    const five = Array.from({ length: 5 * 4 * 8 }, (_, i) => i);
    expect(answer([1, 5, 4, 8], five, "map", { ...wide, layout: "nhwc" })).toMatchObject({ rows: 4, values: last });
    // A stride that leaves the last columns out.
    expect(answer([1, 1, 3, 5], two.slice(0, 15), "map", { width: 23, height: 13 })).toMatchObject({ columns: 5 });
  });

  test("is half floats by their bits where the runtime gives those", () => {
    const data = new Uint16Array(new Float16Array([0.25, -2]).buffer);
    const bits = modelAnswer({ dims: [1, 2], data, type: "float16" }, "embedding", { model: MODEL, name: "m" });
    expect(bits).toMatchObject({ values: Float32Array.of(0.25, -2) });
  });

  test.each([
    [[1, 0], [], "embedding", /is empty/],
    [[1, 2], [1, Number.NaN], "embedding", /no numbers/],
    [[1, 1], [1], "score", /no class 3/],
    [[1, 4], [1, 2, 3, 4], "map", /is no map/],
    // A recogniser's output and a detector's boxes.
    [[1, 1, 8], [1, 2, 3, 4, 5, 6, 7, 8], "map", /is no map of a picture of 8 x 8/],
    [[1, 4, 2], [1, 2, 3, 4, 5, 6, 7, 8], "score", /\[1, 4, 2\] is no list of classes/],
    [[1, 4], [0, 0, 0, 29.1], "score", /class 3 of its output \[1, 4\] is 29\.\d+, no score of 0\.\.1/],
    [[1, 1, 2, 2], [1, 2, 3, 4], "map", /no channel 3/],
  ] as const)("is refused in words: %j %j as %s", (dims, data, kind, words) => {
    expect(answer(dims, data, kind, { index: 3 })).toMatch(words);
  });
});

const FOLDER = process.env["HOTPLATE_TEST_ONNXRUNTIME"] ?? "onnxruntime-node";
function runtimeFolder(): string | null {
  try {
    createRequire(import.meta.url)(FOLDER);
    return FOLDER;
  } catch {
    return null;
  }
}

describe.each(["stand-in", "real"])("with a runtime (%s)", (which) => {
  const WITHOUT =
    "onnxruntime-node is not installed (npm install onnxruntime-node; HOTPLATE_TEST_ONNXRUNTIME names its folder)";
  const run = (name: string, use: (rig: Rig) => Promise<void>, more: Partial<QcModel> = {}) =>
    test(name, async (context) => {
      const runtime = which === "real" ? runtimeFolder() : "stand-in";
      if (runtime === null) context.skip(WITHOUT);
      else await withModels(runtime, use, more);
    });

  run("plate.identity measures the distance of two embeddings, and names the model by its hash", async ({ models }) => {
    const near = await said(models, { result: flat(0.5, 0.4, 0.3), plate: flat(0.5, 0.41, 0.3) });
    expect(near).toMatchObject({
      verdict: "pass",
      message: expect.stringMatching(/means\.onnx, sha256 [0-9a-f]{12}\)/) as string,
    });
    const far = await said(models, { result: flat(0.9, 0.1, 0.1), plate: flat(0.1, 0.1, 0.9) });
    expect(far).toMatchObject({ verdict: "warn", measures: [{ name: "distance", limit: 0.1 }] });
    // 1 - (0.09 + 0.01 + 0.09) / (0.81 + 0.01 + 0.01)
    expect(far?.measures[0]?.value).toBeCloseTo(0.7711, 3);
  });

  run("image.nsfw tells the score of the configured class", async ({ models }) => {
    const of = { result: flat(0.2, 0.9, 0.1) };
    const seen = await said(
      { ...models, checks: { "image.nsfw": { ...models.checks["image.nsfw"]!, index: 1 } } },
      of,
      "image.nsfw",
    );
    expect(seen).toMatchObject({ verdict: "warn", measures: [{ name: "score", limit: 0.5 }] });
    expect(seen?.measures[0]?.value).toBeCloseTo(0.9, 4);
    expect(await said(models, of, "image.nsfw")).toMatchObject({ verdict: "pass" });
  });

  run("image.text tells only what the plate has not", async ({ models }) => {
    const lit = (x: number) =>
      decoded({ width: 32, height: 32, channels: 3, bits: 8, value: (at) => (Math.floor(at / 8) === x ? 1 : 0) });
    const alone = await said(models, { result: lit(1) }, "image.text");
    expect(alone).toMatchObject({
      verdict: "warn",
      measures: [
        { name: "textCells", value: 16 },
        { name: "newShare", value: 0.25 },
      ],
      evidence: [{ kind: "map", columns: 8, rows: 8 }],
    });
    expect(await said(models, { result: lit(1), plate: lit(1) }, "image.text")).toMatchObject({ verdict: "pass" });
    expect(await said(models, { result: lit(1), plate: lit(3) }, "image.text")).toMatchObject({ verdict: "warn" });
  });

  run("a file that is no model, and one that takes another size, are errors in words", async ({ models, file }) => {
    writeFileSync(file("broken.onnx"), "broken");
    const of = { result: flat(1, 1, 1), plate: flat(1, 1, 1) };
    const broken = { ...models, checks: { "plate.identity": { ...MODEL, file: file("broken.onnx") } } };
    expect(await said(broken, of)).toMatchObject({
      verdict: "error",
      message: expect.stringMatching(/could not look: its model .*broken\.onnx can't be used: /) as string,
    });
    const fixed = { ...CHANNEL_MEANS, input: [1, 3, 224, 224], producer: "refuses" };
    writeFileSync(
      file("fixed.onnx"),
      Buffer.concat([writeOnnx(fixed), Buffer.from(which === "real" ? "" : "refuses")]),
    );
    const other = { ...models, checks: { "plate.identity": { ...MODEL, file: file("fixed.onnx") } } };
    expect(await said(other, of)).toMatchObject({
      verdict: "error",
      message: expect.stringMatching(
        which === "real"
          ? /its model .*fixed\.onnx takes \[1, 3, 224, 224\] \(x\), and gets \[1, 3, 8, 8\] \(nchw\)/
          : /\(fixed\.onnx, sha256 .*\) broke: .*invalid dimensions/i,
      ) as string,
      hint: expect.stringContaining("qcModels") as string,
    });
  });

  run("a model of half floats is given half floats", async ({ models, file }) => {
    writeFileSync(file("half.onnx"), writeOnnx({ ...CHANNEL_MEANS, half: true }));
    const half = { ...models, checks: { "plate.identity": { ...MODEL, file: file("half.onnx") } } };
    const far = await said(half, { result: flat(0.9, 0.1, 0.1), plate: flat(0.1, 0.1, 0.9) });
    expect(far?.measures[0]?.value).toBeCloseTo(0.7711, 2);
  });

  run("the finding names the files of weights beside the model, too", async ({ models, file }) => {
    const first = await said(models, { result: flat(1, 1, 1), plate: flat(1, 1, 1) });
    expect(first?.message).toMatch(/\(means\.onnx, sha256 [0-9a-f]{12}\)/);
    writeFileSync(file("means.onnx.data"), "one");
    writeFileSync(file("means.onnx"), Buffer.concat([writeOnnx(CHANNEL_MEANS), weightsAt("means.onnx.data")]));
    const names = async () => (await said(models, { result: flat(1, 1, 1), plate: flat(1, 1, 1) }))?.message;
    const [before] = [await names(), writeFileSync(file("means.onnx.data"), "two")];
    expect(before).toMatch(/means\.onnx, sha256 [0-9a-f]{12}, means\.onnx\.data, sha256 [0-9a-f]{12}\)/);
    expect(await names()).not.toBe(before);
    // As bytes: what is written into the file later changes nothing, nor ends the process that had it mapped.
    if (which === "stand-in")
      expect((globalThis as { standInWeights?: unknown }).standInWeights).toEqual(["means.onnx.data=two"]);
  });

  run("works in an image worker, off by default, its limits beside the model", async ({ models, file }) => {
    const path = await writePng(file("."), "r.png", {
      width: 32,
      height: 32,
      channels: 3,
      bits: 8,
      value: (_, __, c) => (c === 0 ? 1 : 0),
    });
    const platePath = await writePng(file("."), "p.png", {
      width: 32,
      height: 32,
      channels: 3,
      bits: 8,
      value: (_, __, c) => (c === 2 ? 1 : 0),
    });
    const own = { ...models.checks["plate.identity"]!, limits: { distanceMax: 2 } };
    const images = createImages({
      scratchDir: null,
      checkFolders: [],
      workers: 1,
      models: { ...models, checks: { ...models.checks, "plate.identity": own } },
    });
    try {
      const book = await images.checks();
      expect(book.refused).toEqual([]);
      expect(book.checks.find(({ id }) => id === "plate.identity")).toMatchObject({
        limits: { distanceMax: 2 },
        limitsFrom: { distanceMax: "qcModels in hotplate.yaml" },
      });
      for (const profile of book.profiles) expect(Object.keys(profile.checks)).not.toContain("plate.identity");
      const seen = await images.inspect({
        path,
        bytes: statSync(path).size,
        frame: null,
        platePath,
        expected: { width: null, height: null, bitDepth: null, ignore: [] },
        checks: [{ check: "plate.identity", limits: {} }],
      });
      expect(seen.findings.find(({ check }) => check === "plate.identity")).toMatchObject({
        verdict: "pass",
        measures: [{ name: "distance", value: 1, limit: 2 }],
      });
    } finally {
      await images.close();
    }
  });
});

test("a plate's output is worked out once for all its variations", async () => {
  await withModels("stand-in", async ({ models }) => {
    const inference = createInference(models);
    const plate: DecodedImage = flat(0.5, 0.5, 0.5);
    const count = globalThis as { standInRuns?: number };
    const before = count.standInRuns ?? 0;
    for (const red of [0.1, 0.2, 0.3]) {
      const input = frameInput({ ...FRAME, result: flat(red, 0, 0), plate });
      await inference.answered({ checks: CHECKS, requests: [{ check: "plate.identity", limits: {} }], input });
    }
    expect((count.standInRuns ?? 0) - before).toBe(4);
  });
});

describe("without", () => {
  const of = { result: flat(1, 1, 1), plate: flat(1, 1, 1) };

  test("a model configured, the check says what to configure; it is not asked where there is no plate", async () => {
    expect(await said({ checks: {} }, of)).toMatchObject({
      verdict: "error",
      message: "plate.identity could not look: no model is configured for it.",
      hint: "Name a model of yours for this check under qcModels in hotplate.yaml (docs/plugins.md).",
    });
    expect(await said({ checks: {} }, { ...of, plate: null })).toBeUndefined();
  });

  test("the runtime, it says what to install", async () => {
    await withModels("/no/such/folder", async ({ models }) => {
      expect(await said(models, of)).toMatchObject({
        verdict: "error",
        message: expect.stringContaining("could not look: onnxruntime-node can't be loaded: ") as string,
        hint: expect.stringContaining("npm install onnxruntime-node") as string,
      });
    });
  });

  test("the model's file, it names the file", async () => {
    const models = { checks: { "plate.identity": { ...MODEL, file: "/gone/m.onnx" } } };
    expect(await said(models, of)).toMatchObject({
      verdict: "error",
      message: "plate.identity could not look: its model /gone/m.onnx can't be read.",
    });
  });
});

test("a configuration that names no check, one without a model, or no limit of it is named with HP-PLUGIN", async () => {
  const models = {
    checks: {
      "plate.identitty": MODEL,
      "image.clip": MODEL,
      "image.nsfw": { ...MODEL, limits: { scoreMaximum: 1 } },
    },
  };
  expect((await loadChecks([], models)).book.refused).toEqual([
    { file: "qcModels.checks.plate.identitty", message: "HP-PLUGIN: there is no such check" },
    { file: "qcModels.checks.image.clip", message: "HP-PLUGIN: this check looks through no model" },
    { file: "qcModels.checks.image.nsfw", message: "HP-PLUGIN: it has no limit named scoreMaximum" },
  ]);
});
