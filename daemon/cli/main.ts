/**
 * `hotplate`: one thin file per command, imported when it runs. Exit codes are one table (docs/commands.md), printed in
 * `--help`. A wrong call is an error like any other: a code, one sentence, what to do; with `--json` as JSON.
 */
import type { Command } from "commander";
import { CommanderError } from "commander";
import { EXIT, HotplateError } from "../domain/errors.ts";
import { endWhenUnread } from "./closedPipe.ts";
import { reportError } from "./context.ts";
import { buildProgram } from "./program.ts";

export async function runCommandLine(argv: readonly string[]): Promise<void> {
  const program = buildProgram();
  speakOurselves(program);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    const options = { json: argv.includes("--json"), verbose: argv.includes("--verbose") };
    // `hotplate` alone has printed its help; there is nothing to add.
    if (error instanceof CommanderError && error.code === "commander.help") process.exitCode = EXIT.usage;
    else process.exitCode = reportError(error instanceof CommanderError ? wrongCall(error, argv) : error, options);
  }
}

function speakOurselves(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => undefined });
  for (const child of command.commands) speakOurselves(child);
}

function wrongCall(error: CommanderError, argv: readonly string[]): HotplateError {
  const words = argv.slice(2).filter((word) => /^[a-z]+$/.test(word));
  const known = buildProgram().commands.find((command) => command.name() === words[0]);
  return new HotplateError("HP-USAGE", error.message.replace(/^error: /, "").replaceAll("\n", " "), {
    cause: error,
    hint: known === undefined ? "hotplate --help" : `hotplate ${known.name()} --help`,
  });
}

if (import.meta.main) {
  // The daemon's output is its log: it does not end by who reads it.
  if (process.argv[2] !== "run") endWhenUnread(process.stdout);
  await runCommandLine(process.argv);
}
