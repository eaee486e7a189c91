/** `hotplate validate FILE...`: the folder's very words, with no daemon and no ComfyUI. Exit 3 when anything is wrong. */
import { stat, readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { buildBase } from "../adapters/world.ts";
import type { BaseWorld } from "../adapters/world.ts";
import { errorAnswer, problemLines, waitingAnswer } from "../domain/answer.ts";
import type { Config } from "../domain/config.ts";
import { configSchema } from "../domain/config.ts";
import { EXIT, HotplateError } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { planText } from "../domain/planText.ts";
import type { PlanOutcome } from "../planManifest.ts";
import { planManifest } from "../planManifest.ts";
import type { Context } from "./context.ts";

export async function action(
  context: Context,
  files: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const config = await configOrNone(context);
  const base = buildBase(config, "error");
  try {
    const outcomes: { file: string; outcome: PlanOutcome }[] = [];
    for (const file of files) outcomes.push({ file, outcome: await validateFile(base, file) });
    context.print(
      outcomes.map(({ file, outcome }) => ({ file, ...outcome })),
      () => outcomes.map(({ file, outcome }) => words(basename(file), outcome, options["plan"] === true)).join("\n"),
    );
    if (outcomes.some(({ outcome }) => outcome.kind !== "plan")) context.exit(EXIT.invalid);
  } finally {
    await base.images.close();
  }
}

async function validateFile(base: BaseWorld, file: string): Promise<PlanOutcome> {
  const path = resolve(file);
  const bytes = await stat(path).then(
    (s) => s.size,
    () => null,
  );
  if (bytes === null) throw new HotplateError("HP-NOT-FOUND", `There is no file ${path}.`);
  const folder = base.config.hotFolders.find((known) => known.path === dirname(path)) ?? base.config.hotFolders[0];
  const text = bytes > LIMITS.manifestBytesMax ? new Uint8Array(0) : await readFile(path);
  return planManifest(base, {
    text,
    bytes,
    fileName: basename(path),
    dir: dirname(path),
    show: folder?.show ?? "SHOW",
    boundRecipe: folder?.recipe ?? null,
  });
}

function words(name: string, outcome: PlanOutcome, plan: boolean): string {
  switch (outcome.kind) {
    case "rejected":
      return errorAnswer(name, outcome.problems);
    case "waiting":
      return waitingAnswer(name, outcome.reason, outcome.problems);
    case "plan":
      return [
        `VALID  ${name}`,
        ...outcome.notes.flatMap(problemLines),
        ...(plan ? planText(outcome.plan) : planText(outcome.plan).slice(0, 1)),
      ].join("\n");
  }
}

/** Without a configuration the manifest's own file system is the root: enough to find every mistake but one of roots. */
async function configOrNone(context: Context): Promise<Config> {
  try {
    return (await context.config()).config;
  } catch (error) {
    if (!(error instanceof HotplateError) || error.code !== "HP-CONFIG-MISSING") throw error;
    context.hint(`No configuration: paths are checked against / instead of the configured roots.`);
    return configSchema.parse({
      hotplate: 1,
      stateDir: "/tmp",
      roots: [{ name: "all", linux: "/" }],
      slots: [{ name: "none", url: "http://127.0.0.1:8188" }],
    });
  }
}
