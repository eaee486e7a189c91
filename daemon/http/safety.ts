/**
 * Before routing (docs/api.md): the Host must be ours (this alone stops DNS rebinding), an unsafe method must not come from
 * another site, bodies are JSON only. A refusal names the setting, so that nobody loses an afternoon to a bare 403.
 */
import type { FastifyInstance } from "fastify";
import { problemBody, sendProblem } from "./problem.ts";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"] as const;

export function guard(server: FastifyInstance, allowedHosts: readonly string[]): void {
  server.addHook("onRequest", async (request, reply) => {
    const host = request.headers.host ?? "";
    if (!hostAllowed(host, allowedHosts)) {
      return sendProblem(
        reply,
        problemBody(421, "HP-HTTP-HOST", `Host "${host}" is not allowed. Add it to api.allowedHosts if it is yours.`),
      );
    }
    if (request.method === "GET" || request.method === "HEAD") return undefined;
    const site = request.headers["sec-fetch-site"];
    const origin = request.headers.origin;
    const sameSite = site === undefined || site === "same-origin" || site === "none";
    if (!sameSite || (origin !== undefined && !hostAllowed(hostOf(origin), allowedHosts))) {
      return sendProblem(
        reply,
        problemBody(
          403,
          "HP-HTTP-ORIGIN",
          `The request comes from ${origin ?? site ?? "another site"}. Only our own pages may change anything.`,
        ),
      );
    }
    const type = request.headers["content-type"];
    if (request.headers["content-length"] !== "0" && type !== undefined && !type.startsWith("application/json")) {
      return sendProblem(
        reply,
        problemBody(415, "HP-HTTP-BODY", `A body of type ${type} is not taken; send application/json.`),
      );
    }
    return undefined;
  });
}

function hostAllowed(host: string, allowedHosts: readonly string[]): boolean {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  return (
    LOOPBACK.some((known) => known === name) ||
    allowedHosts.some((known) => known.toLowerCase() === name || known.toLowerCase() === host.toLowerCase())
  );
}

function hostOf(origin: string): string {
  try {
    return new URL(origin).host;
  } catch {
    // "null" and other non-URLs: nobody of ours.
    return "";
  }
}
