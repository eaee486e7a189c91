/**
 * A check's program that is kept: one line in, one line out, so that its start is paid once and not per frame. Started by its first
 * question and again after a crash, ended when nobody asks for a while and with this process. May assume nothing of it: it may
 * hang, print without end, answer twice, or end between two questions.
 */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { LIMITS } from "../../domain/limits.ts";
import { boundedCommand } from "../boundedCommand.ts";
import { smallEnvironment } from "../exec.ts";
import { endLeftBehind, PROGRAM_MARK } from "../leftBehind.ts";
import type { Program } from "./loadProgram.ts";
import type { Asking, Said } from "./said.ts";
import { endedBy, failed, late, tooMuch } from "./said.ts";

/** One process, from its start to its end. */
class Served {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #answerMax: number;
  #out = Buffer.alloc(0);
  #err = "";
  #alive = true;
  readonly #mark = randomUUID();
  /** What it left running, in sessions of their own, is looked for once it is over. */
  #swept: Promise<void> | null = null;
  /** Set while a question waits. */
  #tell: ((said: Said) => void) | null = null;
  #cancelTimer: () => void = () => undefined;

  constructor({ manifest, words, dir }: Program) {
    this.#answerMax = manifest.answerMax;
    const [command, ...args] = boundedCommand(manifest.memoryMax, words);
    this.#child = spawn(command, args, {
      cwd: dir,
      env: { ...smallEnvironment(process.env), ...manifest.env, [PROGRAM_MARK]: this.#mark },
      // A group of its own, ended with all that is in it.
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child.stdout?.on("data", (data: Buffer) => this.#hear(data));
    this.#child.stderr?.on("data", (data: Buffer) => {
      this.#err = (this.#err + data.toString("utf8")).slice(-LIMITS.programErrorBytesMax);
    });
    // It ended without reading: its end says so.
    this.#child.stdin?.on("error", () => undefined);
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.#answer(failed("HP-PLUGIN-RUN", `its program could not be started (${error.message})`));
        this.end();
        resolve();
      });
      // Before its output closes: a child of it may hold that open for ever.
      this.#child.once("exit", () => this.end());
      this.#child.once("close", (exitCode) => {
        this.#answer(
          exitCode === 0
            ? failed("HP-PLUGIN-RUN", "its program ended without an answer", this.#err)
            : endedBy(exitCode, this.#err),
        );
        void (this.#swept ?? Promise.resolve()).finally(resolve);
      });
    });
    this.rest();
  }

  get alive(): boolean {
    return this.#alive;
  }

  async ask(line: string, timeoutMs: number): Promise<Said> {
    this.#hold();
    return new Promise((resolve) => {
      this.#tell = resolve;
      this.#err = "";
      const timer = setTimeout(() => this.#giveUp(late(timeoutMs, this.#err)), timeoutMs);
      this.#cancelTimer = () => clearTimeout(timer);
      this.#child.stdin?.write(`${line}\n`);
    });
  }

  /** Nothing waits for it: it keeps no process alive. */
  rest(): void {
    for (const stream of this.#streams()) stream.unref();
    this.#child.unref();
  }

  end(): void {
    if (!this.#alive) return;
    this.#alive = false;
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // The whole group is gone.
    }
    this.#swept = endLeftBehind(PROGRAM_MARK, this.#mark);
  }

  async ended(): Promise<void> {
    this.#hold();
    await this.#ended;
  }

  #hold(): void {
    for (const stream of this.#streams()) stream.ref();
    this.#child.ref();
  }

  #streams(): readonly { ref(): void; unref(): void }[] {
    // Pipes of a child are sockets; the types say only what all streams have in common.
    const { stdin, stdout, stderr } = this.#child;
    return [stdin, stdout, stderr].filter((stream) => stream !== null) as unknown as { ref(): void; unref(): void }[];
  }

  #hear(data: Buffer): void {
    if (this.#tell === null) {
      // Nobody asked: the next answer could be to another question.
      this.end();
      return;
    }
    this.#out = Buffer.concat([this.#out, data]);
    if (this.#out.length > this.#answerMax) return this.#giveUp(tooMuch(this.#answerMax));
    const at = this.#out.indexOf(10);
    if (at < 0) return;
    const text = this.#out.toString("utf8", 0, at);
    const more = this.#out.length - at - 1;
    this.#out = Buffer.alloc(0);
    if (more > 0)
      return this.#giveUp(failed("HP-PLUGIN-ANSWER", "its program printed more than one line for one question"));
    this.#answer({ kind: "text", text });
  }

  #answer(said: Said): void {
    this.#cancelTimer();
    this.#tell?.(said);
    this.#tell = null;
  }

  #giveUp(said: Said): void {
    this.end();
    this.#answer(said);
  }
}

export function createServedProgram(program: Program): Asking {
  let current: Served | null = null;
  let idle: NodeJS.Timeout | undefined;
  let before: Promise<unknown> = Promise.resolve();
  const atExit = (): void => current?.end();
  process.once("exit", atExit);

  async function ask(line: string, timeoutMs: number): Promise<Said> {
    clearTimeout(idle);
    if (current === null || !current.alive) current = new Served(program);
    const served = current;
    const said = await served.ask(line, timeoutMs);
    served.rest();
    idle = setTimeout(() => served.end(), program.manifest.idleSeconds * 1000);
    idle.unref();
    return said;
  }

  return {
    // One at a time: a line says nothing about which question it answers.
    ask(line, timeoutMs) {
      const next = before.then(async () => ask(line, timeoutMs));
      before = next.catch(() => undefined);
      return next;
    },
    async close() {
      clearTimeout(idle);
      process.off("exit", atExit);
      current?.end();
      await current?.ended();
    },
  };
}
