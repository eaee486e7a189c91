/**
 * The simulated world: one event heap and nothing else that moves time. Every call of the daemon on a port is an event
 * with a latency from the seed; it happens when the event runs, in the life that made it. A crash ends a life: its promises
 * never settle and its calls are ignored, so no `catch`, `finally` or disposal runs, as under SIGKILL.
 */
import type { CallInfo, Fault, FaultPlan, Moment } from "./faults.ts";
import { EventHeap } from "./heap.ts";
import type { Random } from "./prng.ts";
import { createRandom } from "./prng.ts";

export interface Life {
  readonly id: number;
  alive: boolean;
  /** Its events wait until then. */
  frozenUntil: number;
}

export interface CallOptions<T> {
  readonly label: string;
  readonly detail: string;
  readonly mutates: boolean;
  readonly latencyMs: readonly [number, number];
  readonly effect: () => T | Promise<T>;
  /** What is left when the call was interrupted in its middle. */
  readonly half?: () => void;
  /** Asked when the call is made: false parks it (a hung mount) until `release`. */
  readonly parked?: () => boolean;
}

export interface WorldOptions {
  readonly seed: number;
  readonly faults: FaultPlan;
  readonly startAt?: number;
  readonly traceMax?: number;
}

export interface MadeFault {
  readonly n: number;
  readonly label: string;
  readonly fault: Fault;
}

export class SimulatedError extends Error {
  readonly code: string;
  constructor(code: string, detail: string) {
    super(`${code}: ${detail} [injected]`);
    this.code = code;
  }
}

export class SimWorld {
  readonly random: Random;
  readonly faults: FaultPlan;
  readonly madeFaults: MadeFault[] = [];
  /** Calls of a run, for choosing where to fault the next one. */
  readonly calls: { readonly label: string; readonly mutates: boolean; readonly life: number; happened: boolean }[] =
    [];
  now: number;
  crash: (kind: "kill" | "power", why: string) => void = () => undefined;
  comfyDies: (slot: number) => void = () => undefined;
  /** Set when the run's faults are over: liveness must hold from then on. */
  faultsOff = false;
  #seq = 0;
  events = 0;
  readonly #heap = new EventHeap();
  readonly #latency: Random;
  readonly #trace: string[] = [];
  readonly #traceMax: number;
  readonly #parked: { readonly run: () => void; readonly parked: () => boolean }[] = [];

  constructor(options: WorldOptions) {
    this.random = createRandom(options.seed);
    this.#latency = this.random.fork("latency");
    this.faults = options.faults;
    this.now = options.startAt ?? Date.UTC(2026, 10, 23, 9, 0, 0);
    this.#traceMax = options.traceMax ?? 300;
  }

  /** An action of the world itself. */
  at(inMs: number, action: () => void): void {
    this.#seq += 1;
    this.#heap.push({ at: this.now + Math.max(0, inMs), seq: this.#seq, action });
  }

  /** Runs the next event; false when there is none. */
  step(): boolean {
    const event = this.#heap.pop();
    if (event === undefined) return false;
    this.now = Math.max(this.now, event.at);
    this.events += 1;
    event.action();
    return true;
  }

  /** An action of a life: not when it is dead, later when it is frozen. */
  inLife(life: Life, inMs: number, action: () => void): void {
    this.at(inMs, () => {
      if (!life.alive) return;
      if (this.now < life.frozenUntil) this.inLife(life, life.frozenUntil - this.now, action);
      else action();
    });
  }

