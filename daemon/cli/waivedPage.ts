/**
 * After a waiver of a published version: its page in the shot's review folder says so, too. The version itself is never touched, and
 * neither is anything of the page but the place for it. Where another node made the version, nobody here knows where its page lies.
 */
import { readApprovals } from "../approvalLog.ts";
import { standingWaivers } from "../domain/approvals.ts";
import { systemCode } from "../domain/errors.ts";
import type { JobId } from "../domain/ids.ts";
import { versionName } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import { reviewPaths } from "../domain/naming.ts";
import { withLater } from "../domain/qcReportDecisions.ts";
import type { QcReport } from "../domain/qcReport.ts";
import { replaceAnswer } from "../durable.ts";
import type { ResolvedRef } from "../resolveRef.ts";
import type { Context } from "./context.ts";
import { withStore } from "./storeReader.ts";
import type { VersionTools } from "./versionTools.ts";

/** A page that can't be refreshed is told of, and the decision stands all the same. */
export async function refreshPage(
  context: Context,
  tools: VersionTools,
  of: { readonly ref: ResolvedRef; readonly report: QcReport },
): Promise<void> {
  const { ref, report } = of;
  const path = await pageOf(context, ref, report).catch(() => null);
  if (path === null) return context.hint("This node did not make the version: its page for people is as it was.");
  try {
    const page = new TextDecoder().decode(await tools.files.read(path, LIMITS.heldPageBytesMax));
    const { lines } = await readApprovals(tools, ref.productDir);
    const subject = versionName(ref.version.number);
    const waivers = standingWaivers(lines, { subject, commitSha256: ref.version.commitSha256 });
    const text = withLater(page, waivers);
    if (text === null) return context.hint(`${path} has no place for it, and is as it was.`);
    await replaceAnswer(tools.files, path, text, tools.ids.uuid());
  } catch (error) {
    if (systemCode(error) === null) throw error;
    context.hint(`${path} could not be refreshed (${systemCode(error)}).`);
  }
}

async function pageOf(context: Context, ref: ResolvedRef, report: QcReport): Promise<string | null> {
  const job = await withStore(context, (store) => store.job(report.subject.job as JobId));
  const step = job?.steps.find(
    ({ version, plan }) => version === ref.version.number && plan.target.productDir === ref.productDir,
  );
  return step === undefined ? null : reviewPaths(step.plan.target, ref.version.number).qcReport;
}
