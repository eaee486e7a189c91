/** Versions are opened ahead of the slots, but not against a backlog. */
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { mayOpenVersions } from "../../daemon/domain/openAhead.ts";

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
