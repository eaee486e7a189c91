/** The store for commands that only read: they work with the daemon up or down. */
import { existsSync } from "node:fs";
import { createClock } from "../adapters/clock.ts";
import { openSqliteReader } from "../adapters/store/sqlite.ts";
import { databasePath } from "../adapters/world.ts";
import { HotplateError } from "../domain/errors.ts";
import type { ProductRow, Store } from "../storePort.ts";
import type { Context } from "./context.ts";

/** Products that this node's store knows; none where no daemon ever ran. */
export async function knownProducts(stateDir: string): Promise<readonly ProductRow[]> {
  const path = databasePath(stateDir);
  if (!existsSync(path)) return [];
  const store = openSqliteReader(path, createClock());
  try {
    return await store.products();
  } finally {
    await store.close();
  }
}

export async function withStore<T>(context: Context, use: (store: Store) => Promise<T>): Promise<T> {
  const { config } = await context.config();
  const path = databasePath(config.stateDir);
  if (!existsSync(path)) throw new HotplateError("HP-DAEMON-ABSENT", `No daemon ever ran with ${config.stateDir}.`);
  const store = openSqliteReader(path, createClock());
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
