/**
 * Models and approvals on a whole node: a slot with a renamed pickle gets no work that needs it, the other does it; the papers
 * name the model by its hash; a model that changes after the approval is drift, which a person sees and cures.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PICKLE, safetensors } from "../fixtures/models.ts";
import type { Farm } from "./farm.ts";
import { makeFarm } from "./farm.ts";

const MODEL = "v1-5-pruned-emaonly-fp16.safetensors";
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

function drop(farm: Farm, name: string, seeds: number): void {
  const text = [
    "use: sd_image_to_image",
    'plate: "../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1001.png"',
    `name: ${name}`,
    `sweep: {axes: {seed: {count: ${seeds}, from: 1}}}`,
    "",
  ].join("\n");
  writeFileSync(join(farm.hot, `.${name}`), text);
  renameSync(join(farm.hot, `.${name}`), join(farm.hot, `${name}.yaml`));
}

// Each look is a round trip to the disk or to the daemon, which goes on meanwhile.
async function answer(farm: Farm, name: string, matches: RegExp): Promise<string> {
  for (;;) {
    const text = await readFile(join(farm.hot, `${name}.yaml.STATUS.txt`), "utf8").catch(() => "");
    if (matches.test(text)) return text;
  }
}
async function explained(farm: Farm, job: string, matches: RegExp): Promise<string> {
  for (;;) {
    const text = JSON.stringify((await farm.hotplate("explain", job)).json);
    if (matches.test(text)) return text;
  }
}
const jobId = (status: string): string => /job_[0-9A-Za-z]+/.exec(status)?.[0] ?? "no job in the answer";
const asset = (farm: Farm, version: string): Record<string, never> =>
  JSON.parse(readFileSync(join(farm.shot, `sd_image_to_image/${version}/.hotplate/asset.json`), "utf8")) as never;

const models = { slotKeys: (_name: string, dir: string) => `models: ["${dir}/models"]` };
const checkpoint = (farm: Farm, slot: string): string => join(farm.dir, "slots", slot, "models/checkpoints", MODEL);

test("a renamed pickle keeps work off its slot; the other slot does it, and the papers name the model by hash", async () => {
  await using farm = await makeFarm({ slots: 2, frames: 1, ...models });
  const good = safetensors("the weights");
  writeFileSync(checkpoint(farm, "gpu0"), PICKLE);
  writeFileSync(checkpoint(farm, "gpu1"), good);
  const daemon = farm.startDaemon();
  await daemon.line((line) => line.event === "slot.up", 2);
  drop(farm, "both", 4);
  expect(await answer(farm, "both", /^(DONE|FAILED)/)).toContain("tasks:    4/4 rendered");
  const granted = daemon.lines.filter((line) => line.event === "task.submitted").map((line) => line["slot"]);
  expect([...new Set(granted)]).toEqual(["gpu1"]);
  expect(asset(farm, "v001")).toMatchObject({
    models: [
      {
        name: MODEL,
        role: "checkpoint",
        "x-folder": "checkpoints",
        sha256: sha256(good),
        bytes: good.length,
        format: "safetensors",
      },
    ],
    recipe: { name: "sd_image_to_image", "x-approval": { state: "not approved", drift: [] } },
    nodePacks: [],
  });
  expect(JSON.parse(readFileSync(join(farm.dir, "state/modelHashes.json"), "utf8"))).toHaveLength(1);

  // No slot can any more: the work ends, in words.
  rmSync(checkpoint(farm, "gpu1"));
  writeFileSync(checkpoint(farm, "gpu1"), PICKLE);
  const later = await makeLater(farm);
  drop(farm, "none", 1);
  const text = await answer(farm, "none", /^(DONE|FAILED)/);
  expect(text).toMatch(/HP-MODEL-KIND .*v1-5-pruned.* is no safetensors file: .*pickle/);
  expect(text).toContain("No slot of this node can: gpu0, gpu1.");
  await later.kill("SIGTERM");

  /** A new life looks at every file anew, where the old one would in a minute. */
  async function makeLater(of: Farm): Promise<typeof daemon> {
    await daemon.kill("SIGTERM");
    const next = of.startDaemon();
    await next.line((line) => line.event === "slot.up", 2);
    return next;
  }
});

test("a model that changes after the approval is drift: shown, waited for, and cured by a new approval", async () => {
  await using farm = await makeFarm({
    slots: 1,
    frames: 1,
    ...models,
    more: (dir) => [`recipes: [${join(dir, "recipes")}]`],
  });
  // A studio's own copy of the recipe, since an approval lies beside it.
  const recipes = join(farm.dir, "recipes");
  const shipped = "config/recipes/sd_image_to_image";
  const dir = join(recipes, "sd_image_to_image/9.0.0");
  mkdirSync(dir, { recursive: true });
  const source = join(import.meta.dirname, "../..", shipped, "1.0.0");
  writeFileSync(join(dir, "graph.api.json"), readFileSync(join(source, "graph.api.json")));
  writeFileSync(
    join(dir, "recipe.yaml"),
    readFileSync(join(source, "recipe.yaml"), "utf8").replace(/^version: .*$/m, "version: 9.0.0"),
  );
  writeFileSync(checkpoint(farm, "gpu0"), safetensors("as approved"));
  const approved = await farm.hotplate("recipe", "approve", "sd_image_to_image@9.0.0");
  expect(approved).toMatchObject({
    code: 0,
    json: { approval: { slot: "gpu0", models: [{ file: MODEL, sha256: sha256(safetensors("as approved")) }] } },
  });

  writeFileSync(checkpoint(farm, "gpu0"), safetensors("changed since"));
  const daemon = farm.startDaemon();
  await daemon.line((line) => line.event === "slot.up");
  drop(farm, "drifted", 1);
  const job = jobId(await answer(farm, "drifted", /job_/));
  const words = await explained(farm, job, /HP-RECIPE-DRIFT/);
  expect(words).toMatch(
    /sd_image_to_image@9\.0\.0 is not as it was approved: model v1-5-pruned\S+ is \w{12}, approved with \w{12}/,
  );
  expect(words).toContain("hotplate recipe approve sd_image_to_image@9.0.0 --slot gpu0");

  const doctor = JSON.stringify((await farm.hotplate("doctor")).json);
  expect(doctor).toMatch(/slot gpu0, sd_image_to_image@9\.0\.0.{0,40}not as approved: model v1-5/);

  expect((await farm.hotplate("recipe", "approve", "sd_image_to_image@9.0.0", "--slot", "gpu0")).code).toBe(0);
  expect(await answer(farm, "drifted", /^(DONE|FAILED)/)).toContain("tasks:    1/1 rendered");
  expect(asset(farm, "v001")).toMatchObject({
    recipe: { version: "9.0.0", "x-approval": { state: "approved", drift: [] } },
  });
  await daemon.kill("SIGTERM");
});
