/** What people see when ComfyUI misbehaves while it takes a prompt: answers lost, late, wrong, or of others. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FaultFarm } from "./faultFarm.ts";
import { makeFaultFarm, WELL } from "./faultFarm.ts";

let farm: FaultFarm;
beforeAll(async () => {
  farm = await makeFaultFarm({ slots: 1, shortTimes: { retryDelayMs: 100, comfyCallTimeoutMs: 4_000 } });
});
afterEach(() => farm.calm());
afterAll(() => farm[Symbol.asyncDispose]());

describe("a prompt on its way into ComfyUI", () => {
  it("whose answer is lost shows DONE: it is found by its id and not rendered again", async () => {
    await farm.arm("lostPostAnswer");
    farm.drop("lost_answer");
    expect(await farm.answer("lost_answer", /^DONE/)).toContain("tasks:    4/4 rendered\n");
    expect(await farm.tells("slot.down")).toMatchObject({
      code: "HP-COMFY-UNREACHABLE",
      reason: expect.stringContaining("does not answer (ECONNRESET)") as string,
    });
    expect(farm.pictures("lost_answer")).toHaveLength(4);
    expect((await farm.prompts()).map((prompt) => prompt.outcome)).toEqual(WELL(4));
  });

  it("that is never answered shows that the slot does not answer, and DONE when it answers again", async () => {
    await farm.arm("hang=/prompt");
    farm.drop("no_answer");
    expect(await farm.tells("slot.down")).toMatchObject({
      reason: expect.stringContaining("does not answer (ETIMEDOUT)") as string,
    });
    expect(await farm.answer("no_answer", /^DONE/)).toContain("tasks:    4/4 rendered\n");
    expect(farm.pictures("no_answer")).toHaveLength(4);
    expect((await farm.prompts()).map((prompt) => prompt.outcome)).toEqual(WELL(4));
  });

  it("that is answered slowly shows nothing but DONE", async () => {
    await farm.arm("slowAnswer=300@1-20");
    farm.drop("slow_answer");
    expect(await farm.answer("slow_answer", /^DONE/)).toContain("tasks:    4/4 rendered\n");
    expect(farm.told("slot.down")).toEqual([]);
    expect((await farm.prompts()).map((prompt) => prompt.outcome)).toEqual(WELL(4));
  });

  it("that gets a 500 in plain text fails once, and STATUS.txt sends people to ComfyUI's own log", async () => {
    await farm.arm("serverError@all");
    farm.drop("server_error");
    const text = await farm.answer("server_error", /^FAILED/);
    expect(text).toContain(
      "failed:   w001 and 3 more: HP-COMFY-REFUSED  ComfyUI broke while it read the graph and does not say why; its own log does. 500 Internal Server Error Server got itself in trouble.\n",
    );
    expect(text).toContain("version:  server_error v001 was not published; its number stays used\n");
    expect(farm.versions("server_error")).toEqual([]);
    expect((await farm.log(0)).requests["POST /prompt"]).toBe(4);
    expect(await farm.prompts()).toEqual([]);
  });

  it("of which ComfyUI leaves out an output fails with the graph node that it named, though the answer was 200", async () => {
    await farm.arm("leftOut");
    farm.drop("left_out");
    const text = await farm.answer("left_out", /^DONE/);
    expect(text).toContain("tasks:    3/4 rendered, 1 failed or rejected\n");
    expect(text).toMatch(
      /failed: {3}w\d+: HP-COMFY-REFUSED {2}ComfyUI refused the graph\. Graph node save \(SaveImage\): Custom validation failed for node: images - left out by the simulation/,
    );
    expect(farm.pictures("left_out")).toHaveLength(3);
    expect(await farm.prompts()).toHaveLength(4);
  });

  it("waits behind those whom others push ahead, whatever numbers they used up, and hits nothing of theirs", async () => {
    const theirs = async (body: object): Promise<Response> =>
      fetch(`${farm.slots[0]?.url ?? ""}/prompt`, { method: "POST", body: JSON.stringify(body) });
    const graph = {
      "1": { class_type: "EmptyImage", inputs: { width: 64, height: 64, batch_size: 1, color: 255 } },
      "2": { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: "theirs" } },
    };
    for (const wrong of [{}, { prompt: {} }]) expect((await theirs(wrong)).status).toBe(400);
    expect((await theirs({ prompt: graph, number: -5 })).status).toBe(200);
    farm.drop("numbers");
    await farm.tells("task.submitted");
    expect((await theirs({ prompt: graph, front: true })).status).toBe(200);
    expect(await farm.answer("numbers", /^DONE/)).toContain("tasks:    4/4 rendered\n");
    expect(farm.pictures("numbers")).toHaveLength(4);
    const prompts = await farm.prompts();
    expect(prompts.map((prompt) => prompt.outcome)).toEqual(WELL(6));
    // The two refused ones took their numbers with them.
    expect(Math.max(...prompts.map((prompt) => prompt.number))).toBeGreaterThan(5);
    expect(farm.told("task.failed")).toEqual([]);
  });

  it("is the same work when the same manifest is dropped again, and a new version, rendered anew, with rerun: true", async () => {
    farm.drop("cached", 2);
    await farm.answer("cached", /^DONE/);
    farm.drop("cached", 2);
    expect(await farm.answer("cached", /^ALREADY DONE HERE/)).toContain("Nothing is rendered twice.");
    expect(await farm.prompts()).toHaveLength(2);
    farm.drop("cached", 2, ["rerun: true"]);
    // ComfyUI would answer from its cache with the old files: each attempt saves under a name of its own.
    expect(await farm.answer("cached", /^DONE/)).toContain("version:  cached v002\n");
    expect(farm.versions("cached").map((version) => version.name)).toEqual(["v001", "v002"]);
    expect((await farm.prompts()).map((prompt) => prompt.outcome)).toEqual(WELL(4));
  });
});
