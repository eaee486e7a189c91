/** How commands find the daemon, also after it was killed and while another one starts. */
import { readdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readDaemonFile, removeDaemonFile, writeDaemonFile } from "../../daemon/adapters/daemonFile.ts";
import { createExec } from "../../daemon/adapters/exec.ts";
import { tempDir } from "../fixtures/tempDir.ts";

const facts = (pid: number) => ({
  pid,
  api: "http://127.0.0.1:7464",
  version: "0.1.0",
  startedAt: "2026-11-24T14:31:02.500Z",
});

/** The number of a process that has just ended. */
async function deadPid(): Promise<number> {
  return Number((await createExec().run("sh", ["-c", "echo $$"], { timeoutMs: 60_000 })).stdout);
}

describe("daemon.json", () => {
  it("says who runs and where to call, and leaves nothing else behind", async () => {
    using dir = tempDir();
    expect(await readDaemonFile(dir.path)).toBe(null);
    await writeDaemonFile(dir.path, facts(process.pid));
    expect(await readDaemonFile(dir.path)).toEqual(facts(process.pid));
    expect(readdirSync(dir.path)).toEqual(["daemon.json"]);
    await removeDaemonFile(dir.path, process.pid);
    await removeDaemonFile(dir.path, process.pid);
    expect(readdirSync(dir.path)).toEqual([]);
  });

  it("is not believed when its process is dead, and is replaced by the next daemon", async () => {
    using dir = tempDir();
    await writeDaemonFile(dir.path, facts(await deadPid()));
    expect(await readDaemonFile(dir.path)).toBe(null);
    await writeDaemonFile(dir.path, facts(process.pid));
    expect((await readDaemonFile(dir.path))?.pid).toBe(process.pid);
  });

  it("of a successor is left alone by the one that goes", async () => {
    using dir = tempDir();
    await writeDaemonFile(dir.path, facts(process.pid));
    await removeDaemonFile(dir.path, process.pid + 1);
    expect(await readDaemonFile(dir.path)).not.toBe(null);
  });

  it("is not believed when it is torn or strange", async () => {
    using dir = tempDir();
    for (const text of ["", '{"pid": 12', "[]", "null", '{"pid": -1, "api": "x", "version": "", "startedAt": ""}']) {
      writeFileSync(dir.file("daemon.json"), text);
      expect(await readDaemonFile(dir.path)).toBe(null);
    }
  });

  it("counts a process of another user as alive", async () => {
    using dir = tempDir();
    // Process 1 is always there; whether we may signal it or not, it lives.
    await writeDaemonFile(dir.path, facts(1));
    expect((await readDaemonFile(dir.path))?.pid).toBe(1);
  });
});
