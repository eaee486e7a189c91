/** ComfyUI's routes in its shapes, quirks included: empty 200s, text/plain 500s, `{}` for unknown history. */
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import type { Engine, HistoryEntry, Prompt } from "./engine.ts";
import { upload, view } from "./files.ts";
import type { Faults } from "./faults.ts";
import type { ObjectInfo } from "./validate.ts";
import { validate } from "./validate.ts";
import type { Graph } from "./words.ts";

export interface Reply {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly type: string;
}
export interface RouteWorld {
  readonly engine: Engine;
  readonly faults: Faults;
  readonly info: ObjectInfo;
  readonly slotDir: string;
  readonly version: "0.19" | "0.38";
  readonly requests: Map<string, number>;
  counter: number;
}

export const json = (value: unknown, status = 200): Reply => ({
  status,
  body: JSON.stringify(value),
  type: "application/json; charset=utf-8",
});
const EMPTY: Reply = { status: 200, body: "", type: "application/octet-stream" };
export const ERROR_500: Reply = {
  status: 500,
  body: "500 Internal Server Error\n\nServer got itself in trouble",
  type: "text/plain; charset=utf-8",
};
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Uint8Array;
  readonly headers: IncomingMessage["headers"];
}

export function answer(world: RouteWorld, call: Call): Reply {
  const { method } = call;
  // Everything but /internal and /api/jobs exists with and without /api.
  const path = call.path.startsWith("/api/") && !call.path.startsWith("/api/jobs") ? call.path.slice(4) : call.path;
  const key = `${method} ${path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, "{id}")}`;
  world.requests.set(key, (world.requests.get(key) ?? 0) + 1);
  if (method === "POST") return post(world, path, call);
  return get(world, path, call.query);
}

function get(world: RouteWorld, path: string, query: URLSearchParams): Reply {
  const { engine } = world;
  const [, first = "", second = "", third = ""] = path.split("/");
  switch (first) {
    case "system_stats":
      return json(systemStats(world));
    case "object_info":
      return second === ""
        ? json(world.info)
        : json(Object.hasOwn(world.info, second) ? { [second]: world.info[second] } : {});
    case "prompt":
      return json({ exec_info: { queue_remaining: engine.remaining() } });
    case "queue":
      return json({
        queue_running: engine.running === null ? [] : [queueItem(engine.running)],
        queue_pending: engine.pending.map(queueItem),
      });
    case "history":
      return history(world, second, query);
    case "view":
      return view(world, query);
    case "features":
      return json({ supports_preview_metadata: true, max_upload_size: 104_857_600 });
    case "models":
      return second === "" ? json(["checkpoints", "loras", "vae", "upscale_models"]) : json([]);
    case "embeddings":
    case "extensions":
      return json([]);
    case "api":
      return second === "jobs" ? jobs(world, third, query) : notFound();
    case "simulated":
      return second === "log"
        ? json({ prompts: engine.log, requests: Object.fromEntries(world.requests) })
        : notFound();
    default:
      return notFound();
  }
}

function post(world: RouteWorld, path: string, call: Call): Reply {
  const { engine } = world;
  if (path === "/upload/image") return upload(world, call);
  const cancel = /^\/api\/jobs\/([^/]+)\/cancel$/.exec(path);
  if (cancel !== null) return world.version === "0.19" ? notFound() : cancelJob(world, cancel[1] ?? "");
  const body = parse(call.body);
  switch (path) {
    case "/prompt":
      return prompt(world, body);
    case "/queue":
      if (body === null) return ERROR_500;
      if (body["clear"] === true) engine.remove(engine.pending.map((known) => known.id));
      engine.remove(ids(body["delete"]));
      return EMPTY;
    case "/interrupt":
      engine.interrupt(typeof body?.["prompt_id"] === "string" ? body["prompt_id"] : null);
      return EMPTY;
    case "/history":
      if (body === null) return ERROR_500;
      if (body["clear"] === true) engine.history.clear();
      for (const id of ids(body["delete"])) engine.history.delete(id);
      return EMPTY;
    case "/free":
      return body === null ? ERROR_500 : EMPTY;
    case "/simulated/fault":
      return world.faults.set(String(body?.["name"]), Number(body?.["count"] ?? 1))
        ? json({ ok: true })
        : json({ error: "unknown fault" }, 400);
    default:
      return notFound();
  }
}

function notFound(): Reply {
  return { status: 404, body: "404: Not Found", type: "text/plain; charset=utf-8" };
}

function parse(body: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const value = JSON.parse(new TextDecoder().decode(body)) as unknown;
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return null;
  }
}

