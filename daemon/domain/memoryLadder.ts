/**
 * What follows when a task runs out of GPU memory: once more on the same slot, alone, after ComfyUI has let go of what it
 * held; then only on larger GPUs; then the end, with the arithmetic. Pure: the failures so far and the slots of the node in,
 * the next step out. A GPU whose size is not known may be larger: it is tried once.
 */

/** What was known when it ran out, kept with the attempt. */
export interface MemoryFacts {
  /** ComfyUI was emptied before, and nothing ran beside it. */
  readonly alone: boolean;
  /** Size of the GPU, MiB. */
  readonly gpuMiB: number | null;
  /** It needs at least so much, by the words of the failure, MiB. */
  readonly neededMiB: number | null;
}
export interface MemoryFailure extends MemoryFacts {
  readonly slot: string;
}
export interface MemorySlot {
  readonly name: string;
  readonly gpuMiB: number | null;
}

export type MemoryStep =
  | { readonly kind: "alone"; readonly slots: readonly string[] }
  | { readonly kind: "larger"; readonly slots: readonly string[] }
  | { readonly kind: "end"; readonly message: string };

/** `failures`: oldest first, at least one. */
export function memoryStep(failures: readonly MemoryFailure[], slots: readonly MemorySlot[]): MemoryStep {
  const last = failures.at(-1);
  const alone = failures.filter((failure) => failure.alone);
  if (last !== undefined && alone.length === 0 && slots.some(({ name }) => name === last.slot))
    return { kind: "alone", slots: [last.slot] };
  const tried = new Set(alone.map(({ slot }) => slot));
  const floor = largest(alone.map(({ gpuMiB }) => gpuMiB));
  const needed = largest(failures.map(({ neededMiB }) => neededMiB));
  const left = slots.filter(
    ({ name, gpuMiB }) =>
      !tried.has(name) &&
      (gpuMiB === null || ((floor === null || gpuMiB > floor) && (needed === null || gpuMiB >= needed))),
  );
  if (left.length > 0) return { kind: "larger", slots: left.map(({ name }) => name) };
  return { kind: "end", message: arithmetic({ alone, floor, needed }, slots) };
}

function arithmetic(
  of: { readonly alone: readonly MemoryFailure[]; readonly floor: number | null; readonly needed: number | null },
  slots: readonly MemorySlot[],
): string {
  const { alone, floor, needed } = of;
  const need =
    needed !== null
      ? `It needs at least ${gib(needed)} of GPU memory`
      : floor !== null
        ? `It needs more than ${gib(floor)} of GPU memory`
        : "It needs more GPU memory than there is";
  const best = slots.reduce<MemorySlot | null>(
    (most, slot) => (slot.gpuMiB !== null && slot.gpuMiB > (most?.gpuMiB ?? 0) ? slot : most),
    null,
  );
  const here =
    best === null
      ? "how much the GPUs here have is not known"
      : `the largest GPU here has ${gib(best.gpuMiB ?? 0)} (slot ${best.name})`;
  const tries = alone.map(({ slot }) => slot).join(", ");
  return `${need}; ${here}. It ran out alone on ${tries === "" ? "none" : tries}.`;
}

function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function gib(mib: number): string {
  return `${(Math.round((mib / 1024) * 10) / 10).toString()} GiB`;
}

/**
 * The least that it needs, by torch's words: what it held and what it asked for then. Two forms: the caching allocator's
 * ("Tried to allocate 2.00 GiB ... 21.30 GiB is allocated by PyTorch") and the driver's ("Currently allocated : 19.18 GiB",
 * "Requested : 640.00 MiB"). null when it says neither.
 */
export function neededMiB(message: string): number | null {
  const held =
    size(message, /([\d.]+) ([KMG]iB) is allocated by PyTorch/) ??
    size(message, /Currently allocated\s*:\s*([\d.]+) ([KMG]iB)/);
  const asked =
    size(message, /Tried to allocate ([\d.]+) ([KMG]iB)/) ?? size(message, /Requested\s*:\s*([\d.]+) ([KMG]iB)/);
  return held === null || asked === null ? null : Math.ceil(held + asked);
}

const UNITS: Readonly<Record<string, number>> = { KiB: 1 / 1024, MiB: 1, GiB: 1024 };

function size(message: string, pattern: RegExp): number | null {
  const match = pattern.exec(message);
  const value = Number(match?.[1]);
  const unit = UNITS[match?.[2] ?? ""];
  return match === null || unit === undefined || !Number.isFinite(value) ? null : value * unit;
}
