/** The listing is the truth: hints that never come, shares, bursts, folders that go and come, answers for a thousand at once. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFiles } from "../../daemon/adapters/files.ts";
import { mountKind } from "../../daemon/adapters/files/mountKind.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { MountKind } from "../../daemon/ports.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import type { Hot } from "./hotFolder.ts";
import { openHot } from "./hotFolder.ts";

const PLATE = "SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1001.png";
const text = (n: number): string =>
  `use: env_relight\nplate: ../${PLATE.replace("1001", "####")}\nparameters: {seed: ${n}}\n`;

function studio(root: string, kind: MountKind = "local", more: Parameters<typeof openHot>[0] | object = {}): Hot {
  const real = createFiles();
  const mount = async (path: string): ReturnType<typeof real.mount> => ({ ...(await real.mount(path)), kind });
  const hot = openHot({ root, files: { mount }, ...more });
  hot.plate(PLATE);
  return hot;
}

describe("without hints", () => {
  it("a drop is found by the next listing, a second later at most", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    await hot.look();
    hot.drop("a.yaml", text(1));
    await hot.after(1_000);
    expect(hot.status("a.yaml")).toMatch(/^ACCEPTED/);
  });

  it("after an overflow that lost every event of a burst, the listing finds all, and each is answered within 5 s", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    await hot.look();
    for (let n = 0; n < 900; n += 1) hot.drop(`m${n}.yaml`, text(n));
    await hot.after(5_000);
    const answers = hot.names().filter((name) => name.endsWith(".STATUS.txt"));
    expect(answers.length).toBe(900);
    expect(hot.names().filter((name) => name.endsWith(".yaml"))).toEqual([]);
  });
});

describe("a thousand that wait", () => {
  it("are each answered within 5 s, also those that still grow", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    await hot.look();
    for (let n = 0; n < 1_000; n += 1) hot.write(`m${n}.yaml`, `use: "env_relight_${n}`);
    await hot.after(5_000);
    const said = hot.names().filter((name) => name.endsWith(".STATUS.txt"));
    expect(said.length).toBe(1_000);
    expect(hot.status("m7.yaml")).toMatch(/^(RECEIVING|WAITING) {2}m7\.yaml/);
    expect(existsSync(join(hot.dir, "STATUS.txt"))).toBe(false);
  });

  it("and more get one word for the folder, with the count, which goes when it is over", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    await hot.look();
    for (let n = 0; n < 1_200; n += 1) hot.write(`m${n}.yaml`, "");
    await hot.after(2_000);
    expect(readFileSync(join(hot.dir, "STATUS.txt"), "utf8")).toMatch(/^BUSY {2}1200 files in hot wait to be read/);
    for (let n = 0; n < 1_200; n += 1) rmSync(join(hot.dir, `m${n}.yaml`));
    await hot.after(4_000);
    expect(existsSync(join(hot.dir, "STATUS.txt"))).toBe(false);
    expect(hot.names().filter((name) => name.endsWith(".txt"))).toEqual([]);
  });
});

describe("a burst beyond what can be answered one by one", () => {
  it("accepts files while too many wait to be read, and then answers and files each of them", async () => {
    using dir = tempDir();
    const real = createFiles();
    let claimed = 0;
    let claimedFirst: number | null = null;
    const rename = (from: string, to: string): Promise<void> => {
      if (to.includes("/claimed/")) claimed += 1;
      if (to.endsWith(".yaml.STATUS.txt")) claimedFirst ??= claimed;
      return real.rename(from, to);
    };
    const hot = openHot({ root: dir.path, files: { rename } });
    hot.plate(PLATE);
    const count = LIMITS.answersPerFolderMax + 300;
    for (let n = 0; n < count; n += 1) hot.drop(`m${n}.yaml`, text(n));
    await hot.look();
    await hot.after(6_000);
    expect(claimedFirst).toBeGreaterThanOrEqual(300);
    expect(hot.live.unanswered.get(hot.dir)?.size).toBe(0);
    expect(hot.names().filter((name) => name.endsWith(".yaml.STATUS.txt")).length).toBe(count);
    const drops = await hot.store.drops({ open: true });
    expect(drops.length).toBe(count);
    expect(drops.filter((drop) => drop.filedAt === null)).toEqual([]);
  });
});

describe("file systems", () => {
  it.each([
    ["NFS", 0x6969],
    ["SMB 2 and 3", 0xfe534d42],
    ["CIFS", 0xff534d42],
    ["FUSE", 0x65735546],
    ["9p", 0x01021997],
    ["one that nobody has heard of", 0x12345678],
  ])("%s is known by its statfs number, listed on an interval and never watched", async (_what, magic) => {
    using dir = tempDir();
    const kind = mountKind(magic);
    expect(kind).not.toBe("local");
    const hot = studio(dir.path, kind);
    await hot.look();
    expect(hot.watched()).toBe(false);
    hot.drop("a.yaml", text(1));
    // A rename is no proof there: attributes are cached. Two equal looks 2 s apart.
    await hot.after(1_500);
    expect(await hot.jobs()).toEqual([]);
    await hot.after(3_500);
    expect(hot.status("a.yaml")).toMatch(/^ACCEPTED/);
  });

  it("a local one is watched, and polled where the configuration says so", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    await hot.look();
    expect(hot.watched()).toBe(true);
    await hot.close();
    expect(hot.watched()).toBe(false);
  });
});

describe("the folder itself", () => {
  it("is waited for when it is not there, and its files have not vanished when it goes", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    hot.drop("bad.yaml", "use: nothing_like_it\n");
    await hot.hint();
    renameSync(hot.dir, `${hot.dir}.away`);
    await hot.after(5_000);
    expect(hot.view()).toMatchObject({ state: "down", reason: expect.stringContaining("ENOENT") });
    expect(hot.events.filter(({ name }) => name === "folder.down")).toHaveLength(1);
    renameSync(`${hot.dir}.away`, hot.dir);
    await hot.after(3_000);
    expect(hot.view().state).toBe("up");
    expect(hot.error("bad.yaml")).toContain("HP-RECIPE-UNKNOWN");
    hot.drop("a.yaml", text(1));
    await hot.after(2_000);
    expect(hot.status("a.yaml")).toMatch(/^ACCEPTED/);
  });

  it("that may not be written is down, with the cause and the cure in words (HP-INTAKE-FOLDER)", async () => {
    using dir = tempDir();
    const real = createFiles();
    let locked = true;
    const hot = openHot({
      root: dir.path,
      files: {
        mkdir: (path) =>
          locked ? Promise.reject(Object.assign(new Error("EACCES"), { code: "EACCES" })) : real.mkdir(path),
      },
    });
    hot.plate(PLATE);
    hot.drop("a.yaml", text(1));
    await hot.after(3_000);
    expect(hot.view().state).toBe("down");
    expect(hot.view().reason).toMatch(/Hotplate may not write in .*hot \(EACCES\).*Ask IT/);
    expect(hot.events).toContainEqual(
      expect.objectContaining({ name: "folder.down", fields: expect.objectContaining({ code: "HP-INTAKE-FOLDER" }) }),
    );
    locked = false;
    await hot.after(2_000);
    expect(hot.view()).toMatchObject({ state: "up", reason: null });
    expect(hot.status("a.yaml")).toMatch(/^ACCEPTED/);
  });

  it("whose answers can't be written is asked again at leisure, and says them when it has room", async () => {
    using dir = tempDir();
    const real = createFiles();
    let full = true;
    const hot = openHot({
      root: dir.path,
      files: {
        create: (path, data) =>
          full && path.includes("hotplate-tmp.answer")
            ? Promise.reject(Object.assign(new Error("ENOSPC"), { code: "ENOSPC" }))
            : real.create(path, data),
      },
    });
    hot.drop("bad.yaml", "use: nothing_like_it\n");
    await hot.after(4_000);
    expect(hot.error("bad.yaml")).toBeNull();
    full = false;
    await hot.after(3_000);
    expect(hot.error("bad.yaml")).toContain("HP-RECIPE-UNKNOWN");
  });

  it("with more names than are read says so itself, and is read when somebody tidied", async () => {
    using dir = tempDir();
    const real = createFiles();
    let overfull = true;
    const hot = openHot({
      root: dir.path,
      files: {
        list: (path, max) =>
          overfull && path.endsWith("/hot")
            ? Promise.reject(Object.assign(new Error("too many"), { code: "EOVERFLOW" }))
            : real.list(path, max),
      },
    });
    hot.plate(PLATE);
    hot.drop("a.yaml", text(1));
    await hot.after(2_000);
    expect(readFileSync(join(hot.dir, "STATUS.txt"), "utf8")).toMatch(/^STOPPED .*holds more than 100000 names/);
    overfull = false;
    await hot.after(3_000);
    expect(existsSync(join(hot.dir, "STATUS.txt"))).toBe(false);
    expect(hot.status("a.yaml")).toMatch(/^ACCEPTED/);
  });
});

describe("a second life", () => {
  it("reads what waits, and clears what the first one left", async () => {
    using dir = tempDir();
    const first = studio(dir.path);
    first.drop("bad.yaml", "use: nothing_like_it\n");
    first.drop("fine.yaml", text(1));
    await first.hint();
    await first.close();
    rmSync(join(first.dir, "bad.yaml"));
    writeFileSync(join(first.dir, "STATUS.txt"), "BUSY\n");
    writeFileSync(join(first.dir, ".hotplate-tmp.answer.x"), "half");
    mkdirSync(join(first.dir, ".hotplate/claimed"), { recursive: true });
    writeFileSync(join(first.dir, ".hotplate/claimed/0d4a7c1e-0000-4000-8000-000000000000.torn.yaml"), text(2));
    const second = studio(dir.path, "local", { store: first.store, startAt: first.now() + 60_000 });
    await second.after(3_000);
    expect(second.names().filter((name) => name.endsWith(".txt"))).toEqual([
      "fine.yaml.STATUS.txt",
      "torn.yaml.STATUS.txt",
    ]);
    expect(second.names().filter((name) => name.startsWith(".hotplate-tmp"))).toEqual([]);
    expect((await second.jobs()).map((job) => job.source.name).sort()).toEqual(["fine.yaml", "torn.yaml"]);
  });
});
