/**
 * Stage 2: list hot folders, diff with what is known, let `domain/settle` decide. The listing is the truth; hints only
 * bring it sooner, and a bounded re-list always runs. What is complete goes to `admit`.
 *
 * Must never: act on an event, stat-poll files on a network mount, read a file that is not regular, or believe that all
 * files are gone because a mount went away.
 */
import { receivingAnswer } from "../domain/answer.ts";
import { messageOf, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { joinPath } from "../domain/paths.ts";
import type { Observation } from "../domain/settle.ts";
import { ignoredBecause, settle } from "../domain/settle.ts";
import type { Stage, StageContext } from "../live.ts";
import type { DirEntry, Files } from "../ports.ts";
import type { Answers } from "./answers.ts";
import type { Drop, DropQueue } from "./dropQueue.ts";
import type { Folder, KnownName } from "./folder.ts";
import { createFolder, namesToLookAt, takeListing, takeObservation } from "./folder.ts";
import { laneOf } from "./lanes.ts";
import { openFolder } from "./openFolder.ts";

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
        sayBacklog(folder, answers, queue);
      }
    },
    async close() {
      for (const folder of folders) await folder.watch?.close();
    },
  };
}

function due(folder: Folder, now: number): boolean {
  return folder.dirty || now >= folder.nextListAt || namesToLookAt(folder, now).length > 0;
}

interface Looked {
  readonly entries: readonly DirEntry[] | null;
  readonly dev: string;
  readonly observations: ReadonlyMap<string, SeenFile | "gone">;
}
interface SeenFile {
  readonly observation: Observation;
  /** The very bytes that were observed; manifests only. */
  readonly bytes: Uint8Array | null;
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
      if (!outcome.ok) await folderDown(context, folder, outcome.error);
      else await folderSeen(context, folder, outcome.value, to);
    },
  });
}

/** While a burst is worked off, hints do not force a listing of 50,000 names for every 512 looked at. */
function wantsListing(folder: Folder, now: number): boolean {
  if (folder.lastListedAt === null) return true;
  const busy = namesToLookAt(folder, now).length >= LIMITS.looksPerListing;
  if (busy && now - folder.lastListedAt < LIMITS.hotFolderListIntervalMs) return false;
  return folder.dirty || now >= folder.nextListAt;
}

function scheduleNext(context: StageContext, folder: Folder, now: number): void {
  const polled = folder.watch === null;
  const active = now - folder.lastActivityAt < 30_000;
  const base = polled && active ? LIMITS.networkListIntervalMinMs : LIMITS.hotFolderListIntervalMs;
  const jitter = polled ? 0.8 + 0.4 * context.world.ids.fraction() : 1;
  folder.nextListAt = now + Math.max(base * jitter, polled ? 5 * folder.listTookMs : 0);
}

async function look(context: StageContext, folder: Folder, relist: boolean): Promise<Looked> {
  const { files, world } = context;
  const path = folder.config.path;
  const entries = relist ? await files.list(path, LIMITS.hotFolderEntriesMax) : null;
  const self = await files.stat(path);
  const wanted = new Set(namesToLookAt(folder, world.clock.now()).map((known) => known.name));
  if (entries !== null) {
    // Names that this very listing found are looked at in the same pass: a rename is accepted one listing later, not two.
    for (const entry of entries) {
      if (wanted.size >= LIMITS.looksPerListing) break;
      if (entry.kind === "file" && !folder.known.has(entry.name) && ignoredBecause(entry.name) === null)
        wanted.add(entry.name);
    }
  }
  const observations = new Map<string, SeenFile | "gone">();
  for (const name of wanted) {
    if (folder.known.get(name)?.kind === "directory") continue;
    observations.set(name, await observe(context, files, joinPath(path, name)));
  }
  return { entries, dev: self.dev, observations };
}

