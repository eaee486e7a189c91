/** The verdicts on a slot's ComfyUI, as a table: what is seen, what it means, whether its time is over. */
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { HealthFacts } from "../../daemon/domain/slotHealth.ts";
import { verdictOf, worked } from "../../daemon/domain/slotHealth.ts";

const WELL: HealthFacts = {
  process: "alive",
  threadDied: false,
  silentMs: null,
  silence: null,
  deafMs: 0,
  queueStillMs: 0,
  promptStillMs: 0,
  idleMs: 0,
  gpuBusy: null,
};
const still = LIMITS.slotPromptStillMs + 1;
const late = (silentMs: number, idleMs: number | null): Partial<HealthFacts> => ({ silence: "late", silentMs, idleMs });
const refused = (silentMs: number): Partial<HealthFacts> => ({ silence: "refused", silentMs });

describe("the verdict on a ComfyUI", () => {
  it.each<[string, Partial<HealthFacts>, string, boolean]>([
    ["it answers and nothing is wrong", {}, "alive", false],
    ["its process is gone", { process: "gone" }, "unreachable", true],
    ["its log tells that the thread died", { threadDied: true }, "zombie", true],
    ["nobody listens for a moment", refused(5_000), "unreachable", false],
    ["nobody listens any more", refused(LIMITS.slotUnreachableMs + 1), "unreachable", true],
    ["no answer comes for a while", late(60_000, 0), "unresponsive", false],
    ["no answer comes, and it works", late(LIMITS.slotUnresponsiveMs + 1, 0), "unresponsive", false],
    [
      "no answer comes, and it does nothing",
      late(LIMITS.slotUnresponsiveMs + 1, LIMITS.slotUnresponsiveMs),
      "unresponsive",
      true,
    ],
    ["no answer comes, and nobody knows what it does", late(LIMITS.slotUnresponsiveMs + 1, null), "unresponsive", true],
    ["it works without an answer for too long", late(LIMITS.slotUnresponsiveBusyMs + 1, 0), "unresponsive", true],
    ["a call about its prompts failed", { deafMs: 60_000 }, "alive", false],
    ["it answers, and nothing about its prompts", { deafMs: LIMITS.slotUnresponsiveMs + 1 }, "zombie", true],
    ["a prompt waits between two others", { queueStillMs: 900 }, "alive", false],
    ["prompts wait and none runs", { queueStillMs: LIMITS.slotQueueStillMs + 1 }, "zombie", true],
    ["a silent prompt, and the process works", { promptStillMs: 10 * still }, "alive", false],
    [
      "a silent prompt of an attached slot",
      { process: "unknown", promptStillMs: 10 * still, idleMs: null },
      "alive",
      false,
    ],
    ["a silent prompt, and nothing moves", { promptStillMs: still, idleMs: still }, "zombie", true],
    [
      "a silent prompt, nothing moves, the GPU works",
      { promptStillMs: still, idleMs: still, gpuBusy: true },
      "alive",
      false,
    ],
    ["an idle slot", { idleMs: 10 * still }, "alive", false],
  ])("%s", (_what, facts, kind, restart) => {
    const verdict = verdictOf({ ...WELL, ...facts });
    expect([verdict.kind, verdict.restart]).toEqual([kind, restart]);
    expect(verdict.words === null).toBe(kind === "alive");
  });

  it("calls answering polls no work, and a load from disk work", () => {
    const at = (ms: number, cpuMs: number, diskBytes: number) => ({ at: ms, cpuMs, diskBytes });
    expect(worked(at(0, 0, 0), at(1_000, 20, 10_000))).toBe(false);
    expect(worked(at(0, 0, 0), at(1_000, 900, 0))).toBe(true);
    expect(worked(at(0, 0, 0), at(1_000, 0, 50e6))).toBe(true);
  });

  it("says when what it had is gone: its process ended, or nobody has listened for a while; silence alone is not that", () => {
    const facts = { ...WELL, silence: "refused", silentMs: LIMITS.slotGoneMs + 1 } as const;
    expect(verdictOf(facts).gone).toBe(true);
    expect(verdictOf({ ...facts, silentMs: LIMITS.slotGoneMs }).gone).toBe(false);
    expect(verdictOf({ ...facts, silence: "late", silentMs: 10 * LIMITS.slotUnresponsiveMs }).gone).toBe(false);
    expect(verdictOf({ ...WELL, process: "gone" }).gone).toBe(true);
  });
});
