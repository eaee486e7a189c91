/**
 * ComfyUI's WebSocket: speed, never truth. Any message only wakes the loop; progress is decoration. A fresh clientId per
 * connection (a reused one mutes the live socket), the old socket ended before the next is made, always read, pinged, and
 * reconnected with growing pauses. `close` leaves nothing behind.
 */
import { randomUUID } from "node:crypto";
import WebSocket from "ws";
import { LIMITS } from "../../domain/limits.ts";
import type { Wake } from "../../ports.ts";
import { asRecord } from "./parse.ts";

export interface Socket {
  /** The id under which prompts are sent so that their events come here. */
  clientId(): string;
  /** A prompt of so many graph nodes is about to be sent; its events may come before the answer. */
  expect(promptId: string, graphNodes: number): void;
  /** Percent done, by graph nodes and the steps inside them; only grows; null when nothing was heard. */
  progress(promptId: string): number | null;
  /** Polling says that the prompt ended. If not one of its events came, this socket is mute: it is made anew. */
  ended(promptId: string): void;
  forget(promptId: string): void;
  close(): void;
}
export interface SocketOptions {
  readonly pauseMs?: number;
  readonly pingMs?: number;
}

/**
 * The last that is said of a prompt: `executing` without a graph node, after history was written. Errors and interrupts come
 * before it. Asking at every step would cost a request each and change nothing.
 */
function isEnd(type: unknown, data: Readonly<Record<string, unknown>>): boolean {
  if (type === "executing") return data["node"] === null;
  return type === "execution_error" || type === "execution_interrupted";
}

/** Prompts followed at a time: far more than a slot is ever given. */
const FOLLOWED_MAX = 256;

interface Followed {
  readonly clientId: string;
  readonly graphNodes: number;
  /** Graph nodes that ended, and the share of the running one. */
  finished: number;
  done: number;
  heard: boolean;
}

export function openSocket(base: string, wake: Wake, options: SocketOptions = {}): Socket {
  const link = new Link(base, wake, options);
  return {
    clientId: () => link.clientId,
    expect: (promptId, graphNodes) => link.expect(promptId, graphNodes),
    progress: (promptId) => link.progress(promptId),
    ended: (promptId) => link.ended(promptId),
    forget: (promptId) => link.forget(promptId),
    close: () => link.close(),
  };
}

class Link {
  clientId: string = randomUUID();
  readonly #base: string;
  readonly #wake: Wake;
  readonly #options: SocketOptions;
  readonly #followed = new Map<string, Followed>();
  #socket: WebSocket | null = null;
  #timer: NodeJS.Timeout | null = null;
  #ping: NodeJS.Timeout | null = null;
  #answered = true;
  #failures = 0;
  #closed = false;

  constructor(base: string, wake: Wake, options: SocketOptions) {
    this.#base = base.replace(/^http/, "ws").replace(/\/+$/, "");
    this.#wake = wake;
    this.#options = options;
    this.#connect();
  }

