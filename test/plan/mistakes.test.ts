/** The mistakes that artists make, one test each: what is said, where, and what to do about it. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorAnswer, waitingAnswer } from "../../daemon/domain/answer.ts";
import type { Problem } from "../../daemon/domain/errors.ts";
import type { PlanOutcome } from "../../daemon/planManifest.ts";
import type { Studio } from "./planWorld.ts";
import { goodPlate, makeStudio, PLATE } from "./planWorld.ts";

let root: string;
let studio: Studio;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hotplate-plan-"));
  studio = makeStudio(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function problems(outcome: PlanOutcome): readonly Problem[] {
  expect(outcome.kind).toBe("rejected");
  return outcome.kind === "rejected" ? outcome.problems : [];
}
async function first(manifest: string): Promise<Problem> {
  const [problem] = problems(await studio.plan(manifest));
  return problem!;
}
const at = (problem: Problem): string => `${problem.file}:${problem.line}:${problem.col}`;

describe("mistakes in YAML", () => {
  it("says where a prompt was cut at ' #'", async () => {
    goodPlate(studio);
    const problem = await first(`use: env_relight\nplate: ${PLATE}\nprompt: hero shot #3\n`);
    expect([at(problem), problem.code]).toEqual(["tunnel.yaml:3:19", "HP-MANIFEST-COMMENT"]);
    expect(problem.message).toContain('prompt ends at "hero shot"');
    expect(problem.action).toBe("Put the value in quotes.");
  });
  it("leaves a remark behind a value alone", async () => {
    goodPlate(studio);
    expect((await studio.plan(`use: env_relight # our favourite\nplate: ${PLATE}\n`)).kind).toBe("plan");
  });
  it("says that ####.exr was read as empty", async () => {
    const problem = await first("use: env_relight\nplate: ####.exr\n");
    expect([at(problem), problem.code]).toEqual(["tunnel.yaml:2:8", "HP-MANIFEST-EMPTY-VALUE"]);
    expect(problem.action).toBe('Write plate: "####.exr".');
  });
  it("says that 010 was read as the number 10", async () => {
    goodPlate(studio);
    const problem = await first(`use: env_relight\nproduct: 010\nplate: ${PLATE}\n`);
    expect([problem.code, problem.expected]).toEqual(["HP-MANIFEST-NUMBER-AS-TEXT", '"010"']);
  });
  it.each([
    ["a tab", "use: env_relight\n\tplate: x.png\n", "HP-MANIFEST-TAB"],
    ["typographic quotes", `use: env_relight\nprompt: \u201cwarm\u201d\nplate: ${PLATE}\n`, "HP-MANIFEST-QUOTES"],
    ["a field that stands twice", `use: env_relight\nuse: grain\nplate: ${PLATE}\n`, "HP-MANIFEST-DUPLICATE-KEY"],
    ["a value that starts with @", "use: @latest\n", "HP-MANIFEST-YAML"],
    ["a value that starts with %", "plate: %04d.exr\n", "HP-MANIFEST-YAML"],
    ["NUL bytes", "use: env\u0000\n", "HP-MANIFEST-ENCODING"],
    ["a list instead of fields", "- use: x\n", "HP-MANIFEST-YAML"],
  ])("names %s", async (_what, manifest, code) => {
    goodPlate(studio);
    expect((await first(manifest)).code).toBe(code);
  });
  it.each([".nan", ".inf", "-.inf"])("calls the number %s by its name, not null", async (number) => {
    goodPlate(studio);
    const problem = await first(
      `use: env_relight\nplate: ${PLATE}\nqc: {checks: {image.not_black: {meanMin: ${number}}}}\n`,
    );
    expect([problem.code, problem.found, problem.message.endsWith(`can't be ${number}.`)]).toEqual([
      "HP-MANIFEST-TYPE",
      number,
      true,
    ]);
  });
  it("takes a BOM and CRLF", async () => {
    goodPlate(studio);
    expect((await studio.plan(`\uFEFFuse: env_relight\r\nplate: ${PLATE}\r\n`)).kind).toBe("plan");
  });
  it("refuses more aliases than a manifest can need", async () => {
    const bomb = `use: env_relight\nname: &a x\nparameters:\n${Array.from({ length: 80 }, (_, n) => `  p${n}: *a`).join("\n")}\n`;
    expect(problems(await studio.plan(bomb)).length).toBeGreaterThan(0);
  });
  it("refuses a manifest of the size of media without reading it", async () => {
    const { planManifest } = await import("../../daemon/planManifest.ts");
    const input = {
      text: new Uint8Array(0),
      bytes: 5_000_000,
      fileName: "big.yaml",
      dir: root,
      show: "AGM",
      boundRecipe: null,
    };
    expect(problems(await planManifest(studio.world, input))[0]?.code).toBe("HP-MANIFEST-SIZE");
  });
});

describe("mistakes in fields", () => {
  it("offers the nearest right word for a wrong key", async () => {
    const problem = await first("use: env_relight\npromt: warm\n");
    expect([at(problem), problem.code, problem.nearest]).toEqual(["tunnel.yaml:2:1", "HP-MANIFEST-FIELD", "prompt"]);
  });
  it("says all problems at once, by line", async () => {
    const found = problems(
      await studio.plan("use: env_relight\npromt: x\npriority: 400\nqc: {gate: rejct}\nsteps: []\n"),
    );
    expect(found.map((problem) => [problem.line, problem.code])).toEqual([
      [2, "HP-MANIFEST-FIELD"],
      [3, "HP-MANIFEST-RANGE"],
      [4, "HP-MANIFEST-TYPE"],
      [5, "HP-MANIFEST-NOT-YET"],
    ]);
  });
  it("refuses what this version can't do yet instead of ignoring it", async () => {
    goodPlate(studio);
    const problem = await first(`use: env_relight\nplate: ${PLATE}\nreview: {choose: {min: 1}}\n`);
    expect([problem.code, problem.line]).toEqual(["HP-MANIFEST-NOT-YET", 3]);
  });
  it("asks for use and for the plate", async () => {
    expect((await first("prompt: x\n")).code).toBe("HP-MANIFEST-REQUIRED");
    expect((await first("use: env_relight\n")).message).toContain("plate is missing");
  });
});

describe("mistakes about recipes", () => {
  it("offers the nearest recipe", async () => {
    const problem = await first(`use: env_relght\nplate: ${PLATE}\n`);
    expect([problem.code, problem.nearest, problem.line]).toEqual(["HP-RECIPE-UNKNOWN", "env_relight", 1]);
  });
  it("looks the recipe up although other fields are wrong", async () => {
    const found = problems(await studio.plan("use: env_relght\npromt: x\n"));
    expect(found.map((problem) => [problem.line, problem.code])).toEqual([
      [1, "HP-RECIPE-UNKNOWN"],
      [2, "HP-MANIFEST-FIELD"],
    ]);
  });
  it("names the versions that a recipe has", async () => {
    expect((await first(`use: env_relight@9\nplate: ${PLATE}\n`)).message).toContain("it has 1.0.0");
  });
  it("offers the nearest parameter and says what a value must be", async () => {
    goodPlate(studio);
    const found = problems(
      await studio.plan(`use: env_relight\nplate: ${PLATE}\nparameters: {lightning: noon, haze: 7}\n`),
    );
    expect(found.map((problem) => problem.code)).toEqual(["HP-RECIPE-PARAMETER", "HP-MANIFEST-RANGE"]);
    expect(found[0]?.nearest).toBe("lighting");
  });
  it("does not take __proto__ for a parameter", async () => {
    goodPlate(studio);
    expect(
      (await first(`use: env_relight\nplate: ${PLATE}\nparameters: {__proto__: 1, constructor: 2}\n`)).code,
    ).toMatch(/^HP-/);
  });
});

describe("mistakes about plates and frames", () => {
  it("names missing frames as a range and writes the cure", async () => {
    goodPlate(studio, [1001, 1002, 1005, 1006]);
    const problem = await first(`use: env_relight\nplate: ${PLATE}\n`);
    expect(problem.code).toBe("HP-PLATE-FRAMES");
    expect(problem.message).toBe("Plate has no frames 1003,1004 (2 of 6). Fix it, or add frames: 1001,1002,1005,1006.");
  });
  it("knows the right number of #", async () => {
    goodPlate(studio);
    const problem = await first(`use: env_relight\nplate: ${PLATE.replace("####", "###")}\n`);
    expect([problem.code, problem.nearest]).toEqual(["HP-PLATE-PADDING", "SH010_PL01_v001.####.png"]);
    expect(problem.message).toContain("files on disk use 4 digits");
  });
  it.each([
    ["1001-1010", "HP-PLATE-FRAMES", "Plate has no frames 1004-1010"],
    ["1010-1001", "HP-MANIFEST-FRAMES", "runs backwards"],
    ["1001,", "HP-MANIFEST-FRAMES", "comma"],
    ["1001-1003:0", "HP-MANIFEST-FRAMES", "step of 0"],
    ["1001.5", "HP-MANIFEST-FRAMES", "not a whole number"],
  ])("explains frames: %s", async (frames, code, words) => {
    goodPlate(studio);
    const problem = await first(`use: env_relight\nplate: {path: ${PLATE}, frames: "${frames}"}\n`);
    expect([problem.code, problem.message]).toEqual([code, expect.stringContaining(words)]);
  });
  it("offers the nearest file name", async () => {
    goodPlate(studio);
    const plate = PLATE.replace("SH010_PL01_v001.####", "SH010_PL1_v001.####");
    const problem = await first(`use: env_relight\nplate: ${plate}\n`);
    expect([problem.code, problem.nearest]).toEqual(["HP-PLATE-MISSING", "SH010_PL01_v001.####.png"]);
  });
  it("sees a folder that says v003 beside a file that says v004", async () => {
    studio.put("SH010/plates/X_v003/X_v004.1001.png");
    const problem = await first("use: env_relight\nplate: ../SH010/plates/X_v003/X_v004.####.png\n");
    expect([problem.code, problem.message]).toEqual([
      "HP-PLATE-VERSION",
      "Folder says v003, file says v004. Nothing was rendered.",
    ]);
  });
  it("says that a plate is damaged", async () => {
    studio.put("SH010/plates/a.broken.png");
    expect((await first("use: env_relight\nplate: ../SH010/plates/a.broken.png\n")).code).toBe("HP-PLATE-BROKEN");
  });
  it("waits for a plate that is still being copied, by name", async () => {
    goodPlate(studio);
    writeFileSync(join(root, "SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1004.png"), "");
    const outcome = await studio.plan(`use: env_relight\nplate: ${PLATE}\n`);
    if (outcome.kind !== "waiting") throw new Error(`it is ${outcome.kind}`);
    expect(outcome.problems.map((problem) => [problem.code, problem.severity, at(problem)])).toEqual([
      ["HP-PLATE-GROWING", "warning", "tunnel.yaml:2:8"],
    ]);
    const words = "1 file is still growing (SH010_PL01_v001.1004.png).";
    expect(outcome.reason).toBe(words);
    const answer = waitingAnswer("tunnel.yaml", outcome.reason, outcome.problems);
    expect(answer).toMatch(/^WAITING {2}tunnel\.yaml\n\ntunnel\.yaml:2:8 {2}HP-PLATE-GROWING\n/);
    expect(answer.split(words).length).toBe(2);
  });
  it("does not tell of a copy that still runs where something is to be fixed", async () => {
    goodPlate(studio);
    writeFileSync(join(root, "SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1004.png"), "");
    const found = problems(await studio.plan(`use: env_relight\nplate: ${PLATE}\nqc: {profile: relihgt}\n`));
    expect(found.map((problem) => [problem.code, problem.nearest])).toEqual([["HP-MANIFEST-FIELD", "relight"]]);
  });
  it("says which pattern to write where a plate's folder is named instead of its files", async () => {
    goodPlate(studio);
    const problem = await first("use: env_relight\nplate: ../SH010/plates/SH010_PL01_v001\n");
    expect([problem.code, problem.action]).toEqual([
      "HP-PLATE-KIND",
      "Write ../SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png.",
    ]);
    const above = await first("use: env_relight\nplate: ../SH010/plates\n");
    expect([above.code, above.action]).toEqual([
      "HP-PLATE-KIND",
      "Name the files in it, such as FOLDER/NAME.####.exr.",
    ]);
  });
  it.each([
    ["sodum", "Write sodium."],
    ["xyzxyzxyz", "Write one of them."],
  ])("says which choice to write instead of %s", async (word, action) => {
    goodPlate(studio);
    const problem = await first(`use: env_relight\nplate: ${PLATE}\nparameters: {lighting: ${word}}\n`);
    expect([problem.code, problem.action]).toEqual(["HP-MANIFEST-TYPE", action]);
  });
  it("says what is wrong inside output.format, not that the whole of it is", async () => {
    goodPlate(studio);
    const output = "output: {format: {exr: {type: haf}, proxi: mp4}}";
    const found = problems(await studio.plan(`use: env_relight\nplate: ${PLATE}\n${output}\n`));
    expect(found.map((problem) => [problem.code, at(problem), problem.nearest ?? problem.expected])).toEqual([
      ["HP-MANIFEST-TYPE", "tunnel.yaml:3:31", "half or float"],
      ["HP-MANIFEST-FIELD", "tunnel.yaml:3:37", "proxy"],
    ]);
  });
  it("answers a manifest written with Windows paths in Windows paths", async () => {
    goodPlate(studio);
    const good = "P:\\SH010\\plates\\SH010_PL01_v001\\SH010_PL01_v001.####.png";
    const outcome = await studio.plan(`use: env_relight\nplate: '${good}'\n`);
    expect(outcome.kind === "plan" ? outcome.plan.reader : outcome.kind).toBe("drive");
    const problem = await first("use: env_relight\nplate: 'P:\\SH010\\platez\\SH010_PL01_v001.####.png'\n");
    expect(problem.message).toBe("There is no folder P:\\SH010\\platez.");
    const relative = await first("use: env_relight\nplate: ../SH010/platez/SH010_PL01_v001.####.png\n");
    expect(relative.message).toBe(`There is no folder ${root}/SH010/platez.`);
  });
  it("knows no place for a path that is relative to a drive", async () => {
    const problem = await first("use: env_relight\nplate: 'P:SH010\\a.png'\n");
    expect([problem.code, problem.action]).toEqual(["HP-PATH-WINDOWS", "Write P:\\SH010\\a.png"]);
  });
  it("refuses Windows paths and backslashes with the right form", async () => {
    const drive = await first("use: env_relight\nplate: 'Q:\\AGM\\x.####.exr'\n");
    expect([drive.code, drive.message]).toEqual(["HP-PATH-WINDOWS", "No mapping for drive Q:. Known: P:."]);
    expect((await first("use: env_relight\nplate: '\\\\nas01\\shows\\x.####.exr'\n")).code).toBe("HP-PATH-WINDOWS");
    expect((await first("use: env_relight\nplate: 'plates\\x.png'\n")).action).toBe("Write plates/x.png");
  });
  it("takes the spelling of a drive or a share that the configuration knows", async () => {
    goodPlate(studio);
    const windows = PLATE.replace("..", "p:").replaceAll("/", "\\");
    expect((await studio.plan(`use: env_relight\nplate: '${windows}'\n`)).kind).toBe("plan");
    expect((await first("use: env_relight\nplate: 'P:\\..\\..\\etc\\passwd'\n")).code).toBe("HP-PATH-ROOT");
  });
  it("refuses paths that lead out of every root, also through a link", async () => {
    expect((await first("use: env_relight\nplate: ../../../etc/passwd\n")).code).toBe("HP-PATH-ROOT");
    const outside = mkdtempSync(join(tmpdir(), "hotplate-outside-"));
    writeFileSync(join(outside, "x.png"), "x");
    symlinkSync(outside, join(root, "sneaky"));
    expect((await first("use: env_relight\nplate: ../sneaky/x.png\n")).code).toBe("HP-PATH-ROOT");
    rmSync(outside, { recursive: true });
  });
});

describe("mistakes about sweeps and places", () => {
  it("counts a sweep that is too large in variations, images and GPU hours", async () => {
    goodPlate(studio);
    const problem = await first(
      `use: env_relight\nplate: ${PLATE}\nsweep: {axes: {lighting: [dawn, noon, dusk], seed: {count: 120, from: 1}}}\n`,
    );
    expect(problem.code).toBe("HP-MANIFEST-LIMIT");
    expect(problem.message).toMatch(
      /^3 lighting x 120 seed = 360 variations x 3 frames = 1 080 images, about [\d.]+ GPU h\. Limit: 200 variations\.$/,
    );
  });
  it("says that an axis does nothing, that {x} names none, that a zip is uneven", async () => {
    goodPlate(studio);
    const sweep = (text: string) => `use: env_relight\nplate: ${PLATE}\nprompt: "a {lighing}"\nsweep: ${text}\n`;
    const found = problems(await studio.plan(sweep("{axes: {mood: [a, b], lighting: [dawn]}}")));
    expect(found.map((problem) => problem.code).sort()).toEqual(["HP-MANIFEST-SUBSTITUTION", "HP-MANIFEST-SWEEP"]);
    const zip = problems(
      await studio.plan(
        `use: env_relight\nplate: ${PLATE}\nsweep: {axes: {lighting: [dawn, noon], seed: [1, 2, 3]}, combine: "(lighting, seed)"}\n`,
      ),
    );
    expect(zip[0]?.message).toContain("2 and 3 values");
  });
  it("refuses output in a plate folder", async () => {
    goodPlate(studio);
    const problem = await first(`use: env_relight\nplate: ${PLATE}\noutput: {to: ../SH010/plates/out}\n`);
    expect([problem.code, problem.message.includes("Plates are read-only")]).toEqual(["HP-PATH-PLATES", true]);
  });
  it.each([
    ["product: plates", "plate's folder"],
    ["product: v001", "plate's folder"],
    ["product: 4096x2160", "plate's folder"],
    ["product: review", "keeps other things"],
    ["output: {to: ./.hotplate/claimed}", "keeps for itself"],
    ["output: {to: ./accepted}", "keeps for itself"],
    ["output: {to: ../state}", "keeps for itself"],
  ])("refuses output where plates or our own things are: %s", async (line, words) => {
    goodPlate(studio);
    expect((await first(`use: env_relight\nplate: ${PLATE}\n${line}\n`)).message).toContain(words);
  });
  it("asks for write access before any GPU works", async () => {
    goodPlate(studio);
    mkdirSync(join(root, "locked"));
    // Root may write everywhere, so the disk says it here.
    Object.assign(studio.world.files, { writable: (dir: string) => Promise.resolve(!dir.endsWith("/locked")) });
    const problem = await first(`use: env_relight\nplate: ${PLATE}\noutput: {to: ../locked/x}\n`);
    expect([problem.code, problem.message]).toEqual([
      "HP-PATH-PERMISSION",
      `Cannot create ${join(root, "locked/x/env_relight/v001")}: Hotplate may not write on ${join(root, "locked/x")}. Ask IT for write access.`,
    ]);
  });
  it("refuses a GPU budget that the plan exceeds", async () => {
    goodPlate(studio);
    expect((await first(`use: env_relight\nplate: ${PLATE}\nlimits: {gpuHours: 0.00001}\n`)).code).toBe(
      "HP-MANIFEST-LIMIT",
    );
  });
});

describe("the answer", () => {
  it("is what an artist reads: place, found, nearest, one action", async () => {
    const text = errorAnswer("tunnel.yaml", problems(await studio.plan("use: env_relight\npromt: warm\n")));
    expect(text).toBe(
      [
        "REJECTED  tunnel.yaml: one thing to fix. Nothing was rendered.",
        "",
        "tunnel.yaml:2:1  HP-MANIFEST-FIELD",
        '  "promt" is not a field.',
        "  found:    promt",
        "  did you mean: prompt",
        "  do this:  Write prompt instead.",
        "",
        "Fix it and save it again in this folder; it is read again by itself.",
        "",
      ].join("\n"),
    );
  });
  it("never crashes on a prefix of a manifest", async () => {
    goodPlate(studio);
    const whole = `use: env_relight\nplate: {path: ${PLATE}, frames: 1001-1003}\nsweep:\n  axes:\n    lighting: [dawn, noon]\n    seed: {count: 3, from: 1000}\n  combine: lighting * seed\n`;
    for (let length = 0; length < whole.length; length += 1) {
      const outcome = await studio.plan(whole.slice(0, length));
      expect(["plan", "rejected", "waiting"]).toContain(outcome.kind);
    }
  });
});
