/** Recipe folders on disk: re-read when they change, bounded, and a broken one never hides the others. */
import { expect, test } from "vitest";
import { createDigest } from "../../daemon/adapters/digest.ts";
import { createFiles } from "../../daemon/adapters/files.ts";
import { createRecipes } from "../../daemon/adapters/recipes.ts";
import type { ReadingFiles } from "../../daemon/adapters/recipes.ts";
import type { DirEntry, FileStat, Log } from "../../daemon/ports.ts";
import { SHIPPED_RECIPES, shippedTexts } from "../fixtures/recipes.ts";

const digest = createDigest();

/** A tree of texts with identities that change on every write; counts reads. */
class Tree implements ReadingFiles {
  readonly #texts = new Map<string, { readonly text: Uint8Array; readonly at: number }>();
  #writes = 0;
  reads = 0;
  failing: string | null = null;

  write(path: string, text: string | Uint8Array): void {
    this.#writes += 1;
    this.#texts.set(path, { text: typeof text === "string" ? new TextEncoder().encode(text) : text, at: this.#writes });
  }
  remove(path: string): void {
    this.#texts.delete(path);
  }
  list(dir: string, max: number): Promise<readonly DirEntry[]> {
    const names = new Map<string, DirEntry>();
    for (const path of this.#texts.keys()) {
      if (!path.startsWith(`${dir}/`)) continue;
      const [name = "", ...rest] = path.slice(dir.length + 1).split("/");
      names.set(name, { name, kind: rest.length > 0 ? "directory" : "file" });
    }
    if (names.size === 0) return fail("ENOENT", dir);
    if (names.size > max) return fail("EOVERFLOW", dir);
    return Promise.resolve([...names.values()]);
  }
  stat(path: string): Promise<FileStat> {
    const found = this.#texts.get(path);
    if (found === undefined) return fail("ENOENT", path);
    const time = String(found.at);
    return Promise.resolve({
      kind: "file",
      dev: "1",
      ino: path,
      bytes: found.text.length,
      mtimeNs: time,
      ctimeNs: time,
      uid: 0,
      mode: 0o644,
    });
  }
  realpath(path: string): Promise<string> {
    return Promise.resolve(path);
  }
  read(path: string, bytesMax: number): Promise<Uint8Array> {
    this.reads += 1;
    const found = this.#texts.get(path);
    if (found === undefined) return fail("ENOENT", path);
    if (path === this.failing) return fail("EIO", path);
    if (found.text.length > bytesMax) return fail("EFBIG", path);
    return Promise.resolve(found.text);
  }
}

function fail(code: string, path: string): Promise<never> {
  return Promise.reject(Object.assign(new Error(`${code}: ${path}`), { code }));
}

function shippedTree(root = "/r"): Tree {
  const tree = new Tree();
  for (const { name, version, recipe, graph } of shippedTexts()) {
    tree.write(`${root}/${name}/${version}/recipe.yaml`, recipe);
    tree.write(`${root}/${name}/${version}/graph.api.json`, graph);
  }
  return tree;
}

const names = (book: { recipes: readonly { file: { name: string; version: string } }[] }): readonly string[] =>
  book.recipes.map(({ file }) => `${file.name}@${file.version}`);

