/**
 * What a ComfyUI is to Hotplate: the wire as it was recorded, and the adapter's promises on top. The same suite runs against
 * the simulated server of either version and against a real one; it needs no model and no pack.
 */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import type { TestContext } from "vitest";
import sharp from "sharp";
import type { Region, Stats } from "sharp";
import type { SlotConfig } from "../../daemon/domain/config.ts";
import type { PromptId } from "../../daemon/domain/ids.ts";
import type { Graph } from "../../daemon/domain/recipe.ts";
import { createComfy } from "../../daemon/adapters/comfyui/slot.ts";
import type { ComfySlot, PromptStatus } from "../../daemon/ports.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { flat, noisy, save, slow } from "./comfyGraphs.ts";
import type { Json } from "./comfyWire.ts";
import { Wire } from "./comfyWire.ts";

export interface ComfyUnderTest {
  readonly name: string;
  readonly version: "0.19" | "0.38";
  /** Why the suite can't run; null when it can. */
  readonly absent: string | null;
  /** One server for the whole file; started before the first test. */
  url(): string;
  /** Its own directories, when the tests may look into them. */
  readonly shared?: () => SlotConfig["shared"];
  /** Graph of a prompt that runs until it is stopped, as far as this server has one. */
  readonly slow: { readonly blurs: number; readonly side: number };
}

const prefix = (): string => `hotplate/contract/${randomUUID()}`;
const id = (): PromptId => randomUUID() as PromptId;
const images = (job: Json, node: string): readonly Json[] =>
  ((job["outputs"] as Record<string, { images: Json[] }>)[node]?.images ?? []) as readonly Json[];
const errorsOf = (json: Json, node: string): readonly Json[] =>
  (json["node_errors"] as Record<string, { errors: Json[] }>)[node]?.errors ?? [];

export function comfyContract(under: ComfyUnderTest): void {
  const it = (name: string, body: (wire: Wire, context: TestContext) => Promise<void>): void => {
    test(name, async (context) => {
      if (under.absent !== null) return context.skip(under.absent);
      await body(new Wire(under.url()), context);
    });
  };
  systemFacts(under, it);
  submitFacts(under, it);
  refusalFacts(it);
  executionFacts(under, it);
  queueFacts(under, it);
  fileFacts(it);
  socketFacts(it);
  pixelFacts(it);
  adapterFacts(under, it);
  adapterEnds(under, it);
}

type It = (name: string, body: (wire: Wire, context: TestContext) => Promise<void>) => void;

function systemFacts(under: ComfyUnderTest, it: It): void {
  it("says its version in /system_stats", async (wire) => {
    const { status, json } = await wire.get("/system_stats");
    expect(status).toBe(200);
    const system = json["system"] as Json;
    expect(String(system["comfyui_version"])).toMatch(new RegExp(`^${under.version.replace(".", "\\.")}`));
    expect(Array.isArray(system["argv"])).toBe(true);
    expect(Object.keys((json["devices"] as Json[])[0] ?? {})).toEqual(
      expect.arrayContaining(["name", "type", "index", "vram_total", "vram_free"]),
    );
  });
  it("answers {} for a class that it does not have, and one class by name", async (wire) => {
    expect(await wire.get("/object_info/Nope")).toMatchObject({ status: 200, json: {} });
    const { json } = await wire.get("/object_info/SaveImage");
    const saveImage = json["SaveImage"] as Json;
    expect(saveImage["output_node"]).toBe(true);
    expect((saveImage["input_order"] as Json)["required"]).toEqual(["images", "filename_prefix"]);
  });
  it("has its routes with and without /api, jobs only with, internal only without", async (wire) => {
    expect((await wire.get("/api/prompt")).status).toBe(200);
    expect((await wire.get("/jobs")).status).toBe(404);
    expect((await wire.get("/api/internal/logs")).status).toBe(404);
    expect((await wire.get("/nothing")).status).toBe(404);
    expect((await wire.send("PUT", "/prompt")).status).toBe(405);
  });
  it("refuses browsers of other sites", async (wire) => {
    expect((await wire.send("POST", "/prompt", {}, { origin: "http://evil.example" })).status).toBe(403);
    // fetch may not set Sec-Fetch-Site; the socket's handshake may.
    expect((await wire.get("/features")).json).toMatchObject({
      supports_preview_metadata: true,
      node_replacements: true,
    });
  });
  it("answers empty 200s that are no JSON", async (wire) => {
    for (const [path, body] of [
      ["/queue", { delete: ["x"] }],
      ["/interrupt", { prompt_id: "x" }],
      ["/history", { delete: ["x"] }],
      ["/free", {}],
    ] as const)
      expect(await wire.send("POST", path, body), path).toMatchObject({ status: 200, text: "" });
  });
  it("answers malformed bodies with 500 in plain text", async (wire) => {
    for (const path of ["/prompt", "/queue", "/history", "/free"]) {
      const answer = await wire.send("POST", path, "{not json");
      expect(answer, path).toMatchObject({
        status: 500,
        text: "500 Internal Server Error\n\nServer got itself in trouble",
      });
      expect(answer.type).toMatch(/^text\/plain/);
    }
    expect((await wire.prompt({ last_node_id: 9, nodes: [], links: [], version: 0.4 })).status).toBe(500);
    expect((await wire.get("/history?max_items=x")).status).toBe(500);
  });
  it("knows no models on a bare server, and no folder of that name", async (wire) => {
    expect(await wire.get("/models/nope")).toMatchObject({ status: 404, text: "" });
    expect((await wire.get("/models/checkpoints")).json).toEqual([]);
  });
}

