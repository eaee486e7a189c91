/**
 * The answers beside dropped files: asked for by the stages, written here in bounded batches on the folder's own lane, so
 * that a slow share delays its own answers only. The newest word on a name wins; an answer equal to the last one written
 * is not written again. A power cut loses nothing: answers are made from the store again at every start.
 */
import { systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { baseName, joinPath } from "../domain/paths.ts";
import { errorFileName, folderAnswer, folderStatusName, statusFileName } from "../domain/answer.ts";
import { ignore, replaceAnswer } from "../durable.ts";
import type { Stage, StageContext } from "../live.ts";
import type { Folder } from "./folder.ts";
import { laneOf } from "./lanes.ts";

export interface Answers {
  /** `null` removes the answer. */
  say(folder: string, file: string, text: string | null): void;
  /** STATUS.txt of a name. */
  status(folder: string, name: string, text: string): void;
  /** ERROR.txt of a name; null when it is cured. */
  error(folder: string, name: string, text: string | null): void;
  /** The name is gone or was accepted: an ERROR.txt that the last listing saw goes too. */
  withdraw(folder: Folder, name: string): void;
  /** A listing saw the temporary file of an answer: while a folder is listed none is written, so a killed life left it. */
  sweep(folder: Folder, entry: string): void;
  backlog(folder: Folder, waiting: number, perSecond: number | null): void;
  backlogOver(folder: Folder): void;
  /** Nothing waits to be written for the folder. */
  settled(folder: string): boolean;
}

interface Pending {
  readonly folder: string;
  readonly file: string;
  readonly text: string | null;
}

const WRITTEN_KEPT_MAX = 20_000;
/** One folder has one writer of answers at a time, so their temporary names need no more than this to be ours. */
const TEMPORARY = "answer";

export function createAnswers(context: StageContext): Answers & Stage {
  const pending = new Map<string, Pending>();
  const written = new Map<string, string>();

  function say(folder: string, file: string, text: string | null): void {
    const path = joinPath(folder, file);
    if (text !== null && written.get(path) === text && !pending.has(path)) return;
    pending.set(path, { folder, file, text });
    context.wake();
  }

  function remember(path: string, text: string | null): void {
    if (text === null) written.delete(path);
    else written.set(path, text);
    if (written.size <= WRITTEN_KEPT_MAX) return;
    for (const oldest of written.keys()) {
      written.delete(oldest);
      break;
    }
  }

  async function flush(folder: string): Promise<void> {
    const batch = [...pending].filter(([, p]) => p.folder === folder).slice(0, LIMITS.answersPerUnit);
    if (batch.length === 0) return;
    const started = context.work.start<readonly string[]>({
      key: `answers:${folder}`,
      lane: laneOf(context, folder, "intake"),
      run: () => writeAll(context, batch),
      done: (outcome) => {
        const failed = new Set(outcome.ok ? outcome.value : batch.map(([path]) => path));
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
    name: "answers",
    say,
    status: (folder, name, text) => say(folder, statusFileName(name), text),
    error(folder, name, text) {
      const path = joinPath(folder, errorFileName(name));
      // Nothing to take back: a burst of good manifests must not cost a call each for answers that never were.
      if (text === null && !written.has(path) && !pending.has(path)) return;
      say(folder, errorFileName(name), text);
    },
    withdraw(folder, name) {
      if (folder.answersSeen.has(errorFileName(name))) say(folder.config.path, errorFileName(name), null);
    },
    sweep(folder, entry) {
      if (entry.startsWith(`.hotplate-tmp.${TEMPORARY}.`)) say(folder.config.path, entry, null);
    },
    backlog: (folder, waiting, perSecond) =>
      say(
        folder.config.path,
        folderStatusName(),
        folderAnswer({ folder: baseName(folder.config.path), waiting, perSecond }),
      ),
    backlogOver: (folder) => say(folder.config.path, folderStatusName(), null),
    settled: (folder) => ![...pending.values()].some((p) => p.folder === folder),
    async tick() {
      for (const folder of new Set([...pending.values()].map((p) => p.folder))) await flush(folder);
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
      else await replaceAnswer(context.files, path, answer.text, TEMPORARY);
    } catch (error) {
      failed.push(path);
      late = systemCode(error) === "ETIMEDOUT";
    }
  }
  return failed;
}
