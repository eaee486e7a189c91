/**
 * Owned, bounded background work. A tick never awaits a mount, a network or pixels: a stage starts a unit here and goes
 * on; when the unit ends the loop wakes and `apply` runs its `done` inside the next tick, where the store may be written.
 *
 * Lanes bound what runs at once (decision: two calls at a time per root, so a root has an `intake` and an `output` lane of
 * one unit each, and a unit makes one call at a time). A unit's `run` returns data; it must never write the store.
 */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

export interface Unit<T> {
  /** One unit per key at a time: starting it again while it runs is refused. */
  readonly key: string;
  readonly lane: string;
  readonly run: () => Promise<T>;
  /** Runs on the loop, in a tick. */
  readonly done: (outcome: Outcome<T>) => Promise<void> | void;
}

export interface Work {
  /** false: the key is in flight or the lane is full; ask again next tick. */
  start<T>(unit: Unit<T>): boolean;
  /** Is there room for one more in the lane, and is the key free? */
  free(lane: string, key?: string): boolean;
  inFlight(): readonly string[];
  /** Runs the `done` of every unit that ended; the loop only. Errors of a `done` go to `failed`. */
  apply(): Promise<number>;
}

export interface WorkOptions {
  readonly wake: () => void;
  /** Units at once in a lane; by the lane's last word (`output`, `intake`, `qc` ...). */
  readonly widthOf: (lane: string) => number;
  readonly failed: (key: string, error: unknown) => Promise<void>;
}

export function createWork(options: WorkOptions): Work {
  const keys = new Set<string>();
  const lanes = new Map<string, number>();
  let ended: { readonly key: string; readonly apply: () => Promise<void> | void }[] = [];

  const free = (lane: string, key?: string): boolean =>
    (lanes.get(lane) ?? 0) < options.widthOf(lane) && (key === undefined || !keys.has(key));

  function finish<T>(unit: Unit<T>, outcome: Outcome<T>): void {
    lanes.set(unit.lane, (lanes.get(unit.lane) ?? 1) - 1);
    ended.push({ key: unit.key, apply: () => unit.done(outcome) });
    options.wake();
  }

  return {
    free,
    inFlight: () => [...keys],
    start(unit) {
      if (!free(unit.lane, unit.key)) return false;
      keys.add(unit.key);
      lanes.set(unit.lane, (lanes.get(unit.lane) ?? 0) + 1);
      void unit.run().then(
        (value) => finish(unit, { ok: true, value }),
        (error: unknown) => finish(unit, { ok: false, error }),
      );
      return true;
    },
    async apply() {
      const batch = ended;
      ended = [];
      for (const unit of batch) {
        keys.delete(unit.key);
        try {
          await unit.apply();
        } catch (error) {
          await options.failed(unit.key, error);
        }
      }
      return batch.length;
    },
  };
}