function submitFacts(under: ComfyUnderTest, it: It): void {
  it("takes a number from the counter for each prompt, also for refused ones", async (wire) => {
    const first = await wire.prompt({ "1": flat(1), "2": save("1", prefix()) });
    await wire.prompt({ "1": flat(1) });
    const second = await wire.prompt({ "1": flat(1), "2": save("1", prefix()) });
    expect(Number(second.json["number"]) - Number(first.json["number"])).toBe(2);
  });
  it("keeps a given prompt_id and number", async (wire) => {
    const own = randomUUID();
    const answer = await wire.prompt({ "1": flat(2), "2": save("1", prefix()) }, { prompt_id: own, number: 12.5 });
    expect(answer).toMatchObject({ status: 200, json: { prompt_id: own, number: 12.5, node_errors: {} } });
    await wire.ended(own);
  });
  it("takes or refuses a prompt_id that is no UUID, as its version does", async (wire) => {
    const answer = await wire.prompt({ "1": flat(3), "2": save("1", prefix()) }, { prompt_id: "not-a-uuid" });
    if (under.version === "0.19") expect(answer).toMatchObject({ status: 200, json: { prompt_id: "not-a-uuid" } });
    else expect(answer).toMatchObject({ status: 400, json: { error: { type: "invalid_prompt_id" } } });
  });
  it("takes JSON whatever the content type says", async (wire) => {
    const answer = await wire.send(
      "POST",
      "/prompt",
      { prompt: { "1": flat(4), "2": save("1", prefix()) } },
      { "content-type": "text/plain" },
    );
    expect(answer.status).toBe(200);
  });
  it("accepts a graph of which one output is bad, drops that output and runs the rest", async (wire) => {
    const own = randomUUID();
    const graph = {
      "1": flat(5),
      "2": save("1", prefix()),
      "9": { class_type: "SaveImage", inputs: { images: ["1", 0] } },
    };
    const answer = await wire.prompt(graph, { prompt_id: own, client_id: "contract" });
    expect(answer.status).toBe(200);
    expect(answer.json["node_errors"]).toEqual({
      "9": {
        errors: [
          {
            type: "required_input_missing",
            message: "Required input is missing",
            details: "filename_prefix",
            extra_info: { input_name: "filename_prefix" },
          },
        ],
        dependent_outputs: ["9"],
        class_type: "SaveImage",
      },
    });
    const job = await wire.ended(own);
    expect(job["status"]).toBe("completed");
    expect(Object.keys(job["outputs"] as Json)).toEqual(["2"]);
  });
  it("coerces literals in place", async (wire) => {
    const own = randomUUID();
    const node = {
      class_type: "ImageCompositeMasked",
      inputs: { destination: ["1", 0], source: ["1", 0], x: "1", y: 1.9, resize_source: "false" },
    };
    await wire.prompt({ "1": flat(6), "3": node, "2": save("3", prefix()) }, { prompt_id: own, client_id: "contract" });
    const job = await wire.ended(own);
    const ran = (job["workflow"] as { prompt: Graph }).prompt["3"]?.inputs;
    expect(ran).toMatchObject({ x: 1, y: 1, resize_source: true });
  });
}

