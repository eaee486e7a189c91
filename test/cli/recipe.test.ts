/** `hotplate recipe`: what is printed, what the exit code says, and that nothing is ever overwritten. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFiles } from "../../daemon/adapters/files.ts";
import { recipeCommand } from "../../daemon/cli/recipe.ts";
import { STRICT_RULES } from "../../daemon/domain/safetyRules.ts";
import type { RecipeTools } from "../../daemon/cli/recipeActions.ts";
import { SHIPPED_RECIPES, TINY_CATALOGUE, TINY_GRAPH } from "../fixtures/recipes.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hotplate-recipe-"));
  cpSync(join(SHIPPED_RECIPES, "upscale_x2"), join(dir, "r", "upscale_x2"), { recursive: true });
  cpSync(join(SHIPPED_RECIPES, "grain"), join(dir, "r", "grain"), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true }));

const tools = (): RecipeTools => ({
  files: createFiles(),
  recipeDirs: () => Promise.resolve([join(dir, "r")]),
  rules: () => Promise.resolve(STRICT_RULES),
  recordedCatalogue: () => Promise.resolve(TINY_CATALOGUE),
  liveCatalogue: (url) => Promise.reject(new Error(`asked ${url}`)),
});

async function run(...args: string[]): Promise<{ text: string; code: number }> {
  let text = "";
  let code = 0;
  const command = recipeCommand({
    tools,
    approve: () => Promise.reject(new Error("not asked")),
    print: (line) => (text += `${line}\n`),
    exit: (value) => (code = value),
  });
  await command.exitOverride().parseAsync(args, { from: "user" });
  return { text, code };
}

test("ls names every recipe with its title, and broken ones with the reason", async () => {
  writeFileSync(join(dir, "r/grain/1.0.0/graph.api.json"), '{"nodes":[],"links":[]}');
  const { text, code } = await run("ls");
  expect(text).toMatch(/^upscale_x2@2\.0\.0 {2}Upscale x2$/m);
  expect(text).toMatch(/^BROKEN .*grain\/1\.0\.0: .*page/m);
  expect(code).toBe(0);
});

test("ls --json gives parameters and problems", async () => {
  const { recipes } = JSON.parse((await run("ls", "--json")).text) as {
    recipes: { name: string; parameters: string[]; state: string }[];
  };
  expect(recipes.find(({ name }) => name === "upscale_x2")).toMatchObject({
    state: "usable",
    parameters: ["filter", "sharpen", "sharpen_radius", "prompt"],
  });
});

test("check names file, line, code and remedy, and exits 3", async () => {
  const path = join(dir, "r/grain/1.0.0/recipe.yaml");
  writeFileSync(path, readFileSync(path, "utf8").replace("node: clump, input: sigma", "node: clump, input: sigmma"));
  const { text, code } = await run("check", "grain");
  expect(text).toMatch(/^BROKEN {2}grain@1\.0\.0/m);
  expect(text).toMatch(/grain\/1\.0\.0\/recipe\.yaml:\d+:\d+ HP-RECIPE-INVALID .*sigmma.* Nearest: sigma\. /);
  expect(code).toBe(3);
});

test("check takes a recipe folder, a folder of recipes, a name with a version, or nothing", async () => {
  for (const target of [[join(dir, "r/upscale_x2/2.0.0")], ["upscale_x2@2"], ["upscale_x2@2.0.0"]])
    expect((await run("check", ...target)).text).toMatch(/^ok {6}.*upscale_x2/m);
  for (const target of [[join(dir, "r")], []])
    expect((await run("check", ...target)).text).toMatch(/grain[^]*upscale_x2/);
});

test("a class that the recorded catalogue lacks is a warning, since a pack may have it", async () => {
  const { text, code } = await run("check", "upscale_x2");
  expect(text).toMatch(/HP-RECIPE-CLASS \(warning\) .*ImageSharpen.*--url/);
  expect(code).toBe(0);
});

test("check of what is not there offers the nearest", async () => {
  await expect(run("check", "upscale_x3")).rejects.toMatchObject({
    code: "HP-NOT-FOUND",
    hint: "Did you mean upscale_x2?",
  });
  await expect(run("check", "upscale_x2@3")).rejects.toMatchObject({ code: "HP-NOT-FOUND" });
});

test("check --url asks that ComfyUI", async () => {
  await expect(run("check", "grain", "--url", "http://127.0.0.1:1")).rejects.toThrow("asked http://127.0.0.1:1");
});

test("import writes a recipe that check accepts, and never writes over one", async () => {
  const exported = join(dir, "export.json");
  writeFileSync(exported, JSON.stringify(TINY_GRAPH));
  const out = join(dir, "mine");
  const first = await run("import", exported, "--name", "look", "--out", out);
  expect(first.text).toMatch(/Written: .*mine\/look\/0\.1\.0\nParameters: .*seed/);
  expect(first.code).toBe(0);
  expect((await run("check", join(out, "look/0.1.0"))).text).toMatch(/^ok {6}.*look@0\.1\.0/m);
  const before = readFileSync(join(out, "look/0.1.0/recipe.yaml"), "utf8");
  await expect(run("import", exported, "--name", "look", "--out", out)).rejects.toMatchObject({
    code: "HP-STATE-REFUSED",
  });
  expect(readFileSync(join(out, "look/0.1.0/recipe.yaml"), "utf8")).toBe(before);
});

test("import of the page's format writes nothing, says which menu, and exits 3", async () => {
  const exported = join(dir, "page.json");
  writeFileSync(exported, '{"last_node_id":1,"nodes":[],"links":[]}');
  const { text, code } = await run("import", exported, "--name", "look", "--out", join(dir, "mine"), "--json");
  expect(JSON.parse(text)).toMatchObject({
    kind: "refused",
    problems: [{ code: "HP-RECIPE-UI-GRAPH", file: exported }],
  });
  expect(text).toContain("File > Export (API)");
  expect(code).toBe(3);
  expect(existsSync(join(dir, "mine"))).toBe(false);
});

test("import of a picture that ComfyUI saved is refused with the way to its graph, and writes nothing", async () => {
  const saved = join(dir, "ComfyUI_00001_.png");
  writeFileSync(saved, Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.from('prompt {"3": {}}')]));
  const { text, code } = await run("import", saved, "--name", "look", "--out", join(dir, "none"));
  expect(text).toContain(
    "This is a picture, not an exported graph. Open the picture in ComfyUI, then choose File > Export (API).",
  );
  expect(code).toBe(3);
  expect(existsSync(join(dir, "none"))).toBe(false);
});
