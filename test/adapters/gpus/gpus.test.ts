/** The child that watches GPUs, against a program that is called like nvidia-smi: well, old, hanging, ending, missing. */
import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createClock } from "../../../daemon/adapters/clock.ts";
import { createExec } from "../../../daemon/adapters/exec.ts";
import type { GpusOptions } from "../../../daemon/adapters/gpus/gpus.ts";
import { createGpus } from "../../../daemon/adapters/gpus/gpus.ts";
import type { GpuReading } from "../../../daemon/domain/gpu.ts";
import { fakeNvidiaSmi, synthetic } from "../../fixtures/fakeNvidiaSmi.ts";
import type { TempDir } from "../../fixtures/tempDir.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

type KnownReading = Extract<GpuReading, { kind: "known" }>;

/** Watches until the end of the test; `until` waits for a reading, not for time. */
function watch(smi: string, options: Partial<GpusOptions> = {}) {
  const waiting = new Set<() => void>();
  const gpus = createGpus({
    clock: createClock(),
    exec: createExec(),
    smi,
    journal: "/nothing/here/journalctl",
    retryMs: () => 5,
    ...options,
  });
  gpus.start(() => {
    for (const ring of Array.from(waiting)) ring();
  });
  const until = async <T extends GpuReading>(is: (reading: GpuReading) => reading is T): Promise<T> => {
    for (;;) {
      const reading = gpus.read();
      if (is(reading)) return reading;
      await new Promise<void>((resolve) => {
        const ring = (): void => {
          waiting.delete(ring);
          resolve();
        };
        waiting.add(ring);
      });
    }
  };
  return { gpus, until, [Symbol.asyncDispose]: () => gpus.close() };
}

const known = (reading: GpuReading): reading is KnownReading => reading.kind === "known";
const unknown = (reading: GpuReading): reading is Extract<GpuReading, { kind: "unknown" }> =>
  reading.kind === "unknown" && !reading.reason.includes("not asked yet");

function journal(dir: TempDir, script: string): string {
  mkdirSync(dir.file("log"));
  writeFileSync(dir.file("log/journalctl"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return dir.file("log/journalctl");
}

describe("the GPU watch", () => {
  it("reads look after look and tells who computes there", async () => {
    using dir = tempDir();
    const smi = fakeNvidiaSmi(dir);
    smi.rows(synthetic("driver570-h100"));
    smi.apps(`GPU-92b05483-6f70-4182-8d34-5f6071829304, ${process.pid}, node, 700\n`);
    await using watched = watch(smi.path);
    const first = await watched.until(known);
    expect(first.gpus.map(({ celsius }) => celsius)).toEqual([29, 91]);
    const told = await watched.until((r): r is KnownReading => known(r) && r.processes.kind === "known");
    expect(told.processes).toMatchObject({ list: [{ pid: process.pid, memoryMiB: 700 }] });
    const me = told.processes.kind === "known" ? told.processes.list[0]?.process : null;
    expect(me?.uid).toBe(process.getuid?.());
    expect(me?.argv.length).toBeGreaterThan(0);
    smi.rows(synthetic("driver570-h100").replace(", 91, ", ", 75, "));
    const cooler = await watched.until((r): r is KnownReading => known(r) && r.gpus[1]?.celsius === 75);
    expect(cooler.at).toBeGreaterThanOrEqual(first.at);
    expect(smi.calls().filter((call) => call.startsWith("--query-gpu"))).toHaveLength(1);
  });

  it("asks an older driver by older names, and without what it does not know", async () => {
    using dir = tempDir();
    const smi = fakeNvidiaSmi(dir);
    smi.refuse("clocks_event_reasons.active", "mig.mode.current");
    smi.rows(synthetic("driver470-t4").replaceAll(/, \[N\/A\]$/gm, ""));
    await using watched = watch(smi.path);
    expect((await watched.until(known)).gpus.map(({ mig, throttle }) => [mig, throttle])).toEqual([
      [null, []],
      [null, ["idle"]],
    ]);
  });

  it("is unknown in words without nvidia-smi, without a driver, and without a device", async () => {
    using dir = tempDir();
    await using none = watch(dir.file("not-there"));
    expect((await none.until(unknown)).reason).toContain("another vendor");
    const smi = fakeNvidiaSmi(dir);
    smi.rows("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n");
    smi.mode("end 9");
    await using broken = watch(smi.path);
    expect(await broken.until(unknown)).toEqual({
      kind: "unknown",
      reason: "nvidia-smi ended (9): NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
      silent: false,
    });
  });

  it("starts again a child that ended, and sees the GPUs when the driver is back", async () => {
    using dir = tempDir();
    const smi = fakeNvidiaSmi(dir);
    smi.rows("No devices were found\n");
    smi.mode("end 6");
    await using watched = watch(smi.path);
    await watched.until(unknown);
    smi.rows(synthetic("driver550-rtx4090"));
    smi.mode("well");
    expect((await watched.until(known)).gpus[0]?.name).toBe("NVIDIA GeForce RTX 4090");
  });

  it("calls the GPUs unknown, not what they were, when the child is silent; and kills it", async () => {
    using dir = tempDir();
    const smi = fakeNvidiaSmi(dir);
    smi.rows(synthetic("driver550-rtx4090"));
    smi.mode("hang");
    await using watched = watch(smi.path, { silentMs: 700 });
    await watched.until(known);
    expect(await watched.until(unknown)).toMatchObject({ silent: true, reason: "nvidia-smi said nothing for 1 s" });
    smi.mode("well");
    await watched.until(known);
  });

  it("still sees the others when one GPU fell off the bus", async () => {
    using dir = tempDir();
    const smi = fakeNvidiaSmi(dir);
    smi.rows(synthetic("driver570-h100"));
    await using watched = watch(smi.path);
    await watched.until(known);
    smi.mode("lost 00000000:18:00.0");
    const reading = await watched.until((r): r is KnownReading => known(r) && r.gpus.length === 1);
    expect(reading.gpus[0]?.index).toBe(1);
    expect(reading.lost).toEqual([
      { busId: "0000:18:00.0", text: "GPU is lost.  Reboot the system to recover this GPU" },
    ]);
    expect(smi.calls().some((call) => call.includes("--id=0000:2a:00.0"))).toBe(true);
  });

  it("reads Xid reports where the kernel's log may be read, and says so where it may not", async () => {
    using dir = tempDir();
    const smi = fakeNvidiaSmi(dir);
    smi.rows(synthetic("driver570-h100"));
    const line = "1764300000.5 n kernel: NVRM: Xid (PCI:0000:18:00): 48, pid=7, Double Bit ECC error";
    const log = journal(dir, `echo "${line}"; case "$*" in *--follow*) exec tail -f /dev/null;; esac`);
    await using watched = watch(smi.path, { journal: log });
    const reading = await watched.until(
      (r): r is KnownReading => known(r) && r.xids.kind === "known" && r.xids.list.length > 0,
    );
    expect(reading.xids).toMatchObject({ list: [{ busId: "0000:18:00.0", code: 48 }] });
    writeFileSync(log, "#!/bin/sh\necho 'Hint: You are currently not seeing messages' >&2\nexit 1\n", { mode: 0o755 });
    await using closed = watch(smi.path, { journal: log });
    const told = await closed.until(
      (r): r is KnownReading => known(r) && !JSON.stringify(r.xids).includes("not asked"),
    );
    expect(told.xids).toMatchObject({ kind: "unknown", reason: expect.stringContaining("systemd-journal") as unknown });
  });
});
