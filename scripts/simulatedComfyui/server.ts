/**
 * The simulated ComfyUI: HTTP and WebSocket of 0.19 or 0.38, real pixel work, faults by flag. `startSimulatedComfyui` is what
 * tests use; `main.ts` is the program. Everything it makes is marked SIMULATED, and it says so in /system_stats.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { randomUUID } from "node:crypto";
import { WebSocket, WebSocketServer } from "ws";
import { Engine } from "./engine.ts";
import type { Faults } from "./faults.ts";
import { createFaults } from "./faults.ts";
import type { RouteWorld } from "./routes.ts";
import { answer, ERROR_500 } from "./routes.ts";
import type { ObjectInfo } from "./validate.ts";

export interface SimulatedOptions {
  readonly slotDir: string;
  readonly port?: number;
  readonly version?: "0.19" | "0.38";
  /** Stands for the GPU's time per prompt, ms. */
  readonly workMs?: number;
  /** Time to load another checkpoint, ms. */
  readonly loadMs?: number;
  readonly faults?: readonly string[];
  readonly onDie?: () => void;
}
export interface Simulated {
  readonly url: string;
  readonly port: number;
  readonly faults: Faults;
  readonly engine: Engine;
  close(): Promise<void>;
}

const BODY_MAX = 100 * 1024 * 1024;
const INFO = new URL("../../config/comfyui/object-info-0.19.json", import.meta.url);

export async function startSimulatedComfyui(options: SimulatedOptions): Promise<Simulated> {
  const faults = createFaults(options.faults ?? []);
  const sockets = new Map<string, WebSocket>();
  const send = (clientId: string | null, type: string, data: object): void =>
    deliver(sockets, { clientId, type, data });
  const engine = new Engine({
    slotDir: options.slotDir,
    workMs: options.workMs ?? 0,
    loadMs: options.loadMs ?? 0,
    faults,
    send,
    die: options.onDie ?? (() => undefined),
  });
  const world: RouteWorld = {
    engine,
    faults,
    info: JSON.parse(readFileSync(INFO, "utf8")) as ObjectInfo,
    slotDir: options.slotDir,
    version: options.version ?? "0.19",
    requests: new Map(),
    counter: 0,
  };
  const server = createServer((request, response) => {
    void handle(world, request).then((reply) => {
      if (reply === null) {
        request.socket.destroy();
        return;
      }
      response.writeHead(reply.status, { "content-type": reply.type });
      response.end(reply.body);
    });
  });
  const socketServer = new WebSocketServer({ server, path: "/ws" });
  socketServer.on("connection", (socket, request) => greet({ sockets, engine, faults }, socket, request));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    faults,
    engine,
    async close() {
      for (const socket of socketServer.clients) socket.terminate();
      socketServer.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await engine.close();
    },
  };
}

/** null: the connection is reset although the request was acted on. */
async function handle(world: RouteWorld, request: IncomingMessage): Promise<ReturnType<typeof answer> | null> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const site = request.headers["sec-fetch-site"];
  const origin = request.headers.origin;
  if (site === "cross-site" || (origin !== undefined && new URL(origin).host !== request.headers.host))
    return { status: 403, body: "", type: "text/plain" };
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_MAX) return { status: 413, body: "", type: "text/plain" };
    chunks.push(chunk);
  }
  try {
    const reply = answer(world, {
      method: request.method ?? "GET",
      path: url.pathname,
      query: url.searchParams,
      body: Buffer.concat(chunks),
      headers: request.headers,
    });
    const lost =
      request.method === "POST" &&
      url.pathname.endsWith("/prompt") &&
      reply.status === 200 &&
      world.faults.happens("lostPostAnswer");
    return lost ? null : reply;
  } catch {
    return ERROR_500;
  }
}

interface Rooms {
  readonly sockets: Map<string, WebSocket>;
  readonly engine: Engine;
  readonly faults: Faults;
}

function greet(rooms: Rooms, socket: WebSocket, request: IncomingMessage): void {
  const { sockets, engine } = rooms;
  const sid =
    new URL(request.url ?? "/", "http://127.0.0.1").searchParams.get("clientId") ?? randomUUID().replaceAll("-", "");
  // The newest socket of an id gets everything; when the old one ends it takes the id with it, and the live one goes mute.
  sockets.set(sid, socket);
  socket.on("close", () => sockets.delete(sid));
  socket.on("error", () => undefined);
  if (rooms.faults.happens("muteSocket")) sockets.delete(sid);
  tell(socket, "status", { status: { exec_info: { queue_remaining: engine.remaining() } }, sid });
  socket.on("message", (data) => {
    if (String(data as Buffer).includes("feature_flags"))
      tell(socket, "feature_flags", { supports_preview_metadata: true, max_upload_size: 104_857_600 });
  });
}

function deliver(
  sockets: ReadonlyMap<string, WebSocket>,
  message: { readonly clientId: string | null; readonly type: string; readonly data: object },
): void {
  const { clientId, type, data } = message;
  if (type === "__drop") {
    sockets.get(clientId ?? "")?.terminate();
    return;
  }
  const toAll =
    type === "status" || (clientId === null && (type === "progress_state" || type === "execution_interrupted"));
  if (toAll) for (const socket of sockets.values()) tell(socket, type, data);
  else if (clientId !== null) {
    const owner = sockets.get(clientId);
    if (owner !== undefined) tell(owner, type, data);
  }
}

function tell(socket: WebSocket, type: string, data: object): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type, data }));
}
