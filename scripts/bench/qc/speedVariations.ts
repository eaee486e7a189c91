/** Many variations of one plate by the image workers as the daemon has them: every result inspected, then the set as a whole. */
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createImages } from "../../../daemon/adapters/images/images.ts";
import type { SeriesFrame } from "../../../daemon/domain/qcRequest.ts";
import { memoryOf } from "../measure.ts";
import { makeVariations } from "./speedFiles.ts";
import { frameRequests, requestsOf } from "./speedProfile.ts";

export interface Variations {
  readonly count: number;
  readonly workers: number;
  readonly size: readonly [number, number];
  readonly seconds: number;
  /** Of each worker process that still lives; the one for headers may have ended, for it had nothing to do. */
  readonly peakMiB: readonly number[];
  readonly verdicts: Readonly<Record<string, number>>;
}

export async function variations(
  dir: string,
  of: { readonly profile: string; readonly count: number; readonly width: number; readonly height: number },
): Promise<Variations> {
  const { width, height, count } = of;
  mkdirSync(dir, { recursive: true });
  const { plate, mask, results } = await makeVariations(dir, { width, height, count, distinct: 8 });
  const workers = 2;
  const images = createImages({ checkFolders: [], scratchDir: null, workers });
  try {
    const book = await images.checks();
    const checks = frameRequests(book, of.profile);
    const sets = requestsOf(book, of.profile, "set");
    const series = results.map(
      (path, i): SeriesFrame => ({
        wedge: i + 1,
        frame: null,
        seed: String(i),
        axes: {},
        look: {
          path,
          bytes: statSync(path).size,
          frame: null,
          platePath: plate,
          expected: { width, height, bitDepth: 16, ignore: [] },
          mask: { path: mask, plan: { from: "mask", channel: "red", invert: false, feather: 0 } },
          composited: true,
          trace: { path: join(dir, `${i}.trace`), scopes: ["set"] },
        },
      }),
    );
    const began = performance.now();
    // The checks of the set keep their numbers along the way, as in a job.
    const seen = await Promise.all(series.map(({ look }) => images.inspect({ ...look, checks: [...checks, ...sets] })));
    await images.inspectSet({ checks: sets, series });
    const seconds = (performance.now() - began) / 1_000;
    const verdicts: Record<string, number> = {};
    for (const { verdict } of seen) verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
    return { count, workers, size: [width, height], seconds, peakMiB: childPeaks(), verdicts };
  } finally {
    await images.close();
  }
}

function childPeaks(): readonly number[] {
  const pids = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ");
  return pids.map((pid) => memoryOf(Number(pid)).peak);
}