function refusalFacts(it: It): void {
  const missing = { type: "required_input_missing", message: "Required input is missing" };
  it("names an unknown class, by its title where it has one", async (wire) => {
    const answer = await wire.prompt({ "1": { class_type: "Nope", inputs: {}, _meta: { title: "Grade" } } });
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual({
      error: {
        type: "missing_node_type",
        message: "Node 'Grade' not found. The custom node may not be installed.",
        details: "Node ID '#1'",
        extra_info: { node_id: "1", class_type: "Nope", node_title: "Grade" },
      },
      node_errors: {},
    });
    expect((await wire.prompt({ "1": { inputs: {} } })).json).toMatchObject({
      error: { type: "missing_node_type", extra_info: { class_type: null, node_title: null } },
    });
  });
  it("refuses a graph without an output, no graph, and targets that are none", async (wire) => {
    const none = {
      error: { type: "prompt_no_outputs", message: "Prompt has no outputs", details: "", extra_info: {} },
      node_errors: {},
    };
    expect(await wire.prompt({ "1": flat() })).toMatchObject({ status: 400, json: none });
    expect(await wire.prompt({})).toMatchObject({ status: 400, json: none });
    expect(
      await wire.prompt({ "1": flat(), "2": save("1", "x") }, { partial_execution_targets: ["77"] }),
    ).toMatchObject({ status: 400, json: none });
    expect(await wire.send("POST", "/prompt", {})).toMatchObject({
      status: 400,
      json: { error: { type: "no_prompt", details: "No prompt provided" } },
    });
  });
  it("reports every wrong value with its input, what is allowed and what came", async (wire) => {
    const graph = {
      "1": { class_type: "EmptyImage", inputs: { width: 99999999, height: "abc", batch_size: 0 } },
      "2": { class_type: "SaveImage", inputs: { images: ["1", 0] } },
    };
    const { status, json } = await wire.prompt(graph);
    expect(status).toBe(400);
    expect(json["error"]).toEqual({
      type: "prompt_outputs_failed_validation",
      message: "Prompt outputs failed validation",
      details: "Required input is missing: filename_prefix",
      extra_info: {},
    });
    // Python keeps the inputs in a set: their order differs from process to process.
    const [bad, big, missed, small] = [
      "invalid_input_type",
      "value_bigger_than_max",
      missing.type,
      "value_smaller_than_min",
    ].map((type) => errorsOf(json, "1").find((error) => error["type"] === type));
    expect(errorsOf(json, "1")).toHaveLength(4);
    expect(big).toMatchObject({
      message: "Value 99999999 bigger than max of 16384",
      details: "width",
      extra_info: { input_name: "width", received_value: 99999999 },
    });
    expect(bad).toMatchObject({
      details: "height, abc, invalid literal for int() with base 10: 'abc'",
      extra_info: { received_value: "abc" },
    });
    expect(missed).toEqual({ ...missing, details: "color", extra_info: { input_name: "color" } });
    expect(small).toMatchObject({ message: "Value 0 smaller than min of 1", details: "batch_size" });
    expect((big?.["extra_info"] as Json | undefined)?.["input_config"]).toEqual([
      "INT",
      expect.objectContaining({ min: 1, max: 16384 }),
    ]);
    expect((json["node_errors"] as Record<string, Json>)["1"]).toMatchObject({
      dependent_outputs: ["2"],
      class_type: "EmptyImage",
    });
    expect(errorsOf(json, "2")).toEqual([
      { ...missing, details: "filename_prefix", extra_info: { input_name: "filename_prefix" } },
    ]);
  });
  it("reports floats in its own words", async (wire) => {
    const graph = (factor: unknown): object => ({
      "1": flat(),
      "3": { class_type: "AdjustBrightness", inputs: { images: ["1", 0], factor } },
      "2": save("3", "x"),
    });
    expect(errorsOf((await wire.prompt(graph(2.5))).json, "3")).toMatchObject([
      { message: "Value 2.5 bigger than max of 2.0", details: "factor" },
    ]);
    expect(errorsOf((await wire.prompt(graph("x"))).json, "3")).toMatchObject([
      { type: "invalid_input_type", details: "factor, x, could not convert string to float: 'x'" },
    ]);
  });
  it("reports a value that is not in a list, with the list when it is short", async (wire) => {
    const scale = {
      class_type: "ImageScale",
      inputs: { image: ["1", 0], upscale_method: "bogus", width: 8, height: 8, crop: "disabled" },
    };
    const { json } = await wire.prompt({ "1": flat(), "3": scale, "2": save("3", "x") });
    expect(errorsOf(json, "3")).toMatchObject([
      {
        type: "value_not_in_list",
        message: "Value not in list",
        details: "upscale_method: 'bogus' not in ['nearest-exact', 'bilinear', 'area', 'bicubic', 'lanczos']",
        extra_info: { input_name: "upscale_method", received_value: "bogus" },
      },
    ]);
  });
  it("reports a missing model as a value that is not in the list", async (wire) => {
    const graph = {
      c: { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: "sd15.safetensors" } },
      l: { class_type: "EmptyLatentImage", inputs: { width: 64, height: 64, batch_size: 1 } },
      t: { class_type: "CLIPTextEncode", inputs: { text: "x", clip: ["c", 1] } },
      k: {
        class_type: "KSampler",
        inputs: {
          model: ["c", 0],
          positive: ["t", 0],
          negative: ["t", 0],
          latent_image: ["l", 0],
          seed: 1,
          steps: 1,
          cfg: 1,
          sampler_name: "bogus",
          scheduler: "normal",
          denoise: 1,
        },
      },
      v: { class_type: "VAEDecode", inputs: { samples: ["k", 0], vae: ["c", 2] } },
      s: save("v", "x"),
    };
    const { status, json } = await wire.prompt(graph);
    expect(status).toBe(400);
    expect(errorsOf(json, "c")).toMatchObject([
      { type: "value_not_in_list", details: "ckpt_name: 'sd15.safetensors' not in []" },
    ]);
    expect(errorsOf(json, "k")).toMatchObject([
      {
        type: "value_not_in_list",
        details: "sampler_name: 'bogus' not in (list of length 44)",
        extra_info: { input_config: null },
      },
    ]);
  });
  it("reports links of the wrong kind, to nowhere, and of the wrong length", async (wire) => {
    const mask = { class_type: "MaskToImage", inputs: { mask: ["1", 0] } };
    const mismatch = await wire.prompt({ "1": flat(), "3": mask, "2": save("3", "x") });
    expect(errorsOf(mismatch.json, "3")).toMatchObject([
      {
        type: "return_type_mismatch",
        details: "mask, received_type(IMAGE) mismatch input_type(MASK)",
        extra_info: { linked_node: ["1", 0] },
      },
    ]);
    const dangling = await wire.prompt({ "2": save("9", "x") });
    expect(errorsOf(dangling.json, "2")).toMatchObject([
      { type: "exception_during_validation", details: "'9'", extra_info: { exception_type: "KeyError" } },
    ]);
    const inner = await wire.prompt({
      "3": { class_type: "ImageInvert", inputs: { image: ["9", 0] } },
      "2": save("3", "x"),
    });
    expect(errorsOf(inner.json, "3")).toMatchObject([
      {
        type: "exception_during_inner_validation",
        details: "'9'",
        extra_info: { input_name: "images", linked_node: ["3", 0] },
      },
    ]);
    expect(errorsOf(inner.json, "2")).toEqual([]);
    const short = await wire.prompt({
      "1": flat(),
      "2": { class_type: "SaveImage", inputs: { images: ["1"], filename_prefix: "x" } },
    });
    expect(errorsOf(short.json, "2")).toMatchObject([
      { type: "bad_linked_input", details: "images", extra_info: { received_value: ["1"] } },
    ]);
  });
  it("names all outputs that a bad graph node spoils", async (wire) => {
    const { json } = await wire.prompt({ "1": flat(0, 0, 8), "2": save("1", "x"), "3": save("1", "y") });
    const spoiled = (json["node_errors"] as Record<string, Json>)["1"];
    expect(spoiled).toMatchObject({ class_type: "EmptyImage" });
    // Another set of Python's: seen in either order.
    expect([...((spoiled?.["dependent_outputs"] ?? []) as string[])].sort()).toEqual(["2", "3"]);
  });
  it("refuses an absent image before it runs", async (wire) => {
    const { status, json } = await wire.prompt({
      "1": { class_type: "LoadImage", inputs: { image: "missing.png" } },
      "2": save("1", "x"),
    });
    expect(status).toBe(400);
    expect(errorsOf(json, "1")).toEqual([
      {
        type: "custom_validation_failed",
        message: "Custom validation failed for node",
        details: "image - Invalid image file: missing.png",
        extra_info: { input_name: "image" },
      },
    ]);
  });
}

