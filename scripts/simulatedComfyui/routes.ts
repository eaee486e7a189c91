/**
 * The table of routes. Each exists with and without `/api`, except `/api/jobs*` (only with) and `/internal/*` (only without).
 * What throws is a 500 in plain text, as every unhandled exception of the real one. `/simulated/*` is this program's own.
 */
import { filesIn, currentInfo, MODEL_FOLDERS } from "./objectInfo.ts";
import type { ObjectInfo } from "./objectInfo.ts";
import { join } from "node:path";
import type { Engine } from "./engine.ts";
import type { FaultBook } from "./faults.ts";
import { upload, view } from "./fileRoutes.ts";
import type { PromptLog } from "./promptLog.ts";
import { postPrompt } from "./promptRoute.ts";
import {
  cancelJob,
  cancelJobs,
  getHistory,
  getJob,
  getJobs,
  getQueue,
  postHistory,
  postInterrupt,
  postQueue,
} from "./queueRoutes.ts";
import type { Call, Reply } from "./reply.ts";
import { bodyOf, empty, ERROR_500, json, plain } from "./reply.ts";
import { features } from "./sockets.ts";
import type { Sockets } from "./sockets.ts";
import type { Version } from "./words.ts";
import { asRecord } from "./words.ts";

export interface RouteWorld {
  readonly engine: Engine;
  readonly sockets: Sockets;
  readonly faults: FaultBook;
  readonly log: PromptLog;
  readonly recorded: ObjectInfo;
  readonly slotDir: string;
  readonly version: Version;
  readonly argv: readonly string[];
}
type Route = (world: RouteWorld, call: Call, id: string) => Reply | Promise<Reply>;

const ROUTES: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  "/prompt": {
    GET: (world) => json({ exec_info: { queue_remaining: world.engine.remaining() } }),
    POST: (world, call) => (world.faults.take("serverError") === null ? prompt(world, call) : ERROR_500),
  },
  "/queue": { GET: getQueue, POST: postQueue },
  "/interrupt": { POST: postInterrupt },
  "/history": { GET: (world, call) => getHistory(world, call, null), POST: postHistory },
  "/history/*": { GET: getHistory },
  "/object_info": { GET: (world) => json(currentInfo(world.recorded, world)) },
  "/object_info/*": { GET: objectInfo },
  "/system_stats": { GET: systemStats },
  "/features": { GET: (world) => json(features(world.version)) },
  "/free": { POST: free },
  "/models": { GET: () => json(MODEL_FOLDERS) },
  "/models/*": {
    GET: (world, _call, id) =>
      MODEL_FOLDERS.includes(id) ? json(filesIn(join(world.slotDir, "models", id))) : empty(404),
  },
  "/embeddings": { GET: () => json([]) },
  "/extensions": { GET: () => json([]) },
  "/upload/image": { POST: (world, call) => upload(call, world.slotDir) },
  "/view": { GET: (world, call) => cutView(world, view(call, world.slotDir)) },
};
/** Only below `/api`. */
const API_ROUTES: typeof ROUTES = {
  "/jobs": { GET: getJobs },
  "/jobs/*": { GET: (world, _call, id) => getJob(world, id) },
};
const API_ROUTES_038: typeof ROUTES = {
  "/jobs/cancel": { POST: cancelJobs },
  "/jobs/*/cancel": { POST: (world, _call, id) => cancelJob(world, id) },
};
/** Only without `/api`. */
const BARE_ROUTES: typeof ROUTES = {
  "/internal/logs": { GET: () => json("") },
  "/internal/logs/subscribe": { PATCH: () => empty(200) },
  "/simulated/log": {
    GET: (world) => json({ ...world.log.json(), sockets: { open: world.sockets.open, opened: world.sockets.opened } }),
    POST: clearLog,
  },
  "/simulated/fault": { POST: setFault },
  "/simulated/release": { POST: release },
};

export async function answer(world: RouteWorld, call: Call): Promise<Reply> {
  const found = findRoute(world.version, call.path);
  if (found === null) return plain(404, "404: Not Found");
  const method = call.method === "HEAD" ? "GET" : call.method;
  const route = found.methods[method];
  if (route === undefined) return plain(405, "405: Method Not Allowed");
  try {
    return await route(world, call, found.id);
  } catch {
    // Whatever it was: the real one answers every unhandled exception so.
    return ERROR_500;
  }
}

