/**
 * The routes by which people ask for something. None of them changes a job: a manifest is dropped into a hot folder exactly
 * as a person drops it, and cancel and retry are requests that the loop applies; the answer is the loop's.
 */
import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { statusFileName } from "../domain/answer.ts";
import { canonicalJson } from "../domain/canonicalJson.ts";
import { HotplateError } from "../domain/errors.ts";
import { LIMITS } from "../domain/limits.ts";
import { badName } from "../domain/naming.ts";
import { baseName, joinPath } from "../domain/paths.ts";
import { publishFile } from "../durable.ts";
import { planManifest } from "../planManifest.ts";
import type { RequestBody } from "../requests.ts";
import type { Idempotency } from "./idempotency.ts";
import { findJob } from "./lookup.ts";
import type { RouteParts } from "./routes.ts";
import { idParams } from "./routes.ts";
import * as shapes from "./shapes.ts";
import type { VerdictShape } from "./verdictShape.ts";
import { verdictShape } from "./verdictShape.ts";
import { verdictView } from "./views.ts";

const dropBody = z.strictObject({
  manifest: z
    .string()
    .min(1)
    .max(LIMITS.manifestBytesMax)
    .describe("The manifest's text. Paths start at the hot folder."),
  name: z.string().min(1).max(120).describe("Its file name: .yaml, .yml or .json."),
  folder: z.string().optional().describe("Path or last name of a hot folder. Default: the first."),
});
type Drop = z.infer<typeof dropBody>;

/** Same key, same request: the first answer again (docs/api.md). */
export const keyHeader = z.object({
  "idempotency-key": z
    .string()
    .min(1)
    .max(LIMITS.idempotencyKeyCharactersMax)
    .optional()
    .describe("Of your own choosing; a request that is sent again under it is answered and not done again."),
});

/** What must be equal for a request to be the same one. */
export function printOf(parts: RouteParts, request: { readonly url: string; readonly body: unknown }): string {
  return parts.world.digest.sha256(canonicalJson([request.url, request.body]));
}

export function addDropRoute(base: FastifyInstance, parts: RouteParts, idempotency: Idempotency): void {
  const server = base.withTypeProvider<ZodTypeProvider>();
  server.post(
    "/v1/jobs",
    {
      schema: {
        summary: "Drops a manifest into a hot folder, as a person would. dry_run=true only says what it means.",
        querystring: z.strictObject({ dry_run: z.enum(["true", "false"]).default("false") }),
        headers: keyHeader,
        body: dropBody,
        response: { 200: verdictShape, 202: shapes.droppedShape },
      },
    },
    async (request, reply) => {
      const folder = folderOf(parts, request.body.folder);
      checkName(request.body.name);
      if (request.query.dry_run === "true") return reply.status(200).send(await planned(parts, request.body, folder));
      const answer = await idempotency.once(request.headers["idempotency-key"], printOf(parts, request), async () => ({
        status: 202,
        body: await drop(parts, request.body, folder.path),
      }));
      if (answer.again) void reply.header("idempotency-replayed", "true");
      return reply.status(202).send(answer.body as z.infer<typeof shapes.droppedShape>);
    },
  );
}

const who = z
  .strictObject({ by: z.string().min(1).max(128).default("api").describe("Recorded, not verified.") })
  .nullish()
  .transform((body) => body ?? { by: "api" });

export function addRequestRoutes(base: FastifyInstance, parts: RouteParts, idempotency: Idempotency): void {
  const server = base.withTypeProvider<ZodTypeProvider>();
  for (const kind of ["cancel", "retry"] as const) {
    server.post(
      `/v1/jobs/:id/${kind}`,
      {
        schema: {
          summary: kind === "cancel" ? "Cancels what has not ended." : "Tries failed and canceled tasks again.",
          description: "200: the loop has done it. 202: it is recorded and done when the loop can. 409: refused.",
          params: idParams,
          headers: keyHeader,
          body: who,
          response: { 200: shapes.requestShape, 202: shapes.requestShape },
        },
      },
      async (request, reply) => {
        const job = await findJob(parts.world.store, request.params.id);
        const answer = await idempotency.once(request.headers["idempotency-key"], printOf(parts, request), async () => {
          const body = await asked(parts, { kind, jobId: job.id, by: request.body.by });
          return { status: body.state === "done" ? 200 : 202, body };
        });
        if (answer.again) void reply.header("idempotency-replayed", "true");
        return reply.status(answer.status as 200 | 202).send(answer.body as z.infer<typeof shapes.requestShape>);
      },
    );
  }
}

