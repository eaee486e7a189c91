/**
 * The API server: loopback only, one documented API for the command line, later pages and TDs. Errors are problem+json; the
 * OpenAPI document is at /v1/openapi.json and in docs/openapi.json. Every answer is checked against its schema.
 */
import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
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
import { addDropRoute, addRequestRoutes, addRetentionRoute, addSlotRoutes } from "./askingRoutes.ts";
import { addDecisionRoutes, addWaiverRoutes, addWedgeRoutes } from "./decisionRoutes.ts";
import { addEventRoute } from "./eventRoute.ts";
import { createIdempotency } from "./idempotency.ts";
import { onError, sendProblem } from "./problem.ts";
import type { RouteParts } from "./routes.ts";
import { addJobRoutes, addNodeRoutes, addReasonRoutes } from "./routes.ts";
import { guard } from "./safety.ts";
import { createEventStreams } from "./stream.ts";

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
    requestTimeout: LIMITS.httpRequestMs,
    handlerTimeout: LIMITS.httpHandlerMs,
    routerOptions: { maxParamLength: LIMITS.idCharactersMax },
  });
  server.server.maxConnections = LIMITS.httpConnectionsMax;
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
  const streams = createEventStreams(parts.world);
  server.addHook("preClose", () => streams.close());
  await server.register(swagger, documentOf(parts.version));
  server.get("/v1/openapi.json", { schema: { hide: true } }, () => server.swagger());
  addNodeRoutes(server, parts);
  addJobRoutes(server, parts);
  addReasonRoutes(server, parts);
  addEventRoute(server, parts, streams);
  const idempotency = createIdempotency(parts.world.store);
  addDropRoute(server, parts, idempotency);
  addRequestRoutes(server, parts, idempotency);
  addDecisionRoutes(server, { parts, idempotency });
  addWedgeRoutes(server, { parts, idempotency });
  addWaiverRoutes(server, { parts, idempotency });
  addSlotRoutes(server, parts);
  addRetentionRoute(server, parts);
  await server.ready();
  return server;
}

/** The OpenAPI document. Every operation may be refused; the refusal has one shape. */
function documentOf(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Hotplate",
        version,
        description:
          "The API of one Hotplate node. Loopback only. Refusals are application/problem+json with a code of docs/errors.md.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (input) => {
      const document = jsonSchemaTransformObject(input) as OpenApi;
      // Every shape is made twice, as what comes in and as what goes out; no route takes one in.
      for (const name of Object.keys(document.components.schemas))
        if (name.endsWith("Input")) delete document.components.schemas[name];
      const problem = {
        description: "Refused.",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      };
      for (const operations of Object.values(document.paths))
        for (const operation of Object.values(operations)) operation.responses["default"] = problem;
      const events = document.paths["/v1/events"]?.["get"]?.responses["200"];
      if (events?.content !== undefined) events.content["text/event-stream"] = { schema: { type: "string" } };
      return document as never;
    },
  };
}

interface OpenApi {
  readonly components: { readonly schemas: Record<string, unknown> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Record<string, Answer> }>>>>;
}
interface Answer {
  readonly description?: string;
  readonly content?: Record<string, unknown>;
}

/** `[::1]:7464` -> `::1`, 7464. */
function listenAt(listen: string): { readonly host: string; readonly port: number } {
  const cut = listen.lastIndexOf(":");
  return { host: listen.slice(0, cut).replace(/^\[|\]$/g, ""), port: Number(listen.slice(cut + 1)) };
}
