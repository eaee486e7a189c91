/**
 * What must never stop a hot folder: names, kinds and contents that nobody meant to drop. Each is answered or counted, and a
 * good manifest dropped beside it is accepted all the same.
 */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFiles } from "../../daemon/adapters/files.ts";
import type { Files } from "../../daemon/ports.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import type { Hot } from "./hotFolder.ts";
import { openHot } from "./hotFolder.ts";

const PLATE = "SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1001.png";
const GOOD = `use: env_relight\nplate: ../${PLATE.replace("1001", "####")}\n`;

function studio(root: string, files?: Partial<Files>): Hot {
  const hot = openHot({ root, ...(files === undefined ? {} : { files }) });
  hot.plate(PLATE);
  return hot;
}

/** The folder goes on: something good that comes after is accepted at once. */
async function goesOn(hot: Hot): Promise<void> {
  hot.drop("good.yaml", `${GOOD}name: another\n`);
  await hot.hint();
  expect(hot.status("good.yaml")).toMatch(/^ACCEPTED {2}good\.yaml\n/);
  expect(hot.view().state).toBe("up");
}

describe("names", () => {
  it.each([
    ["of 255 bytes, behind which no suffix fits", `${"x".repeat(250)}.yaml`, "255 bytes"],
    ["longer than can be claimed and filed", `${"é".repeat(95)}.yaml`, "195 bytes"],
    ["with a line break", "two\nlines.yaml", "line break"],
    ["with a turn of the reading direction", "a\u202Elmay.yaml", "invisible character"],
    ["with a tab", "a\tb.yaml", "invisible character"],
  ])("%s are refused with an answer beside them (HP-INTAKE-NAME)", async (_what, name, words) => {
    using dir = tempDir();
    const hot = studio(dir.path);
    hot.drop(name, GOOD);
    await hot.look();
    expect(hot.error(name)).toContain("HP-INTAKE-NAME");
    expect(hot.error(name)).toContain(words);
    expect(hot.error(name)?.split("\n")[0]).toMatch(/^REJECTED .*one thing to fix/);
    expect(existsSync(join(hot.dir, name))).toBe(true);
    await goesOn(hot);
    unlinkSync(join(hot.dir, name));
    await hot.after(3_000);
    expect(hot.error(name)).toBeNull();
  });

  it("whose bytes are no UTF-8 get an answer each, under a name that can be read and tells them apart", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    for (const byte of [0xe8, 0xe9])
      writeFileSync(Buffer.concat([Buffer.from(`${hot.dir}/caf`), Buffer.of(byte), Buffer.from(".yaml")]), GOOD);
    await hot.after(4_000);
    const answers = hot.names().filter((name) => name.endsWith(".ERROR.txt"));
    expect(answers.sort()).toEqual(["caf\uFFFDE8.yaml.ERROR.txt", "caf\uFFFDE9.yaml.ERROR.txt"]);
    expect(hot.error("caf\uFFFDE9.yaml")).toContain("not UTF-8 text");
    expect(hot.error("caf\uFFFDE9.yaml")).toMatch(/^REJECTED {2}caf\\xE9\.yaml/);
    await goesOn(hot);
  });

  it("that differ in case alone, or in .yaml and .yml, are files of their own", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    const names = ["shot.yaml", "SHOT.YAML", "shot.yml", "shot.json"];
    for (const [n, name] of names.entries())
      hot.drop(name, name.endsWith("json") ? `{"use": "env_relight", "plate": "../${PLATE}"}` : `${GOOD}seed: ${n}\n`);
    await hot.hint();
    expect(names.map((name) => hot.status(name)?.split(" ")[0])).toEqual(names.map(() => "ACCEPTED"));
    expect((await hot.jobs()).length).toBe(4);
  });

  it("in any script are taken as they are", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    for (const name of ["東京 の夜.yaml", "Über'n Fluß.yaml", "می‌خواهم.yaml", "$(rm -rf x).yaml", "-rf.yaml"])
      hot.drop(name, `${GOOD}name: ${JSON.stringify(name)}\n`);
    await hot.hint();
    expect((await hot.jobs()).length).toBe(5);
    expect(hot.status("東京 の夜.yaml")).toContain("ACCEPTED  東京 の夜.yaml");
  });
});

