/** The one table of exit codes in words: `--help` prints it, docs/commands.md and docs/errors.md are made from it. */
import { EXIT } from "../domain/errors.ts";

export const EXIT_WORDS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: "Done.",
  no: "The answer is no; a check found a fault, a job failed.",
  usage: "The command was called in a wrong way.",
  invalid: "A manifest, a recipe or the configuration can't be used.",
  doctor: "The doctor found a fault.",
  noDaemon: "No daemon runs, and this needs one.",
  notFound: "There is nothing of that name.",
  refused: "Refused: by the state of things, or by permission.",
  timeout: "It took longer than it may.",
  uncheckable: "It could not be checked; that is neither yes nor no.",
  warned: "Nothing failed, but something was warned of, and warnings were to be told.",
  interrupted: "Interrupted.",
};

/** One line per code. */
export function exitTable(): string {
  const lines = Object.entries(EXIT).map(
    ([name, code]) => `  ${String(code).padStart(3)}  ${EXIT_WORDS[name as keyof typeof EXIT]}`,
  );
  return ["Exit codes:", ...lines].join("\n");
}
