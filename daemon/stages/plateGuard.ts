/**
 * A plate file is read only as the one that was accepted: looked at before and after, links resolved, and read again a
 * bounded number of times when it changed meanwhile. One that is being written anew, or is gone for a moment, is waited for
 * (somebody copies it again, and it may come back with the size and time that it had); then the answer says what happened.
 *
 * May assume nothing about what lies at the path now: it may be a link out of every root. Must never open a plate otherwise
 * than read-only, and never hand on what was read from a file that was not the same all the time.
 */
import { setNewest } from "../domain/boundedMap.ts";
import type { ErrorCode } from "../domain/errors.ts";
import { HotplateError, messageOf, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { isInside, parentDir, rootOf } from "../domain/paths.ts";
import type { PlateFrame } from "../domain/plan.ts";
import type { StageContext } from "../live.ts";
import { nearestExisting, realInside } from "../planPath.ts";
import type { Files, FileStat } from "../ports.ts";

/** Nothing is decided yet: asked again soon, no attempt used. */
export class PlateUnsettled extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = "PlateUnsettled";
    this.code = code;
  }
}

/** Errors: PlateUnsettled; HP-PLATE-CHANGED, HP-PLATE-GONE, HP-PATH-ROOT (HotplateError); the disk's own; those of `read`. */
export async function readPlate<T>(context: StageContext, frame: PlateFrame, read: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    const before = await acceptedPlate(context, frame);
    const outcome = await read().then(
      (value) => ({ ok: true as const, value }),
      (error: unknown) => ({ ok: false as const, error }),
    );
    const after = await statOf(context, frame.path);
    if (after !== null && isSame(before, after) && before.ino === after.ino) {
      if (outcome.ok) return outcome.value;
      throw outcome.error;
    }
    // What came out of it, also an error of the decoder, says nothing about the plate.
    if (tried >= LIMITS.plateReadTriesMax)
      throw new HotplateError(
        "HP-PLATE-CHANGED",
        `${frame.path} changed each time it was read (${tried} times). ${CURE}`,
      );
  }
}

/** The file as it is now, when it is the one that was accepted. */
export async function acceptedPlate(context: StageContext, frame: PlateFrame): Promise<FileStat> {
  const stat = await statOf(context, frame.path);
  if (stat === null) return gone(context, frame);
  if (!isSame(frame, stat)) return changed(context, frame, stat);
  const inside = await realInside({ ...context.world, files: context.files }, frame.path, {
    written: frame.path,
    at: ["plate"],
  });
  if (!inside.ok) throw new HotplateError("HP-PATH-ROOT", inside.finding.message);
  context.live.unsettledPlates.delete(frame.path);
  return stat;
}

/** Inodes are not compared with those of the plan: some shares number their files anew with every mount. */
function isSame(a: Pick<FileStat, "bytes" | "mtimeNs">, b: Pick<FileStat, "bytes" | "mtimeNs">): boolean {
  return a.bytes === b.bytes && a.mtimeNs === b.mtimeNs;
}

/** Of what a link leads to; null: there is nothing. */
async function statOf(context: StageContext, path: string): Promise<FileStat | null> {
  const { files } = context;
  try {
    const stat = await files.stat(path);
    return stat.kind === "link" ? await files.stat(await files.realpath(path)) : stat;
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return null;
    throw error;
  }
}

const CURE = "Drop the manifest again when the plate is as it should be.";

function changed(context: StageContext, frame: PlateFrame, stat: FileStat): never {
  const now = context.world.clock.now();
  const quietMs = now - Number(BigInt(stat.ctimeNs) / 1_000_000n);
  const written = quietMs >= 0 && quietMs < LIMITS.plateQuietMs;
  if (written && waitedMs(context, frame.path) < LIMITS.plateChangingMs)
    throw new PlateUnsettled("HP-PLATE-CHANGED", `${frame.path} is being written; it is read when that has ended.`);
  throw new HotplateError("HP-PLATE-CHANGED", `${frame.path} changed after the job was accepted. ${CURE}`);
}

async function gone(context: StageContext, frame: PlateFrame): Promise<never> {
  const { files } = context;
  const dir = parentDir(frame.path);
  const there = await nearestExisting({ ...context.world, files }, dir);
  const root = rootOf(frame.path, context.world.config.roots)?.linux ?? "/";
  // That is what a share looks like that is not mounted: it is no word about the plate, and it may come back.
  if (!isInside(there, root) || (there === root && (await isBare(files, root))))
    throw Object.assign(new Error(`ENOENT: ${dir} is not there; is ${root} mounted?`), { code: "ENOENT" });
  const message = `${there === dir ? frame.path : dir} was removed after the job was accepted.`;
  if (waitedMs(context, frame.path) < LIMITS.plateGoneMs)
    throw new PlateUnsettled("HP-PLATE-GONE", `${message} It is waited for a moment.`);
  throw new HotplateError("HP-PLATE-GONE", `${message} Put it back, then hotplate retry ID.`);
}

async function isBare(files: Files, dir: string): Promise<boolean> {
  const entries = await files.list(dir, LIMITS.framesMax).catch((error: unknown) => {
    if (systemCode(error) === "EOVERFLOW") return [null];
    throw error;
  });
  return entries.length === 0;
}

/** How long the plate has not been what it was, as far as this life knows. It was waited for once: its other wedges end at once. */
function waitedMs(context: StageContext, path: string): number {
  const now = context.world.clock.now();
  const since = context.live.unsettledPlates.get(path) ?? now;
  setNewest(context.live.unsettledPlates, path, { value: since, max: LIMITS.unsettledPlatesKept });
  return now - since;
}

/** In words, for QC: why the plate can't be compared with. Null: it is the one that was accepted. */
export async function plateTrouble(context: StageContext, frame: PlateFrame): Promise<string | null> {
  try {
    await acceptedPlate(context, frame);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
