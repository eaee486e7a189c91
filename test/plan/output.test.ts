/** What a manifest, a recipe or nobody says of the frames' format, and what is refused with its reason. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultFormat, formatExtension, formatWords, frameFormat } from "../../daemon/domain/outputFormat.ts";
import { planText } from "../../daemon/domain/planText.ts";
import { newJob } from "../contract/store.ts";
import type { RecipeFile } from "../../daemon/domain/recipe.ts";
import { resolveOutput } from "../../daemon/planOutput.ts";
import type { Studio } from "./planWorld.ts";
import { goodPlate, makeStudio, PLATE } from "./planWorld.ts";

let root: string;
let studio: Studio;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hotplate-plan-"));
  studio = makeStudio(root);
  goodPlate(studio);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const plan = (format: string) => studio.plan(`use: grain\nplate: ${PLATE}\noutput: {format: ${format}}\n`);

describe("output.format", () => {
  it.each([
    ["png", { kind: "png" }],
    ["png16", { kind: "png16" }],
    ["tiff", { kind: "tiff16" }],
    ["exr", { kind: "exr", type: "half", compression: "zip" }],
    ["{exr: {}}", { kind: "exr", type: "half", compression: "zip" }],
    ["{exr: {type: float, compression: none}}", { kind: "exr", type: "float", compression: "none" }],
    ["{exr: {compression: zips}}", { kind: "exr", type: "half", compression: "zips" }],
  ])("%s is planned as what it says", async (said, format) => {
    const outcome = await plan(said);
    if (outcome.kind !== "plan") throw new Error(JSON.stringify(outcome));
    expect(outcome.plan.steps[0]?.output.format).toEqual(format);
    expect(planText(outcome.plan).join("\n")).toContain(
      `  writes:   ${formatWords(outcome.plan.steps[0]!.output.format)}`,
    );
  });

  it("tells of a proxy in the plan", async () => {
    const outcome = await plan("{exr: {type: half}, proxy: mp4}");
    if (outcome.kind !== "plan") throw new Error(JSON.stringify(outcome));
    expect(planText(outcome.plan).join("\n")).toContain(
      "  writes:   OpenEXR, half, zip; a movie (MP4) inside the version",
    );
  });

  it.each([
    ["dwaa", /dwaa is lossy/],
    ["b44a", /b44a is lossy/],
    ["pxr24", /cuts floats to 24 bits/],
    ["piz", /not written by this version; zip is as exact/],
    ["rle", /not written by this version; zip is as exact/],
  ])("with %s compression is refused with the reason", async (compression, reason) => {
    const outcome = await plan(`{exr: {compression: ${compression}}}`);
    const problem = outcome.kind === "rejected" ? outcome.problems[0] : null;
    expect(problem).toMatchObject({ code: "HP-OUTPUT-FORMAT", line: 3, found: compression });
    expect(problem?.message).toMatch(reason);
    expect(problem?.action).toBe("Write  compression: zip.");
  });

  it.each(["jpg", "mp4", "dpx", "{exr: {typ: half}}"])(
    "%s is no format, and the right ones are named",
    async (said) => {
      const outcome = await plan(said);
      const problem = outcome.kind === "rejected" ? outcome.problems[0] : null;
      expect(problem?.code).toMatch(/^HP-MANIFEST-(TYPE|RANGE|FIELD)$/);
      expect(`${problem?.expected} ${problem?.nearest}`).toMatch(/png16|type/);
    },
  );
});

it("proxies and the movies' rate are planned as they are said; a rate that is none is refused at its place", async () => {
  const asked = async (plate: string, format: string) =>
    studio.plan(`use: grain\nplate: ${plate}\noutput: {format: ${format}}\n`);
  const good = await asked(`{path: ${PLATE}, fps: 23.976}`, "{proxy: mp4}");
  expect(good.kind === "plan" ? good.plan.steps[0]?.output : good).toEqual({
    format: { kind: "png" },
    proxy: "mp4",
    rate: { numerator: 24_000, denominator: 1001 },
  });
  const both = await asked(PLATE, "{exr: {type: float}, proxy: jpg}");
  expect(both.kind === "plan" ? both.plan.steps[0]?.output : both).toMatchObject({
    format: { kind: "exr", type: "float" },
    proxy: "jpg",
  });
  const wrong = await asked(`{path: ${PLATE}, fps: fast}`, "png");
  expect(wrong.kind === "rejected" ? wrong.problems[0] : wrong).toMatchObject({ line: 2 });
});

describe("when a manifest names none", () => {
  const recipe = (format?: RecipeFile["result"]["format"]): RecipeFile =>
    ({ name: "r", result: { node: "1", bitDepth: 8, scale: 1, format } }) as unknown as RecipeFile;
  const of = (file: RecipeFile, said?: string) =>
    resolveOutput({
      manifest: said === undefined ? {} : { output: { to: "beside", format: "tiff" } },
      recipe: file,
      plate: null,
    });

  it("the recipe's word counts, and the manifest's before it", () => {
    expect(of(recipe("png16")).value).toMatchObject({ format: { kind: "png16" } });
    expect(of(recipe("png16"), "tiff").value).toMatchObject({ format: { kind: "tiff16" } });
    const lossy = of(recipe({ exr: { type: "half", compression: "dwaa" } }));
    expect(lossy.findings[0]).toMatchObject({ code: "HP-OUTPUT-FORMAT", message: expect.stringContaining("Recipe r") });
  });

  it("a plate of light or camera codes becomes half EXR, all else stays PNG", () => {
    const exr = { kind: "exr", type: "half", compression: "zip" };
    const hints = { bitDepth: 16, space: null, chromaticities: null, aces: false, transfer: null } as const;
    expect(defaultFormat({ ext: "exr" })).toEqual(exr);
    expect(defaultFormat({ ext: "tif", color: { ...hints, format: "tiff", sampleType: "float" } })).toEqual(exr);
    expect(defaultFormat({ ext: "dpx", color: { ...hints, format: "dpx", sampleType: "uint" } })).toEqual(exr);
    expect(defaultFormat({ ext: "tif", color: { ...hints, format: "tiff", sampleType: "uint" } })).toEqual({
      kind: "png",
    });
    expect(defaultFormat({ ext: "png" })).toEqual({ kind: "png" });
    expect(defaultFormat(null)).toEqual({ kind: "png" });
  });
});

it("every format has an extension and words, and the plan's text shows the extension", () => {
  const formats = (["png", "png16", "tiff", "exr"] as const).map((said) => frameFormat(said));
  expect(
    formats.map((format) => (format === null || typeof format === "string" ? null : formatExtension(format))),
  ).toEqual(["png", "png", "tif", "exr"]);
  const job = newJob("job_a").plan;
  const step = { ...job.steps[0]!, output: { format: { kind: "exr", type: "half", compression: "zip" } as const } };
  expect(planText({ ...job, steps: [step] }).join("\n")).toMatch(/v###.*\.1001\.exr/);
});

it("the plan's text says how many variations it does not list", () => {
  const step = newJob("job_a", { wedges: 4 }).plan.steps[0]!;
  const textOf = (count: number) =>
    planText({ ...newJob("job_a").plan, steps: [{ ...step, wedges: step.wedges.slice(0, count) }] });
  expect(textOf(4).filter((line) => line === "            and 1 more")).toHaveLength(2);
  expect(textOf(3).join("\n")).not.toContain("more");
  expect(textOf(1).join("\n")).not.toContain("more");
});
