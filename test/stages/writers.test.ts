/**
 * How files really come into a folder: each program's own sequence of operations on a real directory, with a look after every
 * step and a clock moved by hand. Nothing half is ever taken, what is whole is taken in time, and what is in the way is
 * ignored and counted.
 */
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  ftruncateSync,
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempDir } from "../fixtures/tempDir.ts";
import type { Hot } from "./hotFolder.ts";
import { openHot } from "./hotFolder.ts";

const PLATE = "SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1001.png";
const TEXT = `use: env_relight\nplate: ../${PLATE.replace("1001", "####")}\nprompt: warm sunset haze\n`;

function studio(root: string): Hot {
  const hot = openHot({ root });
  hot.plate(PLATE);
  return hot;
}
const accepted = (hot: Hot): Promise<readonly string[]> =>
  hot.jobs().then((jobs) => jobs.map((job) => job.source.manifestText));

/** Steps of a program, `gapMs` apart, with a look after each: none may make a job but the last, and that within 5 s. */
async function dance(hot: Hot, steps: readonly (() => void)[], gapMs = 30): Promise<void> {
  for (const [n, step] of steps.entries()) {
    step();
    await hot.hint();
    if (n < steps.length - 1) expect(await accepted(hot), `after step ${n + 1}`).toEqual([]);
    await hot.after(gapMs);
  }
  await hot.after(3_000);
  expect(await accepted(hot)).toEqual([TEXT]);
  expect(hot.status("relight.yaml")).toMatch(/^ACCEPTED/);
}

describe("comes whole, and is taken at once", () => {
  it("a rename into place, without a moment passing", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    hot.drop("relight.yaml", TEXT);
    await hot.hint();
    expect(await accepted(hot)).toEqual([TEXT]);
  });

  it("a move of an old file by mv, and a copy with its times by cp -p", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    writeFileSync(join(dir.path, "old.yaml"), TEXT);
    execFileSync("touch", ["-d", "2 hours ago", join(dir.path, "old.yaml")]);
    execFileSync("cp", ["-p", join(dir.path, "old.yaml"), join(hot.dir, "copied.yaml")]);
    await hot.hint();
    expect(hot.status("copied.yaml")).toMatch(/^ACCEPTED/);
    execFileSync("mv", [join(dir.path, "old.yaml"), join(hot.dir, "moved.yaml")]);
    await hot.hint();
    // The job is the same; its answers are written again at most twice a second.
    await hot.after(500);
    expect(hot.status("moved.yaml")).toMatch(/^ALREADY/);
  });

  it("a text that ends with YAML's own end mark, written in place", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    hot.write("relight.yaml", `${TEXT}...\n`);
    await hot.hint();
    expect(await accepted(hot)).toEqual([`${TEXT}...\n`]);
  });
});

describe("is written in place, and waits until it is whole", () => {
  it("a plain save: settleMs after the last write, not before", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    hot.write("relight.yaml", TEXT);
    await hot.hint();
    await hot.after(480);
    expect(await accepted(hot)).toEqual([]);
    await hot.after(100);
    expect(await accepted(hot)).toEqual([TEXT]);
  });

  it("a slow copy whose every prefix parses, with chunks 300 ms apart", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    const lines = TEXT.split(/(?<=\n)/);
    const file = join(hot.dir, "relight.yaml");
    await dance(
      hot,
      [() => writeFileSync(file, lines[0]!), ...lines.slice(1).map((line) => () => appendFileSync(file, line))],
      300,
    );
  });

  it("a copy that stalls for longer than settleMs in the middle of a word: no final newline, so it has 2 s", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    const file = join(hot.dir, "relight.yaml");
    const cut = TEXT.indexOf("sunset") + 3;
    await dance(
      hot,
      [() => writeFileSync(file, TEXT.slice(0, cut)), () => appendFileSync(file, TEXT.slice(cut))],
      1_500,
    );
  });

  it("a copy that stalls for 20 s where the text does not read yet: WAITING or RECEIVING, never REJECTED", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    const file = join(hot.dir, "relight.yaml");
    const text = `{"use": "env_relight", "plate": "../${PLATE}"}\n`;
    writeFileSync(file, text.slice(0, 30));
    for (let n = 0; n < 20; n += 1) {
      await hot.after(1_000);
      expect(hot.error("relight.yaml")).toBeNull();
    }
    expect(hot.answer("relight.yaml")).toMatch(/^WAITING/);
    appendFileSync(file, text.slice(30));
    await hot.after(2_000);
    expect(await accepted(hot)).toEqual([text]);
  });

  it("a text that stays unreadable for 30 s is an error then, with its place", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    hot.write("relight.yaml", 'use: "env_relight\n');
    await hot.after(29_000);
    expect(hot.error("relight.yaml")).toBeNull();
    await hot.after(4_000);
    expect(hot.error("relight.yaml")).toMatch(/relight\.yaml:\d+:\d+ {2}HP-MANIFEST-YAML/);
    expect(hot.status("relight.yaml")).toBeNull();
  });

  it("Explorer and Samba: the whole size at once, NUL bytes, then the text from its start", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    const file = join(hot.dir, "relight.yaml");
    const fd = openSync(file, "w");
    await dance(
      hot,
      [
        () => ftruncateSync(fd, TEXT.length),
        () => void writeSync(fd, TEXT.slice(0, 20), 0),
        () => void writeSync(fd, TEXT.slice(20), 20),
      ],
      1_200,
    );
    closeSync(fd);
  });

  it("a file that is linked in, or moved in, while its writer still holds it open", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    const outside = join(dir.path, "growing.yaml");
    const fd = openSync(outside, "w");
    // Text that does not read yet: what reads, and came by a rename, is taken; its writer should have waited.
    writeSync(fd, TEXT.slice(0, TEXT.indexOf("plate") + 7).replace("env_relight", '"env_relight'));
    linkSync(outside, join(hot.dir, "relight.yaml"));
    await hot.hint();
    expect(await accepted(hot)).toEqual([]);
    ftruncateSync(fd, 0);
    writeSync(fd, TEXT, 0);
    closeSync(fd);
    await hot.after(3_000);
    expect(await accepted(hot)).toEqual([TEXT]);
    expect(hot.error("relight.yaml")).toBeNull();
  });
});