describe("kinds", () => {
  it("FIFO, device, socket, links in, out and in a circle are never opened, and counted", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    const at = (name: string): string => join(hot.dir, name);
    execFileSync("mkfifo", [at("pipe.yaml")]);
    symlinkSync("/etc/passwd", at("out.yaml"));
    symlinkSync("loop.yaml", at("loop.yaml"));
    symlinkSync("nowhere", at("dangling.yaml"));
    symlinkSync("/dev/zero", at("zero.yaml"));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(at("sock.yaml"), resolve));
    await hot.after(4_000);
    await new Promise((resolve) => server.close(resolve));
    expect(hot.view().ignored["no regular file"]).toBe(6);
    expect(hot.names().filter((name) => name.endsWith(".txt"))).toEqual([]);
    await goesOn(hot);
  });

  it("a folder named like a manifest is refused in words", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    mkdirSync(join(hot.dir, "relight.yaml"));
    await hot.after(4_000);
    expect(hot.error("relight.yaml")).toContain("HP-INTAKE-NOT-A-MANIFEST");
    await goesOn(hot);
  });

  it("a name that changes its kind is looked at anew", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    hot.drop("x.yaml", "use: nothing_like_it\n");
    await hot.hint();
    expect(hot.error("x.yaml")).toContain("HP-RECIPE-UNKNOWN");
    rmSync(join(hot.dir, "x.yaml"));
    mkdirSync(join(hot.dir, "x.yaml"));
    await hot.after(5_000);
    expect(hot.error("x.yaml")).toContain("HP-INTAKE-NOT-A-MANIFEST");
    await goesOn(hot);
  });

  it("a .jpg by mistake is answered within 5 s and left alone", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    hot.write("holiday.jpg", "not a manifest");
    await hot.after(5_000);
    expect(hot.error("holiday.jpg")).toMatch(/^REJECTED {2}holiday\.jpg: it is not a manifest/);
    expect(hot.error("holiday.jpg")).toContain('plate: "holiday.jpg"');
    expect(existsSync(join(hot.dir, "holiday.jpg"))).toBe(true);
  });

  it("files that we may not read are answered (HP-PATH-PERMISSION), and read when we may", async () => {
    using dir = tempDir();
    const real = createFiles();
    let locked = true;
    const hot = studio(dir.path, {
      lookAt: (path, max) =>
        locked && path.endsWith("/locked.yaml")
          ? Promise.reject(Object.assign(new Error("EACCES"), { code: "EACCES" }))
          : real.lookAt(path, max),
    });
    hot.drop("locked.yaml", GOOD);
    await hot.after(5_000);
    expect(hot.error("locked.yaml")).toContain("HP-PATH-PERMISSION");
    expect(hot.error("locked.yaml")).toContain("Hotplate may not read locked.yaml.");
    await goesOn(hot);
    locked = false;
    hot.drop("locked.yaml", GOOD);
    await hot.after(2_000);
    expect(hot.error("locked.yaml")).toBeNull();
    expect(hot.status("locked.yaml")).toMatch(/^ACCEPTED/);
  });
});

