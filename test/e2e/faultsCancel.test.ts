/** What people see when they cancel and ComfyUI is deaf, late, or hit by somebody else's interrupt; in both ways to cancel. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FaultFarm } from "./faultFarm.ts";
import { makeFaultFarm } from "./faultFarm.ts";

describe.each(["0.19", "0.38"] as const)("a cancel on ComfyUI %s", (version) => {
  let farm: FaultFarm;
  beforeAll(async () => {
    farm = await makeFaultFarm({
      slots: 1,
      versions: [version],
      // Longer than any test: what ends here was canceled.
      workMs: 600_000,
      shortTimes: { retryDelayMs: 100, comfyPollMs: 200 },
    });
  });
  afterEach(() => farm.calm());
  afterAll(() => farm[Symbol.asyncDispose]());

  it.each([
    [
      "that ComfyUI loses is sent until the prompt is gone, and STATUS.txt says CANCELED",
      "lostCancel@1-2",
      "lost_cancel",
    ],
    ["that ComfyUI reads late is waited for before the GPU counts as free", "slowInterrupt=700", "slow_interrupt"],
  ])("%s", async (_what, fault, name) => {
    await farm.arm(fault);
    farm.drop(name, 2);
    await running();
    await farm.tells("task.submitted", {}, 2);
    const { code } = await farm.hotplate("cancel", await farm.jobOf(name));
    expect(code).toBe(0);
    await farm.tells("task.canceled", {}, 2);
    const text = await farm.answer(name, /^CANCELED/);
    expect(text).toContain("Next: drop the manifest again if it is wanted after all.");
    expect(farm.versions(name)).toEqual([]);
    const { prompts, interrupts } = await farm.log(0);
    // The running one was interrupted, the queued one never began.
    expect(prompts.map((prompt) => prompt.outcome)).toEqual(expect.arrayContaining(["interrupted", null]));
    expect(prompts.filter((prompt) => prompt.startedMs !== null)).toHaveLength(1);
    // A bodiless or malformed interrupt would hit anybody's prompt: there was none.
    expect(interrupts.anybody).toBe(0);
    if (version === "0.19") expect(interrupts.named).toBeGreaterThanOrEqual(1);
  });

  it("that somebody presses in ComfyUI hits whatever runs: the task is tried again, and its words say who did it", async () => {
    farm.drop("interrupted", 1);
    await running();
    await fetch(`${farm.slots[0]?.url ?? ""}/interrupt`, { method: "POST", body: "not json" });
    expect(await farm.tells("task.retried")).toMatchObject({
      code: "HP-COMFY-FAILED",
      reason: expect.stringMatching(
        /^Somebody interrupted it in ComfyUI itself; hotplate cancel ends it for good\./,
      ) as string,
    });
    await running(2);
    const { code } = await farm.hotplate("cancel", await farm.jobOf("interrupted"));
    expect(code).toBe(0);
    await farm.answer("interrupted", /^CANCELED/);
    await farm.tells("task.canceled");
    const { prompts, interrupts } = await farm.log(0);
    expect(prompts.map((prompt) => prompt.outcome)).toEqual(["interrupted", "interrupted"]);
    expect(interrupts.anybody).toBe(1);
  });

  /** Until the n-th prompt began: asked again and again, for ComfyUI tells it nobody. */
  async function running(n = 1): Promise<void> {
    for (;;) if ((await farm.prompts()).filter((prompt) => prompt.startedMs !== null).length >= n) return;
  }
});
