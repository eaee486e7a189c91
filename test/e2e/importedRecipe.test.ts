/** From a graph that an artist exported to versions beside the plate: import, check, drop, look. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { REPO, makeFarm } from "./farm.ts";
import { drop } from "./killRounds.ts";
import { committed, event } from "./spawnedFarm.ts";

test("a graph saved with File > Export (API) becomes a recipe that runs, with the parameters that were proposed", async () => {
  await using farm = await makeFarm({ slots: 1, frames: 1, more: (dir) => [`recipes: [${join(dir, "recipes")}]`] });
  mkdirSync(join(farm.dir, "recipes"));
  const graph = join(REPO, "config/recipes/grain/1.0.0/graph.api.json");
  const out = join(farm.dir, "recipes");
  const imported = await farm.hotplate("recipe", "import", graph, "--name", "my_grain", "--out", out);
  expect(imported.code).toBe(0);
  expect(existsSync(join(out, "my_grain/0.1.0/recipe.yaml"))).toBe(true);
  // A name is taken once: what a TD wrote there since is not overwritten.
  expect((await farm.hotplate("recipe", "import", graph, "--name", "my_grain", "--out", out)).code).not.toBe(0);
  expect((await farm.hotplate("recipe", "check", join(out, "my_grain/0.1.0"))).code).toBe(0);
  const daemon = farm.startDaemon();
  await daemon.line(event("slot.up"));
  const manifest = [
    "use: my_grain",
    "plate: ../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1001.png",
    "sweep: {axes: {seed: {count: 2, from: 7}}}",
    "",
  ].join("\n");
  drop(farm.hot, "mine.yaml", manifest);
  await committed(daemon);
  const version = join(farm.shot, "my_grain/v001");
  expect((await farm.hotplate("verify", version)).code).toBe(0);
  expect(existsSync(join(version, "w002"))).toBe(true);
});
