/**
 * HTTP to one ComfyUI: bounded in time and size. A call that gets no whole answer throws an Error whose `code` says why
 * (`ECONNREFUSED`, `ECONNRESET`, `ETIMEDOUT`, `EFBIG`, `EPROTO`, `HTTP 503`): never a verdict. Bodies are parsed only where
 * ComfyUI documents JSON. No Origin is sent and Host is the address asked: anything else is refused by ComfyUI.
 */
import { createWriteStream } from "node:fs";
import { unlink } from "node:fs/promises";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { LIMITS } from "../../domain/limits.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}
export interface RequestOptions {
  readonly json?: unknown;
  readonly form?: FormData;
  readonly bytesMax?: number;
  /** For this call; default: the client's. */
  readonly timeoutMs?: number;
}
export interface Http {
  request(method: "GET" | "POST", path: string, options?: RequestOptions): Promise<HttpAnswer>;
  /** GET of a JSON document; a status other than 2xx throws `HTTP <status>`. */
  json(path: string, bytesMax?: number): Promise<unknown>;
  /** GET into a new file (EEXIST); what was written is removed again when the answer breaks off. The status is the answer's. */
  download(path: string, to: string, bytesMax: number): Promise<number>;
  /** Ends what is under way with `ABORT_ERR`; later calls end so too. */
  close(): void;
}

export function createHttp(base: string, timeoutMs: number = LIMITS.comfyCallTimeoutMs): Http {
  const root = base.replace(/\/+$/, "");
  const closing = new AbortController();

  /** `quiet` is re-armed by every chunk: a large file may take long, silence may not. */
  async function call<T>(
    of: { readonly method: string; readonly path: string; readonly init?: RequestInit; readonly timeoutMs: number },
    use: (response: Response, alive: () => void) => Promise<T>,
  ): Promise<T> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new DOMException("no answer in time", "TimeoutError")), of.timeoutMs);
    try {
      const signal = AbortSignal.any([late.signal, closing.signal]);
      const response = await fetch(`${root}${of.path}`, { ...of.init, method: of.method, redirect: "error", signal });
      return await use(response, () => timer.refresh());
    } catch (error) {
      throw named(error, `${of.method} ${of.path}`);
    } finally {
      clearTimeout(timer);
    }
  }

  const request: Http["request"] = (method, path, options = {}) => {
    const init: RequestInit =
      options.json !== undefined
        ? { body: JSON.stringify(options.json), headers: { "content-type": "application/json" } }
        : options.form !== undefined
          ? { body: options.form }
          : {};
    const bytesMax = options.bytesMax ?? LIMITS.objectInfoBytesMax;
    return call({ method, path, init, timeoutMs: options.timeoutMs ?? timeoutMs }, async (response) => ({
      status: response.status,
      body: await bodyOf(response, bytesMax),
    }));
  };

  return {
    request,
    async json(path, bytesMax) {
      const answer = await request("GET", path, bytesMax === undefined ? {} : { bytesMax });
      if (answer.status < 200 || answer.status > 299) throw httpError(answer.status, path);
      return parseJson(answer.body, path);
    },
    download: (path, to, bytesMax) =>
      call({ method: "GET", path, timeoutMs }, async (response, alive) => {
        if (response.status !== 200) await response.body?.cancel();
        else await save(response, to, { bytesMax, alive });
        return response.status;
      }),
    close: () => closing.abort(Object.assign(new Error("the slot was closed"), { code: "ABORT_ERR" })),
  };
}

async function bodyOf(response: Response, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    const part = chunk as Uint8Array;
    bytes += part.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

async function save(
  response: Response,
  to: string,
  of: { readonly bytesMax: number; readonly alive: () => void },
): Promise<void> {
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      of.alive();
      if (bytes > of.bytesMax) done(tooLarge(of.bytesMax));
      else done(null, chunk);
    },
  });
  try {
    await pipeline(Readable.from(response.body ?? []), counted, createWriteStream(to, { flags: "wx" }));
  } catch (error) {
    // A half file would look like a result. The one that was there before is not ours to remove.
    if (codeOf(error) !== "EEXIST") await unlink(to).catch(() => undefined);
    throw error;
  }
}

export function parseJson(body: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as unknown;
  } catch (error) {
    throw Object.assign(new Error(`${path} did not answer with JSON`, { cause: error }), { code: "EPROTO" });
  }
}

export function httpError(status: number, path: string): Error & { code: string } {
  return Object.assign(new Error(`${path} answered ${status}`), { code: `HTTP ${status}` });
}

function tooLarge(bytesMax: number): Error & { code: string } {
  return Object.assign(new Error(`the answer is larger than ${bytesMax} bytes`), { code: "EFBIG" });
}

function codeOf(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}

const KNOWN: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: "ECONNRESET",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "ECONNRESET",
  UND_ERR_CONNECT_TIMEOUT: "ETIMEDOUT",
  UND_ERR_HEADERS_TIMEOUT: "ETIMEDOUT",
  UND_ERR_BODY_TIMEOUT: "ETIMEDOUT",
};

/** fetch hides the errno in `cause`; a timeout is a TimeoutError without one. */
function named(error: unknown, what: string): unknown {
  if (typeof error !== "object" || error === null) return error;
  const name = "name" in error ? String(error.name) : "";
  if (name === "TimeoutError")
    return Object.assign(new Error(`${what} got no answer in time`, { cause: error }), { code: "ETIMEDOUT" });
  const own = codeOf(error);
  if (own !== null)
    return own in KNOWN ? Object.assign(new Error(`${what}: ${own}`, { cause: error }), { code: KNOWN[own] }) : error;
  const cause = "cause" in error ? error.cause : null;
  const inner = codeOf(cause) ?? codeOf((cause as { readonly errors?: readonly unknown[] } | null)?.errors?.[0]);
  const code = inner === null ? "ECONNRESET" : (KNOWN[inner] ?? inner);
  return Object.assign(new Error(`${what}: ${code}`, { cause: error }), { code });
}
