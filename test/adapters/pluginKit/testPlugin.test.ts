/** The test kit: every shipped check keeps its promises, and a check that breaks one is caught by it. */
import { readdirSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { testPlugin } from "../../../daemon/adapters/pluginKit/testPlugin.ts";
import type { KitReport } from "../../../daemon/adapters/pluginKit/kitReport.ts";
import { GOOD_ANSWER, writeProgram } from "../../fixtures/programPlugin.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

const shown = ({ problems }: KitReport) =>
  problems.map(({ rule, picture, sentence }) => `${rule} | ${picture ?? ""} | ${sentence}`);

describe("every shipped check keeps the promises of docs/plugins.md", () => {
  const files = readdirSync("plugins").filter((name) => /^[^_].*\.ts$/.test(name));

  test.each(files)("%s", async (name) => {
    const report = await testPlugin(`plugins/${name}`);
    expect(shown(report)).toEqual([]);
    // Else the kit would have proven nothing.
    expect(report.measured).toBeGreaterThan(0);
  });

  test("and none of them is forgotten here", () => {
    expect(files.length).toBe(readdirSync("plugins").filter((name) => !name.startsWith("_")).length);
    expect(files.length).toBeGreaterThan(19);
  });
});

describe("the kit catches", () => {
  const object = (run: string, more = ""): string =>
    `export default {apiVersion:1,id:"studio.kit",version:1,scope:"frame",needs:["result"],limits:{max:3},${more}
run(input) { const good = ${GOOD_ANSWER}; ${run} }};`;

  async function broken(run: string, more = ""): Promise<readonly string[]> {
    using dir = tempDir();
    writeFileSync(dir.file("check.mjs"), object(run, more));
    return shown(await testPlugin(dir.file("check.mjs")));
  }

  test("nothing in a check that is as it should be", async () => {
    expect(await broken("if (input.result === null) throw new Error('blind'); return good;")).toEqual([]);
  });

  test.each([
    [
      "one that throws on an odd picture",
      "if (input.result.width === 1) throw new Error('odd'); return good;",
      /answers in the promised shape \| one pixel .*odd/,
    ],
    [
      "a NaN as a measure",
      "good.measures[0].value = input.luma('result')?.mean / 0 * 0; return good;",
      /answers in the promised shape/,
    ],
    ["chance", "good.message = String(Math.random()); return good;", /says the same twice \| 8-bit PNG/],
    [
      "a memory of earlier frames",
      "globalThis.kitSeen = (globalThis.kitSeen ?? 0) + 1; good.measures[0].value = globalThis.kitSeen; return good;",
      /says the same twice/,
    ],
    [
      "one that changes samples",
      "input.result?.samples.fill(0); return good;",
      /leaves what it looks at as it is \| 8-bit PNG.*changed samples/,
    ],
    [
      "one that answers later whether it applies",
      "return good;",
      /promised shape \| 8-bit PNG.*HP-PLUGIN-ANSWER.*a promise/,
      "async applies() { return null; },",
    ],
    ["one that says false for not applying", "return good;", /promised shape.*is false/, "applies: () => false,"],
    ["one that passes what it can't see", "return good;", /passes nothing without pixels/],
  ])("%s", async (_, run, words, more = "") => {
    expect((await broken(run, more)).join("\n")).toMatch(words);
  });

  test("a source of a limit that the check does not have", async () => {
    expect(await broken("if (!input.result) throw new Error('x'); return good;", 'limitsFrom:{least:"EBU"},')).toEqual([
      "says only where limits come from that it has |  | limitsFrom names least, which is no limit of it",
    ]);
  });

  test("a limit that means nothing by the check's own words", async () => {
    const judges = 'judges:{max:{measures:["mean"],must:"atMost",least:0,greatest:1}},';
    expect(await broken("if (!input.result) throw new Error('x'); return good;", judges)).toEqual([
      "has limits that mean something |  | max is 3, and by judges it means something from 0 to 1",
    ]);
  });

  test.each([
    [
      "a program that crashes by some pictures",
      `grep -q '"channels":..Y..' && exit 3; echo '${GOOD_ANSWER}'`,
      {},
      /promised shape \| grey 16-bit PNG .*exit code 3/,
    ],
    ["a program that hangs", "sleep 1000", { timeoutSeconds: 0.1 }, /answers in time.*made no end/],
    [
      "a program that writes",
      `file=$(sed 's/.*"path":"\\([^"]*kit.1001.png\\)".*/\\1/' | head -1); chmod u+w "$file"; echo x >> "$file"; echo '${GOOD_ANSWER}'`,
      {},
      /leaves what it looks at as it is/,
    ],
    ["a program that passes what it can't see", `echo '${GOOD_ANSWER}'`, {}, /passes nothing without pixels/],
  ])("%s", async (_, script, more, words) => {
    using dir = tempDir();
    expect(shown(await testPlugin(writeProgram(dir, script, more))).join("\n")).toMatch(words);
  });

  test("a file that is no plugin, with the reason", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("a.mjs"), "export default 3");
    await expect(testPlugin(dir.file("a.mjs"))).rejects.toMatchObject({
      code: "HP-PLUGIN",
      message: expect.stringContaining("no check") as string,
    });
  });
});
