/** What is typed wrongly, and what `--help` says: the whole tree, each with an example and the exit codes of the one table. */
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../daemon/cli/commandTable.ts";
import { exitTable } from "../../daemon/cli/exitWords.ts";
import { buildProgram } from "../../daemon/cli/program.ts";
import { EXIT } from "../../daemon/domain/errors.ts";
import { hotplate } from "./commandLine.ts";

describe("hotplate --help", () => {
  it("names every command and every exit code", async () => {
    const { code, stdout, stderr } = await hotplate(["--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    for (const { name } of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${name.split(" ")[0]} `, "m"));
    expect(stdout).toContain(exitTable());
    for (const exit of Object.values(EXIT)) expect(stdout).toMatch(new RegExp(`^ +${exit} {2}\\S`, "m"));
  });

  it("shows an example and --json for each command, that the command itself takes", () => {
    const program = buildProgram();
    const leaves = program.commands.flatMap((command) => (command.commands.length > 0 ? command.commands : [command]));
    expect(leaves.length).toBe(COMMANDS.length + 4);
    for (const command of leaves) {
      let text = "";
      command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
      expect([command.name(), /^Examples?:\n {2}hotplate /m.test(text)]).toEqual([command.name(), true]);
      expect([command.name(), text.includes("--json"), text.includes("--config")]).toEqual([
        command.name(),
        true,
        true,
      ]);
      expect(text).toMatch(/^Exits with 0, (1, )?2, 3/m);
    }
    for (const { examples, name } of COMMANDS)
      for (const example of examples) {
        const called = name.replace(/ [<[].*/, "").split(" ");
        const words = example.split(" ").slice(1);
        expect(words.slice(0, called.length)).toEqual(called);
        const [group, child] = called;
        const above = program.commands.find((one) => one.name() === group);
        const found = child === undefined ? above : above?.commands.find((one) => one.name() === child);
        expect(found?.parseOptions(words.slice(called.length)).unknown).toEqual([]);
      }
  });

  it("says the version", async () => {
    expect((await hotplate(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("a wrong call", () => {
  it.each([
    [["shwo", "job_1"], "Did you mean show?", "hotplate --help"],
    [["show"], "missing required argument 'id'", "hotplate show --help"],
    [["ls", "--stat", "done"], "unknown option '--stat'", "hotplate ls --help"],
    [["recipe", "import", "x.json"], "--name", "hotplate recipe --help"],
    [["ls", "everything"], 'not "everything"', "hotplate --help"],
    [["ls", "--limit", "many"], "no whole number from 1", "hotplate --help"],
    [["ls", "--state", "tired"], '"tired" is no state', "hotplate --help"],
    [["demo", "--variations", "0"], "no whole number from 1 to 1000", "hotplate --help"],
    [["init"], "--root is missing", "hotplate init --root"],
  ])("%j is HP-USAGE, exit 2, with what to do", async (args, words, hint) => {
    const { code, stdout, stderr } = await hotplate(args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^HP-USAGE {2}/);
    expect(stderr).toContain(words);
    expect(stderr).toContain(`do this:  ${hint}`);
    expect(stderr.trimEnd().split("\n").length).toBe(3);
  });

  it("is JSON with --json, on standard output", async () => {
    const said = await hotplate(["show", "--json"]);
    expect([said.code, said.stderr]).toEqual([2, ""]);
    expect(said.json()).toMatchObject({ error: { code: "HP-USAGE", hint: "hotplate show --help" } });
  });

  it("prints the help when there is no command, exit 2", async () => {
    for (const args of [[], ["recipe"]]) {
      const { code, stderr, stdout } = await hotplate(args);
      expect([code, `${stdout}${stderr}`]).toEqual([2, expect.stringContaining("Usage: hotplate")]);
    }
  });

  it("is red only where colour is wanted", async () => {
    const red = "\u001b[31m";
    expect((await hotplate(["show"])).stderr).not.toContain(red);
    expect((await hotplate(["show"], { env: { FORCE_COLOR: "1" } })).stderr).toContain(red);
    expect((await hotplate(["show"], { env: { NO_COLOR: "1" } })).stderr).not.toContain("\u001b");
  });
});

describe("without a configuration", () => {
  it("says where it looked and how to make one (HP-CONFIG-MISSING), exit 3", async () => {
    for (const args of [
      ["ls"],
      ["show", "x"],
      ["explain", "x"],
      ["logs", "x"],
      ["cancel", "x"],
      ["retry", "x"],
      ["submit", "x.yaml"],
      ["run"],
    ]) {
      const { code, stderr } = await hotplate(args);
      expect([args, code, stderr.split(" ")[0]]).toEqual([args, 3, "HP-CONFIG-MISSING"]);
      expect(stderr).toContain("hotplate init");
    }
  });
});
