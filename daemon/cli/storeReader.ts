/** The store for commands that only read: they work with the daemon up or down. */
import { existsSync } from "node:fs";
import { createClock } from "../adapters/clock.ts";
import { openSqliteReader } from "../adapters/store/sqlite.ts";
import { databasePath } from "../adapters/world.ts";
import { HotplateError } from "../domain/errors.ts";
import type { JobRow, Store } from "../storePort.ts";
import type { Context } from "./context.ts";

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

/** By id or unique beginning. */
export async function oneJob(store: Store, idOrPrefix: string): Promise<JobRow> {
  const jobs = await store.jobs({ limit: 6, idPrefix: idOrPrefix });
  const exact = jobs.find((job) => job.id === idOrPrefix) ?? (jobs.length === 1 ? jobs[0] : undefined);
  if (exact !== undefined) return exact;
  if (jobs.length === 0) throw new HotplateError("HP-NOT-FOUND", `There is no job ${idOrPrefix}.`);
  throw new HotplateError(
    "HP-NOT-FOUND",
    `${idOrPrefix} is the beginning of several jobs: ${jobs
      .slice(0, 5)
      .map((job) => job.id)
      .join(", ")}.`,
  );
}
