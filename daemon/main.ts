/**
 * The composition root of `hotplate run`: builds every part by hand, top to bottom, runs the daemon, and ends with an exit
 * code. SIGTERM and SIGINT drain; a second one exits at once. What nobody caught ends the process: recovery is the normal
 * path, and going on in an unknown state is not.
 */
import { join } from "node:path";
import { checkStateDir, loadConfig } from "./adapters/config.ts";
import { createComfy } from "./adapters/comfyui/slot.ts";
import { removeDaemonFile, writeDaemonFile } from "./adapters/daemonFile.ts";
import { machineFacts } from "./adapters/health.ts";
import { endProcess } from "./adapters/endProcess.ts";
import { createHints } from "./adapters/hints.ts";
import { giveMemoryBack } from "./adapters/memory.ts";
import { createMountProbe } from "./adapters/mountProbe.ts";
import { privacyKey } from "./adapters/privacyKey.ts";
import { createRules } from "./adapters/rules.ts";
import { ringHourly, ringOn } from "./adapters/schedule.ts";
import { lockStateDir } from "./adapters/store/lock.ts";
import { openSqliteStore } from "./adapters/store/sqlite.ts";
import { buildStarted, databasePath, ensureStateDir, HOME } from "./adapters/world.ts";
import type { Daemon } from "./daemon.ts";
import { createDaemon } from "./daemon.ts";
import { EXIT, HotplateError } from "./domain/errors.ts";
import { packageVersion } from "./cli/version.ts";
import { createHttpServer } from "./http/server.ts";
import type { Log } from "./ports.ts";

export interface RunOptions {
  readonly configPath: string;
  readonly takeOver: boolean;
}

/** Resolves with the exit code after a drain; rejects with a HotplateError when it can't start. */
export async function runDaemon(options: RunOptions): Promise<number> {
  checkNode(process.versions.node);
  // Everything is said at once and nothing is started with half a configuration.
  const { config } = await loadConfig(options.configPath);
  await ensureStateDir(config.stateDir);
  // Whatever was opened is closed again in the reverse order, also when a later step fails.
  await using opened = new AsyncDisposableStack();
  // Before anything is opened on a mount.
  const { starter, ...base } = buildStarted(config);
  opened.defer(() => starter.close());
  endOnUncaught(base.log);
  await checkStateDir(base.files, config.stateDir);
  // Before the store: a second daemon must not even migrate it.
  opened.use(await lockStateDir(config.stateDir));
  const version = packageVersion();
  const store = openSqliteStore({ path: databasePath(config.stateDir), clock: base.clock, ids: base.ids });
  opened.defer(() => store.close());
  const rules = createRules({
    files: base.files,
    path: config.rules ?? join(HOME, "config/rules.yaml"),
    log: base.log,
  });
  const world = { ...base, store, comfy: createComfy(), hints: createHints() };
  // Both are children's or workers' work; the checks are loaded now, so that the first manifest does not wait for them.
  const [machine, checks] = await Promise.all([machineFacts(base.exec), base.images.checks()]);
  for (const { file, message } of checks.refused) base.log.event("error", "plugin.refused", { file, reason: message });
  const rung: true[] = [];
  const daemon = createDaemon(world, {
    node: machine.hostname,
    version,
    pid: process.pid,
    machine,
    rules: () => rules.book(),
    probe: createMountProbe(base.exec),
    takeOver: options.takeOver,
    retentionDue: () => rung.splice(0).length > 0,
    ...(config.privacy === "redact" ? { privacyKey: await privacyKey(config.stateDir) } : {}),
  });
  const http = await createHttpServer({
    world: { ...world, files: daemon.files },
    view: () => daemon.view(),
    wake: () => daemon.wake(),
    version,
  });
  opened.defer(() => http.close());
  // Only now, when the API answers: whoever reads the file may call it at once.
  const startedAt = new Date(base.clock.now()).toISOString();
  await writeDaemonFile(config.stateDir, { pid: process.pid, api: http.url, version, startedAt });
  opened.defer(() => removeDaemonFile(config.stateDir, process.pid));
  const bell = ringHourly(() => daemon.wake());
  opened.defer(() => bell.stop());
  const { schedule } = config.retention;
  if (schedule !== undefined) {
    const collecting = ringOn(schedule, () => {
      rung.push(true);
      daemon.wake();
    });
    opened.defer(() => collecting.stop());
  }
  const memory = giveMemoryBack();
  opened.defer(() => memory.stop());
  stopOnSignals(daemon);
  await daemon.run();
  return EXIT.done;
}

/** The first signal drains, the second ends at once. */
function stopOnSignals(daemon: Daemon): void {
  let asked = false;
  const stop = (): void => {
    if (asked) endProcess(EXIT.interrupted);
    asked = true;
    daemon.stop();
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

/** Nobody knows in what state it left us: the supervisor starts us again, and recovery is the normal path. */
function endOnUncaught(log: Log): void {
  const end = (error: unknown): void => {
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log.event("error", "daemon.crashed", { error: words });
    endProcess(EXIT.no);
  };
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
}

function checkNode(version: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 24 || (major === 24 && minor >= 15)) return;
  throw new HotplateError("HP-NODE-VERSION", `This is Node ${version}; Hotplate needs 24.15 or newer.`);
}
