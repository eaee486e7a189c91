/** Moving many files of ours at once: nobody's name is taken, and what was moved before its call died is found again. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFiles } from "../daemon/adapters/files.ts";
import { moveAllNoClobber } from "../daemon/durable.ts";
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
