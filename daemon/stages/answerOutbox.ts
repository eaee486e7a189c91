/**
 * Answers on their way to the disk: written in bounded batches on the folder's own lane, so that a slow share delays its own
 * answers only. The newest word on a file wins; one equal to the last one written is not written again.
 */
import { systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { joinPath } from "../domain/paths.ts";
import { ignore, replaceAnswer } from "../durable.ts";
import type { StageContext } from "../live.ts";
import { laneOf } from "./lanes.ts";

export interface AnswerOutbox {
  /** `null` removes the answer. */
  readonly say: (folder: string, file: string, text: string | null) => void;
  /** Was it written in this life, or does it wait to be? */
  readonly said: (folder: string, file: string) => boolean;
  readonly flush: () => Promise<void>;
}

interface Pending {
  readonly text: string | null;
}

const WRITTEN_KEPT_MAX = 20_000;
/** One folder has one writer of answers at a time, so their temporary names need no more than this to be ours. */
export const ANSWER_TEMPORARY = "answer";

export function createAnswerOutbox(context: StageContext): AnswerOutbox {
  /** Folder -> path -> what it shall say. */
  const pending = new Map<string, Map<string, Pending>>();
  const written = new Map<string, string>();
  /** Folder -> not before: one that can't be written is tried again at leisure, not in every tick. */
  const resting = new Map<string, number>();

  function remember(path: string, text: string | null): void {
    if (text === null) written.delete(path);
    else written.set(path, text);
    if (written.size <= WRITTEN_KEPT_MAX) return;
    for (const oldest of written.keys()) {
      written.delete(oldest);
      break;
    }
  }

  function flushFolder(folder: string): void {
    const { clock } = context.world;
    if ((resting.get(folder) ?? 0) > clock.now()) return;
    const waiting = pending.get(folder);
    if (waiting === undefined || waiting.size === 0) return;
    if (!context.work.free(laneOf(context, folder, "intake"))) return;
    const batch = firstOf(waiting, LIMITS.answersPerUnit);
    const started = context.work.start<readonly string[]>({
      key: `answers:${folder}`,
      lane: laneOf(context, folder, "intake"),
      run: () => writeAll(context, batch),
      done: (outcome) => {
        const failed = new Set(outcome.ok ? outcome.value : batch.map(([path]) => path));
        if (failed.size > 0) resting.set(folder, clock.now() + LIMITS.retryDelayMs);
        else resting.delete(folder);
        for (const [path, answer] of batch) {
          // What could not be written (a share that is gone, a full disk) is asked for again, unless newer words wait.
          if (failed.has(path) && !waiting.has(path)) waiting.set(path, answer);
          else if (!failed.has(path)) remember(path, answer.text);
        }
      },
    });
    if (started) for (const [path] of batch) waiting.delete(path);
  }

  return {
    say(folder, file, text) {
      const path = joinPath(folder, file);
      const waiting = pending.get(folder) ?? new Map<string, Pending>();
      pending.set(folder, waiting);
      if (text !== null && written.get(path) === text && !waiting.has(path)) return;
      waiting.set(path, { text });
      context.wake();
    },
    said: (folder, file) => {
      const path = joinPath(folder, file);
      return written.has(path) || pending.get(folder)?.has(path) === true;
    },
    async flush() {
      for (const folder of pending.keys()) flushFolder(folder);
    },
  };
}

function firstOf<K, V>(map: ReadonlyMap<K, V>, max: number): readonly (readonly [K, V])[] {
  const out: (readonly [K, V])[] = [];
  for (const entry of map) {
    if (out.length >= max) break;
    out.push(entry);
  }
  return out;
}

/** Returns the paths that could not be written. After a late call the rest of the batch is not tried: it would only wait. */
async function writeAll(
  context: StageContext,
  batch: readonly (readonly [string, Pending])[],
): Promise<readonly string[]> {
  const failed: string[] = [];
  let late = false;
  for (const [path, answer] of batch) {
    if (late) {
      failed.push(path);
      continue;
    }
    try {
      if (answer.text === null) await context.files.unlink(path).catch(ignore("ENOENT"));
      else await replaceAnswer(context.files, path, answer.text, ANSWER_TEMPORARY);
    } catch (error) {
      failed.push(path);
      late = systemCode(error) === "ETIMEDOUT";
    }
  }
  return failed;
}
