/** Asset paths: a baseline at the first start, then each new complete plate version once, whatever restarts between. */
import { appendFileSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFiles } from "../../daemon/adapters/files.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import type { Hot, HotOptions } from "./hotFolder.ts";
import { openHot } from "./hotFolder.ts";

const glob = (root: string): string => join(root, "AGM/*/plates/*_v*");
function studio(root: string, more: Partial<HotOptions> = {}, path: Record<string, unknown> = {}): Hot {
  mkdirSync(join(root, "AGM"), { recursive: true });
  return openHot({ root, assetPaths: [{ glob: glob(root), show: "AGM", recipe: "grain", ...path }], ...more });
}
function version(hot: Hot, name: string, frames: readonly number[] = [1001, 1002, 1003], below = ""): string {
  const dir = `AGM/${name.split("_")[0]}/plates/${name}`;
  for (const frame of frames) hot.plate(`${dir}/${below}${name}.${frame}.png`);
  return join(hot.root, dir);
}
const done = async (hot: Hot): Promise<readonly string[]> => (await hot.jobs()).map((job) => job.source.name).sort();
const view = (hot: Hot) => hot.live.folders.get(glob(hot.root));

describe("an asset path", () => {
  it("takes what is there at the first start as a baseline, and what comes after as work, once, also over restarts", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    version(hot, "SH010_PL01_v001");
    await hot.after(200_000);
    expect(await done(hot)).toEqual([]);
    version(hot, "SH010_PL01_v002");
    await hot.after(50_000);
    expect(await done(hot)).toEqual([]);
    await hot.after(80_000);
    expect(await done(hot)).toEqual(["SH010_PL01_v002"]);
    const job = (await hot.jobs())[0];
    expect(job?.plan.steps[0]?.frames).toEqual([1001, 1002, 1003]);
    expect(job?.source.manifestText).toContain("SH010_PL01_v002.####.png");
    const second = studio(dir.path, { store: hot.store, startAt: hot.now() });
    await second.after(200_000);
    expect(await done(second)).toEqual(["SH010_PL01_v002"]);
    // What came while nobody ran is new all the same.
    version(second, "SH020_PL01_v001");
    const third = studio(dir.path, { store: hot.store, startAt: second.now() });
    await third.after(200_000);
    expect(await done(third)).toEqual(["SH010_PL01_v002", "SH020_PL01_v001"]);
  });

  it("with backfill: true takes what is there as work", async () => {
    using dir = tempDir();
    const hot = studio(dir.path, {}, { backfill: true });
    version(hot, "SH010_PL01_v001");
    await hot.after(150_000);
    expect(await done(hot)).toEqual(["SH010_PL01_v001"]);
  });

  it("waits for 60 s without a change, frame by frame, and in resolution folders too", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    await hot.look();
    const plate = version(hot, "SH010_PL01_v001", [1001], "4096x2160/");
    for (let n = 0; n < 6; n += 1) {
      await hot.after(40_000);
      expect(await done(hot)).toEqual([]);
      hot.plate(`AGM/SH010/plates/SH010_PL01_v001/4096x2160/SH010_PL01_v001.${1002 + n}.png`);
    }
    // The last one grows in place: no name changes.
    await hot.after(40_000);
    appendFileSync(join(plate, "4096x2160/SH010_PL01_v001.1007.png"), "more");
    await hot.after(50_000);
    expect(await done(hot)).toEqual([]);
    await hot.after(60_000);
    expect((await hot.jobs())[0]?.plan.steps[0]?.frames.length).toBe(7);
  });

  it("does not take frames with a gap for complete; the late frame makes them so", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    await hot.look();
    version(hot, "SH010_PL01_v001", [1001, 1002, 1004]);
    await hot.after(400_000);
    expect(await done(hot)).toEqual([]);
    expect(view(hot)?.reason).toContain("Plate has no frames 1003");
    hot.plate("AGM/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.1003.png");
    await hot.after(150_000);
    expect(await done(hot)).toEqual(["SH010_PL01_v001"]);
    expect(view(hot)?.reason).toBeNull();
  });

  it("with a marker file takes a plate when the marker is there, at once, and never before", async () => {
    using dir = tempDir();
    const hot = studio(dir.path, {}, { marker: "COMPLETE" });
    await hot.look();
    const plate = version(hot, "SH010_PL01_v001");
    await hot.after(400_000);
    expect(await done(hot)).toEqual([]);
    writeFileSync(join(plate, "COMPLETE"), "");
    await hot.after(61_000);
    expect(await done(hot)).toEqual(["SH010_PL01_v001"]);
  });

  it("plans a hundred new versions one after the other, without waiting for a listing each", async () => {
    using dir = tempDir();
    const hot = studio(dir.path, {}, { marker: "COMPLETE" });
    await hot.look();
    for (let n = 1; n <= 100; n += 1)
      writeFileSync(join(version(hot, `SH010_PL01_v${String(n).padStart(3, "0")}`, [1001]), "COMPLETE"), "");
    await hot.after(61_000);
    expect((await done(hot)).length).toBe(100);
  });

  it("says once why a plate can't be used, and tries it again when something in it changed", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    await hot.look();
    hot.plate("AGM/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.broken.png");
    await hot.after(300_000);
    const rejected = (): number => hot.events.filter(({ name }) => name === "manifest.rejected").length;
    expect(rejected()).toBe(1);
    expect(view(hot)?.reason).toContain("the file is cut");
    rmSync(join(dir.path, "AGM/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.broken.png"));
    version(hot, "SH010_PL01_v001");
    await hot.after(150_000);
    expect(await done(hot)).toEqual(["SH010_PL01_v001"]);
    expect(rejected()).toBe(1);
  });

  it("is down when its base is not there, which is not the same as empty, and up again by itself", async () => {
    using dir = tempDir();
    const hot = studio(dir.path);
    version(hot, "SH010_PL01_v001");
    await hot.look();
    renameSync(join(dir.path, "AGM"), join(dir.path, "gone"));
    await hot.after(61_000);
    expect(view(hot)).toMatchObject({ state: "down", reason: expect.stringContaining("ENOENT") });
    renameSync(join(dir.path, "gone"), join(dir.path, "AGM"));
    await hot.after(200_000);
    expect(view(hot)).toMatchObject({ state: "up", reason: null });
    expect(await done(hot)).toEqual([]);
  });

  it("looks at a bounded number of matches, says so, and follows no link", async () => {
    using dir = tempDir();
    const real = createFiles();
    const bounds: number[] = [];
    const hot = studio(dir.path, {
      files: {
        glob: async (pattern, max) => {
          bounds.push(max);
          return { ...(await real.glob(pattern, max)), truncated: true };
        },
      },
    });
    await hot.look();
    const outside = version(hot, "SH010_PL01_v001").replace("AGM/SH010", "AGM/SH010");
    mkdirSync(join(dir.path, "AGM/SH020/plates"), { recursive: true });
    symlinkSync(outside, join(dir.path, "AGM/SH020/plates/SH020_PL01_v001"));
    await hot.after(200_000);
    expect(bounds[0]).toBe(LIMITS.assetPathMatchesMax);
    expect(view(hot)?.reason).toContain("more than 10000 matches");
    expect(await done(hot)).toEqual(["SH010_PL01_v001"]);
    expect(hot.events.filter(({ fields }) => fields["work"] === "asset path")).toHaveLength(1);
  });

  it("never writes in an asset tree, a day after the end neither", async () => {
    using dir = tempDir();
    const hot = studio(dir.path, {}, { glob: join(dir.path, "AGM/SH010/plates/SH010_PL01_v001"), backfill: true });
    const plate = version(hot, "SH010_PL01_v001");
    const before = [readdirSync(plate), statSync(plate).mtimeMs];
    await hot.after(150_000);
    const [job] = await hot.jobs();
    expect(job).toBeDefined();
    await hot.end(job!);
    await hot.after(1_000);
    await hot.sleepFor(25 * 60 * 60_000);
    expect([readdirSync(plate), statSync(plate).mtimeMs]).toEqual(before);
    expect(await hot.store.drops({ open: true })).toEqual([]);
  });
});