  call<T>(life: Life, options: CallOptions<T>): Promise<T> {
    // A dead process makes no calls.
    if (!life.alive) return new Promise(() => undefined);
    const n = this.calls.length;
    this.calls.push({ label: options.label, mutates: options.mutates, life: life.id, happened: false });
    return new Promise((resolve, reject) => {
      const run = (): void => {
        if (options.parked?.() === true) {
          this.trace(() => `${options.label} ${options.detail} hangs`);
          this.#parked.push({
            run: () => this.inLife(life, this.#latency.between(0, 20), run),
            parked: options.parked,
          });
          return;
        }
        this.#perform(
          life,
          { n, label: options.label, detail: options.detail, mutates: options.mutates, life: life.id },
          { options, resolve, reject },
        );
      };
      this.inLife(life, this.#latency.between(...options.latencyMs), run);
    });
  }

  /** Calls that hung on something which answers again. */
  release(): void {
    const waiting = this.#parked.splice(0);
    for (const call of waiting) {
      if (call.parked()) this.#parked.push(call);
      else call.run();
    }
  }

  trace(line: () => string): void {
    if (this.#traceMax === 0) return;
    this.#trace.push(`${((this.now - 1.76e12) / 1000).toFixed(4).slice(-12)} #${this.events} ${line()}`);
    if (this.#trace.length > this.#traceMax) this.#trace.splice(0, this.#trace.length - this.#traceMax);
  }

  traceText(): string {
    return this.#trace.join("\n");
  }

  #perform<T>(
    life: Life,
    call: CallInfo,
    of: { options: CallOptions<T>; resolve: (value: T) => void; reject: (error: unknown) => void },
  ): void {
    const { options, resolve, reject } = of;
    const made = this.calls[call.n];
    if (made !== undefined) made.happened = true;
    const fault = this.faultsOff ? null : this.faults.draw(call);
    if (fault !== null) this.madeFaults.push({ n: call.n, label: call.label, fault });
    const note = fault === null ? "" : ` !! ${JSON.stringify(fault)}`;
    this.trace(() => `${life.id}:${call.n} ${options.label} ${options.detail}${note}`);
    if (fault?.kind === "freeze") {
      life.frozenUntil = this.now + fault.ms;
      this.inLife(life, fault.ms, () => this.#effect(life, of));
      return;
    }
    if (fault?.kind === "late") {
      this.inLife(life, fault.ms, () => this.#effect(life, of));
      return;
    }
    if (fault?.kind === "comfyDies") this.comfyDies(fault.slot);
    if (fault?.kind === "crash") {
      this.#crashAround(life, { ...fault, options });
      return;
    }
    if (fault?.kind === "error") {
      if (fault.error === "lost") {
        // It happened; the caller cannot know.
        void Promise.resolve(this.#try(options.effect)).catch(() => undefined);
        reject(new SimulatedError(options.label.startsWith("comfy.") ? "ECONNRESET" : "EIO", options.label));
        return;
      }
      if (fault.error === "ENOSPC") this.#try(() => options.half?.());
      reject(new SimulatedError(fault.error, options.label));
      return;
    }
    this.#effect(life, { options, resolve, reject });
  }

  #effect<T>(
    _life: Life,
    of: { options: CallOptions<T>; resolve: (value: T) => void; reject: (error: unknown) => void },
  ): void {
    try {
      const value = of.options.effect();
      if (value instanceof Promise) value.then(of.resolve, of.reject);
      else of.resolve(value);
    } catch (error) {
      this.trace(() => `   ${of.options.label} -> ${error instanceof Error ? error.message : String(error)}`);
      of.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #crashAround<T>(life: Life, of: { crash: "kill" | "power"; when: Moment; options: CallOptions<T> }): void {
    const { options } = of;
    // Not even the call's own answer: the process is gone.
    life.alive = false;
    if (of.when === "after") void this.#try(options.effect);
    if (of.when === "during") this.#try(() => options.half?.());
    this.crash(of.crash, `${of.when} ${options.label} ${options.detail}`);
  }

  #try<T>(action: () => T): T | undefined {
    try {
      const value = action();
      if (value instanceof Promise) value.catch(() => undefined);
      return value;
    } catch {
      // The caller is dead or is told another error: this one is nobody's.
      return undefined;
    }
  }
}
