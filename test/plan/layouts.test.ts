/** Where results land by the show's layout, and what is said when a path does not tell enough, or too much. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Problem } from "../../daemon/domain/errors.ts";
import {
  proxyPath,
  reviewPaths,
  reviewSheet,
  sheetName,
  versionDir,
  versionFileName,
} from "../../daemon/domain/naming.ts";
import type { StepPlan } from "../../daemon/domain/plan.ts";
import type { PlanOutcome } from "../../daemon/planManifest.ts";
import type { Studio } from "./planWorld.ts";
import { goodPlate, makeStudio, PLATE } from "./planWorld.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hotplate-layouts-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const TOOLKIT_PLATE = "AGM/sequences/TUN/010/editorial/plates/010_PL01_v002/960x540/010_PL01_v002";
const SERIES_PLATE = "AGM_104_065_010/AGM_104_065_010_PL01_v001/960x540/AGM_104_065_010_PL01_v001";

function withPlate(studio: Studio, stem: string): Studio {
  for (const frame of [1001, 1002]) studio.put(`${stem}.${frame}.png`);
  return studio;
}
function step(outcome: PlanOutcome): StepPlan {
  expect(outcome.kind === "rejected" ? outcome.problems : outcome.kind).toBe("plan");
  if (outcome.kind !== "plan") throw new Error("no plan");
  return outcome.plan.steps[0]!;
}
function problems(outcome: PlanOutcome): readonly Problem[] {
  return outcome.kind === "rejected" ? outcome.problems : [];
}
const codes = (outcome: PlanOutcome): readonly string[] => problems(outcome).map(({ code }) => code);
const manifest = (stem: string, more = ""): string => `use: grain\nplate: ../${stem}.####.png\n${more}`;
/** Every name that a version of this step gets, relative to the root. */
function names(of: StepPlan): readonly string[] {
  const { target } = of;
  const file = versionFileName(of, { version: 7, wedge: 2, frame: 1001, stagedPath: "x.exr", padding: 4 });
  const version = versionDir(target, 7);
  const review = reviewPaths(target, 7);
  return [
    join(version, file),
    join(version, sheetName(target, 7, 1)),
    proxyPath(target, { version: 7, wedge: 2, frame: 1001 }),
    reviewSheet(target, 7, 2),
    review.qcReport,
  ].map((path) => path.replace(`${root}/`, ""));
}
const SWEEP = "sweep: {axes: {seed: {count: 3}}}\n";

