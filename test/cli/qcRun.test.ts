/** `hotplate qc run` over pictures on disk: sequences, plates, masks, exit codes, and its JSON; no configuration, no daemon. */
import { mkdirSync, readFileSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { QcRunReport } from "../../daemon/domain/qcRunReport.ts";
import { qcRunSchema } from "../../daemon/domain/qcRunReport.ts";
import type { Value } from "../fixtures/pictures.ts";
import { picture, writePng } from "../fixtures/pictures.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { readXml } from "../fixtures/xml.ts";
import type { Said } from "./commandLine.ts";
import { hotplate } from "./commandLine.ts";

const SIZE = { width: 320, height: 180, channels: 3, bits: 16 } as const;
const MEND = "Mend the link, or take it out of what is looked at.";
const BLACK: Value = () => 0;
/** The right half is another picture. */
const EDITED: Value = (x, y, c) => (x >= 160 ? picture(x + 40, y + 9, c) * 0.9 : picture(x, y, c));

const EDIT = ["edit.png", "--plate", "plates/p.1001.png"];

let dir: TempDir;
beforeAll(async () => {
  dir = tempDir();
  for (const folder of ["plates", "out", "clean"]) mkdirSync(dir.file(folder));
  for (const frame of [1001, 1002, 1003, 1004]) {
    await writePng(dir.file("plates"), `p.${frame}.png`, SIZE);
    await writePng(dir.file("clean"), `c.${frame}.png`, SIZE);
  }
  await writePng(dir.file("out"), "o.1001.png", SIZE);
  await writePng(dir.file("out"), "o.1002.png", { ...SIZE, value: BLACK });
  await writePng(dir.file("out"), "o.1004.png", { ...SIZE, width: 312 });
  await writePng(dir.path, "edit.png", { ...SIZE, value: EDITED });
  await writePng(dir.path, "mask.png", { ...SIZE, channels: 1, value: (x) => (x >= 160 ? 1 : 0) });
  for (const folder of ["many", "many/a", "many/b"]) mkdirSync(dir.file(folder));
  for (const folder of ["many/a", "many/b"]) await writePng(dir.file(folder), "x.png", SIZE);
  writeFileSync(dir.file("out/notes.txt"), "not a picture");
  writeFileSync(dir.file("cut.png"), readFileSync(dir.file("edit.png")).subarray(0, 4_000));
  writeFileSync(dir.file("strange.exr"), "this is no OpenEXR file at all");
});
afterAll(() => dir[Symbol.dispose]());

const run = (...args: readonly string[]): Promise<Said> => hotplate(["qc", "run", ...args], { cwd: dir.path });
const reportOf = (said: Said): QcRunReport => qcRunSchema.parse(said.json());

describe("pictures that are what they should be", () => {
  it("pass with exit 0: a folder beside its plates, in the report's own schema", async () => {
    const said = await run("clean", "--plate", "plates/p.%04d.png", "--json");
    const report = reportOf(said);
    expect([said.code, report.result, report.executionStatus]).toEqual([0, "pass", "complete"]);
    expect(report.totals.frames).toEqual({ pass: 4, warn: 0, fail: 0, error: 0, notLooked: 0 });
    expect(report.profile.name).toBe("plate_preserving");
    const [sequence] = report.sequences;
    expect([sequence?.name, sequence?.missing]).toEqual(["c.####.png", []]);
    expect(sequence?.frames.map(({ plate }) => plate)).toEqual(
      [1001, 1002, 1003, 1004].map((n) => dir.file(`plates/p.${n}.png`)),
    );
    const bytes = readFileSync(dir.file("clean/c.1002.png"));
    expect(sequence?.frames[1]?.file).toEqual({
      path: dir.file("clean/c.1002.png"),
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    });
    // The whole was looked at as one, too.
    expect(sequence?.sequence?.findings.map(({ check }) => check)).toContain("frames.complete");
  });

  it("are said to be in one line", async () => {
    const said = await run("clean/c.1001.png", "edit.png");
    expect(said.code).toBe(0);
    expect(said.stdout).toMatch(/^PASS {2}2 pictures by profile basic \(\d+ checks\): 2 pass\n$/);
  });

  it("keep the edit inside its mask apart from what must stay", async () => {
    const inside = await run(
      "edit.png",
      "--plate",
      "plates/p.1001.png",
      "--mask",
      "mask.png",
      "--composited",
      "--check",
      "mask.preserved",
      "--json",
    );
    expect([inside.code, reportOf(inside).result]).toEqual([0, "pass"]);
    const turned = await run(
      "edit.png",
      "--plate",
      "plates/p.1001.png",
      "--mask",
      "mask.png",
      "--mask-invert",
      "--check",
      "mask.preserved",
    );
    expect(turned.code).toBe(1);
    expect(turned.stdout).toMatch(/^FAIL\tedit\.png\tmask\.preserved\tp999 [\d.]+ code \(at most 1 code\)[,\t]/);
  });
});

describe("faults", () => {
  it("of a sequence without a plate are told: it is one picture", async () => {
    const said = await run("clean", "--profile", "text_to_image", "--gate", "warn");
    expect(said.code).toBe(10);
    expect(said.stdout).toContain("WARN\tc.####.png 1002\tframes.repeated\tequal 3 (at most 0)");
    // The pictures pass; without its own count nobody would see where the WARN comes from.
    expect(said.stdout).toMatch(/\nWARN {2}4 pictures by .*: 4 pass; as a sequence: 1 warn\n$/);
  });

  it("end with exit 1 and stand worst first, each number beside its threshold", async () => {
    const said = await run("out", "--plate", "plates", "--gate", "warn");
    expect(said.code).toBe(1);
    const lines = said.stdout.trimEnd().split("\n");
    expect(lines.at(-1)).toMatch(
      /^FAIL {2}3 pictures by profile plate_preserving \(\d+ checks\): 2 fail, 1 pass; as a sequence: 1 fail$/,
    );
    expect(lines.at(-2)).toBe("not looked at  1 (no picture by its name): notes.txt");
    const rows = lines.slice(0, -2).filter((line) => !line.startsWith("  do this:  "));
    const verdicts = rows.map((line) => line.split("\t")[0]);
    expect(verdicts).toEqual([...verdicts].sort((a = "", b = "") => "FAIL WARN".indexOf(a) - "FAIL WARN".indexOf(b)));
    expect(said.stdout).toContain("FAIL\to.####.png 1002\timage.not_black\tlumaMean 0 % (limit 0.8 %)");
    expect(said.stdout).toContain("FAIL\to.####.png 1004\theader.size\twidth 312 px (must be 320 px)");
    expect(said.stdout).toContain("FAIL\to.####.png\tframes.complete\tmissing 1 (at most 0)");
  });

  it("that are only warnings change the exit code when that is asked for", async () => {
    const warned = [...EDIT, "--check", "plate.structure", "--limit", "plate.structure.ssimMin=1"];
    const plain = await run(...warned);
    expect([plain.code, plain.stdout.split("\t")[0]]).toEqual([0, "WARN"]);
    expect((await run(...warned, "--gate", "warn")).code).toBe(10);
  });

  it("that no picture could have by the limits that are asked for are told on stderr, and the run goes on", async () => {
    const said = await run("edit.png", "--limit", "image.not_black.meanMin=0");
    expect([said.code, said.stderr]).toEqual([
      0,
      expect.stringContaining(
        "note: image.not_black can find nothing by meanMin 0: no picture is ever past it. Leave the check out",
      ),
    ]);
  });

  it("of a file that is no whole picture are its own; one that nobody can read is exit 9", async () => {
    const cut = await run("cut.png", "--json");
    expect([cut.code, reportOf(cut).sequences[0]?.frames[0]?.inspection.findings[0]?.result]).toEqual([1, "fail"]);
    const unread = await run("cut.png", "--plate", "strange.exr", "--check", "plate.structure");
    expect(unread.code).toBe(1);
    const plate = await run("edit.png", "--plate", "strange.exr", "--check", "plate.structure", "--json");
    expect([plate.code, reportOf(plate).executionStatus, reportOf(plate).result]).toEqual([9, "error", null]);
  });

  it("include a frame that the plate does not have: that is no pass", async () => {
    const said = await run("clean", "--plate", "plates/p.[1001-1003].png", "--json");
    const [sequence] = reportOf(said).sequences;
    expect([said.code, sequence?.frames.map(({ inspection }) => inspection.executionStatus)]).toEqual([
      9,
      ["complete", "complete", "complete", "error"],
    ]);
    expect(sequence?.frames[3]?.inspection.findings.find(({ check }) => check === "plate.grade")?.message).toContain(
      "the plate has no frame 1004",
    );
  });
});

describe("a folder", () => {
  it("is looked through with those inside it, and no picture of a kind that can't be read is passed over", async () => {
    for (const folder of ["deep", "deep/a", "deep/a/b", "deep/.cache"]) mkdirSync(dir.file(folder));
    await writePng(dir.file("deep"), "top.png", SIZE);
    await writePng(dir.file("deep/a/b"), "black.png", { ...SIZE, value: BLACK });
    await writePng(dir.file("deep/.cache"), "thumb.png", SIZE);
    symlinkSync(dir.file("out"), dir.file("deep/latest"));
    const said = await run("deep");
    expect([said.code, said.stdout.match(/^FAIL\ta\/b\/black\.png\timage\.not_black/m)?.length]).toEqual([1, 1]);
    expect(said.stdout).toContain("not looked at  1 (hidden by the dot of its name): .cache\n");
    expect(said.stdout).toContain("not looked at  1 (a link to a folder): latest\n");
    expect(said.stdout).toMatch(/^FAIL {2}2 pictures /m);

    writeFileSync(dir.file("deep/a/b/black.png"), readFileSync(dir.file("deep/top.png")));
    writeFileSync(dir.file("deep/a/paint.psd"), "8BPS and so on");
    const unread = await run("deep", "--json");
    const report = reportOf(unread);
    expect([unread.code, report.executionStatus, report.totals.frames.error]).toEqual([9, "error", 1]);
    expect(report.sequences.map(({ name, executionStatus }) => [name, executionStatus])).toContainEqual([
      "a/paint.psd",
      "error",
    ]);
    // Beside results that can be read, a plate's paintings are no plates.
    const plates = await run("deep/top.png", "--plate", "deep/top.png", "--check", "header.size");
    expect(plates.code).toBe(0);
  });

  it("that is deeper than is looked through is refused, not looked at in part", async () => {
    const deep = `hole${"/d".repeat(9)}`;
    mkdirSync(dir.file(deep), { recursive: true });
    await writePng(dir.file("hole"), "a.png", SIZE);
    const said = await run("hole");
    expect([said.code, said.stderr.includes("lies more than 8 folders below")]).toEqual([3, true]);
  });

  it("of a version is its results: no contact sheet; a review folder has none", async () => {
    for (const folder of ["v001/w001", "v001/.hotplate", "review/look_v001"])
      mkdirSync(dir.file(folder), { recursive: true });
    for (const [folder, name] of [
      ["v001", "contact_v001.png"],
      ["v001", "added.png"],
      ["v001/w001", "r_w001.1001.png"],
      ["review/look_v001", "w001.1001.png"],
    ] as const)
      await writePng(dir.file(folder), name, SIZE);
    writeFileSync(dir.file("review/look_v001/look_v001_qc.html"), "<!doctype html>");
    const paths = ["w001/r_w001.1001.png", "contact_v001.png", ".hotplate/frames.sha256"];
    const files = paths.map((path) => ({ path, bytes: 1, sha256: "0".repeat(64) }));
    writeFileSync(dir.file("v001/.hotplate/commit.json"), JSON.stringify({ files }));
    writeFileSync(dir.file("v001/.hotplate/frames.sha256"), `${"0".repeat(64)}  w001/r_w001.1001.png\n`);
    const report = reportOf(await run("v001", "--check", "image.not_black", "--json"));
    // What was put into the version since is looked at: it is none of its papers.
    expect(report.sequences.map(({ name }) => name)).toEqual(["added.png", "w001/r_w001.1001.png"]);
    expect(report.notLookedAt).toEqual([
      { because: "a version's sheet or proxy, no result", count: 1, first: ["contact_v001.png"] },
    ]);
    const review = await run("review");
    expect(review.code).toBe(6);
    expect(review.stderr).toContain("1 (a review folder's picture, made for people): look_v001/w001.1001.png");
  });
});

describe("a mask that is meant and not there", () => {
  it("is no pass: nobody could look outside of it", async () => {
    mkdirSync(dir.file("masks"));
    await writePng(dir.file("masks"), "clean.png", { ...SIZE, channels: 1 });
    await writePng(dir.file("masks"), "other.png", { ...SIZE, channels: 1 });
    const asked = ["--plate", "plates/p.1001.png", "--check", "mask.preserved", "--json"];
    const said = await run("edit.png", "--mask", "masks", ...asked);
    const finding = reportOf(said).sequences[0]?.frames[0]?.inspection.findings.find(
      ({ check }) => check === "mask.preserved",
    );
    expect([said.code, finding?.result]).toEqual([9, null]);
    expect(finding?.message).toContain("no mask has its name");
  });
});

describe("checks over many pictures", () => {
  it("tell variations of one name in two folders apart: equal ones are found", async () => {
    const said = await run("many/a", "many/b", "--set", "--check", "set.duplicate", "--json");
    expect(reportOf(said).set?.findings.map(({ check, result }) => [check, result])).toEqual([
      ["set.duplicate", "warn"],
    ]);
  });

  const STEADY = `const mean = ({ luma }) => Math.fround(luma("result").mean);
export default {
  apiVersion: 1, id: "own.steady", version: 1, scope: "sequence", needs: ["result"], limits: { stepMax: 0.1 },
  trace: (input) => ({ numbers: Float32Array.of(mean(input)) }),
  run({ series, limits }) {
    const means = series.map(({ trace }) => trace.numbers[0]);
    const step = Math.max(...means.slice(1).map((value, i) => Math.abs(value - means[i])));
    const measures = [{ name: "step", value: step, unit: "ratio", limit: limits.stepMax, must: "atMost" }];
    return { verdict: step > limits.stepMax ? "warn" : "pass", measures, message: "Frames " + series.map(({ frame }) => frame).join(" ") };
  },
};`;
  const ALIKE = `export default {
  apiVersion: 1, id: "own.alike", version: 1, scope: "set", needs: ["result"], limits: { pairsMax: 0 },
  trace: ({ digest }) => ({ numbers: new Float32Array(0), digest: digest("result") }),
  run({ series, limits }) {
    const pairs = series.length - new Set(series.map(({ trace }) => trace.digest)).size;
    const measures = [{ name: "pairs", value: pairs, unit: "count", limit: limits.pairsMax, must: "atMost" }];
    return { verdict: pairs > limits.pairsMax ? "warn" : "pass", measures, message: series.map(({ axes }) => axes.picture).join(" ") };
  },
};`;

  it("see the frames of each sequence, and one picture of every variation; a studio's own ones come with its configuration", async () => {
    mkdirSync(dir.file("checks"), { mode: 0o755 });
    writeFileSync(dir.file("checks/steady.js"), STEADY);
    writeFileSync(dir.file("checks/alike.js"), ALIKE);
    writeFileSync(
      dir.file("hotplate.yaml"),
      `hotplate: 1\nstateDir: ${dir.file("state")}\nroots: [{name: all, linux: ${dir.path}}]\nplugins: [${dir.file("checks")}]\nslots: [{name: gpu0, url: "http://127.0.0.1:9"}]\n`,
    );
    const ids = ["--check", "own.steady,own.alike", "--json"];
    const own = reportOf(await run("clean", "out/o.1001.png", "out/o.1002.png", ...ids));
    const [clean, out] = own.sequences.map(({ sequence }) => sequence?.findings[0]);
    expect([clean?.message, clean?.result]).toEqual(["Frames 1001 1002 1003 1004", "pass"]);
    expect([out?.message, out?.result]).toEqual(["Frames 1001 1002", "warn"]);
    expect([own.set?.findings, own.set?.notApplied.map(({ check }) => check)]).toEqual([[], ["own.alike"]]);

    const set = reportOf(await run("clean", "--set", ...ids));
    expect(
      set.set?.findings.map(({ check, message, result, measures }) => [check, message, result, measures[0]?.value]),
    ).toEqual([["own.alike", "c.1001.png c.1002.png c.1003.png c.1004.png", "warn", 3]]);
    const said = await run("clean", "--set", "--check", "own.alike");
    expect(said.stdout).toContain("where w001 c.1001.png, w002 c.1002.png, w003 c.1003.png, w004 c.1004.png\n");
    // Variations are no sequence, whatever their numbers.
    expect(set.sequences.map(({ name, sequence }) => [name, sequence?.findings])).toEqual(
      [1001, 1002, 1003, 1004].map((frame) => [`c.${frame}.png`, []]),
    );
    expect(set.result).toBe("warn");
  });
});

describe("files for other tools", () => {
  it("are written beside the answer, replaced whole the next time, and say the same", async () => {
    const [junit, sarif] = [dir.file("qc.junit.xml"), dir.file("qc.sarif")];
    writeFileSync(junit, `<?xml version="1.0"?>\n<testsuites/>`);
    const said = await run("out", "--plate", "plates", "--junit", junit, "--sarif", sarif);
    const root = readXml(readFileSync(junit, "utf8"));
    expect([said.code, root.children.map(({ attributes }) => attributes["name"])]).toEqual([
      1,
      ["o.####.png", "o.####.png set"],
    ]);
    const failures = root.children[0]?.children.filter(({ children }) => children[0]?.name === "failure") ?? [];
    const names = failures.map(({ attributes }) => attributes["name"]);
    expect(names).toEqual(
      expect.arrayContaining(["image.not_black 1002", "header.size 1004", "frames.complete sequence"]),
    );
    const log = JSON.parse(readFileSync(sarif, "utf8")) as {
      runs: [{ results: { ruleId: string; level: string; locations: object[] }[] }];
    };
    const black = log.runs[0].results.find(({ ruleId }) => ruleId === "image.not_black");
    expect(black).toMatchObject({
      level: "error",
      locations: [{ physicalLocation: { artifactLocation: { uri: `file://${dir.file("out/o.1002.png")}` } } }],
    });
    expect(log.runs[0].results.filter(({ level }) => level === "error")).toHaveLength(failures.length);
    expect(readdirSync(dir.path).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("the page has the pictures in it, with what was found, and needs nothing else", async () => {
    const html = dir.file("qc.html");
    const said = await run("out", "cut.png", "--plate", "plates", "--html", html);
    const page = readFileSync(html, "utf8");
    expect(said.code).toBe(1);
    expect(page).not.toMatch(/<script|https?:|@import|url\(|<link|\son[a-z]+=/i);
    for (const words of ["image.not_black", "o.####.png", "cut.png", "Needs a look", "Profile plate_preserving."])
      expect(page).toContain(words);
    // One of the sequence, and the frames in which something was found; the damaged one has none.
    expect(page.match(/<image id="p\d" href="data:image\/jpeg;base64,/g)?.length).toBeGreaterThanOrEqual(2);
    expect(page).toContain("no picture");
    await writePng(dir.path, "padded.png", { ...SIZE, value: (x, y, c) => picture(Math.max(x, 8), y, c) });
    const wrong = ["padded.png", ...EDIT.slice(1)];
    await run(...wrong, "--check", "image.border,header.size", "--size", "320x180", "--html", html);
    // The place itself, as it is.
    expect(readFileSync(html, "utf8")).toMatch(/<image href="data:image\/jpeg;base64,[^"]+" x="\d+" y="\d+"/);
  });

  it("that can't be written are told, and nothing is left half", async () => {
    const said = await run("clean/c.1001.png", "--junit", "no/such/folder/x.xml");
    expect([said.code, said.stderr]).toEqual([
      2,
      expect.stringContaining("--junit no/such/folder/x.xml can't be written"),
    ]);
  });
});

describe("a wrong call", () => {
  it("says what is meant, before anything is decoded", async () => {
    for (const [args, code, words] of [
      [["nowhere.png"], 6, "There is no"],
      [["out/x.####.exr"], 6, "is one of x.####.exr"],
      [["out", "--check", "image.grian"], 2, "The nearest is image.grain."],
      [["out", "--limit", "image.clip=2"], 2, "is no limit"],
      [["out", "--gate", "hard"], 2, "--gate is fail or warn"],
      [["out", "--size", "big"], 2, "--size is WIDTHxHEIGHT"],
      [["out", "--plate", "many"], 2, "has several pictures called x"],
      [["out", "--config", "no.yaml"], 3, "There is no configuration"],
    ] as const) {
      const said = await run(...args);
      expect([args, said.code]).toEqual([args, code]);
      expect(said.stderr).toContain(words);
    }
  });

  it("is none for a link: what it leads to is looked at", async () => {
    symlinkSync(dir.file("clean/c.1001.png"), dir.file("link.png"));
    expect((await run("link.png")).code).toBe(0);
  });

  it("is told with place and code for a link that leads nowhere: named, in a folder, or as a plate", async () => {
    mkdirSync(dir.file("lost"));
    await writePng(dir.file("lost"), "a.png", SIZE);
    symlinkSync("/nowhere/b.png", dir.file("lost/b.png"));
    symlinkSync("loop.png", dir.file("lost/loop.png"));
    const named = await run("lost/b.png");
    expect([named.code, named.stderr]).toEqual([3, expect.stringMatching(/^HP-PATH-BROKEN .*lost\/b\.png is a link/)]);
    const said = reportOf(await run("lost", "--json"));
    const words = said.sequences.flatMap(({ frames }) => frames.flatMap((one) => one.inspection?.findings ?? []));
    const errors = words.filter(({ executionStatus }) => executionStatus === "error");
    expect(errors.map(({ message, hint }) => [message, hint])).toEqual([
      [`${dir.file("lost/b.png")} is a link that leads nowhere (HP-PATH-BROKEN).`, MEND],
      [`${dir.file("lost/loop.png")} leads nowhere: links lead in a circle (HP-PATH-BROKEN).`, MEND],
    ]);
    symlinkSync("/nowhere/p.png", dir.file("lost/p.1001.png"));
    const plate = await run("clean/c.####.png", "--plate", "lost/p.####.png");
    expect([plate.code, plate.stdout]).toEqual([
      9,
      expect.stringContaining(`decoded: ${dir.file("lost/p.1001.png")} is a link that leads nowhere (HP-PATH-BROKEN)`),
    ]);
  });

  it("is told with figure, limit and what to do for a picture that is too large to be read", async () => {
    writeFileSync(dir.file("large.png"), "");
    truncateSync(dir.file("large.png"), LIMITS.imageFileBytesMax + 1);
    const said = await run("large.png", "--json");
    const [finding] = reportOf(said).sequences[0]?.frames[0]?.inspection?.findings ?? [];
    expect([said.code, finding?.check, finding?.executionStatus]).toEqual([9, "file.decodes", "error"]);
    expect(finding?.message).toContain(
      `has ${LIMITS.imageFileBytesMax + 1} bytes; at most ${LIMITS.imageFileBytesMax} are read (HP-IMAGE-SIZE)`,
    );
    expect(finding?.hint).toBe("Use a smaller frame, or cut it into pieces.");
  });
});
