/**
 * Version numbers given by four processes on two clients of one share, each process killed once: real NFS and SMB clients
 * and servers, in a guest. A machine's own kernel may have neither, and its mounts are not ours to make.
 */
import { describe, expect, it } from "vitest";
import type { RoundOutcome } from "../e2e/allocationRound.ts";
import { tempDir } from "../fixtures/tempDir.ts";
import type { Share } from "./shareGuest.ts";
import { inGuest, nodeInGuest, noGuest } from "./shareGuest.ts";

const KINDS: readonly (readonly [Share, string])[] = [
  ["nfs3", "nfs"],
  ["nfs4.2", "nfs"],
  ["smb3.1.1", "smb2"],
  ["smb3.1.1 on FAT", "smb2"],
];

describe("four processes on two clients of one share", () => {
  it.for(KINDS)(
    "give numbers once each, and every version is there whole: %s",
    { timeout: 600_000 },
    async ([share, mounted], { skip }) => {
      const reason = noGuest();
      if (reason !== null) return skip(`shares: ${reason}`);
      using dir = tempDir();
      // On SMB everybody is the user of the mount: the stranger keeps away from numbers that are claimed.
      const stranger = share.startsWith("nfs") ? "STRANGER=65534 " : "";
      const round = `${nodeInGuest().replace("; ", `; ${stranger}`)} test/e2e/allocationRound.ts plain 4 10 1 /mnt/1/shot /mnt/2/shot 2>&1`;
      const lines = await inGuest(dir, share, round);
      expect(lines.filter((line) => line.startsWith("MOUNTED"))).toEqual([`MOUNTED ${mounted}`, `MOUNTED ${mounted}`]);
      const outcome = JSON.parse(lines.find((line) => line.startsWith("{")) ?? "null") as RoundOutcome | null;
      console.info(`${share}: ${JSON.stringify(outcome)}`);
      if (outcome === null) throw new Error(lines.join("\n"));
      expect(outcome.wrong).toEqual([]);
      expect([outcome.published, outcome.killed]).toEqual([40, 4]);
    },
  );
});
