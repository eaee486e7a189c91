/** The command tree: names, options, help. What a command does stands in the file of its name. */
import { Command, Option } from "commander";
import { packageVersion } from "./version.ts";
import type { Context } from "./context.ts";
import { createContext } from "./context.ts";
import { recipeCommand } from "./recipe.ts";

const EXIT_TABLE = `
Exit codes: 0 done; 1 the answer is no; 2 usage; 3 invalid manifest or configuration; 4 doctor found a fault;
5 no daemon; 6 not found; 7 refused by state or permission; 8 timeout; 9 could not be checked; 130 interrupted.`;

export type Action = (
  context: Context,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
) => Promise<void>;

export function buildProgram(): Command {
  const program = new Command("hotplate")
    .description("Watches folders, runs manifests on ComfyUI, publishes versions beside the plates.")
    .version(packageVersion())
    .addHelpText("after", EXIT_TABLE)
    .showHelpAfterError();
  add(program, ["run", "The daemon, in the foreground"], () => import("./run.ts"), [
    ["--take-over", "Make hot folders ours although another Hotplate owned them"],
  ]);
  add(program, ["demo", "The whole product with a simulated ComfyUI, no GPU needed"], () => import("./demo.ts"), [
    ["--root <dir>", "Where", "./hotplate-demo"],
    ["--variations <n>", "How many lighting variations", "24"],
    ["--keep", "Leave it running so that you can drop more"],
  ]);
  add(program, ["init", "Write a configuration and test every path in it"], () => import("./init.ts"), [
    ["--root <dir>", "The root that holds shows: every path lies inside it"],
    ["--hot <dir>", "The hot folder"],
    ["--show <name>", "Its show", "SHOW"],
    ["--comfy <url>", "An attached ComfyUI", "http://127.0.0.1:8188"],
    ["--state <dir>", "State directory, on a local disk"],
    ["--out <file>", "The file to write", "hotplate.yaml"],
  ]);
  add(program, ["validate <file...>", "What the folder would say, with no daemon"], () => import("./validate.ts"), [
    ["--plan", "Print count, GPU time and destinations"],
  ]);
  add(
    program,
    ["submit <file>", "Drop a manifest into a hot folder; works with the daemon down"],
    () => import("./submit.ts"),
    [["--folder <dir>", "Which hot folder; default: the first"]],
  );
  add(program, ["ls [what]", "jobs (default), versions, folders, slots"], () => import("./ls.ts"), [
    ["--state <state>", "Only jobs in this state"],
    ["--show <name>", "Only this show"],
    ["--limit <n>", "At most", "50"],
  ]);
  add(program, ["show <id>", "One job: state, why it waits, paths, next step"], () => import("./show.ts"), []);
  add(program, ["explain <id>", "Why a job or task waits, in order of cause"], () => import("./explain.ts"), []);
  add(program, ["logs <id>", "The events of a job"], () => import("./logs.ts"), [
    ["-f, --follow", "Go on until the job has ended"],
  ]);
  add(program, ["cancel <id>", "Cancel a job"], () => import("./cancel.ts"), []);
  add(program, ["retry <id>", "Try a job's failed tasks again"], () => import("./retry.ts"), []);
  add(
    program,
    ["verify <what>", "Is a version (folder or job id) as it was committed?"],
    () => import("./verify.ts"),
    [],
  );
  add(program, ["doctor", "What is missing on this node, each with its fix"], () => import("./doctor.ts"), []);
  program.addCommand(
    recipeCommand({
      tools: async () => (await import("./recipeTools.ts")).recipeTools(program.opts<{ config?: string }>().config),
      print: (text) => void process.stdout.write(`${text}\n`),
      exit: (code) => {
        process.exitCode = code;
      },
    }),
  );
  program.addOption(new Option("--config <file>", "Configuration; default: $HOTPLATE_CONFIG, then ./hotplate.yaml"));
  return program;
}

type OptionLine = readonly [flags: string, description: string, fallback?: string];
type Load = () => Promise<{ readonly action: Action }>;

function add(
  program: Command,
  [name, description]: readonly [string, string],
  load: Load,
  options: readonly OptionLine[],
): void {
  const command = program
    .command(name)
    .description(description)
    .option("--json", "For machines")
    .option("--config <file>", "Configuration")
    .option("--verbose", "With the stack");
  for (const [flags, text, fallback] of options) command.option(flags, text, fallback);
  command.action(async (...given: unknown[]) => {
    const own = given.at(-2) as Readonly<Record<string, unknown>>;
    const all = { ...program.opts(), ...own } as { config?: string; json?: boolean };
    const args = given
      .slice(0, -2)
      .flatMap((arg) => (Array.isArray(arg) ? (arg as string[]) : typeof arg === "string" ? [arg] : []));
    const { action } = await load();
    await action(createContext(all), args, own);
  });
}