function executionFacts(under: ComfyUnderTest, it: It): void {
  it("tells the owner each step in order, and history keeps three messages", async (wire) => {
    await using ear = await wire.listen();
    const own = randomUUID();
    const graph = noisy(`${prefix()}_%width%x%height%`, 7);
    const extra = { extra_pnginfo: { workflow: { id: "wf1" } }, foo: { a: 1 } };
    await wire.prompt(graph, { prompt_id: own, client_id: ear.clientId, extra_data: extra });
    await ear.event(
      (event) => event.type === "executing" && event.data["prompt_id"] === own && event.data["node"] === null,
    );
    const told = ear.of(own).map((event) => event.type);
    const step = ["progress_state", "executing", "progress_state"];
    expect(told).toEqual([
      "execution_start",
      "execution_cached",
      ...step,
      ...step,
      ...step,
      "progress_state",
      "executing",
      "executed",
      "progress_state",
      "execution_success",
      "executing",
    ]);
    const entry = ((await wire.get(`/history/${own}`)).json as Record<string, Json>)[own] ?? {};
    expect(entry["status"]).toMatchObject({ status_str: "success", completed: true });
    expect((entry["status"] as { messages: [string][] }).messages.map(([event]) => event)).toEqual([
      "execution_start",
      "execution_cached",
      "execution_success",
    ]);
    expect(entry["meta"]).toEqual({ "4": { node_id: "4", display_node: "4", parent_node: null, real_node_id: "4" } });
    expect((entry["prompt"] as unknown[])[4]).toEqual(["4"]);
    expect((entry["prompt"] as unknown[])[3]).toMatchObject({ ...extra, client_id: ear.clientId });
  });
  it("shows the ended prompt as a job, with workflow id, times, outputs and messages", async (wire) => {
    const own = randomUUID();
    await wire.prompt(noisy(prefix(), 8), {
      prompt_id: own,
      client_id: "contract",
      extra_data: { extra_pnginfo: { workflow: { id: "job_1" } } },
    });
    const job = await wire.ended(own);
    expect(job).toMatchObject({
      id: own,
      status: "completed",
      outputs_count: 1,
      workflow_id: "job_1",
      execution_status: { completed: true },
    });
    expect(Number(job["execution_end_time"])).toBeGreaterThanOrEqual(Number(job["execution_start_time"]));
    expect(job["preview_output"]).toMatchObject({ type: "output", nodeId: "4", mediaType: "images" });
    expect(images(job, "4")).toHaveLength(1);
    const { json } = await wire.get("/api/jobs?workflow_id=job_1&limit=1");
    expect(json["pagination"]).toMatchObject({ offset: 0, limit: 1 });
  });
  it("answers 404 for a job that it does not know, {} for such a history, and 400 for wrong questions", async (wire) => {
    expect(await wire.get("/api/jobs/nope")).toMatchObject({ status: 404, json: { error: "Job not found" } });
    expect(await wire.get("/history/nope")).toMatchObject({ status: 200, json: {} });
    expect(await wire.get("/api/jobs?status=zzz")).toMatchObject({
      status: 400,
      json: { error: "Invalid status value(s): zzz. Valid values: pending, in_progress, completed, failed, cancelled" },
    });
    expect(await wire.get("/api/jobs?limit=0")).toMatchObject({
      status: 400,
      json: { error: "limit must be a positive integer" },
    });
  });
  it("renders nothing when the same graph comes again: the old names", async (wire) => {
    const graph = (): Graph => noisy(name, 9);
    const name = prefix();
    const [first, second] = [randomUUID(), randomUUID()];
    await using ear = await wire.listen();
    await wire.prompt(graph(), { prompt_id: first, client_id: ear.clientId });
    await wire.prompt(graph(), { prompt_id: second, client_id: ear.clientId });
    const jobs = [await wire.ended(first), await wire.ended(second)];
    expect(images(jobs[1] ?? {}, "4")).toEqual(images(jobs[0] ?? {}, "4"));
    await ear.event(
      (event) => event.type === "executing" && event.data["prompt_id"] === second && event.data["node"] === null,
    );
    expect(ear.of(second).map((event) => event.type)).toEqual([
      "execution_start",
      "execution_cached",
      "executed",
      "progress_state",
      "execution_success",
      "executing",
    ]);
    expect(ear.of(second)[1]?.data["nodes"]).toHaveLength(4);
  });
  it("reports no output for a cached prompt without a client in 0.19", async (wire) => {
    const name = prefix();
    const [first, second] = [randomUUID(), randomUUID()];
    await wire.prompt(noisy(name, 10), { prompt_id: first });
    await wire.ended(first);
    await wire.prompt(noisy(name, 10), { prompt_id: second });
    const job = await wire.ended(second);
    expect(job["status"]).toBe("completed");
    expect(images(job, "4")).toHaveLength(under.version === "0.19" ? 0 : 1);
  });
  it("counts names on, and writes a picture of the right size", async (wire) => {
    const name = prefix();
    const jobs: Json[] = [];
    for (const color of [20, 21]) {
      const own = randomUUID();
      await wire.prompt({ "1": flat(color, 40, 30), "2": save("1", name) }, { prompt_id: own, client_id: "contract" });
      jobs.push(await wire.ended(own));
    }
    expect(jobs.map((job) => images(job, "2")[0]?.["filename"])).toEqual([
      `${name.split("/").at(-1)}_00001_.png`,
      `${name.split("/").at(-1)}_00002_.png`,
    ]);
    expect(images(jobs[0] ?? {}, "2")[0]).toMatchObject({ subfolder: "hotplate/contract", type: "output" });
  });
  it("overwrites with %batch_num%, whose counter begins anew", async (wire) => {
    const name = `${prefix()}_b%batch_num%`;
    const names: unknown[] = [];
    for (const color of [30, 31]) {
      const own = randomUUID();
      await wire.prompt({ "1": flat(color), "2": save("1", name) }, { prompt_id: own, client_id: "contract" });
      names.push(images(await wire.ended(own), "2")[0]?.["filename"]);
    }
    expect(names[0]).toBe(names[1]);
    expect(String(names[0])).toMatch(/_b0_00001_\.png$/);
  });
  it("fails at run time where a file is no image, with the graph node, its class and the exception", async (wire) => {
    const form = new FormData();
    form.append("image", new Blob(["no image"]), "bad.png");
    form.append("subfolder", "hotplate");
    form.append("overwrite", "true");
    expect((await fetch(`${wire.url}/upload/image`, { method: "POST", body: form })).status).toBe(200);
    const own = randomUUID();
    await wire.prompt(
      { "1": { class_type: "LoadImage", inputs: { image: "hotplate/bad.png" } }, "2": save("1", prefix()) },
      { prompt_id: own, client_id: "contract" },
    );
    const job = await wire.ended(own);
    expect(job).toMatchObject({
      status: "failed",
      outputs_count: 0,
      outputs: {},
      execution_error: {
        node_id: "1",
        node_type: "LoadImage",
        executed: [],
        current_inputs: { image: ["hotplate/bad.png"] },
      },
    });
    if (under.version === "0.19")
      expect((job["execution_error"] as Json)["exception_type"]).toBe("PIL.UnidentifiedImageError");
    expect(((job["execution_status"] as { messages: [string][] }).messages.at(-1) ?? [])[0]).toBe("execution_error");
  });
  it("refuses at run time to save outside its output directory", async (wire) => {
    const own = randomUUID();
    await wire.prompt({ "1": flat(40), "2": save("1", "../outside") }, { prompt_id: own, client_id: "contract" });
    expect(await wire.ended(own)).toMatchObject({
      status: "failed",
      execution_error: { node_id: "2", node_type: "SaveImage" },
    });
  });
}

