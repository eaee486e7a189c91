/**
 * The routes that read. HTTP changes no job: it reads the store and the loop's picture of the node; what people ask for is
 * in `askingRoutes.ts`. Unique id prefixes are accepted; an ambiguous one lists what it could be.
 */
import type { FastifyInstance, FastifyReply } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { HotplateError } from "../domain/errors.ts";
import type { JobId } from "../domain/ids.ts";
import { keptTaskId } from "../domain/ids.ts";
import type { JobState } from "../domain/job.ts";
import { JOB_STATES } from "../domain/job.ts";
import { LIMITS } from "../domain/limits.ts";
import type { NodeView } from "../domain/nodeView.ts";
import type { TaskState } from "../domain/task.ts";
import { TASK_STATES } from "../domain/task.ts";
import { explain, explainJob } from "../explainTask.ts";
import type { World } from "../ports.ts";
import type { JobRow, TaskRow } from "../storePort.ts";
import { findJob } from "./lookup.ts";
import * as shapes from "./shapes.ts";
import { jobView, nodeView, taskView, versionView } from "./views.ts";

export interface RouteParts {
  readonly world: Pick<
    World,
    "config" | "layouts" | "clock" | "ids" | "digest" | "files" | "images" | "recipes" | "colours" | "store" | "log"
  >;
  /** What the loop knows now. */
  readonly view: () => NodeView;
  readonly wake: () => void;
  readonly version: string;
}

export const idParams = z.object({
  id: z.string().min(1).max(LIMITS.idCharactersMax).describe("Id, or a beginning of it that only one has."),
});
const limit = z.coerce.number().int().min(1).max(LIMITS.httpPageMax).default(50);
const cursor = z.string().min(1).max(LIMITS.idCharactersMax).optional().describe("`next` of the page before.");
const next = z.string().nullable().describe("Give it as `cursor` for the next page; null: this is the last one.");

export function addNodeRoutes(base: FastifyInstance, parts: RouteParts): void {
  const server = base.withTypeProvider<ZodTypeProvider>();
  server.get(
    "/healthz",
    { schema: { summary: "The process lives.", response: { 200: z.strictObject({ status: z.literal("ok") }) } } },
    async () => ({ status: "ok" as const }),
  );
  server.get(
    "/readyz",
    {
      schema: {
        summary: "It can work: the store answers, a hot folder and a slot are up. 503 when not, naming each.",
        response: { 200: shapes.readyShape, 503: shapes.readyShape },
      },
    },
    async (_request, reply) => {
      const ready = await readiness(parts);
      return reply.status(ready.ready ? 200 : 503).send(ready);
    },
  );
  server.get(
    "/v1/node",
    { schema: { summary: "Slots, folders, roots: what the loop knows now.", response: { 200: shapes.nodeShape } } },
    async () => nodeView(parts.view()),
  );
}

async function readiness(parts: RouteParts): Promise<shapes.ReadyShape> {
  const view = parts.view();
  const store = await parts.world.store.storeId().then(
    () => true,
    () => false,
  );
  const folders = view.folders.map((folder) => ({ path: folder.path, up: folder.state === "up" }));
  const slots = view.slots.map((slot) => ({ name: slot.name, up: slot.state === "up" }));
  const some = (things: readonly { up: boolean }[]): boolean => things.length === 0 || things.some(({ up }) => up);
  return {
    ready: store && view.state === "up" && some(folders) && some(slots),
    state: view.state,
    store,
    folders,
    slots,
  };
}

export function addJobRoutes(base: FastifyInstance, parts: RouteParts): void {
  const server = base.withTypeProvider<ZodTypeProvider>();
  const { store } = parts.world;
  server.get(
    "/v1/jobs",
    {
      schema: {
        summary: "Jobs, newest first.",
        querystring: z.strictObject({
          limit,
          cursor,
          state: z.enum(JOB_STATES).optional(),
          show: z.string().optional(),
        }),
        response: { 200: z.strictObject({ jobs: z.array(shapes.jobShape), next }) },
      },
    },
    async (request, reply) => {
      const page = await jobsPage(parts, request.query);
      linkNext(request.url, reply, page.next);
      return { jobs: page.jobs.map(jobView), next: page.next };
    },
  );
  server.get(
    "/v1/jobs/:id",
    { schema: { summary: "One job.", params: idParams, response: { 200: shapes.jobShape } } },
    async (request) => jobView(await findJob(store, request.params.id)),
  );
  server.get(
    "/v1/jobs/:id/tasks",
    {
      schema: {
        summary: "The tasks of a job, in the order of the plan.",
        params: idParams,
        querystring: z.strictObject({ limit, cursor, state: z.enum(TASK_STATES).optional() }),
        response: { 200: z.strictObject({ tasks: z.array(shapes.taskShape), next }) },
      },
    },
    async (request, reply) => {
      const page = await tasksPage(parts, await findJob(store, request.params.id), request.query);
      linkNext(request.url, reply, page.next);
      return page;
    },
  );
  server.get(
    "/v1/versions",
    {
      schema: {
        summary: "Committed versions, newest job first.",
        querystring: z.strictObject({ limit, cursor, show: z.string().optional() }),
        response: { 200: z.strictObject({ versions: z.array(shapes.versionShape), next }) },
      },
    },
    async (request, reply) => {
      const page = await jobsPage(parts, { ...request.query, state: "done" });
      linkNext(request.url, reply, page.next);
      return { versions: page.jobs.flatMap((job) => job.steps.map((step) => versionView(job, step))), next: page.next };
    },
  );
}

