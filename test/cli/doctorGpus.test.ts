/** What the doctor says of GPUs. */
import { expect, test } from "vitest";
import { createClock } from "../../daemon/adapters/clock.ts";
import { gpuLines } from "../../daemon/cli/doctorGpus.ts";
import { gpuWords } from "../../daemon/cli/gpuWords.ts";
import { configSchema } from "../../daemon/domain/config.ts";
import type { GpuReading } from "../../daemon/domain/gpu.ts";
import { knownGpus, setGpus, wellGpu } from "../fixtures/gpus.ts";

async function lines(reading: GpuReading, slots: readonly object[]): Promise<readonly string[]> {
  const config = configSchema.parse({
    hotplate: 1,
    stateDir: "/state",
    roots: [{ name: "shows", linux: "/shows" }],
    slots,
  });
  const told = await gpuLines({ config, clock: createClock(), gpus: setGpus(reading) });
  return told.map(({ state, what, found }) => `${state} ${what}: ${found}`);
}

// Nothing listens on the discard port: the slots do not answer, which is not what is looked at here.
const SLOT = { name: "gpu0", gpu: 0, url: "http://127.0.0.1:9" };
const GPU = wellGpu({ name: "NVIDIA L40S", celsius: 61, memoryUsedMiB: 12_288, memoryTotalMiB: 46_068 });

test("each GPU has a line, and what can't be watched has its reason", async () => {
  const reading = knownGpus([GPU, wellGpu({ index: 1, uuid: "GPU-1", celsius: 97 })], {
    xids: { kind: "unknown", reason: "this user may not read the kernel's log" },
    lost: [{ busId: "0000:af:00.0", text: "GPU is lost." }],
  });
  expect(await lines(reading, [SLOT])).toEqual([
    "OK GPU 0: 0 NVIDIA L40S 61 °C 12/45 GiB, driver 550.90.07",
    "WARN GPU 1: HP-GPU-HOT GPU 1 (NVIDIA RTX 6000 Ada Generation) is at 97 °C (gpus.hotCelsius is 90); it gets work again below 80 °C",
    "FAIL GPU at 0000:af:00.0: HP-GPU-LOST GPU is lost.",
    "WARN GPU errors (Xid): this user may not read the kernel's log",
  ]);
});

test("a slot that names a GPU which is not there fails", async () => {
  expect(await lines(knownGpus([GPU]), [{ ...SLOT, gpu: 3 }])).toEqual([
    "OK GPU 0: 0 NVIDIA L40S 61 °C 12/45 GiB, driver 550.90.07",
    "FAIL slot gpu0: HP-GPU-ABSENT the configuration names GPU 3; this node has 0",
  ]);
});

test("a slot that computes elsewhere is warned of", async () => {
  const other = wellGpu({ index: 1, uuid: "GPU-1", name: "Tesla T4" });
  const list = [
    {
      uuid: "GPU-1",
      pid: 7,
      name: "python",
      memoryMiB: 900,
      process: { group: 7, uid: 1, argv: ["python", "main.py", "--port", "9"] },
    },
  ];
  const told = await lines(knownGpus([GPU, other], { processes: { kind: "known", list } }), [SLOT]);
  expect(told.at(-1)).toContain("WARN slot gpu0: HP-GPU-ORDER slot gpu0 is configured for GPU 0 (NVIDIA L40S)");
});

test("no nvidia-smi is a warning only where a slot names a GPU", async () => {
  const none: GpuReading = { kind: "unknown", reason: "there is no nvidia-smi here", silent: false };
  expect(await lines(none, [SLOT])).toEqual(["WARN GPUs: there is no nvidia-smi here"]);
  expect(await lines(none, [{ ...SLOT, demo: true }])).toEqual(["OK GPUs: none watched: there is no nvidia-smi here"]);
});

test("a GPU of which nothing is known is a question mark in a table, not zeros", () => {
  expect(gpuWords({ uuid: null, facts: null, reason: "late", mismatch: null })).toBe("?");
  expect(gpuWords({ uuid: "GPU-1", facts: null, reason: "late", mismatch: null })).toBe("? GPU-1");
  const bare = wellGpu({ name: null, celsius: null, memoryTotalMiB: null });
  expect(gpuWords({ uuid: "GPU-1", facts: bare, reason: null, mismatch: null })).toBe("0 GPU");
});
