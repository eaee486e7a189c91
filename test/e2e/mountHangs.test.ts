/**
 * A mount that hangs for real: a FUSE file system whose server is stopped (SIGSTOP). Every call on it waits for ever, as on
 * a dead NFS server; when the server goes on, so do the calls. The test itself stays on the server's side.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { watch } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempDir } from "../fixtures/tempDir.ts";
import { makeFarm, paintPlate } from "./farm.ts";
import { drop, manifestText } from "./killRounds.ts";
import { hangingSpace } from "./mountSpace.ts";
import { versionsOf } from "./versions.ts";

async function done(folder: string, name: string): Promise<void> {
  const says = (): boolean => {
    try {
      return readFileSync(join(folder, `${name}.STATUS.txt`), "utf8").startsWith("DONE");
    } catch {
      // Not there yet.
      return false;
    }
  };
  const changes = watch(folder);
  if (says()) return;
  for await (const _change of changes) if (says()) return;
}

interface FolderLine {
  readonly path: string;
  readonly state: string;
  readonly reason: string | null;
}

describe("a hot folder on a mount that hangs", () => {
  it("is named, holds up no other folder, and goes on when the mount comes back", async ({ skip }) => {
    using server = tempDir();
    using mount = tempDir();
    const space = await hangingSpace(server.path, mount.path);
    if (typeof space === "string") return skip(space);
    await using _space = space;
    const pid = Number(space.said.get("server"));
    const far = join(server.path, "hot");
    const plates = join(server.path, "shots/SH010/plates/SH010_PL01_v001");
    for (const dir of [far, plates]) mkdirSync(dir, { recursive: true });
    writeFileSync(server.file(".hotplate-demo.json"), "{}\n");
    for (const frame of [1001, 1002]) await paintPlate(join(plates, `SH010_PL01_v001.${frame}.png`), frame);
    await using farm = await makeFarm({
      slots: 1,
      within: space.within,
      roots: () => [`  - {name: far, linux: ${mount.path}}`],
      hotFolders: () => [`  - {path: ${mount.path}/hot, show: FAR}`],
    });
    const daemon = farm.startDaemon();
    const farHot = join(mount.path, "hot");
    await daemon.line((line) => line.event === "slot.up");
    drop(far, "before.yaml", manifestText(0));
    await done(far, "before.yaml");

    process.kill(pid, "SIGSTOP");
    drop(far, "while.yaml", manifestText(3));
    drop(farm.hot, "near.yaml", manifestText(1));
    await done(farm.hot, "near.yaml");
    await daemon.line((line) => line.event === "folder.down" && line["folder"] === farHot);
    await daemon.line((line) => line.event === "root.slow" && line["path"] === mount.path);
    // Calls hang there now, and stay hanging; here all goes on.
    drop(farm.hot, "near_again.yaml", manifestText(4));
    await done(farm.hot, "near_again.yaml");
    const { folders } = (await farm.hotplate("ls", "folders")).json as { folders: readonly FolderLine[] };
    expect(folders.map(({ path, state }) => [path, state])).toEqual([
      [farm.hot, "up"],
      [farHot, "down"],
    ]);
    expect(folders[1]?.reason).toContain("does not answer");
    const doctor = await farm.hotplate("doctor");
    expect(doctor.code).toBe(4);
    expect(JSON.stringify(doctor.json)).toContain(`hot folder ${farHot}","found":"does not answer within 5 s`);
    expect(daemon.lines.some((line) => line.event === "folder.down" && line["folder"] === farm.hot)).toBe(false);

    process.kill(pid, "SIGCONT");
    await done(far, "while.yaml");
    await daemon.line((line) => line.event === "folder.up" && line["folder"] === farHot);
    expect(versionsOf(server.file("shots/SH010/kill0"))).toHaveLength(2);
    expect(versionsOf(join(farm.shot, "kill1"))).toHaveLength(2);

    // A node that is told to end while a mount hangs ends.
    process.kill(pid, "SIGSTOP");
    await daemon.line((line) => line.event === "folder.down" && line["folder"] === farHot, 2);
    daemon.process.kill("SIGTERM");
    expect(await daemon.exited).toBe(0);
  }, 600_000);
});
