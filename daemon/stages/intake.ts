/**
 * Stage 2: list hot folders, diff with what is known, let `domain/settle` decide. The listing is the truth; hints only
 * bring it sooner, and a bounded re-list always runs. What is complete goes to `admit`.
 *
 * Must never: act on an event, stat-poll files on a network mount, read a file that is not regular, or believe that all
 * files are gone because a mount went away.
 */
import { overfullAnswer, receivingAnswer } from "../domain/answer.ts";
import { messageOf, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { isUnspeakable } from "../domain/dropName.ts";
import { settle } from "../domain/settle.ts";
import type { Stage, StageContext } from "../live.ts";
import type { Answers } from "./answers.ts";
import type { Drop, DropQueue } from "./dropQueue.ts";
import type { Folder, KnownName } from "./folder.ts";
import { createFolder, namesToLookAt, takeListing, takeObservation } from "./folder.ts";
import { laneOf } from "./lanes.ts";
import type { Looked, SeenFile } from "./observe.ts";
import { look } from "./observe.ts";
import { openFolder } from "./openFolder.ts";
import { sweepStale } from "./staleAnswers.ts";
import { tell } from "./tell.ts";

export function createIntake(context: StageContext, queue: DropQueue, answers: Answers): Stage {
  const folders = context.world.config.hotFolders.map((config) => createFolder(config));
  return {
    name: "intake",
    async tick() {
      const now = context.world.clock.now();
      for (const folder of folders) {
        if (!folder.opened) openFolder(context, folder);
        else if (due(folder, now)) startLooking(context, folder, { queue, answers });
        publishView(context, folder);
        sayBacklog(context, folder, { answers, queue });
      }
    },
    async close() {
      for (const folder of folders) await folder.watch?.close();
    },
  };
}

function due(folder: Folder, now: number): boolean {
  // A folder that failed is asked once in an interval, whatever hints or names want: each look would only fail again.
  if (folder.state === "down") return now >= folder.nextListAt;
  return folder.dirty || now >= folder.nextListAt || namesToLookAt(folder, now).length > 0;
}

function startLooking(context: StageContext, folder: Folder, to: { queue: DropQueue; answers: Answers }): void {
  const now = context.world.clock.now();
  const relist = wantsListing(folder, now);
  const lane = laneOf(context, folder.config.path, "intake");
  const key = `look:${folder.config.path}`;
  if (!context.work.free(lane, key)) return;
  if (relist) folder.dirty = false;
  context.work.start<Looked>({
    key,
    lane,
    run: () => look(context, folder, relist),
    done: async (outcome) => {
      const ended = context.world.clock.now();
      folder.listTookMs = ended - now;
      scheduleNext(context, folder, ended);
      if (!outcome.ok) await folderDown(context, folder, { error: outcome.error, answers: to.answers });
      else await folderSeen(context, folder, outcome.value, to);
    },
  });
}

/** While a burst is worked off, hints do not force a listing of 50,000 names for every 512 looked at. */
function wantsListing(folder: Folder, now: number): boolean {
  if (folder.lastListedAt === null) return true;
  const busy = namesToLookAt(folder, now).length >= LIMITS.looksPerListing;
  const atLeast = Math.max(LIMITS.hotFolderListIntervalMs, folder.listingMs / LIMITS.listingShare);
  if (busy && now - folder.lastListedAt < atLeast) return false;
  return folder.dirty || now >= folder.nextListAt;
}

function scheduleNext(context: StageContext, folder: Folder, now: number): void {
  const polled = folder.watch === null;
  const active = now - folder.lastActivityAt < 30_000;
  const base = polled && active ? LIMITS.networkListIntervalMinMs : LIMITS.hotFolderListIntervalMs;
  const jitter = polled ? 0.8 + 0.4 * context.world.ids.fraction() : 1;
  folder.nextListAt = now + Math.max(base * jitter, polled ? 5 * folder.listTookMs : 0);
}

async function folderSeen(
  context: StageContext,
  folder: Folder,
  seen: Looked,
  to: { queue: DropQueue; answers: Answers },
): Promise<void> {
  const now = context.world.clock.now();
  if (folder.dev !== null && folder.dev !== seen.dev) {
    // Another file system under the same name: the mount went or came. Nothing has vanished; the folder is opened anew.
    folder.dev = seen.dev;
    folder.opened = false;
    folder.known.clear();
    return;
  }
  folder.dev = seen.dev;
  if (folder.state === "down") await folderUp(context, folder);
  if (seen.entries !== null) {
    folder.lastListedAt = now;
    folder.listingMs = seen.listingMs;
    const { vanished } = takeListing(folder, seen.entries, now);
    for (const known of vanished) to.answers.withdraw(folder, known);
    to.answers.sweep(folder, seen.entries);
    await sweepStale(context, folder, to.answers);
  }
  for (const [name, file] of seen.observations) {
    const known = folder.known.get(name);
    if (known === undefined || known.state === "admitting") continue;
    // Whatever took its place, the next listing tells; asking at once would ask for ever.
    if (file === "gone") known.checkAt = now + LIMITS.hotFolderListIntervalMs;
    else if (file === "unreadable") handOverUnreadable(folder, known, { now, queue: to.queue });
    else judge(folder, known, file, { now, ...to });
  }
  for (const known of folder.known.values()) {
    const asked = known.state !== "admitting" && known.state !== "answered" && known.checkAt <= now;
    if ((known.kind === "directory" || isUnspeakable(known.name)) && asked)
      handOverUnseen(folder, known, now, to.queue);
  }
  if (namesToLookAt(folder, now).length > 0) context.wake();
}

function judge(
  folder: Folder,
  known: KnownName,
  file: SeenFile,
  to: { now: number; queue: DropQueue; answers: Answers },
): void {
  const changed = takeObservation(known, file.observation);
  if (known.state === "answered" && !changed && (known.askAt === null || known.askAt > to.now)) {
    known.checkAt = to.now + LIMITS.hotFolderListIntervalMs;
    return;
  }
  const local = folder.mountKind === "local";
  const settleMs = folder.config.settleMs ?? (local ? LIMITS.settleMs : LIMITS.settleNetworkMs);
  const rule = { settleMs, local, json: known.name.toLowerCase().endsWith(".json") };
  const tooLarge = known.kind === "manifest" && file.bytes === null;
  const settling =
    known.kind === "manifest" || tooLarge
      ? settle(known.first === file.observation ? null : known.first, file.observation, rule)
      : strayRule(folder, known, to.now);
  if (settling.kind === "growing") {
    known.state = "growing";
    known.checkAt = to.now + Math.max(20, settling.checkInMs);
    if (known.kind === "manifest" && !known.waitingSaid && to.now - known.firstSeenAt > LIMITS.receivingAfterMs) {
      known.waitingSaid = true;
      to.answers.status(folder.config.path, known.name, receivingAnswer(known.name, file.observation.bytes));
    }
    return;
  }
  known.state = "admitting";
  to.queue.push(dropOf(folder, known, { renamed: settling.renamed, bytes: file.bytes, observation: file.observation }));
}

/** Media get a moment: the manifest that names them may come after them. In a bound folder they are the work itself. */
function strayRule(folder: Folder, known: KnownName, now: number): ReturnType<typeof settle> {
  const age = now - known.firstSeenAt;
  const grace = folder.config.recipe !== undefined && known.kind !== "other" ? 0 : LIMITS.strayGraceMs;
  return age >= grace ? { kind: "settled", renamed: false } : { kind: "growing", checkInMs: grace - age };
}

/** What is not looked into here: folders, and names that the disk does not know as we read them. */
function handOverUnseen(folder: Folder, known: KnownName, now: number, queue: DropQueue): void {
  const rule = isUnspeakable(known.name) ? { kind: "settled" as const } : strayRule(folder, known, now);
  if (rule.kind === "growing") {
    known.checkAt = now + rule.checkInMs;
    return;
  }
  known.state = "admitting";
  queue.push(dropOf(folder, known, { renamed: false, bytes: null, observation: null }));
}

/** Rights are often set a moment after the file was made: it is asked again before it is told. */
function handOverUnreadable(folder: Folder, known: KnownName, to: { now: number; queue: DropQueue }): void {
  const age = to.now - known.firstSeenAt;
  known.checkAt = to.now + LIMITS.hotFolderListIntervalMs;
  if (known.state === "answered" || age < LIMITS.settleNoNewlineMs) return;
  known.first = null;
  known.state = "admitting";
  to.queue.push(dropOf(folder, known, { renamed: true, bytes: null, observation: null, unreadable: true }));
}

function dropOf(
  folder: Folder,
  known: KnownName,
  seen: Pick<Drop, "renamed" | "bytes" | "observation"> & { readonly unreadable?: boolean },
): Drop {
  return { folder, known, unreadable: false, ...seen };
}

async function folderDown(
  context: StageContext,
  folder: Folder,
  of: { readonly error: unknown; readonly answers: Answers },
): Promise<void> {
  const code = systemCode(of.error);
  const reason =
    code === "EOVERFLOW"
      ? `It holds more than ${LIMITS.hotFolderEntriesMax} names. Move what is old away.`
      : `${code ?? "error"}: ${messageOf(of.error)}`;
  folder.nextListAt = context.world.clock.now() + LIMITS.hotFolderListIntervalMs;
  if (folder.state === "down") return;
  if (code === "EOVERFLOW")
    of.answers.folderSays(folder, overfullAnswer(folder.config.path, LIMITS.hotFolderEntriesMax));
  folder.state = "down";
  folder.reason = reason;
  const fields = { folder: folder.config.path, code: "HP-INTAKE-FOLDER", reason };
  await tell(context, "error", "folder.down", fields);
}

async function folderUp(context: StageContext, folder: Folder): Promise<void> {
  folder.state = "up";
  folder.reason = null;
  const fields = { folder: folder.config.path };
  await tell(context, "info", "folder.up", fields);
}

function publishView(context: StageContext, folder: Folder): void {
  const now = context.world.clock.now();
  // Tens of thousands of names are not counted in every tick.
  if (folder.known.size > LIMITS.looksPerListing && now < folder.viewAt) return;
  folder.viewAt = now + LIMITS.tickBusyMs;
  let waiting = 0;
  for (const known of folder.known.values()) if (known.state !== "answered") waiting += 1;
  context.live.folders.set(folder.config.path, {
    path: folder.config.path,
    show: folder.config.show,
    kind: "hot folder",
    state: folder.state,
    reason: folder.reason,
    waiting,
    ignored: folder.ignoredCounts,
    lastListedAt: folder.lastListedAt,
  });
}

/** Beyond the bound one folder-level answer stands for all: count and what happens. */
function sayBacklog(context: StageContext, folder: Folder, to: { answers: Answers; queue: DropQueue }): void {
  const now = context.world.clock.now();
  if (folder.state === "down" || now < folder.backlogAt) return;
  const { path } = folder.config;
  const unanswered = context.live.unanswered.get(path)?.size ?? 0;
  const waiting = (context.live.folders.get(path)?.waiting ?? 0) + unanswered;
  if (waiting > LIMITS.answersPerFolderMax) {
    // A count that moves is news once a second, not in every tick.
    folder.backlogAt = now + LIMITS.answerRefreshMs;
    to.answers.backlog(folder, waiting, to.queue.perSecond());
    folder.backlogSaid = true;
  } else if (folder.backlogSaid && waiting <= LIMITS.answersPerFolderMax / 2) {
    to.answers.folderSays(folder, null);
    folder.backlogSaid = false;
  }
}
