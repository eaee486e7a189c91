/**
 * What there is of every frame of a step, whatever tasks made it: a frame of its own, one of a chunk, or one that two chunks
 * have. Papers, sheets and proxies count frames, as people do; only the scheduler counts tasks.
 */
import { sharesAmong, sharesOf } from "../domain/chunks.ts";
import type { StepPlan } from "../domain/plan.ts";
import type { Inspection } from "../domain/qc.ts";
import { worstVerdict } from "../domain/qc.ts";
import type { VersionFrame } from "../domain/versionFacts.ts";
import type { StagedFile, TaskRow } from "../storePort.ts";

export interface FrameSource {
  readonly task: TaskRow;
  readonly staged: StagedFile;
  /** Its part of the frame, 0..1; all parts are 1 together. */
  readonly weight: number;
}

export interface FrameResult {
  readonly wedge: number;
  readonly frame: number | null;
  /** The earlier chunk first; two: they are blended; empty: nobody has made it. */
  readonly sources: readonly FrameSource[];
  /** Whose word counts for it: of the largest share that can be had, else of the chunk that should have made it. */
  readonly task: TaskRow;
}

/** By wedge, then frame. A result counts once it is staged, and as long as QC has not refused it. */
export function frameResults(
  plan: Pick<StepPlan, "frames" | "chunks">,
  tasks: readonly TaskRow[],
): readonly FrameResult[] {
  return resultsOf(plan, tasks, ({ state }) => state === "committing" || state === "done");
}

/** The same of what QC or a person refused: frames of which there is a picture, and none that a version may have. */
export function refusedResults(
  plan: Pick<StepPlan, "frames" | "chunks">,
  tasks: readonly TaskRow[],
): readonly FrameResult[] {
  const keyOf = ({ wedge, frame }: FrameResult): string => `${wedge}/${frame}`;
  const others = frameResults(plan, tasks).filter(({ sources }) => sources.length > 0);
  const made = new Set(others.map(keyOf));
  return resultsOf(plan, tasks, isRefused).filter((one) => one.sources.length > 0 && !made.has(keyOf(one)));
}

function isRefused({ state, failure }: TaskRow): boolean {
  return state === "failed" && failure?.class === "qc";
}

function resultsOf(
  plan: Pick<StepPlan, "frames" | "chunks">,
  tasks: readonly TaskRow[],
  counts: (task: TaskRow) => boolean,
): readonly FrameResult[] {
  const shares = [...sharesOf(plan)];
  const byWedge = new Map<number, Map<number | null, TaskRow>>();
  for (const task of tasks) {
    const known = byWedge.get(task.wedge) ?? new Map<number | null, TaskRow>();
    byWedge.set(task.wedge, known.set(task.frame, task));
  }
  return [...byWedge].flatMap(([wedge, chunks]) =>
    shares.flatMap(([frame, all]): readonly FrameResult[] => {
      const stagedOf = (first: number | null): StagedFile | null => {
        const task = chunks.get(first);
        return task === undefined || !counts(task) ? null : stagedFor(task, frame);
      };
      const has = (first: number | null): boolean => stagedOf(first) !== null;
      const sources = sharesAmong(all, has).flatMap(({ first, weight }): readonly FrameSource[] => {
        const task = chunks.get(first);
        const staged = stagedOf(first);
        return task === undefined || staged === null ? [] : [{ task, staged, weight }];
      });
      const first = [...all].sort((a, b) => b.weight - a.weight)[0]?.first ?? null;
      const task = largest(sources)?.task ?? chunks.get(first);
      return task === undefined ? [] : [{ wedge, frame, sources, task }];
    }),
  );
}

/** The source of the larger part; of equal ones the earlier chunk's. */
export function largest(sources: readonly FrameSource[]): FrameSource | null {
  return sources.reduce<FrameSource | null>(
    (best, one) => (best === null || one.weight > best.weight ? one : best),
    null,
  );
}

function stagedFor(task: TaskRow, frame: number | null): StagedFile | null {
  return task.staged.find((file) => file.frame === frame) ?? null;
}

/** QC's word on one frame; null before it was looked at. */
export function inspectionOf(task: Pick<TaskRow, "inspection">, frame: number | null): Inspection | null {
  const { inspection } = task;
  return inspection?.frames?.find((one) => one.frame === frame)?.inspection ?? inspection;
}

/**
 * The frame as the version's papers tell of it. `seen`: QC's word on a frame that was blended; `unblended`: why it was not,
 * although two chunks have it.
 */
export function versionFrame(
  result: FrameResult,
  of: { readonly seen?: Inspection; readonly unblended?: string | null },
): VersionFrame {
  const { wedge, frame, task, sources } = result;
  const refused = sources.length > 0 || !isRefused(task) ? null : stagedFor(task, frame);
  return {
    wedge,
    frame,
    state: task.state,
    failure: sources.length > 0 ? null : task.failure,
    inspection: of.seen ?? inspectionOf(task, frame),
    of: sources.length < 2 ? [] : sources.map((source) => ({ chunk: source.task.frame, share: source.weight })),
    unblended: of.unblended ?? null,
    ...(refused === null ? {} : { refused: { path: refused.path, bytes: refused.bytes, sha256: refused.sha256 } }),
  };
}

/**
 * One word for a chunk out of those on its frames: the worst, and of each check the finding of the frame that did worst, with
 * the frame's number in its sentence. A single frame's is taken as it is.
 */
export function chunkInspection(
  frames: readonly { readonly frame: number | null; readonly inspection: Inspection }[],
): Inspection {
  const [only] = frames;
  if (frames.length === 1 && only !== undefined) return only.inspection;
  const checks = [...new Set(frames.flatMap(({ inspection }) => inspection.findings.map((finding) => finding.check)))];
  const findings = checks.flatMap((check) => {
    const all = frames.flatMap(({ frame, inspection }) =>
      inspection.findings.filter((finding) => finding.check === check).map((finding) => ({ frame, finding })),
    );
    const verdict = worstVerdict(all.map(({ finding }) => finding.verdict));
    const worst = all.find(({ finding }) => finding.verdict === verdict);
    if (worst === undefined) return [];
    const message = worst.frame === null ? worst.finding.message : `frame ${worst.frame}: ${worst.finding.message}`;
    return [{ ...worst.finding, message }];
  });
  return {
    verdict: worstVerdict(frames.map(({ inspection }) => inspection.verdict)),
    findings,
    notApplied: only?.inspection.notApplied ?? [],
    reader: only?.inspection.reader ?? "none",
    frames,
  };
}
