/** Facts for tests of the scheduler: slots, heads and figures, with what a test does not name left plain. */
import type { Head, ScheduleFacts } from "../../daemon/domain/board.ts";
import type { Estimates } from "../../daemon/domain/estimate.ts";
import { EMPTY_LEDGER } from "../../daemon/domain/share.ts";
import type { FlightFacts, SlotFacts, TaskFacts } from "../../daemon/domain/slotFit.ts";

export const NOW = 1_000_000_000;

export function task(id: string, more: Partial<TaskFacts> = {}): TaskFacts {
  return {
    id,
    classes: ["LoadImage", "SaveImage"],
    demoRoot: false,
    rootTrouble: null,
    notSlots: new Map(),
    vramMiB: null,
    alone: false,
    ...more,
  };
}

export function slot(name: string, more: Partial<SlotFacts> = {}): SlotFacts {
  return {
    name,
    state: "up",
    reason: null,
    simulated: false,
    classes: new Set(["LoadImage", "SaveImage"]),
    blocks: [],
    modelKey: null,
    gpuMemoryMiB: null,
    flights: [],
    ...more,
  };
}

export function flight(taskId: string, more: Partial<FlightFacts> = {}): FlightFacts {
  return {
    taskId,
    phase: "submitted",
    workKey: "work",
    modelKey: "",
    alone: false,
    cold: false,
    runningMs: null,
    ...more,
  };
}

let ids = 0;
/** `a` with 3 waiting holds tasks a1, a2, a3; the head's name is its kind of work. */
export function head(
  name: string,
  count: number,
  more: Partial<Head> & { readonly task?: Partial<TaskFacts> } = {},
): Head {
  const { task: taskMore, ...rest } = more;
  ids += 1;
  return {
    id: ids,
    workKey: name,
    modelKey: "",
    show: "AGM",
    person: "uid:1",
    priority: 50,
    deadlineAt: null,
    waiting: count,
    waitingSince: NOW,
    tasks: Array.from({ length: Math.min(count, 16) }, (_, index) => task(`${name}${index + 1}`, taskMore)),
    ...rest,
  };
}

/** Seconds by `work` or `work@slot`, loads by set of models; null where nothing is named. */
export function learned(
  seconds: Readonly<Record<string, number>>,
  loads: Readonly<Record<string, number>> = {},
): Estimates {
  return {
    secondsOf: (work, on) => seconds[`${work}@${on}`] ?? seconds[work] ?? null,
    loadSecondsOf: (models) => (models === "" ? 0 : (loads[models] ?? null)),
  };
}

export function facts(of: Partial<ScheduleFacts>): ScheduleFacts {
  return {
    now: NOW,
    heads: [],
    slots: [],
    estimates: learned({}),
    ledger: EMPTY_LEDGER,
    weights: {},
    running: [],
    servedAt: new Map(),
    ...of,
  };
}
