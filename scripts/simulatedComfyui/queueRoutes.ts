/** Queue, history, jobs, interrupt: ComfyUI's answers about prompts that were taken. Throws where the real one answers 500. */
import type { Engine } from "./engine.ts";
import type { HistoryEntry } from "./historyBook.ts";
import { historyJson, JOB_STATES, jobJson, queueItem } from "./historyBook.ts";
import type { PromptLog } from "./promptLog.ts";
import type { Call, Reply } from "./reply.ts";
import { bodyOf, empty, json } from "./reply.ts";
import type { Prompt, Version } from "./words.ts";
import { asRecord } from "./words.ts";

export interface QueueWorld {
  readonly engine: Engine;
  readonly version: Version;
  readonly log: PromptLog;
}
type Job = Record<string, unknown>;

export function getQueue({ engine }: QueueWorld): Reply {
  const running = engine.running;
  return json({
    queue_running: running === null ? [] : [queueItem(running)],
    queue_pending: engine.queue.pending.map(queueItem),
  });
}

export function postQueue({ engine }: QueueWorld, call: Call): Reply {
  const body = asRecord(bodyOf(call));
  if (body["clear"] === true) engine.remove("all");
  if (Array.isArray(body["delete"])) engine.remove(body["delete"].map(String));
  return empty(200);
}

/** Empty, `{}` and malformed bodies are global: they hit whatever runs. */
export function postInterrupt({ engine, log }: QueueWorld, call: Call): Reply {
  let id: unknown;
  try {
    id = asRecord(bodyOf(call))["prompt_id"];
  } catch {
    // Malformed is global too.
    id = undefined;
  }
  const named = id === undefined || id === null || id === "" ? null : String(id as string | number);
  log.interrupted(named);
  engine.interrupt(named);
  return empty(200);
}

export function getHistory({ engine }: QueueWorld, call: Call, id: string | null): Reply {
  if (id !== null) {
    const entry = engine.history.get(id);
    return json(entry === null ? {} : { [id]: historyJson(entry) });
  }
  const [max, offset] = ["max_items", "offset"].map((name) => {
    const text = call.query.get(name);
    if (text !== null && !/^-?\d+$/.test(text)) throw new TypeError(name);
    return text === null ? null : Number(text);
  });
  const all = engine.history.all();
  const from = offset ?? (max === null || max === undefined ? 0 : Math.max(0, all.length - max));
  const shown = all.slice(from, max === null || max === undefined ? undefined : from + max);
  return json(Object.fromEntries(shown.map((entry) => [entry.prompt.id, historyJson(entry)])));
}

export function postHistory({ engine }: QueueWorld, call: Call): Reply {
  const body = asRecord(bodyOf(call));
  if (body["clear"] === true) engine.history.clear();
  if (Array.isArray(body["delete"])) for (const id of body["delete"]) engine.history.remove(String(id));
  return empty(200);
}

/** The queue is read before history, and history wins. */
export function getJob(world: QueueWorld, id: string): Reply {
  const { engine, version } = world;
  const entry = engine.history.get(id);
  if (entry !== null) return json(jobJson(entry.prompt, entry, { whole: true, version }));
  if (engine.running?.id === id) return json(jobJson(engine.running, "in_progress", { whole: true, version }));
  const pending = engine.queue.pending.find((prompt) => prompt.id === id);
  return pending === undefined
    ? json({ error: "Job not found" }, 404)
    : json(jobJson(pending, "pending", { whole: true, version }));
}

export function getJobs(world: QueueWorld, call: Call): Reply {
  const { query } = call;
  const problem = wrongQuery(query);
  if (problem !== null) return json({ error: problem }, 400);
  const wanted = statusWords(query);
  const workflow = query.get("workflow_id");
  const found = allJobs(world).filter(
    (job) =>
      (wanted.length === 0 || wanted.includes(String(job["status"]))) &&
      (workflow === null || job["workflow_id"] === workflow),
  );
  const by =
    query.get("sort_by") === "execution_duration" ? duration : (job: Job): number => Number(job["create_time"] ?? 0);
  const order = query.get("sort_order") === "asc" ? 1 : -1;
  const sorted = found
    .map((job, index) => ({ job, index }))
    .sort((a, b) => order * (by(a.job) - by(b.job) || a.index - b.index));
  const offset = Math.max(0, Number(query.get("offset") ?? 0));
  const limit = query.get("limit") === null ? null : Number(query.get("limit"));
  const shown = sorted.slice(offset, limit === null ? undefined : offset + limit).map(({ job }) => job);
  return json({
    jobs: shown,
    pagination: { offset, limit, total: sorted.length, has_more: offset + shown.length < sorted.length },
  });
}

function statusWords(query: URLSearchParams): readonly string[] {
  return (query.get("status") ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function wrongQuery(query: URLSearchParams): string | null {
  const unknown = statusWords(query).filter((status) => !(JOB_STATES as readonly string[]).includes(status));
  if (unknown.length > 0)
    return `Invalid status value(s): ${unknown.join(", ")}. Valid values: ${JOB_STATES.join(", ")}`;
  if (!["created_at", "execution_duration"].includes(query.get("sort_by") ?? "created_at"))
    return "sort_by must be 'created_at' or 'execution_duration'";
  if (!["asc", "desc"].includes(query.get("sort_order") ?? "desc")) return "sort_order must be 'asc' or 'desc'";
  for (const name of ["limit", "offset"])
    if (query.get(name) !== null && !/^-?\d+$/.test(query.get(name) ?? "")) return `${name} must be an integer`;
  return query.get("limit") !== null && Number(query.get("limit")) <= 0 ? "limit must be a positive integer" : null;
}

function allJobs({ engine, version }: QueueWorld): readonly Job[] {
  const as = { whole: false, version };
  const job = (of: Prompt, state: HistoryEntry | "pending" | "in_progress"): Job => jobJson(of, state, as);
  const running = engine.running;
  return [
    ...engine.history.all().map((entry) => job(entry.prompt, entry)),
    ...(running === null || engine.history.get(running.id) !== null ? [] : [job(running, "in_progress")]),
    ...engine.queue.pending
      .filter((prompt) => engine.history.get(prompt.id) === null)
      .map((prompt) => job(prompt, "pending")),
  ];
}

function duration(job: Job): number {
  return Number(job["execution_end_time"] ?? 0) - Number(job["execution_start_time"] ?? 0);
}

/** 0.38 only: atomic, always 200; finished or unknown is false. */
export function cancelJob({ engine }: QueueWorld, id: string): Reply {
  return json({ cancelled: engine.interrupt(id) || engine.remove([id]) });
}

export function cancelJobs(world: QueueWorld, call: Call): Reply {
  let body: unknown;
  try {
    body = bodyOf(call);
  } catch {
    // This route, unlike the others, says so.
    return json({ error: "Request body must be valid JSON" }, 400);
  }
  const ids = asRecord(body)["job_ids"];
  if (!Array.isArray(ids)) return json({ error: "job_ids must be a list" }, 400);
  const invalid = ids.filter((id) => typeof id !== "string" || !/^[0-9a-f-]{36}$/.test(id));
  if (invalid.length > 0) return json({ error: "job_ids contains invalid id(s)", invalid_ids: invalid }, 400);
  const cancelled = ids.map((id) => world.engine.interrupt(String(id)) || world.engine.remove([String(id)]));
  return json({ cancelled: cancelled.some(Boolean) });
}
