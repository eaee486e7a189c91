/** What people see when ComfyUI's results are missing, damaged or not what they should be. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FaultFarm } from "./faultFarm.ts";
import { makeFaultFarm, WELL } from "./faultFarm.ts";

let farm: FaultFarm;
beforeAll(async () => {
  farm = await makeFaultFarm({ slots: 1, versions: ["0.38"], shortTimes: { retryDelayMs: 100 } });
});
afterEach(() => farm.calm());
afterAll(() => farm[Symbol.asyncDispose]());

describe("a result", () => {
  it("that is named and not there is told as HP-COMFY-OUTPUT, and the task is tried again", async () => {
    await farm.arm("noFile");
    farm.drop("no_file");
    expect(await farm.tells("task.retried")).toMatchObject({
      code: "HP-COMFY-OUTPUT",
      reason: "the result that ComfyUI names is not there",
    });
    expect(await farm.answer("no_file", /^DONE/)).toContain("tasks:    4/4 rendered\n");
    expect(farm.pictures("no_file")).toHaveLength(4);
    expect(await farm.prompts()).toHaveLength(5);
  });

  it("whose download is cut is fetched again, and shows nothing but DONE", async () => {
    await farm.arm("cutView");
    farm.drop("cut_view");
    expect(await farm.answer("cut_view", /^DONE/)).toContain("tasks:    4/4 rendered\n");
    expect(farm.pictures("cut_view")).toHaveLength(4);
    expect((await farm.prompts()).map((prompt) => prompt.outcome)).toEqual(WELL(4));
    expect(farm.told("task.retried")).toEqual([]);
  });

  it.each([
    [
      "that is cut short is rejected, and STATUS.txt says at which byte",
      "truncated",
      /: file\.decodes {2}The file is damaged: the file ends at byte \d+; it must have \d+ at least/,
    ],
    [
      "that is black is rejected, and STATUS.txt says why that may be",
      "black",
      /: image\.not_black {2}Every pixel is exactly 0: very likely a safety filter of the model \(both under .*\)\./,
    ],
    [
      "of the wrong size is rejected, and STATUS.txt says both sizes",
      "wrongSize",
      /: header\.size {2}The result is 95 x 54 px; 96 x 54 px were expected\./,
    ],
  ] as const)("%s", async (_what, fault, words) => {
    await farm.arm(fault);
    farm.drop(`result_${fault}`);
    const text = await farm.answer(`result_${fault}`, /^DONE/);
    expect(text).toContain("tasks:    3/4 rendered, 1 failed or rejected\n");
    expect(text).toMatch(words);
    // What is bad is not among the pictures of the version, and the good ones are.
    expect(farm.pictures(`result_${fault}`)).toHaveLength(3);
    expect(farm.told("task.rejected")).toHaveLength(1);
    expect((await farm.prompts()).map((prompt) => prompt.outcome)).toEqual(WELL(4));
  });

  it("has the name that Hotplate gives it, whatever the person writes and whatever lies in ComfyUI's folder", async () => {
    const output = join(farm.dir, "slots/gpu0/output/hotplate");
    mkdirSync(output, { recursive: true });
    writeFileSync(join(output, "of_others_00041_.png"), "not a picture");
    farm.drop("names", 2, ['name: "take %batch_num% of %date:yyyy%"', "parameters: {prompt: '%width%_%seed%'}"]);
    expect(await farm.answer("names", /^DONE/)).toContain("tasks:    2/2 rendered\n");
    for (const picture of farm.pictures("names")) expect(picture).toMatch(/^w00[12]\/[A-Za-z0-9_.]+\.png$/);
    expect(new Set(farm.pictures("names")).size).toBe(2);
    expect((await farm.prompts()).map((prompt) => prompt.outcome)).toEqual(WELL(2));
  });

  it("of a graph node that raises an error is tried again, and STATUS.txt names the graph node when it goes on", async () => {
    await farm.arm("nodeError");
    farm.drop("node_error", 2);
    expect(await farm.tells("task.retried")).toMatchObject({ code: "HP-COMFY-FAILED" });
    expect(await farm.answer("node_error", /^DONE/)).toContain("tasks:    2/2 rendered\n");
    expect(await farm.prompts()).toHaveLength(3);
    await farm.arm("nodeError@all");
    farm.drop("node_errors", 1);
    const text = await farm.answer("node_errors", /^FAILED/);
    expect(text).toMatch(
      /failed: {3}w001: HP-COMFY-FAILED {2}Graph node \w+ \(\w+\): simulated failure of a graph node \(RuntimeError\)\. \(tried 5 times\)/,
    );
    expect(farm.versions("node_errors")).toEqual([]);
  });
});
