/**
 * Hints by chokidar: one watch per local hot folder, one level, and any event, its errors too, only wakes the listing. It
 * loses events silently when the queue overflows; nothing here depends on one arriving.
 */
import { watch } from "chokidar";
import type { Hints } from "../ports.ts";

export function createHints(): Hints {
  return {
    watch(dir, wake) {
      // The environment must not turn this into polling of files: on a share that is 30 s late and costs a call per file.
      delete process.env["CHOKIDAR_USEPOLLING"];
      delete process.env["CHOKIDAR_INTERVAL"];
      const watcher = watch(dir, { depth: 0, atomic: false, ignoreInitial: true, followSymlinks: false });
      watcher.on("all", () => wake());
      watcher.on("error", () => wake());
      return { close: () => watcher.close() };
    },
  };
}
