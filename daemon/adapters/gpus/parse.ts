/**
 * nvidia-smi's lines as facts. It prints `[N/A]`, `[Not Supported]`, `[Unknown Error]` and `ERR!` in the place of numbers,
 * its fields have other names in other drivers, and it may be cut in the middle of a line: nothing is read that is not whole.
 */
import type { GpuFacts, GpuProcess, ThrottleReason, XidReport } from "../../domain/gpu.ts";

/** Our name -> nvidia-smi's names for it, newest first. The first three must be there. */
export const FIELDS = {
  count: ["count"],
  index: ["index"],
  uuid: ["uuid", "gpu_uuid"],
  busId: ["pci.bus_id"],
  name: ["name"],
  driver: ["driver_version"],
  memoryTotal: ["memory.total"],
  memoryUsed: ["memory.used"],
  memoryFree: ["memory.free"],
  utilisation: ["utilization.gpu"],
  temperature: ["temperature.gpu"],
  power: ["power.draw"],
  powerLimit: ["power.limit"],
  eccUncorrected: ["ecc.errors.uncorrected.volatile.total"],
  retirementPending: ["retired_pages.pending"],
  throttle: ["clocks_event_reasons.active", "clocks_throttle_reasons.active"],
  computeMode: ["compute_mode"],
  mig: ["mig.mode.current"],
} as const;
export type FieldName = keyof typeof FIELDS;
/** What is asked of this driver: our name and the name that it knows. */
export type Query = readonly { readonly field: FieldName; readonly smi: string }[];

export const FULL_QUERY: Query = (Object.keys(FIELDS) as FieldName[]).map((field) => ({
  field,
  smi: FIELDS[field][0],
}));
const NEEDED: readonly FieldName[] = ["count", "index", "uuid"];

/** The query without a name that this driver refused: its older name, or none. null: it can't be done without. */
export function withoutField(query: Query, refused: string): Query | null {
  const at = query.find(({ smi }) => smi === refused);
  if (at === undefined) return null;
  const names: readonly string[] = FIELDS[at.field];
  const older = names[names.indexOf(refused) + 1];
  if (older !== undefined) return query.map((one) => (one === at ? { field: at.field, smi: older } : one));
  return NEEDED.includes(at.field) ? null : query.filter((one) => one !== at);
}

/** `Field "mig.mode.current" is not a valid field to query.` -> its name. */
export function refusedField(text: string): string | null {
  return /Field "([^"]{1,100})" is not a valid field/.exec(text)?.[1] ?? null;
}

/** `Unable to determine the device handle for GPU0000:3B:00.0: GPU is lost.` -> which, and the words. */
export function lostGpu(text: string): { readonly busId: string; readonly text: string } | null {
  const match = /[^\n]*\bGPU ?([0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f])\s*:\s*([^\n]+)/.exec(text);
  const busId = match?.[1] === undefined ? null : busIdOf(match[1]);
  return busId === null ? null : { busId, text: (match?.[2] ?? "").trim() };
}

/** `00000000:3B:00.0` and `0000:3b:00.0` are one place: the kernel's form. */
export function busIdOf(text: string): string | null {
  const match = /^(?:0000)?([0-9a-f]{4}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-9a-f])$/i.exec(text.trim());
  return match === null ? null : `${match[1]}:${match[2]}:${match[3]}.${match[4]}`.toLowerCase();
}

type Cell = { readonly kind: "value"; readonly text: string } | { readonly kind: "none" } | { readonly kind: "broken" };

function cellOf(raw: string): Cell {
  const text = raw.trim();
  if (/^(\[?\s*(N\/A|Not Supported|Not Found|Insufficient Permissions)\s*\]?|-|)$/i.test(text)) return { kind: "none" };
  if (/^(ERR!|\[?\s*(Unknown Error|GPU is lost|GPU requires reset|Error)\s*\]?)$/i.test(text))
    return { kind: "broken" };
  return { kind: "value", text };
}

function numberOf(cell: Cell | undefined): number | null {
  if (cell?.kind !== "value" || !/^-?\d+(\.\d+)?$/.test(cell.text)) return null;
  return Number(cell.text);
}
const textOf = (cell: Cell | undefined): string | null => (cell?.kind === "value" ? cell.text : null);

export interface GpuRow {
  /** GPUs that this node has, as the driver says. */
  readonly count: number;
  readonly facts: GpuFacts;
}