function queueFacts(under: ComfyUnderTest, it: It): void {
  it("runs smaller numbers first, deletes pending ones without a trace, and interrupts only the one named", async (wire) => {
    const [running, late, front] = [randomUUID(), randomUUID(), randomUUID()];
    await wire.prompt(slow(prefix(), 50, under.slow), { prompt_id: running, client_id: "contract" });
    await wire.prompt(noisy(prefix(), 51), { prompt_id: late, client_id: "contract" });
    const first = await wire.prompt(noisy(prefix(), 52), { prompt_id: front, client_id: "contract", front: true });
    expect(Number(first.json["number"])).toBeLessThan(0);
    await wire.until(running, ["in_progress"]);
    const { json } = await wire.get("/queue");
    expect((json["queue_running"] as unknown[][]).map((item) => item[1])).toEqual([running]);
    expect((json["queue_pending"] as unknown[][]).map((item) => item[1])).toEqual([front, late]);
    expect((await wire.get("/api/jobs?status=pending,in_progress")).json["pagination"]).toMatchObject({ total: 3 });
    expect((await wire.get(`/history/${running}`)).json).toEqual({});
    await wire.send("POST", "/queue", { delete: [late] });
    expect((await wire.get(`/api/jobs/${late}`)).status).toBe(404);
    await wire.send("POST", "/interrupt", { prompt_id: front });
    expect((await wire.get(`/api/jobs/${running}`)).json["status"]).toBe("in_progress");
    await wire.send("POST", "/interrupt", { prompt_id: running });
    const job = await wire.ended(running);
    expect(job).toMatchObject({
      status: "cancelled",
      outputs: {},
      execution_status: { status_str: "error", completed: false },
    });
    expect(((job["execution_status"] as { messages: [string][] }).messages.at(-1) ?? [])[0]).toBe(
      "execution_interrupted",
    );
    expect(await wire.ended(front)).toMatchObject({ status: "completed" });
  });
  it("says status twice for one prompt, before it starts", async (wire) => {
    await using ear = await wire.listen();
    await ear.event((event) => event.type === "status");
    const own = randomUUID();
    await wire.prompt(noisy(prefix(), 54), { prompt_id: own, client_id: ear.clientId });
    await ear.event((event) => event.type === "execution_start" && event.data["prompt_id"] === own);
    const began = ear.events.findIndex((event) => event.type === "execution_start");
    const before = ear.events.slice(0, began).filter((event) => event.type === "status" && !("sid" in event.data));
    const one = { status: { exec_info: { queue_remaining: 1 } } };
    expect(before.map((event) => event.data).slice(-2)).toEqual([one, one]);
  });
  it("takes an interrupt without an id, empty or malformed, for whatever runs", async (wire) => {
    for (const [index, body] of ["{not json", "{}", ""].entries()) {
      const own = randomUUID();
      await wire.prompt(slow(prefix(), 55 + index, under.slow), { prompt_id: own, client_id: "contract" });
      await wire.until(own, ["in_progress"]);
      expect((await wire.send("POST", "/interrupt", body)).status).toBe(200);
      expect((await wire.ended(own))["status"]).toBe("cancelled");
    }
  });
  it("remembers the results of the previous prompt only in 0.19, of earlier ones too later", async (wire) => {
    const name = prefix();
    await using ear = await wire.listen();
    let last = "";
    for (const seed of [58, 59, 58]) {
      last = randomUUID();
      await wire.prompt(noisy(name, seed), { prompt_id: last, client_id: ear.clientId });
      await wire.ended(last);
    }
    const cached = await ear.event((event) => event.type === "execution_cached" && event.data["prompt_id"] === last);
    expect(cached.data["nodes"]).toHaveLength(under.version === "0.19" ? 1 : 4);
  });
  it("has a cancel per job, or not, as its version does", async (wire) => {
    const answer = await wire.send("POST", `/api/jobs/${randomUUID()}/cancel`, {});
    if (under.version === "0.19") expect([404, 405]).toContain(answer.status);
    else expect(answer).toMatchObject({ status: 200, json: { cancelled: false } });
  });
  it("forgets an entry of history when told to", async (wire) => {
    const own = randomUUID();
    await wire.prompt(noisy(prefix(), 53), { prompt_id: own, client_id: "contract" });
    await wire.ended(own);
    await wire.send("POST", "/history", { delete: [own] });
    expect((await wire.get(`/history/${own}`)).json).toEqual({});
    expect((await wire.get(`/api/jobs/${own}`)).status).toBe(404);
  });
}

function fileFacts(it: It): void {
  const post = async (
    wire: Wire,
    name: string,
    bytes: string,
    fields: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number; json: Json }> => {
    const form = new FormData();
    form.append("image", new Blob([bytes]), name);
    for (const [key, value] of Object.entries(fields)) form.append(key, value);
    const response = await fetch(`${wire.url}/upload/image`, { method: "POST", body: form });
    return { status: response.status, json: response.status === 200 ? ((await response.json()) as Json) : {} };
  };
  it("renames an upload whose name is taken by other bytes, and keeps it for the same", async (wire) => {
    const name = `${randomUUID()}.png`;
    const at = { subfolder: "hotplate/contract" };
    expect(await post(wire, name, "one", at)).toMatchObject({
      status: 200,
      json: { name, subfolder: "hotplate/contract", type: "input" },
    });
    expect((await post(wire, name, "one", at)).json["name"]).toBe(name);
    expect((await post(wire, name, "two", at)).json["name"]).toBe(name.replace(".png", " (1).png"));
    expect((await post(wire, name, "three", { ...at, overwrite: "true" })).json["name"]).toBe(name);
    const view = await wire.get(`/view?filename=${name}&subfolder=hotplate/contract&type=input`);
    expect(view).toMatchObject({ status: 200, text: "three" });
  });
  it("refuses uploads that lead out, and unknown types", async (wire) => {
    expect((await post(wire, "x.png", "x", { subfolder: "../.." })).status).toBe(400);
    expect((await post(wire, "x.png", "x", { type: "elsewhere" })).status).toBe(500);
  });
  it("views what is there and says what is wrong with what is not", async (wire) => {
    expect((await wire.get("/view?filename=absent.png&type=output")).status).toBe(404);
    expect((await wire.get("/view?filename=../x.png&type=output")).status).toBe(400);
    expect((await wire.get("/view?filename=x.png&type=zzz")).status).toBe(400);
    expect((await wire.get("/view?filename=x.png&subfolder=../..&type=output")).status).toBe(403);
    expect((await wire.get("/view")).status).toBe(404);
  });
}

