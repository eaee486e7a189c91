/** When a machine, not its work, is why attempts fail. */
import { describe, expect, it } from "vitest";
import type { FailureClass } from "../../daemon/domain/retry.ts";
import type { EndedAttempt } from "../../daemon/domain/sickness.ts";
import { sickness, sicknessWords, sickParts } from "../../daemon/domain/sickness.ts";

/** `a1:memory b1:ok ...`: slot, job, how it ended; each job is a kind of work of its own unless it is said otherwise. */
function ended(text: string, kind: string | null = null): readonly EndedAttempt[] {
  return text.split(" ").map((one) => {
    const [place = "", end = ""] = one.split(":");
    return {
      slot: place.slice(0, 1),
      jobId: place.slice(1),
      workKey: kind ?? place.slice(1),
      failed: end === "ok" ? null : (end as FailureClass),
    };
  });
}

describe("a slot", () => {
  it.each<[string, string, boolean]>([
    ["five of two jobs, all by the machine", "a1:memory a1:memory a2:timeout a1:memory a2:output", true],
    ["only four", "a1:memory a1:memory a2:timeout a1:memory", false],
    ["five of one job: it may be the job", "a1:memory a1:memory a1:timeout a1:memory a1:output", false],
    ["one of the last five was well", "a1:memory a2:memory a1:ok a1:memory a2:output a1:memory", false],
    ["well long ago", "a1:ok a1:memory a2:memory a1:output a1:node_error a2:other", true],
    ["five bad graphs say nothing about it", "a1:bad_graph a2:bad_graph a1:bad_input a2:missing_model a1:qc", false],
    [
      "what says nothing is passed over",
      "a1:memory a2:qc a1:memory a2:poisoned a1:bad_input a1:memory a2:timeout",
      true,
    ],
    [
      "connections that were lost are no fault of it",
      "a1:connection a2:connection a1:lost a2:lost a1:connection",
      false,
    ],
  ])("is sick or not: %s", (_what, text, sick) => {
    expect(sickness(ended(text)) !== null).toBe(sick);
  });

  it("is well when one kind of work alone is too large for it", () => {
    const text = "a1:memory a1:memory a2:memory a1:memory a2:memory";
    expect(sickness(ended(text, "flux at 8K"))).toBeNull();
    expect(sickness(ended(text))).not.toBeNull();
    expect(sickness(ended("a1:memory a1:timeout a2:memory a1:memory a2:memory", "flux at 8K"))).not.toBeNull();
  });

  it("is told with its figures", () => {
    const sick = sickness(ended("a1:memory a1:memory a2:timeout a1:memory a2:output"));
    expect(sick === null ? "" : sicknessWords(sick)).toBe(
      "its last 5 attempts, of 2 jobs, all failed; mostly: out of GPU memory",
    );
  });
});

describe("a node", () => {
  it("is sick when the last attempts of all its slots failed", () => {
    const parts = sickParts(ended("a1:timeout b2:output a1:timeout b1:output a2:timeout"), ["a", "b"]);
    expect(parts.node).toMatchObject({ attempts: 5, jobs: 2, mostly: "timeout" });
    expect([...parts.slots.keys()]).toEqual([]);
  });

  it("is well when one slot is sick and another works", () => {
    const parts = sickParts(ended("a1:memory b1:ok a2:memory a1:memory b2:ok a2:memory a1:memory"), ["a", "b"]);
    expect([parts.node, [...parts.slots.keys()]]).toEqual([null, ["a"]]);
  });

  it("is not judged by one slot that alone had work", () => {
    const parts = sickParts(ended("a1:memory a2:memory a1:memory a2:memory a1:memory"), ["a", "b"]);
    expect([parts.node, [...parts.slots.keys()]]).toEqual([null, ["a"]]);
  });

  it("of one slot is that slot", () => {
    const parts = sickParts(ended("a1:memory a2:memory a1:memory a2:memory a1:memory"), ["a"]);
    expect([parts.node, [...parts.slots.keys()]]).toEqual([null, ["a"]]);
  });
});
