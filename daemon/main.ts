/**
 * The composition root of `hotplate run`: builds every part by hand, top to bottom, runs the daemon, and ends with an exit
 * code. SIGTERM and SIGINT drain; a second one exits at once. What nobody caught ends the process: recovery is the normal
 * path, and going on in an unknown state is not.
 */
import { join } from "node:path";
import { loadConfig } from "./adapters/config.ts";
import { createComfy } from "./adapters/comfyui/slot.ts";
import { removeDaemonFile, writeDaemonFile } from "./adapters/daemonFile.ts";
import { machineFacts } from "./adapters/health.ts";
import { createHints } from "./adapters/hints.ts";
import { createMountProbe } from "./adapters/mountProbe.ts";
import { createRules } from "./adapters/rules.ts";
import { ringHourly } from "./adapters/schedule.ts";
import { lockStateDir } from "./adapters/store/lock.ts";
import { openSqliteStore } from "./adapters/store/sqlite.ts";
import { buildBase, databasePath, ensureStateDir, HOME } from "./adapters/world.ts";
import type { Daemon } from "./daemon.ts";
import { createDaemon } from "./daemon.ts";
import { EXIT, HotplateError } from "./domain/errors.ts";
import { packageVersion } from "./cli/version.ts";
import { createHttpServer } from "./http/server.ts";

export interface RunOptions {
  readonly configPath: string;
  readonly takeOver: boolean;
}

export async function runDaemon(options: RunOptions): Promise<number> {
  checkNode(process.versions.node);
  const { config } = await loadConfig(options.configPath);
  await ensureStateDir(config.stateDir);
  const base = buildBase(config);
  // WAL needs one node's shared memory: on a share the store would be lost quietly, so it is refused loudly.
  const mount = await base.files.mount(config.stateDir);
  if (mount.kind === "nfs" || mount.kind === "smb") throw new HotplateError("HP-STATE-NETWORK", `${config.stateDir} lies on a network share (${mount.kind}).`);
  using _lock = await lockStateDir(config.stateDir);
  const version = packageVersion();
  const machine = await machineFacts(base.exec);
  const store = openSqliteStore({ path: databasePath(config.stateDir), clock: base.clock, ids: base.ids });
  const rules = createRules({ files: base.files, path: config.rules ?? join(HOME, "config/rules.yaml"), log: base.log });
  const world = { ...base, store, comfy: createComfy(), hints: createHints() };
  // Loaded now, so that the first manifest does not wait for it; a check that can't be used is named.
  for (const refused of (await base.images.checks()).refused) base.log.event("error", "plugin.refused", { file: refused.file, reason: refused.message });
  const daemon = createDaemon(world, {
    node: machine.hostname,
    version,
    pid: process.pid,
    machine,
    rules: () => rules.book(),
    probe: createMountProbe(base.exec),
    takeOver: options.takeOver,
  });
  const http = await createHttpServer({ world, view: daemon.view, wake: daemon.wake, version });
  // Only now, when the API answers: whoever reads the file may call it at once.
  await writeDaemonFile(config.stateDir, { pid: process.pid, api: http.url, version, startedAt: new Date().toISOString() });
  const bell = ringHourly(daemon.wake);
  stopOnSignals(daemon);
  await daemon.run();
  await bell.stop();
  await http.close();
  await removeDaemonFile(config.stateDir, process.pid);
  await base.images.close();
  await store.close();
  return EXIT.done;
}

/** The first signal drains, the second ends at once. */
function stopOnSignals(daemon: Daemon): void {
  let asked = false;
  const stop = (): void => {
    if (asked) process.exit(EXIT.interrupted);
    asked = true;
    daemon.stop();
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

function checkNode(version: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 24 || (major === 24 && minor >= 15)) return;
  throw new HotplateError("HP-NODE-VERSION", `This is Node ${version}; Hotplate needs 24.15 or newer.`);
}
