/**
 * `hotplate retention [--apply]`: what pixels are old enough to go, and why others stay. Looks only, unless told to apply: then
 * the daemon does it, or this process where none runs, holding the state directory as a daemon would.
 */
import { lockStateDir } from "../adapters/store/lock.ts";
import { openSqliteReader, openSqliteStore } from "../adapters/store/sqlite.ts";
import { databasePath } from "../adapters/world.ts";
import { EXIT } from "../domain/errors.ts";
import { rootOf } from "../domain/paths.ts";
import type { RetentionItem, RetentionReport } from "../retentionRun.ts";
import { itemLine, retentionText, runRetention } from "../retentionRun.ts";
import type { Store } from "../storePort.ts";
import type { Context } from "./context.ts";
import { table, userName } from "./context.ts";
import { versionTools } from "./versionTools.ts";

export async function action(
  context: Context,
  _args: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const apply = options["apply"] === true;
  if (apply && (await context.daemonIfAny()) !== null) {
    const answer = (await context.api("POST", "/v1/retention", { by: userName() })) as { readonly answer: string };
    context.print(answer, () => answer.answer);
    return;
  }
  const report = apply ? await applied(context) : await looked(context);
  const { config } = await context.config();
  const silent = config.retention.rejects === undefined && config.retention.wip === undefined;
  context.print(report, () => (silent ? `${words(report)}\n${NO_AGES}` : words(report)));
  if (report.trouble.length > 0) context.exit(EXIT.no);
}

async function looked(context: Context): Promise<RetentionReport> {
  const tools = await versionTools(context);
  if ((await tools.products()).length === 0) return { applied: false, items: [], kept: [], trouble: [], bytes: 0 };
  const store = openSqliteReader(databasePath(tools.config.stateDir), tools.clock);
  try {
    return await over(tools, store, { apply: false, told: async () => undefined });
  } finally {
    await store.close();
  }
}

async function applied(context: Context): Promise<RetentionReport> {
  const tools = await versionTools(context);
  using _lock = await lockStateDir(tools.config.stateDir);
  const store = openSqliteStore({ path: databasePath(tools.config.stateDir), clock: tools.clock, ids: tools.ids });
  const by = userName();
  try {
    const told = async ({ product, subject, kind, dir, files, bytes }: RetentionItem): Promise<void> =>
      store.note("retention.collected", null, { path: dir, product, subject, why: kind, files, bytes, by });
    return await over(tools, store, { apply: true, told });
  } finally {
    await store.close();
  }
}

async function over(
  tools: Awaited<ReturnType<typeof versionTools>>,
  store: Store,
  of: { readonly apply: boolean; readonly told: (item: RetentionItem) => Promise<void> },
): Promise<RetentionReport> {
  const rows = await store.products();
  const dirs = rows.map((row) => row.dir).filter((dir) => rootOf(dir, tools.config.roots) !== null);
  return runRetention({ ...tools, store }, { dirs, ...of });
}

const NO_AGES =
  "hotplate.yaml sets neither retention.rejects nor retention.wip: only what manifests give an age is ever collected.";

function words(report: RetentionReport): string {
  return [
    ...(report.items.length === 0 ? [] : [table(report.items.map(itemLine))]),
    ...report.kept.map(({ product, subject, why }) => `kept: ${product}/${subject}: ${why}`),
    ...report.trouble.map((text) => `trouble: ${text}`),
    retentionText(report),
    ...(report.applied || report.items.length === 0
      ? []
      : ["Nothing was touched: hotplate retention --apply does it."]),
  ].join("\n");
}
