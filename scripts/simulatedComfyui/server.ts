/**
 * The simulated ComfyUI: HTTP and WebSocket of 0.19 or 0.38, real pixel work, faults by flag. `startSimulatedComfyui` is what
 * tests use; `main.ts` is the program. Everything it makes is marked SIMULATED, and it says so in /system_stats. It listens on
 * the loopback only, and forgets everything when it ends.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocketServer } from "ws";
import { Engine } from "./engine.ts";
import { FaultBook, faultMs } from "./faults.ts";
import { recordedInfo } from "./objectInfo.ts";
import { PromptLog } from "./promptLog.ts";
import type { Reply } from "./reply.ts";
import { empty } from "./reply.ts";
import type { RouteWorld } from "./routes.ts";
import { answer } from "./routes.ts";
import { Sockets } from "./sockets.ts";
import type { Version } from "./words.ts";

export interface SimulatedOptions {
  /** Holds `input`, `output`, `temp` and `models`; made where absent. */
  readonly slotDir: string;
  /** 0: any free one. */
  readonly port?: number;
  readonly version?: Version;
  /** Stands for the GPU's time per prompt, ms. */
  readonly workMs?: number;
  /** Works for so many ms instead of waiting them out. */
  readonly busy?: (ms: number) => Promise<void>;
  /** Time to load another checkpoint, ms. */
  readonly loadMs?: number;
  /** Added to every seed of a graph. */
  readonly seed?: number;
  /** `name[=value][@when]`, see faults.ts. */
  readonly faults?: readonly string[];
  readonly argv?: readonly string[];
  /** What the fault `die` does; the process's business. */
  readonly onDie?: (exitCode: number) => void;
  /** What it writes to standard error. */
  readonly say?: (line: string) => void;
}
export interface Simulated extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly log: PromptLog;
  readonly faults: FaultBook;
  /** Lets go what the fault `lateHistory` without a time holds back. */
  release(): void;
  dropSockets(): void;
  /** The same port, nothing remembered: what a crash and a supervisor do. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 100 * 1024 * 1024;

/** Rejects with EADDRINUSE when the port is taken. */
export async function startSimulatedComfyui(options: SimulatedOptions): Promise<Simulated> {
  const faults = new FaultBook(options.faults ?? []);
  const log = new PromptLog();
  const fixed = { options, faults, log };
  let life = await begin(fixed, options.port ?? 0);
  const { port } = life;
  const close = (): Promise<void> => life.close(false);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    log,
    faults,
    release: () => life.engine.release(),
    dropSockets: () => life.sockets.dropAll(),
    async restart() {
      await life.close(true);
      life = await begin(fixed, port);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Life {
  readonly port: number;
  readonly engine: Engine;
  readonly sockets: Sockets;
  close(keepTemp: boolean): Promise<void>;
}

/** One life of the process: its memory begins empty and ends with it. */
async function begin(
  of: { readonly options: SimulatedOptions; readonly faults: FaultBook; readonly log: PromptLog },
  port: number,
): Promise<Life> {
  const { options, faults, log } = of;
  const version = options.version ?? "0.19";
  const engine = new Engine({
    slotDir: options.slotDir,
    version,
    workMs: options.workMs ?? 0,
    ...(options.busy === undefined ? {} : { busy: options.busy }),
    loadMs: options.loadMs ?? 0,
    seed: options.seed ?? 0,
    faults,
    log,
    die: options.onDie ?? (() => undefined),
    say: options.say ?? (() => undefined),
  });
  const sockets = new Sockets({
    faults,
    version,
    remaining: () => engine.remaining(),
    runningNode: (clientId) => engine.runningNode(clientId),
  });
  engine.attach(sockets);
  const world: RouteWorld = {
    engine,
    sockets,
    faults,
    log,
    recorded: recordedInfo(),
    slotDir: options.slotDir,
    version,
    argv: options.argv ?? ["main.py"],
  };
  const server = createServer((request, response) => void serve(world, request, response));
  const socketServer = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    if (!/^(\/api)?\/ws(\?|$)/.test(request.url ?? "")) socket.destroy();
    else socketServer.handleUpgrade(request, socket, head, (made) => sockets.connect(made, request));
  });
  try {
    await listen(server, port);
  } catch (error) {
    await engine.close();
    throw error;
  }
  return {
    port: (server.address() as AddressInfo).port,
    engine,
    sockets,
    async close(keepTemp) {
      sockets.dropAll();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await Promise.all([closed, engine.close(keepTemp)]);
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function serve(world: RouteWorld, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // The other side went away: nobody is left to be told.
  response.on("error", () => undefined);
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  world.log.asked(request.method ?? "GET", url.pathname);
  const hang = world.faults.value("hang");
  if (hang !== null && url.pathname.startsWith(hang) && world.faults.take("hang") !== null) return;
  await pause(faultMs(world.faults.take("slowAnswer"), 1_000));
  const body = await bodyOf(request).catch(() => null);
  if (body === null) return;
  const reply = crossSite(request)
    ? empty(403)
    : body === "too large"
      ? empty(413)
      : await answer(world, {
          method: request.method ?? "GET",
          path: url.pathname,
          query: url.searchParams,
          headers: request.headers,
          body,
        });
  write(response, reply);
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array | "too large"> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Read to the end, so that the answer is heard.
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  return bytes > BODY_BYTES_MAX ? "too large" : Buffer.concat(chunks);
}

/** A browser of another site, or a loopback Host with another Origin. */
function crossSite(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  if (request.headers["sec-fetch-site"] === "cross-site") return true;
  return origin !== undefined && URL.parse(origin)?.host !== host;
}

function write(response: ServerResponse, reply: Reply): void {
  if (reply.cut === "before") {
    response.destroy();
    return;
  }
  const body = typeof reply.body === "string" ? Buffer.from(reply.body) : reply.body;
  const type = reply.type === null ? {} : { "content-type": reply.type };
  response.writeHead(reply.status, { ...reply.headers, ...type, "content-length": body.length });
  if (reply.cut === "middle") response.write(body.subarray(0, Math.trunc(body.length / 2)), () => response.destroy());
  else response.end(body);
}
