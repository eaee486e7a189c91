/** What people see when ComfyUI's socket misbehaves: nothing, for the socket only makes a look come sooner. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { FaultFarm } from "./faultFarm.ts";
import { makeFaultFarm, WELL } from "./faultFarm.ts";

let farm: FaultFarm;
beforeAll(async () => {
  farm = await makeFaultFarm({ slots: 1, versions: ["0.38"] });
});
afterEach(() => farm.calm());
afterAll(() => farm[Symbol.asyncDispose]());

/** DONE with every picture, each rendered once; no word of trouble anywhere. */
async function nobodyNotices(name: string): Promise<void> {
  const text = await farm.answer(name, /^(DONE|FAILED)/);
  expect(text).toMatch(/^DONE/);
  expect(text).toContain("tasks:    4/4 rendered\n");
  expect(text).not.toMatch(/failed|waits:|why:/);
  expect(farm.pictures(name)).toHaveLength(4);
  expect((await farm.prompts()).map((prompt) => prompt.outcome)).toEqual(WELL(4));
  for (const trouble of ["slot.down", "task.retried", "task.lost", "task.failed", "work.failed"])
    expect(farm.told(trouble)).toEqual([]);
}

describe("nobody notices anything", () => {
  it.each([
    ["when each event comes twice, status before the POST's answer too", "doubleEvents@all", "double_events"],
    ["when no event comes at all", "loseEvents@all", "lost_events"],
    ["when messages of unknown types come", "unknownEvents@all", "unknown_events"],
    ["when binary previews come", "previews@all", "previews"],
    ["when an output is blocked and the prompt goes on", "blockedEvent@all", "blocked_output"],
    ["when the socket is cut in the middle of every prompt", "dropSocket@all", "cut_socket"],
  ])("%s", async (_what, fault, name) => {
    await farm.arm(fault);
    farm.drop(name);
    await nobodyNotices(name);
  });

  it("when somebody else takes our client id and the server falls silent for us", async () => {
    const url = farm.slots[0]?.url ?? "";
    farm.drop("find_id", 1);
    await farm.answer("find_id", /^DONE/);
    // The page of ComfyUI shows it to anybody who looks at a prompt.
    farm.drop("stolen_id");
    await farm.tells("task.submitted", {}, 2);
    const clientId = await clientIdOf(url);
    const thief = new WebSocket(`${url.replace("http", "ws")}/ws?clientId=${clientId}`);
    await new Promise((resolve, reject) => thief.once("open", resolve).once("error", reject));
    const closed = new Promise((resolve) => thief.once("close", resolve));
    thief.close();
    await closed;
    const text = await farm.answer("stolen_id", /^(DONE|FAILED)/);
    expect(text).toContain("tasks:    4/4 rendered\n");
    expect((await farm.prompts()).map((prompt) => prompt.outcome)).toEqual(WELL(5));
    expect(farm.told("slot.down")).toEqual([]);
  });

  it("when a new socket is greeted and then stays mute", async () => {
    await farm.arm("muteSocket@all");
    await farm.arm("dropSocket");
    farm.drop("mute_socket");
    await nobodyNotices("mute_socket");
  });

  it("when the server sends nothing to anybody any more, because one browser reads nothing", async () => {
    // Lasts until that ComfyUI ends, so it comes last here.
    await farm.arm("stallSockets");
    farm.drop("stalled");
    await nobodyNotices("stalled");
    farm.drop("stalled_still");
    const text = await farm.answer("stalled_still", /^(DONE|FAILED)/);
    expect(text).toContain("tasks:    4/4 rendered\n");
  });
});

async function clientIdOf(url: string): Promise<string> {
  for (;;) {
    const { jobs } = (await (await fetch(`${url}/api/jobs?limit=1`)).json()) as { jobs: { id: string }[] };
    const [job] = jobs;
    if (job === undefined) continue;
    const { workflow } = (await (await fetch(`${url}/api/jobs/${job.id}`)).json()) as {
      workflow?: { extra_data: { client_id: string } };
    };
    if (workflow !== undefined) return workflow.extra_data.client_id;
  }
}
