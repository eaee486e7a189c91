/** Which rule says what a plate's values mean: in order, with what spoke in words, and guesses told as guesses. */
import { describe, expect, test } from "vitest";
import { plannedSpace, spaceFor } from "../../daemon/domain/colorConfig.ts";
import type { ColorHints } from "../../daemon/domain/colorHints.ts";
import type { RuleFacts } from "../../daemon/domain/colorRule.ts";
import { plateSpace } from "../../daemon/domain/colorRule.ts";
import { ACESCG, SRGB_TEXTURE } from "../../daemon/domain/colorSpaces.ts";
import { configOf, OWN_COLOR_CONFIG } from "../fixtures/colours.ts";

const EXR: ColorHints = {
  format: "exr",
  sampleType: "float",
  bitDepth: 16,
  space: null,
  chromaticities: null,
  aces: false,
  transfer: null,
};
const PNG: ColorHints = { ...EXR, format: "png", sampleType: "uint", bitDepth: 8 };
const DPX: ColorHints = { ...EXR, format: "dpx", sampleType: "uint", bitDepth: 10, transfer: 1 };
const facts = (more: Partial<RuleFacts> = {}): RuleFacts => ({
  written: null,
  rules: [],
  dir: "/shows/AGM/SH010/plates/SH010_PL01_v001",
  stem: "SH010_PL01_v001",
  ext: "exr",
  hints: EXR,
  ...more,
});
const asked = (more: Partial<RuleFacts>, config = OWN_COLOR_CONFIG) => plateSpace(facts(more), config);
const CHROMATICITIES = {
  acescg: [0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767],
  rec709: [0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329],
  nobody: [0.7, 0.3, 0.2, 0.7, 0.1, 0.1, 0.3, 0.3],
};

const STUDIO = configOf(`ocio_profile_version: 2
roles: {scene_linear: lin_show, aces_interchange: ap0}
colorspaces:
  - !<ColorSpace> {name: lin_show}
  - !<ColorSpace> {name: AGM_Log, aliases: [agmlog]}
  - !<ColorSpace> {name: ap0, aliases: [ACES - ACES2065-1]}
  - !<ColorSpace> {name: Utility - sRGB - Texture}
  - !<ColorSpace> {name: ACES - ACEScg}
  - !<ColorSpace> {name: matte, isdata: true}
`);

describe("the first that speaks decides", () => {
  const all = {
    written: "acescct",
    rules: [{ type: "exr", colorspace: "ARRI LogC4" }],
    stem: "SH010_acescg_v001",
    hints: { ...EXR, aces: true },
  };
  test.each([
    ["what the manifest says", all, { name: "ACEScct", by: "manifest", guess: false }],
    ["a rule of hotplate.yaml", { ...all, written: null }, { name: "ARRI LogC4", by: "rule", guess: false }],
    ["a word in the name", { ...all, written: null, rules: [] }, { name: "ACEScg", by: "name", guess: false }],
    [
      "the file's attribute",
      { ...all, written: null, rules: [], stem: "SH010_v001" },
      { name: "ACES2065-1", by: "attribute", guess: false },
    ],
    ["the kind of file, a guess", { hints: EXR }, { name: "ACEScg", by: "type", guess: true }],
  ])("%s", (_what, more, wanted) => {
    expect(asked(more)).toMatchObject({ kind: "space", ...wanted });
  });
});

describe("rules of a show", () => {
  const rules = [
    { token: "linP3", type: "exr", colorspace: "lin_p3d65" },
    { token: "graded", colorspace: "sRGB" },
    { type: "DPX", colorspace: "ARRI LogC3 (EI800)" },
    { colorspace: "Linear sRGB" },
  ];
  test.each([
    ["token and type both fit", { stem: "SH010_linp3_v001" }, "Linear P3-D65"],
    ["the token in the folder", { dir: "/shows/AGM/SH010_graded" }, "sRGB Texture"],
    ["the type, whatever its case", { ext: "dpx", hints: DPX }, "ARRI LogC3 (EI800)"],
    ["a rule that asks nothing takes the rest", {}, "Linear Rec.709 (sRGB)"],
    ["a token is a whole part, not a piece of one", { stem: "SH010_upgraded_v001" }, "Linear Rec.709 (sRGB)"],
  ])("%s", (_what, more, name) => {
    expect(asked({ rules, ...more })).toMatchObject({ kind: "space", name, by: "rule" });
  });
  test("what spoke is told in words", () => {
    expect(asked({ rules, stem: "SH010_linp3" })).toMatchObject({
      why: "the rule for token linP3, type exr in hotplate.yaml",
    });
    expect(asked({ rules })).toMatchObject({ why: "the rule for every plate in hotplate.yaml" });
  });
  test("a rule that names no space of the config says so", () => {
    expect(asked({ rules: [{ colorspace: "acesg" }] })).toEqual({
      kind: "unknown",
      written: "acesg",
      nearest: "ACEScg",
      by: "rule",
    });
  });
});

