/** A state database of a newer Hotplate: read and written by nobody older. */
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { openSqliteReader, openSqliteStore } from "../../../daemon/adapters/store/sqlite.ts";
import { tempDir } from "../../fixtures/tempDir.ts";

it("is refused by an older one, untouched (HP-STATE-NEWER)", async () => {
  using dir = tempDir();
  const path = dir.file("hotplate.db");
  const parts = { path, clock: { now: () => 1 }, ids: { uuid: () => "s" } };
  await openSqliteStore(parts).close();
  const db = new DatabaseSync(path);
  db.exec("PRAGMA user_version = 99");
  db.close();
  expect(() => openSqliteStore(parts)).toThrow(expect.objectContaining({ code: "HP-STATE-NEWER", exit: 7 }));
  expect(() => openSqliteReader(path, { now: () => 1 } as never)).toThrow(/schema 99/);
  const again = new DatabaseSync(path);
  expect(again.prepare("PRAGMA user_version").get()).toEqual({ user_version: 99 });
  again.close();
});
