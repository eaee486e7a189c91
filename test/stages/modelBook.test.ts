/** Model files are looked up and hashed beside the loop, one at a time, and what waits for them says so. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createFiles } from "../../daemon/adapters/files.ts";
import type { Approval } from "../../daemon/domain/approval.ts";
import type { Catalogue } from "../../daemon/domain/catalogue.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { whyNot } from "../../daemon/domain/slotFit.ts";
import type { StepPlan } from "../../daemon/domain/plan.ts";
import type { Recipe } from "../../daemon/domain/recipe.ts";
import type { SlotState, StageContext } from "../../daemon/live.ts";
import { slotFacts } from "../../daemon/live.ts";
import type { Files } from "../../daemon/ports.ts";
import { createModelBook } from "../../daemon/stages/modelBook.ts";
import type { ModelBook } from "../../daemon/stages/modelBook.ts";
import type { RecipeShelf } from "../../daemon/stages/recipeShelf.ts";
import { driftedRecipes, lacksOf, noteMissing, noteRan, standingOn } from "../../daemon/stages/standing.ts";
import type { TaskRow } from "../../daemon/storePort.ts";
import { createWork } from "../../daemon/work.ts";
import { safetensors } from "../fixtures/models.ts";
import { shipped } from "../fixtures/recipes.ts";
import { testStage } from "../fixtures/stageContext.ts";
import type { TestStage } from "../fixtures/stageContext.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";

const FILE = "v1-5-pruned-emaonly-fp16.safetensors";
const CATALOGUE: Catalogue = {};

interface Node extends Disposable {
  readonly stage: TestStage;
  readonly book: ModelBook;
  readonly dir: string;
  /** Hashes wait here until they are let go. */
  readonly hashing: { readonly path: string; readonly go: () => void }[];
  failing: string | null;
  recipe: Recipe;
  /** Ticks until nothing of it is under way but hashes that wait. */
  settle(): Promise<void>;
  lacks(): Readonly<Record<string, string>>;
}

function node(
  drift: "refuse" | "route" | "warn" = "route",
  held = false,
  dir: Pick<TempDir, "path" | typeof Symbol.dispose> = tempDir(),
): Node {
  const real = createFiles();
  const hashing: Node["hashing"] = [];
  const self = { failing: null as string | null };
  const files: Files = {
    ...real,
    stat: (path) =>
      self.failing !== null && path.endsWith(self.failing)
        ? Promise.reject(Object.assign(new Error("gone"), { code: "EIO" }))
        : real.stat(path),
    async hash(path) {
      if (held) await new Promise<void>((go) => hashing.push({ path, go }));
      return real.hash(path);
    },
  };
  const slots = ["gpu0", "gpu1"].map((name) => ({
    name,
    url: `http://127.0.0.1:${name === "gpu0" ? 8188 : 8189}`,
    models: [join(dir.path, name)],
  }));
  const notes: unknown[] = [];
  const stage = testStage({
    slots,
    config: { stateDir: dir.path, safety: { drift } },
    store: { note: async (name: string, _job: unknown, fields: unknown) => void notes.push([name, fields]) } as never,
  });
  const work = createWork({ wake: () => undefined, widthOf: () => 1, failed: async () => undefined });
  const context: StageContext = {
    ...stage.context,
    files,
    work,
    world: { ...stage.context.world, files, ids: { uuid: () => "u1", sortable: () => "s", fraction: () => 0 } },
  };
  Object.assign(stage, { context });
  const book = createModelBook(context);
  for (const slot of stage.live.slots.values()) {
    slot.state = "up";
    slot.catalogue = CATALOGUE;
    slot.stats = { version: "0.19.1", simulated: false } as never;
  }
  const recipe: Recipe = { ...shipped("sd_image_to_image"), sha256: "aa", dir: "/r", approval: null };
  const out: Node = Object.assign(self, {
    stage,
    book,
    dir: dir.path,
    hashing,
    recipe,
    async settle() {
      for (;;) {
        await book.tick();
        if (work.inFlight().length <= (hashing.length > 0 ? 1 : 0) && (await work.apply()) === 0) {
          await book.tick();
          if (work.inFlight().length <= (hashing.length > 0 ? 1 : 0)) return;
        }
        // A turn of the loop, in which the disk answers.
        await real.stat(dir.path);
        await work.apply();
      }
    },
    lacks: () =>
      Object.fromEntries(
        [...lacksOf(context, shelfOf(out), { plan: PLAN, wedge: 1 })].map(([k, v]) => [k, `${v.code} ${v.message}`]),
      ),
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  });
  return out;
}

const PLAN = {
  recipe: { name: "sd_image_to_image", version: "1.0.0", sha256: "aa", dir: "/r" },
  wedges: [{ index: 1, axes: {}, parameters: {}, seed: null }],
} as unknown as StepPlan;

