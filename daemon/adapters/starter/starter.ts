/**
 * Every program, image worker and slot of the daemon is started by one small process that opens no file on any mount. A process that
 * starts another makes a copy of itself first, and the copy closes the files that it inherited before it becomes the program: where one of
 * them lies on a mount that hangs it waits there, and whoever started it waits with it, for ever. The daemon reads and writes on mounts
 * all the time; its starter never does. A program that may lie on a mount itself is touched here first, so that a dead one costs
 * one call. What a lost starter was asked is an error (starterLine.ts), slots live on.
 */
import { access, constants } from "node:fs/promises";
import { resolve as resolvePath } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf, systemCode } from "../../domain/errors.ts";
import type { Exec, Images } from "../../ports.ts";
import { NOTHING_BEFORE_DEADLINE, smallEnvironment } from "../exec.ts";
import type { Follow, FollowedEnd } from "../gpus/follow.ts";
import { couldNotLook } from "../images/images.ts";
import type { SlotEnd, SlotSpawn, SpawnSlot } from "../slots/spawnSlot.ts";
import type { ImageCall, RunResult } from "./starterCalls.ts";
import type { StarterLineOptions } from "./starterLine.ts";
import { StarterLine } from "./starterLine.ts";

export interface Starter {
  readonly exec: Exec;
  readonly images: Images & { close(): Promise<void> };
  readonly follow: Follow;
  readonly spawnSlot: SpawnSlot;
  /** Ends image workers and programs; slots live on. */
  close(): Promise<void>;
}

/** Forks at once: before anything of ours is open on a mount. */
export function createStarter(options: StarterLineOptions): Starter {
  const line = new StarterLine(options);
  return {
    exec: { run: (...of) => run(line, of) },
    images: remoteImages(line),
    follow: (...of) => follow(line, of),
    spawnSlot: (of) => spawnSlot(line, of),
    close: () => line.close(),
  };
}

/** On a dead mount a thread of ours waits here, and the starter does not. Fails as a start does: ENOENT, EACCES. */
async function touch(command: string, cwd: string | undefined): Promise<void> {
  const program = command.includes("/") ? [resolvePath(cwd ?? "/", command)] : [];
  for (const path of [...(cwd === undefined ? [] : [cwd]), ...program])
    await access(path, constants.X_OK).catch((error: unknown) => {
      throw Object.assign(new Error(`${command} can't be run: ${messageOf(error)}`), { code: systemCode(error) });
    });
}

async function run(line: StarterLine, of: Parameters<Exec["run"]>): ReturnType<Exec["run"]> {
  const [command, , { cwd, timeoutMs }] = of;
  const touched = touch(command, cwd);
  const stop = new AbortController();
  // Aborted, because it answered in time.
  const late = delay(timeoutMs, "late" as const, { signal: stop.signal }).catch(() => null);
  const first = await Promise.race([touched, late]).finally(() => stop.abort());
  if (first === "late") return { ...NOTHING_BEFORE_DEADLINE, gone: touched.catch(() => undefined) };
  const gone = Promise.withResolvers<void>();
  const { answer, stuck } = await line.call<RunResult>(
    { kind: "run", of },
    { ended: () => gone.resolve(), stays: (result) => result.stuck },
  ).answer;
  return stuck ? { ...answer, gone: gone.promise } : answer;
}

function remoteImages(line: StarterLine): Starter["images"] {
  const remote = <M extends keyof Images>(method: M): Images[M] =>
    ((...args: Parameters<Images[M]>) =>
      line.call({ kind: "images", ...({ method, args } as ImageCall) }).answer) as unknown as Images[M];
  return {
    header: remote("header"),
    feed: remote("feed"),
    finish: remote("finish"),
    blend: remote("blend"),
    inspect: (request) => remote("inspect")(request).catch(couldNotLook),
    compare: remote("compare"),
    inspectSequence: (request) => remote("inspectSequence")(request).catch(couldNotLook),
    inspectSet: (request) => remote("inspectSet")(request).catch(couldNotLook),
    checks: remote("checks"),
    thumbnail: remote("thumbnail"),
    dressMovie: remote("dressMovie"),
    sheet: remote("sheet"),
    close: () => line.call<void>({ kind: "close" }).answer,
  };
}

/** Of one whose starter ended before it. */
const LOST: FollowedEnd = { exitCode: null, code: "EIO", said: "the process that starts programs ended" };

function follow(line: StarterLine, [command, args, options]: Parameters<Follow>): ReturnType<Follow> {
  const environment = smallEnvironment(options.environment ?? process.env);
  const ended = Promise.withResolvers<FollowedEnd>();
  const call = line.call<null>(
    { kind: "follow", command, args, environment },
    {
      line: options.line,
      ended: (end) => ended.resolve((end as FollowedEnd | null) ?? LOST),
      stays: () => true,
    },
  );
  call.answer.catch(() => ended.resolve(LOST));
  return { ended: ended.promise, kill: () => call.say("kill"), abandon: () => call.abandon() };
}

async function spawnSlot(line: StarterLine, of: SlotSpawn): ReturnType<SpawnSlot> {
  await touch(of.file, of.cwd);
  const ended = Promise.withResolvers<SlotEnd | null>();
  const pid = await line.call<number>(
    { kind: "slot", of },
    { ended: (end) => ended.resolve(end as SlotEnd | null), stays: () => true },
  ).answer;
  return { pid, ended: ended.promise };
}
