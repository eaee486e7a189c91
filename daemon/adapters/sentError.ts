/** Errors across processes: a class does not survive the way, its code does. */
import type { ErrorCode } from "../domain/errors.ts";
import { HotplateError, messageOf, systemCode } from "../domain/errors.ts";

/** An error without its class, which the way between processes takes away. */
export interface SentError {
  readonly message: string;
  /** Set for errors of ours. */
  readonly hotplate: { readonly code: ErrorCode; readonly hint: string } | null;
  /** Set for failed system calls: `ENOENT`. */
  readonly systemCode: string | null;
}
export function sentError(error: unknown): SentError {
  const ours = error instanceof HotplateError ? { code: error.code, hint: error.hint } : null;
  return { message: messageOf(error), hotplate: ours, systemCode: ours === null ? systemCode(error) : null };
}

export function receivedError(sent: SentError): Error {
  if (sent.hotplate !== null) return new HotplateError(sent.hotplate.code, sent.message, { hint: sent.hotplate.hint });
  return Object.assign(new Error(sent.message), sent.systemCode === null ? {} : { code: sent.systemCode });
}
