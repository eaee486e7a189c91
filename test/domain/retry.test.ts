/** What follows a failure: every class, first and last time. */
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { AfterFailure, AttemptHistory, FailureClass } from "../../daemon/domain/retry.ts";
import { afterFailure, afterLoss, backoffMs, FAILURE_CLASSES } from "../../daemon/domain/retry.ts";
import { overTime } from "../../daemon/domain/timeLimit.ts";

const FIRST: AttemptHistory = { failures: 1, distinctSlots: 1, comfyCrashes: 0, memory: null, slotLeft: true };
const after = (of: FailureClass, history: Partial<AttemptHistory> = {}): AfterFailure =>
  afterFailure({ class: of, code: "HP-COMFY-FAILED", message: "" }, { ...FIRST, ...history });
const words = (step: AfterFailure): string =>
  `${step.kind}${step.kind === "final" ? ` ${step.reason}` : ` ${step.delayMs}`}`;

describe("after a failure", () => {
  it.each<[FailureClass, string, Partial<AttemptHistory>, string]>([
    ["connection", "defer 2000", { failures: 99 }, "defer 2000"],
    ["disk", "defer 2000", { failures: 99 }, "defer 2000"],
    ["lost", "retry 0", { comfyCrashes: LIMITS.comfyCrashesMax }, "final poison"],
    ["missing_model", "defer 0", { slotLeft: false }, "final nowhere"],
    ["missing_node", "defer 0", { slotLeft: false }, "final nowhere"],
    ["bad_graph", "final hopeless", {}, "final hopeless"],
    ["bad_input", "final hopeless", {}, "final hopeless"],
    ["canceled", "final hopeless", {}, "final hopeless"],
    ["qc", "final hopeless", {}, "final hopeless"],
    ["memory", "final nowhere", { memory: { kind: "alone", slots: ["a"] } }, "retry 0"],
    ["poisoned", "retry 0", { comfyCrashes: LIMITS.comfyCrashesMax }, "final poison"],
    ["timeout", "retry 2000", { failures: LIMITS.attemptsMax }, "final poison"],
    ["output", "retry 2000", { distinctSlots: LIMITS.poisonSlotsMax }, "final poison"],
    ["node_error", "retry 2000", { failures: 3 }, "retry 8000"],
    ["other", "retry 2000", { failures: LIMITS.attemptsMax }, "final poison"],
  ])("of class %s: %s; %o: %s", (of, first, history, later) => {
    expect([words(after(of)), words(after(of, history))]).toEqual([first, later]);
  });

  it("every class has an answer", () => {
    for (const of of FAILURE_CLASSES) expect(words(after(of))).toMatch(/^(retry|defer|final) \w+$/);
  });

  it("out of memory ends with the arithmetic, or with the count where sizes are not known", () => {
    const end = { kind: "end", message: "It needs more than 48 GiB" } as const;
    expect(after("memory", { memory: end })).toEqual({ kind: "final", reason: "nowhere", message: end.message });
    const larger = { kind: "larger", slots: ["b"] } as const;
    expect(words(after("memory", { memory: larger, failures: LIMITS.attemptsMax }))).toBe("final poison");
  });

  it("a task that was lost while it ran is sent again, but not for ever, and less often where a crash was seen", () => {
    const lost = (crashed: boolean): readonly string[] =>
      Array.from({ length: LIMITS.lostRunsMax + 1 }, (_, lostBefore) => afterLoss({ lostBefore, crashed }));
    expect(lost(true).indexOf("poison")).toBe(LIMITS.comfyCrashesMax);
    expect(lost(false).indexOf("poison")).toBe(LIMITS.lostRunsMax);
  });

  it("pauses double and are bounded", () => {
    expect([1, 2, 3, 50].map(backoffMs)).toEqual([2_000, 4_000, 8_000, LIMITS.retryDelayMaxMs]);
  });
});

describe("a prompt's time", () => {
  const limit = (of: { ran: number; still?: number | null; timeoutMs?: number }) =>
    overTime({
      now: 10_000_000,
      runningSince: 10_000_000 - of.ran,
      movedAt: of.still === undefined || of.still === null ? null : 10_000_000 - of.still,
      timeoutMs: of.timeoutMs ?? 60_000,
      usualMs: null,
    });

  it("counts from the last progress, not from its start", () => {
    expect(limit({ ran: 60_000 })).toBeNull();
    expect(limit({ ran: 60_001 })).toBe("it made no progress for 60 s");
    expect(limit({ ran: 500_000, still: 59_000 })).toBeNull();
    expect(limit({ ran: 500_000, still: 61_000 })).toBe("it made no progress for 60 s");
  });

  it("does not begin while it waits in ComfyUI's queue", () => {
    expect(overTime({ now: 10_000_000, runningSince: null, movedAt: null, timeoutMs: 1, usualMs: null })).toBeNull();
  });

  it("is shorter where it is known what such work takes, never under a minute and never over the recipe's own", () => {
    const at = (stillMs: number, usualMs: number | null): string | null =>
      overTime({ now: stillMs, runningSince: 0, movedAt: null, timeoutMs: 1_800_000, usualMs });
    expect(at(60_001, 1_000)).toBe("it made no progress for 60 s; such work takes 1 s");
    expect([at(60_000, 1_000), at(199_000, 10_000), at(1_700_000, 600_000), at(1_700_000, null)]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(at(200_001, 10_000)).toBe("it made no progress for 3 min; such work takes 10 s");
    expect(at(1_800_001, 600_000)).toBe("it made no progress for 30 min");
  });

  it("has an end, whatever it says of its progress", () => {
    expect(limit({ ran: 600_001, still: 0 })).toBe("it ran 10 min and made no end, although it made progress");
  });
});
