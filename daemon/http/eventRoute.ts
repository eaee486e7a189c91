/** `GET /v1/events`: the event sequence, as a stream that goes on or, with `format=json`, page by page. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { HotplateError } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { findJob } from "./lookup.ts";
import type { RouteParts } from "./routes.ts";
import * as shapes from "./shapes.ts";
import type { EventStreams } from "./stream.ts";
import { eventView } from "./views.ts";

const query = z.strictObject({
  format: z.enum(["sse", "json"]).default("sse").describe("sse: server-sent events, endless. json: one page."),
  since: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe("Only events after this number. Default: sse from now on, json from the beginning."),
  limit: z.coerce.number().int().min(1).max(LIMITS.httpPageMax).default(50).describe("json only."),
  job: z.string().max(LIMITS.idCharactersMax).optional().describe("Only this job's: id or a beginning of it."),
});

export function addEventRoute(base: FastifyInstance, parts: RouteParts, streams: EventStreams): void {
  const server = base.withTypeProvider<ZodTypeProvider>();
  const { store } = parts.world;
  server.get(
    "/v1/events",
    {
      schema: {
        summary: "What happens, by name and number (docs/events.md), oldest first.",
        description:
          "format=sse (default): text/event-stream; `id` is the event's number, `data` an Event. It resumes by Last-Event-ID " +
          "or `since`; a number that was never given gets `event: resync` and goes on from now. format=json: one page; ask " +
          "again with since=next.",
        querystring: query,
        response: { 200: z.strictObject({ events: z.array(shapes.eventShape), next: z.number().int() }) },
      },
    },
    async (request, reply) => {
      const { since, job, limit, format } = request.query;
      const jobId = job === undefined ? undefined : (await findJob(store, job)).id;
      if (format === "json") {
        const events = await store.events(since ?? 0, limit, jobId);
        return { events: events.map(eventView), next: events.at(-1)?.seq ?? since ?? 0 };
      }
      const opened = await streams.open(reply, { since: lastId(request) ?? since ?? null, jobId });
      if (!opened)
        throw new HotplateError("HP-HTTP-BUSY", `${LIMITS.streamClientsMax} event streams are open; that is the most.`);
      return reply;
    },
  );
}

/** What a reconnecting client says wins over the address that it opened first. */
function lastId(request: FastifyRequest): number | null {
  const given = request.headers["last-event-id"];
  return typeof given === "string" && /^\d{1,15}$/.test(given) ? Number(given) : null;
}
