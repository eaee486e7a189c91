/** The GPU check without a GPU: its arithmetic on written samples, and its refusals as a process. */
import { execFile } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { GpuSample } from "../../scripts/bench/gpuGaps.ts";
import { gapsOf, gapWords, gpuSample } from "../../scripts/bench/gpuGaps.ts";
import { tempDir } from "../fixtures/tempDir.ts";

const BENCH = fileURLToPath(new URL("../../scripts/bench/gpu.ts", import.meta.url));

/** Busy shares, one every 100 ms. */
function samples(...busy: readonly number[]): readonly GpuSample[] {
  return busy.map((busyPercent, index) => ({ at: index * 100, uuid: "GPU-1", busyPercent, memoryMiB: 1_000 + index }));
}

describe("a sample of nvidia-smi", () => {
  it("is a time, a GPU, a busy share and its memory", () => {
    const sample = gpuSample("2026/11/28 02:31:10.123, GPU-92b05483-6f70-4182-8d34-5f6071829304, 97, 4312");
    expect(sample).toMatchObject({
      uuid: "GPU-92b05483-6f70-4182-8d34-5f6071829304",
      busyPercent: 97,
      memoryMiB: 4_312,
    });
    expect(new Date(sample?.at ?? 0).getMilliseconds()).toBe(123);
  });

  it("is none when the driver tells no share, or the line is cut or another", () => {
    for (const line of [
      "2026/11/28 02:31:10.123, GPU-9, [N/A], 4312",
      "2026/11/28 02:31:10.123, GPU-9, 9",
      "timestamp, uuid, utilization.gpu [%], memory.used [MiB]",
      "",
    ])
      expect(gpuSample(line), line).toBeNull();
    expect(gpuSample("2026/11/28 02:31:10.123, GPU-9, 0, [N/A]")?.memoryMiB).toBeNull();
  });
});

describe("idle gaps", () => {
  it("are counted between the first and the last busy sample, the longest first", () => {
    expect(gapsOf(samples(0, 0, 90, 0, 95, 0, 0, 0, 98, 99, 0, 0))).toEqual({
      samples: 8,
      busyPercent: (90 + 95 + 98 + 99) / 8,
      gapsMs: [300, 100],
      idleMs: 400,
      spanMs: 700,
      samplingMs: 100,
      peakMemoryMiB: 1_009,
    });
  });

  it("are none where it never waited, and nothing is said of a GPU that never worked", () => {
    expect(gapsOf(samples(99, 98, 97))?.gapsMs).toEqual([]);
    expect(gapsOf(samples(0, 1, 0))).toBeNull();
    expect(gapsOf([])).toBeNull();
    expect(gapWords("H100", null)).toBe("H100: never seen busy");
  });

  it("are told with what they are known to", () => {
    expect(gapWords("H100", gapsOf(samples(90, 0, 90)))).toBe(
      [
        "H100: 60.0 % busy over 0.2 s, 3 samples",
        "  idle gaps: 1, longest 100 ms, 100 ms in all (50.0 %)",
        "  known to 100 ms (one sample) and to the driver's own window of 167 to 1000 ms: shorter gaps are not seen",
        "  peak memory: 1002 MiB",
      ].join("\n"),
    );
  });
});

describe("the check refuses, with exit 9 and a sentence,", () => {
  /** Only what is in the folder can be run. */
  const run = (path: string, ...args: readonly string[]): Promise<{ code: unknown; stderr: string }> =>
    new Promise((resolve) => {
      execFile(process.execPath, [BENCH, ...args], { env: { PATH: path } }, (error, _stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stderr }),
      );
    });

  it("without a driver", async () => {
    using dir = tempDir();
    const { code, stderr } = await run(dir.path);
    expect(code).toBe(9);
    expect(stderr).toMatch(/^The GPU check can't be made here: nvidia-smi can't be run here .*no NVIDIA driver\.\n$/);
  });

  it("with a driver and no GPU, or nothing that computes on it, or no such ComfyUI", async () => {
    using dir = tempDir();
    const smi = (text: string): void =>
      writeFileSync(dir.file("nvidia-smi"), `#!/bin/sh\necho '${text}'\n`, { mode: 0o755 });
    smi("No devices were found");
    expect(await run(dir.path)).toEqual({
      code: 9,
      stderr: "The GPU check can't be made here: nvidia-smi names no GPU: No devices were found.\n",
    });
    smi("GPU-1, NVIDIA L40S");
    const nothing = await run(dir.path);
    expect(nothing.code).toBe(9);
    expect(nothing.stderr).toMatch(/nothing here can keep a GPU busy: python3: .*ENOENT; nvcc: not there/);
    symlinkSync("/bin/sh", dir.file("python"));
    expect(await run(dir.path, "--comfyui", dir.path, "--python", dir.file("python"))).toEqual({
      code: 9,
      stderr: `The GPU check can't be made here: ${dir.file("main.py")} is not there.\n`,
    });
  });
});
