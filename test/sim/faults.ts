/**
 * What goes wrong, and when: at the n-th port call of a run, or by chance. Plans only choose; `world.ts` makes it happen.
 */
import type { Random } from "./prng.ts";

export interface CallInfo {
  /** 0-based, over all lives of a run. */
  readonly n: number;
  /** `files.rename`, `store.submit`, `comfy.status` ... */
  readonly label: string;
  /** What it is about: most often a path. */
  readonly detail: string;
  /** It changes something outside the process; a crash around any other call is the crash before the next that does. */
  readonly mutates: boolean;
  readonly life: number;
}

export type ErrorKind = "EIO" | "ENOSPC" | "ECONNRESET" | "ETIMEDOUT" | "lost";
export type CrashKind = "kill" | "power";
export type Moment = "before" | "during" | "after";

export type Fault =
  | { readonly kind: "error"; readonly error: ErrorKind }
  | { readonly kind: "crash"; readonly crash: CrashKind; readonly when: Moment }
  /** A slot's ComfyUI ends, with all that it remembers. */
  | { readonly kind: "comfyDies"; readonly slot: number }
  /** The whole process stands still: swapped out, a stopped VM. */
  | { readonly kind: "freeze"; readonly ms: number }
  /** One call of the disk hangs, and happens when nobody waits for it any more. */
  | { readonly kind: "late"; readonly ms: number };

export interface FaultPlan {
  readonly text: string;
  draw(call: CallInfo): Fault | null;
}

export const NO_FAULTS: FaultPlan = { text: "none", draw: () => null };

/** The fault at each of the named calls. */
export function faultsAt(faults: Readonly<Record<number, Fault>>): FaultPlan {
  return { text: JSON.stringify(faults), draw: (call) => faults[call.n] ?? null };
}

/** A fault at call `n`, and a second one at the `m`-th call that changes something after the first reboot. */
export function pairOf(
  first: { readonly n: number; readonly fault: Fault },
  second: { readonly m: number; readonly fault: Fault },
): FaultPlan {
  let mutations = 0;
  return {
    text: JSON.stringify({ first, second }),
    draw(call) {
      if (call.n === first.n) return first.fault;
      if (call.life < 2 || !call.mutates) return null;
      mutations += 1;
      return mutations === second.m ? second.fault : null;
    },
  };
}

export interface When {
  /** Of `<label> <detail>`. */
  readonly pattern: string;
  readonly fault: Fault;
  /** Only from this life on. */
  readonly life?: number;
  /** Matches that go well before the first fault. */
  readonly skip?: number;
  /** Faults in a row. */
  readonly times?: number;
}

/** The fault at the calls that match: places that stay the same place when the calls before them change. */
export function faultWhen(when: When): FaultPlan {
  const pattern = new RegExp(when.pattern);
  const from = when.skip ?? 0;
  let seen = 0;
  return {
    text: JSON.stringify(when),
    draw(call) {
      if (call.life < (when.life ?? 1) || !pattern.test(`${call.label} ${call.detail}`)) return null;
      seen += 1;
      return seen > from && seen <= from + (when.times ?? 1) ? when.fault : null;
    },
  };
}

/** The first plan that has a fault for a call makes it; all see every call. */
export function together(plans: readonly FaultPlan[]): FaultPlan {
  return {
    text: plans.map((plan) => plan.text).join(", "),
    draw: (call) => plans.map((plan) => plan.draw(call)).find((fault) => fault !== null) ?? null,
  };
}

/** Can this kind of error come from this call at all? */
export function errorApplies(error: ErrorKind, call: Pick<CallInfo, "label" | "mutates">): boolean {
  const port = call.label.slice(0, call.label.indexOf("."));
  switch (error) {
    case "EIO":
      return port !== "comfy" || call.label === "comfy.place" || call.label === "comfy.fetch";
    case "ENOSPC":
      return (
        call.mutates && (port === "files" || port === "store" || port === "images" || call.label === "comfy.fetch")
      );
    case "ECONNRESET":
      return port === "comfy";
    case "ETIMEDOUT":
      return port === "comfy" || port === "files" || port === "images";
    case "lost":
      return call.mutates && (port === "files" || port === "comfy");
  }
}

export interface SwarmChances {
  readonly errors: readonly ErrorKind[];
  readonly error: number;
  readonly crash: number;
  readonly comfy: number;
  readonly freeze: number;
  readonly late: number;
}

/** Each seed draws which faults exist and how often; crashes are ten times likelier while something is being changed. */
export function swarm(random: Random, options: { readonly untilCall: number; readonly faultsMax: number }): FaultPlan {
  const errors = (["EIO", "ENOSPC", "ECONNRESET", "ETIMEDOUT", "lost"] as const).filter(() => random.chance(0.6));
  const chances: SwarmChances = {
    errors,
    error: random.pick([0, 0.002, 0.01, 0.05]),
    crash: random.pick([0, 0.0002, 0.001, 0.002]),
    comfy: random.pick([0, 0.0005, 0.002]),
    freeze: random.pick([0, 0, 0.0005]),
    late: random.pick([0, 0, 0.0005, 0.002]),
  };
  let made = 0;
  return {
    text: JSON.stringify(chances),
    draw(call) {
      if (call.n >= options.untilCall || made >= options.faultsMax) return null;
      const fault = drawOne(random, chances, call);
      if (fault !== null) made += 1;
      return fault;
    },
  };
}

function drawOne(random: Random, chances: SwarmChances, call: CallInfo): Fault | null {
  if (random.chance(chances.crash * (call.mutates ? 10 : 1))) {
    return { kind: "crash", crash: random.pick(["kill", "power"]), when: random.pick(["before", "during", "after"]) };
  }
  if (random.chance(chances.comfy)) return { kind: "comfyDies", slot: random.int(2) };
  if (random.chance(chances.freeze)) return { kind: "freeze", ms: random.pick([5_000, 70_000, 200_000]) };
  if (call.label.startsWith("files.") && random.chance(chances.late))
    return { kind: "late", ms: random.pick([11_000, 40_000, 700_000]) };
  if (chances.errors.length === 0 || !random.chance(chances.error)) return null;
  const error = random.pick(chances.errors);
  return errorApplies(error, call) ? { kind: "error", error } : null;
}
