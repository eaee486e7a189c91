/**
 * The contract of `Files`: one suite for the real disk and for the simulated one. It is what licenses the simulator: where
 * both pass, a fault found in the simulated world is a fault of ours. Nothing here depends on speed or on the order of names.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Files } from "../../daemon/ports.ts";

export interface FilesSubject {
  readonly files: Files;
  /** Absolute; an empty directory to work in, on a file system that knows hard links. */
  readonly dir: string;
  /** Puts a symbolic link there, as somebody else would. */
  symlink(target: string, path: string): Promise<void>;
  close(): Promise<void>;
}

/** The errno name that a call fails with, or a sentence that says it did not fail. */
export async function codeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return "it did not fail";
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : `an error without a code: ${String(error)}`;
  }
}

/** `fifo` puts one there that nobody writes to; null where the disk under test knows none. */
export function describeFiles(
  name: string,
  make: () => Promise<FilesSubject>,
  fifo: ((path: string) => void) | null = null,
): void {
  describe(`Files contract: ${name}`, () => {
    let subject: FilesSubject;
    let files: Files;
    let at: (name: string) => string;
    beforeEach(async () => {
      subject = await make();
      files = subject.files;
      at = (path) => `${subject.dir}/${path}`;
    });
    afterEach(() => subject.close());

    const text = async (path: string): Promise<string> => new TextDecoder().decode(await files.read(at(path), 1_000));
    const names = async (): Promise<readonly string[]> =>
      (await files.list(subject.dir, 1_000)).map((entry) => entry.name).toSorted();

    describe("reading", () => {
      it("gives back what was created, bytes and text alike", async () => {
        await files.create(at("a"), "täxt\n");
        await files.create(at("b"), new Uint8Array([0, 255, 10]));
        await files.create(at("empty"), "");
        expect(await text("a")).toBe("täxt\n");
        expect([...(await files.read(at("b"), 3))]).toEqual([0, 255, 10]);
        expect((await files.read(at("empty"), 0)).length).toBe(0);
      });

      it("refuses a file that is larger than the bound, and reads one that is exactly as large", async () => {
        await files.create(at("a"), "12345");
        expect(await codeOf(files.read(at("a"), 4))).toBe("EFBIG");
        expect((await files.read(at("a"), 5)).length).toBe(5);
      });

      it("looks at a file: its attributes, and its bytes up to the bound", async () => {
        await files.create(at("a"), "12345");
        const whole = await files.lookAt(at("a"), 5);
        expect(new TextDecoder().decode(whole.bytes!)).toBe("12345");
        expect(whole.stat).toEqual(await files.stat(at("a")));
        expect(await files.lookAt(at("a"), 4)).toEqual({ stat: whole.stat, bytes: null });
        await files.mkdir(at("d"));
        await subject.symlink(at("a"), at("link"));
        expect(await codeOf(files.lookAt(at("nothing"), 5))).toBe("ENOENT");
        expect(await codeOf(files.lookAt(at("d"), 5))).toBe("EINVAL");
        expect(await codeOf(files.lookAt(at("link"), 5))).toBe("ELOOP");
      });

      it("looks alike where the disk is known to be local, time after time", async () => {
        await files.mount(subject.dir);
        await files.create(at("a"), "12345");
        const seen = [await files.lookAt(at("a"), 5), await files.lookAt(at("a"), 5), await files.lookAt(at("a"), 4)];
        expect(seen.map(({ bytes }) => bytes?.length ?? null)).toEqual([5, 5, null]);
        expect(seen.map(({ stat }) => stat)).toEqual(Array(3).fill(await files.stat(at("a"))));
        await files.mkdir(at("d"));
        expect(await codeOf(files.lookAt(at("d"), 5))).toBe("EINVAL");
      });

      it("says ENOENT for what is not there and ENOTDIR below a file", async () => {
        await files.create(at("file"), "x");
        expect(await codeOf(files.read(at("nothing"), 10))).toBe("ENOENT");
        expect(await codeOf(files.stat(at("nothing")))).toBe("ENOENT");
        expect(await codeOf(files.list(at("nothing"), 10))).toBe("ENOENT");
        expect(await codeOf(files.realpath(at("nothing")))).toBe("ENOENT");
        expect(await codeOf(files.hash(at("nothing")))).toBe("ENOENT");
        expect(await codeOf(files.stat(at("file/below")))).toBe("ENOTDIR");
        expect(await codeOf(files.list(at("file"), 10))).toBe("ENOTDIR");
      });

      it("reads no directory as a file", async () => {
        await files.mkdir(at("d"));
        expect(await codeOf(files.read(at("d"), 10))).toBe("EINVAL");
        expect(await codeOf(files.hash(at("d")))).toBe("EINVAL");
      });

      it("never follows a link, and names it as one", async () => {
        await files.create(at("target"), "secret");
        await files.mkdir(at("d"));
        await subject.symlink(at("target"), at("link"));
        await subject.symlink(at("d"), at("dirlink"));
        await subject.symlink(at("absent"), at("dangling"));
        expect(await codeOf(files.read(at("link"), 100))).toBe("ELOOP");
        expect(await codeOf(files.hash(at("link")))).toBe("ELOOP");
        expect(await codeOf(files.copy(at("link"), at("copied")))).toBe("ELOOP");
        expect((await files.stat(at("link"))).kind).toBe("link");
        expect((await files.stat(at("dangling"))).kind).toBe("link");
        const kinds = Object.fromEntries((await files.list(subject.dir, 10)).map((entry) => [entry.name, entry.kind]));
        expect(kinds).toEqual({ target: "file", d: "directory", link: "link", dirlink: "link", dangling: "link" });
        expect(await files.realpath(at("link"))).toBe(await files.realpath(at("target")));
        expect(await codeOf(files.realpath(at("dangling")))).toBe("ENOENT");
        await files.removeTree(at("dirlink"));
        expect((await files.stat(at("d"))).kind).toBe("directory");
      });

      if (fifo === null) return;
      it("never waits for a FIFO", async () => {
        fifo(at("pipe.yaml"));
        expect((await files.stat(at("pipe.yaml"))).kind).toBe("other");
        expect(await codeOf(files.read(at("pipe.yaml"), 100))).toBe("EINVAL");
        expect(await codeOf(files.hash(at("pipe.yaml")))).toBe("EINVAL");
        expect(await codeOf(files.copy(at("pipe.yaml"), at("copied")))).toBe("EINVAL");
        expect(await files.list(subject.dir, 10)).toEqual([{ name: "pipe.yaml", kind: "other" }]);
      });
    });

    describe("listing and attributes", () => {
      it("lists one level with kinds, hidden names too", async () => {
        await files.create(at("b"), "");
        await files.create(at(".a"), "");
        await files.mkdir(at("d"));
        await files.create(at("d/inner"), "");
        const listed = (await files.list(subject.dir, 3)).toSorted((a, b) => a.name.localeCompare(b.name));
        expect(listed).toEqual([
          { name: ".a", kind: "file" },
          { name: "b", kind: "file" },
          { name: "d", kind: "directory" },
        ]);
      });

      it("refuses a directory with more names than the bound", async () => {
        for (const name of ["a", "b", "c"]) await files.create(at(name), "");
        expect(await codeOf(files.list(subject.dir, 2))).toBe("EOVERFLOW");
        expect((await files.list(subject.dir, 3)).length).toBe(3);
      });

      it("tells size, kind and identity, and lets a hard link share them", async () => {
        await files.create(at("a"), "12345");
        await files.link(at("a"), at("b"));
        const [a, b, other] = [await files.stat(at("a")), await files.stat(at("b")), await files.stat(subject.dir)];
        expect(a).toMatchObject({ kind: "file", bytes: 5, dev: other.dev });
        expect(b.ino).toBe(a.ino);
        expect(other.kind).toBe("directory");
        expect(other.ino).not.toBe(a.ino);
        expect(a.mtimeNs).toMatch(/^\d+$/);
        expect(BigInt(a.ctimeNs) >= BigInt(a.mtimeNs)).toBe(true);
      });

      it("keeps the time of the content and the inode over a rename", async () => {
        await files.create(at(".tmp"), "x");
        const before = await files.stat(at(".tmp"));
        await files.rename(at(".tmp"), at("a.yaml"));
        const after = await files.stat(at("a.yaml"));
        expect({ ino: after.ino, mtimeNs: after.mtimeNs }).toEqual({ ino: before.ino, mtimeNs: before.mtimeNs });
        expect(BigInt(after.ctimeNs) >= BigInt(before.ctimeNs)).toBe(true);
      });

      it("hashes a file and counts its bytes", async () => {
        await files.create(at("a"), "abc");
        expect(await files.hash(at("a"))).toEqual({
          sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
          bytes: 3,
        });
      });

      it("reads the beginning of a file, and all of a shorter one", async () => {
        await files.create(at("a"), "abcdef");
        const text = async (bytes: number): Promise<string> =>
          new TextDecoder().decode(await files.head(at("a"), bytes));
        expect([await text(3), await text(6), await text(100), await text(0)]).toEqual(["abc", "abcdef", "abcdef", ""]);
        expect(await codeOf(files.head(at("nothing"), 1))).toBe("ENOENT");
      });

      it("knows where names can be created", async () => {
        await files.create(at("file"), "");
        expect(await files.writable(subject.dir)).toBe(true);
        expect(await files.writable(at("nothing"))).toBe(false);
        expect(await files.writable(at("file"))).toBe(false);
      });

      it("says what the mount is and how much room it has", async () => {
        const mount = await files.mount(subject.dir);
        expect(mount.dev).toBe((await files.stat(subject.dir)).dev);
        expect(mount.freeBytes).toBeGreaterThan(0);
        expect(await codeOf(files.mount(at("nothing")))).toBe("ENOENT");
      });
    });

    describe("names are exclusive", () => {
      it("creates no file over another thing", async () => {
        await files.create(at("a"), "first");
        await files.mkdir(at("d"));
        expect(await codeOf(files.create(at("a"), "second"))).toBe("EEXIST");
        expect(await codeOf(files.create(at("d"), "second"))).toBe("EEXIST");
        expect(await codeOf(files.create(at("nothing/a"), "x"))).toBe("ENOENT");
        expect(await text("a")).toBe("first");
      });

      it("copies to a new name only, and leaves the source as it was", async () => {
        await files.create(at("a"), "content");
        await files.create(at("taken"), "mine");
        const before = await files.stat(at("a"));
        await files.copy(at("a"), at("b"));
        expect(await codeOf(files.copy(at("a"), at("taken")))).toBe("EEXIST");
        expect(await codeOf(files.copy(at("nothing"), at("c")))).toBe("ENOENT");
        expect(await text("b")).toBe("content");
        expect(await text("taken")).toBe("mine");
        expect(await files.stat(at("a"))).toEqual(before);
        expect((await files.stat(at("b"))).ino).not.toBe(before.ino);
        expect(await names()).toEqual(["a", "b", "taken"]);
      });

      it("links to a new name only", async () => {
        await files.create(at("a"), "a");
        await files.create(at("b"), "b");
        expect(await codeOf(files.link(at("a"), at("b")))).toBe("EEXIST");
        expect(await codeOf(files.link(at("nothing"), at("c")))).toBe("ENOENT");
        await files.link(at("a"), at("c"));
        await files.unlink(at("a"));
        expect(await text("c")).toBe("a");
        expect(await text("b")).toBe("b");
      });

      it("makes one directory, exclusively", async () => {
        await files.mkdir(at("d"));
        expect(await codeOf(files.mkdir(at("d")))).toBe("EEXIST");
        expect(await codeOf(files.mkdir(at("x/y")))).toBe("ENOENT");
      });
    });

    describe("renaming", () => {
      it("overwrites a file with a file", async () => {
        await files.create(at("new"), "new");
        await files.create(at("old"), "old");
        await files.rename(at("new"), at("old"));
        expect(await text("old")).toBe("new");
        expect(await names()).toEqual(["old"]);
      });

      it("replaces an empty directory with a directory, whole", async () => {
        await files.mkdir(at("staging"));
        await files.create(at("staging/frame"), "pixels");
        await files.mkdir(at("v007"));
        await files.rename(at("staging"), at("v007"));
        expect(await names()).toEqual(["v007"]);
        expect(await text("v007/frame")).toBe("pixels");
      });

      it("never replaces a directory that holds anything", async () => {
        for (const dir of ["staging", "v007"]) {
          await files.mkdir(at(dir));
          await files.create(at(`${dir}/frame`), dir);
        }
        expect(["ENOTEMPTY", "EEXIST"]).toContain(await codeOf(files.rename(at("staging"), at("v007"))));
        expect(await text("v007/frame")).toBe("v007");
        expect(await text("staging/frame")).toBe("staging");
      });

      it("never puts a file over a directory or a directory over a file", async () => {
        await files.create(at("file"), "x");
        await files.mkdir(at("d"));
        expect(await codeOf(files.rename(at("file"), at("d")))).toBe("EISDIR");
        expect(await codeOf(files.rename(at("d"), at("file")))).toBe("ENOTDIR");
        expect(await codeOf(files.rename(at("nothing"), at("x")))).toBe("ENOENT");
      });

      it("does nothing when both names are the same file", async () => {
        await files.create(at("a"), "x");
        await files.link(at("a"), at("b"));
        await files.rename(at("a"), at("b"));
        expect(await names()).toEqual(["a", "b"]);
      });
    });

    describe("removing", () => {
      it("removes a name, not a directory", async () => {
        await files.create(at("a"), "x");
        await files.mkdir(at("d"));
        await files.unlink(at("a"));
        expect(await codeOf(files.unlink(at("a")))).toBe("ENOENT");
        expect(["EISDIR", "EPERM"]).toContain(await codeOf(files.unlink(at("d"))));
        expect(await names()).toEqual(["d"]);
      });

      it("removes only an empty directory", async () => {
        await files.mkdir(at("d"));
        await files.create(at("d/a"), "x");
        expect(await codeOf(files.rmdir(at("d")))).toBe("ENOTEMPTY");
        await files.unlink(at("d/a"));
        await files.rmdir(at("d"));
        expect(await codeOf(files.rmdir(at("d")))).toBe("ENOENT");
      });

      it("removes a whole tree, and is content when there is none", async () => {
        await files.mkdir(at("d"));
        await files.mkdir(at("d/e"));
        await files.create(at("d/e/f"), "x");
        await files.create(at("stays"), "x");
        await files.removeTree(at("d"));
        await files.removeTree(at("d"));
        expect(await names()).toEqual(["stays"]);
      });
    });

    describe("making durable", () => {
      it("syncs files and directories that are there", async () => {
        await files.mkdir(at("d"));
        await files.create(at("d/a"), "x");
        await files.sync(at("d/a"));
        await files.syncDir(at("d"));
        expect(await codeOf(files.sync(at("nothing")))).toBe("ENOENT");
        expect(await codeOf(files.syncDir(at("nothing")))).toBe("ENOENT");
        expect(await codeOf(files.syncDir(at("d/a")))).toBe("ENOTDIR");
      });
    });

    describe("patterns", () => {
      it("finds directories only, and says when there are more", async () => {
        for (const dir of [
          "SH010",
          "SH020",
          "SH010/plates",
          "SH020/plates",
          "SH010/plates/v001",
          "SH020/plates/v001",
        ]) {
          await files.mkdir(at(dir));
        }
        await files.create(at("SH010/plates/readme"), "");
        const pattern = at("*/plates/*");
        const all = await files.glob(pattern, 10);
        expect(all.paths.toSorted()).toEqual([at("SH010/plates/v001"), at("SH020/plates/v001")]);
        expect(all.truncated).toBe(false);
        expect((await files.glob(pattern, 2)).truncated).toBe(false);
        const some = await files.glob(pattern, 1);
        expect({ found: some.paths.length, truncated: some.truncated }).toEqual({ found: 1, truncated: true });
      });

      it("fails when the base of the pattern is not there, for a lost mount must not read as no plates", async () => {
        expect(await codeOf(files.glob(at("lost/*/plates"), 10))).toBe("ENOENT");
        expect(await files.glob(at("*/plates"), 10)).toEqual({ paths: [], truncated: false });
      });

      it("takes a pattern without any star as one directory", async () => {
        await files.mkdir(at("plates"));
        expect((await files.glob(at("plates"), 10)).paths).toEqual([at("plates")]);
      });
    });
  });
}
