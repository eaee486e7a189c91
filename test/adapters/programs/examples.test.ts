/** The Python examples of config/examples/checks, run as a studio would: copied into a plugin folder, asked about frames. */
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import type { TestContext } from "vitest";
import { describe, expect, test } from "vitest";
import { testPlugin } from "../../../daemon/adapters/pluginKit/testPlugin.ts";
import { decodedFloat, picture } from "../../fixtures/pictures.ts";
import { FRAME, lookerOf } from "../../fixtures/programPlugin.ts";
import type { TempDir } from "../../fixtures/tempDir.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const EXAMPLES = "config/examples/checks";
/** Another Python than the one on the PATH, where pyblish-base is installed for that one. */
const PYTHON = process.env["HOTPLATE_TEST_PYTHON"] ?? "python3";
const runs = (code: string) => spawnSync(PYTHON, ["-c", code]).status === 0;

function copied(dir: TempDir, ...names: readonly string[]): void {
  for (const name of names) cpSync(`${EXAMPLES}/${name}`, dir.file(name));
  for (const name of names.filter((each) => each.includes(".check."))) {
    const text = readFileSync(dir.file(name), "utf8");
    writeFileSync(dir.file(name), text.replace("[python3,", `[${JSON.stringify(PYTHON)},`));
  }
}

function need(context: TestContext, code: string, reason: string): void {
  if (!runs(code)) context.skip(reason);
}

describe("the plain Python example", () => {
  test("measures float pictures, passes, warns, and says why it says nothing of codes", async (context) => {
    need(context, "pass", "python3 is not installed (Debian: python3)");
    using dir = tempDir();
    copied(dir, "highlight_ceiling.check.yaml", "highlight_ceiling.py");
    const { look, programs } = await lookerOf(dir, { id: "studio.highlight_ceiling" });
    try {
      const of = async (top: number) =>
        look({ ...FRAME, result: decodedFloat(6, 4, (x, y, c) => (x + y + c === 0 ? top : picture(x, y, c))) });
      expect(await of(32)).toMatchObject({ verdict: "pass", measures: [{ name: "valueMax", value: 32, limit: 64 }] });
      expect(await of(100)).toMatchObject({
        verdict: "warn",
        message: "Brighter than the show allows: brightest sample 100, limit 64.",
      });
      expect(await of(Number.NaN)).toMatchObject({ verdict: "error" });
      const kit = await testPlugin(dir.file("highlight_ceiling.check.yaml"));
      expect([kit.problems, kit.measured > 3]).toEqual([[], true]);
      expect(await look()).toEqual({
        check: "studio.highlight_ceiling",
        because: "whole-number codes have a ceiling of their own",
      });
    } finally {
      await programs.close();
    }
  });
});

describe("the pyblish example", () => {
  const files = ["pyblish_validators.check.yaml", "pyblish_bridge.py", "validate_result.py"];
  const pathed = (path: string) => ({ ...FRAME, resultFile: { ...FRAME.resultFile, path } });

  test("runs validators that know nothing of Hotplate", async (context) => {
    need(context, "import pyblish.api", `pyblish-base is not installed for ${PYTHON} (pip install pyblish-base)`);
    using dir = tempDir();
    copied(dir, ...files);
    const { look, programs } = await lookerOf(dir, { id: "studio.pyblish" });
    try {
      expect(await look(pathed("/v/w001.1001.png"))).toMatchObject({
        verdict: "pass",
        message: "2 validators found nothing.",
      });
      expect(await look(pathed("/v/w 001.png"))).toMatchObject({
        verdict: "fail",
        message: "Result name: the file name 'w 001.png' has characters that delivery refuses",
        measures: [{ name: "violations", value: 1 }, { name: "warnings" }, { name: "validators", value: 2 }],
      });
      expect(await look({ ...pathed("/v/a.png"), result: decodedFloat(5, 4) })).toMatchObject({
        verdict: "warn",
        message: "Even size: 5 x 4 px: review movies crop a line",
      });
      const kit = await testPlugin(dir.file("pyblish_validators.check.yaml"));
      expect([kit.problems, kit.measured > 10]).toEqual([[], true]);
      writeFileSync(dir.file("validate_result.py"), "import nothing_of_that_name");
    } finally {
      await programs.close();
    }
    const again = await lookerOf(dir, { id: "studio.pyblish" });
    expect(await again.look()).toMatchObject({
      verdict: "error",
      message: expect.stringMatching(/exit code 1: .*nothing_of_that_name.*HP-PLUGIN-RUN/) as string,
    });
    await again.programs.close();
  });

  test("says what to install where pyblish is not", async (context) => {
    need(context, "pass", "python3 is not installed (Debian: python3)");
    if (runs("import pyblish")) context.skip(`pyblish-base is installed for ${PYTHON}`);
    using dir = tempDir();
    copied(dir, ...files);
    const { look, programs } = await lookerOf(dir, { id: "studio.pyblish" });
    expect(await look()).toMatchObject({
      verdict: "error",
      message: expect.stringContaining("pip install pyblish-base") as string,
    });
    await programs.close();
  });
});
