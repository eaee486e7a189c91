/** A bare client for the contract suite: HTTP and socket as they are on the wire, nothing of the adapter in between. */
import { randomUUID } from "node:crypto";
import WebSocket from "ws";

export type Json = Record<string, unknown>;
export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly json: Json;
}
export interface Event {
  readonly type: string;
  readonly data: Json;
}

export class Wire {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const init = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...init,
    });
    const text = await response.text();
    return { status: response.status, type: response.headers.get("content-type"), text, json: jsonOf(text) };
  }

  get(path: string): Promise<Answer> {
    return this.send("GET", path);
  }

  prompt(graph: unknown, more: Json = {}): Promise<Answer> {
    return this.send("POST", "/prompt", { prompt: graph, ...more });
  }

  /** Asks again and again until it is one of these; every answer is a round trip, so nothing is slept away. */
  async until(id: string, statuses: readonly string[]): Promise<Json> {
    for (;;) {
      const { status, json } = await this.get(`/api/jobs/${id}`);
      if (status === 200 && statuses.includes(String(json["status"]))) return json;
    }
  }

  ended(id: string): Promise<Json> {
    return this.until(id, ["completed", "failed", "cancelled"]);
  }

  listen(clientId: string = randomUUID()): Promise<Ear> {
    return Ear.open(`${this.url.replace("http", "ws")}/ws?clientId=${clientId}`, clientId);
  }
}

function jsonOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
}

/** A socket whose messages are kept in order. */
export class Ear implements AsyncDisposable {
  readonly clientId: string;
  readonly events: Event[] = [];
  readonly binary: Buffer[] = [];
  readonly closed: Promise<void>;
  readonly socket: WebSocket;
  #ring: () => void = () => undefined;

  private constructor(socket: WebSocket, clientId: string) {
    this.socket = socket;
    this.clientId = clientId;
    socket.on("message", (data, isBinary) => {
      if (isBinary) this.binary.push(data as Buffer);
      else this.events.push(JSON.parse(String(data as Buffer)) as Event);
      this.#ring();
    });
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
  }

  static open(url: string, clientId: string): Promise<Ear> {
    const socket = new WebSocket(url);
    const ear = new Ear(socket, clientId);
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(ear));
      socket.once("error", reject);
    });
  }

  /** The first event that matches, from the past or to come. */
  async event(matches: (event: Event) => boolean): Promise<Event> {
    for (;;) {
      const found = this.events.find(matches);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#ring = resolve;
      });
    }
  }

  /** Of one prompt, in order, without status. */
  of(id: string): readonly Event[] {
    return this.events.filter((event) => event.data["prompt_id"] === id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}
