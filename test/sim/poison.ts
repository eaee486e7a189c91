/**
 * While the simulated world runs, the code under test (`daemon/`) may not read the real clock, draw real chance, set a
 * real timer or open a real connection: each of these throws when it is called from there. The test runner's own timers go
 * on working.
 */
const POISONED = ["setTimeout", "setInterval", "setImmediate", "fetch"] as const;

export interface Antidote extends Disposable {
  /** What was caught, in words; also thrown at the caller. */
  readonly caught: readonly string[];
}

export function poison(): Antidote {
  const caught: string[] = [];
  const undo: (() => void)[] = [];
  const guard = (name: string, original: (...args: never[]) => unknown): ((...args: never[]) => unknown) =>
    function poisoned(this: unknown, ...args: never[]): unknown {
      if (calledByDaemon()) {
        caught.push(name);
        throw new Error(`${name} was called inside the simulated world`);
      }
      return Reflect.apply(original, this, args);
    };
  const put = (object: object, key: string, value: unknown): void => {
    const before = Object.getOwnPropertyDescriptor(object, key);
    Object.defineProperty(object, key, { ...before, configurable: true, value, writable: true });
    undo.push(() =>
      before === undefined ? Reflect.deleteProperty(object, key) : Object.defineProperty(object, key, before),
    );
  };
  for (const name of POISONED) put(globalThis, name, guard(name, globalThis[name] as (...args: never[]) => unknown));
  put(Math, "random", guard("Math.random", Math.random));
  put(performance, "now", guard("performance.now", performance.now.bind(performance)));
  put(crypto, "randomUUID", guard("crypto.randomUUID", crypto.randomUUID.bind(crypto)));
  put(AbortSignal, "timeout", guard("AbortSignal.timeout", AbortSignal.timeout.bind(AbortSignal)));
  const RealDate = Date;
  const now = guard("Date.now", RealDate.now.bind(RealDate));
  put(
    globalThis,
    "Date",
    new Proxy(RealDate, {
      construct(target, args, newTarget) {
        if (args.length === 0 && calledByDaemon()) {
          caught.push("new Date()");
          throw new Error("new Date() was called inside the simulated world");
        }
        return Reflect.construct(target, args, newTarget) as object;
      },
      get: (target, key) => (key === "now" ? now : (Reflect.get(target, key) as unknown)),
    }),
  );
  return {
    caught,
    [Symbol.dispose]() {
      for (const one of undo.reverse()) one();
    },
  };
}

/** The nearest caller that is not this file: is it the daemon's code? */
function calledByDaemon(): boolean {
  const frames = (new Error().stack ?? "").split("\n").slice(1);
  const caller = frames.find((frame) => !frame.includes("/test/sim/poison.ts") && !frame.includes("node:"));
  return caller?.includes("/daemon/") ?? false;
}
