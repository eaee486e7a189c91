/** A clock's bell that keeps no process alive. */

/** Calls back after `ms` unless canceled; tests give one that they fire themselves. */
export type Timer = (ms: number, then: () => void) => () => void;

export const realTimer: Timer = (ms, then) => {
  const timer = setTimeout(then, ms);
  timer.unref();
  return () => clearTimeout(timer);
};
