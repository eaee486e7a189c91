/**
 * The embedded store: SQLite through `node:sqlite`, on a local disk, one writer. Behind `storePort.ts`; a second store must
 * pass the same contract suite unchanged. Must never: be opened on a share (WAL needs one node's shared memory).
 */
import type { Clock, Ids } from "../../ports.ts";
import type { Store } from "../../storePort.ts";
import { attemptMethods } from "./sqliteAttempts.ts";
import { admissionMethods } from "./sqliteAdmission.ts";
import type { Database } from "./sqliteDatabase.ts";
import { openDatabase } from "./sqliteDatabase.ts";
import { peopleMethods } from "./sqlitePeople.ts";
import { readEvents, readJobs, readTasks } from "./sqliteRead.ts";
import { seedMethods } from "./sqliteSeeds.ts";
import { wedgeMethods } from "./sqliteWedges.ts";
import { claimMethods, leaseMethods, workMethods } from "./sqliteTasks.ts";
import { waiverMethods } from "./sqliteWaivers.ts";
import { numberMethods, openMethods, publishMethods } from "./sqliteVersions.ts";

export interface SqliteOptions {
  /** A file on a local disk, or `:memory:`. */
  readonly path: string;
  readonly clock: Pick<Clock, "now">;
  readonly ids: Pick<Ids, "uuid">;
}

export function openSqliteStore(options: SqliteOptions): Store {
  const db = openDatabase(options.path, options.clock, false);
  db.run("INSERT OR IGNORE INTO meta (key, value) VALUES ('storeId', ?)", options.ids.uuid());
  return storeOver(db);
}

/** For commands while the daemon runs: reads only; a write throws. */
export function openSqliteReader(path: string, clock: Pick<Clock, "now">): Store {
  return storeOver(openDatabase(path, clock, true));
}

function storeOver(db: Database): Store {
  return {
    async storeId() {
      return String(db.one("SELECT value FROM meta WHERE key = 'storeId'")?.["value"]);
    },
    ...admissionMethods(db),
    ...openMethods(db),
    ...numberMethods(db),
    ...publishMethods(db),
    ...claimMethods(db),
    ...leaseMethods(db),
    ...workMethods(db),
    ...attemptMethods(db),
    ...seedMethods(db),
    ...waiverMethods(db),
    ...wedgeMethods(db),
    ...peopleMethods(db),
    ...readJobs(db),
    ...readTasks(db),
    ...readEvents(db),
    async note(name, jobId, fields) {
      db.event(name, jobId, fields);
    },
    async close() {
      db.close();
    },
  };
}
