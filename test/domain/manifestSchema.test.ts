/**
 * The JSON Schema that editors complete from: draft-07, every field described, agreeing with the schema that the daemon
 * itself uses; and the largest manifest of the language, of which nothing is unknown.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readManifest } from "../../daemon/domain/manifest.ts";
import { manifestSchema, NOT_YET } from "../../daemon/domain/manifestSchema.ts";

const SCHEMA_FILE = fileURLToPath(new URL("../../config/schemas/manifest.schema.json", import.meta.url));
const schema = JSON.parse(readFileSync(SCHEMA_FILE, "utf8")) as Record<string, unknown>;
const byEditor = new Ajv({ strict: false, allErrors: true }).compile(schema);

const LARGEST = `# yaml-language-server: $schema=./hotplate-manifest.schema.json
hotplate: 1
name: tunnel lighting explore
use: env_relight@1.0
plate: {path: ./AGM_104_065_010_PL01_v001.####.exr, frames: 1001-1058, handles: 8, colorspace: ACEScg}
references: [./ref/tunnel_mood_v002.png]
product: envTunnel
task: comp
priority: 60
parameters: {prompt: "abandoned rail tunnel, {lighting}, volumetric haze", denoise: 0.55}
sweep:
  axes:
    lighting: {dawn: "cool dawn light", noon: "hard noon light", sodium: "sodium lamps"}
    seed: {count: 12, from: 1000}
  combine: lighting * seed
  frames: 1001,1030,1058
  limit: 200
qc: {gate: reject, checks: [frames.complete, image.not_black, {temporal.flicker: {max: 0.02}}]}
review: {choose: {min: 1, max: 3, by: [role:lead]}, approve: {by: [role:supervisor]}, remind: 24h}
steps:
  - {name: full, use: env_relight@1.4, from: selects, frames: plate}
  - {name: upscale, use: upscale_x2@2, from: full, needs: approve, product: envTunnel_hires}
output: {to: beside, format: {exr: {type: half, compression: zip}, proxy: mp4}}
requires: {gpuMemory: 24GB, models: [a.safetensors], attributes: {gpu.arch: [hopper, ada]}}
limits: {gpuHours: 20, deadline: 2026-11-27T18:00:00Z}
disclosure: {depictsPerformer: no, final: false}
retention: {rejects: 14d}
notify: [slack:#agm-comp]
`;

describe("the largest manifest of the language", () => {
  it("holds no unknown field; what can't be done yet is refused by its name and nothing else is", () => {
    const { problems } = readManifest(LARGEST, "tunnel.yaml");
    expect([...new Set(problems.map((problem) => problem.code))]).toEqual(["HP-MANIFEST-NOT-YET"]);
    const named = problems.map((problem) => problem.message.split(" ")[0]);
    for (const path of NOT_YET) expect(named, path.join(".")).toContain(path.join("."));
    expect(problems.every((problem) => problem.line !== null && problem.action.startsWith("Take "))).toBe(true);
  });

  it("is good to an editor", () => {
    expect(byEditor(parse(LARGEST)), JSON.stringify(byEditor.errors)).toBe(true);
  });
});

describe("the JSON Schema", () => {
  it("is draft-07, which the YAML language server reads", () => {
    expect(schema["$schema"]).toBe("http://json-schema.org/draft-07/schema#");
  });

  it("describes every field, and gives an example of every one of its own", () => {
    const bare: string[] = [];
    const visit = (at: Record<string, unknown>, path: string): void => {
      for (const [key, value] of Object.entries((at["properties"] ?? {}) as Record<string, Record<string, unknown>>)) {
        const name = `${path}${key}`;
        if (typeof value["description"] !== "string" || value["description"].length < 4)
          bare.push(`${name}: description`);
        const finite = value["enum"] !== undefined || value["const"] !== undefined || value["type"] === "boolean";
        const nested = value["properties"] !== undefined;
        if (!finite && !nested && !Array.isArray(value["examples"])) bare.push(`${name}: examples`);
        visit(value, `${name}.`);
        for (const option of (value["anyOf"] ?? []) as Record<string, unknown>[]) visit(option, `${name}.`);
      }
    };
    visit(schema, "");
    expect(bare).toEqual([]);
  });

  it("holds only examples that are good themselves", () => {
    for (const [key, value] of Object.entries(schema["properties"] as Record<string, { examples?: unknown[] }>))
      for (const example of value.examples ?? [])
        expect([key, byEditor({ [key]: example }), byEditor.errors]).toEqual([key, true, null]);
  });

  it.each([
    ["the smallest", "use: env_relight\nplate: x.####.exr\nprompt: warm\n", true],
    ["a map of labels", "sweep: {axes: {lighting: {dawn: cool, noon: hard}}}\n", true],
    ["frames as a list", "plate: {path: x.####.exr, frames: [1001, 1002]}\n", true],
    ["a wrong key", "promt: x\n", false],
    ["a priority of 400", "priority: 400\n", false],
    ["a gate that is none", "qc: {gate: rejct}\n", false],
    ["a retry with seeds", "qc: {onFail: {retry: {seeds: 2}}}\n", true],
    ["a retry with too many seeds", "qc: {onFail: {retry: {seeds: 11}}}\n", false],
    [
      "limits and severity by name",
      "qc: {checks: {image.grain: {ratioMin: 0.7, severity: fail}, image.soft: off}}\n",
      true,
    ],
    ["a severity that is none", "qc: {checks: {image.grain: {severity: fial}}}\n", false],
    ["a limit that is no number", "qc: {checks: {image.grain: {ratioMin: low}}}\n", false],
    ["an axis with a bad name", "sweep: {axes: {'1a': [x]}}\n", false],
    ["a seed below zero", "seed: -1\n", false],
    ["a plate without a path", "plate: {frames: 1-2}\n", false],
    ["review with a wrong key", "review: {chose: {min: 1}}\n", false],
    ["a step without a recipe", "steps: [{name: full}]\n", false],
    ["a retention that is no time", "retention: {rejects: soon}\n", false],
  ])("agrees with the daemon about %s", (_what, text, good) => {
    const value = parse(text) as unknown;
    expect([byEditor(value), manifestSchema.safeParse(value).success]).toEqual([good, good]);
  });
});