/** One line; null when it is not a whole row. */
export function gpuRow(line: string, query: Query): GpuRow | null {
  const raw = line.split(",");
  if (raw.length !== query.length) return null;
  const cells = new Map(query.map(({ field }, at) => [field, cellOf(raw[at] ?? "")]));
  const index = numberOf(cells.get("index"));
  const count = numberOf(cells.get("count"));
  const uuid = textOf(cells.get("uuid"));
  if (index === null || count === null || uuid === null || !uuid.startsWith("GPU-")) return null;
  const facts: GpuFacts = {
    index,
    uuid,
    name: textOf(cells.get("name")),
    busId: busIdOf(textOf(cells.get("busId")) ?? ""),
    driver: textOf(cells.get("driver")),
    memoryTotalMiB: numberOf(cells.get("memoryTotal")),
    memoryUsedMiB: numberOf(cells.get("memoryUsed")),
    memoryFreeMiB: numberOf(cells.get("memoryFree")),
    utilisationPercent: numberOf(cells.get("utilisation")),
    celsius: numberOf(cells.get("temperature")),
    watts: numberOf(cells.get("power")),
    wattsLimit: numberOf(cells.get("powerLimit")),
    eccUncorrected: numberOf(cells.get("eccUncorrected")),
    retirementPending: yesOf(textOf(cells.get("retirementPending"))),
    throttle: throttleOf(textOf(cells.get("throttle"))),
    computeMode: textOf(cells.get("computeMode")),
    mig: yesOf(textOf(cells.get("mig"))),
    broken: query.filter(({ field }) => cells.get(field)?.kind === "broken").map(({ smi }) => smi),
  };
  return { count, facts };
}

function yesOf(text: string | null): boolean | null {
  if (text === null) return null;
  if (/^(yes|enabled)$/i.test(text)) return true;
  return /^(no|disabled)$/i.test(text) ? false : null;
}

/** Bits of NVML's clocks event reasons. */
const THROTTLE: readonly (readonly [bit: number, reason: ThrottleReason])[] = [
  [0x1, "idle"],
  [0x2, "application clocks"],
  [0x4, "power cap"],
  [0x8, "hardware slowdown"],
  [0x10, "sync boost"],
  [0x20, "software thermal slowdown"],
  [0x40, "hardware thermal slowdown"],
  [0x80, "power brake"],
  [0x100, "display clocks"],
];

function throttleOf(text: string | null): readonly ThrottleReason[] | null {
  if (text === null || !/^0x[0-9a-f]{1,16}$/i.test(text)) return null;
  const bits = Number.parseInt(text.slice(-8).replace(/^0x/i, ""), 16);
  return THROTTLE.filter(([bit]) => (bits & bit) !== 0).map(([, reason]) => reason);
}

/**
 * Rows -> whole looks. A look is whole when it has as many rows as GPUs were asked for; rows come by growing index, so a
 * smaller one begins the next look, and what came before it is given as it is: a GPU went away in its middle.
 */
export class LookBuilder {
  #rows: GpuFacts[] = [];
  readonly #query: Query;
  readonly #asked: number | null;

  /** `asked`: how many GPUs were asked for by id; null: all that the node has. */
  constructor(query: Query, asked: number | null) {
    this.#query = query;
    this.#asked = asked;
  }

  /** The look that this line completes; null when none. */
  take(line: string): readonly GpuFacts[] | null {
    const row = gpuRow(line, this.#query);
    if (row === null) return null;
    const last = this.#rows.at(-1);
    const cut = last !== undefined && row.facts.index <= last.index ? this.#rows : null;
    if (cut !== null) this.#rows = [];
    this.#rows.push(row.facts);
    if (this.#rows.length < (this.#asked ?? row.count)) return cut;
    const whole = this.#rows;
    this.#rows = [];
    return whole;
  }
}

export const PROCESS_FIELDS = "gpu_uuid,pid,process_name,used_gpu_memory";

/** `GPU-..., 4711, /usr/bin/python3, 7434`; a process name may hold commas. Lines that are none say nothing. */
export function processRows(text: string): readonly Omit<GpuProcess, "process">[] {
  return text.split("\n").flatMap((line) => {
    const cells = line.split(",");
    const uuid = cells[0]?.trim() ?? "";
    const pid = Number(cells[1]?.trim());
    if (cells.length < 4 || !/^(GPU|MIG)-/.test(uuid) || !Number.isSafeInteger(pid) || pid <= 0) return [];
    const name = textOf(cellOf(cells.slice(2, -1).join(",")));
    return [{ uuid, pid, name, memoryMiB: numberOf(cellOf(cells.at(-1) ?? "")) }];
  });
}

/** `1764300000.123456 node kernel: NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, GPU has fallen off the bus.` */
export function xidReport(line: string): XidReport | null {
  const match =
    /^(\d{1,12}(?:\.\d+)?) .*NVRM: (Xid \(PCI:([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2})(?:\.\d)?\): (\d{1,4}).*)$/i.exec(
      line,
    );
  const busId = busIdOf(`${match?.[3] ?? ""}.0`);
  if (match === null || busId === null) return null;
  return {
    busId,
    code: Number(match[4]),
    at: Math.round(Number(match[1]) * 1000),
    text: (match[2] ?? "").slice(0, 300),
  };
}