function findRoute(
  version: Version,
  path: string,
): { readonly methods: Readonly<Record<string, Route>>; readonly id: string } | null {
  const below = /^(?:\/api)+(\/.*)$/.exec(path)?.[1] ?? null;
  const tables =
    below === null
      ? [ROUTES, BARE_ROUTES]
      : version === "0.38"
        ? [ROUTES, API_ROUTES_038, API_ROUTES]
        : [ROUTES, API_ROUTES];
  const plainPath = below ?? path;
  const parts = plainPath.split("/");
  for (const table of tables) {
    const exact = table[plainPath];
    if (exact !== undefined) return { methods: exact, id: "" };
  }
  const id = decodeURIComponent(parts[2] ?? "");
  const pattern = [`/${parts[1] ?? ""}/*`, ...parts.slice(3)].join("/");
  for (const table of tables) {
    const methods = table[pattern];
    if (methods !== undefined && id !== "") return { methods, id };
  }
  // 0.19 knows the path of a job, and no POST below it.
  return below !== null && /^\/jobs\/[^/]+\/cancel$/.test(plainPath) ? { methods: {}, id } : null;
}

function prompt(world: RouteWorld, call: Call): Reply {
  const usage = call.headers["comfy-usage-source"];
  const given = postPrompt(world, bodyOf(call), { usage: typeof usage === "string" ? usage : null });
  const reply = given.status === 200 && world.faults.take("leftOut") !== null ? leftOut(given, bodyOf(call)) : given;
  return reply.status === 200 && world.faults.take("lostPostAnswer") !== null ? { ...reply, cut: "before" } : reply;
}

/** What happens to a graph with a good output and a bad one: the good one runs, and the 200 says what was dropped. */
function leftOut(reply: Reply, body: unknown): Reply {
  const nodes = Object.entries(asRecord(asRecord(body)["prompt"]));
  const [id = "", node] = nodes.findLast(([, one]) => asRecord(one)["class_type"] === "SaveImage") ?? [];
  const type = "custom_validation_failed";
  const details = "images - left out by the simulation";
  const error = { type, message: "Custom validation failed for node", details, extra_info: { input_name: "images" } };
  const errors = { errors: [error], dependent_outputs: [id], class_type: asRecord(node)["class_type"] };
  return json({ ...asRecord(JSON.parse(reply.body as string)), node_errors: { [id]: errors } });
}

function objectInfo(world: RouteWorld, _call: Call, id: string): Reply {
  const info = currentInfo(world.recorded, world);
  return json(Object.hasOwn(info, id) ? { [id]: info[id] } : {});
}

function free(world: RouteWorld, call: Call): Reply {
  if (asRecord(bodyOf(call))["free_memory"] === true) world.engine.free();
  return empty(200);
}

function cutView(world: RouteWorld, reply: Reply): Reply {
  return reply.status === 200 && world.faults.take("cutView") !== null ? { ...reply, cut: "middle" } : reply;
}

function systemStats(world: RouteWorld): Reply {
  const memory = { vram_total: 25_769_803_776, vram_free: 20_000_000_000, torch_vram_total: 0, torch_vram_free: 0 };
  const later = world.version === "0.38" ? { comfy_package_versions: [], deploy_environment: "simulated" } : {};
  return json({
    system: {
      os: "linux",
      ram_total: 34_359_738_368,
      ram_free: 30_000_000_000,
      comfyui_version: world.version === "0.19" ? "0.19.1" : "0.38.0",
      required_frontend_version: null,
      installed_templates_version: null,
      required_templates_version: null,
      python_version: "3.12.0 (simulated)",
      pytorch_version: "2.9.0+simulated",
      embedded_python: false,
      argv: world.argv,
      hotplate_simulated: true,
      ...later,
    },
    // 0.19 names the one that it uses, 0.38 all that it sees, its own first.
    devices: (world.version === "0.19" ? [0] : [0, 1]).map((index) => ({
      name: `cuda:${index} SIMULATED`,
      type: "cuda",
      index,
      ...memory,
    })),
  });
}

function clearLog(world: RouteWorld, call: Call): Reply {
  if (asRecord(bodyOf(call))["clear"] === true) world.log.clear();
  return empty(200);
}

/** `{"fault":"name[=value][@when]"}` or `{"clear":true}`. */
function setFault(world: RouteWorld, call: Call): Reply {
  const body = asRecord(bodyOf(call));
  if (body["clear"] === true) world.faults.clear();
  if (body["fault"] === undefined) return empty(200);
  try {
    world.faults.set(String(body["fault"] as string));
  } catch (error) {
    return json({ error: error instanceof Error ? error.message : String(error) }, 400);
  }
  return empty(200);
}

function release(world: RouteWorld): Reply {
  world.engine.release();
  return empty(200);
}
