/** Version numbers given by many real processes at once, through the daemon's own code, on this machine's disk. */
import { chmodSync, mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { tempDir } from "../fixtures/tempDir.ts";
import type { Round } from "./allocationRound.ts";
import { allocationRound } from "./allocationRound.ts";

/** As root the stranger is another user; else it is us, and keeps away from numbers that are claimed. */
const STRANGER = process.getuid?.() === 0 ? 65_534 : null;

async function round(of: Pick<Round, "mode" | "processes" | "each">): Promise<void> {
  using dir = tempDir();
  chmodSync(dir.path, 0o755);
  mkdirSync(dir.file("SH010"));
  const outcome = await allocationRound({ ...of, dirs: [dir.file("SH010")], kills: 2, stranger: STRANGER });
  console.info(`${of.mode}: ${JSON.stringify({ ...outcome, wrong: outcome.wrong.length })}`);
  expect(outcome.wrong).toEqual([]);
  expect(outcome.published).toBe(of.processes * of.each);
  expect(outcome.killed).toBe(of.processes * 2);
  expect(outcome.foreign).toBeGreaterThan(3);
  expect(outcome.deleted).toBeGreaterThan(3);
}

describe("eight processes, each killed twice, beside a stranger's directories and versions that are deleted", () => {
  it("give 200 numbers once each, and every version is there whole", async () => {
    await round({ mode: "plain", processes: 8, each: 25 });
  }, 300_000);

  it("do so where there are no hard links and no directory is renamed onto another, as on some SMB servers", async () => {
    await round({ mode: "smb", processes: 8, each: 10 });
  }, 300_000);

  it("do so where a third of the answers say that what was done now had been done before, as after a lost reply on NFS", async () => {
    await round({ mode: "nfs", processes: 8, each: 10 });
  }, 300_000);
});
