/**
 * The routes by which people decide about results that QC refused or holds: waive, take a waiver back, reject. Requests that the
 * loop applies, under the same rules as cancel and retry.
 */
import type { FastifyInstance, FastifyReply } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { wedgeName } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import type { Waiver } from "../domain/waiver.ts";
import type { RequestBody } from "../requests.ts";
import { qcStanding } from "../qcStanding.ts";
import { asked, keyHeader, printOf } from "./askingRoutes.ts";
import type { Idempotency } from "./idempotency.ts";
import { findJob } from "./lookup.ts";
import type { RouteParts } from "./routes.ts";
import { idParams } from "./routes.ts";
import * as shapes from "./shapes.ts";
import { iso } from "./views.ts";

const taskParams = z.object({ id: z.string().min(1).max(LIMITS.idCharactersMax) });
const by = z.string().trim().min(1).max(128).describe("Who decides: recorded, not verified.");
const reason = z.string().trim().min(1).max(LIMITS.waiverReasonCharactersMax).describe("Why, for the record.");
const wedgeParams = z.object({
  id: z.string().min(1).max(LIMITS.idCharactersMax).describe("A job, or a unique beginning of its id."),
  wedge: z
    .string()
    .regex(/^w?\d{1,9}$/)
    .describe("w003 or 3."),
});
const step = z
  .number()
  .int()
  .min(1)
  .optional()
  .describe("Its place in the job. Default: every step in which something waits.");
const checks = z.array(z.string().min(1).max(LIMITS.idCharactersMax)).min(1).max(LIMITS.checkFilesMax);

const waiverShape = z.strictObject({
  id: z.number().int(),
  step: z.string(),
  wedge: z.string(),
  frame: z.number().int().nullable(),
  sha256: z.string(),
  check: z.string(),
  version: z.number().int(),
  verdict: z.enum(["warn", "fail"]),
  by: z.string(),
  reason: z.string(),
  at: z.iso.datetime(),
  revoked: z.strictObject({ by: z.string(), at: z.iso.datetime() }).nullable(),
});

const heldShape = z.strictObject({
  task: z.string(),
  wedge: z.string(),
  reason: z.string().describe("What still keeps it."),
  until: z.iso.datetime().nullable().describe("Then it counts as rejected, or is looked at again."),
  page: z.string().nullable().describe("Absolute path of an HTML page with pictures and numbers."),
});

const RESPONSE = { 200: shapes.requestShape, 202: shapes.requestShape };
const WORDS = "200: the loop has done it. 202: it is recorded and done when the loop can. 409: refused.";

interface Deciding {
  readonly parts: RouteParts;
  readonly idempotency: Idempotency;
}

/** Under a key it is done once. */
async function decide(
  { parts, idempotency }: Deciding,
  request: { readonly url: string; readonly body: unknown; readonly headers: z.infer<typeof keyHeader> },
  body: RequestBody,
) {
  return idempotency.once(request.headers["idempotency-key"], printOf(parts, request), async () => {
    const said = await asked(parts, body);
    return { status: said.state === "done" ? 200 : 202, body: said };
  });
}

function send(reply: FastifyReply, answer: Awaited<ReturnType<typeof decide>>): FastifyReply {
  if (answer.again) void reply.header("idempotency-replayed", "true");
  return reply.status(answer.status).send(answer.body);
}

export function addDecisionRoutes(base: FastifyInstance, deciding: Deciding): void {
  const server = base.withTypeProvider<ZodTypeProvider>();
  server.post(
    "/v1/tasks/:id/waive",
    {
      schema: {
        summary: "Lets findings of QC stand, bound to the picture and the check's version. Slashes of the id as %2F.",
        description: WORDS,
        params: taskParams,
        headers: keyHeader,
        body: z.strictObject({ checks, by, reason }),
        response: RESPONSE,
      },
    },
    async (request, reply) => {
      return send(
        reply,
        await decide(deciding, request, { kind: "waive", taskId: request.params.id, ...request.body }),
      );
    },
  );
  server.post(
    "/v1/tasks/:id/reject",
    {
      schema: {
        summary: "Ends a hold at once: the result is refused.",
        description: WORDS,
        params: taskParams,
        headers: keyHeader,
        body: z.strictObject({ by, reason }),
        response: RESPONSE,
      },
    },
    async (request, reply) => {
      return send(
        reply,
        await decide(deciding, request, { kind: "reject", taskId: request.params.id, ...request.body }),
      );
    },
  );
}

const WEDGE_WORDS = `About all of the variation that waits; what was decided already is left alone and named. ${WORDS}`;

