/** A disk that fills up for real: a small tmpfs of the test's own. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, truncateSync, writeFileSync } from "node:fs";
import { watch } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempDir } from "../fixtures/tempDir.ts";
import { makeFarm, paintPlate } from "./farm.ts";
import { drop } from "./killRounds.ts";
import { mountSpace } from "./mountSpace.ts";
import { versionsOf, walk } from "./versions.ts";

const MB = 1_000_000;
const MANIFEST = `use: grain
plate: ../shots/SH010/plates/SH010_PL01_v001/SH010_PL01_v001.####.png
product: full
sweep:
  axes:
    seed: {count: 4, from: 1000}
  frames: 1001
...
`;

/** Leaves `bytes` free, or as few as the file system can say. */
function fill(dir: string, bytes: number): void {
  const path = join(dir, "somebody_elses_cache");
  rmSync(path, { force: true });
  const { bavail, bsize } = statfsSync(dir);
  writeFileSync(path, Buffer.alloc(Math.max(0, bavail * bsize - bytes)));
}

async function until(folder: string, holds: () => boolean): Promise<void> {
  const changes = watch(folder);
  if (holds()) return;
  for await (const _change of changes) if (holds()) return;
}

describe("a disk that is full", () => {
  it("is told to everybody, lets nothing half appear, and work goes on when there is room", async ({ skip }) => {
    using mount = tempDir();
    const space = await mountSpace(`mount -t tmpfs -o size=48m tmpfs ${mount.path}`);
    if (typeof space === "string") return skip(space);
    await using _space = space;
    const small = space.view(mount.path);
    const hot = join(small, "hot");
    const shot = join(small, "shots/SH010");
    const plates = join(shot, "plates/SH010_PL01_v001");
    for (const dir of [hot, plates]) mkdirSync(dir, { recursive: true });
    writeFileSync(join(small, ".hotplate-demo.json"), "{}\n");
    await paintPlate(join(plates, "SH010_PL01_v001.1001.png"), 1);
    await using farm = await makeFarm({
      slots: 1,
      workMs: 200,
      within: space.within,
      roots: () => [`  - {name: small, linux: ${mount.path}}`],
      hotFolders: () => [`  - {path: ${hot.replace(small, mount.path)}, show: TEST}`],
    });
    const product = join(shot, "full");
    const answer = join(hot, "relight.yaml.STATUS.txt");
    const says = (words: RegExp) => (): boolean => {
      try {
        return words.test(readFileSync(answer, "utf8"));
      } catch {
        // Not there yet.
        return false;
      }
    };

    // Nearly full from the start: answers have room, work does not begin.
    fill(small, 4 * MB);
    const daemon = farm.startDaemon();
    const full = await daemon.line((line) => line.event === "root.full");
    expect(full).toMatchObject({ root: "small", level: "error" });
    drop(hot, "relight.yaml", MANIFEST);
    await until(hot, says(/waits:.*the disk is full, [34]\.\d MB free.*Make room.*HP-DISK-FULL/));
    const job = /job:\s+(\S+)/.exec(readFileSync(answer, "utf8"))?.[1] ?? "";
    const why = JSON.stringify((await farm.hotplate("explain", job)).json);
    expect(why).toContain("HP-DISK-FULL");
    expect(why).toContain("make room there");
    const doctor = await farm.hotplate("doctor");
    expect(doctor.code).toBe(4);
    expect(JSON.stringify(doctor.json)).toMatch(/MB free: the disk is full \(HP-DISK-FULL\)/);
    expect(daemon.lines.some((line) => line.event === "task.submitted")).toBe(false);

    // Room, so that work begins; then not one byte while results come back: real ENOSPC.
    fill(small, 40 * MB);
    await daemon.line((line) => line.event === "task.submitted");
    fill(small, 0);
    await daemon.line((line) => line["work"] === "collect" && line["code"] === "ENOSPC");
    await daemon.line((line) => line.event === "root.full", 2);
    expect(versionsOf(product)).toEqual([]);
    expect(readdirSync(product).filter((name) => /^v\d/.test(name))).toEqual([]);
    expect(JSON.stringify((await farm.hotplate("explain", job)).json)).toContain("HP-DISK-FULL");
    expect(JSON.stringify((await farm.hotplate("doctor")).json)).toContain("the disk is full (HP-DISK-FULL)");

    // Killed on the full disk, started again there, and only then somebody makes room.
    await daemon.kill("SIGKILL");
    const again = farm.startDaemon();
    await again.line((line) => line.event === "root.full");
    truncateSync(join(small, "somebody_elses_cache"), 0);
    await until(hot, says(/^DONE/));
    const versions = versionsOf(product);
    expect(versions.map((version) => [version.name, version.job])).toEqual([["v001", job]]);
    expect(versions[0]?.files.filter((file) => /^w\d+\//.test(file))).toHaveLength(4);
    expect(readdirSync(join(product, ".hotplate/staging"))).toEqual([]);
    expect([...walk(small)].filter((path) => path.includes(".hotplate-tmp."))).toEqual([]);
    await again.kill("SIGTERM");
  }, 600_000);
});
