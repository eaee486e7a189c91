/** `npm run demo` as a newcomer runs it, small: what it promises is on disk, and it never touches a folder of anybody else. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempDir } from "../fixtures/tempDir.ts";
import { Child } from "./farm.ts";
import { treePrint } from "./treePrint.ts";
import { checkVersion } from "./versions.ts";

async function demo(
  root: string,
  variations: number,
): Promise<{ readonly code: number | null; readonly text: string }> {
  const child = new Child(["scripts/demo.ts", "--root", root, "--variations", String(variations)]);
  const code = await child.exited;
  return { code, text: [...child.lines.map((line) => String(line["text"])), ...child.stderr].join("\n") };
}

/** `  results:  /path` of what was printed. */
function printed(text: string, word: string): string {
  return new RegExp(`^ +${word}: +(\\S.*)$`, "m").exec(text)?.[1] ?? `nothing was printed for ${word}`;
}

describe("npm run demo", () => {
  it("ends with versions, contact sheet, QC report and STATUS.txt where it says, and a second one makes the next version", async () => {
    using dir = tempDir();
    const root = dir.file("demo");
    const first = await demo(root, 6);
    expect(first.text).toContain("DONE  relight.yaml");
    expect(first.code).toBe(0);
    const version = printed(first.text, "results");
    expect(version).toBe(join(root, "shots/DEMO/SH010/env_relight/v001"));
    expect(checkVersion(version)?.files.filter((file) => /^w\d+\/.*\.png$/.test(file))).toHaveLength(6);
    const sums = spawnSync("sha256sum", ["--check", "--strict", ".hotplate/frames.sha256"], { cwd: version });
    expect(sums.status, sums.stderr.toString()).toBe(0);
    for (const word of ["contact", "QC"]) expect(existsSync(printed(first.text, word)), word).toBe(true);
    expect(readFileSync(printed(first.text, "QC"), "utf8")).toContain("SIMULATED");
    const answer = readFileSync(join(root, "hot/relight.yaml.STATUS.txt"), "utf8");
    expect(answer).toContain(`results:  ${version}`);
    const plates = treePrint(join(root, "shots/DEMO/SH010/plates"));

    const second = await demo(root, 2);
    expect(second.code, second.text).toBe(0);
    expect(printed(second.text, "results")).toBe(join(root, "shots/DEMO/SH010/env_relight/v002"));
    expect(checkVersion(version)?.name).toBe("v001");
    expect(treePrint(join(root, "shots/DEMO/SH010/plates"))).toBe(plates);
  }, 600_000);

  it("refuses a folder that is somebody else's, and leaves it as it is", async () => {
    using dir = tempDir();
    const root = dir.file("mine");
    mkdirSync(root);
    writeFileSync(join(root, "letter.txt"), "dear");
    const before = treePrint(root);
    const refused = await demo(root, 2);
    expect(refused.code).not.toBe(0);
    expect(refused.text).toContain("HP-DEMO-ROOT");
    expect(treePrint(root)).toBe(before);
    expect(readdirSync(dir.path)).toEqual(["mine"]);
  }, 300_000);

  it("refuses a number of variations that makes no sense, in words", async () => {
    using dir = tempDir();
    const refused = await demo(dir.file("demo"), 0);
    expect(refused.code).not.toBe(0);
    expect(refused.text).toContain("whole number from 1 to 1000");
    expect(existsSync(dir.file("demo"))).toBe(false);
  }, 300_000);
});
