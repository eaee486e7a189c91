/**
 * `hotplate recipe import | ls | check | approve`: how it is typed and printed. What it does is `recipeActions`. Exit codes: 0 done,
 * 3 a recipe or graph can't be used, 6 no such recipe, 7 refused.
 */
import { resolve } from "node:path";
import { Command } from "commander";
import { EXIT } from "../domain/errors.ts";
import type { Problem } from "../domain/errors.ts";
import { checkRecipes, importFile, listRecipes } from "./recipeActions.ts";
import type { RecipeTools, RecipeView } from "./recipeActions.ts";
import type { Approved, ApproveRequest } from "./recipeApprove.ts";

export interface RecipeCommandParts {
  /** Built when a command runs, so that `--help` needs no configuration. */
  readonly tools: (config: string | undefined) => RecipeTools | Promise<RecipeTools>;
  readonly approve: (request: ApproveRequest) => Promise<Approved>;
  readonly print: (text: string) => void;
  readonly exit: (code: number) => void;
}

interface Given {
  readonly json?: boolean;
  readonly config?: string;
}

/** The subcommand to mount: `program.addCommand(recipeCommand(parts))`. Errors are thrown as HotplateError. */
export function recipeCommand({ tools, approve, print, exit }: RecipeCommandParts): Command {
  const command = new Command("recipe").description("Recipes: ComfyUI graphs with typed parameters");
  command
    .command("ls")
    .description("List every recipe, usable or not")
    .addHelpText("after", after("hotplate recipe ls", "0, 2, 3"))
    .option("--json", "For machines")
    .option("--config <file>", "Configuration: its recipe folders count too")
    .action(async ({ json, config }: Given) => {
      const views = await listRecipes(await tools(config));
      print(json === true ? jsonText({ recipes: views }) : listText(views));
    });
  command
    .command("check")
    .addHelpText("after", after("hotplate recipe check env_relight --url http://127.0.0.1:8188", "0, 2, 3, 6"))
    .description("Check recipes against the recorded ComfyUI 0.19, or against a running one")
    .argument("[target]", "Recipe folder, folder of recipes, or name[@version]; default: all")
    .option("--url <comfyui>", "Check against this ComfyUI: its classes, options and models")
    .option("--json", "For machines")
    .option("--config <file>", "Configuration: its recipe folders count too")
    .action(async (target: string | undefined, { json, config, url }: Given & { url?: string }) => {
      const views = await checkRecipes(await tools(config), { target: target ?? null, url: url ?? null });
      print(json === true ? jsonText({ recipes: views }) : checkText(views));
      if (views.some((view) => view.state === "broken")) exit(EXIT.invalid);
    });
  command
    .command("approve")
    .addHelpText("after", after("hotplate recipe approve env_relight@1.0.0 --slot gpu0", "0, 1, 2, 3, 6, 7"))
    .description("Record what a recipe runs on now: model hashes, node packs, ComfyUI; another state is drift then")
    .argument("<recipe>", "name@version")
    .option("--slot <name>", "The slot that is as it should be; default: the first")
    .option("--json", "For machines")
    .option("--config <file>", "Configuration: slots and recipe folders")
    .action(async (target: string, { json, config, slot }: Given & { slot?: string }) => {
      const approved = await approve({ target, slot: slot ?? null, config });
      print(json === true ? jsonText(approved) : approvedText(approved));
    });
  command
    .command("import")
    .addHelpText("after", after("hotplate recipe import graph.json --name my_look", "0, 2, 3, 6, 7"))
    .description("Make a recipe from a graph that was saved with File > Export (API)")
    .argument("<file>", "The exported graph, JSON")
    .requiredOption("--name <name>", "Name of the recipe: letters, digits and _")
    .option("--out <dir>", "Recipe folder to write below", "recipes")
    .option("--url <comfyui>", "Take ranges and options from this ComfyUI (needed for node packs)")
    .option("--json", "For machines")
    .option("--config <file>", "Configuration: its recipe folders count too")
    .action(async (file: string, options: Given & { name: string; out: string; url?: string }) => {
      const out = resolve(options.out);
      const request = { file: resolve(file), name: options.name, out, url: options.url ?? null };
      const outcome = await importFile(await tools(options.config), request);
      if (options.json === true) print(jsonText(outcome));
      else if (outcome.kind === "refused") print(problemsText(outcome.problems));
      else print(importText(outcome));
      if (outcome.kind === "refused") exit(EXIT.invalid);
    });
  return command;
}

function after(example: string, exits: string): string {
  return `\nExample:\n  ${example}\n\nExits with ${exits}; what they mean: hotplate --help`;
}

function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

function listText(views: readonly RecipeView[]): string {
  const usable = views.filter((view) => view.state === "usable");
  const width = Math.max(0, ...usable.map((view) => `${view.name}@${view.version}`.length));
  const lines = usable.map((view) => {
    const needs = view.needs === "nothing" || view.needs === null ? "" : ` (needs ${view.needs})`;
    const approved = view.approvedAt === null ? "" : `  [approved ${view.approvedAt.slice(0, 10)}]`;
    return `${`${view.name}@${view.version}`.padEnd(width)}  ${view.title ?? ""}${needs}${approved}`;
  });
  const broken = views
    .filter((view) => view.state === "broken")
    .map((view) => `BROKEN  ${view.dir}: ${view.problems[0]?.message ?? "it can't be used"}`);
  return [...lines, ...broken].join("\n") || "There are no recipes.";
}

function checkText(views: readonly RecipeView[]): string {
  const lines = views.flatMap((view) => [
    `${view.state === "usable" ? "ok      " : "BROKEN  "}${view.name === "" ? view.dir : `${view.name}@${view.version}  ${view.dir}`}`,
    ...view.problems.map((problem) => `  ${problemText(problem)}`),
  ]);
  return lines.join("\n") || "There are no recipes.";
}

function problemsText(problems: readonly Problem[]): string {
  return problems.map(problemText).join("\n");
}

/** `file:line:col CODE sentence Nearest: x. Action.` */
function problemText(problem: Problem): string {
  const place = [problem.file ?? "", problem.line, problem.col]
    .filter((part) => part !== null && part !== "")
    .join(":");
  const nearest = problem.nearest === null ? "" : ` Nearest: ${problem.nearest}.`;
  const grade = problem.severity === "warning" ? " (warning)" : "";
  return `${place} ${problem.code}${grade} ${problem.message}${nearest} ${problem.action}`;
}

function approvedText({ path, approval }: Approved): string {
  const packs = approval.nodePacks.length === 0 ? "none" : approval.nodePacks.join(", ");
  return [
    `Approved: ${approval.recipe} as it is on slot ${approval.slot}, ComfyUI ${approval.comfyVersion}, node packs: ${packs}`,
    ...approval.models.map(({ folder, file, sha256 }) => `  ${folder}/${file}  ${sha256 ?? "hash not known"}`),
    `Written: ${path}`,
  ].join("\n");
}

function importText(outcome: {
  readonly dir: string;
  readonly notes: readonly string[];
  readonly parameters: readonly string[];
}): string {
  return [
    `Written: ${outcome.dir}`,
    `Parameters: ${outcome.parameters.join(", ") || "none"}`,
    ...outcome.notes.map((note) => `Note: ${note}`),
    `Next: edit ${outcome.dir}/recipe.yaml, then hotplate recipe check ${outcome.dir}`,
  ].join("\n");
}
