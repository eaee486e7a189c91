/** Kinds that take a tool, through the one `Images` port and its worker processes, with tools of our own making on the PATH. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createImages } from "../../../daemon/adapters/images/images.ts";
import type { InspectRequest } from "../../../daemon/ports.ts";
import { rgbHalf, writeExr } from "../../fixtures/exrWriter.ts";
import { tempDir } from "../../fixtures/tempDir.ts";
import { hasTool, NO_OIIOTOOL } from "../../fixtures/tools.ts";

type Dir = ReturnType<typeof tempDir>;

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Images whose workers find only what lies in `bin`. */
function imagesIn(dir: Dir, bin: string) {
  vi.stubEnv("PATH", bin);
  const images = createImages({ scratchDir: dir.file("scratch"), checkFolders: [], workers: 1 });
  return Object.assign(images, { [Symbol.asyncDispose]: () => images.close() });
}

function binWith(dir: Dir, script: string): string {
  mkdirSync(dir.file("bin"));
  writeFileSync(dir.file("bin/oiiotool"), `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`);
  chmodSync(dir.file("bin/oiiotool"), 0o755);
  return dir.file("bin");
}

/** DWAA in its header, stored as it is. */
function dwaa(dir: Dir): string {
  const path = dir.file("plate.exr");
  const exr = { data: [0, 0, 64, 48], channels: rgbHalf(), compression: "piz", stored: true } as const;
  writeFileSync(path, writeExr({ ...exr, lie: { compression: 8 } }));
  return path;
}

const request = (path: string): InspectRequest => ({
  path,
  bytes: readFileSync(path).length,
  frame: 1001,
  platePath: null,
  expected: { width: 64, height: 48, bitDepth: 16, ignore: [] },
  checks: [{ check: "file.decodes", limits: {} }],
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

describe("a kind that takes a tool", () => {
  test("is read for header, feed, inspection, thumbnail and sheet, and its reader is told", async (ctx) => {
    if (!hasTool("oiiotool")) return ctx.skip(NO_OIIOTOOL);
    using dir = tempDir();
    writeFileSync(dir.file("zip.exr"), writeExr({ data: [0, 0, 64, 48], channels: rgbHalf(), compression: "zip" }));
    execFileSync("oiiotool", [dir.file("zip.exr"), "--compression", "dwaa", "-o", dir.file("dwaa.exr")]);
    mkdirSync(dir.file("bin"));
    const tool = execFileSync("sh", ["-c", "command -v oiiotool"], { encoding: "utf8" }).trim();
    symlinkSync(tool, dir.file("bin/oiiotool"));
    await using images = imagesIn(dir, dir.file("bin"));
    const path = dir.file("dwaa.exr");
    expect(await images.header(path)).toMatchObject({
      format: "exr",
      width: 64,
      height: 48,
      channels: 3,
      bitDepth: 16,
    });
    expect(await images.feed(path, dir.file("feed.png"), null)).toEqual({ width: 64, height: 48 });
    const seen = await images.inspect(request(path));
    expect(seen.verdict).toBe("pass");
    expect(seen.reader).toMatch(/^oiiotool \d+\.\d.*, hotplate exr \d$/);
    await images.thumbnail(path, dir.file("small.jpg"), 32);
    const tiles = [{ path, label: "w001", mark: "pass" }] as const;
    await images.sheet({ title: "t", columns: 1, tiles }, dir.file("sheet.jpg"));
    expect(["feed.png", "small.jpg", "sheet.jpg"].every((name) => existsSync(dir.file(name)))).toBe(true);
    expect(readdirSync(dir.file("scratch"))).toEqual([]);
    return undefined;
  });

  test("is refused by name where its tool is missing, and inspection is an error, never a pass", async () => {
    using dir = tempDir();
    const path = dwaa(dir);
    await using images = imagesIn(dir, dir.file("nothing-here"));
    const missing = {
      code: "HP-PLATE-DECODER",
      hint: expect.stringContaining("apt install openimageio-tools") as string,
    };
    await expect(images.header(path)).rejects.toMatchObject(missing);
    await expect(images.feed(path, dir.file("feed.png"), null)).rejects.toMatchObject(missing);
    await expect(images.thumbnail(path, dir.file("small.jpg"), 32)).rejects.toMatchObject(missing);
    expect(await images.inspect(request(path))).toMatchObject({ verdict: "error" });
    const tiles = [{ path, label: "w001", mark: "error" }] as const;
    await images.sheet({ title: "t", columns: 1, tiles }, dir.file("sheet.jpg"));
    expect(existsSync(dir.file("sheet.jpg"))).toBe(true);
  });

  test("its tool dies with the worker, whose death nobody announces to it", async (ctx) => {
    if (execFileSync("sh", ["-c", "command -v setpriv || true"], { encoding: "utf8" }) === "")
      return ctx.skip("setpriv is not installed (Debian: util-linux)");
    using dir = tempDir();
    const path = dwaa(dir);
    const [pidFile, ready] = [dir.file("pid"), dir.file("ready")];
    execFileSync("mkfifo", [ready]);
    const script = `case "$1" in --version) echo 9.8.7; exit 0;; esac; echo $$ > ${pidFile}; echo > ${ready}; exec sleep 1000`;
    const images = imagesIn(dir, binWith(dir, script));
    const feed = images.feed(path, dir.file("feed.png"), null).catch((error: unknown) => error);
    // The tool has started when it writes into the pipe.
    await new Promise<void>((resolve) => {
      void import("node:fs/promises").then(async ({ readFile }) => {
        await readFile(ready);
        resolve();
      });
    });
    const pid = Number(readFileSync(pidFile, "utf8"));
    expect(isAlive(pid)).toBe(true);
    await images.close();
    expect(await feed).toMatchObject({ code: "HP-IMAGE-WORKER" });
    await expect.poll(() => isAlive(pid)).toBe(false);
    return undefined;
  });
});
