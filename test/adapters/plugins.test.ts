/** Loading checks: what a studio drops into a folder is loaded, or named with the reason; it never stops the others. */
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SHIPPED_CHECKS_DIR } from "../../daemon/adapters/pluginFolders.ts";
import { loadChecks } from "../../daemon/adapters/plugins.ts";
import { createImages } from "../../daemon/adapters/images/images.ts";
import type { CheckBook } from "../../daemon/domain/qc.ts";
import { idleLimit } from "../../daemon/domain/limitFault.ts";
import { askedNow, standInId, waitsForPlugins } from "../../daemon/domain/notLoaded.ts";
import { inspectFrame } from "../../daemon/domain/qcRun.ts";
import { decoded, pngBytes } from "../fixtures/pictures.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { ALL_CHECKS } from "../fixtures/versionFacts.ts";

/** The shipped check files; what begins with _ is a part that several of them share, and no check. */
const SHIPPED = readdirSync("plugins").filter((name) => !name.startsWith("_"));

const source = (id: string, more = "") =>
  `export default {apiVersion:1,id:"${id}",version:1,scope:"frame",needs:["result"],limits:{max:3},${more}run(){return {verdict:"pass",measures:[{name:"a",value:1,unit:"count",limit:3}],message:"ok"}}}`;

const frame = {
  result: decoded({ width: 16, height: 16, channels: 3, bits: 8, value: () => 0.5 }),
  resultFile: { path: "/v/a.png", bytes: 1, frame: null },
  decodeProblem: null,
  plate: null,
  plateProblem: null,
  mask: null,
  maskProblem: null,
  composited: false,
  expected: { width: null, height: null, bitDepth: null, ignore: [] },
};

const asked = (names: readonly string[], book: CheckBook): readonly string[] =>
  askedNow(
    names.map((check) => ({ check, limits: {} })),
    book,
  ).map(({ check }) => check);

describe("the shipped checks", () => {
  test("are all loaded from plugins/", async () => {
    const { checks, book } = await loadChecks([]);
    expect(book.refused).toEqual([]);
    expect(checks.map((check) => check.id)).toEqual(expect.arrayContaining([...ALL_CHECKS]));
    expect(checks.length).toBe(SHIPPED.length);
    for (const entry of book.checks) expect(entry.file.startsWith(SHIPPED_CHECKS_DIR)).toBe(true);
  });
});

