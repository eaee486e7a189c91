/**
 * Scores a client by the servers' own logs: nothing that a client says of itself counts. Times are the servers' (one machine,
 * one clock).
 */
import { quantile } from "../measure.ts";
import type { ServerLog } from "./servers.ts";

export interface Score {
  readonly done: number;
  /** Prompts that ended well more than once for the same task are not told apart here: more than asked is a defect. */
  readonly extra: number;
  /** Last end less first receipt, s. */
  readonly makespan: number;
  /** Share of all slots' time in which a prompt ran, loading counted apart, percent. */
  readonly busyPercent: number;
  readonly loadPercent: number;
  /** From one prompt's end to the next one's start on the same slot while work waited, ms. */
  readonly gapP50: number;
  readonly gapP95: number;
  readonly gapMax: number;
  readonly loads: number;
  readonly perSlot: readonly number[];
  readonly requestsPerTask: number;
}

export function score(logs: readonly ServerLog[], of: { readonly tasks: number; readonly loadMs: number }): Score {
  const slots = logs.map((log) =>
    log.prompts
      .flatMap(({ startedMs, endedMs, receivedMs, outcome, loaded }) =>
        startedMs === null || endedMs === null || outcome !== "success"
          ? []
          : [{ startedMs, endedMs, receivedMs, loaded }],
      )
      .sort((a, b) => a.startedMs - b.startedMs),
  );
  const all = slots.flat();
  const first = Math.min(...logs.flatMap((log) => log.prompts.map((prompt) => prompt.receivedMs)));
  const last = Math.max(...all.map((prompt) => prompt.endedMs));
  const lastStart = Math.max(...all.map((prompt) => prompt.startedMs));
  const span = last - first;
  const loads = all.filter((prompt) => prompt.loaded !== null).length;
  const ran = all.reduce((sum, prompt) => sum + prompt.endedMs - prompt.startedMs, 0);
  const gaps = slots.flatMap((prompts) =>
    prompts.slice(1).flatMap((next, index) => {
      const gap = next.startedMs - (prompts[index]?.endedMs ?? next.startedMs);
      return next.startedMs <= lastStart ? [Math.max(0, gap)] : [];
    }),
  );
  const percent = (ms: number): number => (100 * ms) / (slots.length * span);
  return {
    done: Math.min(all.length, of.tasks),
    extra: Math.max(0, all.length - of.tasks),
    makespan: span / 1_000,
    busyPercent: percent(ran),
    loadPercent: percent(loads * of.loadMs),
    gapP50: quantile(gaps, 0.5),
    gapP95: quantile(gaps, 0.95),
    gapMax: gaps.length === 0 ? 0 : Math.max(...gaps),
    loads,
    perSlot: slots.map((prompts) => prompts.length),
    requestsPerTask: logs.flatMap((log) => Object.values(log.requests)).reduce((sum, n) => sum + n, 0) / of.tasks,
  };
}