test("every sound recipe is in the book with its folder and its hash", async () => {
  const book = await createRecipes({ files: shippedTree(), digest, dirs: ["/r"] }).book();
  expect(names(book)).toContain("env_relight@1.0.0");
  expect(book.broken).toEqual([]);
  for (const recipe of book.recipes) {
    expect(recipe.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(recipe.dir).toBe(`/r/${recipe.file.name}/${recipe.file.version}`);
  }
});

test("nothing is read again until a file changes, and then only that recipe", async () => {
  const tree = shippedTree();
  const recipes = createRecipes({ files: tree, digest, dirs: ["/r"] });
  const before = await recipes.book();
  const first = tree.reads;
  expect((await recipes.book()).recipes).toEqual(before.recipes);
  expect(tree.reads).toBe(first);
  const grain = shippedTexts().find(({ name }) => name === "grain")!;
  tree.write("/r/grain/1.0.0/recipe.yaml", grain.recipe.replace("title: Film grain", "title: Other grain"));
  const after = await recipes.book();
  // Its two texts, and whether it is approved.
  expect(tree.reads).toBe(first + 3);
  const hash = (book: typeof before): string | undefined =>
    book.recipes.find(({ file }) => file.name === "grain")?.sha256;
  expect(hash(after)).not.toBe(hash(before));
});

test("the hash is of the meaning: comments and order of keys do not change it", async () => {
  const tree = shippedTree();
  const one = await createRecipes({ files: tree, digest, dirs: ["/r"] }).book();
  const { recipe, graph } = shippedTexts().find(({ name }) => name === "grain")!;
  tree.write("/r/grain/1.0.0/recipe.yaml", `# another comment\n${recipe}`);
  const turned = Object.fromEntries(Object.entries(JSON.parse(graph) as object).reverse());
  tree.write("/r/grain/1.0.0/graph.api.json", JSON.stringify(turned));
  const two = await createRecipes({ files: tree, digest, dirs: ["/r"] }).book();
  expect(two.recipes.map((r) => r.sha256)).toEqual(one.recipes.map((r) => r.sha256));
});

test.each<readonly [string, (tree: Tree) => void, RegExp]>([
  ["broken YAML", (t) => t.write("/r/grain/1.0.0/recipe.yaml", "hotplate: ["), /recipe\.yaml:1.*Not valid YAML/],
  ["a graph of the page", (t) => t.write("/r/grain/1.0.0/graph.api.json", '{"nodes":[],"links":[]}'), /page/],
  ["a missing graph", (t) => t.remove("/r/grain/1.0.0/graph.api.json"), /ENOENT/],
  ["a graph that can't be read", (t) => (t.failing = "/r/grain/1.0.0/graph.api.json"), /EIO/],
  [
    "bytes that are no UTF-8",
    (t) => t.write("/r/grain/1.0.0/recipe.yaml", Uint8Array.of(0xff, 0xfe, 0x41)),
    /Can't be read/,
  ],
  [
    "another name inside",
    (t) => t.write("/r/grain/1.0.0/recipe.yaml", swapName()),
    /folder says grain 1\.0\.0, recipe\.yaml says sand/,
  ],
  ["a folder that is no version", (t) => t.write("/r/grain/latest/recipe.yaml", "x"), /"latest" can't be a version/],
  ["a folder that is no name", (t) => t.write("/r/my recipe/1.0.0/recipe.yaml", "x"), /"my recipe" can't be/],
])("%s is named as broken and hides no other recipe", async (_what, breakIt, message) => {
  const tree = shippedTree();
  breakIt(tree);
  const book = await createRecipes({ files: tree, digest, dirs: ["/r"] }).book();
  expect(book.broken.map((entry) => entry.message).join("\n")).toMatch(message);
  expect(names(book)).toEqual(expect.arrayContaining(["env_relight@1.0.0", "upscale_x2@2.0.0"]));
});

function swapName(): string {
  return shippedTexts()
    .find(({ name }) => name === "grain")!
    .recipe.replace("name: grain", "name: sand");
}

test("a folder that can't be listed is named, the next one is still read", async () => {
  const book = await createRecipes({ files: shippedTree(), digest, dirs: ["/gone", "/r"] }).book();
  expect(book.broken).toEqual([{ dir: "/gone", message: expect.stringContaining("ENOENT") as string }]);
  expect(book.recipes.length).toBeGreaterThanOrEqual(6);
});

test("of two with one name and version the first wins and the second is named", async () => {
  const tree = shippedTree("/r");
  for (const { name, version, recipe, graph } of shippedTexts().slice(0, 1)) {
    tree.write(`/studio/${name}/${version}/recipe.yaml`, recipe);
    tree.write(`/studio/${name}/${version}/graph.api.json`, graph);
  }
  const book = await createRecipes({ files: tree, digest, dirs: ["/r", "/studio"] }).book();
  expect(book.recipes.find(({ file }) => file.name === "env_relight")?.dir).toBe("/r/env_relight/1.0.0");
  expect(book.broken[0]).toMatchObject({
    dir: "/studio/env_relight/1.0.0",
    message: expect.stringContaining("already at") as string,
  });
});

test("a broken recipe is logged once, and again when it breaks in another way", async () => {
  const told: string[] = [];
  const log: Log = { event: (_level, name, fields) => told.push(`${name} ${String(fields["dir"])}`) };
  const tree = shippedTree();
  tree.write("/r/grain/1.0.0/recipe.yaml", "hotplate: [");
  const recipes = createRecipes({ files: tree, digest, log, dirs: ["/r"] });
  await recipes.book();
  await recipes.book();
  expect(told).toEqual(["recipe.broken /r/grain/1.0.0"]);
  tree.write("/r/grain/1.0.0/recipe.yaml", "hotplate: 2");
  await recipes.book();
  expect(told).toHaveLength(2);
});

test("a recipe that went away leaves the book", async () => {
  const tree = shippedTree();
  const recipes = createRecipes({ files: tree, digest, dirs: ["/r"] });
  await recipes.book();
  tree.remove("/r/grain/1.0.0/recipe.yaml");
  tree.remove("/r/grain/1.0.0/graph.api.json");
  expect(names(await recipes.book())).not.toContain("grain@1.0.0");
});

test("callers at the same time share one look", async () => {
  const tree = shippedTree();
  const recipes = createRecipes({ files: tree, digest, dirs: ["/r"] });
  const [one, two] = await Promise.all([recipes.book(), recipes.book()]);
  expect(one).toBe(two);
  // recipe.yaml, the graph, and whether it is approved.
  expect(tree.reads).toBe(3 * one.recipes.length);
});

test("the shipped folder is read from the real disk", async () => {
  const book = await createRecipes({ files: createFiles(), digest, dirs: [SHIPPED_RECIPES] }).book();
  expect(book.broken).toEqual([]);
  expect(names(book)).toEqual([
    "env_relight@1.0.0",
    "grain@1.0.0",
    "sd_image_to_image@1.0.0",
    "sd_text_to_image@1.0.0",
    "slap_comp@1.0.0",
    "temporal_smooth@1.0.0",
    "upscale_x2@2.0.0",
  ]);
});
