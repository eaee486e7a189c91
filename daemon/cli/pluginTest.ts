/** `hotplate plugin test FILE...`: the kit over plugins, each in a worker of its own, so that one that hangs or exits is told like any other fault. */
import { resolve } from "node:path";
import { createWorkerPool } from "../adapters/images/workers.ts";
import type { KitReport } from "../adapters/pluginKit/kitReport.ts";
import { EXIT, HotplateError, messageOf, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import type { Context } from "./context.ts";
import { table } from "./context.ts";

type Outcome = { readonly file: string } & (
  | { readonly report: KitReport; readonly refused: null }
  /** It could not be loaded, hung, or ended its worker. */
  | { readonly report: null; readonly refused: { readonly code: string; readonly message: string } }
);

export async function action(
  context: Context,
  files: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const outcomes: Outcome[] = [];
  for (const file of files) outcomes.push(await outcomeOf(resolve(file)));
  const rows = options["problems"] !== true;
  context.print({ plugins: outcomes }, () => outcomes.map((outcome) => words(outcome, rows)).join("\n\n"));
  if (outcomes.some(({ refused }) => refused?.code === "HP-PLUGIN")) context.exit(EXIT.invalid);
  else if (outcomes.some(({ report }) => report === null || report.problems.length > 0)) context.exit(EXIT.no);
}

async function outcomeOf(file: string): Promise<Outcome> {
  const pool = createWorkerPool({ size: 1, setUp: { checkFolders: [], scratchDir: null }, deadlineMs: LIMITS.kitMs });
  try {
    return { file, report: await pool.run({ kind: "testPlugin", file }), refused: null };
  } catch (error) {
    const late = systemCode(error) === "ETIMEDOUT";
    const code = error instanceof HotplateError ? error.code : late ? "HP-PLUGIN-LATE" : "HP-PLUGIN-RUN";
    return { file, report: null, refused: { code, message: messageOf(error) } };
  } finally {
    await pool.close();
  }
}

function words({ file, report, refused }: Outcome, withRows: boolean): string {
  if (report === null) return `${file}\n  BROKEN  ${refused.message} (${refused.code})`;
  const { check, version, scope, kind, rows, problems, measured } = report;
  const head = `${check} ${version}, ${scope}, ${kind === "object" ? "an object" : `a program asked by ${kind}`}: ${file}`;
  const lines = rows.map((row) => [row.picture, row.verdict ?? "-", `${row.ms.toFixed(0)} ms`, row.said]);
  return [
    head,
    ...(withRows ? [table(lines)] : []),
    ...brokenLines(problems),
    closing(problems.length, { measured, pictures: rows.length }),
  ].join("\n");
}

/** One that is broken alike by many pictures is told once. */
function brokenLines(problems: KitReport["problems"]): readonly string[] {
  const groups = Map.groupBy(problems, ({ rule, sentence }) => `${rule}: ${sentence}`);
  return [...groups].map(([words, of]) => {
    const [first] = of;
    const more = of.length > 1 ? ` and ${of.length - 1} more` : "";
    const where = first?.picture === null || first === undefined ? "" : ` (picture: ${first.picture}${more})`;
    return `  BROKEN  ${words}${where}`;
  });
}

function closing(problems: number, of: { readonly measured: number; readonly pictures: number }): string {
  const seen = `${of.measured} of ${of.pictures} pictures measured`;
  if (problems > 0)
    return `${problems} broken ${problems === 1 ? "promise" : "promises"}; ${seen}. docs/plugins.md says what is promised.`;
  if (of.measured === 0) return `No broken promise, but it measured nothing: the kit has proven little.`;
  return `No broken promise; ${seen}.`;
}
