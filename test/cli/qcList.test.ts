/** `hotplate qc list`: profiles and checks of this node, shipped ones and a studio's own; and that wrong words lead to it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { QcListing } from "../../daemon/domain/qcListing.ts";
import { writePng } from "../fixtures/pictures.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import type { Said } from "./commandLine.ts";
import { hotplate } from "./commandLine.ts";

let dir: TempDir;
beforeAll(async () => {
  dir = tempDir();
  mkdirSync(dir.file("checks"), { mode: 0o755 });
  writeFileSync(
    dir.file("checks/own.js"),
    `export default { apiVersion: 1, id: "studio.own", version: 3, scope: "frame", finds: "what we never want", needs: ["result"],
  limits: { most: 4 }, run: () => ({ verdict: "pass", measures: [{ name: "n", value: 1, unit: "count", limit: null }], message: "ok" }) };`,
  );
  writeFileSync(
    dir.file("checks/agm.profile.yaml"),
    "hotplate: 1\nname: agm\ntitle: Our show\nchecks:\n  image.grain: {ratioMin: 0.5, severity: measure}\n",
  );
  const shows =
    "    AGM:\n      checks:\n        image.gran: {}\n    OWL:\n      checks:\n        image.grain:\n          ratioMim: 1\n";
  writeFileSync(dir.file("own.yaml"), `hotplate: 1\nplugins: [${dir.file("checks")}]\nqc:\n  shows:\n${shows}`);
  await writePng(dir.path, "a.png", { width: 64, height: 48, channels: 3, bits: 16 });
});
afterAll(() => dir[Symbol.dispose]());

const qc = (...args: readonly string[]): Promise<Said> => hotplate(["qc", ...args], { cwd: dir.path });

describe("hotplate qc list", () => {
  it("shows every profile and check, a studio's own with its words, file and limits", async () => {
    const { code, stdout } = await qc("list", "--config", "own.yaml");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^profiles\n/);
    expect(stdout).toMatch(/^relight\t\d+ checks\t/m);
    expect(stdout).toContain(`agm\t1 checks\tOur show\t${dir.file("checks/agm.profile.yaml")}`);
    expect(stdout).toMatch(/^image\.grain\tframe\tgrain missing or too much\tratioMin=0\.6 /m);
    expect(stdout).toContain(`studio.own\tframe\twhat we never want\tmost=4\t${dir.file("checks/own.js")}`);
  });

  it("shows of a profile its checks with the limits that it sets, and of a check's beginning all that begin so", async () => {
    const said = await qc("list", "agm", "plate.", "--config", "own.yaml", "--json");
    const { profiles, checks } = said.json() as QcListing;
    expect(profiles.map(({ name }) => name)).toEqual(["agm"]);
    expect(profiles[0]?.checks).toEqual([
      expect.objectContaining({
        id: "image.grain",
        severity: "measure",
        limits: expect.objectContaining({ ratioMin: 0.5, ratioMax: 1.7 }),
      }),
    ]);
    expect(checks.map(({ id }) => id).sort()).toEqual([
      "plate.grade",
      "plate.identity",
      "plate.registered",
      "plate.structure",
    ]);
  });

  it("ends with 6 and the nearest right word for a name that is neither", async () => {
    const { code, stderr } = await qc("list", "relihgt");
    expect([code, stderr]).toEqual([6, expect.stringContaining("The nearest is relight.")]);
  });
});

describe("a profile, check or limit that is not there", () => {
  it("leads to the list", async () => {
    for (const wrong of [
      ["--profile", "upscal"],
      ["--check", "image.gran"],
      ["--limit", "image.not_black.x=1"],
    ]) {
      const { code, stderr } = await qc("run", "a.png", ...wrong);
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining("do this:  Which profiles, checks and limits there are: hotplate qc list"),
      ]);
    }
  });

  it("is told with its place where hotplate.yaml says it: exit 3, a code, what to do", async () => {
    const own = ["--config", "own.yaml", "--show"];
    const check = await qc("run", "a.png", ...own, "AGM");
    expect(check.code).toBe(3);
    expect(check.stderr).toContain(`HP-CONFIG-INVALID  ${dir.file("own.yaml")}:7:9 There is no check "image.gran"`);
    expect(check.stderr).toContain("The nearest is image.grain.");
    expect(check.stderr).toContain("hotplate qc list");
    const limit = await qc("run", "a.png", ...own, "OWL", "--json");
    expect(limit.json()).toMatchObject({
      error: {
        code: "HP-CONFIG-INVALID",
        problems: [{ file: dir.file("own.yaml"), line: 11, col: 11, found: "ratioMim", nearest: "ratioMin" }],
      },
    });
  });
});
