/** Names and links that a share really holds: accents in two forms, bytes that are no text, links out of every root, folders without end. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { PlanOutcome } from "../../daemon/planManifest.ts";
import { planPlate } from "../../daemon/planManifest.ts";
import type { Studio } from "./planWorld.ts";
import { goodPlate, makeStudio, PLATE } from "./planWorld.ts";

let studio: Studio;
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hotplate-names-"));
  studio = makeStudio(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const [COMPOSED, DECOMPOSED] = ["Caf\u00e9", "Cafe\u0301"];
const FORMS = [
  ["decomposed on disk", DECOMPOSED, COMPOSED],
  ["composed on disk", COMPOSED, DECOMPOSED],
] as const;

function said(outcome: PlanOutcome): readonly (readonly [string, string])[] {
  if (outcome.kind === "plan") throw new Error("it is a plan");
  return outcome.problems.map((problem) => [problem.code, problem.message]);
}
function planned(outcome: PlanOutcome): PlanOutcome & { kind: "plan" } {
  if (outcome.kind !== "plan") throw new Error(JSON.stringify(outcome));
  return outcome;
}
const use = (plate: string, more = ""): string => `use: env_relight\nplate: "${plate}"\n${more}`;

describe("an accent in a folder's name", () => {
  it.each(FORMS)("is found %s, whichever was written, and the answer says so", async (_what, disk, written) => {
    studio.put(`${disk}/plates/X_v001/X_v001.1001.png`);
    const { plan, notes } = planned(await studio.plan(use(`../${written}/plates/X_v001/X_v001.####.png`)));
    expect(plan.steps[0]?.plate?.dir).toBe(join(root, disk, "plates/X_v001"));
    expect(plan.steps[0]?.target.shotDir).toBe(join(root, disk));
    expect(notes.map((note) => note.message)).toEqual([expect.stringContaining("accents in another form")]);
  });

  it.each(FORMS)("of the output's place makes no twin of the folder (%s)", async (_what, disk, written) => {
    goodPlate(studio);
    mkdirSync(join(root, disk));
    const { plan } = planned(await studio.plan(use(PLATE, `output: {to: "../${written}/new"}\n`)));
    expect(plan.steps[0]?.target.shotDir).toBe(join(root, disk, "new"));
  });

  it("that two folders share is refused, for plate and output alike", async () => {
    goodPlate(studio);
    for (const name of [COMPOSED, DECOMPOSED]) studio.put(`${name}/X_v001.1001.png`);
    expect(said(await studio.plan(use(`../${COMPOSED}/X_v001.####.png`)))[0]).toEqual([
      "HP-PLATE-AMBIGUOUS",
      expect.stringMatching(/^Two names look the same/),
    ]);
    const out = said(await studio.plan(use(PLATE, `output: {to: "../${DECOMPOSED}"}\n`)));
    expect(out.map(([code]) => code)).toEqual(["HP-PLATE-AMBIGUOUS"]);
  });

  it("of a dropped folder changes nothing", async () => {
    studio.put(`${DECOMPOSED}/${COMPOSED}.1001.png`);
    const drop = { path: join(root, DECOMPOSED), show: "AGM", recipe: "env_relight", marker: null };
    expect(planned(await planPlate(studio.world, drop)).plan.steps[0]?.frames).toEqual([1001]);
  });
});

describe("names that are no UTF-8", () => {
  const latin = (dir: string, frame: number): void => {
    mkdirSync(join(root, dir), { recursive: true });
    writeFileSync(
      Buffer.concat([Buffer.from(join(root, dir, "caf")), Buffer.of(0xe9), Buffer.from(`.${frame}.png`)]),
      "x",
    );
  };

  it("are told where a plate is looked for, with their bytes", async () => {
    for (const frame of [1001, 1002]) latin("X", frame);
    expect(said(await studio.plan(use("../X/caf\u00e9.####.png")))).toEqual([
      [
        "HP-PLATE-MISSING",
        expect.stringMatching(
          /2 names there are not UTF-8 text \(caf\\xE9\.100[12]\.png\) and can't be opened; rename them\.$/,
        ),
      ],
    ]);
  });

  it("are passed over beside a plate that can be read", async () => {
    latin("X", 1001);
    studio.put("X/X_v001.1001.png");
    expect(planned(await studio.plan(use("../X/X_v001.####.png"))).plan.steps[0]?.frames).toEqual([1001]);
  });

  it("alone in a dropped folder are refused by name, and counted in the manifest that is written beside others", async () => {
    latin("X", 1001);
    const drop = { path: join(root, "X"), show: "AGM", recipe: "env_relight", marker: null };
    expect(said(await planPlate(studio.world, drop))[0]?.[0]).toBe("HP-INTAKE-NAME");
    studio.put("X/X_v001.1001.png");
    expect(planned(await planPlate(studio.world, drop)).manifestText).toContain("names are not UTF-8 text: 1");
  });

  it("are never mixed up: two of them are two", async () => {
    for (const byte of [0xe8, 0xe9]) writeFileSync(Buffer.concat([Buffer.from(`${root}/hot/`), Buffer.of(byte)]), "x");
    const names = (await studio.world.files.list(join(root, "hot"), 10)).map((entry) => entry.name).sort();
    expect(names).toEqual(["\uFFFDE8", "\uFFFDE9"]);
  });
});

describe("links", () => {
  it("to a plate inside a root are followed, and the plan has what they lead to", async () => {
    const real = studio.put("store/a.png", "the picture");
    mkdirSync(join(root, "X"));
    symlinkSync(real, join(root, "X/X_v001.1001.png"));
    const { plan } = planned(await studio.plan(use("../X/X_v001.####.png")));
    expect(plan.steps[0]?.plate?.frames[0]).toMatchObject({ path: join(root, "X/X_v001.1001.png"), bytes: 11 });
  });

  it.each(["a frame", "the plate's folder", "the output's place", "the place beside the plate"])(
    "out of every root are refused: %s",
    async (what) => {
      const outside = mkdtempSync(join(tmpdir(), "hotplate-outside-"));
      try {
        writeFileSync(join(outside, "X_v001.1001.png"), "secret");
        let manifest = use("../X/X_v001.####.png");
        if (what === "a frame") {
          mkdirSync(join(root, "X"));
          symlinkSync(join(outside, "X_v001.1001.png"), join(root, "X/X_v001.1001.png"));
        } else if (what === "the plate's folder") symlinkSync(outside, join(root, "X"));
        else if (what === "the output's place") {
          goodPlate(studio);
          symlinkSync(outside, join(root, "out"));
          manifest = use(PLATE, "output: {to: ../out/below}\n");
        } else {
          goodPlate(studio);
          symlinkSync(outside, join(root, "SH010/env_relight"));
          manifest = use(PLATE);
        }
        expect(said(await studio.plan(manifest)).map(([code]) => code)).toEqual(["HP-PATH-ROOT"]);
        expect(readdirSync(outside)).toEqual(["X_v001.1001.png"]);
      } finally {
        rmSync(outside, { recursive: true });
      }
    },
  );
});

describe("a folder of more files than a plate can have", () => {
  it("is refused with the bound, and not listed for ever", async () => {
    studio.put("X/X_v001.1001.png");
    const { files } = studio.world;
    const many = Object.assign(new Error("many"), { code: "EOVERFLOW" });
    const list = (dir: string, max: number) => (dir.endsWith("/X") ? Promise.reject(many) : files.list(dir, max));
    Object.assign(studio.world, { files: { ...files, list } });
    expect(said(await studio.plan(use("../X/X_v001.####.png")))).toEqual([
      ["HP-PLATE-TOO-MANY", expect.stringContaining(`more than ${LIMITS.framesMax} files`)],
    ]);
  });
});
