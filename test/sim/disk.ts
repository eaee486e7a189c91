/**
 * A disk with two images: what the process sees, and what survives a power cut. Bytes survive when their file was synced,
 * names when their directory was; what was not synced may or may not survive, by the seed. A directory's rename is one
 * write of the journal (all of it or nothing); a file's rename between directories is two, in which the file is never
 * lost. Everything here is synchronous: time, latency and faults are the world's (`world.ts`, `files.ts`).
 *
 * `strict`: a directory's rename is durable only when both parents were synced, as POSIX (not every journal) has it.
 */
import { createHash } from "node:crypto";
import type { DirEntry, EntryKind, FileStat, MountKind } from "../../daemon/ports.ts";
import type { Random } from "./prng.ts";

export interface Inode {
  readonly ino: number;
  readonly kind: EntryKind;
  readonly volume: Volume;
  data: Uint8Array;
  /** The bytes that survive a power cut; null: it was never synced. */
  synced: Uint8Array | null;
  entries: Map<string, Inode>;
  /** The names that survive a power cut. */
  durable: Map<string, Inode>;
  mtimeNs: bigint;
  ctimeNs: bigint;
  readonly target: string;
}

export interface Volume {
  readonly path: string;
  readonly dev: string;
  readonly mountKind: MountKind;
  freeBytes: number;
  state: "well" | "hanging" | "stale" | "readonly";
}

interface Change {
  readonly dir: Inode;
  readonly name: string;
  readonly before: Inode | null;
  readonly after: Inode | null;
}
/** One write of the journal: all of its changes survive, or none. */
interface Op {
  readonly changes: readonly Change[];
  /** It is durable when all of these directories were synced after it. */
  readonly waitsFor: Set<Inode>;
  /** Survives only if that one does. */
  readonly needs: Op | null;
  applied: boolean;
}

export class DiskError extends Error {
  readonly code: string;
  constructor(code: string, detail: string) {
    super(`${code}: ${detail}`);
    this.code = code;
  }
}

/** How an interrupted write ends: `half` of the bytes were written. */
export type Extent = "whole" | "half";

export interface DiskOptions {
  readonly now: () => number;
  readonly strict?: boolean;
  /** Steps of the file system's clock, ms: two events within one look simultaneous. */
  readonly clockStepMs?: number;
}

export class SimDisk {
  readonly root: Inode;
  readonly volumes: Volume[] = [];
  /** Grows with everything that may change what anybody sees or what survives. */
  changes = 0;
  readonly #options: DiskOptions;
  #pending: Op[] = [];
  #nextIno = 100;
  readonly #watchers = new Set<(dir: Inode, name: string) => void>();

  constructor(options: DiskOptions) {
    this.#options = options;
    this.volumes.push({ path: "/", dev: "1", mountKind: "local", freeBytes: 1e12, state: "well" });
    this.root = this.#make("directory", this.volumes[0]!);
  }

  addVolume(path: string, mountKind: MountKind = "local", freeBytes = 1e12): Volume {
    const volume: Volume = { path, dev: String(this.volumes.length + 1), mountKind, freeBytes, state: "well" };
    this.volumes.push(volume);
    this.volumes.sort((a, b) => b.path.length - a.path.length);
    this.mkdirs(path);
    return volume;
  }

  volumeOf(path: string): Volume {
    const found = this.volumes.find((v) => v.path === "/" || path === v.path || path.startsWith(`${v.path}/`));
    return found ?? this.volumes.at(-1)!;
  }