  expect(promptId: string, graphNodes: number): void {
    this.#followed.set(promptId, { clientId: this.clientId, graphNodes, finished: 0, done: 0, heard: false });
    const oldest = this.#followed.keys().next();
    if (this.#followed.size > FOLLOWED_MAX && oldest.done !== true) this.#followed.delete(oldest.value);
  }

  progress(promptId: string): number | null {
    const followed = this.#followed.get(promptId);
    if (followed === undefined || !followed.heard || followed.graphNodes === 0) return null;
    return Math.min(100, (100 * followed.done) / followed.graphNodes);
  }

  ended(promptId: string): void {
    const followed = this.#followed.get(promptId);
    if (followed === undefined) return;
    this.#followed.delete(promptId);
    const mute = !followed.heard && followed.clientId === this.clientId && this.#socket?.readyState === WebSocket.OPEN;
    if (mute) this.#socket?.terminate();
  }

  forget(promptId: string): void {
    this.#followed.delete(promptId);
  }

  close(): void {
    this.#closed = true;
    this.#stop();
    this.#socket?.terminate();
    this.#socket = null;
  }

  #connect(): void {
    if (this.#closed) return;
    this.clientId = randomUUID();
    const socket = new WebSocket(`${this.#base}/ws?clientId=${this.clientId}`, {
      maxPayload: LIMITS.comfyMessageBytesMax,
      handshakeTimeout: LIMITS.comfyConnectTimeoutMs,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    this.#answered = true;
    socket.on("open", () => this.#opened(socket));
    socket.on("pong", () => {
      this.#answered = true;
    });
    socket.on("message", (data, isBinary) => {
      this.#failures = 0;
      this.#answered = true;
      // Previews: nobody looks at them here.
      if (!isBinary) this.#take(String(data as Buffer));
    });
    // What an error means is found out by polling; the close that follows it reconnects.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (this.#socket === socket) this.#again();
    });
  }

  #opened(socket: WebSocket): void {
    this.#wake(null);
    this.#ping = setInterval(() => {
      // It may be busy for seconds; one whole interval without any sign is the end.
      if (!this.#answered) socket.terminate();
      this.#answered = false;
      if (socket.readyState === WebSocket.OPEN) socket.ping();
    }, this.#options.pingMs ?? LIMITS.comfyPingMs);
    this.#ping.unref();
  }

  #again(): void {
    this.#stop();
    this.#socket = null;
    if (this.#closed) return;
    this.#failures += 1;
    const first = this.#options.pauseMs ?? LIMITS.comfyOfflineRetryMs;
    const pauseMs = Math.min(
      first * 2 ** Math.min(this.#failures - 1, 10),
      Math.max(first, LIMITS.comfyReconnectMaxMs),
    );
    this.#timer = setTimeout(() => this.#connect(), pauseMs);
    this.#timer.unref();
    // What was said meanwhile is lost; polling finds it.
    this.#wake(null);
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#ping !== null) clearInterval(this.#ping);
    this.#timer = null;
    this.#ping = null;
  }

  #take(text: string): void {
    const message = parse(text);
    const data = asRecord(message["data"]);
    const id = data["prompt_id"];
    const followed = typeof id === "string" ? this.#followed.get(id) : undefined;
    if (followed !== undefined) {
      followed.heard = true;
      const { finished, partly } = advance(message["type"], data);
      followed.finished = Math.max(followed.finished, finished);
      followed.done = Math.max(followed.done, followed.finished + partly);
    }
    const { type } = message;
    if (typeof id === "string" && (type === "execution_start" || isEnd(type, data)))
      this.#wake({ prompt: id, ended: type !== "execution_start" });
  }
}

/** `progress_state` is cumulative; cached graph nodes are named once and never again; `progress` counts a sampler's steps. */
function advance(type: unknown, data: Readonly<Record<string, unknown>>): { finished: number; partly: number } {
  if (type === "execution_cached")
    return { finished: Array.isArray(data["nodes"]) ? data["nodes"].length : 0, partly: 0 };
  if (type === "progress") return { finished: 0, partly: shareOf(data) };
  if (type !== "progress_state") return { finished: 0, partly: 0 };
  const nodes = Object.values(asRecord(data["nodes"])).map(asRecord);
  const finished = nodes.filter((node) => node["state"] === "finished").length;
  const running = nodes.filter((node) => node["state"] === "running").map(shareOf);
  return { finished, partly: Math.max(0, ...running) };
}

/** Never a whole graph node: that is said by its end. */
function shareOf(node: Readonly<Record<string, unknown>>): number {
  const { value, max } = node;
  if (typeof value !== "number" || typeof max !== "number" || !(max > 0) || !(value >= 0)) return 0;
  return Math.min(0.99, value / max);
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return asRecord(JSON.parse(text) as unknown);
  } catch {
    // Not JSON: some pack's own message. Ignored, as unknown types are.
    return {};
  }
}