function shelfOf(of: Pick<Node, "book" | "recipe">): RecipeShelf {
  return { find: () => of.recipe, models: of.book } as unknown as RecipeShelf;
}

function put(of: Node, slot: string, text: string, file = FILE): void {
  mkdirSync(join(of.dir, slot, "checkpoints"), { recursive: true });
  writeFileSync(join(of.dir, slot, "checkpoints", file), safetensors(text));
}

test("a model is looked up, then hashed, one file at a time, and what waits says which and how many are before it", async () => {
  using one = node("route", true);
  put(one, "gpu0", "first");
  put(one, "gpu1", "second");
  expect(one.lacks()).toEqual({
    gpu0: `HP-MODEL-HASHING the model ${FILE} is looked up`,
    gpu1: `HP-MODEL-HASHING the model ${FILE} is looked up`,
  });
  await one.settle();
  one.lacks();
  await one.settle();
  expect(one.hashing.length).toBe(1);
  expect(one.lacks()["gpu0"]).toMatch(/^HP-MODEL-HASHING the model \S+ \(\d+ MB\) is hashed before its first use$/);
  expect(one.lacks()["gpu1"]).toMatch(/; 1 other models are hashed before it$/);
  one.hashing.pop()?.go();
  await one.settle();
  // The first may go; the second still waits, and nothing but it.
  expect(Object.keys(one.lacks())).toEqual(["gpu1"]);
  const slot = one.stage.live.slots.get("gpu1")!;
  const task = {
    id: "t",
    classes: [],
    demoRoot: true,
    rootTrouble: null,
    notSlots: new Map(),
    vramMiB: null,
    alone: false,
    lacks: lacksOf(one.stage.context, shelfOf(one), { plan: PLAN, wedge: 1 }),
  };
  expect(whyNot(task, slotFacts(slot, one.stage.now))).toMatchObject({
    code: "HP-MODEL-HASHING",
    message: expect.stringMatching(/^slot gpu1: the model/) as string,
  });
  expect(whyNot(task, slotFacts(one.stage.live.slots.get("gpu0")!, one.stage.now))).toBeNull();
  one.hashing.pop()?.go();
  await one.settle();
  expect(one.lacks()).toEqual({});
});

test("a hash outlives the daemon, and not a change of the file", async () => {
  using one = node();
  put(one, "gpu0", "first");
  put(one, "gpu1", "first");
  one.lacks();
  await one.settle();
  one.lacks();
  await one.settle();
  await one.settle();
  expect(one.lacks()).toEqual({});
  expect(JSON.parse(readFileSync(join(one.dir, "modelHashes.json"), "utf8"))).toHaveLength(2);

  // Held: a new life that hashed anything would wait for ever.
  const next = node("route", true, { path: one.dir, [Symbol.dispose]: () => undefined });
  next.lacks();
  await next.settle();
  expect(next.lacks()).toEqual({});
  put(next, "gpu0", "other weights");
  next.stage.now += 120_000;
  next.lacks();
  await next.settle();
  next.lacks();
  await next.settle();
  expect(next.hashing.map(({ path }) => path)).toEqual([join(one.dir, "gpu0/checkpoints", FILE)]);
  next.hashing.pop()?.go();
  await next.settle();
});

test("a disk that fails says nothing about a model: it is asked again", async () => {
  using one = node();
  put(one, "gpu0", "first");
  put(one, "gpu1", "first");
  one.failing = FILE;
  one.lacks();
  await one.settle();
  expect(one.lacks()["gpu0"]).toMatch(/looked up$/);
  expect(one.stage.events.map(({ name }) => name)).toContain("work.failed");
  one.failing = null;
  one.stage.now += 60_000;
  await one.settle();
  one.lacks();
  await one.settle();
  expect(one.lacks()).toEqual({});
});

test("what one slot lacks keeps work off that slot; when every slot lacks it, nothing does, for then it must end", async () => {
  using one = node();
  put(one, "gpu0", "first");
  put(one, "gpu1", "first", `x${FILE}`);
  one.lacks();
  await one.settle();
  one.lacks();
  await one.settle();
  expect(one.lacks()).toEqual({
    gpu1: expect.stringMatching(new RegExp(`^HP-MODEL-PLACE .* is not in .*gpu1 Nearest: x${FILE}\\.$`)) as string,
  });
  using two = node();
  put(two, "gpu0", "first", `x${FILE}`);
  put(two, "gpu1", "first", `x${FILE}`);
  two.lacks();
  await two.settle();
  expect(two.lacks()).toEqual({});
});

