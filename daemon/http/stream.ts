/**
 * `GET /v1/events` as a stream of server-sent events: the stored sequence from a number on, then what comes. Each client
 * reads the store at its own pace, so a slow one holds up nobody and loses nothing; one that takes nothing is cut off.
 * The loop is never asked. Resumes by `Last-Event-ID`; an id that this store never gave gets `event: resync`.
 */
import type { FastifyReply } from "fastify";
import { messageOf } from "../domain/errors.ts";
import type { JobId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import type { World } from "../ports.ts";
import { eventView } from "./views.ts";

export interface StreamRequest {
  /** The last event that the client has; null: only what comes from now on. */
  readonly since: number | null;
  readonly jobId: JobId | undefined;
}
export interface EventStreams {
  /** False: as many streams as may be are open. Takes the reply over when it is true. */
  open(reply: FastifyReply, request: StreamRequest): Promise<boolean>;
  /** Ends every stream and waits, for a bounded time, until the clients have the end: the server cuts what is open then. */
  close(): Promise<void>;
}

export function createEventStreams(world: Pick<World, "store" | "clock" | "log">): EventStreams {
  const ends = new Set<() => void>();
  const following = new Set<Promise<void>>();
  return {
    async open(reply, request) {
      if (ends.size >= LIMITS.streamClientsMax) return false;
      let end = (): void => undefined;
      const ended = new Promise<void>((resolve) => (end = resolve));
      ends.add(end);
      try {
        const head = (await world.store.jobsTouchedSince(Number.MAX_SAFE_INTEGER, 1)).seq;
        reply.hijack();
        const { raw } = reply;
        raw.once("close", end);
        for (const [name, value] of Object.entries(reply.getHeaders()))
          if (value !== undefined) raw.setHeader(name, value);
        raw.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
        const lines = [`retry: ${LIMITS.streamRetryMs}\n\n`];
        if (request.since !== null && request.since > head) lines.push(`event: resync\ndata: {"seq":${head}}\n\n`);
        raw.write(lines.join(""));
        const since = Math.min(request.since ?? head, head);
        const followed = follow(world, raw, { ...request, since, ended });
        following.add(followed);
        void followed.finally(() => (ends.delete(end), following.delete(followed)));
      } catch (error) {
        ends.delete(end);
        throw error;
      }
      return true;
    },
    async close() {
      for (const end of ends) end();
      await world.clock.sleep(
        LIMITS.streamEndMs,
        Promise.all(following).then(() => undefined),
      );
    },
  };
}

interface Following extends StreamRequest {
  readonly since: number;
  /** The client has gone, or the server closes. */
  readonly ended: Promise<void>;
}

async function follow(
  world: Pick<World, "store" | "clock" | "log">,
  raw: FastifyReply["raw"],
  of: Following,
): Promise<void> {
  let since = of.since;
  let open = true;
  void of.ended.then(() => (open = false));
  let saidAt = world.clock.now();
  try {
    while (open && raw.writableLength < LIMITS.streamUnsentBytesMax) {
      const events = await world.store.events(since, LIMITS.httpPageMax, of.jobId);
      const now = world.clock.now();
      for (const event of events) raw.write(`id: ${event.seq}\ndata: ${JSON.stringify(eventView(event))}\n\n`);
      if (events.length === 0 && now - saidAt >= LIMITS.streamHeartbeatMs) raw.write(": alive\n\n");
      if (events.length > 0 || now - saidAt >= LIMITS.streamHeartbeatMs) saidAt = now;
      since = events.at(-1)?.seq ?? since;
      if (events.length < LIMITS.httpPageMax) await world.clock.sleep(LIMITS.streamLookMs, of.ended);
    }
  } catch (error) {
    // The client comes back with its last id and misses nothing.
    world.log.event("warn", "work.failed", { work: "event stream", error: messageOf(error) });
  } finally {
    if (!raw.closed) {
      const sent = new Promise<void>((resolve) => raw.once("close", resolve).end(resolve));
      if (open) raw.destroy();
      await sent;
    }
  }
}
