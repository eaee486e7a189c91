/** `hotplate plugin test`: the kit over a plugin, its table, its exit codes, and what it says of one that ends the process. */
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { KitReport } from "../../daemon/adapters/pluginKit/kitReport.ts";
import { GOOD_ANSWER } from "../fixtures/programPlugin.ts";
import { REPOSITORY } from "../fixtures/sources.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { hotplate } from "./commandLine.ts";

const object = (id: string, run: string): string =>
  `export default {apiVersion:1,id:"${id}",version:1,scope:"frame",needs:["result"],limits:{},run({result}) {${run}}};`;

describe("plugin test", () => {
  it("shows a row per picture and ends with 0 when every promise is kept", async () => {
    const said = await hotplate(["plugin", "test", `${REPOSITORY}plugins/image_not_black.ts`]);
    expect(said.code).toBe(0);
    expect(said.stdout).toMatch(/^image\.not_black \d+, frame, an object: /);
    expect(said.stdout).toMatch(/^black\tfail\t\d+ ms\t/m);
    expect(said.stdout).toMatch(/No broken promise; \d+ of \d+ pictures measured\.\n$/);
  });

  it("tells a broken promise once, ends with 1, and goes on with the next file", async () => {
    using dir = tempDir();
    writeFileSync(
      dir.file("chance.mjs"),
      object("studio.chance", `return {...${GOOD_ANSWER}, message: String(result.width, Math.random())}`),
    );
    writeFileSync(dir.file("throws.mjs"), object("studio.throws", "throw new Error('no licence')"));
    const said = await hotplate(["plugin", "test", "--json", dir.file("chance.mjs"), dir.file("throws.mjs")]);
    expect(said.code).toBe(1);
    const { plugins } = said.json() as { readonly plugins: readonly { readonly report: KitReport }[] };
    expect(plugins.map(({ report }) => report.check)).toEqual(["studio.chance", "studio.throws"]);
    expect(plugins[1]?.report.problems.length).toBeGreaterThan(10);
    const short = await hotplate(["plugin", "test", "--problems", dir.file("throws.mjs")]);
    expect(short.stdout.match(/BROKEN/g)).toHaveLength(1);
    writeFileSync(
      dir.file("getter.mjs"),
      object("studio.getter", "return {get verdict() { throw new Error('today not'); }}"),
    );
    const getter = await hotplate(["plugin", "test", "--problems", dir.file("getter.mjs")]);
    expect(getter.stdout).toMatch(/BROKEN {2}answers in the promised shape: .*today not/);
    expect(short.stdout).toMatch(
      /BROKEN {2}answers in the promised shape: .*no licence \(picture: 8-bit PNG, no plate and \d+ more\)/,
    );
  });

  it("ends with 3 for what can't be loaded, and with 1 for one that ends its worker", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("no.mjs"), "export default 1");
    writeFileSync(dir.file("exit.mjs"), object("studio.exit", "process.exit(3)"));
    const refused = await hotplate(["plugin", "test", dir.file("no.mjs")]);
    expect([refused.code, refused.stdout]).toEqual([
      3,
      expect.stringMatching(/BROKEN.*no check.*\(HP-PLUGIN\)/) as string,
    ]);
    writeFileSync(dir.file("atOnce.mjs"), "process.exit(3)");
    const atOnce = await hotplate(["plugin", "test", dir.file("atOnce.mjs")]);
    expect([atOnce.code, atOnce.stdout]).toEqual([
      3,
      expect.stringMatching(/BROKEN.*it ended its worker while it was loaded \(exit 3\) \(HP-PLUGIN\)/) as string,
    ]);
    const ended = await hotplate(["plugin", "test", dir.file("exit.mjs")]);
    expect([ended.code, ended.stdout]).toEqual([
      1,
      expect.stringMatching(/BROKEN.*it called process\.exit\(3\), which would have ended its worker/) as string,
    ]);
  });
});
