/**
 * The answers beside dropped files: which file says what, and when it is taken back. Asked for by the stages, written by the
 * outbox. A power cut loses nothing: answers are made from the store again at every start.
 */
import { baseName } from "../domain/paths.ts";
import { errorFileName, folderAnswer, folderStatusName, statusFileName } from "../domain/answer.ts";
import type { Stage, StageContext } from "../live.ts";
import type { DirEntry } from "../ports.ts";
import { ANSWER_TEMPORARY, createAnswerOutbox } from "./answerOutbox.ts";
import type { Folder, KnownName } from "./folder.ts";
import { sequenceName } from "./media.ts";

export interface Answers {
  /** `null` removes the answer. */
  say(folder: string, file: string, text: string | null): void;
  /** STATUS.txt of a name. */
  status(folder: string, name: string, text: string): void;
  /** ERROR.txt of a name. */
  error(folder: string, name: string, text: string): void;
  /** The name was accepted: an ERROR.txt that the last listing saw goes. */
  cure(folder: Folder, name: string): void;
  /** The file is gone, and with it what was said of it and of no job. */
  withdraw(folder: Folder, known: KnownName): void;
  /**
   * What a life before this one left: temporary files (while a folder is listed no answer is written), ERROR.txt whose file
   * is no longer there, a STATUS.txt of a folder that waits for nothing.
   */
  sweep(folder: Folder, entries: readonly DirEntry[]): void;
  /** The folder's own STATUS.txt; null removes it. */
  folderSays(folder: Folder, text: string | null): void;
  backlog(folder: Folder, waiting: number, perSecond: number | null): void;
}

export function createAnswers(context: StageContext): Answers & Stage {
  const outbox = createAnswerOutbox(context);
  const { say } = outbox;

  function cure(folder: Folder, name: string): void {
    const file = errorFileName(name);
    // Nothing to take back: a burst of good manifests must not cost a call each for answers that never were.
    if (folder.answersSeen.has(file) || outbox.said(folder.config.path, file)) say(folder.config.path, file, null);
  }

  function folderSays(folder: Folder, text: string | null): void {
    say(folder.config.path, folderStatusName(), text);
  }

  return {
    name: "answers",
    say,
    status: (folder, name, text) => say(folder, statusFileName(name), text),
    error: (folder, name, text) => say(folder, errorFileName(name), text),
    cure,
    withdraw(folder, known) {
      cure(folder, known.name);
      if (known.waitingSaid) say(folder.config.path, statusFileName(known.name), null);
    },
    sweep(folder, entries) {
      for (const { name } of entries)
        if (name.startsWith(`.hotplate-tmp.${ANSWER_TEMPORARY}.`)) say(folder.config.path, name, null);
      for (const file of orphanedErrors(folder)) say(folder.config.path, file, null);
      if (!folder.backlogSaid && folder.answersSeen.has(folderStatusName())) folderSays(folder, null);
    },
    folderSays,
    backlog: (folder, waiting, perSecond) =>
      folderSays(folder, folderAnswer({ folder: baseName(folder.config.path), waiting, perSecond })),
    tick: outbox.flush,
  };
}

function orphanedErrors(folder: Folder): readonly string[] {
  const errors = [...folder.answersSeen].filter((file) => file.endsWith(".ERROR.txt"));
  const strange = errors.filter((file) => !folder.known.has(file.slice(0, -".ERROR.txt".length)));
  if (strange.length === 0) return [];
  const answered = new Set(
    [...folder.known.keys()].flatMap((name) => [errorFileName(name), errorFileName(sequenceName(name))]),
  );
  return strange.filter((file) => !answered.has(file));
}
