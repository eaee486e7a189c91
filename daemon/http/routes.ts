/**
 * The routes. HTTP changes no job: it reads the store, appends requests and waits for the loop's answer, or drops a manifest
 * into a hot folder as a person would. Unique id prefixes are accepted; an ambiguous one lists what it could be.
 */
import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { HotplateError } from "../domain/errors.ts";
import { JOB_STATES } from "../domain/job.ts";
import type { TaskId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import type { NodeView } from "../domain/nodeView.ts";
import { baseName, joinPath } from "../domain/paths.ts";
import { badName } from "../domain/naming.ts";
import { publishFile } from "../durable.ts";
import { explain } from "../explainTask.ts";
import { planManifest } from "../planManifest.ts";
import type { World } from "../ports.ts";
import type { JobRow, RequestBody } from "../storePort.ts";
import { jobView, nodeView, taskView, versionView } from "./views.ts";

export interface RouteParts {
  readonly world: Pick<World, "config" | "clock" | "ids" | "digest" | "files" | "images" | "recipes" | "store">;
  readonly view: () => NodeView;
  readonly wake: () => void;
  readonly version: string;
}

const idParams = z.object({ id: z.string().min(1).max(200).describe("Id or unique prefix of an id.") });
const page = { limit: z.coerce.number().int().min(1).max(LIMITS.httpPageMax).default(50) };

export function addRoutes(base: FastifyInstance, parts: RouteParts): void {
  const server = base.withTypeProvider<ZodTypeProvider>();
  server.get("/healthz", { schema: { summary: "The process lives." } }, async () => ({ status: "ok" }));
  server.get(
    "/readyz",
    { schema: { summary: "The store answers, a hot folder and a slot are up." } },
    async (_request, reply) => {
      const view = parts.view();
      const up = (things: readonly { state: string }[]) =>
        things.length === 0 || things.some((thing) => thing.state === "up");
      const checks = { folders: up(view.folders), slots: up(view.slots), state: view.state };
      const ready = checks.folders && checks.slots && view.state === "up";
      return reply.status(ready ? 200 : 503).send(checks);
    },
  );
  server.get("/v1/node", { schema: { summary: "Slots, folders, roots: what the loop knows now." } }, async () =>
    nodeView(parts.view()),
  );
  addReading(base, parts);
  addWriting(base, parts);
}

function addReading(base: FastifyInstance, parts: RouteParts): void {
  const server = base.withTypeProvider<ZodTypeProvider>();
  const { store } = parts.world;
  server.get(
    "/v1/jobs",
    {
      schema: {
        summary: "Jobs, newest first.",
        querystring: z.object({ ...page, state: z.enum(JOB_STATES).optional(), show: z.string().optional() }),
      },
    },
    async (request) => {
      const { limit, state, show } = request.query;
      const jobs = await store.jobs({
        limit,
        ...(state === undefined ? {} : { state }),
        ...(show === undefined ? {} : { show }),
      });
      return { jobs: jobs.map(jobView) };
    },
  );
  server.get("/v1/jobs/:id", { schema: { summary: "One job.", params: idParams } }, async (request) =>
    jobView(await jobOf(parts, request.params.id)),
  );
  server.get(
    "/v1/jobs/:id/tasks",
    { schema: { summary: "The tasks of a job, by wedge and frame.", params: idParams, querystring: z.object(page) } },
    async (request) => {
      const job = await jobOf(parts, request.params.id);
      const tasks = await Promise.all(job.steps.map((step) => store.tasks(step.id, { limit: request.query.limit })));
      return { tasks: tasks.flat().slice(0, request.query.limit).map(taskView) };
    },
  );
  server.get(
    "/v1/jobs/:id/explain",
    { schema: { summary: "Why its tasks wait, in order of cause.", params: idParams } },
    async (request) => explainJob(parts, request.params.id),
  );
  addMoreReading(base, parts);
}

function addMoreReading(base: FastifyInstance, parts: RouteParts): void {
  const server = base.withTypeProvider<ZodTypeProvider>();
  const { store } = parts.world;
  server.get(
    "/v1/explain",
    { schema: { summary: "Why one task waits.", querystring: z.object({ task: z.string() }) } },
    async (request) => {
      const reasons = await explain(parts.world, parts.view(), request.query.task as TaskId);
      if (reasons === null) throw new HotplateError("HP-NOT-FOUND", `There is no task ${request.query.task}.`);
      return { task: request.query.task, reasons };
    },
  );
  server.get(
    "/v1/events",
    {
      schema: {
        summary: "The event sequence after `since`.",
        querystring: z.object({
          ...page,
          since: z.coerce.number().int().min(0).default(0),
          job: z.string().optional(),
        }),
      },
    },
    async (request) => {
      const { since, limit, job } = request.query;
      const id = job === undefined ? undefined : (await jobOf(parts, job)).id;
      const events = await store.events(since, limit, id);
      return { events, next: events.at(-1)?.seq ?? since };
    },
  );
  server.get(
    "/v1/versions",
    { schema: { summary: "Committed versions, newest first.", querystring: z.object(page) } },
    async (request) => {
      const jobs = await store.jobs({ limit: request.query.limit, state: "done" });
      return { versions: jobs.flatMap((job) => job.steps.map((step) => versionView(job, step))) };
    },
  );
}

function addWriting(base: FastifyInstance, parts: RouteParts): void {
  const server = base.withTypeProvider<ZodTypeProvider>();
  const by = z.object({ by: z.string().max(128).default("api") }).default({ by: "api" });
  server.post(
    "/v1/jobs",
    {
      schema: {
        summary: "Drops a manifest into a hot folder, exactly as a person would; dry_run=true only plans.",
        querystring: z.object({ dry_run: z.enum(["true", "false"]).default("false") }),
        body: z.strictObject({
          manifest: z.string().max(LIMITS.manifestBytesMax),
          name: z.string().max(120),
          folder: z.string().optional(),
        }),
      },
    },
    async (request, reply) => {
      const folder = folderOf(parts, request.body.folder);
      if (request.query.dry_run === "true") return planned(parts, request.body, folder);
      const bad = badName(request.body.name);
      if (bad !== null || !/\.(ya?ml|json)$/i.test(request.body.name))
        throw new HotplateError(
          "HP-HTTP-BODY",
          `name "${request.body.name}" can't be a manifest's name${bad === null ? "" : `: ${bad}`}; it ends with .yaml, .yml or .json.`,
        );
      const outcome = await publishFile(
        parts.world.files,
        joinPath(folder.path, request.body.name),
        request.body.manifest,
        parts.world.ids.uuid(),
      );
      if (outcome === "taken")
        throw new HotplateError("HP-STATE-REFUSED", `${request.body.name} is in the hot folder already.`);
      parts.wake();
      return reply.status(202).send({
        dropped: joinPath(folder.path, request.body.name),
        answer: joinPath(folder.path, `${request.body.name}.STATUS.txt`),
      });
    },
  );
  for (const kind of ["cancel", "retry"] as const) {
    server.post(
      `/v1/jobs/:id/${kind}`,
      {
        schema: {
          summary: kind === "cancel" ? "Cancels a job." : "Tries failed tasks again.",
          params: idParams,
          body: by,
        },
      },
      async (request) => {
        const job = await jobOf(parts, request.params.id);
        return asked(parts, { kind, jobId: job.id, by: request.body.by });
      },
    );
  }
}

/** Appends a request and waits, bounded, until the loop has applied it. */
async function asked(
  parts: RouteParts,
  body: RequestBody,
): Promise<{ readonly request: number; readonly answer: string }> {
  const { store, clock } = parts.world;
  const id = await store.request(body);
  parts.wake();
  const until = clock.now() + LIMITS.requestWaitMs;
  while (clock.now() < until) {
    const row = await store.requestRow(id);
    if (row?.state === "refused") throw new HotplateError("HP-STATE-REFUSED", row.answer ?? "It was refused.");
    if (row?.state === "done") return { request: id, answer: row.answer ?? "Done." };
    await clock.sleep(LIMITS.requestLookMs);
  }
  return { request: id, answer: "The request is recorded; the daemon applies it when it can." };
}

export async function jobOf(parts: Pick<RouteParts, "world">, idOrPrefix: string): Promise<JobRow> {
  const jobs = await parts.world.store.jobs({ limit: 6, idPrefix: idOrPrefix });
  const exact = jobs.find((job) => job.id === idOrPrefix);
  const first = exact ?? jobs[0];
  if (first === undefined) throw new HotplateError("HP-NOT-FOUND", `There is no job ${idOrPrefix}.`);
  if (exact === undefined && jobs.length > 1)
    throw new HotplateError(
      "HP-NOT-FOUND",
      `${idOrPrefix} is the beginning of several jobs: ${jobs
        .slice(0, 5)
        .map((job) => job.id)
        .join(", ")}.`,
    );
  return first;
}

async function explainJob(
  parts: RouteParts,
  id: string,
): Promise<{ readonly job: string; readonly state: string; readonly tasks: readonly object[] }> {
  const job = await jobOf(parts, id);
  const out: object[] = [];
  const seen = new Set<string>();
  for (const step of job.steps) {
    for (const task of await parts.world.store.tasks(step.id)) {
      // Tasks of a job mostly wait for the same reason: one of each state speaks for the others.
      const reasons = seen.has(task.state) ? null : await explain(parts.world, parts.view(), task.id);
      seen.add(task.state);
      if (reasons !== null) out.push({ task: task.id, state: task.state, alike: step.counts[task.state], reasons });
    }
  }
  return { job: job.id, state: job.state, tasks: out };
}

function folderOf(parts: RouteParts, wanted: string | undefined): RouteParts["world"]["config"]["hotFolders"][number] {
  const { hotFolders } = parts.world.config;
  const folder =
    wanted === undefined
      ? hotFolders[0]
      : hotFolders.find((known) => known.path === wanted || baseName(known.path) === wanted);
  if (folder === undefined)
    throw new HotplateError(
      "HP-NOT-FOUND",
      `There is no hot folder ${wanted ?? ""}. Known: ${hotFolders.map((known) => known.path).join(", ")}.`,
    );
  return folder;
}

async function planned(
  parts: RouteParts,
  body: { readonly manifest: string; readonly name: string },
  folder: { readonly path: string; readonly show: string; readonly recipe?: string | undefined },
): Promise<object> {
  const text = new TextEncoder().encode(body.manifest);
  return planManifest(parts.world, {
    text,
    bytes: text.length,
    fileName: body.name,
    dir: folder.path,
    show: folder.show,
    boundRecipe: folder.recipe ?? null,
  });
}
