/**
 * Media in a hot folder. Bound to a recipe: a plate is complete when it has looked the same for a quiet time. Not bound:
 * media that a manifest names are its plates and get no answer of their own; strays get one, a sequence one for all.
 */
import { LIMITS } from "../domain/limits.ts";
import { isInside, joinPath } from "../domain/paths.ts";
import { waitingAnswer } from "../domain/answer.ts";
import { arrivedByRename } from "../domain/settle.ts";
import type { StepPlan } from "../domain/plan.ts";
import { parsePattern, stemOf, still } from "../domain/sequence.ts";
import type { StageContext } from "../live.ts";
import type { Drop } from "./dropQueue.ts";
import type { Folder, KnownName } from "./folder.ts";
import { plateLook } from "./plateLook.ts";

export type Quiet =
  /** `name`: what is meant, a file, a folder, or `x.####.exr` for all frames of a sequence. */
  | { readonly kind: "quiet"; readonly name: string; readonly identity: string }
  | { readonly kind: "known" }
  | { readonly kind: "waiting"; readonly text: string; readonly checkInMs: number }
  | { readonly kind: "again" };

export async function plateQuiet(context: StageContext, folder: Folder, drop: Drop): Promise<Quiet> {
  const { world, files } = context;
  const { known } = drop;
  if (known.kind === "image" && sequenceName(known.name) !== known.name) return sequenceQuiet(context, folder, known);
  const path = joinPath(folder.config.path, known.name);
  const self = await files.stat(path).catch(() => null);
  if (self === null) return { kind: "again" };
  const identity = `${self.dev}:${self.ino}:${known.kind === "directory" ? "" : `${self.bytes}:${self.mtimeNs}`}`;
  if (await world.store.knowsAsset(folder.config.path, known.name, identity)) return { kind: "known" };
  if (known.kind !== "directory" && folder.mountKind === "local" && self.bytes > 0 && arrivedByRename(self))
    return { kind: "quiet", name: known.name, identity };
  const look =
    known.kind === "directory"
      ? (await plateLook(context, path)).look
      : `${self.bytes}:${self.mtimeNs}:${self.ctimeNs}`;
  return (
    stillChanging(context, known, { look, reason: "It is complete when nothing in it has changed for" }) ?? {
      kind: "quiet",
      name: known.name,
      identity,
    }
  );
}

/**
 * Frames that are dropped one by one are one plate. The frame that was seen first speaks for all of them: it waits until no
 * frame came or changed for a quiet time. One that comes after the job makes it ask again, for the sequence is another then.
 */
async function sequenceQuiet(context: StageContext, folder: Folder, known: KnownName): Promise<Quiet> {
  const { world, files } = context;
  const now = world.clock.now();
  const name = sequenceName(known.name);
  const frames = [...folder.known.values()].filter((one) => one.kind === "image" && sequenceName(one.name) === name);
  const first = frames[0] ?? known;
  if (first !== known) {
    if (first.state === "admitting") return { kind: "again" };
    if (first.state === "answered") first.askAt = first.checkAt = now;
    // The first one may go away before it has spoken.
    known.askAt = first.state === "answered" ? null : now + LIMITS.plateAskAgainMs;
    return { kind: "known" };
  }
  known.askAt = null;
  const looks: string[] = [];
  for (const frame of frames) {
    const stat = await files.stat(joinPath(folder.config.path, frame.name)).catch(() => null);
    if (stat !== null) looks.push(`${frame.name}:${stat.dev}:${stat.ino}:${stat.bytes}:${stat.mtimeNs}`);
  }
  const identity = world.digest.sha256(looks.sort().join("\n"));
  if (await world.store.knowsAsset(folder.config.path, name, identity)) return { kind: "known" };
  const count = `${looks.length} ${looks.length === 1 ? "frame" : "frames"} of ${name}`;
  const reason = `${count} so far. It is complete when no frame has come or changed for`;
  return stillChanging(context, known, { look: identity, reason }) ?? { kind: "quiet", name, identity };
}

/** null: it has looked the same for the quiet time. */
function stillChanging(
  context: StageContext,
  known: KnownName,
  now: { readonly look: string; readonly reason: string },
): Extract<Quiet, { kind: "waiting" }> | null {
  const at = context.world.clock.now();
  if (known.look?.print !== now.look) known.look = { print: now.look, since: at };
  const quietMs = at - known.look.since;
  if (quietMs >= LIMITS.plateQuietMs) return null;
  return {
    kind: "waiting",
    text: waitingAnswer(known.name, `${now.reason} ${LIMITS.plateQuietMs / 1000} s.`, []),
    checkInMs: Math.min(1_000, Math.max(100, LIMITS.plateQuietMs - quietMs)),
  };
}

/**
 * What a job says of things in hot folders: its plate and where its results land. Only what lies in one is kept: over months
 * the plates of a whole show would pile up in memory.
 */
export function rememberPlaces(context: StageContext, step: Pick<StepPlan, "plate" | "target">): void {
  const { live, world } = context;
  const inHot = (path: string): boolean => world.config.hotFolders.some((folder) => isInside(path, folder.path));
  for (const dir of [step.target.productDir, step.target.reviewDir]) if (inHot(dir)) live.ownDirs.add(dir);
  if (step.plate === null) return;
  const plate = joinPath(step.plate.dir, step.plate.stem);
  if (inHot(plate)) live.namedPlates.add(plate);
}

/** The name under which a stray is answered; null when a manifest names it. `x.1001.exr` answers as `x.####.exr`. */
export function strayName(context: StageContext, folder: Folder, drop: Drop): string | null {
  const { name, kind } = drop.known;
  const path = joinPath(folder.config.path, name);
  if (kind === "directory") return isNamedFolder(context, folder, { name, path }) ? null : name;
  if (kind !== "image") return name;
  const pattern = parsePattern(name);
  const stem = stemOf(pattern.ok ? pattern.pattern : still(name));
  if (context.live.namedPlates.has(joinPath(folder.config.path, stem))) return null;
  for (const other of folder.known.values()) if (other.text?.includes(stem) === true) return null;
  return sequenceName(name);
}

/** A folder that holds a named plate, or results of ours. */
function isNamedFolder(context: StageContext, folder: Folder, of: { name: string; path: string }): boolean {
  for (const own of context.live.ownDirs) if (isInside(own, of.path)) return true;
  for (const plate of context.live.namedPlates) if (isInside(plate, of.path)) return true;
  for (const other of folder.known.values()) if (other.text?.includes(of.name) === true) return true;
  return false;
}

/** `x.1001.exr` -> `x.####.exr`, one `#` a digit; any other name is itself. One digit alone tells no sequence. */
export function sequenceName(name: string): string {
  const parsed = parsePattern(name);
  if (!parsed.ok || !parsed.pattern.single || parsed.pattern.padding < 2) return name;
  const { prefix, suffix, padding } = parsed.pattern;
  return `${prefix}${"#".repeat(padding)}${suffix}`;
}
