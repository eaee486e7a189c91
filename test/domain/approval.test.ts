/** What a recipe was approved with, what differs on a slot, and what a version's papers say of it. */
import { expect, test } from "vitest";
import type { Approval, SlotAsFound } from "../../daemon/domain/approval.ts";
import { approvalText, driftOf, packsOf, readApproval } from "../../daemon/domain/approval.ts";
import type { RanOn } from "../../daemon/domain/ranOn.ts";
import { ranOnEvents, ranTogether } from "../../daemon/domain/ranOn.ts";
import { TINY_CATALOGUE, TINY_GRAPH } from "../fixtures/recipes.ts";

const A = "aa".repeat(32);
const B = "bb".repeat(32);
const APPROVAL: Approval = {
  hotplate: 1,
  recipe: "tunnel@1.0.0",
  sha256: A,
  approvedAt: "2026-11-28T00:00:00.000Z",
  approvedBy: "lee",
  slot: "gpu0",
  comfyVersion: "0.19.1",
  nodePacks: ["ComfyUI-Pack"],
  models: [
    { folder: "checkpoints", file: "a.safetensors", sha256: A },
    { folder: "loras", file: "free.safetensors", sha256: null },
  ],
};
const FOUND: SlotAsFound = {
  comfyVersion: "0.19.1",
  nodePacks: ["ComfyUI-Pack"],
  models: [{ file: "a.safetensors", sha256: A }],
};

test.each<readonly [string, string, Partial<SlotAsFound>, readonly string[]]>([
  ["nothing", A, {}, []],
  ["a pack less, for another one does not load it", A, { nodePacks: [] }, []],
  ["the recipe", B, {}, ["recipe.yaml or the graph was changed after the approval"]],
  ["ComfyUI", A, { comfyVersion: "0.38.0" }, ["ComfyUI is 0.38.0, approved with 0.19.1"]],
  ["a pack more", A, { nodePacks: ["ComfyUI-Pack", "Other"] }, ["node pack Other was not there when it was approved"]],
  [
    "a model's content",
    A,
    { models: [{ file: "a.safetensors", sha256: B }] },
    ["model a.safetensors is bbbbbbbbbbbb, approved with aaaaaaaaaaaa"],
  ],
  [
    "a model whose hash is not known here",
    A,
    { models: [{ file: "a.safetensors", sha256: null }] },
    ["model a.safetensors is of unknown hash, approved with aaaaaaaaaaaa"],
  ],
  ["a model that was approved without a hash", A, { models: [{ file: "free.safetensors", sha256: null }] }, []],
  ["another model", A, { models: [{ file: "z.safetensors", sha256: A }] }, ["model z.safetensors was not approved"]],
])("%s differs", (_what, recipe, found, words) => {
  expect(driftOf(APPROVAL, { sha256: recipe, verb: "approved" }, { ...FOUND, ...found })).toEqual(words);
});

test("what is written is read back, and nothing else is taken", () => {
  expect(readApproval(approvalText(APPROVAL))).toEqual({ kind: "approval", approval: APPROVAL });
  for (const text of ["", "{", "[]", '{"hotplate":2}', approvalText(APPROVAL).replace(A, "x")])
    expect(readApproval(text)).toMatchObject({
      kind: "broken",
      message: expect.stringContaining("approved.json") as string,
    });
});

test("packs are those of the graph's own classes", () => {
  const catalogue = {
    ...TINY_CATALOGUE,
    ImageBlend: { ...TINY_CATALOGUE["ImageBlend"]!, pack: "Blends" },
    Unused: { ...TINY_CATALOGUE["ImageBlend"]!, pack: "Others" },
  };
  expect(packsOf(TINY_GRAPH, catalogue)).toEqual(["Blends"]);
});

test("what ran on several slots is told together, each thing once", () => {
  const model = { folder: "checkpoints", file: "a.safetensors", sha256: A, bytes: 3 };
  const one: RanOn = {
    slot: "gpu0",
    comfyVersion: "0.19.1",
    nodePacks: ["P"],
    models: [model],
    approval: "approved",
    drift: [],
  };
  const two: RanOn = {
    ...one,
    slot: "gpu1",
    comfyVersion: "0.38.0",
    approval: "drifted",
    drift: ["ComfyUI is 0.38.0"],
  };
  const events = [one, two, one].map((ran, seq) => ({
    seq,
    at: 0,
    name: "job.ran" as const,
    jobId: "j",
    fields: { ran: JSON.stringify(ran) },
  }));
  expect(ranTogether(ranOnEvents(events))).toEqual({
    models: [model],
    nodePacks: ["P"],
    comfyVersions: ["0.19.1", "0.38.0"],
    approval: { state: "drifted", drift: ["slot gpu1: ComfyUI is 0.38.0"] },
  });
  expect(ranTogether([one]).approval.state).toBe("approved");
  expect(ranTogether([]).approval.state).toBe("not approved");
});
