/**
 * Faults by flag (`--fault NAME[=COUNT]`) and at run time (`POST /simulated/fault {"name","count"}`): each happens for the next
 * COUNT chances (default 1; -1: always), then no more.
 */
export const FAULTS = [
  "lostPostAnswer",
  "serverError",
  "falseSuccess",
  "oom",
  "noFile",
  "truncated",
  "black",
  "lostCancel",
  "dropSocket",
  "muteSocket",
  "lateHistory",
  "zombie",
  "die",
  "forget",
  "slowStart",
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Faults {
  set(name: string, count: number): boolean;
  /** Does it happen now? Uses one chance up. */
  happens(name: Fault): boolean;
}

export function createFaults(given: readonly string[]): Faults {
  const left = new Map<Fault, number>();
  const set = (name: string, count: number): boolean => {
    const known = FAULTS.find((fault) => fault === name);
    if (known === undefined) return false;
    left.set(known, count);
    return true;
  };
  for (const text of given) {
    const [name = "", count = "1"] = text.split("=");
    if (!set(name, Number(count))) throw new Error(`unknown fault ${name}; known: ${FAULTS.join(", ")}`);
  }
  return {
    set,
    happens(name) {
      const count = left.get(name) ?? 0;
      if (count === 0) return false;
      left.set(name, count - 1);
      return true;
    },
  };
}
