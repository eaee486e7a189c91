/**
 * `Idempotency-Key` on POST (our own rule, docs/api.md): the same key with the same request is answered with the first
 * answer, and nothing is done again; with another request it is refused; while the first one runs, too. The keys are in the
 * store, bounded in number and age, so a restart forgets none; one whose request was cut off by it is refused, not guessed.
 */
import { HotplateError } from "../domain/errors.ts";
import type { Store } from "../storePort.ts";

export interface Replay {
  readonly status: number;
  readonly body: unknown;
}

export interface Idempotency {
  /**
   * Runs `act` once per key. A failed first request is forgotten: it may be tried again under the same key.
   * @throws HotplateError HP-HTTP-KEY; HP-STATE-REFUSED while the first one runs, or when nobody knows how it ended.
   */
  once(
    key: string | undefined,
    print: string,
    act: () => Promise<Replay>,
  ): Promise<Replay & { readonly again: boolean }>;
}

export function createIdempotency(store: Pick<Store, "takeKey" | "answerKey">): Idempotency {
  const running = new Set<string>();
  return {
    async once(key, print, act) {
      if (key === undefined) return { ...(await act()), again: false };
      const before = await store.takeKey(key, print);
      if (before !== "taken") {
        if (before.print !== print)
          throw new HotplateError("HP-HTTP-KEY", `The key ${JSON.stringify(key)} was used for another request.`);
        if (before.answer === null) throw unanswered(key, running.has(key));
        return { ...(JSON.parse(before.answer) as Replay), again: true };
      }
      running.add(key);
      try {
        const answer = await act();
        await store.answerKey(key, JSON.stringify(answer));
        return { ...answer, again: false };
      } catch (error) {
        await store.answerKey(key, null);
        throw error;
      } finally {
        running.delete(key);
      }
    },
  };
}

function unanswered(key: string, runs: boolean): HotplateError {
  if (runs)
    return new HotplateError("HP-STATE-REFUSED", `The first request with the key ${key} still runs.`, {
      hint: "Ask again in a moment, under the same key.",
    });
  return new HotplateError("HP-STATE-REFUSED", `The request with the key ${key} was cut off by a restart.`, {
    hint: "Look whether it was done (hotplate ls); if not, send it under a new key.",
  });
}
