/** What a route gets and gives. */
import type { IncomingHttpHeaders } from "node:http";

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}
export interface Reply {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly type: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection is cut: before the answer, or in its middle. */
  readonly cut?: "before" | "middle";
}

export function json(value: unknown, status = 200): Reply {
  return { status, body: JSON.stringify(value), type: "application/json; charset=utf-8" };
}
export function empty(status: number): Reply {
  return { status, body: "", type: status === 200 ? "application/octet-stream" : null };
}
export function plain(status: number, text: string): Reply {
  return { status, body: text, type: "text/plain; charset=utf-8" };
}
/** What any unhandled exception answers. */
export const ERROR_500: Reply = plain(500, "500 Internal Server Error\n\nServer got itself in trouble");

/** Throws on malformed JSON: the real one answers 500. */
export function bodyOf(call: Call): unknown {
  return JSON.parse(new TextDecoder().decode(call.body)) as unknown;
}
