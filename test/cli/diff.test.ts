/** `hotplate diff` over versions on disk: what went in, QC, pixels, a picture; and what is no version. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { VersionFacts } from "../../daemon/domain/versionFacts.ts";
import type { TempDir } from "../fixtures/tempDir.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { writeVersion } from "../fixtures/versionOnDisk.ts";
import { hotplate } from "./commandLine.ts";

let dir: TempDir;
let grey: (value: number) => Promise<Uint8Array>;
beforeEach(() => {
  dir = tempDir();
  grey = (value) =>
    sharp(new Uint8Array(64 * 32 * 3).fill(value), { raw: { width: 64, height: 32, channels: 3 } })
      .png()
      .toBuffer();
});
afterEach(() => dir[Symbol.dispose]());

const withParameters = (facts: VersionFacts, of: (wedge: number) => Record<string, string | number>): VersionFacts => ({
  ...facts,
  plan: { ...facts.plan, wedges: facts.plan.wedges.map((wedge) => ({ ...wedge, parameters: of(wedge.index) })) },
});

describe("diff", () => {
  it("says that nothing differs, exit 0; a version against itself and against a twin on another node", async () => {
    const content = await grey(80);
    const a = writeVersion(dir.file("env"), { frames: [1001, 1002], content: () => content });
    const b = writeVersion(dir.file("env"), { version: 8, frames: [1001, 1002], content: () => content });
    const said = await hotplate(["diff", a, b]);
    expect([said.code, said.stdout]).toEqual([0, expect.stringContaining("EQUAL  nothing differs")]);
    expect(said.stdout).toContain("2 frames in both: 2 the same file");
    // Equal pixels have no worst frame, and no PSNR.
    expect(said.stdout).not.toContain("worst");
  });

  it("names parameters, wedges, verdicts and pixels, draws the worst frame, exit 1", async () => {
    const [dark, bright] = [await grey(80), await grey(82)];
    const a = writeVersion(dir.file("env"), {
      wedges: 2,
      frames: [1001],
      content: () => dark,
      change: (facts) => withParameters(facts, () => ({ denoise: 0.5, prompt: "dawn" })),
    });
    const b = writeVersion(dir.file("env"), {
      version: 8,
      wedges: 2,
      frames: [1001],
      content: (wedge) => (wedge === 2 ? bright : dark),
      change: (facts) => withParameters(facts, (wedge) => ({ denoise: 0.6, prompt: wedge === 2 ? "dusk" : "dawn" })),
    });
    const out = dir.file("diff.png");
    const said = await hotplate(["diff", a, b, "--out", out, "--json"]);
    expect(said.code).toBe(1);
    expect(said.json()).toMatchObject({
      equal: false,
      made: [
        { what: "parameters.denoise", a: 0.5, b: 0.6 },
        { what: "parameters.prompt", a: "dawn", b: null },
      ],
      wedges: [
        { a: "w001", differences: [{ what: "parameters.denoise", a: 0.5, b: 0.6 }] },
        {
          a: "w002",
          differences: [{ what: "parameters.denoise" }, { what: "parameters.prompt", a: "dawn", b: "dusk" }],
        },
      ],
      pixels: { summary: { frames: 2, sameFiles: 1, changed: 1 }, picture: out },
    });
    expect(existsSync(out)).toBe(true);
    const text = await hotplate(["diff", `${a}/w002`, `${b}/w002`]);
    expect(text.stdout).toMatch(
      /worst: PSNR 42\.11 dB, SSIM 0\.9\d+, largest difference 0\.00784, 100\.00 % of pixels/,
    );
    expect((await hotplate(["diff", `${a}/w001`, `${b}/w001`, "--no-pixels"])).stdout).toContain(
      "pixels  not compared",
    );
    expect((await hotplate(["diff", a, b, "--out", out])).stderr).toMatch(/^HP-STATE-REFUSED/);
    expect((await hotplate(["diff", a, b, "--out", dir.file("x.gif")])).code).toBe(2);
  });

  it("names the fields that differ of colour, not two lines of JSON; no figures of frames that can't be compared", async () => {
    const big = await sharp({ create: { width: 8, height: 8, channels: 3, background: "#888" } })
      .png()
      .toBuffer();
    const small = await grey(80);
    const a = writeVersion(dir.file("env"), { content: () => small });
    const b = writeVersion(dir.file("env"), {
      version: 8,
      content: () => big,
      change: (facts) => ({ ...facts, plan: { ...facts.plan, color: { ...facts.plan.color, view: "filmic" } } }),
    });
    const { stdout } = await hotplate(["diff", a, b]);
    expect(stdout).toContain("\n  color.x-view: plain -> filmic\n");
    expect(stdout).not.toContain("{");
    expect(stdout).toMatch(/0 the same pixels, \d+ not comparable/);
    expect(stdout).not.toContain("worst");
  });

  it("refuses what is no version, or one whose record has the form of before (HP-VERSION-PAPERS), exit 6", async () => {
    const a = writeVersion(dir.file("env"), { content: () => "x" });
    const none = await hotplate(["diff", a, dir.file("nowhere/v001")]);
    expect([none.code, none.stderr]).toEqual([6, expect.stringMatching(/^HP-VERSION-PAPERS .*it is not there/)]);
    mkdirSync(dir.file("old/v001/.hotplate"), { recursive: true });
    writeFileSync(dir.file("old/v001/.hotplate/asset.json"), '{"schema":"ai-asset/1","id":"urn:hotplate:s:j/1"}');
    const old = await hotplate(["diff", a, dir.file("old/v001")]);
    expect([old.code, old.stderr]).toEqual([6, expect.stringMatching(/the form of before/)]);
    expect((await hotplate(["diff", `${a}/w009`, a])).stderr).toMatch(/it has no wedge w009/);
  });
});