describe("words in names", () => {
  test.each([
    ["SH010_PL01_acescg_v001", "ACEScg"],
    ["SH010.lin_rec709.v2", "Linear Rec.709 (sRGB)"],
    ["SH010_linear_p3-d65", "Linear P3-D65"],
    ["SH010_LOGC4", "ARRI LogC4"],
    ["SH010_srgb_to_acescg", "ACEScg"],
  ])("%s is %s", (stem, name) => {
    expect(asked({ stem })).toMatchObject({ name, by: "name" });
  });
  test.each(["SH010_raw_v001", "aces_SH010_data", "SH010_linear_v001", "ap1_SH010", "rendering_SH010"])(
    "%s says nothing of data, and no common word is a space",
    (stem) => {
      const answer = asked({ stem });
      expect(answer).toMatchObject({ kind: "space" });
      expect(["type", "name"]).toContain((answer as { by: string }).by);
      expect((answer as { name: string }).name).not.toBe("Raw");
    },
  );
});

describe("attributes of the file", () => {
  test.each([
    ["a name that the config knows", { ...EXR, space: "lin_ap1" }, "ACEScg"],
    ["chromaticities of AP1", { ...EXR, chromaticities: CHROMATICITIES.acescg }, "ACEScg"],
    ["chromaticities of Rec.709", { ...EXR, chromaticities: CHROMATICITIES.rec709 }, "Linear Rec.709 (sRGB)"],
    [
      "a name before chromaticities",
      { ...EXR, space: "ACES2065-1", chromaticities: CHROMATICITIES.rec709 },
      "ACES2065-1",
    ],
    [
      "the ACES flag before chromaticities",
      { ...EXR, aces: true, chromaticities: CHROMATICITIES.rec709 },
      "ACES2065-1",
    ],
  ])("%s", (_what, hints, name) => {
    expect(asked({ hints })).toMatchObject({ name, by: "attribute", guess: false });
  });
  test.each([
    ["a name that nobody knows", { ...EXR, space: "MyLook" }],
    ["a name that says nothing", { ...EXR, space: "Linear" }],
    ["chromaticities of nobody", { ...EXR, chromaticities: CHROMATICITIES.nobody }],
  ])("%s leaves it to the kind of file", (_what, hints) => {
    expect(asked({ hints })).toMatchObject({ name: "ACEScg", by: "type", guess: true });
  });
});

describe("kinds of files", () => {
  test.each([
    ["8-bit codes are sRGB, which is no guess", PNG, "sRGB Texture", false],
    ["16-bit codes are a guess", { ...PNG, format: "tiff" as const, bitDepth: 16 }, "sRGB Texture", true],
    ["a DPX that says printing density", DPX, "Cineon", true],
    ["a DPX that says nothing", { ...DPX, transfer: 0 }, "Cineon", true],
    ["a linear DPX", { ...DPX, transfer: 2 }, "Linear Rec.709 (sRGB)", true],
    ["a float TIFF", { ...EXR, format: "tiff" as const, bitDepth: 32 }, "ACEScg", true],
  ])("%s", (_what, hints, name, guess) => {
    expect(asked({ hints })).toMatchObject({ name, guess, by: "type" });
  });
});

describe("a studio's config", () => {
  test("gives its own names, by its roles and by the names under which it knows ours", () => {
    expect(asked({}, STUDIO)).toMatchObject({ name: "lin_show", by: "type", guess: true });
    expect(asked({ written: "acescg" }, STUDIO)).toMatchObject({ name: "ACES - ACEScg" });
    expect(asked({ hints: PNG }, STUDIO)).toMatchObject({ name: "Utility - sRGB - Texture" });
    expect(asked({ stem: "SH010_agmlog" }, STUDIO)).toMatchObject({ name: "AGM_Log", by: "name" });
  });
  test("a kind of file that it has no space for is told", () => {
    expect(asked({ hints: DPX }, STUDIO)).toEqual({ kind: "none", why: expect.stringContaining("no such space") });
  });
  test("spaces of ours are worked out here, its own by way of ACES, data not at all", () => {
    expect(plannedSpace("ACES - ACEScg", STUDIO)).toEqual({ name: "ACES - ACEScg", builtIn: "ACEScg", via: null });
    expect(plannedSpace("AGM_Log", STUDIO)).toEqual({
      name: "AGM_Log",
      builtIn: null,
      via: { name: "ap0", builtIn: "ACES2065-1" },
    });
    expect(plannedSpace("matte", STUDIO)).toEqual({ name: "matte", builtIn: "Raw", via: null });
  });
  test("a config without any space that both sides know can't lead to its own", () => {
    const bare = configOf("ocio_profile_version: 2\ncolorspaces: [{name: show_a}, {name: show_b}]");
    expect(plannedSpace("show_a", bare)).toBeNull();
    expect(spaceFor(ACESCG, bare)).toBeNull();
    expect(spaceFor(SRGB_TEXTURE, STUDIO)).toBe("Utility - sRGB - Texture");
  });
});
