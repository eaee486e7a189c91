/**
 * What lies beside a product's versions and says which of them is meant: latest.json, approved.json. They are derived: from
 * the versions on the disk and from the log of decisions, and may be made again at any time.
 */
import { z } from "zod";
import type { ApprovalLine } from "./approvals.ts";
import { subjectParts } from "./approvals.ts";
import { versionName, wedgeName } from "./ids.ts";

export const LATEST_FILE = "latest.json";
export const APPROVED_FILE = "approved.json";
/** The unversioned copy of the latest version, and the link to it; both only when configured. */
export const HERO_DIR = "hero";
export const LATEST_LINK = "latest";

/** One version as its commit says. */
export interface CommittedVersion {
  readonly number: number;
  readonly dir: string;
  readonly commitSha256: string;
  readonly committedAt: string | null;
}

export function latestText(product: string, version: CommittedVersion): string {
  return pretty({
    schema: "hotplate-latest/1",
    product,
    version: versionName(version.number),
    path: versionName(version.number),
    commitSha256: version.commitSha256,
    committedAt: version.committedAt,
  });
}

/** `{version, wedge?, by, at, note, commitSha256}`, and how sure it is that it was them. */
export function approvedText(product: string, line: ApprovalLine): string {
  const { version, wedge } = subjectParts(line.subject);
  return pretty({
    schema: "hotplate-approved/1",
    product,
    version: versionName(version),
    ...(wedge === null ? {} : { wedge: wedgeName(wedge) }),
    path: line.subject,
    by: line.who,
    assurance: line.assurance,
    at: line.ts,
    note: line.note,
    commitSha256: line.commitSha256,
  });
}

const pointerSchema = z.looseObject({
  schema: z.enum(["hotplate-latest/1", "hotplate-approved/1", "hotplate-hero/1"]),
});

/** Only what we wrote ourselves is replaced or taken away. */
export function isOurPointer(text: string): boolean {
  try {
    return pointerSchema.safeParse(JSON.parse(text)).success;
  } catch {
    // No JSON: somebody else's file of that name.
    return false;
  }
}

/** `hero/hero.json`: which version the copy is of; written last, so that a copy without it is not whole. */
export function heroText(product: string, version: CommittedVersion): string {
  return pretty({
    schema: "hotplate-hero/1",
    product,
    version: versionName(version.number),
    commitSha256: version.commitSha256,
  });
}

/** `w032/SH010_env_v007_w032.1001.png` -> `w032/SH010_env_w032.1001.png`: the path stays the same from version to version. */
export function heroPath(path: string, version: number): string {
  return path.replaceAll(`_${versionName(version)}`, "");
}

function pretty(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
