/**
 * Every program and image worker of the daemon is started by one small process that opens no file on any mount. A process that starts
 * another makes a copy of itself first, and the copy closes the files that it inherited before it becomes the program: where one of them
 * lies on a mount that hangs it waits there, and whoever started it waits with it, for ever. The daemon reads and writes on
 * mounts all the time; its starter never does. One that gives no sign of life while it is asked something (its program lies
 * on a mount that hangs) is killed, and so is one that ends: what it was asked is an error, and the next call gets a new one.
 */
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { HotplateError } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Exec, Images } from "../../ports.ts";
import { smallEnvironment } from "../exec.ts";
import type { Follow, FollowedEnd } from "../gpus/follow.ts";
import { couldNotLook } from "../images/images.ts";
import { receivedError } from "../images/sentError.ts";
import type { Timer } from "../images/workers.ts";
import { endLeftBehind, STARTER_MARK } from "../leftBehind.ts";
import type { SlotEnd, SlotSpawn, SpawnSlot } from "../slots/spawnSlot.ts";
import type {
  ImageCall,
  RunResult,
  StarterAnswer,
  StarterCall,
  StarterQuestion,
  StarterSetUp,
  StarterWord,
} from "./starterCalls.ts";

export interface Starter {
  readonly exec: Exec;
  readonly images: Images & { close(): Promise<void> };
  readonly follow: Follow;
  readonly spawnSlot: SpawnSlot;
  /** Ends image workers and programs; slots live on. */
  close(): Promise<void>;
}

export interface StarterOptions {
  readonly setUp: StarterSetUp;
  readonly timer?: Timer;
  /** For tests. */
  readonly script?: string;
}

const SCRIPT = fileURLToPath(new URL("./starterProcess.ts", import.meta.url));

const realTimer: Timer = (ms, then) => {
  const timer = setTimeout(then, ms);
  timer.unref();
  return () => clearTimeout(timer);
};

/** Forks at once: before anything of ours is open on a mount. */
export function createStarter(options: StarterOptions): Starter {
  const line = new StarterLine(options);
  return {
    exec: { run: (...of) => run(line, of) },
    images: remoteImages(line),
    follow: (...of) => follow(line, of),
    spawnSlot: (of) => spawnSlot(line, of),
    close: () => line.close(),
  };
}

async function spawnSlot(line: StarterLine, of: SlotSpawn): ReturnType<SpawnSlot> {
  let end = (_end: SlotEnd): void => undefined;
  const ended = new Promise<SlotEnd>((resolve) => {
    end = resolve;
  });
  const pid = await line.ask<number>(
    { kind: "slot", of },
    { ended: (how) => end((how as SlotEnd | null) ?? UNKNOWN_END), stays: () => true },
  );
  return { pid, ended };
}

/** Of a slot whose starter ended before it: whether it lives is seen by its number. */
const UNKNOWN_END: SlotEnd = { code: null, signal: null };

async function run(line: StarterLine, of: Parameters<Exec["run"]>): ReturnType<Exec["run"]> {
  let isGone = (): void => undefined;
  const gone = new Promise<void>((resolve) => {
    isGone = resolve;
  });
  const { answer, stuck } = await line.ask<RunResult>(
    { kind: "run", of },
    { ended: isGone, stays: ({ stuck }) => stuck },
  );
  return stuck ? { ...answer, gone } : answer;
}

function remoteImages(line: StarterLine): Starter["images"] {
  const remote = <M extends keyof Images>(method: M): Images[M] =>
    ((...args: Parameters<Images[M]>) =>
      line.ask({ kind: "images", ...({ method, args } as ImageCall) })) as unknown as Images[M];
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
    close: () => line.ask({ kind: "close" }),
  };
}

function follow(line: StarterLine, [command, args, options]: Parameters<Follow>): ReturnType<Follow> {
  const environment = smallEnvironment(options.environment ?? process.env);
  let end = (_end: FollowedEnd): void => undefined;
  const ended = new Promise<FollowedEnd>((resolve) => {
    end = resolve;
  });
  const call = line.call<null>(
    { kind: "follow", command, args, environment },
    {
      line: options.line,
      ended: (how) => end((how as FollowedEnd | null) ?? LOST),
      stays: () => true,
    },
  );
  call.answer.catch(() => end(LOST));
  return { ended, kill: () => call.say("kill"), abandon: () => call.abandon() };
}

const LOST: FollowedEnd = { exitCode: null, code: "EIO", said: "the process that starts programs ended" };

/** What the caller hears after the answer. */
interface Hears<R> {
  readonly line?: (line: string) => void;
  /** null: there is no more to say of it, or its starter ended. */
  readonly ended?: (end: FollowedEnd | SlotEnd | null) => void;
  /** Is there more to come after this answer? Absent: no. */
  readonly stays?: (result: R) => boolean;
}
interface Asked extends Hears<never> {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
  isAnswered: boolean;
}
interface Call<R> {
  readonly answer: Promise<R>;
  say(word: StarterWord): void;
  abandon(): void;
}

/** The line to the starter's process; another process comes where one ended. */
class StarterLine {
  readonly #options: StarterOptions;
  readonly #timer: Timer;
  #life: Life | null;
  #lastId = 0;
  #closed = false;

  constructor(options: StarterOptions) {
    this.#options = options;
    this.#timer = options.timer ?? realTimer;
    this.#life = this.#begin();
  }

  ask<R>(call: StarterCall, hears: Hears<R> = {}): Promise<R> {
    return this.call(call, hears).answer;
  }