async function observe(context: StageContext, files: Files, path: string): Promise<SeenFile | "gone"> {
  try {
    const stat = await files.stat(path);
    if (stat.kind !== "file") return "gone";
    const isManifest = /\.(ya?ml|json)$/i.test(path) && stat.bytes <= LIMITS.manifestBytesMax;
    const bytes = isManifest ? await files.read(path, LIMITS.manifestBytesMax) : null;
    const observation: Observation = {
      at: context.world.clock.now(),
      dev: stat.dev,
      ino: stat.ino,
      bytes: stat.bytes,
      mtimeNs: stat.mtimeNs,
      ctimeNs: stat.ctimeNs,
      sha256: bytes === null ? null : context.world.digest.sha256(bytes),
      hasNul: bytes?.includes(0) ?? false,
      endsWithNewline: bytes === null || bytes.at(-1) === 10,
      endsWithMark: bytes !== null && endsWithMark(bytes),
    };
    return { observation, bytes };
  } catch (error) {
    // Removed, replaced or still locked between the listing and now: the next listing says what is true.
    const code = systemCode(error);
    if (code === "ENOENT" || code === "EFBIG" || code === "EINVAL" || code === "ELOOP") return "gone";
    throw error;
  }
}

/** A last line `...`: YAML's end mark, with or without a newline after it. */
function endsWithMark(bytes: Uint8Array): boolean {
  const tail = String.fromCharCode(...bytes.slice(-6));
  return /(^|\n)\.\.\.\r?\n?$/.test(tail);
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
    const { vanished } = takeListing(folder, seen.entries, now);
    for (const name of vanished) to.answers.withdraw(folder, name);
    for (const entry of seen.entries) to.answers.sweep(folder, entry.name);
  }
  for (const [name, file] of seen.observations) {
    const known = folder.known.get(name);
    if (known === undefined || known.state === "admitting" || file === "gone") continue;
    judge(folder, known, file, { now, ...to });
  }
  for (const known of folder.known.values()) {
    const asked = known.state !== "admitting" && known.state !== "answered" && known.checkAt <= now;
    if (known.kind === "directory" && asked) handOverDirectory(folder, known, to.queue);
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
  if (known.state === "answered" && !changed) {
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
      : strayRule(known, to.now);
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

/** Media get a moment: the manifest that names them may come after them. */
function strayRule(known: KnownName, now: number): ReturnType<typeof settle> {
  const age = now - known.firstSeenAt;
  return age >= LIMITS.strayGraceMs
    ? { kind: "settled", renamed: false }
    : { kind: "growing", checkInMs: LIMITS.strayGraceMs - age };
}

function handOverDirectory(folder: Folder, known: KnownName, queue: DropQueue): void {
  known.state = "admitting";
  queue.push(dropOf(folder, known, { renamed: false, bytes: null, observation: null }));
}

function dropOf(folder: Folder, known: KnownName, seen: Pick<Drop, "renamed" | "bytes" | "observation">): Drop {
  return { folder, known, ...seen };
}

async function folderDown(context: StageContext, folder: Folder, error: unknown): Promise<void> {
  const reason = `${systemCode(error) ?? "error"}: ${messageOf(error)}`;
  folder.nextListAt = context.world.clock.now() + LIMITS.hotFolderListIntervalMs;
  if (folder.state === "down") return;
  folder.state = "down";
  folder.reason = reason;
  const fields = { folder: folder.config.path, code: "HP-INTAKE-FOLDER", reason };
  context.world.log.event("error", "folder.down", fields);
  await context.world.store.note("folder.down", null, fields);
}

async function folderUp(context: StageContext, folder: Folder): Promise<void> {
  folder.state = "up";
  folder.reason = null;
  const fields = { folder: folder.config.path };
  context.world.log.event("info", "folder.up", fields);
  await context.world.store.note("folder.up", null, fields);
}

function publishView(context: StageContext, folder: Folder): void {
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

/** Beyond the bound one folder-level answer stands for all: count and what happens (decision 14). */
function sayBacklog(folder: Folder, answers: Answers, queue: DropQueue): void {
  const waiting = folder.known.size - [...folder.known.values()].filter((known) => known.state === "answered").length;
  if (waiting > LIMITS.answersPerFolderMax) {
    answers.backlog(folder, waiting, queue.perSecond());
    folder.backlogSaid = true;
  } else if (folder.backlogSaid && waiting === 0) {
    answers.backlogOver(folder);
    folder.backlogSaid = false;
  }
}
