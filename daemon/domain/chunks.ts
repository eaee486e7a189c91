/**
 * Frames together: which frames one task is fed, which of them it may publish, and what a published frame is made of where
 * two chunks hold it. Everything follows from the step's plan alone, so that a task needs no more than its first frame to
 * be known. A step without chunks is the same thing with one frame in each.
 */
import type { ChunkPlan, JobPlan, StepPlan } from "./plan.ts";

type Planned = Pick<StepPlan, "frames"> & { readonly chunks?: ChunkPlan | null };

export interface Chunk {
  /** The first frame that it is fed: names the task. null for a still. */
  readonly first: number | null;
  /** What the graph is fed, in order, without a gap. */
  readonly fed: readonly (number | null)[];
  /** What it may publish: `fed` without what is there as context only. */
  readonly own: readonly (number | null)[];
}

/** What a frame is made of: the chunk's part of it; the parts of all its chunks are 1 together. */
export interface Share {
  readonly first: number | null;
  /** 0..1; 0: it is taken only when no other chunk has the frame. */
  readonly weight: number;
}

/** Every chunk of one variation, in order of frames. */
export function chunksOf(step: Planned): readonly Chunk[] {
  const plan = step.chunks ?? null;
  if (plan === null) return step.frames.map((frame) => ({ first: frame, fed: [frame], own: [frame] }));
  return runsOf(step.frames).flatMap((run) => chunksOfRun(run, plan));
}

/** The first frames of all chunks: one task each per variation. */
export function taskFrames(step: Planned): readonly (number | null)[] {
  return (step.chunks ?? null) === null ? step.frames : chunksOf(step).map((chunk) => chunk.first);
}

/** Tasks of all steps: wedges x chunks. */
export function taskCount(plan: JobPlan): number {
  return plan.steps.reduce((sum, step) => sum + step.wedges.length * taskFrames(step).length, 0);
}

/** The chunk that a task's first frame names; null when the plan has none of that name. */
export function chunkAt(step: Planned, first: number | null): Chunk | null {
  if ((step.chunks ?? null) === null) return { first, fed: [first], own: [first] };
  return chunksOf(step).find((chunk) => chunk.first === first) ?? null;
}

/** The frames that a task is fed, by its first one. */
export function chunkFrames(step: Planned, first: number | null): readonly (number | null)[] {
  return chunkAt(step, first)?.fed ?? [];
}

/** `1001-1008`, or `1001` for one frame; null for a still. */
export function chunkLabel(step: Planned, first: number | null): string | null {
  const fed = chunkFrames(step, first);
  const last = fed.at(-1) ?? first;
  if (first === null || last === null) return null;
  return first === last ? String(first) : `${first}-${last}`;
}

/**
 * For every frame the chunks that hold it, the earlier first. A linear crossfade over the overlap of K frames: the later
 * chunk's part of its j-th frame (from 0) is (j + 1) / (K + 1). Dropped: the first half of the overlap, rounded up, is the
 * earlier chunk's, the rest the later one's, so that every frame comes from the chunk that saw more around it.
 */
export function sharesOf(step: Planned): ReadonlyMap<number | null, readonly Share[]> {
  const out = new Map<number | null, Share[]>();
  let before: Chunk | null = null;
  for (const chunk of chunksOf(step)) {
    const earlier: Chunk | null = before;
    const shared = earlier === null ? [] : chunk.own.filter((frame) => earlier.own.includes(frame));
    for (const frame of chunk.own) {
      const at = shared.indexOf(frame);
      if (at < 0) {
        out.set(frame, [{ first: chunk.first, weight: 1 }]);
        continue;
      }
      const later = laterPart(at, shared.length, step.chunks?.seam ?? "drop");
      out.set(frame, [
        { first: earlier?.first ?? null, weight: 1 - later },
        { first: chunk.first, weight: later },
      ]);
    }
    before = chunk;
  }
  return out;
}

function laterPart(at: number, overlap: number, seam: ChunkPlan["seam"]): number {
  if (seam === "blend") return (at + 1) / (overlap + 1);
  return at < Math.ceil(overlap / 2) ? 0 : 1;
}

/**
 * The shares that can be had: where a chunk is missing the other one gives the whole frame. Empty: nobody has it.
 */
export function sharesAmong(shares: readonly Share[], has: (first: number | null) => boolean): readonly Share[] {
  const there = shares.filter((share) => has(share.first));
  const taken = there.filter((share) => share.weight > 0);
  const used = taken.length > 0 ? taken : there.slice(0, 1);
  const [only] = used;
  return used.length === 1 && only !== undefined ? [{ ...only, weight: 1 }] : used;
}

/** Frames that follow each other without a gap; a still is a run of its own. */
function runsOf(frames: readonly (number | null)[]): readonly (readonly (number | null)[])[] {
  const runs: (number | null)[][] = [];
  for (const frame of frames) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run !== undefined && typeof last === "number" && frame === last + 1) run.push(frame);
    else runs.push([frame]);
  }
  return runs;
}

/**
 * Each chunk begins `perTask - overlap` frames after the one before. The last one of a run may be short: `shorten` leaves
 * it so, `shift` feeds it earlier frames until it is full, as context that it does not publish.
 */
function chunksOfRun(run: readonly (number | null)[], plan: ChunkPlan): readonly Chunk[] {
  const { perTask, overlap } = plan;
  const chunks: Chunk[] = [];
  for (let start = 0; chunks.length === 0 || start + overlap < run.length; start += perTask - overlap) {
    const own = run.slice(start, start + perTask);
    const from = plan.short === "shift" ? Math.max(0, Math.min(start, run.length - perTask)) : start;
    const fed = run.slice(from, start + perTask);
    chunks.push({ first: fed[0] ?? null, fed, own });
  }
  return chunks;
}

/** A frame of two chunks, to be mixed of what each made of it. */
export interface BlendRequest {
  /** Two pictures of one frame, of equal size, channels and depth. */
  readonly earlier: string;
  readonly later: string;
  /** The later one's part, 0..1. */
  readonly part: number;
  /** EEXIST when there. Not durable. */
  readonly to: string;
}