function socketFacts(it: It): void {
  it("greets with status and sid, and answers feature flags", async (wire) => {
    await using ear = await wire.listen();
    const greeting = await ear.event((event) => event.type === "status");
    expect(greeting.data).toMatchObject({
      sid: ear.clientId,
      status: { exec_info: { queue_remaining: expect.any(Number) as unknown } },
    });
    ear.socket.send(JSON.stringify({ type: "feature_flags", data: { supports_preview_metadata: true } }));
    const flags = await ear.event((event) => event.type === "feature_flags");
    expect(flags.data).toMatchObject({
      supports_preview_metadata: true,
      max_upload_size: 104_857_600,
      node_replacements: true,
    });
  });
  it("tells a prompt's events only to its owner, status to all", async (wire) => {
    await using owner = await wire.listen();
    await using other = await wire.listen();
    const own = randomUUID();
    await wire.prompt(noisy(prefix(), 60), { prompt_id: own, client_id: owner.clientId });
    await owner.event((event) => event.type === "execution_success" && event.data["prompt_id"] === own);
    await other.event((event) => event.type === "status" && !("sid" in event.data));
    expect(other.of(own)).toEqual([]);
  });
  it("mutes the live socket when an older one of its clientId ends", async (wire) => {
    const first = await wire.listen();
    await using second = await wire.listen(first.clientId);
    await second.event((event) => event.type === "status");
    first.socket.close();
    await first.closed;
    const own = randomUUID();
    await wire.prompt(noisy(prefix(), 61), { prompt_id: own, client_id: second.clientId });
    await wire.ended(own);
    // A round trip on the same socket: whatever was sent before would have come before its answer.
    const pong = new Promise<void>((resolve) => second.socket.once("pong", () => resolve()));
    second.socket.ping();
    await pong;
    expect(second.of(own)).toEqual([]);
  });
}

/** Of a part: `stats()` alone looks at the whole file, whatever was cut out before. */
async function statsOf(bytes: Buffer, area: Region): Promise<Stats> {
  return sharp(await sharp(bytes).extract(area).png().toBuffer()).stats();
}

function pixelFacts(it: It): void {
  /** The mean of the upper right quarter, 0..255: the simulated server writes elsewhere that it is one. */
  const meanOf = async (wire: Wire, graph: Graph): Promise<readonly number[]> => {
    const own = randomUUID();
    await wire.prompt(graph, { prompt_id: own, client_id: "contract" });
    const job = await wire.ended(own);
    const [file] = images(job, "out");
    const query = new URLSearchParams({
      filename: String(file?.["filename"]),
      subfolder: String(file?.["subfolder"]),
      type: "output",
    });
    const bytes = Buffer.from(await (await fetch(`${wire.url}/view?${query.toString()}`)).arrayBuffer());
    const { width, height } = await sharp(bytes).metadata();
    const area = { left: Math.ceil(width / 2), top: 0, width: Math.floor(width / 2), height: Math.floor(height / 2) };
    const { channels } = await statsOf(bytes, area);
    return channels.map((channel) => Math.round(channel.mean));
  };
  const on = (node: Graph[string]): Graph => ({
    a: flat(0x4080c0),
    b: flat(0x808080),
    x: node,
    out: save("x", prefix()),
  });
  const blend = (mode: string, factor = 1): Graph =>
    on({
      class_type: "ImageBlend",
      inputs: { image1: ["a", 0], image2: ["b", 0], blend_factor: factor, blend_mode: mode },
    });
  const near = (found: readonly number[], wanted: readonly number[]): void => {
    expect(found).toHaveLength(wanted.length);
    for (const [index, value] of wanted.entries())
      expect(Math.abs((found[index] ?? -1) - value), `${found.join()} is not ${wanted.join()}`).toBeLessThanOrEqual(1);
  };
  it("blends as its six modes are defined", async (wire) => {
    near(await meanOf(wire, blend("normal", 0.5)), [96, 128, 160]);
    near(await meanOf(wire, blend("multiply")), [32, 64, 96]);
    near(await meanOf(wire, blend("screen")), [159, 191, 223]);
    near(await meanOf(wire, blend("overlay")), [64, 129, 192]);
    near(await meanOf(wire, blend("soft_light")), [64, 128, 192]);
    near(await meanOf(wire, blend("difference")), [0, 0, 64]);
  });
  it("grades, inverts and scales as defined", async (wire) => {
    near(
      await meanOf(wire, on({ class_type: "AdjustBrightness", inputs: { images: ["a", 0], factor: 1.5 } })),
      [96, 192, 255],
    );
    near(
      await meanOf(wire, on({ class_type: "AdjustContrast", inputs: { images: ["a", 0], factor: 0.5 } })),
      [96, 128, 160],
    );
    near(await meanOf(wire, on({ class_type: "ImageInvert", inputs: { image: ["a", 0] } })), [191, 127, 63]);
    near(
      await meanOf(
        wire,
        on({ class_type: "ImageScaleBy", inputs: { image: ["a", 0], upscale_method: "lanczos", scale_by: 2 } }),
      ),
      [64, 128, 192],
    );
  });
  it("composites through masks, feathers and thresholds as defined", async (wire) => {
    const half: Graph = {
      a: flat(0x4080c0),
      b: flat(0x808080),
      m: { class_type: "SolidMask", inputs: { value: 0.25, width: 96, height: 64 } },
      x: {
        class_type: "ImageCompositeMasked",
        inputs: { destination: ["a", 0], source: ["b", 0], x: 0, y: 0, resize_source: false, mask: ["m", 0] },
      },
      out: save("x", prefix()),
    };
    near(await meanOf(wire, half), [80, 128, 176]);
    const masked = (node: Graph[string]): Graph => ({
      m: { class_type: "SolidMask", inputs: { value: 0.5, width: 96, height: 64 } },
      k: node,
      x: { class_type: "MaskToImage", inputs: { mask: ["k", 0] } },
      out: save("x", prefix()),
    });
    near(
      await meanOf(wire, masked({ class_type: "ThresholdMask", inputs: { mask: ["m", 0], value: 0.5 } })),
      [0, 0, 0],
    );
    near(
      await meanOf(
        wire,
        masked({ class_type: "FeatherMask", inputs: { mask: ["m", 0], left: 0, top: 64, right: 0, bottom: 0 } }),
      ),
      [33, 33, 33],
    );
  });
  it("makes the same picture of the same seed", async (wire) => {
    const means = [
      await meanOf(wire, { ...noisy(prefix(), 70), out: save("3", prefix()) }),
      await meanOf(wire, { ...noisy(prefix(), 70), out: save("3", prefix()) }),
    ];
    expect(means[0]).toEqual(means[1]);
  });
}

