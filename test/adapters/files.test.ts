/** The real disk passes the contract; and what only a real disk can show: growing files, large files, shares, rights. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, chmodSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { createFiles } from "../../daemon/adapters/files.ts";
import { staticBase } from "../../daemon/adapters/files/globDirectories.ts";
import { createHasher } from "../../daemon/adapters/files/hasher.ts";
import { listDirectory } from "../../daemon/adapters/files/listDirectory.ts";
import { cachesAttributes, mountKind } from "../../daemon/adapters/files/mountKind.ts";
import { codeOf, describeFiles } from "../contract/files.ts";
import { tempDir } from "../fixtures/tempDir.ts";

describeFiles(
  "node:fs",
  async () => {
    const dir = tempDir();
    return {
      files: createFiles(),
      dir: dir.path,
      symlink: async (target, path) => symlinkSync(target, path),
      close: async () => dir[Symbol.dispose](),
    };
  },
  (path) => void execFileSync("mkfifo", [path]),
);

describe("the real disk", () => {
  it("refuses a socket as it refuses a FIFO", async () => {
    using dir = tempDir();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(dir.file("s"), resolve));
    try {
      expect(await codeOf(createFiles().read(dir.file("s"), 10))).toBe("EINVAL");
    } finally {
      server.close();
    }
  });

  it("copies a read-only plate to a file that its owner may change, and never touches the plate", async () => {
    using dir = tempDir();
    const plate = dir.file("plate.exr");
    writeFileSync(plate, "pixels");
    chmodSync(plate, 0o444);
    const before = statSync(plate, { bigint: true });
    await createFiles().copy(plate, dir.file("copy.exr"));
    const after = statSync(plate, { bigint: true });
    expect(readFileSync(dir.file("copy.exr"), "utf8")).toBe("pixels");
    expect(statSync(dir.file("copy.exr")).mode & 0o200).toBe(0o200);
    expect([after.mtimeNs, after.ctimeNs, after.ino, after.mode]).toEqual([
      before.mtimeNs,
      before.ctimeNs,
      before.ino,
      before.mode,
    ]);
  });

  it("reads a file that claims no size and has content, as those under /proc do", async () => {
    const text = new TextDecoder().decode(await createFiles().read("/proc/self/status", 100_000));
    expect(text).toContain("Pid:");
    expect(await codeOf(createFiles().read("/proc/self/status", 10))).toBe("EFBIG");
  });

  it("hashes large files in its thread with the same answer as in place", async () => {
    using dir = tempDir();
    const path = dir.file("large");
    writeFileSync(path, "head");
    truncateSync(path, 3 * 1024 * 1024 + 7);
    appendFileSync(path, "tail");
    const expected = {
      sha256: createHash("sha256").update(readFileSync(path)).digest("hex"),
      bytes: 3 * 1024 * 1024 + 11,
    };
    const threaded = createHasher({ inlineBytesMax: 0 });
    expect(await createHasher({ inlineBytesMax: 10_000_000 })(path)).toEqual(expected);
    expect(await Promise.all([threaded(path), threaded(path)])).toEqual([expected, expected]);
  });

  it("lists a share's directory with the same answer as a local one", async () => {
    using dir = tempDir();
    for (const name of ["a", "b", ".c"]) writeFileSync(dir.file(name), "");
    symlinkSync("a", dir.file("link"));
    const sorted = async (local: boolean) =>
      (await listDirectory(dir.path, 4, local)).toSorted((a, b) => a.name.localeCompare(b.name));
    expect(await sorted(false)).toEqual(await sorted(true));
    expect((await sorted(false)).map((entry) => entry.kind).toSorted()).toEqual(["file", "file", "file", "link"]);
    expect(await codeOf(listDirectory(dir.path, 3, false))).toBe("EOVERFLOW");
    expect(await codeOf(listDirectory(dir.path, 3, true))).toBe("EOVERFLOW");
    expect(await codeOf(listDirectory(dir.file("nothing"), 3, false))).toBe("ENOENT");
  });

  it("calls only what is known local local", () => {
    const kinds = [0xef53, 0x58465342, 0x01021994, 0x6969, 0xfe534d42, 0xff534d42, 0x65735546, 0x01021997, 0xbd00bd0];
    expect(kinds.map(mountKind)).toEqual([
      "local",
      "local",
      "local",
      "nfs",
      "smb",
      "smb",
      "fuse",
      "unknown",
      "unknown",
    ]);
    expect(mountKind(0x9123683e - 2 ** 32)).toBe("local");
    expect((["local", "nfs", "smb", "fuse", "unknown"] as const).filter(cachesAttributes)).toEqual([
      "nfs",
      "smb",
      "fuse",
    ]);
  });

  it("knows the base of a pattern, also where names hold characters that could be patterns", () => {
    expect(staticBase("/mnt/shows/*/plates/**")).toBe("/mnt/shows");
    expect(staticBase("/mnt/show@2+b/x!/plates")).toBe("/mnt/show@2+b/x!/plates");
    expect(staticBase("/mnt/{a,b}/x")).toBe("/mnt");
    expect(staticBase("/*")).toBe("/");
    expect(staticBase("/mnt/a\\*b/c*")).toBe("/mnt/a*b");
  });
});
