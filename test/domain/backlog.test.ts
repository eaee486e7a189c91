/** What waits for a backlog: versions that no slot could use yet, and answers beyond the bound. */
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { answerMayWait, mayOpenVersions } from "../../daemon/domain/backlog.ts";

describe("opening versions ahead", () => {
  const many = LIMITS.claimsPerBatch + 1;
  const enough = LIMITS.candidatesPerTick;

  it("goes on while no folder has more waiting than one batch takes", () => {
    expect(mayOpenVersions({ waitingFiles: [], readyTasks: 100_000 })).toBe(true);
    expect(mayOpenVersions({ waitingFiles: [0, many - 1], readyTasks: 100_000 })).toBe(true);
  });

  it("leaves the disk to a backlog when the slots have enough to do, and only then", () => {
    expect(mayOpenVersions({ waitingFiles: [0, many], readyTasks: enough })).toBe(false);
    expect(mayOpenVersions({ waitingFiles: [0, many], readyTasks: enough - 1 })).toBe(true);
  });
});

describe("the answer of one accepted file", () => {
  const max = LIMITS.answersPerFolderMax;

  it("waits only while one answer stands for the whole folder", () => {
    expect(answerMayWait({ waitingFiles: max, sinceMs: 0 })).toBe(false);
    expect(answerMayWait({ waitingFiles: max + 1, sinceMs: 0 })).toBe(true);
  });

  it("never waits longer than its bound, however long the backlog lasts", () => {
    expect(answerMayWait({ waitingFiles: max + 1, sinceMs: LIMITS.answerHoldMs - 1 })).toBe(true);
    expect(answerMayWait({ waitingFiles: max + 1, sinceMs: LIMITS.answerHoldMs })).toBe(false);
  });
});
