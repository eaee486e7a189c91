/**
 * HTTP to one ComfyUI: bounded in time and size, bodies parsed only where a JSON body is documented. A call that gets no whole
 * answer throws with an errno-like `code` (`ECONNREFUSED`, `ECONNRESET`, `ETIMEDOUT`, `HTTP500`): never a verdict.
 */
import { LIMITS } from "../../domain/limits.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

export interface Http {
  request(
    method: "GET" | "POST",
    path: string,
    options?: { readonly json?: unknown; readonly form?: FormData; readonly bytesMax?: number },
  ): Promise<HttpAnswer>;
  /** GET of a JSON document; a status other than 2xx throws `HTTP<status>`. */
  json(path: string, bytesMax?: number): Promise<unknown>;
}

export function createHttp(base: string, timeoutMs: number = LIMITS.comfyCallTimeoutMs): Http {
  const root = base.replace(/\/+$/, "");

  const request: Http["request"] = async (method, path, options = {}) => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(`${root}${path}`, {
        method,
        signal,
        redirect: "error",
        ...(options.json === undefined
          ? {}
          : { body: JSON.stringify(options.json), headers: { "content-type": "application/json" } }),
        ...(options.form === undefined ? {} : { body: options.form }),
      });
      return { status: response.status, body: await bodyOf(response, options.bytesMax ?? LIMITS.objectInfoBytesMax) };
    } catch (error) {
      throw named(error, `${method} ${path}`);
    }
  };

  return {
    request,
    async json(path, bytesMax) {
      const answer = await request("GET", path, bytesMax === undefined ? {} : { bytesMax });
      if (answer.status < 200 || answer.status > 299) throw httpError(answer.status, path);
      return parseJson(answer.body, path);
    },
  };
}

async function bodyOf(response: Response, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    const part = chunk as Uint8Array;
    bytes += part.length;
    if (bytes > bytesMax)
      throw Object.assign(new Error(`the answer is larger than ${bytesMax} bytes`), { code: "EFBIG" });
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

export function parseJson(body: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as unknown;
  } catch (error) {
    throw Object.assign(new Error(`${path} did not answer with JSON`, { cause: error }), { code: "EPROTO" });
  }
}

export function httpError(status: number, path: string): Error & { code: string } {
  return Object.assign(new Error(`${path} answered ${status}`), { code: `HTTP${status}` });
}

/** fetch hides the errno in `cause`; a timeout is an AbortError or TimeoutError. */
function named(error: unknown, what: string): unknown {
  if (typeof error !== "object" || error === null) return error;
  if ("code" in error && typeof error.code === "string") return error;
  const name = "name" in error ? String(error.name) : "";
  if (name === "TimeoutError" || name === "AbortError")
    return Object.assign(new Error(`${what} got no answer in time`, { cause: error }), { code: "ETIMEDOUT" });
  const cause =
    "cause" in error
      ? (error.cause as { code?: unknown; errors?: readonly { code?: unknown }[] } | undefined)
      : undefined;
  const code = cause?.code ?? cause?.errors?.[0]?.code;
  const known: Record<string, string> = {
    UND_ERR_SOCKET: "ECONNRESET",
    UND_ERR_CONNECT_TIMEOUT: "ETIMEDOUT",
    UND_ERR_HEADERS_TIMEOUT: "ETIMEDOUT",
    UND_ERR_BODY_TIMEOUT: "ETIMEDOUT",
  };
  const text = typeof code === "string" ? (known[code] ?? code) : "ECONNRESET";
  return Object.assign(new Error(`${what}: ${text}`, { cause: error }), { code: text });
}