describe("editors and file managers dance, and what is in the way is ignored and counted", () => {
  it("vim: swap file, probe 4913, backup by rename, a new file, the backup removed", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    const at = (name: string): string => join(hot.dir, name);
    hot.drop("relight.yaml", "use: nothing_like_it\n");
    await hot.hint();
    expect(hot.error("relight.yaml")).toContain("HP-RECIPE-UNKNOWN");
    await dance(
      hot,
      [
        () => writeFileSync(at(".relight.yaml.swp"), "b0VIM"),
        () => writeFileSync(at("4913"), ""),
        () => unlinkSync(at("4913")),
        () => renameSync(at("relight.yaml"), at("relight.yaml~")),
        () => writeFileSync(at("relight.yaml"), TEXT.slice(0, 24)),
        () => appendFileSync(at("relight.yaml"), TEXT.slice(24)),
        () => unlinkSync(at("relight.yaml~")),
        () => unlinkSync(at(".relight.yaml.swp")),
      ].slice(0, 6),
    );
    expect(hot.error("relight.yaml")).toBeNull();
    expect(hot.view().ignored).toMatchObject({ hidden: 1, "editor's probe": 2 });
  });

  it("VS Code: truncated to nothing, half, whole", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    const file = join(hot.dir, "relight.yaml");
    await dance(hot, [
      () => writeFileSync(file, ""),
      () => appendFileSync(file, TEXT.slice(0, 31)),
      () => appendFileSync(file, TEXT.slice(31)),
    ]);
  });

  it("rsync by a temporary name, with its times kept", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    const temporary = join(hot.dir, ".relight.yaml.Xq3Zb1");
    await dance(hot, [
      () => writeFileSync(temporary, TEXT.slice(0, 30)),
      () => appendFileSync(temporary, TEXT.slice(30)),
      () => renameSync(temporary, join(hot.dir, "relight.yaml")),
    ]);
    expect(hot.view().ignored["hidden"]).toBe(1);
  });

  it("rsync --inplace: blocks, then the old time set at the end", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    const fd = openSync(join(hot.dir, "relight.yaml"), "w");
    await dance(hot, [
      () => void writeSync(fd, TEXT.slice(0, 40)),
      () => void writeSync(fd, TEXT.slice(40)),
      () => futimesSync(fd, 1_700_000_000, 1_700_000_000),
    ]);
    closeSync(fd);
  });

  it("macOS over a share: AppleDouble and .DS_Store beside it, and a time set behind", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    const at = (name: string): string => join(hot.dir, name);
    await dance(hot, [
      () => writeFileSync(at(".DS_Store"), "x"),
      () => writeFileSync(at("._relight.yaml"), "x"),
      () => writeFileSync(at("relight.yaml"), TEXT),
    ]);
    expect(hot.view().ignored).toMatchObject({ hidden: 1, AppleDouble: 1 });
  });

  it("GNOME's editors and Emacs: a temporary stream, a lock, an autosave, a backup, a rename", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    const at = (name: string): string => join(hot.dir, name);
    await dance(hot, [
      () => writeFileSync(at("#relight.yaml#"), TEXT.slice(0, 30)),
      () => writeFileSync(at(".#relight.yaml"), "who@host"),
      () => writeFileSync(at(".goutputstream-A1B2C3"), TEXT),
      () => writeFileSync(at("relight.yaml~"), "old"),
      () => renameSync(at(".goutputstream-A1B2C3"), at("relight.yaml")),
    ]);
    expect(hot.view().ignored).toMatchObject({ hidden: 2, "editor's probe": 2 });
  });

  it("browsers, sync clients and NFS: partial names never count as drops", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    const names = [
      "relight.yaml.part",
      "relight.yaml.crdownload",
      "relight.yaml.filepart",
      "relight.yaml.tmp",
      "~$relight.yaml",
      ".nfs000000000012",
      ".smbdeleteA1",
      "Thumbs.db",
      "desktop.ini",
      ".~lock.relight.yaml#",
    ];
    for (const name of names) hot.write(name, TEXT);
    mkdirSync(join(hot.dir, ".rsync-partial"));
    await hot.after(6_000);
    expect(await accepted(hot)).toEqual([]);
    expect(hot.names().filter((name) => name.endsWith("STATUS.txt") || name.endsWith("ERROR.txt"))).toEqual([]);
    expect(Object.values(hot.view().ignored).reduce((a, b) => a + b, 0)).toBe(names.length + 1);
    // Each counts once while it stays, however often the folder is listed.
    await hot.after(6_000);
    expect(Object.values(hot.view().ignored).reduce((a, b) => a + b, 0)).toBe(names.length + 1);
  });

  it("a copy by cp, without times, is taken when it is quiet", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    writeFileSync(join(dir.path, "old.yaml"), TEXT);
    copyFileSync(join(dir.path, "old.yaml"), join(hot.dir, "relight.yaml"));
    await hot.after(1_600);
    expect(await accepted(hot)).toEqual([TEXT]);
  });
});