  onChange(listener: (dir: Inode, name: string) => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  // Names

  /** lstat-like: the last part is not followed. */
  at(path: string): Inode {
    let node = this.root;
    for (const part of partsOf(path)) {
      if (node.kind === "link") node = this.at(node.target);
      if (node.kind !== "directory") throw new DiskError("ENOTDIR", path);
      const next = node.entries.get(part);
      if (next === undefined) throw new DiskError("ENOENT", path);
      node = next;
    }
    return node;
  }

  /** null: absent, or under a file. Asked at every event by those who look on: it throws nothing. */
  peek(path: string): Inode | null {
    let node = this.root;
    for (const part of partsOf(path)) {
      if (node.kind === "link") {
        const target = this.peek(node.target);
        if (target === null) return null;
        node = target;
      }
      const next = node.kind === "directory" ? node.entries.get(part) : undefined;
      if (next === undefined) return null;
      node = next;
    }
    return node;
  }

  dirAt(path: string): Inode {
    const node = this.at(path);
    const dir = node.kind === "link" ? this.at(node.target) : node;
    if (dir.kind !== "directory") throw new DiskError("ENOTDIR", path);
    return dir;
  }

  // Calls

  list(path: string, max: number, random: Random): readonly DirEntry[] {
    const dir = this.dirAt(path);
    if (dir.entries.size > max) throw new DiskError("EOVERFLOW", path);
    return random.shuffle([...dir.entries].map(([name, node]) => ({ name, kind: node.kind })));
  }

  stat(path: string): FileStat {
    const node = this.at(path);
    return {
      kind: node.kind,
      dev: node.volume.dev,
      ino: String(node.ino),
      bytes: node.data.length,
      mtimeNs: String(node.mtimeNs),
      ctimeNs: String(node.ctimeNs),
      uid: 1000,
      mode: 0o100664,
    };
  }

  realpath(path: string): string {
    const out: string[] = [];
    let node = this.root;
    for (const part of partsOf(path)) {
      const next = node.entries.get(part);
      if (next === undefined) throw new DiskError("ENOENT", path);
      if (next.kind === "link") {
        node = this.at(next.target);
        out.splice(0, out.length, ...partsOf(this.realpath(next.target)));
      } else {
        node = next;
        out.push(part);
      }
    }
    return `/${out.join("/")}`;
  }

  fileAt(path: string): Inode {
    const node = this.at(path);
    if (node.kind !== "file") throw new DiskError(node.kind === "link" ? "ELOOP" : "EINVAL", path);
    return node;
  }

  read(path: string, bytesMax = Number.MAX_SAFE_INTEGER): Uint8Array {
    const node = this.fileAt(path);
    if (node.data.length > bytesMax) throw new DiskError("EFBIG", path);
    return node.data;
  }

  create(path: string, data: Uint8Array | string, extent: Extent = "whole"): Inode {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const { dir, name, volume } = this.#place(path);
    if (dir.entries.has(name)) throw new DiskError("EEXIST", path);
    if (bytes.length > volume.freeBytes) {
      // As the real one: the name is there, what found room is in it.
      this.#add(dir, name, this.#file(volume, bytes.slice(0, Math.max(0, volume.freeBytes))));
      throw new DiskError("ENOSPC", path);
    }
    volume.freeBytes -= bytes.length;
    const node = this.#file(volume, extent === "whole" ? bytes.slice() : bytes.slice(0, bytes.length >> 1));
    this.#add(dir, name, node);
    return node;
  }

  copy(from: string, to: string, extent: Extent = "whole"): void {
    this.create(to, this.read(from), extent);
  }

  sync(path: string): void {
    const node = this.at(path);
    if (node.kind === "file") {
      node.synced = node.data;
      this.changes += 1;
    } else this.syncDir(path);
  }

  syncDir(path: string): void {
    const dir = this.dirAt(path);
    for (const op of this.#pending) op.waitsFor.delete(dir);
    const wanted = new Set(
      this.#pending.filter((op) => op.waitsFor.size === 0 && op.changes.some((c) => c.dir === dir)),
    );
    this.#flush(wanted);
    this.changes += 1;
  }

  link(from: string, to: string): void {
    const node = this.at(from);
    if (node.kind !== "file") throw new DiskError("EPERM", from);
    const { dir, name, volume } = this.#place(to);
    if (dir.entries.has(name)) throw new DiskError("EEXIST", to);
    if (volume !== node.volume) throw new DiskError("EXDEV", to);
    this.#add(dir, name, node);
    node.ctimeNs = this.#nowNs();
  }

  rename(from: string, to: string): void {
    const source = this.#place(from);
    const node = source.dir.entries.get(source.name);
    if (node === undefined) throw new DiskError("ENOENT", from);
    const target = this.#place(to);
    const there = target.dir.entries.get(target.name) ?? null;
    if (target.volume !== node.volume) throw new DiskError("EXDEV", to);
    if (there === node) return;
    if (node.kind === "directory") {
      if (there !== null && there.kind !== "directory") throw new DiskError("ENOTDIR", to);
      if (there !== null && there.entries.size > 0) throw new DiskError("ENOTEMPTY", to);
      if (`${to}/`.startsWith(`${from}/`)) throw new DiskError("EINVAL", to);
    } else if (there !== null && there.kind === "directory") throw new DiskError("EISDIR", to);
    const gone: Change = { dir: source.dir, name: source.name, before: node, after: null };
    const come: Change = { dir: target.dir, name: target.name, before: there, after: node };
    if (node.kind === "directory" || source.dir === target.dir) {
      const both = this.#options.strict === true && node.kind === "directory";
      this.#record([come, gone], new Set(both ? [target.dir, source.dir] : [target.dir]), null);
    } else {
      const op = this.#record([come], new Set([target.dir]), null);
      this.#record([gone], new Set([source.dir]), op);
    }
    node.ctimeNs = this.#nowNs();
  }

  unlink(path: string): void {
    const { dir, name } = this.#place(path);
    const node = dir.entries.get(name);
    if (node === undefined) throw new DiskError("ENOENT", path);
    if (node.kind === "directory") throw new DiskError("EISDIR", path);
    this.#remove(dir, name, node);
    node.ctimeNs = this.#nowNs();
  }

  mkdir(path: string): void {
    const { dir, name, volume } = this.#place(path);
    if (dir.entries.has(name)) throw new DiskError("EEXIST", path);
    if (volume.freeBytes < 1) throw new DiskError("ENOSPC", path);
    this.#add(dir, name, this.#make("directory", volume));
  }

  rmdir(path: string): void {
    const { dir, name } = this.#place(path);
    const node = dir.entries.get(name);
    if (node === undefined) throw new DiskError("ENOENT", path);
    if (node.kind !== "directory") throw new DiskError("ENOTDIR", path);
    if (node.entries.size > 0) throw new DiskError("ENOTEMPTY", path);
    this.#remove(dir, name, node);
  }

  /** `half`: it was interrupted; what was removed so far is gone. */
  removeTree(path: string, extent: Extent = "whole"): void {
    const node = this.peek(path);
    if (node === null) return;
    if (node.kind === "directory") {
      const names = [...node.entries.keys()];
      for (const name of extent === "whole" ? names : names.slice(0, (names.length + 1) >> 1)) {
        this.removeTree(`${path}/${name}`, extent);
      }
      if (extent === "half") return;
      this.rmdir(path);
    } else this.unlink(path);
  }

  hash(path: string): { readonly sha256: string; readonly bytes: number } {
    const { data } = this.fileAt(path);
    return { sha256: sha256Of(data), bytes: data.length };
  }

  // The world's own hands: people, ComfyUI, studios

  mkdirs(path: string): void {
    let at = "";
    for (const part of partsOf(path)) {
      at = `${at}/${part}`;
      if (this.peek(at) === null) this.mkdir(at);
      this.makeDurable(at);
    }
  }

  /** As a file server does for its clients: bytes and name on disk. */
  makeDurable(path: string): void {
    const { dir, name } = this.#place(path);
    const node = dir.entries.get(name);
    if (node === undefined) throw new DiskError("ENOENT", path);
    if (node.kind === "file") node.synced = node.data;
    this.#flush(new Set(this.#pending.filter((op) => op.changes.some((c) => c.dir === dir && c.name === name))));
  }

  /** Writes in place, as an editor that truncates does. */
  overwrite(path: string, data: Uint8Array | string): void {
    const node = this.fileAt(path);
    node.data = typeof data === "string" ? new TextEncoder().encode(data) : data;
    node.mtimeNs = this.#nowNs();
    node.ctimeNs = node.mtimeNs;
    this.#tell(this.#place(path).dir, this.#place(path).name);
  }

  symlink(target: string, path: string): void {
    const { dir, name, volume } = this.#place(path);
    if (dir.entries.has(name)) throw new DiskError("EEXIST", path);
    this.#add(dir, name, { ...this.#make("link", volume), target });
  }

  // Power

  /** What survives becomes what is seen. Returns how many names and files were lost, for the trace. */
  powerCut(random: Random): { readonly lostNames: number; readonly tornFiles: number } {
    const keep = random.pick([0, 0, 0.5, 0.5, 1]);
    let lostNames = 0;
    for (const op of this.#pending) {
      const possible = (op.needs === null || op.needs.applied) && applies(op);
      if (possible && random.chance(keep)) apply(op);
      else lostNames += 1;
    }
    this.#pending = [];
    const style = random.pick(["whole", "short", "empty", "zero", "mixed"] as const);
    let tornFiles = 0;
    const settle = (node: Inode): void => {
      if (node.kind === "directory") {
        node.entries = new Map(node.durable);
        for (const child of node.entries.values()) settle(child);
        return;
      }
      if (node.kind !== "file" || node.synced === node.data) return;
      tornFiles += 1;
      const one = style === "mixed" ? random.pick(["whole", "short", "empty", "zero"] as const) : style;
      node.data = tornBytes(node, one, random);
      node.synced = node.data;
    };
    settle(this.root);
    this.changes += 1;
    return { lostNames, tornFiles };
  }

  /** Every path under `path`, of the seen image or of the one that survives; bytes as that image has them. */
  walk(path: string, image: "seen" | "durable"): Map<string, Uint8Array | null> {
    const out = new Map<string, Uint8Array | null>();
    const start = this.nodeIn(path, image);
    const visit = (node: Inode, at: string): void => {
      if (node.kind !== "directory") {
        out.set(at, image === "seen" ? node.data : node.synced);
        return;
      }
      for (const [name, child] of namesIn(node, image)) visit(child, `${at}/${name}`);
    };
    if (start !== null) visit(start, path);
    return out;
  }

  nodeIn(path: string, image: "seen" | "durable"): Inode | null {
    let node: Inode | undefined = this.root;
    for (const part of partsOf(path)) {
      if (node === undefined || node.kind !== "directory") return null;
      node = namesIn(node, image).get(part);
    }
    return node ?? null;
  }

  pendingNames(): number {
    return this.#pending.length;
  }

  // Inside

  #nowNs(): bigint {
    const step = this.#options.clockStepMs ?? 4;
    return BigInt(Math.floor(this.#options.now() / step) * step) * 1_000_000n;
  }

  #make(kind: EntryKind, volume: Volume): Inode {
    const now = this.#nowNs();
    this.#nextIno += 1;
    return {
      ino: this.#nextIno,
      kind,
      volume,
      data: new Uint8Array(0),
      synced: null,
      entries: new Map(),
      durable: new Map(),
      mtimeNs: now,
      ctimeNs: now,
      target: "",
    };
  }

  #file(volume: Volume, data: Uint8Array): Inode {
    const node = this.#make("file", volume);
    node.data = data;
    return node;
  }

  #place(path: string): { dir: Inode; name: string; volume: Volume } {
    const cut = path.lastIndexOf("/");
    const name = path.slice(cut + 1);
    if (name === "" || name === "." || name === "..") throw new DiskError("EINVAL", path);
    return { dir: this.dirAt(cut <= 0 ? "/" : path.slice(0, cut)), name, volume: this.volumeOf(path) };
  }

