/**
 * Idle gaps of a GPU from samples of nvidia-smi. What a sample says is the driver's own mean over a window of 1/6 s to 1 s (by
 * board), so a gap shorter than that is not seen, and every length is known to one sampling interval: both are reported.
 */
export interface GpuSample {
  /** ms since the epoch, the node's clock. */
  readonly at: number;
  readonly uuid: string;
  readonly busyPercent: number;
  readonly memoryMiB: number | null;
}

/** `2026/11/28 02:31:10.123, GPU-..., 97, 4312`; null for any other line and where the driver tells no utilisation. */
export function gpuSample(line: string): GpuSample | null {
  const cells = line.split(",").map((cell) => cell.trim());
  const time = /^(\d{4})\/(\d{2})\/(\d{2}) (\d{2}):(\d{2}):(\d{2})\.(\d{3})$/.exec(cells[0] ?? "");
  const uuid = cells[1] ?? "";
  if (cells.length !== 4 || time === null || !uuid.startsWith("GPU-") || !/^\d+$/.test(cells[2] ?? "")) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0] = time.slice(1).map(Number);
  return {
    at: new Date(year, month - 1, day, hour, minute, second, ms).getTime(),
    uuid,
    busyPercent: Number(cells[2]),
    memoryMiB: /^\d+$/.test(cells[3] ?? "") ? Number(cells[3]) : null,
  };
}

export interface GapReport {
  readonly samples: number;
  /** Mean busy share between the first and the last busy sample, percent. */
  readonly busyPercent: number;
  /** Idle gaps between those, ms, longest first. */
  readonly gapsMs: readonly number[];
  readonly idleMs: number;
  readonly spanMs: number;
  /** The median distance of two samples, ms: what every length is known to. */
  readonly samplingMs: number;
  readonly peakMemoryMiB: number | null;
}

/** null when the GPU was never seen busy. `idlePercent`: at or below it a sample counts as idle. */
export function gapsOf(samples: readonly GpuSample[], idlePercent = 5): GapReport | null {
  const sorted = samples.toSorted((a, b) => a.at - b.at);
  const busy = sorted.filter((sample) => sample.busyPercent > idlePercent);
  const from = busy[0]?.at;
  const to = busy.at(-1)?.at;
  if (from === undefined || to === undefined) return null;
  const span = sorted.filter((sample) => sample.at >= from && sample.at <= to);
  const gaps: number[] = [];
  let idleSince: number | null = null;
  for (const sample of span) {
    if (sample.busyPercent <= idlePercent) idleSince ??= sample.at;
    else if (idleSince !== null) {
      gaps.push(sample.at - idleSince);
      idleSince = null;
    }
  }
  const steps = span.slice(1).map((sample, index) => sample.at - (span[index]?.at ?? sample.at));
  const memory = span.flatMap((sample) => (sample.memoryMiB === null ? [] : [sample.memoryMiB]));
  return {
    samples: span.length,
    busyPercent: span.reduce((sum, sample) => sum + sample.busyPercent, 0) / span.length,
    gapsMs: gaps.toSorted((a, b) => b - a),
    idleMs: gaps.reduce((sum, gap) => sum + gap, 0),
    spanMs: to - from,
    samplingMs: steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0,
    peakMemoryMiB: memory.length === 0 ? null : Math.max(...memory),
  };
}

export function gapWords(name: string, report: GapReport | null): string {
  if (report === null) return `${name}: never seen busy`;
  const { gapsMs, samplingMs } = report;
  const share = report.spanMs === 0 ? 0 : (100 * report.idleMs) / report.spanMs;
  return [
    `${name}: ${report.busyPercent.toFixed(1)} % busy over ${(report.spanMs / 1000).toFixed(1)} s, ${report.samples} samples`,
    `  idle gaps: ${gapsMs.length}, longest ${gapsMs[0] ?? 0} ms, ${report.idleMs} ms in all (${share.toFixed(1)} %)`,
    `  known to ${samplingMs} ms (one sample) and to the driver's own window of 167 to 1000 ms: shorter gaps are not seen`,
    `  peak memory: ${report.peakMemoryMiB ?? "not told"} MiB`,
  ].join("\n");
}
