/** Models on a real disk: found where ComfyUI would find them, and refused by name where they are not what may be loaded. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { createFiles } from "../../daemon/adapters/files.ts";
import type { ModelUse } from "../../daemon/domain/modelKnown.ts";
import { STRICT_RULES } from "../../daemon/domain/safetyRules.ts";
import type { FoundModel } from "../../daemon/modelFiles.ts";
import { findModel, keptHashes } from "../../daemon/modelFiles.ts";
import { PICKLE, safetensors } from "../fixtures/models.ts";
import { tempDir } from "../fixtures/tempDir.ts";

interface Disk extends Disposable {
  readonly path: string;
  put(path: string, bytes?: Uint8Array): void;
  find(input: string, file: string, more?: Partial<ModelUse> & { readonly gguf?: boolean }): Promise<FoundModel>;
}

function disk(): Disk {
  const dir = tempDir();
  const files = createFiles();
  return {
    path: dir.path,
    put(path, bytes = safetensors(path)) {
      mkdirSync(dirname(join(dir.path, path)), { recursive: true });
      writeFileSync(join(dir.path, path), bytes);
    },
    find: (input, file, { classType = "Loader", gguf = false } = {}) =>
      findModel(
        files,
        { node: "1", input, classType, file },
        {
          dirs: [join(dir.path, "models"), join(dir.path, "nas")],
          rules: gguf ? { ...STRICT_RULES, modelTypes: ["safetensors", "sft", "gguf"] } : STRICT_RULES,
        },
      ),
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

test.each<[string, string, string, string | readonly [file: string, classType: string]]>([
  ["a checkpoint", "models/checkpoints/a.safetensors", "ckpt_name", "a.safetensors"],
  ["a LoRA in a subfolder", "models/loras/film/grain.safetensors", "lora_name", "film/grain.safetensors"],
  ["as a Windows ComfyUI lists it", "models/loras/film/grain.safetensors", "lora_name", "film\\grain.safetensors"],
  ["a unet in its old folder", "models/unet/u.sft", "unet_name", "u.sft"],
  ["a text encoder in its old folder", "nas/clip/t.safetensors", "clip_name2", "t.safetensors"],
  ["in the second directory", "nas/vae/v.safetensors", "vae_name", "v.safetensors"],
  ["an upscaler", "models/upscale_models/x2.safetensors", "model_name", ["x2.safetensors", "UpscaleModelLoader"]],
  ["of a pack, in whatever folder", "nas/ipadapter/ip.safetensors", "ipadapter_file", "ip.safetensors"],
])("%s is found", async (_what, path, input, named) => {
  const [file, classType] = typeof named === "string" ? [named, "Loader"] : named;
  using world = disk();
  world.put(path);
  expect(await world.find(input, file, { classType })).toMatchObject({
    kind: "found",
    file: { folder: path.split("/")[1], path: join(world.path, path) },
  });
});

test("a file that is not there is refused with the nearest name of its own folder", async () => {
  using world = disk();
  world.put("models/checkpoints/sd/v1-5-pruned.safetensors");
  world.put("models/loras/v1-5-pruner.safetensors");
  expect(await world.find("ckpt_name", "sd/v1-5-prund.safetensors")).toMatchObject({
    kind: "refused",
    code: "HP-MODEL-PLACE",
    message: expect.stringContaining("the model sd/v1-5-prund.safetensors is not in") as string,
    nearest: "sd/v1-5-pruned.safetensors",
  });
});

test.each([
  ["a pickle by name", "a.ckpt", "HP-MODEL-KIND", /not a \.safetensors, \.sft file/],
  ["a path", "../../etc/a.safetensors", "HP-MODEL-PLACE", /named by a path/],
  ["an absolute path", "/etc/a.safetensors", "HP-MODEL-PLACE", /named by a path/],
  [
    "a pickle under another name",
    "evil.safetensors",
    "HP-MODEL-KIND",
    /evil\.safetensors is no safetensors file.*pickle/,
  ],
  ["a folder", "dir.safetensors", "HP-MODEL-KIND", /is not a file/],
  ["a link that leads out", "out.safetensors", "HP-MODEL-PLACE", /leads out of the model directories/],
  ["a link to nothing", "gone.safetensors", "HP-MODEL-PLACE", /is not in/],
])("%s is refused", async (_what, file, code, words) => {
  using world = disk();
  world.put("models/checkpoints/evil.safetensors", PICKLE);
  world.put("elsewhere/secret.safetensors");
  mkdirSync(join(world.path, "models/checkpoints/dir.safetensors"));
  symlinkSync(join(world.path, "elsewhere/secret.safetensors"), join(world.path, "models/checkpoints/out.safetensors"));
  symlinkSync(join(world.path, "nothing"), join(world.path, "models/checkpoints/gone.safetensors"));
  const found = await world.find("ckpt_name", file);
  expect(found).toMatchObject({ kind: "refused", code });
  expect(found.kind === "refused" && found.message).toMatch(words);
});

test("a link from one model directory into another is followed", async () => {
  using world = disk();
  world.put("nas/checkpoints/real.safetensors");
  mkdirSync(join(world.path, "models/checkpoints"), { recursive: true });
  symlinkSync(
    join(world.path, "nas/checkpoints/real.safetensors"),
    join(world.path, "models/checkpoints/a.safetensors"),
  );
  expect(await world.find("ckpt_name", "a.safetensors")).toMatchObject({
    kind: "found",
    file: { path: join(world.path, "nas/checkpoints/real.safetensors") },
  });
});

test("gguf is found where the configuration allows it", async () => {
  using world = disk();
  world.put("models/diffusion_models/f.gguf", Buffer.from("GGUF\u0003weights"));
  expect((await world.find("unet_name", "f.gguf")).kind).toBe("refused");
  expect((await world.find("unet_name", "f.gguf", { gguf: true })).kind).toBe("found");
});

test("what is not ours in the file of hashes is left out", async () => {
  using world = disk();
  const hash = "ab".repeat(32);
  world.put("h.json", Buffer.from(JSON.stringify([["a", hash], ["b", "no hash"], "c", [1, hash]])));
  expect(await keptHashes(createFiles(), join(world.path, "h.json"))).toEqual([["a", hash]]);
});