export function addSlotRoutes(base: FastifyInstance, parts: RouteParts): void {
  const server = base.withTypeProvider<ZodTypeProvider>();
  server.post(
    "/v1/slots/:name/restart",
    {
      schema: {
        summary: "Restarts a slot's ComfyUI, or lets it out of quarantine; what runs there goes elsewhere.",
        description:
          "200: the loop has begun it. 202: it is recorded. 409: the slot is attached and can't be restarted.",
        params: z.object({ name: z.string().min(1).max(LIMITS.idCharactersMax) }),
        body: who,
        response: { 200: shapes.requestShape, 202: shapes.requestShape },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const known = parts.world.config.slots.map((slot) => slot.name);
      if (!known.includes(name))
        throw new HotplateError("HP-NOT-FOUND", `There is no slot ${name}. Known: ${known.join(", ")}.`);
      const answer = await asked(parts, { kind: "restartSlot", slot: name, by: request.body.by });
      return reply.status(answer.state === "done" ? 200 : 202).send(answer);
    },
  );
}

export function addRetentionRoute(base: FastifyInstance, parts: RouteParts): void {
  const server = base.withTypeProvider<ZodTypeProvider>();
  server.post(
    "/v1/retention",
    {
      schema: {
        summary: "Collects pixels that are older than retention allows (docs/versions.md).",
        description: "200: it is done. 202: it is recorded and under way; events tell what is collected.",
        body: who,
        response: { 200: shapes.requestShape, 202: shapes.requestShape },
      },
    },
    async (request, reply) => {
      const answer = await asked(parts, { kind: "retention", by: request.body.by });
      return reply.status(answer.state === "done" ? 200 : 202).send(answer);
    },
  );
}

type Folder = RouteParts["world"]["config"]["hotFolders"][number];

function folderOf(parts: RouteParts, wanted: string | undefined): Folder {
  const { hotFolders } = parts.world.config;
  const fits = (folder: Folder): boolean => folder.path === wanted || baseName(folder.path) === wanted;
  const found = wanted === undefined ? hotFolders.slice(0, 1) : hotFolders.filter(fits);
  const known = hotFolders.map((folder) => folder.path).join(", ");
  const [first, second] = found;
  if (first === undefined)
    throw new HotplateError("HP-NOT-FOUND", `There is no hot folder ${wanted ?? ""}. Known: ${known}.`);
  if (second !== undefined)
    throw new HotplateError("HP-ID-AMBIGUOUS", `Several hot folders are named ${wanted ?? ""}: ${known}.`);
  return first;
}

function checkName(name: string): void {
  const bad = badName(name) ?? (/\.(ya?ml|json)$/i.test(name) ? null : "it ends with none of .yaml, .yml, .json");
  if (bad !== null) throw new HotplateError("HP-HTTP-BODY", `"${name}" can't be a manifest's name: ${bad}.`);
}

async function planned(parts: RouteParts, body: Drop, folder: Folder): Promise<VerdictShape> {
  const text = new TextEncoder().encode(body.manifest);
  const outcome = await planManifest(
    { ...parts.world, products: () => parts.world.store.products() },
    {
      text,
      bytes: text.length,
      fileName: body.name,
      dir: folder.path,
      show: folder.show,
      boundRecipe: folder.recipe ?? null,
    },
  );
  return verdictView(outcome);
}

async function drop(parts: RouteParts, body: Drop, folder: string): Promise<z.infer<typeof shapes.droppedShape>> {
  // A call on a mount that hangs would hold a thread of the whole process.
  const known = parts.view().folders.find((view) => view.path === folder);
  if (known?.state === "down")
    throw new HotplateError("HP-INTAKE-FOLDER", `${folder} can't be used now: ${known.reason ?? "it is down"}.`);
  const path = joinPath(folder, body.name);
  const { files, ids } = parts.world;
  const outcome = await publishFile(files, path, body.manifest, ids.uuid());
  if (outcome === "taken")
    throw new HotplateError("HP-STATE-REFUSED", `Another ${body.name} is in the hot folder already.`, {
      hint: "Choose another name, or wait until it was read.",
    });
  parts.wake();
  return { kind: "dropped", dropped: path, answer: joinPath(folder, statusFileName(body.name)) };
}

/** Appends a request and waits, bounded, until the loop has applied it. */
export async function asked(parts: RouteParts, body: RequestBody): Promise<z.infer<typeof shapes.requestShape>> {
  const { store, clock } = parts.world;
  const id = await store.request(body);
  parts.wake();
  const until = clock.now() + LIMITS.requestWaitMs;
  for (;;) {
    const row = await store.requestRow(id);
    if (row?.state === "refused") throw new HotplateError("HP-STATE-REFUSED", row.answer ?? "It was refused.");
    if (row?.state === "done") return { request: id, state: "done", answer: row.answer ?? "Done." };
    if (clock.now() >= until) break;
    await clock.sleep(LIMITS.requestLookMs);
  }
  return { request: id, state: "open", answer: "The request is recorded; the daemon applies it when it can." };
}
