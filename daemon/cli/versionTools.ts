/**
 * What the commands about versions share: the disk, the products that this node knows, and the way from a reference to one
 * version. They need no daemon: the log of decisions is written by exclusive creation, whoever else writes it.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createClock } from "../adapters/clock.ts";
import { createDigest } from "../adapters/digest.ts";
import { createFiles } from "../adapters/files.ts";
import { createIds } from "../adapters/ids.ts";
import { appendApproval, readApprovals } from "../approvalLog.ts";
import type { LogWorld } from "../approvalLog.ts";
import type { ApprovalLine, Standing } from "../domain/approvals.ts";
import { standing } from "../domain/approvals.ts";
import { HotplateError, systemCode } from "../domain/errors.ts";
import { pointerSettings } from "../domain/versionSettings.ts";
import { refreshPointers } from "../pointers.ts";
import type { Clock } from "../ports.ts";
import type { RefWorld, ResolvedRef } from "../resolveRef.ts";
import { resolveRef } from "../resolveRef.ts";
import type { ProductRow } from "../storePort.ts";
import type { Context } from "./context.ts";
import { userName } from "./context.ts";
import { knownProducts } from "./storeReader.ts";

export type VersionTools = RefWorld &
  LogWorld & { readonly clock: Clock; readonly products: () => Promise<readonly ProductRow[]> };

export async function versionTools(context: Context): Promise<VersionTools> {
  const { config } = await context.config();
  const clock = createClock();
  return {
    config,
    clock,
    files: createFiles(),
    digest: createDigest(),
    ids: createIds(() => clock.now()),
    products: () => knownProducts(config.stateDir),
  };
}

/** The version that a person named on the command line, or HP-REF-... */
export async function versionNamed(tools: VersionTools, text: string): Promise<ResolvedRef> {
  const answer = await resolveRef(tools, asReference(text), { dir: process.cwd(), show: null });
  if (answer === null) throw new HotplateError("HP-REF-SYNTAX", `"${text}" names no version.`);
  if (answer.ok) return answer.value;
  const { code, message, nearest, action } = answer.mistake;
  throw new HotplateError(code, message, {
    hint: nearest === null || nearest === undefined ? action : `Did you mean ${nearest}?`,
  });
}

/** A version's or a wedge's folder, as other commands take it and as STATUS.txt prints it, is the same as PRODUCT@v007. */
function asReference(text: string): string {
  const match = /^(.*)\/(v\d+)((?:\/w\d+)?)$/.exec(resolve(text));
  return match !== null && existsSync(text) ? `${match[1]}@${match[2]}${match[3]}` : text;
}

export async function standingOf(tools: VersionTools, productDir: string): Promise<Standing> {
  return standing((await readApprovals(tools, productDir)).lines);
}

/** Writes a person's decision into the product's log and makes its pointers follow. */
export async function decide(
  tools: VersionTools,
  ref: ResolvedRef,
  of: {
    readonly action: ApprovalLine["action"];
    readonly note: unknown;
    /** Absent: the account. */
    readonly who?: string;
    readonly waives?: NonNullable<ApprovalLine["waives"]>;
  },
): Promise<ApprovalLine> {
  try {
    const line = await appendApproval(tools, ref.productDir, {
      ts: new Date(tools.clock.now()).toISOString(),
      who: of.who ?? userName(),
      via: "command",
      // A local account is who the machine says it is, and no login.
      assurance: "weak",
      subject: ref.subject,
      action: of.action,
      note: typeof of.note === "string" ? of.note : "",
      commitSha256: ref.version.commitSha256,
      ...(of.waives === undefined ? {} : { waives: of.waives }),
    });
    const show = (await tools.products()).find((row) => row.dir === ref.productDir)?.show ?? "";
    await refreshPointers(tools, ref.productDir, pointerSettings(tools.config.versions, show));
    return line;
  } catch (error) {
    const code = systemCode(error);
    if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS") throw error;
    throw new HotplateError("HP-PATH-PERMISSION", `You may not write in ${ref.productDir}.`, {
      hint: "Run it as a user who may, or ask IT for write access.",
    });
  }
}
