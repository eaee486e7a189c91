/**
 * The `Images` port: everything about pixels, off the loop. Two lanes: headers have a worker of their own that never decodes,
 * so that a manifest is answered while 200 results wait for QC. Plates are opened read-only, always.
 */
import { messageOf, systemCode, HotplateError } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { CheckBook, Finding, Inspection } from "../../domain/qc.ts";
import type { TraceScope } from "../../domain/qcTrace.ts";
import type { Images, SetRequest } from "../../ports.ts";
import type { QcModels } from "../../domain/qcModels.ts";
import type { Timer } from "../timer.ts";
import { createWorkerPool } from "./workers.ts";

export interface ImagesOptions {
  /** Folders of a studio's own checks; the shipped ones are always there. */
  readonly checkFolders: readonly string[];
  /** For the files of image tools: on a local disk, made when it is needed. Null: no tool is used. */
  readonly scratchDir: string | null;
  /** Models of checks that look through one; absent: none. */
  readonly models?: QcModels;
  /** Processes that decode at the same time. */
  readonly workers: number;
  /** Bytes that pictures may take in all of them together; absent: as the machine has memory. */
  readonly memoryBytes?: number | undefined;
  /** Per piece of work, ms. */
  readonly deadlineMs?: number;
  readonly timer?: Timer;
  /** Each line that workers and plugins in them print; absent: to standard error. */
  readonly hear?: (line: string) => void;
}

export function createImages(options: ImagesOptions): Images & { close(): Promise<void> } {
  const { checkFolders, scratchDir, models } = options;
  const setUp = { checkFolders, scratchDir, ...(models === undefined ? {} : { models }) };
  const shared = {
    setUp,
    // What one worker could not load, none tries again.
    leftOut: new Map<string, string>(),
    deadlineMs: options.deadlineMs ?? LIMITS.imageWorkMs,
    ...(options.memoryBytes === undefined ? {} : { memoryBytes: options.memoryBytes }),
    ...(options.timer === undefined ? {} : { timer: options.timer }),
    ...(options.hear === undefined ? {} : { hear: options.hear }),
  };
  const heads = createWorkerPool({ ...shared, size: 1 });
  const pixels = createWorkerPool({ ...shared, size: options.workers });
  let checks: Promise<CheckBook> | null = null;

  /** What no inspection left behind is made now, a picture a piece of work, so that each has its own deadline. */
  async function traced(scope: TraceScope, { checks: asked, series }: SetRequest): Promise<void> {
    if (series.length === 0) return;
    const lacking = await pixels.run({ kind: "lackingTraces", scope, request: { checks: asked, series } });
    for (const index of lacking) {
      const look = series[index]?.look;
      if (look !== undefined) await pixels.run({ kind: "trace", request: { ...look, checks: asked } });
    }
  }
  return {
    header: (path) => heads.run({ kind: "header", path }),
    feed: (platePath, to, color) => pixels.run({ kind: "feed", platePath, to, color }),
    finish: (request) => pixels.run({ kind: "finish", request }),
    blend: async (request) => void (await pixels.run({ kind: "blend", request })),
    inspect: (request) => pixels.run({ kind: "inspect", request }).catch(couldNotLook),
    compare: (request) => pixels.run({ kind: "compare", request }),
    inspectSequence: (request) =>
      traced("sequence", request)
        .then(() => pixels.run({ kind: "inspectSequence", request }))
        .catch(couldNotLook),
    inspectSet: (request) =>
      traced("set", request)
        .then(() => pixels.run({ kind: "inspectSet", request }))
        .catch(couldNotLook),
    // They are loaded once in a worker's life, and studios' checks are read anew by a restart only: asked for once.
    checks: () => {
      checks ??= heads.run({ kind: "checks" }).catch((error: unknown) => {
        checks = null;
        throw error;
      });
      return checks;
    },
    dressMovie: async (request) => void (await pixels.run({ kind: "dressMovie", ...request })),
    thumbnail: async (from, to, size, shown = null) =>
      void (await pixels.run({ kind: "thumbnail", from, to, size, shown })),
    sheet: async (request, to) => void (await pixels.run({ kind: "sheet", request, to })),
    async close() {
      await Promise.all([heads.close(), pixels.close()]);
    },
  };
}

/**
 * A worker that died over a picture is a verdict `error`: never a pass, and no fault of the image. So is one that this node has no memory
 * for. A file that is not there (ENOENT) and other failed system calls go on to the caller, who knows whether to do the task again.
 */
export function couldNotLook(error: unknown): Inspection {
  const code = error instanceof HotplateError ? error.code : systemCode(error);
  if (code === "HP-IMAGE-SIZE") return unlooked(`${messageOf(error)} (${code})`, (error as HotplateError).hint);
  if (code !== "HP-IMAGE-WORKER" && code !== "ETIMEDOUT") throw error;
  return unlooked(
    `${messageOf(error)} (${code})`,
    "The daemon looks again by itself. If it stays so, the picture or a check of your own breaks what looks: hotplate qc run FILE --check file.decodes looks without them.",
  );
}

function unlooked(message: string, hint: string): Inspection {
  const finding: Finding = { check: "file.decodes", version: 1, verdict: "error", measures: [], message, hint };
  return { verdict: "error", findings: [finding], notApplied: [], reader: "none" };
}