describe("results", () => {
  it("of a node that says nothing of paths land beside the plate, as they always did", async () => {
    const studio = makeStudio(root);
    goodPlate(studio);
    expect(names(step(await studio.plan(`use: grain\nplate: ${PLATE}\n${SWEEP}`)))).toEqual([
      "SH010/grain/v007/w002/SH010_PL01_grain_v007_w002.1001.exr",
      "SH010/grain/v007/contact_v007.jpg",
      "SH010/review/grain_v007/w002.1001.jpg",
      "SH010/review/grain_v007/grain_v007_contact_p2.jpg",
      "SH010/review/grain_v007/grain_v007_qc.html",
    ]);
    expect(names(step(await studio.plan(`use: grain\nplate: ${PLATE}\n`))).slice(0, 3)).toEqual([
      "SH010/grain/v007/SH010_PL01_grain_v007.1001.exr",
      "SH010/grain/v007/contact_v007.jpg",
      "SH010/review/grain_v007/w002.1001.jpg",
    ]);
  });

  it("go to the layout's work when the manifest, or the configuration, says so", async () => {
    const studio = withPlate(makeStudio(root, { layout: "toolkit", base: "{show}" }), TOOLKIT_PLATE);
    const there = [
      "AGM/sequences/TUN/010/comp/work/images/env_x/v007/w002/010_env_x_v007_w002.1001.exr",
      "AGM/sequences/TUN/010/comp/work/images/env_x/v007/contact_v007.jpg",
      "AGM/sequences/TUN/010/review/010_env_x_v007/010_env_x_v007_w002.1001.jpg",
      "AGM/sequences/TUN/010/review/010_env_x_v007_contact_p2.jpg",
      "AGM/sequences/TUN/010/review/010_env_x_v007_qc.html",
    ];
    const said = manifest(TOOLKIT_PLATE, `product: env_x\ntask: comp\n${SWEEP}`);
    expect(names(step(await studio.plan(`${said}output: {to: work}\n`)))).toEqual(there);
    expect(step(await studio.plan(said)).target.productDir).toBe(join(root, "AGM/sequences/TUN/010/editorial/env_x"));
    const byConfig = withPlate(makeStudio(root, { layout: "toolkit", base: "{show}", to: "work" }), TOOLKIT_PLATE);
    expect(names(step(await byConfig.plan(said)))).toEqual(there);
  });

  it("follow the layout of their own show", async () => {
    const studio = withPlate(
      makeStudio(root, { shows: { AGM: { layout: "vendor_series", to: "work" } } }),
      SERIES_PLATE,
    );
    expect(names(step(await studio.plan(manifest(SERIES_PLATE, `task: comp\n${SWEEP}`))))[0]).toBe(
      "AGM_104_065_010/work/comp/grain/v007/w002/AGM_104_065_010_grain_v007_w002.1001.exr",
    );
  });

  it("need every token of their path, and are told which one nobody said", async () => {
    const studio = withPlate(makeStudio(root, { layout: "toolkit", base: "{show}", to: "work" }), TOOLKIT_PLATE);
    const [problem] = problems(await studio.plan(manifest(TOOLKIT_PLATE)));
    expect([problem?.code, problem?.message, problem?.action]).toEqual([
      "HP-PATH-TOKEN",
      "work of layout toolkit needs {step}, and neither the plate's path nor the manifest says it.",
      "Add  task: comp, or ask the TD (hotplate path explain PLATE).",
    ]);
    const wrong = problems(await studio.plan(manifest(TOOLKIT_PLATE, 'task: "comp/2"\n')));
    expect([wrong[0]?.code, wrong[0]?.line, wrong[0]?.message]).toEqual([
      "HP-PATH-TOKEN",
      3,
      '"comp/2" can\'t be {step} in work of layout toolkit.',
    ]);
  });

  it("have nowhere to go where the layout has no such place, or one name for many", async () => {
    const beside = makeStudio(root);
    goodPlate(beside);
    expect(codes(await beside.plan(`use: grain\nplate: ${PLATE}\noutput: {to: work}\n`))).toEqual([
      "HP-PATH-DESTINATION",
    ]);
    const single = {
      toolkit: { work: "@shot_root/{step}/{product}/{version}/{shot}_{product}_{version}[.{frame}].{ext}" },
    };
    const studio = withPlate(makeStudio(root, { layout: "toolkit", base: "{show}", layouts: single }), TOOLKIT_PLATE);
    const [problem] = problems(await studio.plan(manifest(TOOLKIT_PLATE, `task: comp\noutput: {to: work}\n${SWEEP}`)));
    expect([problem?.code, problem?.message]).toEqual([
      "HP-PATH-DESTINATION",
      "work of layout toolkit has no {wedge} in its names, and this manifest makes 3 variations.",
    ]);
  });

  it("are published by nobody but a person; and a delivery's name belongs to one product", async () => {
    const studio = withPlate(
      makeStudio(root, { layout: "vendor_series", tokens: { vendor: { default: "NFX" } } }),
      SERIES_PLATE,
    );
    const text = manifest(SERIES_PLATE, "task: comp\nproduct: second\noutput: {to: publish}\n");
    expect(codes(await studio.plan(text))).toEqual(["HP-PATH-UNAPPROVED"]);
    const claims = join(root, "AGM_104_065_010/.hotplate/comp_NFX/claims");
    mkdirSync(claims, { recursive: true });
    writeFileSync(join(claims, "v002.json"), JSON.stringify({ product: "first" }));
    const found = problems(await studio.plan(text));
    expect(found.map(({ code }) => code).toSorted()).toEqual(["HP-PATH-PRODUCT", "HP-PATH-UNAPPROVED"]);
    expect(found.find(({ code }) => code === "HP-PATH-PRODUCT")?.message).toBe(
      "AGM_104_065_010_comp_NFX is the name of product first; its versions can't be of second, too.",
    );
    expect(codes(await studio.plan(text.replace("second", "first")))).toEqual(["HP-PATH-UNAPPROVED"]);
  });

  it("stay inside the roots, whatever links the layout's folders are", async () => {
    const studio = withPlate(makeStudio(root, { layout: "toolkit", base: "{show}", to: "work" }), TOOLKIT_PLATE);
    const outside = mkdtempSync(join(tmpdir(), "hotplate-outside-"));
    symlinkSync(outside, join(root, "AGM/sequences/TUN/010/review"));
    expect(codes(await studio.plan(manifest(TOOLKIT_PLATE, "task: comp\n")))).toEqual(["HP-PATH-ROOT"]);
    rmSync(outside, { recursive: true });
  });
});

