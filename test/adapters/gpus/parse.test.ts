/** nvidia-smi's lines: what drivers of several generations print, whole, cut and broken. Hand-written, not recorded. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  busIdOf,
  FULL_QUERY,
  gpuRow,
  LookBuilder,
  lostGpu,
  processRows,
  refusedField,
  withoutField,
  xidReport,
} from "../../../daemon/adapters/gpus/parse.ts";
import type { GpuFacts } from "../../../daemon/domain/gpu.ts";
import { synthetic } from "../../fixtures/fakeNvidiaSmi.ts";

function look(name: string): readonly GpuFacts[] {
  const builder = new LookBuilder(FULL_QUERY, null);
  const looks = synthetic(name)
    .split("\n")
    .flatMap((line) => builder.take(line) ?? []);
  return looks;
}

describe("a look of nvidia-smi", () => {
  it("of driver 470 tells two T4 apart, and 0 is a value", () => {
    const [first, second] = look("driver470-t4");
    expect(first).toMatchObject({
      index: 0,
      name: "Tesla T4",
      busId: "0000:00:1e.0",
      driver: "470.256.02",
      memoryTotalMiB: 15_109,
      memoryUsedMiB: 1_042,
      memoryFreeMiB: 14_067,
      utilisationPercent: 37,
      celsius: 58,
      watts: 45.12,
      wattsLimit: 70,
      eccUncorrected: 0,
      retirementPending: false,
      throttle: [],
      computeMode: "Default",
      mig: null,
      broken: [],
    });
    expect(second).toMatchObject({ index: 1, memoryUsedMiB: 0, utilisationPercent: 0, throttle: ["idle"] });
  });

  it("says which GPU is cut into MIG slices and that it has no utilisation then", () => {
    const [cut, whole] = look("driver535-a100-mig");
    expect(cut).toMatchObject({ mig: true, utilisationPercent: null, broken: [] });
    expect(whole).toMatchObject({
      mig: false,
      utilisationPercent: 99,
      throttle: ["power cap"],
      computeMode: "Exclusive_Process",
    });
  });

  it("says null where a GPU has no such thing, never 0", () => {
    expect(look("driver550-rtx4090")[0]).toMatchObject({ eccUncorrected: null, retirementPending: null, mig: null });
    expect(look("driver580-gb10")[0]).toMatchObject({
      busId: "000f:01:00.0",
      memoryTotalMiB: null,
      memoryUsedMiB: null,
      watts: 0,
      wattsLimit: null,
    });
  });

  it("names what throttles a GPU and counts what ECC could not correct", () => {
    expect(look("driver570-h100")[1]).toMatchObject({
      celsius: 91,
      eccUncorrected: 2,
      throttle: ["software thermal slowdown", "hardware thermal slowdown"],
    });
  });

  it("keeps broken sensors apart from missing ones", () => {
    expect(look("driver535-broken")[0]).toMatchObject({
      celsius: null,
      utilisationPercent: null,
      memoryTotalMiB: 24_564,
      mig: null,
      broken: ["utilization.gpu", "temperature.gpu", "power.draw"],
    });
  });

  it("is given only when it is whole; a cut line, a comment or nonsense is no row", () => {
    const text = synthetic("driver470-t4")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    const [first = "", second = ""] = text;
    const builder = new LookBuilder(FULL_QUERY, null);
    expect(builder.take("# a comment")).toBeNull();
    expect(builder.take(first.slice(0, 80))).toBeNull();
    expect(builder.take(first)).toBeNull();
    expect(builder.take("Unable to determine the device handle")).toBeNull();
    expect(builder.take(second)).toHaveLength(2);
  });

  it("that lost a GPU in its middle is given as far as it came, when the next one begins", () => {
    const [first = "", second = ""] = synthetic("driver470-t4")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    const builder = new LookBuilder(FULL_QUERY, null);
    expect(builder.take(first)).toBeNull();
    expect(builder.take(first)?.map(({ index }) => index)).toEqual([0]);
    expect(builder.take(second)?.map(({ index }) => index)).toEqual([0, 1]);
    const one = new LookBuilder(FULL_QUERY, 1);
    expect(one.take(second)?.map(({ index }) => index)).toEqual([1]);
  });

  it("never throws, whatever a line holds", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 200 }),
        fc.array(fc.string({ maxLength: 12 }), { minLength: 18, maxLength: 18 }),
        (text, cells) => {
          gpuRow(text, FULL_QUERY);
          gpuRow(cells.join(","), FULL_QUERY);
          processRows(text);
          xidReport(text);
          lostGpu(text);
        },
      ),
    );
  });
});

describe("what a driver does not know", () => {
  it("is asked by its older name, then not at all", () => {
    const said = 'Field "clocks_event_reasons.active" is not a valid field to query.\n\n';
    const older = withoutField(FULL_QUERY, refusedField(said) ?? "");
    expect(older?.map(({ smi }) => smi)).toContain("clocks_throttle_reasons.active");
    expect(older).toHaveLength(FULL_QUERY.length);
    const none = withoutField(older ?? [], "clocks_throttle_reasons.active");
    expect(none).toHaveLength(FULL_QUERY.length - 1);
    const row = synthetic("driver550-rtx4090").split("\n")[2]?.split(", ").toSpliced(15, 1).join(", ") ?? "";
    expect(gpuRow(row, none ?? [])?.facts).toMatchObject({ throttle: null, computeMode: "Default" });
  });

  it("can't be its own number or name", () => {
    expect(withoutField(FULL_QUERY, "index")).toBeNull();
    expect(withoutField(FULL_QUERY, "nothing.like.this")).toBeNull();
    expect(refusedField("No devices were found")).toBeNull();
  });
});

describe("the driver's words", () => {
  it("about a GPU that fell off the bus name its place", () => {
    expect(lostGpu("Unable to determine the device handle for GPU0000:3B:00.0: Unknown Error\n")).toEqual({
      busId: "0000:3b:00.0",
      text: "Unknown Error",
    });
    expect(
      lostGpu("Unable to determine the device handle for GPU 00000000:AF:00.0: GPU is lost.  Reboot the system"),
    ).toEqual({ busId: "0000:af:00.0", text: "GPU is lost.  Reboot the system" });
    expect(lostGpu("No devices were found")).toBeNull();
  });

  it("in the kernel's log become a place, a number and a time", () => {
    const line =
      "1764300000.123456 node7 kernel: NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, name=python3, GPU has fallen off the bus.";
    expect(xidReport(line)).toEqual({
      busId: "0000:3b:00.0",
      code: 79,
      at: 1_764_300_000_123,
      text: "Xid (PCI:0000:3b:00): 79, pid=1234, name=python3, GPU has fallen off the bus.",
    });
    expect(xidReport("1764300000.1 node7 kernel: usb 1-1: new device")).toBeNull();
    expect(xidReport("-- No entries --")).toBeNull();
  });

  it("name a place in one form", () => {
    expect(busIdOf("00000000:3B:00.0")).toBe("0000:3b:00.0");
    expect(busIdOf("0001:3b:00.0")).toBe("0001:3b:00.0");
    expect(busIdOf("3b:00.0")).toBeNull();
  });

  it("about processes may hold commas, say no memory, or say that there are none", () => {
    const text = [
      "GPU-92b05483-6f70-4182-8d34-5f6071829304, 4711, /usr/bin/python3, 7434",
      "GPU-92b05483-6f70-4182-8d34-5f6071829304, 4712, C:\\odd, name.exe, [N/A]",
      "GPU-92b05483-6f70-4182-8d34-5f6071829304, 4713, [Not Found], 512",
      "No running processes found",
      "",
    ].join("\n");
    expect(processRows(text)).toEqual([
      { uuid: "GPU-92b05483-6f70-4182-8d34-5f6071829304", pid: 4711, name: "/usr/bin/python3", memoryMiB: 7_434 },
      { uuid: "GPU-92b05483-6f70-4182-8d34-5f6071829304", pid: 4712, name: "C:\\odd, name.exe", memoryMiB: null },
      { uuid: "GPU-92b05483-6f70-4182-8d34-5f6071829304", pid: 4713, name: null, memoryMiB: 512 },
    ]);
  });
});
