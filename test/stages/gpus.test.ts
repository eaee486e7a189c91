/** The stage that keeps new work off a GPU: blocks, events, and what is remembered between looks. */
import { describe, expect, it } from "vitest";
import { createGpuWatch } from "../../daemon/stages/gpus.ts";
import { createPresence } from "../../daemon/stages/presence.ts";
import { task } from "../domain/scheduleFacts.ts";
import { whyNot } from "../../daemon/domain/slotFit.ts";
import { slotFacts } from "../../daemon/live.ts";
import type { SlotState } from "../../daemon/live.ts";
import { knownGpus, setGpus, wellGpu } from "../fixtures/gpus.ts";
import { testStage } from "../fixtures/stageContext.ts";

const A = wellGpu({ index: 0, uuid: "GPU-a", name: "NVIDIA L40S", busId: "0000:3b:00.0" });
const B = wellGpu({ index: 1, uuid: "GPU-b", name: "NVIDIA L40S", busId: "0000:5e:00.0" });
const SLOTS = [
  { name: "gpu0", gpu: 0, url: "http://127.0.0.1:8188" },
  { name: "gpu1", gpu: 1, url: "http://127.0.0.1:8189" },
];

function farm() {
  const gpus = setGpus(knownGpus([A, B]));
  const stage = testStage({ slots: SLOTS, gpus });
  const watch = createGpuWatch(stage.context);
  const slot = (name: string): SlotState => {
    const found = stage.live.slots.get(name);
    if (found === undefined) throw new Error(name);
    return found;
  };
  const code = (name: string): string | null => slot(name).blocks.get("gpu")?.code ?? null;
  return { gpus, stage, watch, slot, code };
}

describe("the GPU stage", () => {
  it("drains the slot of a hot GPU, not its neighbour, and says when it is well again", async () => {
    const { gpus, stage, watch, slot, code } = farm();
    await watch.tick();
    expect([code("gpu0"), code("gpu1"), stage.notes]).toEqual([null, null, []]);
    gpus.set(knownGpus([A, { ...B, celsius: 93 }]));
    await watch.tick();
    gpus.set(knownGpus([A, { ...B, celsius: 85 }]));
    await watch.tick();
    expect([code("gpu0"), code("gpu1"), stage.notes]).toEqual([null, "HP-GPU-HOT", ["gpu.drained"]]);
    slot("gpu1").state = "up";
    expect(whyNot(task("t", { classes: [], demoRoot: true }), slotFacts(slot("gpu1"), 0))?.message).toContain(
      "slot gpu1: GPU 1 (NVIDIA L40S) is at 85 °C",
    );
    gpus.set(knownGpus([A, { ...B, celsius: 70 }]));
    await watch.tick();
    expect([code("gpu1"), stage.notes]).toEqual([null, ["gpu.drained", "gpu.well"]]);
    expect(stage.events.map(({ fields }) => fields["code"])).toEqual(["HP-GPU-HOT", null]);
  });

  it("knows which GPU a number meant after another one fell off the bus", async () => {
    const { gpus, watch, slot, code } = farm();
    await watch.tick();
    gpus.set(knownGpus([{ ...B, index: 0 }], { lost: [{ busId: "0000:3b:00.0", text: "GPU is lost." }] }));
    await watch.tick();
    expect([code("gpu0"), code("gpu1")]).toEqual(["HP-GPU-LOST", null]);
    expect(slot("gpu1").gpu).toMatchObject({ uuid: "GPU-b", reason: null });
  });

  it("keeps work off when the driver goes silent, and off nothing when it never spoke", async () => {
    const { gpus, watch, slot, code } = farm();
    await watch.tick();
    gpus.set({ kind: "unknown", reason: "nvidia-smi said nothing for 30 s", silent: true });
    await watch.tick();
    expect([code("gpu0"), slot("gpu0").gpu.facts]).toEqual(["HP-GPU-SILENT", null]);
    const other = testStage({
      slots: SLOTS,
      gpus: setGpus({ kind: "unknown", reason: "there is no nvidia-smi here", silent: false }),
    });
    await createGpuWatch(other.context).tick();
    expect(other.live.slots.get("gpu0")).toMatchObject({ gpu: { reason: "there is no nvidia-smi here", uuid: null } });
    expect(other.live.slots.get("gpu0")?.blocks.size).toBe(0);
  });

  it("keeps work off a slot whose GPU is not on this node, and tells one that computes elsewhere", async () => {
    const gpus = setGpus(
      knownGpus([A, B], {
        processes: {
          kind: "known",
          list: [
            {
              uuid: "GPU-b",
              pid: 7,
              name: "python",
              memoryMiB: 900,
              process: { group: 7, uid: 1, argv: ["python", "main.py"] },
            },
          ],
        },
      }),
    );
    const stage = testStage({ slots: [SLOTS[0] ?? {}, { ...SLOTS[1], gpu: 5 }], gpus });
    const watch = createGpuWatch(stage.context);
    await watch.tick();
    await watch.tick();
    expect(stage.live.slots.get("gpu1")?.blocks.get("gpu")?.code).toBe("HP-GPU-ABSENT");
    expect(stage.events.map(({ name, fields }) => [name, fields["code"]])).toEqual([
      ["gpu.order", "HP-GPU-ORDER"],
      ["gpu.drained", "HP-GPU-ABSENT"],
    ]);
  });

  it("watches nothing for simulated slots and slots on other machines", async () => {
    const stage = testStage({
      slots: [{ name: "far", gpu: 9, url: "http://render12:8188" }],
      gpus: setGpus(knownGpus([A])),
    });
    await createGpuWatch(stage.context).tick();
    const far = stage.live.slots.get("far");
    expect([far?.blocks.size, far?.gpu.reason]).toEqual([0, "its ComfyUI runs on another machine"]);
  });
});

describe("a person at the machine", () => {
  it("keeps new work off their slot alone, with their name, until they leave", async () => {
    const here = new Map([["gpu0", { who: "mia", until: 1_764_300_600_000 as number | null }]]);
    const stage = testStage({ slots: SLOTS, options: { presence: { of: (slot) => here.get(slot) ?? null } } });
    const presence = createPresence(stage.context);
    await presence.tick();
    await presence.tick();
    expect(stage.live.slots.get("gpu0")?.blocks.get("person")).toEqual({
      code: "HP-SLOT-PERSON",
      message: "mia uses this machine until 2025-11-28T03:30:00.000Z",
      action: "it goes on by itself when they leave",
    });
    expect(stage.live.slots.get("gpu1")?.blocks.size).toBe(0);
    here.clear();
    await presence.tick();
    expect([stage.live.slots.get("gpu0")?.blocks.size, stage.notes]).toEqual([0, ["slot.taken", "slot.returned"]]);
  });

  it("is nobody when nothing tells of people", async () => {
    const stage = testStage({ slots: SLOTS });
    await createPresence(stage.context).tick();
    expect(stage.live.slots.get("gpu0")?.blocks.size).toBe(0);
  });
});
