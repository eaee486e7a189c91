/** Looks at sequences and sets of small real files as the daemon does: what each check keeps of a frame first, then all of them together. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Verdict } from "../../../daemon/domain/qc.ts";
import type { SeriesFrame } from "../../../daemon/domain/qcRequest.ts";
import type { FileWorld } from "./fileCases.ts";
import type { Verdicts } from "./fileLook.ts";

export interface Member {
  readonly result: Uint8Array;
  /** null: there is none. */
  readonly plate: Uint8Array | null;
  readonly mask: Uint8Array | null;
  readonly frame: number | null;
  readonly seed: string;
  readonly axes: Readonly<Record<string, string>>;
}

export interface Series {
  readonly scope: "sequence" | "set";
  /** PNG each, in order. */
  readonly members: readonly Member[];
}

export async function lookTogether(
  { images, dir }: FileWorld,
  { scope, members }: Series,
  of: { readonly checks: readonly string[]; readonly number: number },
): Promise<Verdicts> {
  const checks = of.checks.map((check) => ({ check, limits: {} }));
  const written: string[] = [];
  const write = (name: string, bytes: Uint8Array): string => {
    const path = join(dir, `${of.number}.${name}`);
    writeFileSync(path, bytes, { flag: "wx" });
    written.push(path);
    return path;
  };
  try {
    const series: SeriesFrame[] = [];
    for (const [at, { result, plate, mask, frame, seed, axes }] of members.entries()) {
      const trace = { path: join(dir, `${of.number}.${at}.trace`), scopes: [scope] };
      const look: SeriesFrame["look"] = {
        path: write(`${at}.png`, result),
        bytes: result.length,
        frame,
        platePath: plate === null ? null : write(`${at}.plate.png`, plate),
        expected: { width: null, height: null, bitDepth: null, ignore: [] },
        ...(mask === null ? {} : { mask: { path: write(`${at}.mask.png`, mask), plan: MASK } }),
        trace,
      };
      await images.inspect({ ...look, checks });
      written.push(trace.path);
      series.push({ wedge: scope === "set" ? at + 1 : 1, frame, seed, axes, look });
    }
    const frames = members.map(({ frame }) => frame);
    const { findings } =
      scope === "set"
        ? await images.inspectSet({ checks, series })
        : await images.inspectSequence({ checks, series, wanted: frames, present: frames });
    return verdictsOf(findings, of.checks);
  } finally {
    for (const path of written) rmSync(path, { force: true });
  }
}

const MASK = { from: "roto.png", channel: "red", invert: false, feather: 0 } as const;

export function verdictsOf(
  findings: readonly { readonly check: string; readonly verdict: Verdict }[],
  checks: readonly string[],
): Verdicts {
  return Object.fromEntries(
    checks.map((check) => [check, findings.find((finding) => finding.check === check)?.verdict ?? null]),
  );
}
