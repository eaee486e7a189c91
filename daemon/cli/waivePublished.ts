/**
 * Waivers for warnings in a published version: lines of the product's log of decisions, bound to the version's commit, to each
 * picture's hash and to the check's version. qc.json is not touched; `hotplate audit` follows the log's hashes.
 */
import { readApprovals } from "../approvalLog.ts";
import type { ApprovalLine } from "../domain/approvals.ts";
import { standingWaivers } from "../domain/approvals.ts";
import { HotplateError } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { joinPath } from "../domain/paths.ts";
import type { QcReport } from "../domain/qcReport.ts";
import { qcReportSchema } from "../domain/qcReport.ts";
import type { ResolvedRef } from "../resolveRef.ts";
import type { Context } from "./context.ts";
import type { VersionTools } from "./versionTools.ts";
import { refreshPage } from "./waivedPage.ts";
import { decide, versionNamed, versionTools } from "./versionTools.ts";

type Waived = NonNullable<ApprovalLine["waives"]>;

export async function waivePublished(
  context: Context,
  target: string,
  of: { readonly checks: readonly string[]; readonly reason: string; readonly by: string },
): Promise<void> {
  const tools = await versionTools(context);
  const ref = await versionNamed(tools, target);
  const report = await reportOf(tools, ref);
  const made = of.checks.map((check) => waivedBy(report, ref, check));
  for (const waives of made) await decide(tools, ref, { action: "waive", note: of.reason, who: of.by, waives });
  await refreshPage(context, tools, { ref, report });
  context.print({ waived: made, subject: ref.subject, product: ref.product, by: of.by, reason: of.reason }, () =>
    made
      .map(
        ({ check, version, pictures }) =>
          `Waived: ${check}@${version} of ${ref.product} ${ref.subject}, ${pictures.length} ${pictures.length === 1 ? "picture" : "pictures"}, by ${of.by}.`,
      )
      .join("\n"),
  );
}

export async function revokePublished(
  context: Context,
  target: string,
  of: { readonly check: string; readonly by: string },
): Promise<void> {
  const tools = await versionTools(context);
  const ref = await versionNamed(tools, target);
  const there = await waiversOf(tools, ref);
  const line = there.findLast(({ waives }) => waives?.check === of.check);
  if (line?.waives === undefined)
    throw new HotplateError("HP-STATE-REFUSED", `${of.check} of ${ref.product} ${ref.subject} is not waived.`);
  const waives = { ...line.waives, pictures: [] };
  await decide(tools, ref, { action: "unwaive", note: "", who: of.by, waives });
  await refreshPage(context, tools, { ref, report: await reportOf(tools, ref) });
  context.print(
    { revoked: of.check, subject: ref.subject, by: of.by },
    () => `Taken back: ${of.check} of ${ref.product} ${ref.subject}.`,
  );
}

export async function listPublished(context: Context, target: string): Promise<void> {
  const tools = await versionTools(context);
  const ref = await versionNamed(tools, target);
  const lines = await waiversOf(tools, ref);
  context.print({ product: ref.product, subject: ref.subject, waivers: lines }, () =>
    lines.length === 0
      ? "No waivers."
      : lines
          .map(
            ({ subject, waives, who, ts, note }) =>
              `${subject}  ${waives?.check}@${waives?.version}  ${waives?.pictures.length} pictures  ${who}, ${ts}: ${note}`,
          )
          .join("\n"),
  );
}

/** Those that stand for this very commit. */
async function waiversOf(tools: VersionTools, ref: ResolvedRef): Promise<readonly ApprovalLine[]> {
  const { lines } = await readApprovals(tools, ref.productDir);
  return standingWaivers(lines, { subject: ref.subject, commitSha256: ref.version.commitSha256 });
}

async function reportOf(tools: VersionTools, ref: ResolvedRef): Promise<QcReport> {
  const path = joinPath(ref.version.dir, ".hotplate/qc.json");
  const text = new TextDecoder().decode(await tools.files.read(path, LIMITS.commitBytesMax));
  return qcReportSchema.parse(JSON.parse(text));
}

function waivedBy(report: QcReport, ref: ResolvedRef, check: string): Waived {
  const frames = report.wedges
    .filter(({ index }) => ref.wedge === null || index === ref.wedge)
    .flatMap(({ wedge, frames: own, sequence }) => {
      // What was found in all of them together is a finding of each.
      const together = [...(sequence?.findings ?? []), ...(report.set?.findings ?? [])];
      return own.map(({ frame, file, inspection }) => {
        return { wedge, frame, file, findings: [...(inspection?.findings ?? []), ...together] };
      });
    });
  const found = frames.flatMap(({ wedge, frame, file, findings }) =>
    findings
      .filter((finding) => finding.check === check && (finding.result === "warn" || finding.result === "fail"))
      .flatMap((finding) => (file === null ? [] : [{ wedge, frame, sha256: file.sha256, finding }])),
  );
  const [first] = found;
  if (first === undefined) {
    const there = new Set(
      frames.flatMap(({ findings }) =>
        findings.flatMap((finding) => (finding.result === "warn" || finding.result === "fail" ? [finding.check] : [])),
      ),
    );
    const words = there.size === 0 ? "QC found nothing there." : `QC found: ${[...there].join(", ")}.`;
    throw new HotplateError("HP-NOT-FOUND", `${check} found nothing in ${ref.product} ${ref.subject}. ${words}`);
  }
  if (found.length > LIMITS.waivedPicturesMax)
    throw new HotplateError(
      "HP-USAGE",
      `${found.length} pictures have a finding of ${check}; at most ${LIMITS.waivedPicturesMax} are waived at once. Name one variation: ${ref.product}@${ref.subject.split("/")[0]}/w001.`,
    );
  return {
    check,
    version: first.finding.version,
    pictures: found.map(({ wedge, frame, sha256, finding }) => ({
      wedge,
      frame,
      sha256,
      measures: finding.measures
        .filter(({ limit }) => limit !== null)
        .map(({ name, value, limit }) => ({ name, value, limit: limit ?? 0 })),
    })),
  };
}
