/** The doctor names the QC wishes of hotplate.yaml and recipes that mean nothing here, before a manifest meets them. */
import { expect, test } from "vitest";
import type { BaseWorld } from "../../daemon/adapters/world.ts";
import { qcLines } from "../../daemon/cli/doctorQc.ts";
import type { CheckBook } from "../../daemon/domain/qc.ts";
import { qcSettingsSchema } from "../../daemon/domain/qcWishes.ts";
import { tiny } from "../fixtures/recipes.ts";

const book: CheckBook = {
  checks: [{ id: "image.grain", version: 1, scope: "frame", limits: { ratioMin: 0.6 }, file: "g.ts", shipped: true }],
  profiles: [{ hotplate: 1, name: "relight", title: "r", checks: {} }],
  refused: [{ file: "/p/x.ts", message: "HP-PLUGIN: it has no default export" }],
};

async function said(qc: unknown, recipeQc: unknown) {
  const recipe = tiny((file) => {
    file["qc"] = recipeQc;
  });
  const base = {
    config: { qc: qcSettingsSchema.parse(qc) },
    images: { checks: async () => book },
    recipes: { book: async () => ({ recipes: [recipe], broken: [] }) },
  } as unknown as BaseWorld;
  return (await qcLines(base)).filter(({ what }) => what === "QC").map(({ found, fix }) => [found, fix]);
}

test("a plugin that can't be loaded is a failure of this node: its gate is gone", async () => {
  const base = {
    config: { qc: qcSettingsSchema.parse({}) },
    images: { checks: async () => book },
    recipes: { book: async () => ({ recipes: [], broken: [] }) },
  } as unknown as BaseWorld;
  const lines = (await qcLines(base)).filter(({ state }) => state === "FAIL");
  expect(lines.map(({ what, found }) => [what, found])).toEqual([["plugin", expect.stringContaining("/p/x.ts")]]);
});

test("a limit of a studio's own profile by which nothing is found is told with its file; of a shipped one it is meant", async () => {
  const judges = { ratioMin: { measures: ["ratio"], must: "atLeast" as const, least: 0 } };
  const idle = { hotplate: 1 as const, title: "ours", checks: { "image.grain": { ratioMin: 0 } } };
  const own: CheckBook = {
    ...book,
    checks: book.checks.map((check) => ({ ...check, judges })),
    profiles: [
      { ...idle, name: "ours" },
      { ...idle, name: "shipped" },
    ],
    profileFiles: { ours: "/p/ours.profile.yaml" },
  };
  const base = {
    config: { qc: qcSettingsSchema.parse({}) },
    images: { checks: async () => own },
    recipes: { book: async () => ({ recipes: [], broken: [] }) },
  } as unknown as BaseWorld;
  const lines = (await qcLines(base)).filter(({ what }) => what === "QC");
  expect(lines).toEqual([
    {
      state: "WARN",
      what: "QC",
      found: "image.grain can find nothing by ratioMin 0: no picture is ever past it (/p/ours.profile.yaml).",
      fix: expect.stringContaining('"image.grain: off"') as string,
    },
  ]);
});

test("a wish for a profile that can't be used names its file", async () => {
  const base = {
    config: { qc: qcSettingsSchema.parse({ shows: { AGM: { profile: "ours" } } }) },
    images: { checks: async () => ({ ...book, lostProfiles: { ours: "/p/ours.profile.yaml" } }) },
    recipes: { book: async () => ({ recipes: [], broken: [] }) },
  } as unknown as BaseWorld;
  expect((await qcLines(base)).filter(({ what }) => what === "QC").map(({ found }) => found)).toEqual([
    `qc.shows.AGM of hotplate.yaml: The QC profile "ours" can't be used: something is wrong with /p/ours.profile.yaml.`,
  ]);
});

test("wishes that fit are not spoken of", async () => {
  const show = { profile: "relight", checks: { "image.grain": { ratioMin: 0.7 } }, onFail: { retry: { seeds: 1 } } };
  expect(await said({ shows: { AGM: { ...show, recipes: { tiny: show } } } }, { profile: "relight" })).toEqual([]);
});

test("what is not there, or said in two ways, is named with its place and the nearest right word", async () => {
  const settings = {
    recipes: { tinny: {} },
    shows: {
      AGM: {
        profile: "relihgt",
        gate: "hold",
        onFail: "reject",
        recipes: { tiny: { checks: { "image.grian": { ratioMin: 1 }, "image.grain": { ratoMin: 1 } } } },
      },
    },
  };
  expect(await said(settings, { profile: "gone" })).toEqual([
    ['qc of recipe tiny 1.0.0: There is no QC profile "gone".', "correct it: manifests that meet it are refused"],
    ['qc.recipes.tinny of hotplate.yaml: There is no recipe "tinny".', "write tiny"],
    ['qc.shows.AGM of hotplate.yaml: There is no QC profile "relihgt".', "write relight"],
    [expect.stringContaining("gate says hold, onFail says reject"), "correct it: manifests that meet it are refused"],
    [expect.stringContaining('There is no check "image.grian"'), "write image.grain"],
    [expect.stringContaining('Check image.grain has no limit "ratoMin"'), "write ratioMin"],
  ]);
});
