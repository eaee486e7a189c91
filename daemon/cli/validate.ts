/** `hotplate validate FILE...`: the folder's very words, with no daemon and no ComfyUI. Exit 3 when anything is wrong. */
import { stat, readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { buildBase } from "../adapters/world.ts";
import type { BaseWorld } from "../adapters/world.ts";
import { errorAnswer, problemLines, waitingAnswer } from "../domain/answer.ts";
import type { Config, HotFolderConfig } from "../domain/config.ts";
import { configSchema } from "../domain/config.ts";
import type { ErrorCode } from "../domain/errors.ts";
import { EXIT, HotplateError } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { planText } from "../domain/planText.ts";
import { verdictView } from "../http/views.ts";
import type { PlanOutcome } from "../planManifest.ts";
import { planManifest } from "../planManifest.ts";
import type { Context } from "./context.ts";
import { knownProducts } from "./storeReader.ts";

interface Judged {
  readonly file: string;
  readonly outcome: PlanOutcome | { readonly kind: "missing" };
}

export async function action(
  context: Context,
  files: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const base = buildBase(await configOrNone(context), "error");
  try {
    const judged: Judged[] = [];
    for (const file of files) judged.push({ file, outcome: await validateFile(base, resolve(file)) });
    context.print(judged.map(view), () =>
      judged.map(({ file, outcome }) => words(file, outcome, options["plan"] === true)).join("\n"),
    );
    if (judged.some(({ outcome }) => outcome.kind === "rejected" || outcome.kind === "waiting"))
      context.exit(EXIT.invalid);
    else if (judged.some(({ outcome }) => outcome.kind === "missing")) context.exit(EXIT.notFound);
  } finally {
    await base.images.close();
  }
}

/** As `POST /v1/jobs?dry_run=true` says it. */
function view({ file, outcome }: Judged): object {
  return { file, ...(outcome.kind === "missing" ? { kind: "missing", code: MISSING } : verdictView(outcome)) };
}

const MISSING: ErrorCode = "HP-NOT-FOUND";

/** What the folder would say of the file at this absolute path. */
export async function validateFile(base: BaseWorld, path: string, into?: HotFolderConfig): Promise<Judged["outcome"]> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) return { kind: "missing" };
  const { hotFolders } = base.config;
  const folder = into ?? hotFolders.find((known) => known.path === dirname(path)) ?? hotFolders[0];
  const text = found.size > LIMITS.manifestBytesMax ? new Uint8Array(0) : await readFile(path);
  return planManifest(
    { ...base, products: () => knownProducts(base.config.stateDir) },
    {
      text,
      bytes: found.size,
      fileName: basename(path),
      dir: dirname(path),
      show: folder?.show ?? "SHOW",
      boundRecipe: folder?.recipe ?? null,
    },
  );
}

function words(file: string, outcome: Judged["outcome"], plan: boolean): string {
  const name = basename(file);
  switch (outcome.kind) {
    case "missing":
      return `MISSING  ${file}\n\n  ${MISSING}\n  There is no such file.\n`;
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
