/** The real SQLite store on `:memory:`, owned by the world: each call of a life is one event, each transaction all or nothing. */
import { openSqliteStore } from "../../daemon/adapters/store/sqlite.ts";
import type { Ids } from "../../daemon/ports.ts";
import type { Store } from "../../daemon/storePort.ts";
import type { Life, SimWorld } from "./world.ts";

export function openWorldStore(world: SimWorld, ids: Ids): Store {
  const clock = { now: () => Math.floor(world.now) };
  return rememberReads(openSqliteStore({ path: ":memory:", clock, ids }), clock);
}

/** Reads whose answer depends on the rows alone; that of `uninspected` on the time too, where a hold ends after a day. */
const READS: ReadonlySet<string> = new Set<keyof Store>([
  "storeId",
  "openRequests",
  "drops",
  "findByClaim",
  "step",
  "heads",
  "stepsToDo",
  "highestVersion",
  "products",
  "taskClass",
  "history",
  "observations",
  "running",
  "uninspected",
  "job",
  "jobs",
  "tasks",
  "task",
  "ahead",
  "seedTries",
  "qcNotes",
  "waivers",
  "events",
  "jobsTouchedSince",
]);

/** Equal questions to unchanged rows have equal answers: asked once. Most ticks find nothing changed. */
function rememberReads(store: Store, clock: { now(): number }): Store {
  const known = new Map<string, Promise<unknown>>();
  const forget = (): void => known.clear();
  return new Proxy(store, {
    get(target, key) {
      const method: unknown = Reflect.get(target, key);
      if (typeof method !== "function" || typeof key !== "string") return method;
      return (...args: readonly unknown[]): Promise<unknown> => {
        if (!READS.has(key)) {
          const answer = Reflect.apply(method, target, args) as Promise<unknown>;
          if (!MAY_WRITE.has(key)) forget();
          else void answer.then((what) => (foundSomething(what) ? forget() : undefined));
          return answer;
        }
        const second = key === "uninspected" ? Math.floor(clock.now() / 1_000) : 0;
        const question = `${key} ${second} ${JSON.stringify(args)}`;
        const before = known.get(question);
        if (before !== undefined) return before;
        const answer = Reflect.apply(method, target, args) as Promise<unknown>;
        known.set(question, answer);
        return answer;
      };
    },
  });
}

function foundSomething(what: unknown): boolean {
  return Array.isArray(what) ? what.length > 0 : what !== 0;
}

/** What changes rows whenever it is called; the others only read, or look for something to do and rarely find it. */
const WRITES: ReadonlySet<string> = new Set<keyof Store>([
  "submit",
  "fileDrops",
  "closeDrop",
  "rememberAsset",
  "setBaseline",
  "reserveVersion",
  "openVersion",
  "beginPublish",
  "endPublish",
  "renumber",
  "burn",
  "cleared",
  "grant",
  "stage",
  "inspected",
  "inspectedWedge",
  "reseed",
  "waive",
  "revokeWaiver",
  "unstage",
  "fail",
  "giveBack",
  "renew",
  "settleRequest",
  "cancelJob",
  "retryJob",
  "note",
]);
/** What looks at the time, and changes rows only when it answers with something. */
const MAY_WRITE: ReadonlySet<string> = new Set<keyof Store>(["reap", "wakeDeferred", "endPluginHolds"]);

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
            else if (MAY_WRITE.has(key)) void answer.then((what) => foundSomething(what) && changed());
            return answer;
          },
        });
    },
  });
}

function brief(args: readonly unknown[]): string {
  return JSON.stringify(args).slice(0, 120);
}
