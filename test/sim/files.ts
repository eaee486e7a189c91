/** The `Files` port over the simulated disk: each method one event, with latency, faults, and volumes that hang or vanish. */
import type { Files } from "../../daemon/ports.ts";
import type { SimDisk } from "./disk.ts";
import { DiskError, partsOf } from "./disk.ts";
import type { CallOptions, Life, SimWorld } from "./world.ts";

const QUICK = [0.02, 0.4] as const;
const SLOW = [0.2, 6] as const;

/** What the daemon may not do on this disk: told of every change it makes. */
export type Watchman = (label: string, path: string) => void;

export interface FilesParts {
  readonly world: SimWorld;
  readonly disk: SimDisk;
  readonly life: Life;
  readonly changed: Watchman;
  /** fsyncs that say yes and do nothing, by `<call> <path>`. */
  readonly lie?: ((what: string) => boolean) | null;
}

export interface Lie {
  readonly pattern: RegExp;
  /** That many of them tell the truth first. */
  readonly skip: number;
}

export function lying(lie: Lie): (what: string) => boolean {
  let seen = 0;
  return (what) => {
    if (!lie.pattern.test(what)) return false;
    seen += 1;
    return seen > lie.skip;
  };
}

export function simFiles(parts: FilesParts): Files {
  const { world, disk, life } = parts;
  const shuffle = world.random.fork(`listing/${life.id}`);

  function call<T>(
    name: string,
    path: string,
    effect: () => T,
    more: Partial<CallOptions<T>> & { readonly readonlyCall?: boolean } = {},
  ): Promise<T> {
    const volume = disk.volumeOf(path);
    const mutates = more.mutates ?? false;
    return world.call<T>(life, {
      label: `files.${name}`,
      detail: path,
      mutates,
      latencyMs: more.latencyMs ?? QUICK,
      parked: () => volume.state === "hanging",
      effect: () => {
        if (volume.state === "stale") throw new DiskError("ESTALE", path);
        if (volume.state === "readonly" && mutates && !name.startsWith("sync")) throw new DiskError("EROFS", path);
        if (mutates) parts.changed(name, path);
        return effect();
      },
      ...(more.half === undefined ? {} : { half: more.half }),
    });
  }
  const lies = (what: string): boolean => parts.lie?.(what) === true;
  const write = <T>(name: string, path: string, effect: () => T, half?: () => void): Promise<T> =>
    call(name, path, effect, {
      mutates: true,
      latencyMs: name.startsWith("sync") ? SLOW : QUICK,
      ...(half === undefined ? {} : { half }),
    });

  return {
    list: (dir, max) => call("list", dir, () => disk.list(dir, max, shuffle)),
    stat: (path) => call("stat", path, () => disk.stat(path)),
    realpath: (path) => call("realpath", path, () => disk.realpath(path)),
    read: (path, bytesMax) => call("read", path, () => disk.read(path, bytesMax).slice()),
    head: (path, bytes) => call("head", path, () => disk.read(path, Number.MAX_SAFE_INTEGER).slice(0, bytes)),
    lookAt: (path, bytesMax) =>
      call("lookAt", path, () => {
        const stat = disk.stat(path);
        const bytes = stat.kind === "file" && stat.bytes > bytesMax ? null : disk.read(path, bytesMax).slice();
        return { stat, bytes };
      }),
    create: (path, data) =>
      write(
        "create",
        path,
        () => void disk.create(path, data),
        () => void disk.create(path, data, "half"),
      ),
    copy: (from, to) =>
      write(
        "copy",
        to,
        () => disk.copy(from, to),
        () => disk.copy(from, to, "half"),
      ),
    sync: (path) => write("sync", path, () => (lies(`sync ${path}`) ? undefined : disk.sync(path))),
    syncDir: (dir) => write("syncDir", dir, () => (lies(`syncDir ${dir}`) ? undefined : disk.syncDir(dir))),
    link: (from, to) => write("link", to, () => disk.link(from, to)),
    rename: (from, to) => write("rename", to, () => disk.rename(from, to)),
    unlink: (path) => write("unlink", path, () => disk.unlink(path)),
    symlink: (target, path) => write("symlink", path, () => disk.symlink(target, path)),
    mkdir: (dir) => write("mkdir", dir, () => disk.mkdir(dir)),
    rmdir: (dir) => write("rmdir", dir, () => disk.rmdir(dir)),
    removeTree: (dir) =>
      write(
        "removeTree",
        dir,
        () => disk.removeTree(dir),
        () => disk.removeTree(dir, "half"),
      ),
    hash: (path) => call("hash", path, () => disk.hash(path), { latencyMs: SLOW }),
    writable: (dir) =>
      call("writable", dir, () => disk.peek(dir)?.kind === "directory" && disk.volumeOf(dir).state !== "readonly"),
    mount: (path) =>
      call("mount", path, () => {
        const volume = disk.volumeOf(path);
        if (disk.peek(path) === null) throw new DiskError("ENOENT", path);
        return { kind: volume.mountKind, dev: volume.dev, freeBytes: volume.freeBytes };
      }),
    glob: (pattern, max) => call("glob", pattern, () => globDirs(disk, pattern, max)),
  };
}

/** Directories only, `*` within one level: enough of fast-glob for asset paths. */
function globDirs(
  disk: SimDisk,
  pattern: string,
  max: number,
): { readonly paths: readonly string[]; readonly truncated: boolean } {
  const parts = partsOf(pattern);
  const base = parts.slice(
    0,
    parts.findIndex((part) => part.includes("*")),
  );
  disk.dirAt(`/${base.join("/")}`);
  let found = [`/${base.join("/")}`];
  for (const part of parts.slice(base.length)) {
    const matches = new RegExp(`^${part.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`);
    found = found.flatMap((dir) =>
      [...disk.dirAt(dir).entries]
        .filter(([name, node]) => node.kind === "directory" && matches.test(name))
        .map(([name]) => `${dir}/${name}`),
    );
  }
  return { paths: found.slice(0, max), truncated: found.length > max };
}
