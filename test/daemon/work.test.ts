/** Owned background work: one unit per key, bounded lanes, and every end applied in a tick. */
import { describe, expect, it } from "vitest";
import { createWork } from "../../daemon/work.ts";

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

function makeWork() {
  const failures: string[] = [];
  let wakes = 0;
  const work = createWork({
    wake: () => {
      wakes += 1;
    },
    widthOf: (lane) => (lane === "wide" ? 2 : 1),
    failed: (key) => {
      failures.push(key);
      return Promise.resolve();
    },
  });
  return { work, failures, wakes: () => wakes };
}

describe("owned work", () => {
  it("runs `done` only when the loop applies it", async () => {
    const { work, wakes } = makeWork();
    const gate = deferred<number>();
    const seen: number[] = [];
    work.start({ key: "a", lane: "one", run: () => gate.promise, done: (o) => void (o.ok && seen.push(o.value)) });
    gate.resolve(7);
    await gate.promise;
    await Promise.resolve();
    expect(seen).toEqual([]);
    expect(wakes()).toBe(1);
    expect(await work.apply()).toBe(1);
    expect(seen).toEqual([7]);
  });

  it("keeps a lane to its width and a key to one unit", () => {
    const { work } = makeWork();
    const never = () => new Promise<void>(() => undefined);
    const unit = (key: string, lane: string) => ({ key, lane, run: never, done: () => undefined });
    expect(work.start(unit("a", "one"))).toBe(true);
    expect(work.start(unit("b", "one"))).toBe(false);
    expect(work.start(unit("c", "wide"))).toBe(true);
    expect(work.start(unit("c", "wide"))).toBe(false);
    expect(work.start(unit("d", "wide"))).toBe(true);
    expect(work.start(unit("e", "wide"))).toBe(false);
    expect(work.inFlight()).toEqual(["a", "c", "d"]);
  });

  it("hands a failure to `done` as a value and goes on with the rest when a `done` throws", async () => {
    const { work, failures } = makeWork();
    const outcomes: string[] = [];
    work.start({
      key: "bad",
      lane: "one",
      run: () => Promise.reject(new Error("EIO")),
      done: (o) => void outcomes.push(o.ok ? "ok" : "failed"),
    });
    work.start({
      key: "worse",
      lane: "wide",
      run: () => Promise.resolve(),
      done: () => {
        throw new Error("a bug");
      },
    });
    work.start({ key: "good", lane: "wide", run: () => Promise.resolve(), done: () => void outcomes.push("good") });
    await new Promise((resolve) => setImmediate(resolve));
    await work.apply();
    expect(outcomes).toEqual(["failed", "good"]);
    expect(failures).toEqual(["worse"]);
    expect(work.inFlight()).toEqual([]);
  });
});
