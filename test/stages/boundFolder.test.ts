/** A hot folder bound to a recipe: an image or a folder of plates is enough. And media in a folder that is not bound. */
import { appendFileSync, existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempDir } from "../fixtures/tempDir.ts";
import type { Hot } from "./hotFolder.ts";
import { openHot } from "./hotFolder.ts";

const bound = (root: string): Hot => openHot({ root, recipe: "grain" });
const frames = async (hot: Hot): Promise<readonly unknown[]> =>
  (await hot.jobs()).map((job) =>
    job.plan.steps[0]?.plate?.frames.map((frame) => frame.frame ?? frame.path.split("/").at(-1)),
  );

describe("bound to a recipe", () => {
  it("a dropped image needs no manifest, stays where it is, and gets one made for it on record", async () => {
    using dir = tempDir();
    const hot = bound(dir.path);
    await hot.look();
    hot.plate("hot/still.png");
    await hot.hint();
    expect(hot.status("still.png")).toMatch(/^ACCEPTED {2}still\.png\n[^]*runs: {5}grain 1\.0\.0 on still\.png/);
    const [job] = await hot.jobs();
    expect(job?.source.manifestText).toBe(
      '# Written by Hotplate for a dropped plate.\nuse: grain\nplate: "./still.png"\n',
    );
    expect(existsSync(join(hot.dir, "still.png"))).toBe(true);
    await hot.after(10_000);
    const second = openHot({ root: dir.path, recipe: "grain", store: hot.store, startAt: hot.now() });
    await second.after(10_000);
    expect((await second.jobs()).length).toBe(1);
  });

  it("an image that is copied slowly waits, says so within 5 s, and is taken 5 s after its last byte", async () => {
    using dir = tempDir();
    const hot = bound(dir.path);
    await hot.look();
    hot.write("slow.png", "x");
    await hot.after(2_000);
    expect(hot.status("slow.png")).toMatch(/^WAITING {2}slow\.png/);
    for (let n = 0; n < 4; n += 1) {
      appendFileSync(join(hot.dir, "slow.png"), "more");
      await hot.after(4_000);
      expect(await hot.jobs()).toEqual([]);
    }
    await hot.after(8_000);
    expect(hot.status("slow.png")).toMatch(/^ACCEPTED/);
  });

  it("a folder of plates is one job of all its frames, when nothing in it has changed for 5 s", async () => {
    using dir = tempDir();
    const hot = bound(dir.path);
    await hot.look();
    for (const frame of [1001, 1002]) hot.plate(`hot/SH010_v001/SH010_v001.${frame}.png`);
    await hot.after(4_000);
    expect(hot.status("SH010_v001")).toMatch(/^WAITING {2}SH010_v001/);
    hot.plate("hot/SH010_v001/SH010_v001.1003.png");
    await hot.after(4_000);
    expect(await hot.jobs()).toEqual([]);
    await hot.after(4_000);
    expect(await frames(hot)).toEqual([[1001, 1002, 1003]]);
    expect(hot.status("SH010_v001")).toMatch(/^ACCEPTED/);
    await hot.after(60_000);
    expect((await hot.jobs()).length).toBe(1);
  });

  it("frames that are dropped one by one are one job when no more come for 5 s, and one answer", async () => {
    using dir = tempDir();
    const hot = bound(dir.path);
    await hot.look();
    for (const frame of [1003, 1001, 1004, 1002]) {
      hot.plate(`hot/SH010_v001.${frame}.png`);
      await hot.after(3_000);
      expect(await hot.jobs()).toEqual([]);
    }
    expect(hot.status("SH010_v001.1003.png")).toContain("4 frames of SH010_v001.####.png so far.");
    await hot.after(6_000);
    expect(await frames(hot)).toEqual([[1001, 1002, 1003, 1004]]);
    const answers = hot.names().filter((name) => name.endsWith(".txt"));
    expect(answers).toEqual(["SH010_v001.1003.png.STATUS.txt"]);
    expect(hot.status("SH010_v001.1003.png")).toMatch(/^ACCEPTED/);
    await hot.after(60_000);
    const second = openHot({ root: dir.path, recipe: "grain", store: hot.store, startAt: hot.now() });
    await second.after(20_000);
    expect((await second.jobs()).length).toBe(1);
  });

  it("a frame that comes after the job makes a new one of the whole sequence; the first frame may go before it", async () => {
    using dir = tempDir();
    const hot = bound(dir.path);
    await hot.look();
    for (const frame of [1001, 1002]) hot.plate(`hot/x.${frame}.png`);
    hot.plate("hot/y.0001.png");
    await hot.after(2_000);
    hot.plate("hot/y.0002.png");
    await hot.after(1_500);
    rmSync(join(hot.dir, "y.0001.png"));
    await hot.after(5_000);
    expect(await frames(hot)).toEqual([[1001, 1002]]);
    await hot.after(40_000);
    expect((await frames(hot)).map(String).toSorted()).toEqual(["1001,1002", "2"]);
    hot.plate("hot/x.1003.png");
    await hot.after(12_000);
    expect((await frames(hot)).map(String).toSorted()).toEqual(["1001,1002", "1001,1002,1003", "2"]);
    await hot.after(60_000);
    expect((await hot.jobs()).length).toBe(3);
  });

  it("an answer that says waiting is withdrawn when its file vanished while no daemon ran; others stay", async () => {
    using dir = tempDir();
    const hot = bound(dir.path);
    await hot.look();
    hot.plate("hot/done.png");
    hot.write("slow.png", "x");
    hot.write("slower.png", "x");
    await hot.after(2_000);
    expect([hot.status("slow.png"), hot.status("slower.png")]).toEqual([
      expect.stringMatching(/^WAITING/),
      expect.stringMatching(/^WAITING/),
    ]);
    for (const name of ["slow.png", "done.png"]) rmSync(join(hot.dir, name));
    writeFileSync(join(hot.dir, "theirs.STATUS.txt"), "of an older store: DONE\n");
    writeFileSync(join(hot.dir, "big.mov.STATUS.txt"), "RECEIVING  big.mov\n");
    const second = openHot({ root: dir.path, recipe: "grain", store: hot.store, startAt: hot.now() });
    await second.after(2_000);
    expect(second.names().filter((name) => name.endsWith(".txt"))).toEqual([
      "done.png.STATUS.txt",
      "slower.png.STATUS.txt",
      "theirs.STATUS.txt",
    ]);
  });

  it("a plate in a resolution folder that still grows below is not taken", async () => {
    using dir = tempDir();
    const hot = bound(dir.path);
    await hot.look();
    hot.plate("hot/SH010_v001/4096x2160/SH010_v001.1001.png");
    for (let n = 0; n < 4; n += 1) {
      await hot.after(3_000);
      appendFileSync(join(hot.dir, "SH010_v001/4096x2160/SH010_v001.1001.png"), "more");
    }
    expect(await hot.jobs()).toEqual([]);
    await hot.after(9_000);
    expect(await frames(hot)).toEqual([[1001]]);
  });

  it("a folder with two sequences, or with none, is answered in words", async () => {
    using dir = tempDir();
    const hot = bound(dir.path);
    await hot.look();
    hot.plate("hot/two/a.1001.png");
    hot.plate("hot/two/b.1001.png");
    mkdirSync(join(hot.dir, "none"));
    await hot.after(8_000);
    expect(hot.error("two")).toContain("The folder holds 2 sequences; which one is the plate can't be told.");
    expect(hot.status("none")).toContain("The folder holds no images yet.");
    rmSync(join(hot.dir, "none"), { recursive: true });
    await hot.after(3_000);
    expect(hot.status("none")).toBeNull();
  });

  it("the folder's own results, beside the plate, are never work again", async () => {
    using dir = tempDir();
    const hot = bound(dir.path);
    await hot.look();
    hot.plate("hot/still.png");
    await hot.hint();
    // What publishing leaves there.
    for (const path of ["hot/grain/v001/still_grain_v001.png", "hot/review/grain_v001/grain_v001_contact.jpg"])
      hot.plate(path);
    await hot.after(20_000);
    expect((await hot.jobs()).length).toBe(1);
    // In a later life, which knows of no job any more, the state folder inside tells.
    mkdirSync(join(hot.dir, "grain/.hotplate/claims"), { recursive: true });
    const other = openHot({ root: dir.path, recipe: "grain", takeOver: true });
    await other.after(20_000);
    expect((await other.jobs()).map((job) => job.source.name)).toEqual(["still.png"]);
    expect(other.answer("grain")).toBeNull();
  });

  it("a manifest is taken there too, and needs no use:", async () => {
    using dir = tempDir();
    const hot = bound(dir.path);
    await hot.look();
    hot.plate("plates/x.1001.png");
    hot.drop("m.yaml", "plate: ../plates/x.####.png\n");
    await hot.hint();
    expect((await hot.jobs())[0]?.plan.steps[0]?.recipe.name).toBe("grain");
  });

  it("anything else is told what the folder takes", async () => {
    using dir = tempDir();
    const hot = bound(dir.path);
    hot.write("notes.txt", "hello");
    await hot.after(5_000);
    expect(hot.error("notes.txt")).toMatch(
      /^REJECTED {2}notes\.txt: it is not a manifest, an image or a folder of plates for the recipe grain\./,
    );
  });
});

