/**
 * A check's program that is started for every question: the question on its standard input, the answer whole on its standard
 * output, and an end with exit code 0. Whatever else it does is no answer, and what it left running is ended with it.
 */
import { randomUUID } from "node:crypto";
import { messageOf } from "../../domain/errors.ts";
import type { Exec } from "../../ports.ts";
import { boundedCommand } from "../boundedCommand.ts";
import { endLeftBehind, PROGRAM_MARK } from "../leftBehind.ts";
import type { Program } from "./loadProgram.ts";
import type { Asking } from "./said.ts";
import { endedBy, failed, late, tooMuch } from "./said.ts";

export function createAskOnce(exec: Exec, { manifest, words, dir }: Program): Asking {
  const [command, ...args] = boundedCommand(manifest.memoryMax, words);
  return {
    async ask(line, timeoutMs) {
      const mark = randomUUID();
      try {
        const answer = await exec.run(command, args, {
          timeoutMs,
          stdin: `${line}\n`,
          cwd: dir,
          env: { ...manifest.env, [PROGRAM_MARK]: mark },
          stdoutBytesMax: manifest.answerMax,
        });
        if (answer.timedOut) return late(timeoutMs, answer.stderr);
        if (answer.capped === true) return tooMuch(manifest.answerMax);
        if (answer.exitCode !== 0) return endedBy(answer.exitCode, answer.stderr);
        return { kind: "text", text: answer.stdout };
      } catch (error) {
        return failed("HP-PLUGIN-RUN", `its program could not be started (${messageOf(error)})`);
      } finally {
        await endLeftBehind(PROGRAM_MARK, mark);
      }
    },
    close: async () => undefined,
  };
}
