/** Looks at files as the daemon does: written to disk, inspected by the product's own workers with the checks' own limits. */
import { createHash } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Verdict } from "../../../daemon/domain/qc.ts";
import type { FileCase } from "./fileCase.ts";
import type { FileWorld } from "./fileCases.ts";

/** null: it did not apply. */
export type Verdicts = Readonly<Record<string, Verdict | null>>;

/** What a defect changes beside the bytes. */
export interface Change {
  readonly result?: Uint8Array;
  readonly publishAs?: string;
  readonly plate?: FileCase["plate"];
  readonly expected?: FileCase["expected"];
  /** Bytes that were staged; else as many as there are, so that what is missing must be seen in the file itself. */
  readonly claimed?: number;
  readonly limits?: Readonly<Record<string, number>>;
}

export async function look(
  { images, dir }: FileWorld,
  one: FileCase,
  of: { readonly checks: readonly string[]; readonly change?: Change; readonly number: number },
): Promise<Verdicts> {
  const { change = {}, checks, number } = of;
  const { result = one.result, plate = one.plate, publishAs = one.publishAs, expected = one.expected } = change;
  const path = join(dir, `${number}.${one.format}`);
  const platePath = plate === null ? null : join(dir, `${number}.plate.${plate.extension}`);
  writeFileSync(path, result, { flag: "wx" });
  if (platePath !== null && plate !== null) writeFileSync(platePath, plate.bytes, { flag: "wx" });
  try {
    const { findings } = await images.inspect({
      path,
      bytes: change.claimed ?? result.length,
      frame: 1_001,
      publishAs,
      ...(one.staged ? { sha256: createHash("sha256").update(one.result).digest("hex") } : {}),
      platePath,
      expected: { ...expected, ignore: [] },
      checks: checks.map((check) => ({ check, limits: change.limits ?? {} })),
    });
    return Object.fromEntries(
      checks.map((check) => [check, findings.find((finding) => finding.check === check)?.verdict ?? null]),
    );
  } finally {
    rmSync(path);
    if (platePath !== null) rmSync(platePath);
  }
}
