/** Which task goes to which slot, and the words for why it does not. */
import { describe, expect, it } from "vitest";
import type { SlotFacts, TaskFacts } from "../../daemon/domain/schedule.ts";
import { assign, giveBack, whyNot } from "../../daemon/domain/schedule.ts";

const task = (id: string, more: Partial<TaskFacts> = {}): TaskFacts => ({
  id,
  classes: ["LoadImage", "SaveImage"],
  demoRoot: false,
  rootTrouble: null,
  notSlots: new Set(),
  ...more,
});
const slot = (name: string, more: Partial<SlotFacts> = {}): SlotFacts => ({
  name,
  state: "up",
  reason: null,
  simulated: false,
  classes: new Set(["LoadImage", "SaveImage"]),
  blocks: [],
  flights: [],
  ...more,
});
const flight = (taskId: string, phase: "preparing" | "submitted" | "canceling" = "submitted") => ({ taskId, phase });

describe("assign", () => {
  it("gives every slot its first task before any slot its second", () => {
    const given = assign([task("a"), task("b"), task("c")], [slot("gpu0"), slot("gpu1")]);
    expect(given).toEqual([
      { taskId: "a", slot: "gpu0" },
      { taskId: "b", slot: "gpu1" },
      { taskId: "c", slot: "gpu0" },
    ]);
  });

  it("puts two in flight on a slot and no third", () => {
    const given = assign([task("a"), task("b"), task("c")], [slot("gpu0")]);
    expect(given.map((g) => g.taskId)).toEqual(["a", "b"]);
    expect(assign([task("d")], [slot("gpu0", { flights: [flight("a"), flight("b")] })])).toEqual([]);
  });

  it("passes over a task whose root does not answer and gives its place to the next", () => {
    const given = assign([task("a", { rootTrouble: "/mnt/x: slow" }), task("b")], [slot("gpu0")]);
    expect(given).toEqual([{ taskId: "b", slot: "gpu0" }]);
  });
});

describe("whyNot", () => {
  it("names the slot's own reason when it is down", () => {
    expect(whyNot(task("a"), slot("gpu0", { state: "down", reason: "ECONNREFUSED" }))?.code).toBe(
      "HP-COMFY-UNREACHABLE",
    );
  });

  it("says what keeps new work off a slot that answers", () => {
    const hot = { code: "HP-GPU-HOT", message: "GPU 0 is at 93 C", action: null };
    const refusal = whyNot(task("a"), slot("gpu0", { blocks: [hot] }));
    expect(refusal).toEqual({ ...hot, message: "slot gpu0: GPU 0 is at 93 C" });
  });

  it("keeps simulated slots to demo roots", () => {
    expect(whyNot(task("a"), slot("gpu0", { simulated: true }))?.code).toBe("HP-COMFY-SIMULATED");
    expect(whyNot(task("a", { demoRoot: true }), slot("gpu0", { simulated: true }))).toBeNull();
  });

  it("names every graph node class that the slot lacks", () => {
    const refusal = whyNot(task("a", { classes: ["LoadImage", "Magic", "Wonder"] }), slot("gpu0"));
    expect(refusal?.code).toBe("HP-RECIPE-CLASS");
    expect(refusal?.message).toContain("Magic, Wonder");
  });

  it("does not give a task back to the slot on which it failed", () => {
    expect(whyNot(task("a", { notSlots: new Set(["gpu0"]) }), slot("gpu0"))?.code).toBe("HP-COMFY-FAILED");
  });
});

describe("giveBack", () => {
  it("takes the queued prompt of a busy slot when another stands idle", () => {
    const slots = [slot("gpu0", { flights: [flight("a"), flight("b")] }), slot("gpu1")];
    expect(giveBack(slots, () => true)).toEqual({ taskId: "b", from: "gpu0" });
  });

  it("leaves it when the idle slot can't run it, when no slot is idle, or when it is still being prepared", () => {
    const busy = slot("gpu0", { flights: [flight("a"), flight("b")] });
    expect(giveBack([busy, slot("gpu1")], () => false)).toBeNull();
    expect(giveBack([busy, slot("gpu1", { flights: [flight("c")] })], () => true)).toBeNull();
    const preparing = slot("gpu0", { flights: [flight("a"), flight("b", "preparing")] });
    expect(giveBack([preparing, slot("gpu1")], () => true)).toBeNull();
  });
});
