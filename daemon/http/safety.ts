/**
 * Before routing (docs/api.md): the Host must be ours (this alone stops DNS rebinding), an unsafe method must not come from
 * another site, bodies are JSON only. A refusal names the setting, so that nobody loses an afternoon to a bare 403.
 *
 * Must never: take the request's own Host for the allowed origin, or add a CORS header.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ProblemParts } from "./problem.ts";
import { sendProblem } from "./problem.ts";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"] as const;

export interface Ours {
  /** api.allowedHosts: `name` on any port, or `name:port`. */
  readonly allowedHosts: readonly string[];
  /** The port we listen on; null while there is no socket. */
  readonly port: () => number | null;
}

export function guard(server: FastifyInstance, ours: Ours): void {
  server.addHook("onRequest", async (request, reply) => {
    void reply.headers({
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "cache-control": "no-store",
    });
    const refusal = refusalOf(request, ours);
    return refusal === null ? undefined : sendProblem(request, reply, refusal);
  });
}

function refusalOf(request: FastifyRequest, ours: Ours): ProblemParts | null {
  const host = request.headers.host ?? "";
  if (!isOurs(host, ours))
    return {
      status: 421,
      code: "HP-HTTP-HOST",
      detail: `Host "${host}" is not allowed. Add it to api.allowedHosts if it is yours.`,
    };
  if (request.method === "GET" || request.method === "HEAD") return null;
  const site = request.headers["sec-fetch-site"];
  const { origin } = request.headers;
  const sameSite = site === undefined || site === "same-origin" || site === "none";
  if (!sameSite || (origin !== undefined && !isOurs(hostOf(origin), ours)))
    return {
      status: 403,
      code: "HP-HTTP-ORIGIN",
      detail: `The request comes from ${origin ?? "another site"} (Sec-Fetch-Site: ${String(site ?? "absent")}). Only our own pages and programs may change anything; api.allowedHosts names them.`,
    };
  const type = request.headers["content-type"];
  const empty = request.headers["content-length"] === "0" || !hasBody(request);
  if (!empty && !/^application\/json\s*(;|$)/i.test(type ?? ""))
    return {
      status: 415,
      code: "HP-HTTP-BODY",
      detail: `A body of type ${type ?? "(none said)"} is not taken; send application/json.`,
    };
  return null;
}

function hasBody(request: FastifyRequest): boolean {
  return request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
}

/** A loopback name on our own port, or what the configuration allows. */
function isOurs(authority: string, ours: Ours): boolean {
  const given = authority.toLowerCase();
  const match = /^(\[[0-9a-f:]+\]|[^:]+)(?::(\d+))?$/.exec(given);
  if (match === null) return false;
  const [, name, port] = match;
  if (ours.allowedHosts.some((known) => known.toLowerCase() === given || known.toLowerCase() === name)) return true;
  const own = ours.port();
  return LOOPBACK.some((known) => known === name) && (own === null || Number(port ?? "80") === own);
}

function hostOf(origin: string): string {
  try {
    return new URL(origin).host;
  } catch {
    // "null" and other non-URLs: nobody of ours.
    return "";
  }
}