describe("contents", () => {
  it.each([
    ["brackets nested without end", `use: ${"[".repeat(100_000)}`, "HP-MANIFEST-DEPTH"],
    ["dashes nested without end", `use:\n  ${"- ".repeat(100_000)}x\n`, "HP-MANIFEST-DEPTH"],
    [
      "aliases that multiply",
      `a: &a [x,x,x,x,x,x,x,x,x]\n${["b", "c", "d", "e", "f"].map((key, n) => `${key}: &${key} [${Array(9).fill(`*${"abcde"[n]}`).join(",")}]`).join("\n")}\nuse: *f\n`,
      "HP-MANIFEST-YAML",
    ],
    ["an alias that holds itself", "use: &a [*a]\n", "HP-MANIFEST-TYPE"],
    ["forty thousand fields", Array.from({ length: 25_000 }, (_, n) => `k${n}: 1`).join("\n"), "HP-MANIFEST-FIELD"],
    ["UTF-16", Buffer.from(`\uFEFF${GOOD}`, "utf16le"), "HP-MANIFEST-ENCODING"],
    ["another alphabet's bytes", Buffer.from(`${GOOD}prompt: caf\u00e9\n`, "latin1"), "HP-MANIFEST-ENCODING"],
    ["two documents", `${GOOD}---\n${GOOD}`, "HP-MANIFEST-YAML"],
    ["a plate behind links in a circle", "use: env_relight\nplate: ../loop/x.png\n", "HP-PATH-BROKEN"],
    ["a plate that is a dangling link", "use: env_relight\nplate: ../dangling.png\n", "HP-PATH-BROKEN"],
    ["a plate with a name of 300 bytes", `use: env_relight\nplate: ../${"y".repeat(300)}.png\n`, "HP-PATH-BROKEN"],
    ["an output path of 6,000 bytes", `${GOOD}output: {to: ${"y/".repeat(3_000)}}\n`, "HP-PATH-BROKEN"],
    ["a product that is a path", `${GOOD}product: ../../etc\n`, "HP-MANIFEST-TYPE"],
  ])("%s: an answer, and nothing else waits for it", async (_what, text, code) => {
    using dir = tempDir();
    const hot = studio(dir.path);
    symlinkSync("loop", join(dir.path, "loop"));
    symlinkSync("nowhere.png", join(dir.path, "dangling.png"));
    hot.drop("bad.yaml", text);
    hot.drop("beside.yaml", `${GOOD}name: beside\n`);
    await hot.look();
    expect(hot.error("bad.yaml")).toContain(code);
    expect(hot.error("bad.yaml")?.length).toBeLessThan(60_000);
    expect(hot.status("beside.yaml")).toMatch(/^ACCEPTED/);
    await goesOn(hot);
  });

  it("a BOM and CRLF are no mistakes", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    hot.drop("windows.yaml", `\uFEFF${GOOD.replaceAll("\n", "\r\n")}`);
    await hot.hint();
    expect(hot.status("windows.yaml")).toMatch(/^ACCEPTED/);
  });

  it("a yaml of 100 MB is never read (HP-MANIFEST-SIZE)", async () => {
    using dir = tempDir();
    const real = createFiles();
    const hot = studio(dir.path, {
      read: (path, max) =>
        path.endsWith("/big.yaml") ? Promise.reject(new Error("it was read")) : real.read(path, max),
    });
    hot.write("big.yaml", "use: env_relight\n");
    truncateSync(join(hot.dir, "big.yaml"), 100_000_000);
    await hot.after(2_000);
    expect(hot.error("big.yaml")).toContain("HP-MANIFEST-SIZE");
  });

  it("an empty file, and one that stays full of NUL bytes, is told to be received, and after 30 s an error", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    hot.write("empty.yaml", "");
    hot.write("holes.yaml", "use: env_relight\n\0\0\0\0");
    await hot.after(5_000);
    expect(hot.answer("empty.yaml")).toMatch(/^RECEIVING {2}empty\.yaml/);
    expect(hot.answer("holes.yaml")).toMatch(/^RECEIVING/);
    await hot.after(28_000);
    expect(hot.error("empty.yaml")).toContain("it holds no fields");
    expect(hot.error("holes.yaml")).toContain("HP-MANIFEST-ENCODING");
    expect(hot.status("empty.yaml")).toBeNull();
  });

  it("an error of our own in the reading of one manifest is that manifest's alone (HP-INTERNAL)", async () => {
    using dir = tempDir();
    const real = createFiles();
    const hot = studio(dir.path, {
      list: (path, max) => {
        if (path.endsWith("/cursed")) throw new TypeError("x is undefined");
        return real.list(path, max);
      },
    });
    mkdirSync(join(dir.path, "cursed"));
    hot.drop("bad.yaml", "use: env_relight\nplate: ../cursed/x.png\n");
    await goesOn(hot);
    expect(hot.error("bad.yaml")).toContain("HP-INTERNAL");
  });

  it("a disk that fails where a plate lies makes that manifest wait, and no other", async () => {
    using dir = tempDir();
    const real = createFiles();
    let broken = true;
    const hot = studio(dir.path, {
      list: (path, max) =>
        broken && path.endsWith("/far")
          ? Promise.reject(Object.assign(new Error("EIO: i/o error"), { code: "EIO" }))
          : real.list(path, max),
    });
    hot.plate("far/x.1001.png");
    hot.drop("far.yaml", "use: env_relight\nplate: ../far/x.####.png\n");
    await goesOn(hot);
    expect(hot.status("far.yaml")).toMatch(/^WAITING {2}far\.yaml\n\n {2}What it names can't be read now \(EIO\)/);
    broken = false;
    await hot.after(4_000);
    expect(hot.status("far.yaml")).toMatch(/^ACCEPTED/);
  });
});

describe("what changes under our hands", () => {
  it.each(["link", "directory"] as const)(
    "a manifest that turns into a %s as it is claimed goes back",
    async (kind) => {
      using dir = tempDir();
      const real = createFiles();
      let once = true;
      const hot = studio(dir.path, {
        rename: async (from, to) => {
          if (once && to.includes("/claimed/")) {
            once = false;
            unlinkSync(from);
            if (kind === "link") symlinkSync("/etc/passwd", from);
            else mkdirSync(from);
          }
          await real.rename(from, to);
        },
      });
      hot.drop("swap.yaml", GOOD);
      await hot.after(3_000);
      expect(await hot.jobs()).toEqual([]);
      expect(hot.names().filter((name) => name.endsWith("swap.yaml"))).toHaveLength(1);
      await goesOn(hot);
    },
  );

  it("a manifest that is written on while it is claimed is put back and read again", async () => {
    using dir = tempDir();
    const real = createFiles();
    let once = true;
    const hot = studio(dir.path, {
      rename: async (from, to) => {
        await real.rename(from, to);
        if (!once || !to.includes("/claimed/")) return;
        once = false;
        writeFileSync(to, `${GOOD}prompt: the rest of it\n`);
      },
    });
    hot.drop("held.yaml", GOOD);
    await hot.after(3_000);
    expect((await hot.jobs()).map((job) => job.source.manifestText)).toEqual([`${GOOD}prompt: the rest of it\n`]);
  });

  it("a manifest that vanishes after it was answered takes its answer with it", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    hot.drop("bad.yaml", "use: nothing_like_it\n");
    hot.write("slow.yaml", "");
    await hot.after(4_000);
    expect(hot.error("bad.yaml")).not.toBeNull();
    expect(hot.status("slow.yaml")).not.toBeNull();
    renameSync(join(hot.dir, "bad.yaml"), join(dir.path, "kept.yaml"));
    unlinkSync(join(hot.dir, "slow.yaml"));
    await hot.after(3_000);
    expect(hot.names().filter((name) => name.endsWith(".txt"))).toEqual([]);
  });
});
