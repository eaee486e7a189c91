/**
 * A version is made again on a whole node: from its own papers, by model and plate hashes, as a new version that says how equal
 * it is; and what can't be the same is refused by name, or recorded when that is allowed.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { safetensors } from "../fixtures/models.ts";
import type { Farm } from "./farm.ts";
import { makeFarm, paintPlate } from "./farm.ts";

interface Asset {
  readonly ref: string;
  readonly derivedFrom: readonly { readonly ref: string; readonly as: string }[];
  readonly determinism: Readonly<Record<string, never>> & { readonly grade: string };
  readonly parameters: Readonly<Record<string, unknown>>;
}
const asset = (farm: Farm, product: string, version: string): Asset =>
  JSON.parse(readFileSync(join(farm.shot, product, version, ".hotplate/asset.json"), "utf8")) as Asset;

function drop(farm: Farm, name: string, lines: readonly string[]): void {
  writeFileSync(join(farm.hot, `.${name}`), [...lines, ""].join("\n"));
  renameSync(join(farm.hot, `.${name}`), join(farm.hot, name));
}
// Each look is a round trip to the disk, while the daemon goes on.
async function answer(path: string): Promise<string> {
  for (;;) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (/^(DONE|FAILED)/.test(text)) return text;
  }
}
const PLATE = 'plate: {path: "../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png", frames: 1001-1002}';
async function rerun(farm: Farm, ...args: readonly string[]): Promise<string> {
  const said = await farm.hotplate("rerun", ...args);
  expect(said).toMatchObject({ code: 0, json: { daemon: true } });
  return answer((said.json as { answer: string }).answer);
}
const refusal = async (farm: Farm, ...args: readonly string[]) => {
  const { code, json } = await farm.hotplate("rerun", ...args);
  return [code, (json as { error?: { code: string; message: string } }).error] as const;
};

test("on the same node a rerun is bitwise the same, whatever became of the recipe; one wedge and one frame too", async () => {
  await using farm = await makeFarm({
    slots: 1,
    frames: 2,
    more: (dir) => [`recipes: [${join(dir, "recipes")}]`],
  });
  // A studio's own recipe, which is edited in place after the version was made.
  const recipe = join(farm.dir, "recipes/env_relight/9.0.0");
  mkdirSync(recipe, { recursive: true });
  const shipped = join(import.meta.dirname, "../../config/recipes/env_relight/1.0.0");
  writeFileSync(join(recipe, "graph.api.json"), readFileSync(join(shipped, "graph.api.json")));
  const text = readFileSync(join(shipped, "recipe.yaml"), "utf8").replace(/^version: .*$/m, "version: 9.0.0");
  writeFileSync(join(recipe, "recipe.yaml"), text);
  const daemon = farm.startDaemon();
  await daemon.line((line) => line.event === "slot.up");
  drop(farm, "first.yaml", ["use: env_relight@9.0", PLATE, "sweep: {axes: {lighting: [dawn, sodium], seed: [7, 8]}}"]);
  expect(await answer(join(farm.hot, "first.yaml.STATUS.txt"))).toContain("8/8 rendered");
  rmSync(recipe, { recursive: true });

  const v1 = join(farm.shot, "env_relight/v001");
  expect(await rerun(farm, v1)).toContain("8/8 rendered");
  const whole = asset(farm, "env_relight", "v002");
  expect(whole).toMatchObject({
    derivedFrom: [{ ref: "hotplate://TEST/SH010/env_relight/v001", as: "rerun" }],
    determinism: {
      grade: "bitwise",
      checkedBy: expect.stringMatching(/^hotplate /) as string,
      "x-measured": { frames: 8, notComparable: 0, missing: 0, changed: 0 },
      "x-differences": [],
    },
  });
  expect(daemon.lines.find((line) => line.event === "version.graded")).toMatchObject({ grade: "bitwise" });
  // The old one is not touched, and both are what they say.
  expect(asset(farm, "env_relight", "v001").determinism).toEqual({ grade: "recorded", checkedBy: null });
  for (const version of ["v001", "v002"])
    expect((await farm.hotplate("verify", join(farm.shot, "env_relight", version))).code).toBe(0);
  expect((await farm.hotplate("diff", v1, join(farm.shot, "env_relight/v002"))).code).toBe(0);

  expect(await rerun(farm, v1, "--wedge", "w003", "--frames", "1002")).toContain("1/1 rendered");
  const one = asset(farm, "env_relight", "v003");
  expect(one).toMatchObject({
    derivedFrom: [{ ref: "hotplate://TEST/SH010/env_relight/v001/w003" }],
    determinism: { grade: "bitwise", "x-measured": { frames: 1 } },
    parameters: { lighting: "sodium", seed: "7" },
  });
  // And a rerun can be made again itself.
  expect(await rerun(farm, join(farm.shot, "env_relight/v003"))).toContain("1/1 rendered");
  expect(asset(farm, "env_relight", "v004").determinism.grade).toBe("bitwise");

  expect(await refusal(farm, v1, "--wedge", "w009")).toEqual([
    7,
    expect.objectContaining({ code: "HP-RERUN-REFUSED", message: expect.stringMatching(/no wedge w009/) as string }),
  ]);
  expect((await refusal(farm, v1, "--frames", "1009"))[1]).toMatchObject({ message: /no frames 1009/ });
  await daemon.kill("SIGTERM");
});

test("another plate is refused; allowed, it is recorded, and the grade says that nothing was made again", async () => {
  await using farm = await makeFarm({ slots: 1, frames: 2 });
  const daemon = farm.startDaemon();
  await daemon.line((line) => line.event === "slot.up");
  drop(farm, "first.yaml", ["use: grain", PLATE]);
  expect(await answer(join(farm.hot, "first.yaml.STATUS.txt"))).toContain("2/2 rendered");
  await paintPlate(join(farm.plates, "SH010_PL01_v001.1001.png"), 90);
  const v1 = join(farm.shot, "grain/v001");
  expect((await refusal(farm, v1))[1]).toMatchObject({ code: "HP-PLATE-CHANGED" });
  expect((await farm.hotplate("verify", v1)).code).toBe(1);
  expect(await rerun(farm, v1, "--allow-drift")).toContain("2/2 rendered");
  const { determinism } = asset(farm, "grain", "v002");
  // No file is the same, for each carries a pointer to its own record; the pixels of the frame with the same plate are.
  const measured = { frames: 2, sameFiles: 0, samePixels: 1 };
  expect(determinism).toMatchObject({ grade: "recorded", "x-measured": measured });
  expect(String(determinism["x-differences"])).toMatch(
    /^plate SH010_PL01_v001\.1001\.png: [0-9a-f]{64} -> [0-9a-f]{64}$/,
  );
  await daemon.kill("SIGTERM");
});

test("models count by hash: a renamed one is found, another one under the old name is refused", async () => {
  const MODEL = "v1-5-pruned-emaonly-fp16.safetensors";
  await using farm = await makeFarm({
    slots: 1,
    frames: 2,
    slotKeys: (_name, dir) => `models: ["${dir}/models"]`,
  });
  const folder = join(farm.dir, "slots/gpu0/models/checkpoints");
  const good = safetensors("the weights");
  writeFileSync(join(folder, MODEL), good);
  const daemon = farm.startDaemon();
  await daemon.line((line) => line.event === "slot.up");
  drop(farm, "first.yaml", ["use: sd_image_to_image", PLATE.replace("1001-1002", "1001")]);
  expect(await answer(join(farm.hot, "first.yaml.STATUS.txt"))).toContain("1/1 rendered");
  const v1 = join(farm.shot, "sd_image_to_image/v001");

  // The same file under another name, and another file under its old one.
  renameSync(join(folder, MODEL), join(folder, "moved.safetensors"));
  writeFileSync(join(folder, MODEL), safetensors("other weights"));
  expect(await rerun(farm, v1)).toContain("1/1 rendered");
  const again = asset(farm, "sd_image_to_image", "v002") as unknown as { models: unknown; determinism: unknown };
  const sha256 = createHash("sha256").update(good).digest("hex");
  expect(again.models).toMatchObject([{ name: "moved.safetensors", sha256 }]);

  rmSync(join(folder, "moved.safetensors"));
  expect(await refusal(farm, v1)).toEqual([
    7,
    expect.objectContaining({
      code: "HP-RERUN-MODELS",
      message: `Not on this node: ${MODEL} (sha256 ${sha256.slice(0, 12)}). Nothing was dropped.`,
    }),
  ]);
  expect(readdirSync(farm.hot).filter((name) => /^rerun_.*json$/.test(name))).toEqual([]);
  // A manifest that is dropped by hand is refused too: the slot is not what the version was made on. A new life looks at
  // every model anew, where the old one would in a minute.
  await daemon.kill("SIGTERM");
  const later = farm.startDaemon();
  await later.line((line) => line.event === "slot.up");
  drop(farm, "byhand.yaml", [`rerun: {of: "${v1}"}`]);
  const failed = await answer(join(farm.hot, "byhand.yaml.STATUS.txt"));
  expect(failed).toMatch(/HP-RERUN-DRIFT .*model v1-5-pruned\S+ is \w{12}, made with \w{12}/);
  expect(await rerun(farm, v1, "--allow-drift")).toContain("1/1 rendered");
  const drifted = JSON.stringify(asset(farm, "sd_image_to_image", "v004"));
  expect(drifted).toMatch(/"x-approval":\{"drift":\["slot gpu0: model v1-5/);
  await later.kill("SIGTERM");
});
