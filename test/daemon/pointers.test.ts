/** What lies beside versions on a real disk: always whole, always the truth, never somebody else's. */
import { failingAt } from "../fixtures/failingAt.ts";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { appendApproval } from "../../daemon/approvalLog.ts";
import { refreshPointers } from "../../daemon/pointers.ts";
import type { Files } from "../../daemon/ports.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import { commitOf, makeVersion, versionWorld } from "../fixtures/versions.ts";

const JSON_ONLY = { latest: "json", hero: "off", symlink: false } as const;
const ALL = { latest: "json", hero: "copy", symlink: true } as const;
const read = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;

async function approve(env: string, subject: string, action: "approve" | "retake" = "approve"): Promise<void> {
  await appendApproval(versionWorld(), env, {
    ts: "2026-11-27T10:00:00.000Z",
    who: "ana",
    via: "command",
    assurance: "weak",
    subject,
    action,
    note: "the sodium one",
    commitSha256: commitOf(env, Number(subject.slice(1, 4))),
  });
}

describe("latest.json", () => {
  it("names the newest committed version, its commit and its path, and is not written again for nothing", async () => {
    using dir = tempDir();
    const env = dir.file("env");
    makeVersion(env, 3);
    makeVersion(env, 12);
    // No version for anybody: no commit.
    mkdirSync(join(env, "v013"));
    expect((await refreshPointers(versionWorld(), env, JSON_ONLY)).changed).toEqual(["latest.json v012"]);
    expect(read(join(env, "latest.json"))).toEqual({
      schema: "hotplate-latest/1",
      product: "env",
      version: "v012",
      path: "v012",
      commitSha256: commitOf(env, 12),
      committedAt: "2026-11-01T10:00:00.000Z",
    });
    expect(await refreshPointers(versionWorld(), env, JSON_ONLY)).toEqual({ changed: [], trouble: [] });
    expect(readdirSync(env).toSorted()).toEqual([".hotplate", "latest.json", "v003", "v012", "v013"]);
  });

  it("follows when the newest version is deleted, and is not made where it is not wanted", async () => {
    using dir = tempDir();
    const env = dir.file("env");
    makeVersion(env, 1);
    makeVersion(env, 2);
    await refreshPointers(versionWorld(), env, JSON_ONLY);
    rmSync(join(env, "v002"), { recursive: true });
    await refreshPointers(versionWorld(), env, JSON_ONLY);
    expect(read(join(env, "latest.json"))["version"]).toBe("v001");
    rmSync(join(env, "latest.json"));
    await refreshPointers(versionWorld(), env, { ...JSON_ONLY, latest: "none" });
    expect(existsSync(join(env, "latest.json"))).toBe(false);
  });

  it("that somebody else wrote is left alone and told", async () => {
    using dir = tempDir();
    const env = dir.file("env");
    makeVersion(env, 1);
    writeFileSync(join(env, "latest.json"), "mine");
    expect((await refreshPointers(versionWorld(), env, JSON_ONLY)).trouble).toEqual([
      "latest.json is not ours; it was left as it is",
    ]);
    expect(readFileSync(join(env, "latest.json"), "utf8")).toBe("mine");
  });
});

describe("approved.json", () => {
  it("says what the log says, also when it was lost, and goes when the approval is taken back", async () => {
    using dir = tempDir();
    const env = dir.file("env");
    makeVersion(env, 1);
    makeVersion(env, 2, { wedges: 3 });
    await approve(env, "v001");
    await approve(env, "v002/w003");
    await refreshPointers(versionWorld(), env, JSON_ONLY);
    const wanted = {
      schema: "hotplate-approved/1",
      product: "env",
      version: "v002",
      wedge: "w003",
      path: "v002/w003",
      by: "ana",
      assurance: "weak",
      at: "2026-11-27T10:00:00.000Z",
      note: "the sodium one",
      commitSha256: commitOf(env, 2),
    };
    expect(read(join(env, "approved.json"))).toEqual(wanted);
    rmSync(join(env, "approved.json"));
    await refreshPointers(versionWorld(), env, JSON_ONLY);
    expect(read(join(env, "approved.json"))).toEqual(wanted);
    await approve(env, "v002/w003", "retake");
    await refreshPointers(versionWorld(), env, JSON_ONLY);
    expect(read(join(env, "approved.json"))["version"]).toBe("v001");
    await approve(env, "v001", "retake");
    await refreshPointers(versionWorld(), env, JSON_ONLY);
    expect(existsSync(join(env, "approved.json"))).toBe(false);
  });
});

