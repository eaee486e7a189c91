/**
 * Hints by chokidar: one inotify watch per local hot folder, one level, and any event, its errors too, only wakes the
 * listing. Events are lost silently when the kernel's queue overflows (33,616 of 50,000 with a loop blocked for 4 s), so
 * nothing here depends on one arriving. Must never be used on a share: inotify sees no other node's write.
 */
import { watch } from "chokidar";
import { ignoredBecause } from "../domain/settle.ts";
import type { Hints } from "../ports.ts";

/** Both override what the code says: a stray one would turn the watch into polling of every file. */
const OVERRIDES = ["CHOKIDAR_USEPOLLING", "CHOKIDAR_INTERVAL"] as const;

export function createHints(): Hints {
  for (const name of OVERRIDES) delete process.env[name];
  return {
    watch(dir, wake) {
      const watcher = watch(dir, {
        backend: "native",
        depth: 0,
        // It would merge a removal and an addition into one change, late.
        atomic: false,
        ignoreInitial: true,
        followSymlinks: false,
        // Nothing in the folder is tracked: for names that come and go it would ask for every other name's attributes, and a
        // burst of 1,000 manifests took minutes.
        ignored: (path) => path !== dir,
      });
      // What the kernel said, before anything is looked up. Our own answers and other people's temporary files change no
      // decision; they are counted when the folder is listed for another reason.
      watcher.on("raw", (_event, name) => {
        if (typeof name !== "string" || ignoredBecause(name) === null) wake();
      });
      watcher.on("all", () => wake());
      watcher.on("error", () => wake());
      return { close: () => watcher.close() };
    },
  };
}