  call<R>(call: StarterCall, hears: Hears<R>): Call<R> {
    if (this.#closed) return { answer: Promise.reject(starterEnded("was closed")), say: nothing, abandon: nothing };
    this.#life ??= this.#begin();
    this.#lastId += 1;
    return this.#life.call(this.#lastId, call, hears);
  }

  #begin(): Life {
    const life = new Life(this.#options, this.#timer, () => {
      if (this.#life === life) this.#life = null;
    });
    return life;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#life?.close();
  }
}

const nothing = (): void => undefined;

/** One process, from its start to its end. */
class Life {
  readonly #child: ChildProcess;
  readonly #timer: Timer;
  readonly #ended: Promise<void>;
  readonly #over: () => void;
  readonly #asked = new Map<number, Asked>();
  #cancelLook: (() => void) | null = null;
  #heard = true;
  #silentLooks = 0;
  readonly #mark = randomUUID();

  constructor(options: StarterOptions, timer: Timer, over: () => void) {
    this.#timer = timer;
    this.#over = over;
    const child = fork(options.script ?? SCRIPT, [JSON.stringify(options.setUp)], {
      env: { ...process.env, [STARTER_MARK]: this.#mark },
      // As the launcher gives them to the daemon (scripts/hotplate.sh).
      execArgv: ["--expose-gc", "--max-semi-space-size=2"],
      serialization: "advanced",
      // What image workers print goes where our errors go.
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      // The daemon's working directory may lie on a mount that dies.
      cwd: "/",
    });
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      // One that was told to end has ended what it started; slots live on.
      child.once("exit", (code) => {
        if (code === 0) resolve();
        else void endLeftBehind(STARTER_MARK, this.#mark).finally(resolve);
      });
      child.once("error", () => child.pid === undefined && resolve());
    });
    child.on("message", (message) => this.#take(message as StarterAnswer));
    child.on("error", (error) => this.#end(`broke: ${error.message}`));
    child.on("exit", (code, signal) => this.#end(`ended (${signal ?? `exit ${code}`})`));
    this.#rest();
  }

  call<R>(id: number, call: StarterCall, hears: Hears<R>): Call<R> {
    const answer = new Promise<R>((resolve, reject) => {
      this.#asked.set(id, { ...(hears as Hears<never>), resolve, reject, isAnswered: false });
    });
    this.#say({ id, call });
    this.#wake();
    return {
      answer,
      say: (word) => this.#say({ id, word }),
      abandon: () => {
        this.#say({ id, word: "abandon" });
        this.#asked.delete(id);
        this.#rest();
      },
    };
  }

  async close(): Promise<void> {
    // One that does not answer is killed by its silence.
    await this.call(0, { kind: "close" }, {}).answer.catch(nothing);
    if (this.#child.connected) this.#child.disconnect();
    const cancelKill = this.#timer(LIMITS.execKillMs, () => void this.#child.kill("SIGKILL"));
    this.#child.ref();
    await this.#ended;
    cancelKill();
  }

  #say(question: StarterQuestion): void {
    // One that is gone meanwhile says so by its exit.
    if (this.#child.connected) this.#child.send(question, nothing);
  }

  #take(answer: StarterAnswer): void {
    this.#heard = true;
    const asked = this.#asked.get(answer.id);
    if (asked === undefined) return;
    switch (answer.kind) {
      case "lives":
        break;
      case "line":
        asked.line?.(answer.line);
        break;
      case "ended":
        this.#asked.delete(answer.id);
        asked.ended?.(answer.end);
        break;
      case "failed":
        this.#asked.delete(answer.id);
        asked.reject(receivedError(answer.error));
        break;
      case "done": {
        const result = answer.result as never;
        asked.isAnswered = true;
        if (asked.stays?.(result) !== true) this.#asked.delete(answer.id);
        asked.resolve(result);
      }
    }
    this.#rest();
  }

  /** Whoever waits for an answer keeps our process alive; who only follows does not. */
  #wake(): void {
    this.#child.ref();
    this.#child.channel?.ref();
    if (this.#cancelLook !== null) return;
    this.#heard = true;
    this.#silentLooks = 0;
    this.#look();
  }

  #rest(): void {
    for (const { isAnswered } of this.#asked.values()) if (!isAnswered) return;
    this.#cancelLook?.();
    this.#cancelLook = null;
    this.#child.unref();
    this.#child.channel?.unref();
  }

  /** Counted by looks, not by the clock: a daemon that was stopped itself has looked once in that time. */
  #look(): void {
    this.#cancelLook = this.#timer(LIMITS.starterLookMs, () => {
      this.#silentLooks = this.#heard ? 0 : this.#silentLooks + 1;
      if (this.#silentLooks >= LIMITS.starterSilentLooks) {
        this.#child.kill("SIGKILL");
        this.#end(`gave no sign of life for ${(LIMITS.starterLookMs * LIMITS.starterSilentLooks) / 1000} s`);
        return;
      }
      this.#heard = false;
      this.#say({ id: 0, word: "lives" });
      this.#look();
    });
  }

  #end(how: string): void {
    this.#over();
    this.#cancelLook?.();
    this.#cancelLook = null;
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const { isAnswered, reject, ended } of asked) {
      if (!isAnswered) reject(starterEnded(how));
      else ended?.(null);
    }
  }
}

function starterEnded(how: string): HotplateError {
  return new HotplateError("HP-IMAGE-WORKER", `The process that starts programs and image workers ${how}.`);
}
