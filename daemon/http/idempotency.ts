/**
 * `Idempotency-Key` on POST (our own rule, docs/api.md): the same key with the same request is answered with the first
 * answer, and nothing is done again; with another request it is refused; while the first one runs, too. Remembered in
 * memory, bounded in number and age: after a restart a manifest that is sent again is still answered with its job.
 */
import { HotplateError } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";

export interface Replay {
  readonly status: number;
  readonly body: unknown;
}
interface Kept {
  readonly print: string;
  readonly at: number;
  answer: Replay | null;
}

export interface Idempotency {
  /**
   * Runs `act` once per key. A failed first request is forgotten: it may be tried again under the same key.
   * @throws HotplateError HP-HTTP-KEY; HP-STATE-REFUSED while the first one runs.
   */
  once(
    key: string | undefined,
    print: string,
    act: () => Promise<Replay>,
  ): Promise<Replay & { readonly again: boolean }>;
}

export function createIdempotency(clock: { now(): number }): Idempotency {
  const kept = new Map<string, Kept>();

  /** In order of arrival, so the first is the oldest. */
  function forgetOld(now: number): void {
    for (const [key, { at }] of kept) {
      if (kept.size <= LIMITS.idempotencyKeysMax && now - at < LIMITS.idempotencyKeepMs) return;
      kept.delete(key);
    }
  }

  return {
    async once(key, print, act) {
      if (key === undefined) return { ...(await act()), again: false };
      const now = clock.now();
      forgetOld(now);
      const before = kept.get(key);
      if (before !== undefined) {
        if (before.print !== print)
          throw new HotplateError("HP-HTTP-KEY", `The key ${JSON.stringify(key)} was used for another request.`);
        if (before.answer === null)
          throw new HotplateError("HP-STATE-REFUSED", `The first request with the key ${key} still runs.`, {
            hint: "Ask again in a moment, under the same key.",
          });
        return { ...before.answer, again: true };
      }
      const entry: Kept = { print, at: now, answer: null };
      kept.set(key, entry);
      try {
        entry.answer = await act();
      } catch (error) {
        kept.delete(key);
        throw error;
      }
      return { ...entry.answer, again: false };
    },
  };
}
