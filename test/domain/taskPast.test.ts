/** What failed attempts mean for where a task goes next. */
import { describe, expect, it } from "vitest";
import type { Failure, FailureClass } from "../../daemon/domain/retry.ts";
import type { PastAttempt } from "../../daemon/domain/taskPast.ts";
import { taskPast } from "../../daemon/domain/taskPast.ts";

const SLOTS = [
  { name: "a", gpuMiB: 24_576 },
  { name: "b", gpuMiB: 24_576 },
  { name: "c", gpuMiB: 49_152 },
];

function past(text: string, slots = SLOTS): string {
  const attempts = text.split(" ").map((one): PastAttempt => {
    const [slot = "", of = ""] = one.split(":");
    const kind = of.replace(/\+.*/, "") as FailureClass;
    const failure: Failure = {
      class: kind,
      code: "HP-COMFY-FAILED",
      message: `${kind} on ${slot}`,
      ...(kind === "memory"
        ? {
            memory: {
              alone: of.endsWith("+alone"),
              gpuMiB: slots.find(({ name }) => name === slot)?.gpuMiB ?? null,
              neededMiB: null,
            },
          }
        : {}),
    };
    return kind === ("ok" as FailureClass)
      ? { slot, outcome: "lost", failure: null }
      : { slot, outcome: "failed", failure };
  });
  const { notSlots, alone } = taskPast(attempts, slots);
  return `${[...notSlots.keys()].toSorted().join("")}${alone ? " alone" : ""}`;
}

describe("a task does not go to", () => {
  it.each<[string, string, string]>([
    ["no slot after attempts that failed nowhere", "a:ok b:ok", ""],
    ["where it failed", "a:node_error", "a"],
    ["nowhere else when it failed on all: none is worse", "a:node_error b:timeout c:output", ""],
    ["a slot that lacks its model, ever", "a:missing_model", "a"],
    ["it, also when it failed on all the others", "a:missing_model b:node_error c:node_error", "a"],
    ["no slot when all lacked it: somebody may have installed it", "a:missing_node b:missing_node c:missing_node", ""],
    ["others while it is tried alone", "a:memory", "bc alone"],
    ["a twin of what was too small", "a:memory a:memory+alone", "ab alone"],
    ["no slot when none is large enough: it is tried, and ends with the words", "c:memory c:memory+alone", " alone"],
    ["a slot that lacks its model, in the ladder too", "c:missing_model a:memory a:memory+alone", "c alone"],
  ])("%s", (_what, text, want) => {
    expect(past(text)).toBe(want);
  });

  it("says the slot's own words for what it lacks", () => {
    const failure: Failure = { class: "missing_model", code: "HP-RECIPE-MODEL", message: "no flux.safetensors" };
    const { notSlots } = taskPast([{ slot: "a", outcome: "deferred", failure }], SLOTS);
    expect(notSlots.get("a")).toEqual({ code: "HP-RECIPE-MODEL", message: "no flux.safetensors" });
  });
});
