/**
 * The API server: loopback only, one documented API for the command line, later pages and TDs. Errors are problem+json; the
 * OpenAPI document is at /v1/openapi.json and in docs/openapi.json. Every answer is checked against its schema.
 */
import swagger from "@fastify/swagger";
import Fastify from "fastify";
import type { FastifyInstance } from "fastify";
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from "fastify-type-provider-zod";
import { LIMITS } from "../domain/limits.ts";
import { addDropRoute, addRequestRoutes } from "./askingRoutes.ts";
import { onError, sendProblem } from "./problem.ts";
import type { RouteParts } from "./routes.ts";
import { addJobRoutes, addNodeRoutes, addReasonRoutes } from "./routes.ts";
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
  const server = Fastify({
    bodyLimit: LIMITS.httpBodyBytesMax,
    logger: false,
    forceCloseConnections: true,
    requestTimeout: LIMITS.comfyCallTimeoutMs,
    routerOptions: { maxParamLength: LIMITS.idCharactersMax },
  });
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  server.setErrorHandler(onError(parts.world.log));
  server.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, {
      status: 404,
      code: "HP-NOT-FOUND",
      detail: `There is no ${request.method} ${request.url}.`,
      hint: "See /v1/openapi.json.",
    }),
  );
  guard(server, {
    allowedHosts: parts.world.config.api.allowedHosts,
    port: () => {
      const address = server.server.address();
      return address === null || typeof address === "string" ? null : address.port;
    },
  });
  await server.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Hotplate",
        version: parts.version,
        description:
          "The API of one Hotplate node. Loopback only. Refusals are application/problem+json with a code of docs/errors.md.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  server.get("/v1/openapi.json", { schema: { hide: true } }, () => server.swagger());
  addNodeRoutes(server, parts);
  addJobRoutes(server, parts);
  addReasonRoutes(server, parts);
  addDropRoute(server, parts);
  addRequestRoutes(server, parts);
  await server.ready();
  return server;
}

/** `[::1]:7464` -> `::1`, 7464. */
function listenAt(listen: string): { readonly host: string; readonly port: number } {
  const cut = listen.lastIndexOf(":");
  return { host: listen.slice(0, cut).replace(/^\[|\]$/g, ""), port: Number(listen.slice(cut + 1)) };
}