/** About a variation: `waive` and `reject` of all of it that waits. */
export function addWedgeRoutes(base: FastifyInstance, deciding: Deciding): void {
  const server = base.withTypeProvider<ZodTypeProvider>();
  const { store } = deciding.parts.world;
  server.post(
    "/v1/jobs/:id/wedges/:wedge/waive",
    {
      schema: {
        summary: "Lets findings of QC stand in every result of a variation that waits or that QC's gate refused.",
        description: WEDGE_WORDS,
        params: wedgeParams,
        headers: keyHeader,
        body: z.strictObject({ checks, by, reason, step }),
        response: RESPONSE,
      },
    },
    async (request, reply) => {
      const { step: place = null, ...said } = request.body;
      const of = await wedgeOf(store, request.params);
      return send(reply, await decide(deciding, request, { kind: "waiveWedge", ...of, step: place, ...said }));
    },
  );
  server.post(
    "/v1/jobs/:id/wedges/:wedge/reject",
    {
      schema: {
        summary: "Ends the hold of every result of a variation that waits: they are refused.",
        description: WEDGE_WORDS,
        params: wedgeParams,
        headers: keyHeader,
        body: z.strictObject({ by, reason, step }),
        response: RESPONSE,
      },
    },
    async (request, reply) => {
      const { step: place = null, ...said } = request.body;
      const of = await wedgeOf(store, request.params);
      return send(reply, await decide(deciding, request, { kind: "rejectWedge", ...of, step: place, ...said }));
    },
  );
}

async function wedgeOf(store: Deciding["parts"]["world"]["store"], { id, wedge }: z.infer<typeof wedgeParams>) {
  return { jobId: (await findJob(store, id)).id, wedge: Number(wedge.replace("w", "")) };
}

export function addWaiverRoutes(base: FastifyInstance, deciding: Deciding): void {
  const { parts } = deciding;
  const server = base.withTypeProvider<ZodTypeProvider>();
  addHeldRoute(base, parts);
  server.post(
    "/v1/waivers/:id/revoke",
    {
      schema: {
        summary: "Takes a waiver back while its version is open; what it let pass is held again.",
        description: WORDS,
        params: z.object({ id: z.coerce.number().int().min(1) }),
        headers: keyHeader,
        body: z.strictObject({ by }),
        response: RESPONSE,
      },
    },
    async (request, reply) => {
      return send(
        reply,
        await decide(deciding, request, {
          kind: "revokeWaiver",
          waiver: request.params.id,
          ...request.body,
        }),
      );
    },
  );
  server.get(
    "/v1/jobs/:id/waivers",
    {
      schema: {
        summary: "The waivers of a job, in the order in which they were given.",
        params: idParams,
        response: { 200: z.strictObject({ waivers: z.array(waiverShape) }) },
      },
    },
    async (request) => {
      const job = await findJob(parts.world.store, request.params.id);
      const all = await Promise.all(
        job.steps.map(async (step) =>
          (await parts.world.store.waivers(step.id)).map((waiver) => waiverView(step.id, waiver)),
        ),
      );
      return { waivers: all.flat() };
    },
  );
}

function addHeldRoute(base: FastifyInstance, parts: RouteParts): void {
  const server = base.withTypeProvider<ZodTypeProvider>();
  server.get(
    "/v1/jobs/:id/held",
    {
      schema: {
        summary: "What waits for a person: tasks, why, until when, and the page on which they can be looked at.",
        params: idParams,
        response: {
          200: z.strictObject({
            count: z.number().int().describe("All of them; at most 200 are listed."),
            held: z.array(heldShape),
          }),
        },
      },
    },
    async (request) => {
      const job = await findJob(parts.world.store, request.params.id);
      const standing = await qcStanding(parts.world.store, job, LIMITS.heldPageTasksMax);
      return {
        count: standing.reduce((sum, { held }) => sum + held.count, 0),
        held: standing.flatMap(({ held }) =>
          held.first.map(({ task, wedge, reason: why, until }) => ({
            task,
            wedge: wedgeName(wedge),
            reason: why,
            until: until === null ? null : iso(until),
            page: held.page,
          })),
        ),
      };
    },
  );
}

/** As the API and `hotplate waive --list` say it. */
export function waiverView(step: string, waiver: Waiver): z.infer<typeof waiverShape> {
  const { id, frame, sha256, check, version, verdict, revoked } = waiver;
  return {
    id,
    step,
    wedge: wedgeName(waiver.wedge),
    frame,
    sha256,
    check,
    version,
    verdict,
    by: waiver.by,
    reason: waiver.reason,
    at: iso(waiver.at),
    revoked: revoked === null ? null : { by: revoked.by, at: iso(revoked.at) },
  };
}
