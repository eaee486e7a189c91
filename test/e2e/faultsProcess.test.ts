/** What people see when a ComfyUI process dies, is restarted by somebody, or takes its time to start. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FaultFarm } from "./faultFarm.ts";
import { makeFaultFarm } from "./faultFarm.ts";
import { drop, manifestText } from "./killRounds.ts";
import { api, committed, event, makeSpawnedFarm } from "./spawnedFarm.ts";

describe("a ComfyUI that somebody else starts", () => {
  let farm: FaultFarm;
  beforeAll(async () => {
    farm = await makeFaultFarm({
      slots: 2,
      versions: ["0.19", "0.38"],
      workMs: 50,
      shortTimes: { slotUnreachableMs: 2_000 },
    });
  });
  afterEach(() => farm.calm());
  afterAll(() => farm[Symbol.asyncDispose]());

  it("and that dies for want of memory is named by ls slots, the other slot does its tasks, and it is used again when it is back", async () => {
    await farm.arm("die=137", 0);
    farm.drop("died", 8);
    await farm.tells("slot.down", { slot: "gpu0" });
    expect(await farm.slots[0]?.child.exited).toBe(137);
    expect((await farm.slotWords()).map((slot) => [slot.name, slot.state])).toEqual([
      ["gpu0", "down"],
      ["gpu1", "up"],
    ]);
    expect(await farm.answer("died", /^(DONE|FAILED)/)).toContain("tasks:    8/8 rendered\n");
    expect(farm.pictures("died")).toHaveLength(8);
    await farm.slots[0]?.restart();
    await farm.tells("slot.up", { slot: "gpu0" });
    expect((await farm.slotWords()).map((slot) => slot.state)).toEqual(["up", "up"]);
  });

  it("and that is restarted in the middle forgets its prompts: they are sent again, and nothing is published twice", async () => {
    farm.drop("restarted", 12);
    await farm.tells("task.submitted", { slot: "gpu0" });
    await farm.slots[0]?.restart();
    expect(await farm.answer("restarted", /^(DONE|FAILED)/)).toContain("tasks:    12/12 rendered\n");
    expect(farm.pictures("restarted")).toHaveLength(12);
    expect(farm.versions("restarted")).toHaveLength(1);
    expect(farm.told("task.failed")).toEqual([]);
  });
});

describe("a ComfyUI that the daemon starts", () => {
  it("and that takes its time is shown as starting, and its tasks wait for it", async () => {
    await using farm = await makeSpawnedFarm({ args: [["--simulate", "slowStart=1500"]] });
    const daemon = farm.startDaemon();
    await daemon.line(event("slot.starting", { slot: "gpu0" }));
    drop(farm.hot, "a.yaml", manifestText(0));
    const node = (await api(farm, "/v1/node")) as {
      slots: { state: string; blocks: { code: string; message: string }[] }[];
    };
    expect(node.slots[0]?.blocks).toMatchObject([{ code: "HP-SLOT-STARTING", message: "its ComfyUI is starting" }]);
    await daemon.line(event("slot.ready", { slot: "gpu0" }));
    await committed(daemon);
    expect(daemon.lines.filter((line) => line.event === "task.failed" || line.event === "task.lost")).toEqual([]);
  });
});
