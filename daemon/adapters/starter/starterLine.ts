/**
 * The line to the starter's process. One that gives no sign of life while it is asked something is killed, and so is one that breaks: what it
 * was asked is an error (HP-IMAGE-WORKER), what it left running is ended, and the next call gets a new one. That one is forked by
 * the daemon as it is then: the one moment at which a mount can still hold it up.
 */
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { HotplateError, messageOf } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import { receivedError } from "../sentError.ts";
import type { Timer } from "../timer.ts";
import { realTimer } from "../timer.ts";
import { byReading, endLeftBehind, STARTER_MARK } from "../leftBehind.ts";
import type { StarterAnswer, StarterCall, StarterQuestion, StarterSetUp, StarterWord } from "./starterCalls.ts";

export interface StarterLineOptions {
  readonly setUp: StarterSetUp;
  /** Called when one ends before its time, with how it did. */
  readonly lost?: (how: string) => void;
  readonly timer?: Timer;
  /** For tests. */
  readonly script?: string;
}

/** What the caller hears after the answer. */
export interface Hears<R> {
  readonly line?: (line: string) => void;
  /** null: there is no more to say of it, or its starter ended. */
  readonly ended?: (end: EndSaid) => void;
  /** Is there more to come after this answer? Absent: no. */
  readonly stays?: (result: R) => boolean;
}
type EndSaid = (StarterAnswer & { readonly kind: "ended" })["end"];

export interface Call<R> {
  readonly answer: Promise<R>;
  say(word: StarterWord): void;
  /** Nothing more is heard of it. */
  abandon(): void;
}

interface Asked extends Hears<never> {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
  /** For an answer, or for the end of what was told to end. */
  waits: boolean;
}

const SCRIPT = fileURLToPath(new URL("./starterProcess.ts", import.meta.url));
const CLOSE_ID = 0;

const nothing = (): void => undefined;

export class StarterLine {
  readonly #options: StarterLineOptions;
  readonly #timer: Timer;
  /** Those that have not gone yet, with what they left behind. */
  readonly #lives = new Set<Life>();
  #life: Life | null = null;
  #lastId = CLOSE_ID;
  #closed = false;

  constructor(options: StarterLineOptions) {
    this.#options = options;
    this.#timer = options.timer ?? realTimer;
    this.#begin();
  }

