/** A plate in every form that an artist may write, on a real disk: which frames are meant, what is said of those that are not there. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PlanOutcome } from "../../daemon/planManifest.ts";
import { planPlate } from "../../daemon/planManifest.ts";
import type { Studio } from "./planWorld.ts";
import { goodPlate, makeStudio } from "./planWorld.ts";

let studio: Studio;
beforeEach(() => {
  studio = makeStudio(mkdtempSync(join(tmpdir(), "hotplate-sequences-")));
});
afterEach(() => rmSync(studio.root, { recursive: true, force: true }));

const DIR = "../SH010/plates/SH010_PL01_v001";
function framesOf(outcome: PlanOutcome): unknown {
  if (outcome.kind === "plan") return outcome.plan.steps[0]?.frames;
  return outcome.problems.map((problem) => [problem.code, problem.message]);
}
async function plate(name: string, more = ""): Promise<unknown> {
  return framesOf(await studio.plan(`use: env_relight\nplate: {path: "${DIR}/${name}"${more}}\n`));
}

describe("a plate", () => {
  it.each([
    "####",
    "#",
    "%04d",
    "%d",
    "$F4",
    "$F04",
    "$F",
    "@@@@",
    "<UDIM>",
    "%(UDIM)d",
    "[1001-1003]",
    "[####]",
    "1001-1003####",
    "1003-1001%04d",
    "1001,1002-1003$F4",
  ])("may be written with %s", async (form) => {
    goodPlate(studio);
    expect(await plate(`SH010_PL01_v001.${form}.png`)).toEqual([1001, 1002, 1003]);
  });

  it("uses only the frames that its name gives, and of those the ones that frames: asks for", async () => {
    goodPlate(studio, [1001, 1002, 1003, 1004, 1005]);
    expect(await plate("SH010_PL01_v001.1001-1005x2####.png")).toEqual([1001, 1003, 1005]);
    expect(await plate("SH010_PL01_v001.1001-1005x2####.png", ", frames: 1003-1005:2")).toEqual([1003, 1005]);
    expect(await plate("SH010_PL01_v001.1001-1005x2####.png", ", frames: 1002")).toEqual([
      ["HP-PLATE-FRAMES", "Plate has no frames 1002 (1 of 1). It has 1001-1005:2."],
    ]);
    expect(await plate("SH010_PL01_v001.1002.png")).toEqual([1002]);
  });

  it("names the frames that are not there as ranges, also one that was named alone", async () => {
    goodPlate(studio, [1001, 1002, 1007]);
    expect(await plate("SH010_PL01_v001.[1001-1009].png")).toEqual([
      ["HP-PLATE-FRAMES", "Plate has no frames 1003-1006,1008,1009 (6 of 9). It has 1001,1002,1007."],
    ]);
    expect(await plate("SH010_PL01_v001.1005.png")).toEqual([
      ["HP-PLATE-FRAMES", "Plate has no frames 1005 (1 of 1). It has 1001,1002,1007."],
    ]);
  });

  it("counts a gap of millions of frames without naming them one by one", async () => {
    goodPlate(studio, [1001, 9_001_001]);
    expect(await plate("SH010_PL01_v001.%04d.png")).toEqual([
      ["HP-PLATE-FRAMES", expect.stringMatching(/^Plate has no frames 1002-9001000 \(8999999 of 9000001\)/)],
    ]);
  });

  it.each([
    ["SH010_PL01_v001.1-10000001####.png", "HP-PLATE-TOO-MANY"],
    ["SH010_PL01_v001.1-200000####.png", "HP-PLATE-TOO-MANY"],
    ["SH010_PL01_v001.1-5x0.5####.png", "HP-PLATE-PATTERN"],
    ["SH010_PL01_v001.#.#.png", "HP-PLATE-PATTERN"],
    ["SH010_PL01_v001.1-10x0####.png", "HP-PLATE-PATTERN"],
  ])("is refused with a code where its frames can't be read: %s", async (name, code) => {
    goodPlate(studio);
    expect(await plate(name)).toEqual([[code, expect.any(String)]]);
  });

  it("is one image when a file is called exactly so, with all its stray marks", async () => {
    studio.put("SH010/plates/SH010_PL01_v001/take#2@home[1-2].png");
    expect(await plate("take#2@home[1-2].png")).toEqual([null]);
  });

  it("of UDIM tiles has no gaps: a tile that nobody painted is none", async () => {
    goodPlate(studio, [1001, 1002, 1011]);
    expect(await plate("SH010_PL01_v001.<UDIM>.png")).toEqual([1001, 1002, 1011]);
  });

  it("may count from below zero, and has its frames in order", async () => {
    for (const frame of ["-002", "-001", "0000", "0001"])
      studio.put(`SH010/plates/SH010_PL01_v001/SH010_PL01_v001.${frame}.png`);
    expect(await plate("SH010_PL01_v001.####.png")).toEqual([-2, -1, 0, 1]);
    expect(await plate("SH010_PL01_v001.-2--1####.png")).toEqual([-2, -1]);
    expect(await plate("SH010_PL01_v001.####.png", ', frames: "-2-0"')).toEqual([-2, -1, 0]);
  });

  it("of two paddings is two plates", async () => {
    for (const frame of ["1", "2", "0001", "0002", "0003"])
      studio.put(`SH010/plates/SH010_PL01_v001/SH010_PL01_v001.${frame}.png`);
    expect(await plate("SH010_PL01_v001.####.png")).toEqual([1, 2, 3]);
    expect(await plate("SH010_PL01_v001.%d.png")).toEqual([1, 2]);
  });
});

describe("a plate with an accent", () => {
  const [composed, decomposed] = ["caf\u00e9", "cafe\u0301"];

  it.each([
    ["composed", decomposed, composed],
    ["decomposed", composed, decomposed],
  ])("that is written %s is found as the disk has it, and the answer says so", async (_what, onDisk, written) => {
    studio.put(`SH010/plates/SH010_PL01_v001/${onDisk}.1001.png`);
    const outcome = await studio.plan(`use: env_relight\nplate: "${DIR}/${written}.####.png"\n`);
    if (outcome.kind !== "plan") throw new Error(`it is ${outcome.kind}`);
    expect(outcome.plan.steps[0]?.plate?.frames[0]?.path).toContain(`/${onDisk}.1001.png`);
    expect(outcome.notes.map((note) => note.message)).toEqual([expect.stringContaining("accents in another form")]);
  });

  it("that another file looks exactly like is refused", async () => {
    for (const name of [composed, decomposed]) studio.put(`SH010/plates/SH010_PL01_v001/${name}.1001.png`);
    expect(await plate(`${composed}.####.png`)).toEqual([
      ["HP-PLATE-AMBIGUOUS", expect.stringMatching(/^Two names look the same .*1[45] bytes.*1[45] bytes/)],
    ]);
  });
});

describe("padStyle", () => {
  it("changes what # means, on the node and for one plate", async () => {
    goodPlate(studio);
    const one = "SH010_PL01_v001.#.png";
    expect(await plate(one, ", padStyle: hash4")).toEqual([1001, 1002, 1003]);
    expect(await plate(one, ", padStyle: hash1")).toEqual([1001, 1002, 1003]);
    expect(await plate("SH010_PL01_v001.####.png", ", padStyle: hash4")).toEqual([
      ["HP-PLATE-PADDING", expect.stringMatching(/files on disk use 4 digits .* Use #\.$/)],
    ]);
    Object.assign(studio.world, { config: { ...studio.world.config, padStyle: "hash4" } });
    expect(await plate(one)).toEqual([1001, 1002, 1003]);
    expect(await plate("SH010_PL01_v001.####.png", ", padStyle: artist")).toEqual([1001, 1002, 1003]);
  });
});

describe("a dropped folder", () => {
  const dropped = async (names: readonly string[]): Promise<unknown> => {
    for (const name of names) studio.put(`drop/X/${name}`);
    const drop = { path: join(studio.root, "drop/X"), show: "AGM", recipe: "env_relight", marker: null };
    return framesOf(await planPlate(studio.world, drop));
  };

  it.each([
    ["a dot before the frame", ["x.1001.png", "x.1002.png"], [1001, 1002]],
    ["no dot before the frame", ["x_0001.png", "x_0002.png"], [1, 2]],
    ["numbers without zeros", ["x.9.png", "x.10.png", "x.11.png"], [9, 10, 11]],
    ["frames below zero", ["x.-001.png", "x.0000.png"], [-1, 0]],
    ["stray marks in its name", ["take#2.1001.png", "take#2.1002.png"], [1001, 1002]],
  ])("is one plate with %s", async (_what, names, frames) => expect(await dropped(names)).toEqual(frames));

  it.each([
    ["two paddings", ["x.1.png", "x.0001.png"]],
    ["two versions of a picture", ["x_v001.png", "x_v002.png"]],
  ])("with %s asks which one is meant", async (_what, names) => {
    expect(await dropped(names)).toEqual([
      ["HP-PLATE-MISSING", expect.stringContaining("The folder holds 2 sequences")],
    ]);
  });
});