describe("the hero copy and the link", () => {
  it("hold the newest version under names that stay the same, in files of their own", async () => {
    using dir = tempDir();
    const env = dir.file("env");
    makeVersion(env, 1, { wedges: 2 });
    await refreshPointers(versionWorld(), env, ALL);
    const names = (): readonly string[] => readdirSync(join(env, "hero"), { recursive: true }).map(String).toSorted();
    const first = names();
    expect(first).toEqual([
      "contact.jpg",
      "hero.json",
      "w001",
      "w001/SH010_PL01_env_w001.1001.png",
      "w002",
      "w002/SH010_PL01_env_w002.1001.png",
      "wedges.json",
    ]);
    makeVersion(env, 2, { wedges: 2 });
    await refreshPointers(versionWorld(), env, ALL);
    expect(names()).toEqual(first);
    expect(read(join(env, "hero/hero.json"))).toMatchObject({ version: "v002", commitSha256: commitOf(env, 2) });
    const copy = join(env, "hero/w001/SH010_PL01_env_w001.1001.png");
    const master = join(env, "v002/w001/SH010_PL01_env_v002_w001.1001.png");
    expect(readFileSync(copy, "utf8")).toBe(readFileSync(master, "utf8"));
    expect(statSync(copy).ino).not.toBe(statSync(master).ino);
    expect(readlinkSync(join(env, "latest"))).toBe("v002");
    expect(readdirSync(join(env, ".hotplate")).toSorted()).toEqual(["claims"]);
  });

  it("are left alone where a person has those names", async () => {
    using dir = tempDir();
    const env = dir.file("env");
    makeVersion(env, 1);
    mkdirSync(join(env, "hero"));
    writeFileSync(join(env, "hero/mine.txt"), "mine");
    mkdirSync(join(env, "latest"));
    expect((await refreshPointers(versionWorld(), env, ALL)).trouble).toHaveLength(2);
    expect(readdirSync(join(env, "hero"))).toEqual(["mine.txt"]);
    rmSync(join(env, "latest"), { recursive: true });
    symlinkSync("../plates", join(env, "latest"));
    mkdirSync(dir.file("plates"));
    expect((await refreshPointers(versionWorld(), env, ALL)).trouble).toContainEqual(
      expect.stringMatching(/^latest leads/),
    );
    expect(readlinkSync(join(env, "latest"))).toBe("../plates");
  });

  it("get the mark of a whole copy only when all else of it is durable", async () => {
    using dir = tempDir();
    const env = dir.file("env");
    makeVersion(env, 1, { wedges: 2 });
    const world = versionWorld();
    const dirs: string[] = [];
    const files: Files = {
      ...world.files,
      syncDir: async (path) => {
        dirs.push(path.replace(`${env}/`, ""));
        await world.files.syncDir(path);
      },
      create: async (path, data) => {
        if (path.endsWith("hero.json"))
          expect(dirs.slice(-3).toSorted()).toEqual([".hotplate/hero", ".hotplate/hero/w001", ".hotplate/hero/w002"]);
        await world.files.create(path, data);
      },
    };
    expect((await refreshPointers({ ...world, files }, env, ALL)).changed).toContain("hero v001");
  });

  it("are whole or not there whichever call fails, and right after the next try", async () => {
    using dir = tempDir();
    const world = versionWorld();
    for (let n = 1; ; n += 1) {
      const env = dir.file(`try${n}/env`);
      makeVersion(env, 1, { wedges: 2 });
      await refreshPointers(world, env, ALL);
      makeVersion(env, 2, { wedges: 2 });
      const failing = failingAt(world.files, n);
      await refreshPointers({ ...world, files: failing.files }, env, ALL).catch((error: unknown) => {
        expect(String(error)).toContain("EIO");
      });
      const hero = join(env, "hero");
      if (existsSync(hero)) {
        const { version } = read(join(hero, "hero.json"));
        const number = version === "v001" ? 1 : 2;
        for (const wedge of ["w001", "w002"])
          expect(readFileSync(join(hero, wedge, `SH010_PL01_env_${wedge}.1001.png`), "utf8")).toBe(
            `pixels of ${wedge}/SH010_PL01_env_v00${number}_${wedge}.1001.png`,
          );
      }
      await refreshPointers(world, env, ALL);
      expect(read(join(hero, "hero.json"))["version"]).toBe("v002");
      expect(read(join(env, "latest.json"))["version"]).toBe("v002");
      expect(readlinkSync(join(env, "latest"))).toBe("v002");
      if (failing.calls() < n) {
        expect(n).toBeGreaterThan(40);
        return;
      }
    }
  }, 60_000);
});
