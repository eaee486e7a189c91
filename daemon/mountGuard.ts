/**
 * Deadlines for the disk: a call on a dead mount may never come back, and four of them would fill libuv's threads. Each
 * call is counted on its root; one that is late is given up with ETIMEDOUT (its thread stays occupied until the mount
 * answers), and while as many calls hang on a root as it may have at once, new ones are refused with ETIMEDOUT without
 * being made. Other roots never notice. The loop calls `sweep` in every tick; nothing here sets a timer.
 */
import { LIMITS } from "./domain/limits.ts";
import { rootOf } from "./domain/paths.ts";
import type { Clock, Files } from "./ports.ts";

export interface MountGuard {
  readonly files: Files;
  /** Gives up late calls. */
  sweep(): void;
  /** Calls that were given up and have not come back, by root path. */
  hanging(root: string): number;
}

/** Calls that move whole files: their time grows with the size, not with the health of the mount. */
const LONG_CALLS: ReadonlySet<string> = new Set(["copy", "hash", "sync", "removeTree", "glob"]);
const LONG_FACTOR = 60;

interface Call {
  readonly root: string;
  readonly deadline: number;
  readonly giveUp: () => void;
}

export function createMountGuard(files: Files, clock: Clock, roots: readonly { readonly linux: string }[]): MountGuard {
  const open = new Set<Call>();
  const hanging = new Map<string, number>();
  const count = (root: string, by: number) => hanging.set(root, (hanging.get(root) ?? 0) + by);

  function guarded<T>(name: string, path: string, make: () => Promise<T>): Promise<T> {
    const root = rootOf(path, roots)?.linux ?? "/";
    if ((hanging.get(root) ?? 0) >= LIMITS.mountCallsPerRoot) return Promise.reject(late(root, name));
    return new Promise<T>((resolve, reject) => {
      let given = false;
      const factor = LONG_CALLS.has(name) ? LONG_FACTOR : 1;
      const call: Call = {
        root,
        deadline: clock.now() + LIMITS.mountCallDeadlineMs * factor,
        giveUp: () => {
          given = true;
          count(root, 1);
          reject(late(root, name));
        },
      };
      open.add(call);
      const ended = (): void => {
        open.delete(call);
        if (given) count(root, -1);
      };
      make().then(
        (value) => {
          ended();
          resolve(value);
        },
        (error: unknown) => {
          ended();
          reject(error);
        },
      );
    });
  }

  return {
    files: guardAll(files, guarded),
    hanging: (root) => hanging.get(root) ?? 0,
    sweep() {
      const now = clock.now();
      for (const call of open) {
        if (now < call.deadline) continue;
        open.delete(call);
        call.giveUp();
      }
    },
  };
}

type Guard = <T>(name: string, path: string, make: () => Promise<T>) => Promise<T>;

function guardAll(files: Files, guarded: Guard): Files {
  return {
    list: (dir, max) => guarded("list", dir, () => files.list(dir, max)),
    stat: (path) => guarded("stat", path, () => files.stat(path)),
    realpath: (path) => guarded("realpath", path, () => files.realpath(path)),
    read: (path, bytesMax) => guarded("read", path, () => files.read(path, bytesMax)),
    head: (path, bytes) => guarded("head", path, () => files.head(path, bytes)),
    lookAt: (path, bytesMax) => guarded("lookAt", path, () => files.lookAt(path, bytesMax)),
    create: (path, data) => guarded("create", path, () => files.create(path, data)),
    copy: (from, to) => guarded("copy", to, () => files.copy(from, to)),
    sync: (path) => guarded("sync", path, () => files.sync(path)),
    syncDir: (dir) => guarded("syncDir", dir, () => files.syncDir(dir)),
    link: (from, to) => guarded("link", to, () => files.link(from, to)),
    rename: (from, to) => guarded("rename", to, () => files.rename(from, to)),
    unlink: (path) => guarded("unlink", path, () => files.unlink(path)),
    symlink: (target, path) => guarded("symlink", path, () => files.symlink(target, path)),
    mkdir: (dir) => guarded("mkdir", dir, () => files.mkdir(dir)),
    rmdir: (dir) => guarded("rmdir", dir, () => files.rmdir(dir)),
    removeTree: (dir) => guarded("removeTree", dir, () => files.removeTree(dir)),
    hash: (path) => guarded("hash", path, () => files.hash(path)),
    writable: (dir) => guarded("writable", dir, () => files.writable(dir)),
    mount: (path) => guarded("mount", path, () => files.mount(path)),
    glob: (pattern, max) => guarded("glob", pattern, () => files.glob(pattern, max)),
  };
}

function late(root: string, name: string): Error & { code: string } {
  return Object.assign(new Error(`${root} does not answer (${name})`), { code: "ETIMEDOUT" });
}
