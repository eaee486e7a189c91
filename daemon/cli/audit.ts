/**
 * `hotplate audit [PRODUCT]`: are the logs of decisions whole, and is what they approved still what was approved? Reads only.
 * Exit 1 when anything is wrong.
 */
import { resolve } from "node:path";
import { auditApprovals } from "../approvalLog.ts";
import { standing, subjectParts } from "../domain/approvals.ts";
import type { ErrorCode } from "../domain/errors.ts";
import { EXIT, HotplateError } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { joinPath } from "../domain/paths.ts";
import { APPROVED_FILE, approvedText } from "../domain/pointers.ts";
import { baseName } from "../domain/paths.ts";
import { ignore } from "../durable.ts";
import { findProducts } from "../findProduct.ts";
import { isProduct, readVersion } from "../productVersions.ts";
import type { Context } from "./context.ts";
import type { VersionTools } from "./versionTools.ts";
import { versionTools } from "./versionTools.ts";

interface Audit {
  readonly product: string;
  readonly lines: number;
  readonly approved: string | null;
  readonly code: ErrorCode | null;
  readonly problems: readonly string[];
}

export async function action(context: Context, [what]: readonly string[]): Promise<void> {
  const tools = await versionTools(context);
  const audits: Audit[] = [];
  for (const dir of await productsNamed(tools, what)) audits.push(await auditOne(tools, dir));
  context.print({ products: audits }, () =>
    audits.length === 0
      ? "No product is known here."
      : audits
          .map((one) =>
            [
              `${one.code === null ? "OK" : "BROKEN"}  ${one.product}  ${one.lines} ${one.lines === 1 ? "line" : "lines"}, approved: ${one.approved ?? "nothing"}${one.code === null ? "" : `  ${one.code}`}`,
              ...one.problems.map((problem) => `  ${problem}`),
            ].join("\n"),
          )
          .join("\n"),
  );
  if (audits.some((one) => one.code !== null)) context.exit(EXIT.no);
}

async function productsNamed(tools: VersionTools, what: string | undefined): Promise<readonly string[]> {
  if (what === undefined) {
    const there: string[] = [];
    for (const { dir } of await tools.products()) if (await isProduct(tools.files, dir)) there.push(dir);
    return there;
  }
  if (await isProduct(tools.files, resolve(what))) return [resolve(what)];
  const parts = what.split("/").filter((part) => part !== "");
  const named = { place: parts.slice(0, -1), product: parts.at(-1) ?? "", absolute: what.startsWith("/") };
  const dirs = await findProducts(tools, named, { dir: process.cwd(), show: null });
  if (dirs.length === 0) throw new HotplateError("HP-NOT-FOUND", `There is no product ${what}.`);
  return dirs;
}

async function auditOne(tools: VersionTools, dir: string): Promise<Audit> {
  const log = await auditApprovals(tools, dir);
  const problems = log.problems.map(({ line, message }) => `approvals.jsonl:${line}: ${message}`);
  const now = standing(log.lines);
  for (const subject of now.approvals) {
    const line = now.last.get(subject);
    const version = await readVersion(tools, dir, subjectParts(subject).version);
    if (version === null) problems.push(`${subject} is approved and not there any more`);
    else if (line !== undefined && version.commitSha256 !== line.commitSha256)
      problems.push(`${subject} was changed after ${line.who} approved it`);
  }
  const pointer = await tools.files.read(joinPath(dir, APPROVED_FILE), LIMITS.claimBytesMax).catch(ignore("ENOENT"));
  const wanted = now.approved === null ? null : approvedText(baseName(dir), now.approved);
  const there = pointer === undefined ? null : new TextDecoder().decode(pointer);
  if (there !== wanted)
    problems.push(
      `${APPROVED_FILE} does not say what the log says; the next decision or start of the daemon writes it anew`,
    );
  return {
    product: dir,
    lines: log.texts.length,
    approved: now.approved?.subject ?? null,
    code: problems.length === 0 ? null : "HP-AUDIT-BROKEN",
    problems,
  };
}