interface JobsQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly state?: JobState | undefined;
  readonly show?: string | undefined;
}

/** One more than asked for is read: whether there is a next page is known, not guessed. */
async function jobsPage(
  parts: RouteParts,
  query: JobsQuery,
): Promise<{ readonly jobs: readonly JobRow[]; readonly next: string | null }> {
  const { store } = parts.world;
  const before = query.cursor as JobId | undefined;
  if (before !== undefined && (await store.job(before)) === null) throw noCursor(before);
  const found = await store.jobs({
    limit: query.limit + 1,
    ...(before === undefined ? {} : { before }),
    ...(query.state === undefined ? {} : { state: query.state }),
    ...(query.show === undefined ? {} : { show: query.show }),
  });
  const jobs = found.slice(0, query.limit);
  return { jobs, next: found.length > jobs.length ? (jobs.at(-1)?.id ?? null) : null };
}

async function tasksPage(
  parts: RouteParts,
  job: JobRow,
  query: { readonly limit: number; readonly cursor?: string | undefined; readonly state?: TaskState | undefined },
): Promise<{ tasks: shapes.TaskShape[]; next: string | null }> {
  const from = query.cursor === undefined ? null : tasksAfter(query.cursor);
  const states = query.state === undefined ? {} : { states: [query.state] };
  const found: TaskRow[] = [];
  for (const step of job.steps) {
    if (from !== null && step.index < from.index) continue;
    const after = from !== null && step.index === from.index ? { after: from } : {};
    found.push(...(await parts.world.store.tasks(step.id, { ...states, ...after, limit: query.limit + 1 })));
  }
  const tasks = found.slice(0, query.limit);
  const last = tasks.at(-1);
  return {
    tasks: tasks.map((task) => taskView(job, task)),
    next: found.length > tasks.length && last !== undefined ? tasksCursor(job, last) : null,
  };
}

/** `<step>.<wedge>.<frame>`: where in the order of the list a page ended. */
function tasksCursor(job: JobRow, last: TaskRow): string {
  return `${job.steps.find((step) => step.id === last.stepId)?.index ?? 0}.${last.wedge}.${last.frame ?? "still"}`;
}

function tasksAfter(cursor: string): { readonly index: number; readonly wedge: number; readonly frame: number | null } {
  const match = /^(\d{1,3})\.(\d{1,6})\.(-?\d{1,9}|still)$/.exec(cursor);
  if (match === null) throw noCursor(cursor);
  return {
    index: Number(match[1]),
    wedge: Number(match[2]),
    frame: match[3] === "still" ? null : Number(match[3]),
  };
}

function noCursor(cursor: string): HotplateError {
  return new HotplateError("HP-HTTP-BODY", `${JSON.stringify(cursor)} is no cursor of this list.`, {
    hint: "Take `next` of the page before, unchanged.",
  });
}

function linkNext(url: string, reply: FastifyReply, next: string | null): void {
  if (next === null) return;
  const [path = "", query] = url.split("?");
  const search = new URLSearchParams(query);
  search.set("cursor", next);
  void reply.header("link", `<${path}?${search.toString()}>; rel="next"`);
}

export function addReasonRoutes(base: FastifyInstance, parts: RouteParts): void {
  const server = base.withTypeProvider<ZodTypeProvider>();
  const { store } = parts.world;
  server.get(
    "/v1/jobs/:id/explain",
    {
      schema: {
        summary: "Why its tasks wait, in order of cause, from the scheduler's own function.",
        params: idParams,
        response: { 200: shapes.jobExplainShape },
      },
    },
    async (request) => explainJob(parts.world, parts.view(), await findJob(store, request.params.id)),
  );
  server.get(
    "/v1/tasks/:id/explain",
    {
      schema: {
        summary: "Why one task waits. Write the slashes of its id as %2F.",
        params: z.object({ id: z.string().min(1).max(LIMITS.idCharactersMax) }),
        response: { 200: shapes.taskExplainShape },
      },
    },
    async (request) => {
      const id = keptTaskId(request.params.id);
      const task = await store.task(id);
      const reasons = task === null ? null : await explain(parts.world, parts.view(), id);
      if (task === null || reasons === null) throw new HotplateError("HP-NOT-FOUND", `There is no task ${id}.`);
      return { task: id, state: task.state, reasons: [...reasons] };
    },
  );
}
