/** A sick slot or node: its block, its self-test, its way back. */
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import type { SlotState } from "../../daemon/live.ts";
import { noteEnd } from "../../daemon/live.ts";
import type { ComfySlot, PromptStatus } from "../../daemon/ports.ts";
import { createSick } from "../../daemon/stages/sick.ts";
import { createWork } from "../../daemon/work.ts";
import { testStage } from "../fixtures/stageContext.ts";

const SLOTS = [
  { name: "gpu0", url: "http://127.0.0.1:8188" },
  { name: "gpu1", url: "http://127.0.0.1:8189" },
];
const DONE: PromptStatus = {
  kind: "completed",
  outputs: [{ node: "3", filename: "x.png", subfolder: "hotplate", type: "output" }],
  startedAt: 0,
  endedAt: 1,
};

/** A slot whose self-tests end as `ends` says, one after another. */
function ward(ends: PromptStatus[] = []) {
  const forgotten: string[] = [];
  const client: Partial<ComfySlot> = {
    submit: () => Promise.resolve({ kind: "accepted", number: 1 }),
    status: () => Promise.resolve(ends[0] ?? { kind: "unknown" }),
    fetch: () => Promise.resolve(),
    forget: async (id) => void forgotten.push(id),
  };
  const stage = testStage({ slots: SLOTS, client, options: { node: "render07" } });
  for (const slot of stage.live.slots.values()) slot.state = "up";
  const work = createWork({
    wake: () => undefined,
    widthOf: () => 1,
    failed: (_key, error) => Promise.reject(error as Error),
  });
  let ids = 0;
  Object.assign(stage.context, {
    work,
    files: { stat: () => Promise.resolve({ bytes: 100 }), unlink: () => Promise.resolve() },
    world: { ...stage.context.world, ids: { uuid: () => `id${(ids += 1)}` } },
  });
  const sick = createSick(stage.context);
  const slot = (name: string): SlotState => {
    const found = stage.live.slots.get(name);
    if (found === undefined) throw new Error(name);
    return found;
  };
  return {
    stage,
    forgotten,
    slot,
    code: (name: string) => slot(name).blocks.get("sick")?.code ?? null,
    end: (name: string, jobId: string, failed: "timeout" | null) =>
      noteEnd(stage.live, { slot: name, jobId, workKey: "grain", failed }),
    tick: async () => {
      await sick.tick();
      // Owned work is a few promises here; it ends before the next tick.
      while (work.inFlight().length > 0) {
        await new Promise((resolve) => setImmediate(resolve));
        if ((await work.apply()) > 0) break;
      }
    },
  };
}

describe("a sick slot", () => {
  it("gets no new work, its neighbour does, and it comes back when its self-test passed", async () => {
    const { stage, end, tick, code, forgotten } = ward([DONE]);
    for (const job of ["a", "a", "b", "a"]) end("gpu0", job, "timeout");
    await tick();
    expect(code("gpu0")).toBeNull();
    end("gpu0", "b", "timeout");
    await tick();
    expect(stage.notes).toEqual(["slot.sick", "slot.recovered"]);
    expect([code("gpu0"), code("gpu1"), forgotten]).toEqual([null, null, ["id1"]]);
    await tick();
    expect(stage.notes).toHaveLength(2);
  });

  it("waits with its test until its flights are over and nobody restarts it", async () => {
    const { stage, end, tick, code, slot } = ward([DONE]);
    slot("gpu0").blocks.set("supervision", { code: "HP-SLOT-RESTARTING", message: "", action: null });
    for (const job of ["a", "a", "b", "a", "b"]) end("gpu0", job, "timeout");
    await tick();
    expect([code("gpu0"), stage.notes]).toEqual(["HP-SLOT-SICK", ["slot.sick"]]);
    expect(slot("gpu0").blocks.get("sick")?.message).toBe(
      "it is sick: its last 5 attempts, of 2 jobs, all failed; mostly: no progress. It tests itself before it gets work again",
    );
    slot("gpu0").blocks.delete("supervision");
    await tick();
    expect(code("gpu0")).toBeNull();
  });

  it("whose test fails asks for a restart, says so, and tries again after a pause that grows", async () => {
    const broken: PromptStatus = {
      kind: "failed",
      error: {
        kind: "failed",
        exceptionType: "RuntimeError",
        graphNode: "2",
        classType: "ImageBlur",
        message: "no kernel",
      },
    };
    const ends: PromptStatus[] = [broken];
    const { stage, end, tick, code, slot } = ward(ends);
    for (const job of ["a", "a", "b", "a", "b"]) end("gpu0", job, "timeout");
    await tick();
    expect(slot("gpu0").restartWish).toMatchObject({
      code: "HP-SLOT-SICK",
      when: "idle",
      message: "its self-test failed: no kernel",
    });
    expect(slot("gpu0").blocks.get("sick")?.message).toContain(
      "Its self-test failed 1 times (no kernel); the next is in 1 min",
    );
    slot("gpu0").blocks.delete("supervision");
    ends[0] = DONE;
    await tick();
    expect(code("gpu0")).toBe("HP-SLOT-SICK");
    stage.now += LIMITS.selfTestPauseMs;
    await tick();
    expect([code("gpu0"), stage.notes]).toEqual([null, ["slot.sick", "slot.sick", "slot.recovered"]]);
  });
});

describe("a sick node", () => {
  it("stops all its slots and tests each", async () => {
    const { stage, end, tick, code, slot } = ward([DONE]);
    for (const one of stage.live.slots.values())
      one.blocks.set("supervision", { code: "HP-SLOT-RESTARTING", message: "", action: null });
    for (const [name, job] of [
      ["gpu0", "a"],
      ["gpu1", "b"],
      ["gpu0", "a"],
      ["gpu1", "b"],
      ["gpu0", "a"],
    ] as const)
      end(name, job, "timeout");
    await tick();
    expect([code("gpu0"), code("gpu1")]).toEqual(["HP-NODE-SICK", "HP-NODE-SICK"]);
    expect(stage.events[0]).toMatchObject({ name: "node.sick", fields: { node: "render07", code: "HP-NODE-SICK" } });
    for (const one of stage.live.slots.values()) one.blocks.delete("supervision");
    await tick();
    await tick();
    expect([slot("gpu0").blocks.size, slot("gpu1").blocks.size]).toEqual([0, 0]);
  });
});
