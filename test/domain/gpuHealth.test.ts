/** Which GPU is whose, and when it gets no new work: tables of what is known and what follows. */
import { describe, expect, it } from "vitest";
import type { GpuFacts, GpuProcess, GpuReading } from "../../daemon/domain/gpu.ts";
import type { GpuBounds, GpuQuestion } from "../../daemon/domain/gpuHealth.ts";
import { judgeGpu, silentGpu } from "../../daemon/domain/gpuHealth.ts";
import type { SlotPlace } from "../../daemon/domain/gpuMatch.ts";
import { comfyPort, matchGpu } from "../../daemon/domain/gpuMatch.ts";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { knownGpus, wellGpu } from "../fixtures/gpus.ts";

type KnownReading = Extract<GpuReading, { kind: "known" }>;

const L40 = wellGpu({ index: 0, uuid: "GPU-l40", name: "NVIDIA L40S", busId: "0000:3b:00.0" });
const T4 = wellGpu({ index: 1, uuid: "GPU-t4", name: "Tesla T4", busId: "0000:af:00.0" });

function place(changes: Partial<SlotPlace> = {}): SlotPlace {
  return { slot: "gpu0", gpu: 0, local: true, simulated: false, port: 8188, group: null, device: null, ...changes };
}

function process(
  changes: Partial<GpuProcess> & { readonly argv?: readonly string[]; readonly group?: number } = {},
): GpuProcess {
  const { argv = ["/opt/venv/bin/python", "main.py", "--port", "8188"], group = 700, ...rest } = changes;
  return {
    uuid: "GPU-l40",
    pid: 701,
    name: "/opt/venv/bin/python",
    memoryMiB: 4_000,
    process: { group, uid: 1000, argv },
    ...rest,
  };
}

const processes = (...list: readonly GpuProcess[]): Partial<KnownReading> => ({ processes: { kind: "known", list } });
const MAYA = process({
  pid: 4711,
  name: "maya.bin",
  memoryMiB: 3_000,
  argv: ["/usr/autodesk/bin/maya.bin"],
  group: 4711,
});

describe("a slot's GPU", () => {
  const match = (of: Partial<SlotPlace>, reading: KnownReading = knownGpus([L40, T4]), pinned: string | null = null) =>
    matchGpu(place(of), { reading, pinned, seen: new Map([L40, T4].map((gpu) => [gpu.uuid, gpu])) });

  it("is the one with its number, or its UUID", () => {
    expect(match({ gpu: 1 })).toMatchObject({ kind: "matched", uuid: "GPU-t4", by: "configuration" });
    expect(match({ gpu: "GPU-t4" })).toMatchObject({ kind: "matched", uuid: "GPU-t4" });
  });

  it("keeps being the one that its number first meant when numbers move", () => {
    const moved = knownGpus([{ ...T4, index: 0 }]);
    expect(match({ gpu: 1 }, moved, "GPU-t4")).toMatchObject({ uuid: "GPU-t4" });
    expect(match({ gpu: 0 }, moved, "GPU-l40")).toMatchObject({ uuid: "GPU-l40" });
  });

  it("is where its own process computes, whatever the configuration says, and the difference is told", () => {
    const reading = knownGpus([L40, T4], processes(process({ uuid: "GPU-t4" })));
    const found = match({ gpu: 0 }, reading);
    expect(found).toMatchObject({ kind: "matched", uuid: "GPU-t4", by: "process" });
    expect(found.kind === "matched" ? found.mismatch : "").toBe(
      "slot gpu0 is configured for GPU 0 (NVIDIA L40S), and its ComfyUI computes on GPU 1 (Tesla T4): CUDA counts otherwise than nvidia-smi",
    );
    expect(match({ gpu: null }, reading)).toMatchObject({ uuid: "GPU-t4", mismatch: null });
    expect(match({ gpu: 0, port: null, group: 700 }, reading)).toMatchObject({ uuid: "GPU-t4", by: "process" });
  });

  it("of another name than ComfyUI computes on is told too", () => {
    const found = match({ gpu: 0, device: "cuda:0 Tesla T4 : cudaMallocAsync" });
    expect(found.kind === "matched" ? found.mismatch : "").toContain("says that it computes on cuda:0 Tesla T4");
    expect(match({ gpu: 0, device: "cuda:0 NVIDIA L40S : native" })).toMatchObject({ mismatch: null });
    expect(match({ gpu: 0, device: "cpu" })).toMatchObject({ mismatch: null });
  });

  it("is unknown, with the reason, where nothing tells: never a guess", () => {
    expect(match({ simulated: true })).toEqual({ kind: "unknown", reason: "a simulated ComfyUI computes on no GPU" });
    expect(match({ local: false })).toEqual({ kind: "unknown", reason: "its ComfyUI runs on another machine" });
    expect(match({ gpu: null })).toMatchObject({ kind: "unknown" });
    expect(match({ gpu: "MIG-7" })).toMatchObject({ kind: "unknown" });
  });

  it("that this node does not have is named with those that it has", () => {
    expect(match({ gpu: 7 })).toEqual({ kind: "absent", reason: "the configuration names GPU 7; this node has 0, 1" });
    expect(match({ gpu: "GPU-none" })).toMatchObject({ kind: "absent" });
  });

  it("is found by the port of ComfyUI's command line, 8188 when it names none", () => {
    expect(comfyPort(["python", "/opt/ComfyUI/main.py"])).toBe(8188);
    expect(comfyPort(["python", "main.py", "--listen", "127.0.0.1", "--port", "8190"])).toBe(8190);
    expect(comfyPort(["python", "main.py", "--port=8191"])).toBe(8191);
    expect(comfyPort(["python", "main.py", "--port", "x"])).toBeNull();
    expect(comfyPort(["maya.bin", "--port", "8188"])).toBeNull();
    expect(comfyPort([])).toBeNull();
  });
});

