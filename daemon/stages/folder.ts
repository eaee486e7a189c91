/**
 * One hot folder as the reconciler knows it: names, their oldest equal observation, and what became of them. Memory only;
 * a restart lists again. Pure bookkeeping: no call to the outside is made here.
 */
import type { HotFolderConfig } from "../domain/config.ts";
import { isUnspeakable } from "../domain/dropName.ts";
import { LIMITS } from "../domain/limits.ts";
import type { Observation } from "../domain/settle.ts";
import { dropKind, ignoredBecause, sameObservation } from "../domain/settle.ts";
import type { DirEntry, MountKind, Watch } from "../ports.ts";

export type NameState =
  | "new"
  | "growing"
  /** In the hands of admit. */
  | "admitting"
  /** Rejected or refused: an answer lies beside it; looked at again when it changes. */
  | "answered"
  /** Complete, but something it needs is not there yet; asked again at `checkAt`. */
  | "waiting";

export interface KnownName {
  readonly name: string;
  readonly kind: "manifest" | "image" | "other" | "directory";
  readonly firstSeenAt: number;
  state: NameState;
  /** The oldest observation equal to the last one in everything but time. */
  first: Observation | null;
  last: Observation | null;
  checkAt: number;
  /** Listings in a row that did not hold the name: editors remove and recreate. */
  missing: number;
  /** A STATUS.txt that says "receiving" or "waiting" lies beside it. */
  waitingSaid: boolean;
  /** Plates in a bound folder: what they looked like last, and since when. */
  look: { readonly print: string; readonly since: number } | null;
  /** A waiting manifest's text: media that it names get no answer of their own. */
  text: string | null;
  /** The last ERROR.txt: the same again is no news. */
  rejectedWith: string | null;
  /** Rejected for its plate alone: when it is planned again without a new save. */
  askAt: number | null;
}

export interface Folder {
  readonly config: HotFolderConfig;
  readonly known: Map<string, KnownName>;
  readonly ignored: Map<string, string>;
  /** Ever counted, by reason: a name counts once while it stays. */
  readonly ignoredCounts: Record<string, number>;
  mountKind: MountKind | null;
  dev: string | null;
  watch: Watch | null;
  dirty: boolean;
  opened: boolean;
  nextListAt: number;
  lastListedAt: number | null;
  lastActivityAt: number;
  listTookMs: number;
  state: "up" | "down";
  reason: string | null;
  /** Answer files seen in the last listing. */
  answersSeen: Set<string>;
  backlogSaid: boolean;
  /** Its names are not counted again before. */
  viewAt: number;
  /** How long the last listing alone took. */
  listingMs: number;
  /** Not said again before. */
  backlogAt: number;
  /** Names under which stray media were answered: a sequence gets one answer. */
  readonly strays: Set<string>;
  /** Whether answers about files that vanished before this life were looked for. */
  staleSwept: boolean;
  /** Folders of results: a plate that was dropped here has its products beside it. */
  readonly ours: Set<string>;
}

export function createFolder(config: HotFolderConfig): Folder {
  return {
    config,
    known: new Map(),
    ignored: new Map(),
    ignoredCounts: {},
    mountKind: null,
    dev: null,
    watch: null,
    dirty: true,
    opened: false,
    nextListAt: 0,
    lastListedAt: null,
    lastActivityAt: 0,
    listTookMs: 0,
    state: "up",
    reason: null,
    answersSeen: new Set(),
    backlogSaid: false,
    viewAt: 0,
    listingMs: 0,
    backlogAt: 0,
    strays: new Set(),
    staleSwept: false,
    ours: new Set(),
  };
}

/** Folders of ours inside a hot folder: never answered, never read as drops. */
export const OWN_DIRECTORIES: ReadonlySet<string> = new Set(["accepted", "done", "failed", "review"]);

/** Takes one full listing in: new names, vanished names (two listings), ignored names counted once. */
export function takeListing(
  folder: Folder,
  entries: readonly DirEntry[],
  now: number,
): { readonly vanished: readonly KnownName[] } {
  const present = new Set<string>();
  const ignoredNow = new Set<string>();
  folder.answersSeen = new Set();
  for (const entry of entries) {
    const reason = folder.ours.has(entry.name) ? "our own folder" : ignoreReason(entry);
    if (reason !== null) {
      ignoredNow.add(entry.name);
      if (reason === "our own answer") folder.answersSeen.add(entry.name);
      else countIgnored(folder, entry.name, reason);
      continue;
    }
    present.add(entry.name);
    const kind = entry.kind === "directory" ? "directory" : dropKind(entry.name);
    const known = folder.known.get(entry.name);
    // Another kind of thing under the same name is another thing.
    if (known !== undefined && (known.kind === kind || known.state === "admitting")) {
      known.missing = 0;
      continue;
    }
    folder.lastActivityAt = now;
    folder.known.set(entry.name, {
      name: entry.name,
      kind,
      firstSeenAt: now,
      state: "new",
      first: null,
      last: null,
      checkAt: now,
      missing: 0,
      waitingSaid: false,
      look: null,
      text: null,
      rejectedWith: null,
      askAt: null,
    });
  }
  for (const name of folder.ignored.keys()) if (!ignoredNow.has(name)) folder.ignored.delete(name);
  return { vanished: forgetMissing(folder, present) };
}

/** A name counts once while it stays. What is our own was dropped by nobody. */
function countIgnored(folder: Folder, name: string, reason: string): void {
  if (folder.ignored.has(name) || reason.startsWith("our own")) return;
  folder.ignored.set(name, reason);
  folder.ignoredCounts[reason] = (folder.ignoredCounts[reason] ?? 0) + 1;
}

function ignoreReason(entry: DirEntry): string | null {
  if (entry.kind === "directory") {
    if (OWN_DIRECTORIES.has(entry.name)) return "our own folder";
    if (entry.name.startsWith("_")) return "underscore folder";
  }
  if (entry.kind === "link" || entry.kind === "other") return "no regular file";
  return ignoredBecause(entry.name);
}

function forgetMissing(folder: Folder, present: ReadonlySet<string>): readonly KnownName[] {
  const vanished: KnownName[] = [];
  for (const known of folder.known.values()) {
    if (present.has(known.name) || known.state === "admitting") continue;
    known.missing += 1;
    if (known.missing < 2) continue;
    folder.known.delete(known.name);
    vanished.push(known);
  }
  return vanished;
}

/** Names whose attributes are wanted now: new, unsettled, waiting and due, or answered (they may have been saved again). */
export function namesToLookAt(folder: Folder, now: number): readonly KnownName[] {
  const out: KnownName[] = [];
  for (const known of folder.known.values()) {
    if (known.state === "admitting" || known.missing > 0 || known.checkAt > now) continue;
    // Folders and unspeakable names are not looked into: once answered, only the listing is asked about them.
    if (known.state === "answered" && (known.kind === "directory" || isUnspeakable(known.name))) continue;
    out.push(known);
    if (out.length >= LIMITS.looksPerListing) break;
  }
  return out;
}

/** Records an observation; `first` stays while nothing but time differs. Returns whether it changed. */
export function takeObservation(known: KnownName, observation: Observation): boolean {
  const same = known.first !== null && sameObservation(known.first, observation);
  if (!same) known.first = observation;
  known.last = observation;
  return !same;
}
