/** SQLite under the contract of every store, in memory. */
import { openSqliteStore } from "../../daemon/adapters/store/sqlite.ts";
import { storeContract } from "./store.ts";

storeContract("SQLite", () => {
  let now = 1_000_000_000;
  const store = openSqliteStore({ path: ":memory:", clock: { now: () => now }, ids: { uuid: () => "store-1" } });
  return {
    store,
    pass: (ms) => {
      now += ms;
    },
  };
});
