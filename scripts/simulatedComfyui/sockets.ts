/**
 * ComfyUI's sockets with their traps: the newest socket of a clientId gets its events, and when an older one of that id ends,
 * the id is forgotten and the live one goes mute; nothing is replayed; one stalled send stalls all.
 */
import type { IncomingMessage } from "node:http";
import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import type { FaultBook } from "./faults.ts";
import type { Version } from "./words.ts";
import { asRecord } from "./words.ts";

const UNSENT_BYTES_MAX = 64 * 1024 * 1024;

export interface SocketsWorld {
  readonly faults: FaultBook;
  readonly version: Version;
  remaining(): number;
  /** The graph node that runs now when the running prompt is this client's. */
  runningNode(clientId: string): string | null;
}

export class Sockets {
  readonly #world: SocketsWorld;
  readonly #live = new Map<string, WebSocket>();
  readonly #all = new Set<WebSocket>();
  readonly #wantsMetadata = new WeakSet<WebSocket>();
  #stalled = false;
  opened = 0;

  constructor(world: SocketsWorld) {
    this.#world = world;
  }

  get open(): number {
    return this.#all.size;
  }

  connect(socket: WebSocket, request: IncomingMessage): void {
    const sid =
      new URL(request.url ?? "/", "http://127.0.0.1").searchParams.get("clientId") ?? randomUUID().replaceAll("-", "");
    this.opened += 1;
    this.#all.add(socket);
    this.#live.set(sid, socket);
    socket.on("close", () => {
      this.#all.delete(socket);
      this.#live.delete(sid);
    });
    // The close that follows says all there is to say.
    socket.on("error", () => undefined);
    socket.once("message", (data, isBinary) => {
      if (!isBinary) this.#greeted(socket, String(data as Buffer));
    });
    this.#write(socket, text("status", { status: { exec_info: { queue_remaining: this.#world.remaining() } }, sid }));
    const node = this.#world.runningNode(sid);
    if (node !== null) this.#write(socket, text("executing", { node }));
    if (this.#world.faults.take("muteSocket") !== null) this.#live.delete(sid);
  }

  /** To the owner; without one to nobody, or to all where `orAll`. */
  send(
    clientId: string | null,
    message: { readonly type: string; readonly data: object; readonly orAll?: boolean },
  ): void {
    const frame = text(message.type, message.data);
    if (clientId === null) {
      if (message.orAll === true) this.broadcast(frame);
      return;
    }
    const owner = this.#live.get(clientId);
    if (owner !== undefined) this.#write(owner, frame);
  }

  status(): void {
    this.broadcast(text("status", { status: { exec_info: { queue_remaining: this.#world.remaining() } } }));
  }

  broadcast(frame: string): void {
    for (const socket of this.#live.values()) this.#write(socket, frame);
  }

  /** Types 1 (image), 3 (text) and, where metadata was negotiated, 4 (image with metadata) instead of 1. */
  preview(
    clientId: string | null,
    of: { readonly node: string; readonly promptId: string; readonly jpeg: Uint8Array },
  ): void {
    const owner = clientId === null ? undefined : this.#live.get(clientId);
    if (owner === undefined) return;
    const ids = {
      node_id: of.node,
      prompt_id: of.promptId,
      display_node_id: of.node,
      parent_node_id: null,
      real_node_id: of.node,
    };
    const metadata = Buffer.from(JSON.stringify({ ...ids, image_type: "image/jpeg" }));
    this.#write(
      owner,
      this.#wantsMetadata.has(owner)
        ? Buffer.concat([u32(4), u32(metadata.length), metadata, of.jpeg])
        : Buffer.concat([u32(1), u32(1), of.jpeg]),
    );
    const node = Buffer.from(of.node);
    this.#write(owner, Buffer.concat([u32(3), u32(node.length), node, Buffer.from("simulated progress text")]));
  }

  stall(): void {
    this.#stalled = true;
  }

  dropAll(): void {
    for (const socket of this.#all) socket.terminate();
  }

  #greeted(socket: WebSocket, data: string): void {
    let message: Readonly<Record<string, unknown>>;
    try {
      message = asRecord(JSON.parse(data) as unknown);
    } catch {
      // Not JSON: ignored, and it was the only message that counts.
      return;
    }
    if (message["type"] !== "feature_flags") return;
    if (asRecord(message["data"])["supports_preview_metadata"] === true) this.#wantsMetadata.add(socket);
    this.#write(socket, text("feature_flags", features(this.#world.version)));
  }

  #write(socket: WebSocket, frame: string | Uint8Array): void {
    if (this.#stalled || socket.readyState !== WebSocket.OPEN || socket.bufferedAmount > UNSENT_BYTES_MAX) return;
    socket.send(frame);
  }
}

export function features(version: Version): object {
  const common = {
    supports_preview_metadata: true,
    max_upload_size: 104_857_600,
    extension: { manager: { supports_v4: true } },
    node_replacements: true,
  };
  return version === "0.38"
    ? { ...common, assets: true, supports_model_type_tags: true }
    : { ...common, assets: false };
}

function text(type: string, data: object): string {
  return JSON.stringify({ type, data });
}

function u32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
}
