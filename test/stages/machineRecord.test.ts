/** Which ComfyUI made a result is kept with the result: QC and the version's papers ask that, not the slot as it is now. */
import { describe, expect, it } from "vitest";
import { simulatedMark } from "../../daemon/domain/simulatedMark.ts";
import type { StageContext } from "../../daemon/live.ts";
import type { Images, InspectRequest, SystemStats } from "../../daemon/ports.ts";
import { createInspect } from "../../daemon/stages/inspect.ts";
import { engineOf, machineRecord } from "../../daemon/stages/machineRecord.ts";
import type { RecipeShelf } from "../../daemon/stages/recipeShelf.ts";
import type { Engine, StepRow, TaskRow } from "../../daemon/storePort.ts";
import { createWork } from "../../daemon/work.ts";
import { newJob } from "../contract/store.ts";
import { testStage } from "../fixtures/stageContext.ts";

const stats: SystemStats = {
  version: "0.19.1",
  simulated: true,
  deviceName: "simulated",
  memoryMiB: null,
  pytorchVersion: "2.9",
  pythonVersion: "3.12",
};
const engine: Engine = { version: "0.19.1", simulated: true, deviceName: "simulated", pytorchVersion: "2.9" };
const machine = { hostname: "h", os: "Linux", cpu: "c", memoryBytes: 1 };
const result = (of: Engine | null) => ({
  staged: [{ path: "/s/x.png", sha256: "a", bytes: 1, frame: null, ...(of === null ? {} : { engine: of }) }],
});

describe("what made a result", () => {
  it("is known of a slot that was not looked at yet, by asking it", async () => {
    const { live } = testStage({ client: { stats: () => Promise.resolve(stats) } });
    const slot = live.slots.get("gpu0")!;
    expect(slot.stats).toBeNull();
    expect(await engineOf(slot)).toEqual(engine);
  });

  it("stands in a version's papers after a restart, when no slot was looked at, and only what made its results", () => {
    const { context } = testStage({ options: { node: "n", version: "1.0.0", machine } });
    const other: Engine = { version: "0.38.2", simulated: false, deviceName: "NVIDIA L4", pytorchVersion: null };
    expect(machineRecord(context, [result(engine)])).toMatchObject({
      simulated: true,
      comfyVersions: ["0.19.1"],
      devices: ["simulated"],
      torch: ["2.9"],
    });
    expect(machineRecord(context, [result(other)])).toMatchObject({ simulated: false, torch: [] });
    expect(machineRecord(context, [result(other), result(engine), result(null)])).toMatchObject({
      simulated: true,
      comfyVersions: ["0.19.1", "0.38.2"],
    });
  });

  it("masks the mark of a simulated result in QC although its slot was not looked at since a restart", async () => {
    const asked: InspectRequest[] = [];
    const images: Partial<Images> = {
      inspect: (request) => {
        asked.push(request);
        return Promise.resolve({ verdict: "pass", findings: [], notApplied: [], reader: "test" });
      },
    };
    const task = (id: string, of: Engine | null) =>
      ({ id, stepId: "job_a/1", slot: "gpu0", fence: 1, wedge: 1, frame: null, ...result(of) }) as unknown as TaskRow;
    const { plan } = newJob("job_a");
    const step = { plan: { ...plan.steps[0]!, plate: PLATE } } as unknown as StepRow;
    const { context } = testStage({
      store: {
        uninspected: () => Promise.resolve([task("t1", engine), task("t2", null)]),
        step: () => Promise.resolve(step),
        inspected: () => Promise.resolve("ok"),
      },
    });
    const work = createWork({ wake: () => undefined, widthOf: () => 2, failed: () => Promise.resolve() });
    const whole: StageContext = {
      ...context,
      work,
      world: { ...context.world, images: images as Images },
      files: { stat: () => Promise.resolve({ bytes: 1 }) } as unknown as StageContext["files"],
    };
    const shelf = { ready: () => true, find: () => ({ file: { result: { scale: 1, bitDepth: 8 }, parameters: {} } }) };
    await createInspect(whole, shelf as unknown as RecipeShelf).tick();
    while (asked.length < 2) await Promise.resolve();
    expect(asked.map((request) => request.expected.ignore)).toEqual([[simulatedMark(640, 360)], []]);
  });
});

const PLATE = {
  dir: "/p",
  width: 640,
  height: 360,
  frames: [{ frame: null, path: "/p/x.png", bytes: 1, mtimeNs: "1", ino: "1" }],
};
