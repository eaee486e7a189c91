/**
 * `hotplate`: one thin file per command, imported when it runs. Exit codes are one table (docs/commands.md), printed in
 * `--help`.
 */
import type { Command } from "commander";
import { CommanderError } from "commander";
import { EXIT } from "../domain/errors.ts";
import { buildProgram } from "./program.ts";
import { reportError } from "./context.ts";

const program: Command = buildProgram();
program.exitOverride();
try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  } else {
    process.exitCode = reportError(error, {
      json: process.argv.includes("--json"),
      verbose: process.argv.includes("--verbose"),
    });
  }
}