  call<R>(call: StarterCall, hears: Hears<R> = {}): Call<R> {
    if (this.#closed) return refused("was closed");
    try {
      const life = this.#life ?? this.#begin();
      this.#lastId += 1;
      return life.call(this.#lastId, call, hears);
    } catch (error) {
      // A node that can start no process now, or a question that can't cross to another.
      return refused(`can't be asked: ${messageOf(error)}`);
    }
  }

  /** One that even SIGKILL can't free is not waited for beyond a mount's deadline. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#life?.close();
    const late = Promise.withResolvers<void>();
    const cancel = this.#timer(LIMITS.mountCallDeadlineMs, late.resolve);
    await Promise.race([Promise.all([...this.#lives].map((life) => life.gone())), late.promise]);
    cancel();
  }

  #begin(): Life {
    const life = new Life(this.#options, this.#timer, (how) => {
      if (this.#life === life) this.#life = null;
      if (!this.#closed) this.#options.lost?.(how);
    });
    this.#life = life;
    this.#lives.add(life);
    void life.ended.then(() => this.#lives.delete(life));
    return life;
  }
}

function refused(how: string): Call<never> {
  return { answer: Promise.reject(starterEnded(how)), say: nothing, abandon: nothing };
}

function starterEnded(how: string): HotplateError {
  return new HotplateError("HP-IMAGE-WORKER", `The process that starts programs and image workers ${how}.`);
}

/** One process, from its start to its end. */
class Life {
  /** With what it left behind. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #timer: Timer;
  readonly #over: (how: string) => void;
  readonly #asked = new Map<number, Asked>();
  #cancelLook: (() => void) | null = null;
  #heard = true;
  #silentLooks = 0;
  #isOver = false;

  constructor(options: StarterLineOptions, timer: Timer, over: (how: string) => void) {
    this.#timer = timer;
    this.#over = over;
    const mark = randomUUID();
    const child = fork(options.script ?? SCRIPT, [JSON.stringify(options.setUp)], {
      env: { ...process.env, [STARTER_MARK]: mark },
      // As the launcher gives them to the daemon (scripts/hotplate.sh).
      execArgv: ["--expose-gc", "--max-semi-space-size=2"],
      serialization: "advanced",
      // What image workers print goes where our errors go.
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      // The daemon's working directory may lie on a mount that dies.
      cwd: "/",
    });
    this.#child = child;
    this.ended = new Promise((resolve) => {
      child.once("exit", (code) => {
        // One that was told to end has ended what it started; slots have no mark, and live on.
        if (code === 0) resolve();
        else void endLeftBehind(STARTER_MARK, mark, byReading).finally(resolve);
      });
      child.once("error", () => child.pid === undefined && resolve());
    });
    child.on("message", (message) => this.#take(message as StarterAnswer));
    child.on("error", (error) => this.#end(`broke: ${error.message}`));
    child.on("exit", (code, signal) => this.#end(`ended (${signal ?? `exit ${code}`})`));
    this.#rest();
  }

  /** @throws what Node throws of a question that can't be sent. */
  call<R>(id: number, call: StarterCall, hears: Hears<R>): Call<R> {
    this.#say({ id, call });
    const answer = new Promise<R>((resolve, reject) => {
      this.#asked.set(id, { ...(hears as Hears<never>), resolve, reject, waits: true });
    });
    this.#wake();
    return {
      answer,
      say: (word) => {
        const asked = this.#asked.get(id);
        if (asked === undefined) return;
        asked.waits = true;
        this.#say({ id, word });
        this.#wake();
      },
      abandon: () => {
        this.#say({ id, word: "abandon" });
        this.#asked.delete(id);
        this.#rest();
      },
    };
  }

  /** One that does not answer is given up by its silence. */
  async close(): Promise<void> {
    await this.call(CLOSE_ID, { kind: "close" }, {}).answer.catch(nothing);
    if (this.#child.connected) this.#child.disconnect();
    const cancelKill = this.#timer(LIMITS.execKillMs, () => void this.#child.kill("SIGKILL"));
    void this.ended.then(cancelKill);
  }

  /** Waits, and keeps our process alive meanwhile. */
  async gone(): Promise<void> {
    this.#child.ref();
    await this.ended;
    this.#child.unref();
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
        return;
      case "line":
        return asked.line?.(answer.line);
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
        asked.waits = false;
        if (asked.stays?.(result) !== true) this.#asked.delete(answer.id);
        asked.resolve(result);
      }
    }
    this.#rest();
  }

  /** Whoever waits keeps our process alive; who only follows does not. */
  #wake(): void {
    this.#child.ref();
    this.#child.channel?.ref();
    if (this.#cancelLook !== null) return;
    this.#heard = true;
    this.#silentLooks = 0;
    this.#look();
  }

  #rest(): void {
    for (const { waits } of this.#asked.values()) if (waits) return;
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
        this.#end(`gave no sign of life for ${(LIMITS.starterLookMs * LIMITS.starterSilentLooks) / 1000} s`);
        return;
      }
      this.#heard = false;
      this.#say({ id: CLOSE_ID, word: "lives" });
      this.#look();
    });
  }

  #end(how: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#over(how);
    this.#cancelLook?.();
    this.#cancelLook = null;
    this.#child.kill("SIGKILL");
    this.#child.unref();
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const { reject, ended } of asked) {
      // To one that was answered already it says nothing.
      reject(starterEnded(how));
      ended?.(null);
    }
  }
}
