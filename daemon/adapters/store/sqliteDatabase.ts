/**
 * The one place that touches `node:sqlite`: opening (WAL, synchronous=FULL, one writer), transactions, kept statements.
 * Everything is synchronous inside; a transaction is one bounded batch of statements and nothing in it waits.
 */
import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";
import type { EventFields, EventName } from "../../domain/events.ts";
import type { Fence } from "../../domain/ids.ts";
import type { Clock } from "../../ports.ts";
import { knownSchema, migrate } from "./sqliteSchema.ts";

export type Sql = string | number | null;
export type Row = Readonly<Record<string, Sql>>;

export interface Database {
  readonly now: () => number;
  all(sql: string, ...values: readonly Sql[]): readonly Row[];
  one(sql: string, ...values: readonly Sql[]): Row | null;
  /** Rows changed. */
  run(sql: string, ...values: readonly Sql[]): number;
  /** BEGIN IMMEDIATE ... COMMIT; any throw rolls back. Not nested. */
  transaction<T>(body: () => T): T;
  /** The next fence: only grows, never given twice. Inside a transaction. */
  nextFence(): Fence;
  event(name: EventName, jobId: string | null, fields: EventFields): void;
  close(): void;
}

export function openDatabase(path: string, clock: Pick<Clock, "now">, readOnly: boolean): Database {
  const db = new DatabaseSync(path, { readOnly, timeout: 5_000, enableForeignKeyConstraints: true });
  try {
    // Before anything is written: a newer Hotplate's database stays as it is.
    knownSchema(db);
    if (!readOnly) {
      db.exec(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000;",
      );
      migrate(db);
    }
  } catch (error) {
    db.close();
    throw error;
  }
  const kept = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    const known = kept.get(sql);
    if (known !== undefined) return known;
    const made = db.prepare(sql);
    kept.set(sql, made);
    return made;
  };
  const database: Database = {
    now: () => clock.now(),
    all: (sql, ...values) => statement(sql).all(...values) as unknown as readonly Row[],
    one: (sql, ...values) => (statement(sql).get(...values) as unknown as Row | undefined) ?? null,
    run: (sql, ...values) => Number(statement(sql).run(...values).changes),
    transaction(body) {
      db.exec("BEGIN IMMEDIATE");
      try {
        const value = body();
        db.exec("COMMIT");
        return value;
      } catch (error) {
        if (db.isTransaction) db.exec("ROLLBACK");
        throw withErrno(error);
      }
    },
    nextFence() {
      const row = statement("UPDATE fence SET n = n + 1 WHERE one = 1 RETURNING n").get() as { n: number };
      return row.n as Fence;
    },
    event(name, jobId, fields) {
      statement("INSERT INTO event (at, name, job_id, fields) VALUES (?, ?, ?, ?)").run(
        clock.now(),
        name,
        jobId,
        JSON.stringify(fields),
      );
    },
    close: () => db.close(),
  };
  return database;
}

/** SQLITE_FULL and SQLITE_IOERR in the words of the disk, so that callers know one language. */
function withErrno(error: unknown): unknown {
  if (typeof error !== "object" || error === null || !("errcode" in error)) return error;
  const primary = Number(error.errcode) & 0xff;
  if (primary === 13)
    return Object.assign(new Error("the state directory's disk is full", { cause: error }), { code: "ENOSPC" });
  if (primary === 10)
    return Object.assign(new Error("the state directory's disk failed", { cause: error }), { code: "EIO" });
  return error;
}
