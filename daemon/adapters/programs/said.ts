/** What a check's program said when it was asked, or why it said nothing: one shape for programs run once and served ones. */
import type { ErrorCode } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";

export type Said =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly sentence: string };

export interface Asking {
  /** One question, a line of JSON without its end. */
  ask(line: string, timeoutMs: number): Promise<Said>;
  /** Ends what runs, with all that it started. */
  close(): Promise<void>;
}

export function failed(code: ErrorCode, sentence: string, stderr = ""): Said {
  const last = lastLines(stderr);
  return { kind: "failed", code, sentence: last === "" ? sentence : `${sentence}: ${last}` };
}

/** How a program without an answer ended. The shell's own 126 and 127: it could not be started. */
export function endedBy(exitCode: number | null, stderr: string): Said {
  if (exitCode === 126 || exitCode === 127) return failed("HP-PLUGIN-RUN", "its program could not be started", stderr);
  if (exitCode === null) return failed("HP-PLUGIN-RUN", "its program was ended by a signal", stderr);
  return failed("HP-PLUGIN-RUN", `its program ended with exit code ${exitCode}`, stderr);
}

export function late(timeoutMs: number, stderr: string): Said {
  return failed("HP-PLUGIN-LATE", `its program made no end in ${timeoutMs / 1000} s and was killed`, stderr);
}

export function tooMuch(bytes: number): Said {
  return failed("HP-PLUGIN-ANSWER", `its program printed more than ${bytes} bytes and was killed`);
}

function lastLines(stderr: string): string {
  return stderr
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .slice(-LIMITS.programErrorLinesShown)
    .join(" | ");
}