describe("a plate's path", () => {
  it("that no template fits is told, and keeps nobody from landing beside it", async () => {
    const studio = makeStudio(root, { layout: "toolkit", base: "{show}" });
    goodPlate(studio);
    const outcome = await studio.plan(`use: grain\nplate: ${PLATE}\n`);
    expect(step(outcome).target.productDir).toBe(join(root, "SH010/grain"));
    expect(outcome.kind === "plan" ? outcome.plan.notes : []).toEqual([
      'No template for plates of layout toolkit fits SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png: at "plates/SH010_PL01_v001/SH010_PL01_v001.####.png" it wants "/sequences/".',
    ]);
    expect(outcome.kind === "plan" ? outcome.notes.map(({ code }) => code) : []).toEqual(["HP-PATH-TEMPLATE"]);
  });

  it("that can be read in two ways is refused with both, until the manifest says which", async () => {
    const loose = {
      like: "vendor_series",
      tokens: { seq: { match: "[A-Za-z0-9]+" } },
      shot: "{show}_{episode}_[{seq}_][{scene}_]{shotnum}",
      plate: "@shot_{plate}_v{plate_version}/@shot_{plate}_v{plate_version}.{frame}.{ext}",
      ambiguous: ["plate"],
      work: "out/{shotnum}/{product}/{version}/r_{product}_{version}[_{wedge}][.{frame}].{ext}",
      publish: "pub/{shotnum}/{product}/{version}/r_{product}_{version}[.{frame}].{ext}",
      publish_state: "pub/{shotnum}/{product}/.hotplate",
      review: "review/{shotnum}/{product}_{version}/{product}_{version}[_{wedge}][.{frame}].{ext}",
      contact: "review/{shotnum}/{product}_{version}_contact[_p{page}].jpg",
      qc: "review/{shotnum}/{product}_{version}_qc.html",
    };
    const stem = "AGM_104_065_010_PL01_v001/AGM_104_065_010_PL01_v001";
    const studio = withPlate(makeStudio(root, { layout: "loose", layouts: { loose } }), stem);
    const [problem] = problems(await studio.plan(manifest(stem)));
    expect([problem?.code, problem?.line, problem?.message, problem?.action]).toEqual([
      "HP-PATH-AMBIGUOUS",
      2,
      "AGM_104_065_010_PL01_v001.####.png could be seq 065 or scene 065. Add shot:, or ask the TD.",
      'Add  shot: {seq: "065"}, or ask the TD.',
    ]);
    expect(
      step(await studio.plan(manifest(stem, 'shot: {scene: "065"}\noutput: {to: work}\n'))).target.paths?.tokens,
    ).toMatchObject({
      scene: "065",
      shotnum: "010",
    });
    expect(codes(await studio.plan(manifest(stem, 'shot: {scene: "066"}\n')))).toEqual(["HP-PATH-AMBIGUOUS"]);
  });

  it("whose folder and file name different versions renders nothing", async () => {
    const stem = TOOLKIT_PLATE.replace("010_PL01_v002/960", "010_PL01_v003/960");
    const studio = withPlate(makeStudio(root, { layout: "toolkit", base: "{show}" }), stem);
    const [problem] = problems(await studio.plan(manifest(stem)));
    expect([problem?.code, problem?.message]).toEqual([
      "HP-PLATE-VERSION",
      "Folder says v003, file says v002. Nothing was rendered.",
    ]);
  });
});