function ids(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function prompt(world: RouteWorld, body: Readonly<Record<string, unknown>> | null): Reply {
  if (body === null || world.faults.happens("serverError")) return ERROR_500;
  // The counter advances on refusals too: numbers have gaps.
  const counted = world.counter;
  world.counter += 1;
  const graph = body["prompt"] as Graph | undefined;
  if (graph === undefined)
    return json(
      {
        error: { type: "no_prompt", message: "No prompt provided", details: "No prompt provided", extra_info: {} },
        node_errors: {},
      },
      400,
    );
  if (Array.isArray((graph as Record<string, unknown>)["nodes"])) return ERROR_500;
  const given =
    typeof body["prompt_id"] === "string"
      ? body["prompt_id"]
      : body["prompt_id"] === undefined || body["prompt_id"] === null
        ? null
        : JSON.stringify(body["prompt_id"]);
  if (world.version === "0.38" && given !== null && !UUID.test(given)) {
    return json(
      {
        error: {
          type: "invalid_prompt_id",
          message: "prompt_id must be a UUID",
          details: given,
          extra_info: {},
        },
        node_errors: {},
      },
      400,
    );
  }
  const targets = Array.isArray(body["partial_execution_targets"]) ? ids(body["partial_execution_targets"]) : null;
  const checked = validate(graph, world.info, { inputDir: join(world.slotDir, "input"), targets });
  if (checked.error !== null) return json({ error: checked.error, node_errors: checked.nodeErrors }, 400);
  const clientId = typeof body["client_id"] === "string" ? body["client_id"] : null;
  const number = typeof body["number"] === "number" ? body["number"] : body["front"] === true ? -counted : counted;
  const id = given ?? randomUUID();
  const extraData = {
    ...(body["extra_data"] as object | undefined),
    ...(clientId === null ? {} : { client_id: clientId }),
    create_time: Date.now(),
  };
  world.engine.put({ number, id, graph, extraData, outputs: checked.outputs, clientId });
  return json({ prompt_id: id, number, node_errors: checked.nodeErrors });
}

function queueItem(of: Prompt): readonly unknown[] {
  return [of.number, of.id, of.graph, of.extraData, of.outputs];
}

function history(world: RouteWorld, id: string, query: URLSearchParams): Reply {
  const entries = [...world.engine.history];
  if (id !== "")
    return json(
      Object.fromEntries(
        entries.filter(([known]) => known === id).map(([known, entry]) => [known, historyEntry(entry)]),
      ),
    );
  const max = query.get("max_items");
  if (max !== null && !/^-?\d+$/.test(max)) return ERROR_500;
  const shown = max === null ? entries : entries.slice(-Number(max));
  return json(Object.fromEntries(shown.map(([known, entry]) => [known, historyEntry(entry)])));
}

function historyEntry(entry: HistoryEntry): object {
  const meta = Object.fromEntries(
    Object.keys(entry.outputs).map((node) => [
      node,
      { node_id: node, display_node: node, parent_node: null, real_node_id: node },
    ]),
  );
  return { prompt: queueItem(entry.prompt), outputs: entry.outputs, status: entry.status, meta };
}

function jobs(world: RouteWorld, id: string, query: URLSearchParams): Reply {
  const { engine } = world;
  const all = [
    ...[...engine.history.values()].map((entry) => jobOf(entry.prompt, entry)),
    ...(engine.running === null ? [] : [jobOf(engine.running, "in_progress")]),
    ...engine.pending.map((known) => jobOf(known, "pending")),
  ];
  if (id !== "") {
    const found = all.find((job) => job["id"] === id);
    return found === undefined ? json({ error: "Job not found" }, 404) : json(found);
  }
  const wanted = query.get("status")?.split(",") ?? null;
  const unknown =
    wanted?.filter((word) => !["pending", "in_progress", "completed", "failed", "cancelled"].includes(word)) ?? [];
  if (unknown.length > 0)
    return json(
      {
        error: `Invalid status value(s): ${unknown.join(", ")}. Valid values: pending, in_progress, completed, failed, cancelled`,
      },
      400,
    );
  const shown = all.filter((job) => wanted === null || wanted.includes(String(job["status"]))).reverse();
  return json({
    jobs: shown.map(({ outputs: _outputs, workflow: _workflow, execution_status: _status, ...rest }) => rest),
    pagination: { offset: 0, limit: null, total: shown.length, has_more: false },
  });
}

function jobOf(of: Prompt, state: HistoryEntry | "pending" | "in_progress"): Record<string, unknown> {
  const base = { id: of.id, priority: of.number, create_time: of.extraData["create_time"] };
  if (typeof state === "string") return { ...base, status: state, outputs_count: 0 };
  const last = state.status.messages.at(-1);
  const time = (name: string): number | undefined =>
    (state.status.messages.find(([type]) => type === name)?.[1] as { timestamp?: number } | undefined)?.timestamp;
  const status = state.status.completed ? "completed" : last?.[0] === "execution_interrupted" ? "cancelled" : "failed";
  return {
    ...base,
    status,
    execution_start_time: time("execution_start"),
    execution_end_time: (last?.[1] as { timestamp?: number } | undefined)?.timestamp,
    ...(status === "failed" ? { execution_error: last?.[1] } : {}),
    outputs_count: Object.values(state.outputs).reduce((sum, output) => sum + output.images.length, 0),
    outputs: state.outputs,
    execution_status: state.status,
    workflow: { prompt: of.graph, extra_data: of.extraData },
  };
}

function cancelJob(world: RouteWorld, id: string): Reply {
  const { engine } = world;
  if (engine.running?.id === id) return json({ cancelled: engine.interrupt(id) });
  const pending = engine.pending.some((known) => known.id === id);
  if (pending) engine.remove([id]);
  return json({ cancelled: pending });
}

function systemStats(world: RouteWorld): object {
  const memory = { vram_total: 25_769_803_776, vram_free: 20_000_000_000, torch_vram_total: 0, torch_vram_free: 0 };
  return {
    system: {
      os: "linux",
      ram_total: 25_769_803_776,
      ram_free: 20_000_000_000,
      comfyui_version: world.version === "0.19" ? "0.19.1" : "0.38.0",
      required_frontend_version: "1.0.0",
      python_version: "3.12.0 (simulated)",
      pytorch_version: "2.9.0 (simulated)",
      embedded_python: false,
      argv: ["simulatedComfyui"],
      hotplate_simulated: true,
    },
    devices: [{ name: "SIMULATED", type: "cuda", index: 0, ...memory }],
  };
}
