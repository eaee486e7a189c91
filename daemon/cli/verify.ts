/**
 * `hotplate verify DIR|ID`: is a version as it was committed? Every file's size and sha256 against commit.json, the record
 * against what it speaks of. Per line: ok, changed, missing, extra, collected, not checkable. Exit 0 good, 1 bad, 9 could
 * not be checked.
 */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createFiles } from "../adapters/files.ts";
import { createDigest } from "../adapters/digest.ts";
import { EXIT, HotplateError } from "../domain/errors.ts";
import { versionDir } from "../domain/naming.ts";
import { readRef } from "../domain/versionRef.ts";
import type { VerifyReport } from "../verifyVersion.ts";
import { verifyVersion } from "../verifyVersion.ts";
import { localModels } from "./localModels.ts";
import { findJob } from "../http/lookup.ts";
import type { Context } from "./context.ts";
import { withStore } from "./storeReader.ts";
import { versionNamed, versionTools } from "./versionTools.ts";

export async function action(context: Context, [what = ""]: readonly string[]): Promise<void> {
  const dirs = await dirsOf(context, what);
  const reports: VerifyReport[] = [];
  const files = createFiles();
  const models = await localModels(context, files);
  const world = { files, digest: createDigest(), ...(models === null ? {} : { models }) };
  for (const dir of dirs) reports.push(await verifyVersion(world, dir));
  context.print(reports, () =>
    reports
      .map((report) =>
        [
          `${report.verdict.toUpperCase()}  ${report.dir}${report.code === null ? "" : `  ${report.code}`}`,
          ...report.lines
            .filter((line) => line.state !== "ok")
            .map((line) => `  ${line.state.padEnd(13)} ${line.path}${line.why === null ? "" : `: ${line.why}`}`),
          summary(report),
        ].join("\n"),
      )
      .join("\n"),
  );
  if (reports.some((report) => report.verdict === "changed")) context.exit(EXIT.no);
  else if (reports.some((report) => report.verdict === "not checkable")) context.exit(EXIT.uncheckable);
}

function summary({ lines }: VerifyReport): string {
  const well = lines.filter(({ state }) => state === "ok").length;
  return `  ${well} of ${lines.length} checks found what the commit and the record say`;
}

/** A version's folder, a wedge's folder in it, PRODUCT@v007, or a job. A wedge is verified with its whole version. */
async function dirsOf(context: Context, what: string): Promise<readonly string[]> {
  if (existsSync(what)) {
    const dir = resolve(what);
    const above = dirname(dir);
    const committed = (one: string): boolean => existsSync(join(one, ".hotplate/commit.json"));
    return [!committed(dir) && committed(above) ? above : dir];
  }
  if (readRef(what) === null) return dirsOfJob(context, what);
  return [(await versionNamed(await versionTools(context), what)).version.dir];
}

async function dirsOfJob(context: Context, id: string): Promise<readonly string[]> {
  return withStore(context, async (store) => {
    const job = await findJob(store, id);
    const dirs = job.steps.flatMap((step) =>
      step.version === null || step.state !== "committed" ? [] : [versionDir(step.plan.target, step.version)],
    );
    if (dirs.length === 0) throw new HotplateError("HP-NOT-FOUND", `Job ${job.id} has no committed version.`);
    return dirs;
  });
}