describe("a GPU gets no new work", () => {
  const BOUNDS: GpuBounds = { hotCelsius: 90, coolCelsius: 80, foreignMiB: 1_024, eccUncorrectedMax: 0 };
  const NOW = 1_764_300_000_000;
  const judge = (gpu: GpuFacts | null, of: Partial<GpuQuestion> & { readonly reading?: KnownReading } = {}) =>
    judgeGpu({
      uuid: "GPU-l40",
      last: L40,
      reading: knownGpus(gpu === null ? [] : [gpu]),
      bounds: BOUNDS,
      wasHot: false,
      places: [place()],
      here: [place()],
      now: NOW,
      ...of,
    });
  const xid = (code: number, agoMs: number, busId = "0000:3b:00.0"): Partial<KnownReading> => ({
    xids: { kind: "known", list: [{ busId, code, at: NOW - agoMs, text: `Xid ${code}` }] },
  });

  it.each<[string, Partial<GpuFacts>, Partial<KnownReading>, string | null]>([
    ["well", {}, {}, null],
    ["warm", { celsius: 89 }, {}, null],
    ["without a thermometer", { celsius: null }, {}, null],
    ["hot", { celsius: 90 }, {}, "HP-GPU-HOT"],
    ["with one uncorrected error", { eccUncorrected: 1 }, {}, "HP-GPU-ERROR"],
    ["without ECC", { eccUncorrected: null }, {}, null],
    ["whose memory can't be read", { broken: ["memory.used"] }, {}, "HP-GPU-ERROR"],
    ["whose power sensor alone is broken", { broken: ["power.draw"] }, {}, null],
    ["off the bus by its Xid", {}, xid(79, 60_000), "HP-GPU-ERROR"],
    ["whose Xid is long ago", {}, xid(79, LIMITS.gpuXidHoldMs), null],
    ["whose program made a mistake (Xid 31)", {}, xid(31, 60_000), null],
    ["beside one with an Xid", {}, xid(79, 60_000, "0000:af:00.0"), null],
    ["whose kernel log can't be read", {}, { xids: { kind: "unknown", reason: "no right" } }, null],
    ["with its own ComfyUI on it", {}, processes(process()), null],
    ["held by somebody else", {}, processes(process(), MAYA), "HP-GPU-HELD"],
    ["with little of somebody else's", {}, processes(process(), { ...MAYA, memoryMiB: 1_024 }), null],
    ["with a program whose memory is not told", {}, processes(process(), { ...MAYA, memoryMiB: null }), null],
    ["with a program that may not be seen", {}, processes(process(), { ...MAYA, process: null }), null],
    ["whose processes are not known", {}, { processes: { kind: "unknown", reason: "late" } }, null],
    ["with a python that may be its own ComfyUI", {}, processes(process({ argv: ["python3", "serve.py"] })), null],
    ["with somebody's game and no ComfyUI yet", {}, processes(MAYA), "HP-GPU-HELD"],
  ])("or does, when it is %s", (_what, facts, changes, code) => {
    const gpu = { ...L40, ...facts };
    expect(judge(gpu, { reading: knownGpus([gpu], changes) }).trouble?.code ?? null).toBe(code);
  });

  it("when it is gone, with the driver's words", () => {
    const { trouble } = judge(null, {
      reading: knownGpus([T4], { lost: [{ busId: "0000:3b:00.0", text: "GPU is lost." }] }),
    });
    expect(trouble).toMatchObject({
      code: "HP-GPU-LOST",
      message: "GPU 0 (NVIDIA L40S) at 0000:3b:00.0 is gone: GPU is lost.",
    });
  });

  it("from hot until it is cool, not until it is less hot", () => {
    const at = (celsius: number, wasHot: boolean) => judge({ ...L40, celsius }, { wasHot }).hot;
    expect([at(89, false), at(90, false), at(85, true), at(80, true), at(79, true)]).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
  });

  it("for the cause that must be cured first", () => {
    const gpu = { ...L40, celsius: 99, eccUncorrected: 3 };
    expect(judge(gpu, { reading: knownGpus([gpu], processes(MAYA)) }).trouble?.code).toBe("HP-GPU-ERROR");
    const hot = { ...L40, celsius: 99 };
    expect(judge(hot, { reading: knownGpus([hot], processes(MAYA)) }).trouble?.code).toBe("HP-GPU-HOT");
  });

  it("because of others, with their names and how much they hold", () => {
    const reading = knownGpus([L40], processes(process(), MAYA, { ...MAYA, pid: 4712, memoryMiB: 500 }));
    expect(judge(L40, { reading }).trouble?.message).toBe(
      "GPU 0 (NVIDIA L40S) is held by maya.bin (process 4711, user 1000) and 1 more with 3500 MiB (gpus.foreignMiB is 1024)",
    );
  });

  it("never because of another slot's ComfyUI on the same GPU", () => {
    const second = place({ slot: "gpu0b", port: 8189 });
    const reading = knownGpus(
      [L40],
      processes(process(), process({ pid: 900, argv: ["python", "main.py", "--port", "8189"] })),
    );
    expect(judge(L40, { reading, places: [place(), second], here: [place(), second] }).trouble).toBeNull();
  });

  it("when the driver went silent, and says so", () => {
    expect(silentGpu(L40, "nvidia-smi said nothing for 30 s")).toMatchObject({
      code: "HP-GPU-SILENT",
      message: "the state of GPU 0 (NVIDIA L40S) is not known any more: nvidia-smi said nothing for 30 s",
    });
  });
});