function adapterFacts(under: ComfyUnderTest, it: It): void {
  const open = (wake: () => void = () => undefined): ComfySlot => openSlot(under, wake);
  it("the adapter says what the slot is and what it offers", async () => {
    const slot = open();
    const stats = await slot.stats();
    expect(stats.version.startsWith(under.version)).toBe(true);
    const catalogue = await slot.catalogue();
    expect(await slot.catalogue(["ImageBlend", "Nope"])).toEqual({ ImageBlend: catalogue["ImageBlend"] });
    expect(catalogue["ImageBlend"]?.inputs["blend_mode"]).toEqual({
      type: "COMBO",
      required: true,
      options: ["normal", "multiply", "screen", "overlay", "soft_light", "difference"],
    });
    expect(catalogue["EmptyImage"]?.inputs["width"]).toMatchObject({ type: "INT", min: 1, max: 16384 });
    expect(catalogue["LoadImage"]?.outputs).toEqual(["IMAGE", "MASK"]);
    expect(catalogue["SaveImage"]?.outputNode).toBe(true);
  });
  it("the adapter places a picture, runs a graph on it, and fetches the result once", async () => {
    using dir = tempDir();
    const picture = dir.file("plate.png");
    await sharp({ create: { width: 120, height: 80, channels: 3, background: { r: 200, g: 100, b: 50 } } })
      .png()
      .toFile(picture);
    const slot = open();
    const own = id();
    const input = await slot.place(picture, `${own}.png`);
    expect(input).toMatch(/^hotplate\/[0-9a-f]{32}\.png$/);
    const graph: Graph = {
      p: { class_type: "LoadImage", inputs: { image: input } },
      i: { class_type: "ImageInvert", inputs: { image: ["p", 0] } },
      out: save("i", `hotplate/${own}`),
    };
    expect(await slot.submit({ id: own, graph, jobId: "job_1" })).toMatchObject({ kind: "accepted" });
    const done = await ended(slot, own);
    if (done.kind !== "completed") throw new Error(JSON.stringify(done));
    expect(done.outputs).toEqual([
      { node: "out", filename: `${own}_00001_.png`, subfolder: "hotplate", type: "output" },
    ]);
    expect(done.startedAt).toBeLessThanOrEqual(done.endedAt ?? 0);
    const output = done.outputs[0]!;
    await slot.fetch(output, dir.file("result.png"));
    const corner = await statsOf(readFileSync(dir.file("result.png")), { left: 100, top: 2, width: 4, height: 4 });
    const off = corner.channels.map((channel, index) => Math.abs(channel.mean - ([55, 155, 205][index] ?? -9)));
    expect(Math.max(...off)).toBeLessThanOrEqual(1);
    await expect(slot.fetch(output, dir.file("result.png"))).rejects.toMatchObject({ code: "EEXIST" });
    await expect(slot.fetch({ ...output, filename: "absent.png" }, dir.file("absent.png"))).rejects.toMatchObject({
      code: "ENOENT",
    });
    expect(existsSync(dir.file("absent.png"))).toBe(false);
    await slot.forget(own);
    expect(await slot.status(own)).toEqual({ kind: "unknown" });
  });
  it("the adapter uses the slot's shared directories when it has them, and cleans them up", async (_wire, context) => {
    const shared = under.shared?.();
    if (shared === undefined)
      return context.skip(
        "this server's directories are not known to the test (HOTPLATE_COMFYUI_INPUT, HOTPLATE_COMFYUI_OUTPUT)",
      );
    using dir = tempDir();
    const picture = dir.file("plate.png");
    await sharp({ create: { width: 32, height: 16, channels: 3, background: "#406080" } })
      .png()
      .toFile(picture);
    const slot = openSlot(under, () => undefined, shared);
    const own = id();
    const input = await slot.place(picture, `${own}.png`);
    expect(readFileSync(`${shared.input}/${input}`)).toEqual(readFileSync(picture));
    await slot.submit({
      id: own,
      graph: { p: { class_type: "LoadImage", inputs: { image: input } }, out: save("p", `hotplate/${own}`) },
      jobId: "job_2",
    });
    const done = await ended(slot, own);
    if (done.kind !== "completed") throw new Error(JSON.stringify(done));
    const output = done.outputs[0]!;
    await slot.fetch(output, dir.file("result.png"));
    expect((await sharp(dir.file("result.png")).metadata()).width).toBe(32);
    await slot.forget(own);
    expect(existsSync(`${shared.input}/${input}`)).toBe(false);
    expect(existsSync(`${shared.output}/hotplate/${output.filename}`)).toBe(false);
  });
  it("the adapter wakes whoever waits, and says how far a prompt is", async () => {
    let woken = 0;
    const slot = open(() => {
      woken += 1;
    });
    const own = id();
    await slot.submit({ id: own, graph: noisy(`hotplate/${own}`, 80), jobId: "job_3" });
    await ended(slot, own);
    expect(woken).toBeGreaterThan(0);
    const progress = slot.progress(own);
    expect(progress === null || (progress >= 0 && progress <= 100)).toBe(true);
  });
}

