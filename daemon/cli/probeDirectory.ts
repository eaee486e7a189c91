/** Does a directory let us do what publishing needs: create, fsync, link, exclusive mkdir, directory rename? Leaves nothing. */
import { createClock } from "../adapters/clock.ts";
import { createIds } from "../adapters/ids.ts";
import { systemCode } from "../domain/errors.ts";
import { joinPath } from "../domain/paths.ts";
import type { Files, MountKind } from "../ports.ts";

export interface Probe {
  readonly dir: string;
  readonly mount: MountKind | null;
  readonly freeBytes: number | null;
  /** In words; null: all of it works. */
  readonly fault: string | null;
  /** The fault is that there is no room. */
  readonly full: boolean;
}

export async function probeDirectory(files: Files, dir: string): Promise<Probe> {
  const at = joinPath(dir, createIds(() => createClock().now()).sortable(".hotplate-probe-"));
  let step = "is there";
  try {
    const mount = await files.mount(dir);
    step = "may be written";
    await files.mkdir(at);
    step = "can create and fsync";
    await files.create(joinPath(at, "a"), "probe");
    await files.sync(joinPath(at, "a"));
    step = "has hard links";
    await files.link(joinPath(at, "a"), joinPath(at, "b"));
    step = "can rename directories";
    await files.mkdir(joinPath(at, "from"));
    await files.mkdir(joinPath(at, "to"));
    await files.rename(joinPath(at, "from"), joinPath(at, "to"));
    await files.syncDir(at);
    return { dir, mount: mount.kind, freeBytes: mount.freeBytes, fault: null, full: false };
  } catch (error) {
    const code = systemCode(error) ?? "error";
    const full = code === "ENOSPC" || code === "EDQUOT";
    return { dir, mount: null, freeBytes: null, fault: `it fails where it ${step} (${code})`, full };
  } finally {
    await files.removeTree(at).catch(() => undefined);
  }
}
