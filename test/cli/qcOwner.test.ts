/** `hotplate qc run --show --recipe`, by a configuration that has no slot; and pictures that say of themselves that they are simulated. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dressPng } from "../../daemon/adapters/images/pngDress.ts";
import type { QcRunReport } from "../../daemon/domain/qcRunReport.ts";
import { qcRunSchema } from "../../daemon/domain/qcRunReport.ts";
import { simulatedMark } from "../../daemon/domain/simulatedMark.ts";
import { xmpPacket } from "../../daemon/domain/xmpPacket.ts";
import { picture, writePng } from "../fixtures/pictures.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { readXml } from "../fixtures/xml.ts";
import type { Said } from "./commandLine.ts";
import { hotplate } from "./commandLine.ts";

const SIZE = { width: 320, height: 180, channels: 3, bits: 16 } as const;
const EMBED = { digitalSourceType: "x", assetRef: "hotplate://A/B/c/v001", assetId: "urn:uuid:1", seed: "1" } as const;

let dir: TempDir;
beforeAll(async () => {
  dir = tempDir();
  await writePng(dir.path, "plate.png", SIZE);
  await writePng(dir.path, "same.png", SIZE);
  const [x0, y0, width, height] = simulatedMark(SIZE.width, SIZE.height);
  const marked = (x: number, y: number, c: number): number => {
    const inMark = x >= x0 && x < x0 + width && y >= y0 && y < y0 + height;
    return inMark ? 0.09 : picture(x, y, c);
  };
  await writePng(dir.path, "silent.png", { ...SIZE, value: marked });
  const said = dressPng(readFileSync(dir.file("silent.png")), xmpPacket({ ...EMBED, simulated: true }));
  writeFileSync(dir.file("simulated.png"), said.bytes);
  mkdirSync(dir.file("ci"));
  writeFileSync(
    dir.file("ci/hotplate.yaml"),
    `hotplate: 1
qc:
  recipes:
    env_relight: {checks: {image.clip: {moreMax: 0.3}}}
  shows:
    AGM:
      profile: relight
      checks: {image.grain: {ratioMax: 2.5, severity: measure}}
      recipes: {env_relight: {checks: {image.clip: {moreMax: 0.4}}}}
    OWL: {checks: {image.nonesuch: {}}}
`,
  );
});
afterAll(() => dir[Symbol.dispose]());

const run = (...args: readonly string[]): Promise<Said> => hotplate(["qc", "run", ...args], { cwd: dir.path });
const CI = ["--config", "ci/hotplate.yaml"] as const;
const reportOf = (said: Said): QcRunReport => qcRunSchema.parse(said.json());
const limitOf = (report: QcRunReport, check: string, limit: string): unknown => {
  const found = report.profile.checks.find((each) => each.check === check);
  return [found?.limits[limit], found?.from?.[limit]];
};

describe("a show and a recipe", () => {
  it("bring their limits and profile from a configuration that has neither slots nor roots", async () => {
    const said = await run(
      "same.png",
      "--plate",
      "plate.png",
      ...CI,
      "--show",
      "AGM",
      "--recipe",
      "env_relight",
      "--json",
    );
    expect([said.stderr, said.code]).toEqual(["", 0]);
    const report = reportOf(said);
    expect(report.profile).toMatchObject({ name: "relight", show: "AGM", recipe: "env_relight" });
    expect(limitOf(report, "image.grain", "ratioMax")).toEqual([2.5, "hotplate.yaml, show AGM"]);
    expect(limitOf(report, "image.clip", "moreMax")).toEqual([0.4, "hotplate.yaml, show AGM, recipe env_relight"]);
    expect(report.profile.checks.find(({ check }) => check === "image.grain")?.severity).toBe("measure");

    const recipe = reportOf(await run("same.png", "--plate", "plate.png", ...CI, "--recipe", "env_relight", "--json"));
    expect(limitOf(recipe, "image.clip", "moreMax")).toEqual([0.3, "hotplate.yaml, recipe env_relight"]);
    const own = await run("same.png", "--plate", "plate.png", ...CI, "--show", "AGM", "--profile", "upscale");
    expect(own.stdout).toMatch(/^PASS {2}1 picture by profile upscale \(\d+ checks\) for show AGM: 1 pass\n$/);
    const none = reportOf(await run("same.png", "--plate", "plate.png", ...CI, "--json"));
    expect(none.profile).toMatchObject({ name: "plate_preserving", show: null, recipe: null });
    expect(limitOf(none, "image.clip", "moreMax")).toEqual([0.005, expect.stringContaining("the check's own")]);
  });

  it("a recipe brings its scale and bits: what it makes is not measured by the plate's size", async () => {
    const size = { ...SIZE, width: SIZE.width * 2, height: SIZE.height * 2, bits: 8 as const };
    await writePng(dir.path, "twice.png", { ...size, value: (x, y, c) => picture(x / 2, y / 2, c) });
    const asked = ["--plate", "plate.png", "--recipe", "upscale_x2", "--check", "header.size", "--json"];
    const twice = await run("twice.png", ...asked);
    expect([twice.code, reportOf(twice).result]).toEqual([0, "pass"]);
    const same = await run("same.png", ...asked);
    expect(
      reportOf(same).sequences[0]?.frames[0]?.inspection.findings.find(({ check }) => check === "header.size"),
    ).toMatchObject({
      result: "fail",
      message: expect.stringContaining("640 x 360 px"),
    });
    // What the command line names goes before it.
    expect((await run("same.png", ...asked, "--size", "320x180")).code).toBe(0);
  });

  it("that nobody knows are a wrong call, with the nearest; so is a check that the show wants and nobody has", async () => {
    const show = await run("same.png", ...CI, "--show", "AGN");
    expect([show.code, show.stderr]).toEqual([2, expect.stringMatching(/no show "AGN"[^]*Did you mean AGM\?/)]);
    const recipe = await run("same.png", "--recipe", "env_relite");
    expect([recipe.code, recipe.stderr]).toEqual([2, expect.stringContaining("Did you mean env_relight?")]);
    const alone = await run("same.png", "--show", "AGM");
    expect([alone.code, alone.stderr]).toEqual([3, expect.stringContaining("HP-CONFIG-MISSING")]);
    const owl = await run("same.png", ...CI, "--show", "OWL");
    expect([owl.code, owl.stderr]).toEqual([3, expect.stringContaining("qc.shows.OWL of hotplate.yaml")]);
  });
});

describe("a plugin that can't be loaded", () => {
  beforeAll(() => {
    mkdirSync(dir.file("checks"), { mode: 0o755 });
    writeFileSync(dir.file("checks/gate.js"), "export default { apiVersion: 1, id: 'studio.gate' };");
    writeFileSync(dir.file("broken.yaml"), `hotplate: 1\nplugins: [${dir.file("checks")}]\n`);
  });

  it("is no green run: exit 9, said in every report; what was asked for by name misses nothing", async () => {
    const [junit, sarif, html] = ["qc.xml", "qc.sarif", "qc.html"].map((name) => dir.file(name));
    const files = ["--junit", junit ?? "", "--sarif", sarif ?? "", "--html", html ?? ""];
    const said = await run("same.png", "--config", "broken.yaml", ...files);
    expect(said.code).toBe(9);
    expect(said.stdout).toMatch(
      /not loaded \S*gate\.js: nobody looked for what it looks for \(HP-PLUGIN: [^]*\nERROR {2}1 picture/,
    );
    const root = readXml(readFileSync(junit ?? "", "utf8"));
    expect(root.attributes).toMatchObject({ errors: "1", failures: "0" });
    const log = JSON.parse(readFileSync(sarif ?? "", "utf8")) as {
      runs: [
        {
          invocations: [{ executionSuccessful: boolean; toolExecutionNotifications: [{ message: { text: string } }] }];
        },
      ];
    };
    const [invocation] = log.runs[0].invocations;
    expect([invocation.executionSuccessful, invocation.toolExecutionNotifications[0].message.text]).toEqual([
      false,
      expect.stringContaining("gate.js"),
    ]);
    expect(readFileSync(html ?? "", "utf8")).toContain("Not loaded, and so nobody looked");
    const json = reportOf(await run("same.png", "--config", "broken.yaml", "--json"));
    expect([json.executionStatus, json.notLoaded.map(({ file }) => file)]).toEqual([
      "error",
      [dir.file("checks/gate.js")],
    ]);

    const named = await run("same.png", "--config", "broken.yaml", "--check", "image.not_black");
    expect(named.code).toBe(0);
    const lost = await run("same.png", "--config", "broken.yaml", "--check", "studio.gate");
    expect([lost.code, lost.stderr]).toEqual([2, expect.stringContaining("gate.js")]);
  });
});

describe("a picture that says of itself that it is simulated", () => {
  it("is looked at but for its mark, as the daemon does; one that is silent is looked at everywhere", async () => {
    const look = (name: string) =>
      run(name, "--plate", "plate.png", "--check", "image.border,plate.structure", "--json");
    const silent = reportOf(await look("silent.png"));
    expect(silent.result).toBe("warn");
    const said = reportOf(await look("simulated.png"));
    expect(said.sequences[0]?.frames[0]?.inspection.findings.map(({ check, result }) => [check, result])).toEqual([
      ["file.decodes", "pass"],
      ["image.border", "pass"],
      ["plate.structure", "pass"],
    ]);
  });

  it("and nothing speaks of a recipe where there is none", async () => {
    const said = await run("same.png", "--plate", "plate.png", "--check", "mask.preserved,image.bit_depth", "--json");
    expect(said.stdout).toContain("there is no mask: the whole frame may change");
    // Nobody promised bits: the file's own are looked at beside the plate's.
    const found = reportOf(said).sequences[0]?.frames[0]?.inspection.findings.map(({ check }) => check);
    expect(found).toContain("image.bit_depth");
    expect(said.stdout).not.toContain("the recipe");
  });
});