describe("a studio's folder", () => {
  test("gives checks in JavaScript and TypeScript beside the shipped ones", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("a.mjs"), source("studio.a"));
    writeFileSync(
      dir.file("b.ts"),
      `const check: { readonly id: string } = ${source("studio.b").slice("export default ".length)} as never;\nexport default check;\n`,
    );
    const { book } = await loadChecks([dir.path]);
    expect(book.refused).toEqual([]);
    expect(book.checks.filter((entry) => entry.id.startsWith("studio."))).toMatchObject([
      { id: "studio.a", version: 1, scope: "frame", limits: { max: 3 }, file: dir.file("a.mjs") },
      { id: "studio.b" },
    ]);
  });

  test.each([
    ["throws.mjs", 'throw new Error("no licence")', /no licence/],
    ["syntax.mjs", "export default {", /can't be loaded/],
    ["empty.mjs", "export const check = 1;", /no default export/],
    ["text.mjs", 'export default "check"', /no check/],
    ["misspelled.mjs", source("studio.x", "limit:{},"), /limit/],
    ["badId.mjs", source("Studio Check"), /dotted lower-case/],
    ["standsIn.mjs", source("plugin.grain"), /must not begin with plugin\./],
    ["oldApi.mjs", source("studio.x").replace("apiVersion:1", "apiVersion:2"), /apiVersion/],
    ["badLimit.mjs", source("studio.x").replace("max:3", 'max:"three"'), /limits\.max/],
    ["badIdle.mjs", source("studio.x", "idleAt:{most:0},"), /idleAt/],
    ["noRun.mjs", source("studio.x").replace(/run\(\)/, "go()"), /run/],
    ["getter.mjs", "export default {get id() { throw new Error('no id today'); }};", /no id today/],
    ["strange.mjs", "throw {toString() { throw new Error('no'); }};", /can't be put into words/],
  ])("names %s and loads the others", async (name, text, words) => {
    using dir = tempDir();
    writeFileSync(dir.file(name), text);
    writeFileSync(dir.file("z.mjs"), source("studio.z"));
    const { book } = await loadChecks([dir.path]);
    expect(book.refused).toEqual([{ file: dir.file(name), message: expect.stringMatching(words) as string }]);
    expect(book.refused[0]?.message).toMatch(/^HP-PLUGIN: /);
    // The other is loaded, and this one stands where it would have looked: nothing passes unseen.
    expect(book.checks.slice(-2).map(({ id, shipped, notLoaded }) => [id, shipped, notLoaded])).toEqual([
      ["studio.z", false, undefined],
      [standInId(name), false, true],
    ]);
  });

  test("of which a file can't be loaded keeps results from passing; mended, it is asked by the name of before", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("Too Bright.mjs"), "throw new Error('no licence today');");
    const broken = await loadChecks([dir.path]);
    const requests = [{ check: "plugin.too_bright", limits: {} }];
    const said = inspectFrame(broken.checks, requests, frame);
    expect([said.verdict, waitsForPlugins(said)]).toEqual(["error", true]);
    expect(said.findings.at(-1)).toMatchObject({
      check: "plugin.too_bright",
      message: expect.stringMatching(/Too Bright\.mjs could not be loaded.*HP-PLUGIN: .*no licence today/) as string,
      hint: expect.stringContaining("qc.checks plugin.too_bright: off") as string,
    });
    writeFileSync(dir.file("Too Bright.mjs"), source("studio.too_bright"));
    const images = createImages({ checkFolders: [dir.path], workers: 1, scratchDir: null });
    try {
      expect((await images.checks()).checks.at(-1)?.id).toBe("studio.too_bright");
      const path = dir.file("a.png");
      const png = await pngBytes({ width: 8, height: 8, channels: 3, bits: 8 });
      writeFileSync(path, png);
      const expected = { width: null, height: null, bitDepth: null, ignore: [] };
      const asked = { path, bytes: png.length, frame: null, platePath: null, expected, checks: requests };
      const { findings } = await images.inspect(asked);
      expect(findings.map(({ check, verdict }) => [check, verdict])).toEqual([
        ["file.decodes", "pass"],
        ["studio.too_bright", "pass"],
      ]);
    } finally {
      await images.close();
    }
    // Taken out of its folder it has nothing to say any more.
    const { findings, notApplied } = inspectFrame((await loadChecks([])).checks, requests, frame);
    expect([findings.map(({ check }) => check), notApplied[0]?.check]).toEqual([["file.decodes"], "plugin.too_bright"]);
  });

  test("with a copy of a check, or one of a shipped check's id, is told so, and the check of that id looks", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("grain.mjs"), source("studio.grain"));
    writeFileSync(dir.file("grain_backup.mjs"), source("studio.grain"));
    writeFileSync(dir.file("ours.mjs"), source("image.not_black"));
    const { book } = await loadChecks([dir.path]);
    expect(book.refused).toEqual([
      {
        file: dir.file("grain_backup.mjs"),
        message: `HP-PLUGIN: the id studio.grain is taken by ${dir.file("grain.mjs")}`,
      },
      {
        file: dir.file("ours.mjs"),
        message: expect.stringMatching(
          /^HP-PLUGIN: the id image\.not_black is taken by .*image_not_black\.ts$/,
        ) as string,
      },
    ]);
    expect(book.checks.filter(({ notLoaded }) => notLoaded === true)).toEqual([]);
    // It may have been broken when a plan was made.
    expect(asked(["plugin.grain_backup", "plugin.ours"], book)).toEqual(["studio.grain", "image.not_black"]);
  });

  test("that could not be read is asked for all it holds when it can, and for nothing only when it is gone", async () => {
    using dir = tempDir();
    const folder = dir.file("my.checks");
    const before = await loadChecks([`${folder}/`]);
    expect(before.book.checks.at(-1)).toMatchObject({ id: "plugin.my_checks", notLoaded: true });
    // What was a file of it is not known to be taken out.
    expect(asked(["plugin.grain"], before.book)).toEqual(["plugin.my_checks"]);
    mkdirSync(folder);
    // As where the disk is not mounted: nobody new is asked for it, and who waits for what it held is told.
    const empty = await loadChecks([folder]);
    expect(empty.book.checks).toHaveLength(SHIPPED.length);
    const said = inspectFrame(empty.checks, [{ check: "plugin.my_checks", limits: {} }], frame);
    expect([said.verdict, waitsForPlugins(said)]).toEqual(["error", true]);
    expect(said.findings.at(-1)).toMatchObject({
      message: expect.stringContaining("now it is empty: is it mounted?") as string,
      hint: expect.stringContaining("take it out of plugins in hotplate.yaml") as string,
    });
    writeFileSync(`${folder}/grain.mjs`, source("studio.grain"));
    writeFileSync(`${folder}/light.mjs`, source("studio.light"));
    writeFileSync(`${folder}/torn.mjs`, "export default {");
    const { book } = await loadChecks([folder]);
    expect(asked(["plugin.my_checks"], book)).toEqual(["studio.grain", "studio.light", "plugin.torn"]);
    expect(asked(["studio.grain", "plugin.my_checks"], book)).toEqual(["studio.grain", "studio.light", "plugin.torn"]);
    expect(asked(["plugin.my_checks"], (await loadChecks([])).book)).toEqual(["plugin.my_checks"]);
  });

  test("and another with files of one name share a check that names both, and are asked for both", async () => {
    using dir = tempDir();
    const [site, show] = [dir.file("site"), dir.file("show")];
    for (const folder of [site, show]) mkdirSync(folder);
    writeFileSync(`${site}/look.mjs`, "export default {");
    writeFileSync(`${show}/Look.mjs`, "export const check = 1;");
    const both = await loadChecks([site, show]);
    const lost = both.checks.filter(({ id }) => id === "plugin.look");
    expect(lost).toHaveLength(1);
    const said = inspectFrame(lost, [{ check: "plugin.look", limits: {} }], frame).findings.at(-1)?.message;
    expect(said).toMatch(
      /site\/look\.mjs, .*show\/Look\.mjs could not be loaded.*site\/look\.mjs: HP-PLUGIN: .*; .*show\/Look\.mjs: HP-PLUGIN: it has no default/,
    );
    writeFileSync(`${site}/look.js`, source("site.look"));
    // One of them is still broken: it keeps standing there.
    expect(asked(["plugin.look"], (await loadChecks([site, show])).book)).toEqual(["site.look", "plugin.look"]);
    rmSync(`${site}/look.mjs`);
    rmSync(`${show}/Look.mjs`);
    writeFileSync(`${show}/look.js`, source("show.look"));
    expect(asked(["plugin.look"], (await loadChecks([site, show])).book)).toEqual(["site.look", "show.look"]);
  });

  test("may hold notes, tests, drafts and links, which are no checks", async () => {
    using dir = tempDir();
    mkdirSync(dir.file("folder.ts"));
    for (const name of ["README.md", "_draft.mjs", ".hidden.mjs", "types.d.ts", "a.test.ts"])
      writeFileSync(dir.file(name), "not code {");
    symlinkSync("/etc/passwd", dir.file("link.mjs"));
    expect((await loadChecks([dir.path])).book.refused).toEqual([]);
  });

  test("that is not there is named, and the shipped checks work on", async () => {
    const { book } = await loadChecks(["/no/such/folder"]);
    expect(book.refused).toMatchObject([
      { file: "/no/such/folder", message: expect.stringContaining("ENOENT") as string },
    ]);
    // Nobody knows what it held: it stands there, too.
    expect(book.checks.filter(({ notLoaded }) => notLoaded !== true)).toHaveLength(SHIPPED.length);
    expect(book.checks.at(-1)?.id).toBe("plugin.folder");
  });

  test("may hold the example of docs/plugins.md, word for word", async () => {
    using dir = tempDir();
    const example = /```ts\n([\s\S]*?)```/.exec(readFileSync("docs/plugins.md", "utf8"))?.[1] ?? "";
    writeFileSync(dir.file("tooBright.ts"), example);
    const { checks, book } = await loadChecks([dir.path]);
    expect(book.refused).toEqual([]);
    const look = (level: number) => {
      const result = decoded({ width: 16, height: 16, channels: 3, bits: 8, value: () => level });
      const seen = inspectFrame(checks, [{ check: "studio.too_bright", limits: {} }], { ...frame, result });
      return seen.findings.find((finding) => finding.check === "studio.too_bright")?.verdict;
    };
    expect([look(0.5), look(1)]).toEqual(["pass", "warn"]);
  });

  test("is asked for in a worker, never in the daemon's own thread", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("a.mjs"), `globalThis.hotplateTestTouched = true;\n${source("studio.a")}`);
    const images = createImages({ scratchDir: "/nonexistent", checkFolders: [dir.path], workers: 1 });
    try {
      expect((await images.checks()).checks.map((entry) => entry.id)).toContain("studio.a");
      expect("hotplateTestTouched" in globalThis).toBe(false);
    } finally {
      await images.close();
    }
  });
});

