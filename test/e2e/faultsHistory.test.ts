/** What people see when ComfyUI's history is late, empty, forgetful or untrue. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FaultFarm } from "./faultFarm.ts";
import { makeFaultFarm, WELL } from "./faultFarm.ts";

let farm: FaultFarm;
beforeAll(async () => {
  farm = await makeFaultFarm({ slots: 1, shortTimes: { retryDelayMs: 100 } });
});
afterEach(() => farm.calm());
afterAll(() => farm[Symbol.asyncDispose]());

describe("history", () => {
  it("that is written late shows the task as running until it is there, and nothing is sent again", async () => {
    await farm.arm("lateHistory");
    farm.drop("late_history", 1);
    await farm.tells("task.submitted");
    // The prompt has ended and neither queue nor history is final: asked until the server's own log says so.
    for (;;) if ((await farm.prompts())[0]?.outcome === "success") break;
    const job = await farm.jobOf("late_history");
    expect(await farm.explain(job)).toContain("it is with slot gpu0");
    await farm.release(0);
    expect(await farm.answer("late_history", /^DONE/)).toContain("tasks:    1/1 rendered\n");
    expect((await farm.prompts()).map((prompt) => prompt.outcome)).toEqual(WELL(1));
    expect(farm.told("task.lost")).toEqual([]);
  });

  it("that never gets the prompt is told as task.lost, and the task is sent once more", async () => {
    await farm.arm("forget");
    farm.drop("forgotten");
    expect(await farm.tells("task.lost")).toMatchObject({ slot: "gpu0", code: "HP-COMFY-LOST" });
    expect(await farm.answer("forgotten", /^DONE/)).toContain("tasks:    4/4 rendered\n");
    expect(farm.pictures("forgotten")).toHaveLength(4);
    expect((await farm.prompts()).map((prompt) => prompt.outcome)).toEqual(WELL(5));
  });

  it("that says success after an error fails the task with the error's words", async () => {
    await farm.arm("falseSuccess");
    farm.drop("false_success");
    const text = await farm.answer("false_success", /^DONE/);
    expect(text).toContain("tasks:    3/4 rendered, 1 failed or rejected\n");
    expect(text).toMatch(
      /failed: {3}w\d+: HP-COMFY-REFUSED {2}The graph holds a cycle\. Graph node \w+ \(\w+\): Dependency cycle detected/,
    );
    expect(farm.pictures("false_success")).toHaveLength(3);
    expect(await farm.prompts()).toHaveLength(4);
  });

  it("that says success and names no file is told as HP-COMFY-OUTPUT, and the task is tried again", async () => {
    await farm.arm("noOutputs");
    farm.drop("no_outputs");
    expect(await farm.tells("task.retried")).toMatchObject({
      code: "HP-COMFY-OUTPUT",
      reason: "ComfyUI reports success but names no result file",
    });
    expect(await farm.answer("no_outputs", /^DONE/)).toContain("tasks:    4/4 rendered\n");
    expect(farm.pictures("no_outputs")).toHaveLength(4);
    expect(await farm.prompts()).toHaveLength(5);
  });

  it("that never names a file ends as FAILED, says how often it was tried, and publishes nothing", async () => {
    await farm.arm("noOutputs@all");
    farm.drop("never_outputs", 1);
    const text = await farm.answer("never_outputs", /^FAILED/);
    expect(text).toContain(
      "failed:   w001: HP-COMFY-OUTPUT  ComfyUI reports success but names no result file (tried 5 times)\n",
    );
    expect(farm.versions("never_outputs")).toEqual([]);
    expect(await farm.prompts()).toHaveLength(5);
  });

  it("is emptied of what was collected, by calls that answer 200 and nothing", async () => {
    farm.drop("emptied", 2);
    await farm.answer("emptied", /^DONE/);
    for (;;) {
      const history = (await (await fetch(`${farm.slots[0]?.url ?? ""}/history`)).json()) as object;
      if (Object.keys(history).length === 0) break;
    }
    expect((await farm.log(0)).requests["POST /history"]).toBeGreaterThanOrEqual(2);
    expect(farm.told("work.failed")).toEqual([]);
  });
});
