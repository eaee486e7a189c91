/**
 * Calls the running daemon's API for the command line: one request with a deadline. A refusal is the daemon's own code, words
 * and hint; no answer in time is HP-HTTP-TIMEOUT; nobody there is HP-DAEMON-ABSENT, for its file may be older than its death.
 */
import type { ErrorCode } from "../domain/errors.ts";
import { ERRORS, HotplateError, messageOf, systemCode } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";

export interface DaemonCall {
  readonly method: "GET" | "POST";
  /** Begins with a slash. */
  readonly path: string;
  readonly body?: unknown;
}

export async function callDaemon(
  api: string,
  call: DaemonCall,
  timeoutMs: number = LIMITS.apiCallTimeoutMs,
): Promise<unknown> {
  const { method, path, body } = call;
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${api}${path}`, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    text = await response.text();
  } catch (error) {
    throw unanswered(error, api, timeoutMs);
  }
  const answer = parsed(text);
  if (response.ok && answer !== null) return answer;
  const { code, detail, hint } = (answer ?? {}) as { code?: unknown; detail?: unknown; hint?: unknown };
  throw new HotplateError(
    typeof code === "string" && Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : "HP-INTERNAL",
    typeof detail === "string" ? detail : `${api}${path} answered ${response.status} and no words of Hotplate.`,
    typeof hint === "string" ? { hint } : {},
  );
}

function unanswered(error: unknown, api: string, timeoutMs: number): HotplateError {
  const name = error instanceof Error ? error.name : "";
  if (name === "TimeoutError" || name === "AbortError")
    return new HotplateError("HP-HTTP-TIMEOUT", `The daemon at ${api} gave no answer in ${timeoutMs / 1000} s.`, {
      cause: error,
    });
  const cause = error instanceof Error ? error.cause : undefined;
  return new HotplateError(
    "HP-DAEMON-ABSENT",
    `Nobody answers at ${api} (${systemCode(cause) ?? messageOf(cause ?? error)}).`,
    { cause: error },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Something else listens there; its status says enough.
    return null;
  }
}