function adapterEnds(under: ComfyUnderTest, it: It): void {
  const open = (): ComfySlot => openSlot(under, () => undefined);
  it("the adapter refuses what was accepted with node_errors, and stops the rest", async (wire) => {
    const slot = open();
    const own = id();
    const graph: Graph = {
      ...slow(`hotplate/${own}`, 90, under.slow),
      bad: { class_type: "SaveImage", inputs: { images: ["e", 0] } },
    };
    const answer = await slot.submit({ id: own, graph, jobId: "job_4" });
    expect(answer).toMatchObject({
      kind: "refused",
      error: {
        kind: "refused",
        exceptionType: "required_input_missing",
        graphNode: "bad",
        classType: "SaveImage",
        message: "Required input is missing: filename_prefix",
      },
    });
    const status = await stopped(slot, own);
    expect(status.kind === "unknown" || status.kind === "failed").toBe(true);
    expect((await wire.get("/queue")).text).not.toContain(own);
  });
  it("the adapter puts refusals into words: graph node, parameter, found, allowed", async () => {
    const slot = open();
    await slot.catalogue();
    const refused = async (graph: Graph): Promise<Json> => {
      const answer = await slot.submit({ id: id(), graph, jobId: "job_5" });
      if (answer.kind !== "refused") throw new Error("it was accepted");
      return { ...answer.error };
    };
    expect(await refused({ e: flat(1, 99999, 8), out: save("e", "hotplate/x") })).toMatchObject({
      exceptionType: "value_bigger_than_max",
      graphNode: "e",
      classType: "EmptyImage",
      message: "Value 99999 bigger than max of 16384: width; found 99999, allowed 1 to 16384",
    });
    expect(await refused({ e: { class_type: "Nope", inputs: {} } })).toMatchObject({
      exceptionType: "missing_node_type",
      graphNode: "e",
      classType: "Nope",
    });
    const parts: Graph = {
      k: { class_type: "KSamplerSelect", inputs: { sampler_name: "dpmp_2m" } },
      out: { class_type: "PreviewAny", inputs: { source: ["k", 0] } },
    };
    expect((await refused(parts))["message"]).toMatch(
      /^Value not in list: sampler_name: 'dpmp_2m' is none of \d+ values; nearest: 'dpmpp_2m'$/,
    );
    expect(
      await refused({ a: { class_type: "LoadImage", inputs: { image: "missing.png" } }, out: save("a", "x") }),
    ).toMatchObject({
      graphNode: "a",
      message: "Custom validation failed for node: image - Invalid image file: missing.png",
    });
    expect((await refused({ nodes: [], links: [] } as unknown as Graph))["message"]).toMatch(
      /^500 Internal Server Error/,
    );
  });
  it("the adapter reports a graph node's failure with its exception", async () => {
    const slot = open();
    const own = id();
    await slot.submit({ id: own, graph: { e: flat(91), out: save("e", "../outside") }, jobId: "job_6" });
    expect(await ended(slot, own)).toMatchObject({
      kind: "failed",
      error: { kind: "failed", graphNode: "out", classType: "SaveImage" },
    });
  });
  it("the adapter empties it, sees that it let go, and it works on", async () => {
    const slot = openSlot(under, () => undefined);
    expect(await slot.free()).toBe(true);
    const own = id();
    expect(
      await slot.submit({ id: own, graph: { "1": flat(77), "2": save("1", `hotplate/${own}`) }, jobId: "j" }),
    ).toMatchObject({
      kind: "accepted",
    });
    expect(await ended(slot, own)).toMatchObject({ kind: "completed" });
    await slot.forget(own);
  });
  it("the adapter cancels a pending prompt: it is unknown afterwards", async () => {
    const slot = open();
    const [first, second] = [id(), id()];
    await slot.submit({ id: first, graph: slow(`hotplate/${first}`, 92, under.slow), jobId: "job_7" });
    await slot.submit({ id: second, graph: noisy(`hotplate/${second}`, 93), jobId: "job_7" });
    expect(await slot.status(second)).toEqual({ kind: "pending" });
    await slot.cancel(second);
    expect(await slot.status(second)).toEqual({ kind: "unknown" });
    expect((await stopped(slot, first)).kind).toBe("failed");
  });
  it("the adapter cancels a running prompt and no other: it failed, as interrupted", async (wire) => {
    const slot = open();
    const [first, second] = [id(), id()];
    await slot.submit({ id: first, graph: slow(`hotplate/${first}`, 94, under.slow), jobId: "job_8" });
    await slot.submit({ id: second, graph: noisy(`hotplate/${second}`, 95), jobId: "job_8" });
    await wire.until(first, ["in_progress"]);
    expect(await slot.queue()).toEqual({ running: [first], pending: 1 });
    expect(await stopped(slot, first)).toMatchObject({ kind: "failed", error: { kind: "interrupted" } });
    expect((await ended(slot, second)).kind).toBe("completed");
  });
  it("the adapter's cancel of an ended or unknown prompt changes nothing", async () => {
    const slot = open();
    const own = id();
    await slot.submit({ id: own, graph: noisy(`hotplate/${own}`, 96), jobId: "job_9" });
    await ended(slot, own);
    await slot.cancel(own);
    await slot.cancel(id());
    expect((await slot.status(own)).kind).toBe("completed");
  });
}

export function openSlot(
  under: Pick<ComfyUnderTest, "url">,
  wake: () => void,
  shared?: SlotConfig["shared"],
): ComfySlot {
  const config: SlotConfig = {
    name: "gpu0",
    url: under.url(),
    demo: true,
    ...(shared === undefined ? {} : { shared }),
  };
  const slot = createComfy().open(config, wake);
  onTestFinished(() => slot.close());
  return slot;
}

export async function ended(slot: ComfySlot, own: PromptId): Promise<PromptStatus> {
  for (;;) {
    const status = await slot.status(own);
    if (status.kind === "completed" || status.kind === "failed") return status;
  }
}

/** The verified cancel, as the loop does it: send, look, repeat. */
export async function stopped(slot: ComfySlot, own: PromptId): Promise<PromptStatus> {
  for (;;) {
    await slot.cancel(own);
    const status = await slot.status(own);
    if (status.kind !== "running" && status.kind !== "pending") return status;
  }
}
