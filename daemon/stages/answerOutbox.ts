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
  readonly said: (path: string) => boolean;
  readonly flush: () => Promise<void>;
}

interface Pending {
  readonly folder: string;
  readonly file: string;
  readonly text: string | null;
}

const WRITTEN_KEPT_MAX = 20_000;
/** One folder has one writer of answers at a time, so their temporary names need no more than this to be ours. */
export const ANSWER_TEMPORARY = "answer";

export function createAnswerOutbox(context: StageContext): AnswerOutbox {
  const pending = new Map<string, Pending>();
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
    const batch = [...pending].filter(([, p]) => p.folder === folder).slice(0, LIMITS.answersPerUnit);
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
          if (failed.has(path) && !pending.has(path)) pending.set(path, answer);
          else if (!failed.has(path)) remember(path, answer.text);
        }
      },
    });
    if (started) for (const [path] of batch) pending.delete(path);
  }

  return {
    say(folder, file, text) {
      const path = joinPath(folder, file);
      if (text !== null && written.get(path) === text && !pending.has(path)) return;
      pending.set(path, { folder, file, text });
      context.wake();
    },
    said: (path) => written.has(path) || pending.has(path),
    async flush() {
      for (const folder of new Set([...pending.values()].map((p) => p.folder))) flushFolder(folder);
    },
  };
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