  #add(dir: Inode, name: string, node: Inode): void {
    this.#record([{ dir, name, before: dir.entries.get(name) ?? null, after: node }], new Set([dir]), null);
  }

  #remove(dir: Inode, name: string, node: Inode): void {
    this.#record([{ dir, name, before: node, after: null }], new Set([dir]), null);
  }

  #record(changes: readonly Change[], waitsFor: Set<Inode>, needs: Op | null): Op {
    const op: Op = { changes, waitsFor, needs, applied: false };
    this.#pending.push(op);
    for (const change of changes) {
      if (change.after === null) change.dir.entries.delete(change.name);
      else change.dir.entries.set(change.name, change.after);
      change.dir.mtimeNs = this.#nowNs();
      change.dir.ctimeNs = change.dir.mtimeNs;
    }
    this.changes += 1;
    for (const change of changes) this.#tell(change.dir, change.name);
    return op;
  }

  #tell(dir: Inode, name: string): void {
    this.changes += 1;
    for (const watcher of this.#watchers) watcher(dir, name);
  }

  /** Makes writes durable, with every earlier one that they build on. */
  #flush(wanted: Set<Op>): void {
    for (let at = this.#pending.length - 1; at >= 0; at -= 1) {
      const op = this.#pending[at]!;
      if (!wanted.has(op)) continue;
      if (op.needs !== null && !op.needs.applied) wanted.add(op.needs);
      for (const earlier of this.#pending.slice(0, at)) if (sharesName(earlier, op)) wanted.add(earlier);
    }
    for (const op of this.#pending) if (wanted.has(op) && applies(op)) apply(op);
    this.#pending = this.#pending.filter((op) => !wanted.has(op));
  }
}

function namesIn(node: Inode, image: "seen" | "durable"): Map<string, Inode> {
  return image === "seen" ? node.entries : node.durable;
}

function sharesName(a: Op, b: Op): boolean {
  return a.changes.some((x) => b.changes.some((y) => x.dir === y.dir && x.name === y.name));
}

function applies(op: Op): boolean {
  return op.changes.every((c) => (c.dir.durable.get(c.name) ?? null) === c.before);
}

function apply(op: Op): void {
  op.applied = true;
  for (const { dir, name, after } of op.changes) {
    if (after === null) dir.durable.delete(name);
    else dir.durable.set(name, after);
  }
}

function tornBytes(node: Inode, how: "whole" | "short" | "empty" | "zero", random: Random): Uint8Array {
  if (node.synced !== null && random.chance(0.5)) return node.synced;
  switch (how) {
    case "whole":
      return node.data;
    case "short":
      return node.data.slice(0, random.int(node.data.length + 1));
    case "empty":
      return new Uint8Array(0);
    case "zero":
      return new Uint8Array(node.data.length);
  }
}

export function partsOf(path: string): readonly string[] {
  return path.split("/").filter((part) => part !== "");
}

export function sha256Of(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}
