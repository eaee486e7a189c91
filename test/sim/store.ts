/** The real SQLite store on `:memory:`, owned by the world: each call of a life is one event, each transaction all or nothing. */
import { openSqliteStore } from "../../daemon/adapters/store/sqlite.ts";
import type { Ids } from "../../daemon/ports.ts";
import type { Store } from "../../daemon/storePort.ts";
import type { Life, SimWorld } from "./world.ts";

export function openWorldStore(world: SimWorld, ids: Ids): Store {
  return openSqliteStore({ path: ":memory:", clock: { now: () => Math.floor(world.now) }, ids });
}

/** What changes rows whenever it is called; the others only read, or look for something to do and rarely find it. */
const WRITES: ReadonlySet<string> = new Set<keyof Store>([
  "submit",
  "fileDrop",
  "closeDrop",
  "rememberAsset",
  "setBaseline",
  "reserveVersion",
  "openVersion",
  "beginPublish",
  "endPublish",
  "renumber",
  "burn",
  "grant",
  "stage",
  "inspected",
  "unstage",
  "fail",
  "giveBack",
  "settleRequest",
  "cancelJob",
  "retryJob",
  "note",
]);
const MAY_WRITE: ReadonlySet<string> = new Set<keyof Store>(["reap", "wakeDeferred"]);

export interface StoreParts {
  readonly world: SimWorld;
  readonly life: Life;
  readonly store: Store;
  /** Something may have changed in it. */
  readonly changed: () => void;
}

export function simStore({ world, life, store, changed }: StoreParts): Store {
  return new Proxy(store, {
    get(target, key) {
      const method: unknown = Reflect.get(target, key);
      if (typeof method !== "function" || typeof key !== "string") return method;
      const mutates = WRITES.has(key);
      return (...args: readonly unknown[]) =>
        world.call(life, {
          label: `store.${key}`,
          detail: mutates ? brief(args) : "",
          mutates,
          latencyMs: [0.005, 0.05],
          effect: () => {
            const answer = Reflect.apply(method, target, args) as Promise<unknown>;
            if (mutates) changed();
            // A count, or the list of what was changed: most often nothing.
            else if (MAY_WRITE.has(key))
              void answer.then((what) => (Array.isArray(what) ? what.length > 0 : what !== 0) && changed());
            return answer;
          },
        });
    },
  });
}

function brief(args: readonly unknown[]): string {
  return JSON.stringify(args).slice(0, 120);
}
