/**
 * ComfyUI's WebSocket: speed, never truth. Any message only wakes the loop; progress is decoration. A fresh clientId per
 * connection (a reused one mutes the live socket), always read, reconnected with a pause, closed for good by `close`.
 */
import { randomUUID } from "node:crypto";
import WebSocket from "ws";
import { LIMITS } from "../../domain/limits.ts";
import { asRecord } from "./parse.ts";

export interface Socket {
  /** The id under which prompts are sent so that their events come here. */
  clientId(): string;
  /** Percent of graph nodes done. */
  progress(promptId: string): number | null;
  forget(promptId: string): void;
  close(): void;
}

const WAKING = new Set([
  "executed",
  "execution_success",
  "execution_error",
  "execution_interrupted",
  "execution_start",
  "executing",
  "status",
]);

export function openSocket(base: string, wake: () => void): Socket {
  let clientId: string = randomUUID();
  let socket: WebSocket | null = null;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  const progress = new Map<string, number>();

  function connect(): void {
    if (closed) return;
    clientId = randomUUID();
    const url = `${base.replace(/^http/, "ws").replace(/\/+$/, "")}/ws?clientId=${clientId}`;
    const made = new WebSocket(url, {
      maxPayload: LIMITS.comfyMessageBytesMax,
      handshakeTimeout: LIMITS.comfyConnectTimeoutMs,
      perMessageDeflate: false,
    });
    socket = made;
    made.on("open", () => wake());
    made.on("message", (data, isBinary) => {
      if (!isBinary) take(String(data as Buffer));
    });
    // What an error means is decided by polling; the close that follows it reconnects.
    made.on("error", () => undefined);
    made.on("close", () => {
      if (socket === made) again();
    });
  }

  function again(): void {
    socket = null;
    if (closed) return;
    timer = setTimeout(connect, LIMITS.comfyOfflineRetryMs);
    timer.unref();
  }

  function take(text: string): void {
    const message = parse(text);
    const data = asRecord(message["data"]);
    const id = data["prompt_id"];
    if (message["type"] === "progress_state" && typeof id === "string") {
      const nodes = Object.values(asRecord(data["nodes"])).map(asRecord);
      const done = nodes.filter((node) => node["state"] === "finished").length;
      if (nodes.length > 0) progress.set(id, Math.round((100 * done) / nodes.length));
      return;
    }
    if (WAKING.has(String(message["type"]))) wake();
  }

  connect();
  return {
    clientId: () => clientId,
    progress: (promptId) => progress.get(promptId) ?? null,
    forget: (promptId) => void progress.delete(promptId),
    close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      socket?.terminate();
      socket = null;
    },
  };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return asRecord(JSON.parse(text) as unknown);
  } catch {
    // Not JSON: some pack's own message. Ignored, as unknown types are.
    return {};
  }
}