describe("QC profiles", () => {
  test("are shipped for every kind of work, and each names checks and limits that are there", async () => {
    const { book } = await loadChecks([]);
    expect(book.profiles.map((profile) => profile.name).sort()).toEqual([
      "basic",
      "delivery",
      "inpaint",
      "plate_preserving",
      "relight",
      "text_to_image",
      "upscale",
    ]);
    for (const { name, checks } of book.profiles)
      expect(Object.keys(checks), name).toEqual(expect.arrayContaining([...ALL_CHECKS]));
  });

  test("shipped ones set no limit by which a check finds nothing", async () => {
    const { book } = await loadChecks([]);
    const idle = book.profiles.flatMap(({ name, checks }) =>
      Object.entries(checks).flatMap(([id, wish]) =>
        Object.entries(wish ?? {}).map(([limit, value]) => {
          const check = book.checks.find((each) => each.id === id);
          return check === undefined || typeof value !== "number"
            ? null
            : idleLimit({ ...check, id: `${name} ${id}` }, limit, value);
        }),
      ),
    );
    expect(idle.length).toBeGreaterThan(0);
    expect(idle.filter((each) => each !== null)).toEqual([]);
  });

  test("of a studio lie beside its checks; one takes the place of a shipped one, a wrong one is named and left out", async () => {
    using dir = tempDir();
    writeFileSync(
      dir.file("relight.profile.yaml"),
      "hotplate: 1\nname: relight\ntitle: Ours\nchecks: {image.clip: {moreMax: 0.1}}\n",
    );
    writeFileSync(
      dir.file("bad.profile.yaml"),
      "hotplate: 1\nname: bad\ntitle: Bad\nchecks: {image.clap: , image.clip: {mostMax: 1}}\n",
    );
    writeFileSync(dir.file("none.profile.yaml"), "hotplate: 1\nname: None\nchecks: [\n");
    const { book } = await loadChecks([dir.path]);
    expect(book.profiles.find((profile) => profile.name === "relight")).toMatchObject({
      title: "Ours",
      checks: { "image.clip": { moreMax: 0.1 } },
    });
    expect(book.refused.map(({ message }) => message)).toEqual([
      "HP-PLUGIN: there is no check image.clap (nearest: image.clip); image.clip has no limit mostMax",
      expect.stringContaining("HP-PLUGIN: it is no YAML") as string,
    ]);
  });
});
