/** The durability recipes on the real disk: nobody's name is taken, and what was done before its call died is found again. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFiles } from "../daemon/adapters/files.ts";
import { appearWhole, moveAllNoClobber } from "../daemon/durable.ts";
import type { Files } from "../daemon/ports.ts";
import { tempDir } from "./fixtures/tempDir.ts";

function shelves(root: string): { readonly from: string; readonly to: string } {
  const [from, to] = [join(root, "from"), join(root, "to")];
  mkdirSync(from);
  mkdirSync(to);
  return { from, to };
}

describe("moving many files at once", () => {
  it("gives each the first name that nobody has, namesakes of the same batch included", async () => {
    using dir = tempDir();
    const { from, to } = shelves(dir.path);
    writeFileSync(join(to, "a"), "a stranger's");
    for (const name of ["1", "2", "3"]) writeFileSync(join(from, name), name);
    const move = (name: string, wanted: string) => ({
      from: join(from, name),
      dir: to,
      names: [wanted, `${name}-own`],
    });
    const placed = await moveAllNoClobber(createFiles(), [move("1", "a"), move("2", "b"), move("3", "b")]);
    expect(placed).toEqual([join(to, "1-own"), join(to, "b"), join(to, "3-own")]);
    expect(readdirSync(from)).toEqual([]);
    expect(readFileSync(join(to, "a"), "utf8")).toBe("a stranger's");
    expect(readFileSync(join(to, "3-own"), "utf8")).toBe("3");
  });

  it("asks for two fsyncs of the directories, not of each file, and takes no old name away before the first", async () => {
    using dir = tempDir();
    const { from, to } = shelves(dir.path);
    const calls: string[] = [];
    const real = createFiles();
    const files: Files = {
      ...real,
      syncDir: (path) => real.syncDir(path).then(() => void calls.push(`sync ${path.slice(dir.path.length + 1)}`)),
      unlink: (path) => real.unlink(path).then(() => void calls.push("unlink")),
    };
    const names = ["1", "2", "3"];
    for (const name of names) writeFileSync(join(from, name), name);
    await moveAllNoClobber(
      files,
      names.map((name) => ({ from: join(from, name), dir: to, names: [name] })),
    );
    expect(calls).toEqual(["sync to", "unlink", "unlink", "unlink", "sync from"]);
  });

  it("goes on where a call that died had given the new name and not yet taken the old one", async () => {
    using dir = tempDir();
    const { from, to } = shelves(dir.path);
    writeFileSync(join(from, "a"), "mine");
    const files = createFiles();
    await files.link(join(from, "a"), join(to, "a"));
    const moves = [
      { from: join(from, "a"), dir: to, names: ["a", "a-own"] },
      { from: join(from, "gone"), dir: to, names: ["gone"] },
    ];
    expect(await moveAllNoClobber(files, moves)).toEqual([join(to, "a"), null]);
    expect(readdirSync(from)).toEqual([]);
    expect(readdirSync(to)).toEqual(["a"]);
  });
});

describe("a version that appears by one rename", () => {
  const never = (): Promise<boolean> => Promise.reject(new Error("nothing is in the way"));
  function staged(root: string): { readonly staging: string; readonly target: string } {
    const staging = join(root, "staging/tree");
    mkdirSync(join(staging, ".hotplate"), { recursive: true });
    writeFileSync(join(staging, "frame.png"), "pixels");
    return { staging, target: join(root, "v007") };
  }
  const isOurs = async (dir: string): Promise<boolean> => readdirSync(dir).includes("frame.png");
  const refuse = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));

  it("leaves an empty directory to the person who made it and is about to fill it", async () => {
    using dir = tempDir();
    const { staging, target } = staged(dir.path);
    mkdirSync(target);
    // A moment ago: made within one tick of the clock it could not be told from our own.
    const before = new Date(Date.now() - 60_000);
    utimesSync(target, before, before);
    expect(await appearWhole(createFiles(), staging, target, isOurs)).toBe("foreign");
    expect(readdirSync(target)).toEqual([]);
    expect(readdirSync(staging)).toContain("frame.png");
    // Also later, when the mark of that call is there: it was made before.
    expect(await appearWhole(createFiles(), staging, target, isOurs)).toBe("foreign");
  });

  it("leaves alone a file and a link that have its name", async () => {
    using dir = tempDir();
    const { staging, target } = staged(dir.path);
    writeFileSync(target, "mine");
    expect(await appearWhole(createFiles(), staging, target, async () => false)).toBe("foreign");
    symlinkSync("nowhere", join(dir.path, "v008"));
    expect(await appearWhole(createFiles(), staging, join(dir.path, "v008"), async () => false)).toBe("foreign");
  });

  it("takes up its own empty directory after a call that died behind the mkdir", async () => {
    using dir = tempDir();
    const { staging, target } = staged(dir.path);
    const files = createFiles();
    await expect(appearWhole({ ...files, rename: refuse("EIO") }, staging, target, never)).rejects.toThrow("EIO");
    expect(readdirSync(target)).toEqual([]);
    expect(await appearWhole(files, staging, target, never)).toBe("appeared");
    expect(readdirSync(target)).toContain("frame.png");
    expect(await appearWhole(files, staging, target, isOurs)).toBe("already");
  });

  it.each(["EEXIST", "ENOTEMPTY", "EACCES", "EPERM", "EINVAL"])(
    "where a rename onto an empty directory is refused with %s, takes its empty directory away and renames",
    async (code) => {
      using dir = tempDir();
      const { staging, target } = staged(dir.path);
      const files = createFiles();
      const rename = async (from: string, to: string): Promise<void> => {
        if (existsSync(to)) await refuse(code)();
        await files.rename(from, to);
      };
      expect(await appearWhole({ ...files, rename }, staging, target, never)).toBe("appeared");
      expect(readdirSync(target)).toContain("frame.png");
    },
  );

  it("believes what is there and not the answer of a rename that was done twice", async () => {
    using dir = tempDir();
    const { staging, target } = staged(dir.path);
    const files = createFiles();
    const rename = async (from: string, to: string): Promise<void> => {
      await files.rename(from, to);
      await refuse("ENOENT")();
    };
    expect(await appearWhole({ ...files, rename }, staging, target, isOurs)).toBe("already");
  });
});
