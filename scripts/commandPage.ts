/** docs/commands.md, made from the command tree: what is printed by `--help`, in one page, with the table of exit codes. */
import type { Argument, Command, Option } from "commander";
import { COMMANDS } from "../daemon/cli/commandTable.ts";
import { EXIT_WORDS } from "../daemon/cli/exitWords.ts";
import { buildProgram } from "../daemon/cli/program.ts";
import { EXIT } from "../daemon/domain/errors.ts";

export function commandsPage(made: string): string {
  const program = buildProgram();
  const leaves = program.commands.flatMap((command) =>
    command.commands.length === 0
      ? [{ name: command.name(), command }]
      : command.commands.map((child) => ({ name: `${command.name()} ${child.name()}`, command: child })),
  );
  const exits = Object.entries(EXIT).map(([name, code]) => `| ${code} | ${EXIT_WORDS[name as keyof typeof EXIT]} |`);
  const index = leaves.map(
    ({ name, command }) => `| [\`${name}\`](#hotplate-${name.replace(" ", "-")}) | ${command.description()} |`,
  );
  return `# Commands

${made}

In a clone the command is \`npx hotplate ...\`. Every command takes \`--json\` (standard output is then JSON and nothing else; its
shapes are those of the API, [openapi.json](openapi.json)), \`--config FILE\` and \`--help\`. The configuration is \`--config\`, then
\`HOTPLATE_CONFIG\`, then \`./hotplate.yaml\`.

Standard output is data; hints, progress and errors go to standard error. An error is a code of [errors.md](errors.md), one
sentence, and one thing to do; with \`--json\` it is \`{"error": {code, message, hint, problems}}\`. Tables are aligned on a terminal,
tab-separated elsewhere; what a terminal would obey in a name or a text is spelled out (\\u001b). Colour only on a terminal, never with \`NO_COLOR\`. An id may be cut short as long as only one begins so.

| command | what it does |
|---|---|
${index.join("\n")}

## Exit codes

| exit | meaning |
|---|---|
${exits.join("\n")}

${leaves.map(({ name, command }) => section(name, command)).join("\n")}`;
}

function section(name: string, command: Command): string {
  const line = COMMANDS.find((known) => known.name.replace(/ [<[].*/, "") === name);
  const args = command.registeredArguments.map(argumentText).join(" ");
  const options = command.options.map((option: Option) => `| \`${option.flags}\` | ${optionWords(option)} |`);
  const examples = line?.examples ?? [exampleOf(command)];
  return `## hotplate ${name}

${command.description()}.${line?.more === undefined ? "" : ` ${line.more}`}

\`\`\`sh
hotplate ${[name, args].filter((part) => part !== "").join(" ")} [options]
${examples.map((example) => `# ${example}`).join("\n")}
\`\`\`

| option | |
|---|---|
${options.join("\n")}

Exits: ${exitsOf(command).join(", ")}.
`;
}

function argumentText(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function optionWords(option: Option): string {
  const fallback: unknown = option.defaultValue;
  return typeof fallback === "string" ? `${option.description} (default: ${fallback})` : option.description;
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

function exampleOf(command: Command): string {
  return /Example:\n {2}(.+)/.exec(helpOf(command))?.[1] ?? "";
}

function exitsOf(command: Command): readonly string[] {
  return (/Exits with ([\d, ]+);/.exec(helpOf(command))?.[1] ?? "").split(", ");
}