describe("an approved recipe on slots that differ", () => {
  const approval: Approval = {
    hotplate: 1,
    recipe: "sd_image_to_image@1.0.0",
    sha256: "aa",
    approvedAt: "2026-11-28T00:00:00.000Z",
    approvedBy: "lee",
    slot: "gpu0",
    comfyVersion: "0.19.1",
    nodePacks: [],
    models: [],
  };
  async function drifted(drift: "refuse" | "route" | "warn", slots: readonly string[]): Promise<Node> {
    const one = node(drift);
    for (const slot of ["gpu0", "gpu1"]) {
      put(one, slot, "weights");
      if (slots.includes(slot))
        one.stage.live.slots.get(slot)!.stats = { version: "0.38.0", simulated: false } as never;
    }
    one.lacks();
    await one.settle();
    one.lacks();
    await one.settle();
    await one.settle();
    const known = standingOn(one.stage.context, one.book, {
      slot: one.stage.live.slots.get("gpu0")!,
      recipe: one.recipe,
      wedge: PLAN.wedges[0]!,
    }).models[0]?.known;
    const sha256 = known?.kind === "well" ? known.sha256 : null;
    one.recipe = { ...one.recipe, approval: { ...approval, models: [{ folder: "checkpoints", file: FILE, sha256 }] } };
    return one;
  }
  const words = expect.stringMatching(
    /^HP-RECIPE-DRIFT .* not as it was approved: ComfyUI is 0\.38\.0, approved with 0\.19\.1$/,
  ) as string;

  test.each<readonly ["refuse" | "route" | "warn", readonly string[], object]>([
    ["route", ["gpu1"], { gpu1: words }],
    ["route", ["gpu0", "gpu1"], { gpu0: words, gpu1: words }],
    ["refuse", ["gpu1"], { gpu1: words }],
    // Waiting would change nothing: it is given, refused before it is sent, and ends in these words.
    ["refuse", ["gpu0", "gpu1"], {}],
    ["warn", ["gpu0", "gpu1"], {}],
    ["route", [], {}],
  ])("policy %s, drift on %j", async (policy, slots, lacks) => {
    using one = await drifted(policy, slots);
    expect(one.lacks()).toEqual(lacks);
  });

  test("who looks at slots sees which recipe differs where", async () => {
    using one = await drifted("route", ["gpu1"]);
    const [gpu0, gpu1] = [...one.stage.live.slots.values()];
    expect(driftedRecipes(gpu0!, [one.recipe])).toEqual([]);
    expect(driftedRecipes(gpu1!, [one.recipe])).toEqual([
      "sd_image_to_image@1.0.0 is not as it was approved: ComfyUI is 0.38.0, approved with 0.19.1",
    ]);
  });

  test("with warn it runs, the log says so once, and so does the record", async () => {
    using one = await drifted("warn", ["gpu0"]);
    const of = {
      slot: one.stage.live.slots.get("gpu0")!,
      task: { jobId: "job_1", wedge: 1 } as unknown as TaskRow,
      plan: PLAN,
      shelf: shelfOf(one),
    };
    await noteRan(one.stage.context, of);
    await noteRan(one.stage.context, of);
    expect(one.stage.events.filter(({ name }) => name === "job.ran")).toMatchObject([
      { fields: { code: "HP-RECIPE-DRIFT", reason: "ComfyUI is 0.38.0, approved with 0.19.1" } },
    ]);
  });
});

test("what one task was refused for keeps its likes off that slot for a while, and others not", () => {
  using one = node();
  const { context, live } = one.stage;
  const [first, second] = ["gpu0", "gpu1"].map((name) => live.slots.get(name)!) as [SlotState, SlotState];
  const reason = { code: "HP-RECIPE-MODEL", message: "the model is not there", action: null };
  const wedge = (index: number, models: readonly string[]) => ({ index, axes: {}, parameters: {}, seed: null, models });
  const plan = { ...PLAN, wedges: [wedge(1, ["a"]), wedge(2, ["a"]), wedge(3, ["b"])] } as unknown as StepPlan;
  const kept = (of: number) => {
    const lacks = lacksOf(context, shelfOf(one), { plan, wedge: of });
    return [...lacks].filter(([, why]) => why.code === "HP-RECIPE-MODEL").map(([name]) => name);
  };
  noteMissing(context, { slot: first, plan, wedge: 1, reason });
  expect([kept(1), kept(2), kept(3)]).toEqual([["gpu0"], ["gpu0"], []]);
  // Where no slot has it nothing is held back: the work is given, refused, and ends with the nearest names.
  noteMissing(context, { slot: second, plan, wedge: 2, reason });
  expect(kept(2)).toEqual([]);
  second.missing.clear();
  one.stage.now += LIMITS.modelLookMs;
  expect(kept(1)).toEqual([]);
});
