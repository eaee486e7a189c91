/**
 * The API server: loopback only, one documented API for the command line, later pages and TDs. Errors are problem+json; the
 * OpenAPI document is at /v1/openapi.json and in docs/openapi.json.
 */
import swagger from "@fastify/swagger";
import Fastify from "fastify";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { LIMITS } from "../domain/limits.ts";
import { onError, problemBody, sendProblem } from "./problem.ts";
import type { RouteParts } from "./routes.ts";
import { addRoutes } from "./routes.ts";
import { guard } from "./safety.ts";

export interface HttpServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function createHttpServer(parts: RouteParts): Promise<HttpServer> {
  const server = await buildServer(parts);
  const { host, port } = listenAt(parts.world.config.api.listen);
  const url = await server.listen({ host, port });
  return { url, close: () => server.close() };
}

/** The server without a socket: what tests inject into. */
export async function buildServer(parts: RouteParts): Promise<FastifyInstance> {
  const server = Fastify({ bodyLimit: LIMITS.httpBodyBytesMax, logger: false, forceCloseConnections: true });
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  server.setErrorHandler(onError);
  server.setNotFoundHandler(
    (request, reply) =>
      void sendProblem(
        reply,
        problemBody(404, "HP-NOT-FOUND", `There is no ${request.method} ${request.url}. See /v1/openapi.json.`),
      ),
  );
  guard(server, parts.world.config.api.allowedHosts);
  await server.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Hotplate", version: parts.version, description: "The API of one Hotplate node. Loopback only." },
    },
    transform: jsonSchemaTransform,
  });
  server.get("/v1/openapi.json", { schema: { hide: true } }, () => server.swagger());
  addRoutes(server, parts);
  await server.ready();
  return server;
}

function listenAt(listen: string): { readonly host: string; readonly port: number } {
  const cut = listen.lastIndexOf(":");
  return { host: listen.slice(0, cut).replace(/^\[|\]$/g, ""), port: Number(listen.slice(cut + 1)) };
}
