/** What a safetensors header says of its model, however it was written; and ComfyUI's flags as the record tells them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { modelPaper } from "../../daemon/domain/assetModels.ts";
import { commandFlags, precisionsOf } from "../../daemon/domain/comfyFlags.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { modelFacts } from "../../daemon/domain/modelFacts.ts";

describe("a model's own header", () => {
  it("names its licence and the fields of ModelSpec, and nothing else of it is taken", () => {
    const header = {
      __metadata__: {
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.architecture": "stable-diffusion-xl-v1-base",
        "modelspec.license": "CreativeML Open RAIL++-M License",
        "modelspec.thumbnail": "data:image/jpeg;base64,AAAA",
        ss_dataset_dirs: "secret",
      },
    };
    expect(modelFacts(header)).toEqual({
      license: "CreativeML Open RAIL++-M License",
      modelspec: {
        sai_model_spec: "1.0.1",
        architecture: "stable-diffusion-xl-v1-base",
        license: "CreativeML Open RAIL++-M License",
      },
    });
    expect(modelFacts({ __metadata__: { license: "MIT" } })).toEqual({ license: "MIT", modelspec: {} });
    expect(modelFacts({ weight: {} })).toBeNull();
  });

  it("is bounded and harmless whatever anybody wrote into it", () => {
    const long = "x".repeat(1_000_000);
    const facts = modelFacts({
      __metadata__: {
        "modelspec.title": long,
        "modelspec.author": "a\u0000\u001b[31m\u202eb",
        "modelspec.tags": ["x"],
      },
    });
    expect(facts?.modelspec["title"]).toHaveLength(LIMITS.modelFactCharactersMax);
    expect(facts?.modelspec["author"]).toBe("a [31m b");
    expect(facts?.modelspec["tags"]).toBeUndefined();
    expect(modelFacts(JSON.parse('{"__metadata__":{"__proto__":{"license":"no"}}}'))).toBeNull();
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const header of [value, { __metadata__: value }]) {
          const { modelspec = {} } = modelFacts(header) ?? {};
          expect(JSON.stringify(modelspec).length).toBeLessThan(50_000);
        }
      }),
      { seed: 9 },
    );
  });

  it("stands in the record with the model's role, by its folder", () => {
    const facts = { license: "MIT", modelspec: { title: "T" } };
    const model = { folder: "checkpoints", file: "a/b.safetensors", sha256: "ab".repeat(32), bytes: 7, facts };
    expect(modelPaper(model)).toEqual({
      role: "checkpoint",
      name: "a/b.safetensors",
      sha256: "ab".repeat(32),
      bytes: 7,
      format: "safetensors",
      license: "MIT",
      "x-folder": "checkpoints",
      "x-modelspec": { title: "T" },
    });
    expect(modelPaper({ folder: null, file: "b.gguf", sha256: null, bytes: null })).toMatchObject({
      role: "model",
      format: "gguf",
      license: null,
      "x-note": "unknown hash: the slot names no model directories",
    });
  });
});

describe("ComfyUI's command line", () => {
  it("is told without paths, sorted, and says the precision where a flag does", () => {
    const argv = [
      "/opt/x/main.py",
      "--port",
      "8188",
      "--output-directory",
      "/mnt/secret",
      "--bf16-unet",
      "--x=/a/b",
      7,
    ];
    const flags = commandFlags(argv);
    expect(flags).toEqual(["--bf16-unet", "--output-directory", "--port 8188", "--x"]);
    expect(precisionsOf(flags)).toEqual(["bf16"]);
    expect(precisionsOf(["--force-fp16", "--fp8_e4m3fn-unet", "--fp32-vae"])).toEqual(["fp16", "fp8_e4m3fn"]);
  });
});
