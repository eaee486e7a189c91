/** Where a report of `hotplate qc` may be written: never over anything that is not such a report, and told before the work; and what is left of a command that is stopped. */
import { REPOSITORY } from "../fixtures/sources.ts";
import { ended } from "../fixtures/processEnd.ts";
import { once } from "node:events";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writePng } from "../fixtures/pictures.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import type { Said } from "./commandLine.ts";
import { hotplate } from "./commandLine.ts";

let dir: TempDir;
beforeAll(async () => {
  dir = tempDir();
  for (const name of ["a.png", "b.png"])
    await writePng(dir.path, name, { width: 64, height: 48, channels: 3, bits: 16 });
  mkdirSync(dir.file("folder"));
});
afterAll(() => dir[Symbol.dispose]());

const qc = (...args: readonly string[]): Promise<Said> => hotplate(["qc", ...args], { cwd: dir.path });

describe("the place of a report", () => {
  it("is never that of a picture: a pattern that the shell spread out after --html overwrites nothing", async () => {
    const before = readFileSync(dir.file("a.png"));
    for (const name of ["html", "junit", "sarif"]) {
      const said = await qc("run", `--${name}`, "a.png", "b.png");
      expect([name, said.code, said.stdout]).toEqual([name, 2, ""]);
      expect(said.stderr).toContain(`--${name} a.png can't be written: it is there already and is no such report.`);
    }
    const calibrated = await qc("calibrate", "--good", "folder", "--bad", "folder", "--html", "a.png");
    expect([calibrated.code, calibrated.stderr]).toEqual([2, expect.stringContaining("is no such report")]);
    expect(readFileSync(dir.file("a.png")).equals(before)).toBe(true);
  });

  it("is a file in a folder that is there, and that is told before anything is looked at", async () => {
    const missing = await qc("run", "nowhere.png", "--html", "no/such/qc.html");
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("there is no folder")]);
    const folder = await qc("run", "a.png", "--sarif", "folder");
    expect([folder.code, folder.stderr]).toEqual([2, expect.stringContaining("it is no file")]);
  });

  it("may be an empty file or a report of before: that is replaced", async () => {
    writeFileSync(dir.file("qc.html"), "");
    for (const _time of ["first", "again"]) {
      const said = await qc("run", "a.png", "--html", "qc.html", "--junit", "qc.xml", "--sarif", "qc.sarif");
      expect([said.code, said.stderr]).toEqual([0, ""]);
    }
    expect(readFileSync(dir.file("qc.html"), "utf8")).toMatch(/^<!doctype html>/);
  });
});

describe("a call that can't mean anything", () => {
  it("is refused: a mask without a plate, unless it is said what looks at it", async () => {
    const idle = await qc("run", "a.png", "--mask", "b.png");
    expect([idle.code, idle.stderr]).toEqual([2, expect.stringContaining("there is no plate.")]);
    expect(idle.stderr).toContain("--plate PATH");
    expect((await qc("run", "a.png", "--mask", "b.png", "--profile", "basic")).code).toBe(0);
    expect((await qc("run", "a.png", "--mask", "b.png", "--set", "--check", "file.decodes")).code).toBe(0);
  });

  it("names every profile where none is near", async () => {
    const said = await qc("run", "a.png", "--profile", "zzzzzzzzzzzz");
    expect([said.code, said.stderr]).toEqual([2, expect.stringMatching(/Expected one of basic, .*upscale/)]);
  });
});

const STUCK = `import { renameSync, writeFileSync } from "node:fs";
export default {
  apiVersion: 1, id: "own.stuck", version: 1, scope: "frame", needs: ["result"], limits: {},
  run() {
    writeFileSync("DIR/pid.new", String(process.pid));
    renameSync("DIR/pid.new", "DIR/pid");
    for (;;);
  },
};`;

it("qc run that is interrupted ends with exit 130: no scratch, no worker that goes on", async () => {
  using own = tempDir();
  for (const name of ["checks", "tmp"]) mkdirSync(own.file(name), { mode: 0o755 });
  writeFileSync(own.file("checks/stuck.mjs"), STUCK.replaceAll("DIR", own.path));
  writeFileSync(
    own.file("hotplate.yaml"),
    `hotplate: 1\nstateDir: ${own.file("state")}\nroots: [{name: all, linux: ${own.path}}]\nplugins: [${own.file("checks")}]\nslots: [{name: gpu0, url: "http://127.0.0.1:9"}]\n`,
  );
  const path = await writePng(own.path, "a.png", { width: 16, height: 16, channels: 3, bits: 8 });
  const words = ["--config", own.file("hotplate.yaml"), "qc", "run", path, "--check", "own.stuck"];
  const child = spawn("sh", [`${REPOSITORY}scripts/hotplate.sh`, ...words], {
    cwd: own.path,
    env: { ...process.env, TMPDIR: own.file("tmp") },
    stdio: "ignore",
  });
  const over = once(child, "close");
  while (!existsSync(own.file("pid")) && child.exitCode === null) await new Promise((resolve) => setImmediate(resolve));
  expect(readdirSync(own.file("tmp")).filter((name) => name.startsWith("hotplate-qc-"))).toHaveLength(1);
  child.kill("SIGINT");
  expect((await over)[0]).toBe(130);
  await ended(Number(readFileSync(own.file("pid"), "utf8")));
  expect(readdirSync(own.file("tmp")).filter((name) => name.startsWith("hotplate-qc-"))).toEqual([]);
});
