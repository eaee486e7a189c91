/** The command tree, built from `commandTable.ts` and `recipe.ts`. What a command does stands in the file of its name. */
import { Command, Option } from "commander";
import type { CommandLine } from "./commandTable.ts";
import { COMMANDS } from "./commandTable.ts";
import type { Context } from "./context.ts";
import { createContext } from "./context.ts";
import { exitTable } from "./exitWords.ts";
import { recipeCommand } from "./recipe.ts";
import { shownText } from "../domain/terminalText.ts";
import { packageVersion } from "./version.ts";

export type Action = (
  context: Context,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
) => Promise<void>;

const CONFIG_WORDS = "Configuration; default: $HOTPLATE_CONFIG, then ./hotplate.yaml";

export function buildProgram(): Command {
  const program = new Command("hotplate")
    .description("Watches folders, runs manifests on ComfyUI, publishes versions beside the plates.")
    .version(packageVersion())
    .addOption(new Option("--config <file>", CONFIG_WORDS))
    .addHelpText("after", `\n${exitTable()}\n\nOf each command: hotplate COMMAND --help, docs/commands.md`);
  for (const line of COMMANDS) add(program, line);
  program.addCommand(
    recipeCommand({
      tools: async (config) => (await import("./recipeTools.ts")).recipeTools(config ?? configOf(program)),
      approve: async (request) =>
        (await import("./recipeApprove.ts")).approveRecipe({ ...request, config: request.config ?? configOf(program) }),
      print: (text) => void process.stdout.write(`${shownText(text)}\n`),
      exit: (code) => {
        process.exitCode = code;
      },
    }),
  );
  return program;
}

function configOf(program: Command): string | undefined {
  return program.opts<{ config?: string }>().config;
}

function add(program: Command, line: CommandLine): void {
  const [, group, name = line.name] = /^([a-z]+) ([a-z].*)$/.exec(line.name) ?? [];
  const command = (group === undefined ? program : groupOf(program, group))
    .command(name)
    .description(line.words)
    .option("--json", "For machines")
    .option("--config <file>", CONFIG_WORDS)
    .option("--verbose", "With the stack of an error");
  for (const [flags, text, fallback] of line.options)
    if (typeof fallback === "object") command.option(flags, text, gathered);
    else command.option(flags, text, fallback);
  command.addHelpText("after", () => helpAfter(line));
  command.action(async (...given: unknown[]) => {
    const own = given.at(-2) as Readonly<Record<string, unknown>>;
    const all = { ...program.opts(), ...own } as { config?: string; json?: boolean };
    const args = given
      .slice(0, -2)
      .flatMap((arg) => (Array.isArray(arg) ? (arg as string[]) : typeof arg === "string" ? [arg] : []));
    const { action } = await line.load();
    await action(createContext(all), args, own);
  });
}

const GROUPS: Readonly<Record<string, string>> = {
  qc: "QC over any pictures, and its limits",
  plugin: "Checks of your own",
};

function groupOf(program: Command, name: string): Command {
  const known = program.commands.find((command) => command.name() === name);
  return known ?? program.command(name).description(GROUPS[name] ?? name);
}

function gathered(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function helpAfter(line: CommandLine): string {
  const exits = [...new Set([0, 2, 3, ...line.exits])].toSorted((a, b) => a - b).join(", ");
  return [
    ...(line.more === undefined ? [] : ["", line.more]),
    "",
    line.examples.length === 1 ? "Example:" : "Examples:",
    ...line.examples.map((example) => `  ${example}`),
    "",
    `Exits with ${exits}; what they mean: hotplate --help`,
  ].join("\n");
}
