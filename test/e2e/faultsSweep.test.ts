/** Slots that die or fall silent in the middle of work: nothing is lost, nothing is done twice, and it says where and why. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FaultFarm } from "./faultFarm.ts";
import { makeFaultFarm } from "./faultFarm.ts";

describe("sixty tasks on four slots of both versions", () => {
  let farm: FaultFarm;
  beforeAll(async () => {
    farm = await makeFaultFarm({
      slots: 4,
      versions: ["0.19", "0.38", "0.19", "0.38"],
      workMs: 100,
      shortTimes: { comfyCallTimeoutMs: 3_000, slotUnreachableMs: 2_500, slotUnresponsiveMs: 5_000 },
    });
  });
  afterAll(() => farm[Symbol.asyncDispose]());

  it("end as one version of sixty pictures though one slot is killed and another stands still, and ls slots says which", async () => {
    farm.drop("sweep", 60);
    await farm.tells("task.submitted", { slot: "gpu1" }, 3);
    await farm.slots[1]?.child.kill("SIGKILL");
    await farm.tells("task.submitted", { slot: "gpu2" }, 3);
    farm.slots[2]?.child.process.kill("SIGSTOP");
    await farm.tells("slot.down", { slot: "gpu2" });
    const words = await farm.slotWords();
    expect(words.map((slot) => slot.state)).toEqual(["up", "down", "down", "up"]);
    expect(words[1]?.reason).toContain("does not answer (ECONNREFUSED)");
    expect(words[2]?.reason).toContain("does not answer (ETIMEDOUT)");
    const text = await farm.answer("sweep", /^(DONE|FAILED)/);
    expect(text).toContain("tasks:    60/60 rendered\n");
    expect(text).not.toContain("failed:");
    const pictures = farm.pictures("sweep");
    expect(new Set(pictures.map((picture) => picture.split("/")[0])).size).toBe(60);
    expect(pictures).toHaveLength(60);
    // What stood still goes on, and what it was given before is nobody's any more: the version stays as it is.
    farm.slots[2]?.child.process.kill("SIGCONT");
    await farm.tells("slot.up", { slot: "gpu2" });
    expect(farm.pictures("sweep")).toEqual(pictures);
    expect(farm.told("task.failed")).toEqual([]);
    const again = farm.told("task.lost").length + farm.told("task.released").length;
    expect(again).toBeGreaterThanOrEqual(2);
    expect(farm.told("task.submitted").length).toBeLessThanOrEqual(60 + again);
  });
});

const SHORT = { comfyCallTimeoutMs: 2_000, slotUnreachableMs: 2_500, slotUnresponsiveMs: 5_000, retryDelayMs: 100 };

describe("a slot without a restart program", () => {
  it("that answers nothing about its prompts for ever is quarantined in so many words, and its tasks go elsewhere", async () => {
    await using farm = await makeFaultFarm({ slots: 2, workMs: 50, shortTimes: SHORT });
    await farm.arm("hang=/api@all", 0);
    farm.drop("deaf", 8);
    expect(await farm.tells("slot.quarantined", { slot: "gpu0" })).toMatchObject({
      reason: expect.stringMatching(/^it answers, but nothing about its prompts for \d+ s$/) as string,
    });
    const [words] = await farm.slotWords();
    expect(words?.blocks[0]?.message).toMatch(/^it is in quarantine: it answers, but nothing about its prompts/);
    expect(words?.blocks[0]?.action).toBe("see its log; then hotplate slot restart gpu0");
    const text = await farm.answer("deaf", /^(DONE|FAILED)/);
    expect(text).toContain("tasks:    8/8 rendered\n");
    expect(farm.pictures("deaf")).toHaveLength(8);
    // Its answers about other things are no sign that somebody restarted it: answers to two more looks pass.
    const looks = (await farm.log(0)).requests["GET /system_stats"] ?? 0;
    while (((await farm.log(0)).requests["GET /system_stats"] ?? 0) < looks + 2);
    expect(farm.told("slot.trusted")).toEqual([]);
    expect(farm.told("task.failed")).toEqual([]);
  });

  it("that stands still for ever is waited for by name, and its tasks are done elsewhere once it can't be waited for", async () => {
    await using farm = await makeFaultFarm({ slots: 2, workMs: 50, shortTimes: SHORT });
    const [first, second] = farm.slots;
    farm.drop("still", 8);
    await farm.tells("task.submitted", { slot: "gpu0" });
    await farm.tells("task.submitted", { slot: "gpu1" });
    for (const slot of [first, second]) slot?.child.process.kill("SIGSTOP");
    await farm.tells("slot.down", { slot: "gpu0" });
    await farm.tells("slot.down", { slot: "gpu1" });
    const text = await farm.answer("still", /No ComfyUI answers/);
    expect(text).toMatch(
      /waits: {4}No ComfyUI answers: gpu0: http:\S+ does not answer \(ETIMEDOUT\); gpu1: http:\S+ does not answer \(ETIMEDOUT\)\. It starts by itself when one does\./,
    );
    second?.child.process.kill("SIGCONT");
    await farm.tells("slot.up", { slot: "gpu1" });
    expect(await farm.answer("still", /^(DONE|FAILED)/)).toContain("tasks:    8/8 rendered\n");
    expect(farm.pictures("still")).toHaveLength(8);
    first?.child.process.kill("SIGCONT");
    await farm.tells("slot.up", { slot: "gpu0" });
    expect(farm.pictures("still")).toHaveLength(8);
  });
});
