/**
 * `hotplate qc run FILES...`: QC over any pictures, with no daemon and no store. Exit 0 pass, 1 fail, 9 could not be looked at,
 * 10 warned of (only with --gate warn): the house's one table, where 2 is a wrong call and 3 a configuration that can't be used.
 */
import { resolve } from "node:path";
import { createClock } from "../adapters/clock.ts";
import { createDigest } from "../adapters/digest.ts";
import { EXIT } from "../domain/errors.ts";
import type { Verdict } from "../domain/qc.ts";
import type { QcRunReport } from "../domain/qcRunReport.ts";
import { junitXml } from "../domain/junit.ts";
import { qcRunReport, runVerdict } from "../domain/qcRunReport.ts";
import { qcRunClosing, qcRunRows } from "../domain/qcRunWords.ts";
import { variations } from "../domain/pictureGroups.ts";
import { viewOfRun } from "../domain/qcView.ts";
import { sarifJson } from "../domain/sarif.ts";
import { findPictures } from "../findPictures.ts";
import { lookAtPictures } from "../lookAtPictures.ts";
import type { Context } from "./context.ts";
import { table } from "./context.ts";
import type { Options } from "./qcPictures.ts";
import { runPage } from "./qcPage.ts";
import { besideOf, checksAsked, listOption, oneOf, pictureWorld, refuseExports, writeExport } from "./qcPictures.ts";
import { progressLine } from "./progressLine.ts";
import { packageVersion } from "./version.ts";

export async function action(context: Context, words: readonly string[], options: Options): Promise<void> {
  const gate = oneOf(options, "gate", ["fail", "warn"]);
  await refuseExports(options);
  await using world = await pictureWorld(context, options);
  const asked = await checksAsked(world, options);
  for (const remark of asked.remarks) context.hint(`note: ${remark}`);
  const isSet = options["set"] === true;
  const found = await findPictures(
    world.files,
    words.map((word) => resolve(word)),
    { unread: true },
  );
  const groups = isSet ? variations(found.groups) : found.groups;
  const beside = await besideOf(world, options);
  const progress = progressLine();
  const { requests } = asked;
  const looked = await lookAtPictures(world, { ...beside, groups, isSet, requests, progress: progress.say });
  progress.end();
  const report = qcRunReport(
    {
      tool: { name: "hotplate", version: packageVersion() },
      createdAt: new Date(createClock().now()).toISOString(),
      profile: asked.profile,
      of: { show: world.owner?.show ?? null, recipe: world.owner?.recipe?.name ?? null },
      requests,
      off: asked.off,
      // Who names checks one by one misses no other.
      notLoaded: listOption(options, "check").length > 0 ? [] : world.book.refused,
      installed: world.book.checks,
      leftOut: found.leftOut,
      ...looked,
    },
    (text) => createDigest().sha256(text),
  );
  const view = viewOfRun(report);
  await writeExport(options, "junit", () => junitXml(view));
  await writeExport(options, "sarif", () => sarifJson(view, null));
  if (options["html"] !== undefined) {
    const page = await runPage(world, view);
    await writeExport(options, "html", () => page);
  }
  context.print(report, () => answer(report));
  context.exit(exitOf(runVerdict(report), gate));
}

function answer(report: QcRunReport): string {
  const rows = qcRunRows(report);
  const lines = rows.length === 0 ? [] : table(rows.map(({ cells }) => cells)).split("\n");
  const told = lines.flatMap((line, at) => {
    const hint = rows[at]?.hint ?? null;
    return hint === null ? [line] : [line, `  do this:  ${hint}`];
  });
  return [...told, ...qcRunClosing(report)].join("\n");
}

function exitOf(verdict: Verdict, gate: "fail" | "warn"): number {
  switch (verdict) {
    case "pass":
      return EXIT.done;
    case "warn":
      return gate === "warn" ? EXIT.warned : EXIT.done;
    case "fail":
      return EXIT.no;
    case "error":
      return EXIT.uncheckable;
  }
}