describe("not bound", () => {
  it("plates dropped with their manifest get no answer of their own, in whatever order they come", async () => {
    using dir = tempDir();
    const hot = openHot({ root: dir.path });
    await hot.look();
    for (const frame of [1001, 1002]) hot.plate(`hot/x.${frame}.png`);
    hot.plate("hot/folder/y.1001.png");
    hot.drop("x.yaml", "use: env_relight\nplate: ./x.####.png\n");
    hot.drop("y.yaml", "use: env_relight\nplate: ./folder/y.####.png\n");
    await hot.after(8_000);
    expect(hot.names().filter((name) => name.endsWith(".txt"))).toEqual(["x.yaml.STATUS.txt", "y.yaml.STATUS.txt"]);
  });

  it("a stray sequence gets one answer, and the manifest that names it later takes it back", async () => {
    using dir = tempDir();
    const hot = openHot({ root: dir.path });
    await hot.look();
    for (const frame of [1001, 1002, 1003]) hot.plate(`hot/x.${frame}.png`);
    hot.plate("hot/folder/y.1001.png");
    await hot.after(6_000);
    expect(hot.names().filter((name) => name.endsWith(".txt"))).toEqual(["folder.ERROR.txt", "x.####.png.ERROR.txt"]);
    hot.drop("x.yaml", "use: env_relight\nplate: ./x.####.png\n");
    hot.drop("y.yaml", "use: env_relight\nplate: ./folder/y.####.png\n");
    await hot.after(3_000);
    expect(hot.names().filter((name) => name.endsWith(".txt"))).toEqual(["x.yaml.STATUS.txt", "y.yaml.STATUS.txt"]);
  });

  it("a manifest whose plate comes after it is refused, and accepted by itself when the plate is there", async () => {
    using dir = tempDir();
    const hot = openHot({ root: dir.path });
    await hot.look();
    hot.drop("x.yaml", "use: env_relight\nplate: ../late/x.####.png\n");
    await hot.hint();
    expect(hot.error("x.yaml")).toContain("HP-PLATE-MISSING");
    hot.plate("late/x.1001.png");
    await hot.after(20_000);
    expect(hot.error("x.yaml")).toBeNull();
    expect(hot.status("x.yaml")).toMatch(/^ACCEPTED/);
    expect(hot.events.filter(({ name }) => name === "manifest.rejected")).toHaveLength(1);
  });

  it("a manifest that names a plate still being copied waits, and says for which file", async () => {
    using dir = tempDir();
    const hot = openHot({ root: dir.path });
    await hot.look();
    hot.plate("plates/x.1001.png");
    writeFileSync(join(dir.path, "plates/x.1002.png"), "half");
    // Its last write lies half a second back.
    utimesSync(join(dir.path, "plates/x.1002.png"), (hot.now() - 500) / 1_000, (hot.now() - 500) / 1_000);
    hot.drop("x.yaml", "use: env_relight\nplate: ../plates/x.####.png\n");
    await hot.hint();
    expect(hot.status("x.yaml")).toMatch(/^WAITING {2}x\.yaml\n[^]* {2}1 file is still growing \(x\.1002\.png\)/);
    await hot.after(5_000);
    expect(hot.status("x.yaml")).toMatch(/^ACCEPTED/);
  });
});
