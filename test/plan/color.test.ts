/** The colour of a plan: what manifest, recipe, show and file say, and what a person hears when one of them is wrong. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ColorConfigReading } from "../../daemon/domain/colorConfig.ts";
import { planText } from "../../daemon/domain/planText.ts";
import type { JobPlan } from "../../daemon/domain/plan.ts";
import type { PlanOutcome } from "../../daemon/planManifest.ts";
import { configOf } from "../fixtures/colours.ts";
import type { Studio } from "./planWorld.ts";
import { goodPlate, makeStudio, PLATE } from "./planWorld.ts";

let root: string;
let studio: Studio;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hotplate-color-"));
  studio = makeStudio(root);
  for (const frame of [1001, 1002]) studio.put(`SH010/plates/SH010_BG01_v001/SH010_BG01_v001.${frame}.exr`);
  goodPlate(studio);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const EXR = "../SH010/plates/SH010_BG01_v001/SH010_BG01_v001.####.exr";
const planned = (outcome: PlanOutcome): JobPlan => {
  if (outcome.kind !== "plan") throw new Error(JSON.stringify(outcome));
  return outcome.plan;
};
const colorOf = async (manifest: string) => planned(await studio.plan(manifest)).steps[0]!.color;
const problem = async (manifest: string) => {
  const outcome = await studio.plan(manifest);
  if (outcome.kind !== "rejected") throw new Error(JSON.stringify(outcome));
  return outcome.problems[0]!;
};
const use = (reading: ColorConfigReading, tool = true): void =>
  void Object.assign(studio.world, { colours: { config: async () => reading, canConvert: async () => tool } });

describe("what is decided without a word", () => {
  test("an EXR counts as scene-linear, which is a guess and told as one; only the edit comes back", async () => {
    const outcome = planned(await studio.plan(`use: grain\nplate: "${EXR}"\n`));
    expect(outcome.steps[0]!.color).toMatchObject({
      how: "edit",
      plate: { name: "ACEScg", builtIn: "ACEScg", by: "type", guess: true },
      config: { name: "hotplate.ocio", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      exposure: 0,
      view: "plain",
      mode: "difference",
      clip: "auto",
      mask: null,
    });
    expect(outcome.notes.join("\n")).toContain("colour space is a guess: ACEScg");
    expect(planText(outcome).join("\n")).toContain("colour:   ACEScg (a guess:");
  });
  test("an 8-bit PNG is sRGB, and published as it comes back", async () => {
    const outcome = planned(await studio.plan(`use: grain\nplate: ${PLATE}\n`));
    expect(outcome.steps[0]!.color).toMatchObject({ how: "plain", plate: { name: "sRGB Texture", guess: false } });
    expect(outcome.notes.join("\n")).not.toContain("guess");
  });
  test("what the shipped recipes wish: gain for light, replace for what covers, a filmic view where the plate can't stay", async () => {
    const light = await colorOf(`use: env_relight\nplate: {path: "${EXR}", colorspace: acescg}\n`);
    expect(light).toMatchObject({ how: "edit", mode: "gain", clip: "none" });
    expect(await colorOf(`use: upscale_x2\nplate: "${EXR}"\n`)).toMatchObject({ how: "plain", view: "filmic" });
    // Codes for a display have no highlights to keep.
    expect(await colorOf(`use: upscale_x2\nplate: ${PLATE}\n`)).toMatchObject({ how: "plain", view: "plain" });
  });
  test("a result of another size can't be laid onto the plate: it comes back plain", async () => {
    expect(await colorOf(`use: upscale_x2\nplate: {path: "${EXR}", colorspace: acescg}\n`)).toMatchObject({
      how: "plain",
      plate: { name: "ACEScg", by: "manifest", guess: false },
    });
  });
});

describe("what is said", () => {
  test("the manifest's wishes win over the recipe's, key by key", async () => {
    const manifest = `use: grain\nplate: {path: "${EXR}", colorspace: lin_rec709}\ncolor: {exposure: auto, view: filmic, mode: gain, clip: 4}\n`;
    expect(await colorOf(manifest)).toMatchObject({
      plate: { name: "Linear Rec.709 (sRGB)", by: "manifest", why: "plate.colorspace", guess: false },
      exposure: "auto",
      view: "filmic",
      mode: "gain",
      clip: 4,
      how: "edit",
    });
  });
  test("a PNG that is to be exposed is no longer published as it comes", async () => {
    expect(await colorOf(`use: grain\nplate: ${PLATE}\ncolor: {exposure: 1}\n`)).toMatchObject({ how: "edit" });
  });
  test("the show's rule, before the rules of every show", async () => {
    Object.assign(studio.world.config, {
      colour: {
        plates: [{ type: "exr", colorspace: "ACES2065-1" }],
        shows: { AGM: { plates: [{ token: "BG01", colorspace: "ARRI LogC4" }] } },
      },
    });
    expect(await colorOf(`use: grain\nplate: "${EXR}"\n`)).toMatchObject({ plate: { name: "ARRI LogC4", by: "rule" } });
  });
});

describe("what is wrong", () => {
  test('a slip in the name: "acesg" is not in the show\'s OCIO config', async () => {
    const found = await problem(`use: grain\nplate:\n  path: "${EXR}"\n  colorspace: acesg\n`);
    expect(found).toMatchObject({ code: "HP-COLOR-SPACE", line: 4, nearest: "ACEScg", action: "Write ACEScg." });
    expect(found.message).toBe('"acesg" is not in the show\'s OCIO config (hotplate.ocio). Did you mean ACEScg?');
  });
  test("a config that can't be used stops the job: nothing is worked out in its name", async () => {
    use({ kind: "broken", path: "/studio/config.ocio", why: "it is not valid YAML: x" });
    const found = await problem(`use: grain\nplate: "${EXR}"\n`);
    expect(found).toMatchObject({ code: "HP-COLOR-CONFIG" });
    expect(found.message).toContain("/studio/config.ocio can't be used: it is not valid YAML");
  });
  test("a space that only OCIO knows asks for its tool by its package's name, where that is missing", async () => {
    const config = configOf(
      "ocio_profile_version: 2\nroles: {aces_interchange: ap0}\ncolorspaces: [{name: ap0}, {name: AGM_Log}]",
    );
    const manifest = `use: grain\nplate: {path: "${EXR}", colorspace: AGM_Log}\n`;
    use({ kind: "config", config }, false);
    const found = await problem(manifest);
    expect(found).toMatchObject({ code: "HP-COLOR-TOOL", action: expect.stringContaining("openimageio-tools") });
    use({ kind: "config", config });
    expect(await colorOf(manifest)).toMatchObject({
      plate: { name: "AGM_Log", builtIn: null, via: { name: "ap0", builtIn: "ACES2065-1" } },
    });
  });
  test("edit where nothing lies on the plate", async () => {
    const found = await problem(`use: upscale_x2\nplate: "${EXR}"\ncolor: {how: edit}\n`);
    expect(found).toMatchObject({ code: "HP-COLOR-HOW", line: 3 });
  });
  test("a wish that does not exist, a value out of range", async () => {
    expect(await problem(`use: grain\nplate: "${EXR}"\ncolor: {exposur: 1}\n`)).toMatchObject({
      code: "HP-MANIFEST-FIELD",
      nearest: "exposure",
    });
    expect((await problem(`use: grain\nplate: "${EXR}"\ncolor: {exposure: 99}\n`)).code).toMatch(/^HP-MANIFEST-/);
  });
});
