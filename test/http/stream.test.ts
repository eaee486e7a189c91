/** The event stream: resumes by number, goes on as things happen, keeps to its number of clients, ends with the server. */
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../daemon/domain/limits.ts";
import { newJob } from "../contract/store.ts";
import type { ApiWorld } from "./apiWorld.ts";
import { apiWorld } from "./apiWorld.ts";

class Stream implements AsyncDisposable {
  readonly response: Response;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #stop: AbortController;
  #text = "";

  constructor(response: Response, stop: AbortController) {
    this.response = response;
    this.#reader = response.body!.getReader();
    this.#stop = stop;
  }
  /** Everything so far, once it matches. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#text)) {
      const { done, value } = await this.#reader.read();
      if (done) throw new Error(`ended: ${this.#text}`);
      this.#text += new TextDecoder().decode(value);
    }
    return this.#text;
  }
  async ended(): Promise<void> {
    while (!(await this.#reader.read()).done);
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#reader.closed.catch(() => undefined);
  }
}

async function listen(api: ApiWorld, query = "", headers: Readonly<Record<string, string>> = {}): Promise<Stream> {
  const stop = new AbortController();
  return new Stream(await fetch(`${api.url}/v1/events${query}`, { headers, signal: stop.signal }), stop);
}

describe("GET /v1/events", () => {
  it("streams what is stored after a number and then what happens, each with its number", async () => {
    await using api = await apiWorld();
    await api.store.submit([newJob("job_a"), newJob("job_b")]);
    await using stream = await listen(api, "?since=1");
    expect(stream.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(stream.response.headers.get("x-content-type-options")).toBe("nosniff");
    const stored = await stream.until(/job_b/);
    expect(stored).toMatch(/^retry: 2000\n\nid: 2\ndata: \{"seq":2,.*"name":"manifest\.accepted","job":"job_b"/);
    await api.store.submit([newJob("job_c")]);
    expect(await stream.until(/job_c/)).toMatch(/id: 3\ndata: .*job_c.*\n\n$/);
  });

  it("begins with what comes from now on, and resumes by Last-Event-ID before its address's since", async () => {
    await using api = await apiWorld();
    await api.store.submit([newJob("job_a"), newJob("job_b")]);
    await using fresh = await listen(api);
    await fresh.until(/retry/);
    await using back = await listen(api, "?since=0", { "last-event-id": "1" });
    expect(await back.until(/job_b/)).not.toContain("job_a");
    await api.store.submit([newJob("job_c")]);
    expect(await fresh.until(/job_c/)).not.toMatch(/job_a|job_b/);
  });

  it("tells a client that knows a number which this store never gave to look anew", async () => {
    await using api = await apiWorld();
    await api.store.submit([newJob("job_a")]);
    await using stream = await listen(api, "?since=999");
    expect(await stream.until(/resync/)).toContain('event: resync\ndata: {"seq":1}\n\n');
    await api.store.submit([newJob("job_b")]);
    await stream.until(/job_b/);
  });

  it("streams one job's events when asked for it", async () => {
    await using api = await apiWorld();
    await api.store.submit([newJob("job_a"), newJob("job_b")]);
    await using stream = await listen(api, "?since=0&job=job_b");
    expect(await stream.until(/job_b/)).not.toContain("job_a");
    expect((await api.get("/v1/events?job=none")).body["code"]).toBe("HP-NOT-FOUND");
  });

  it("refuses one client more than it serves (HP-HTTP-BUSY), and takes the next when one has gone", async () => {
    await using api = await apiWorld();
    const open = await Promise.all(Array.from({ length: LIMITS.streamClientsMax }, () => listen(api)));
    await Promise.all(open.map((stream) => stream.until(/retry/)));
    const refused = await api.get("/v1/events");
    expect([refused.status, refused.body["code"]]).toEqual([503, "HP-HTTP-BUSY"]);
    await open.pop()?.[Symbol.asyncDispose]();
    for (;;) {
      await using again = await listen(api);
      if (again.response.status === 200) break;
    }
    await Promise.all(open.map((stream) => stream[Symbol.asyncDispose]()));
  });

  it("ends when the server closes", async () => {
    let stream: Stream;
    {
      await using api = await apiWorld();
      stream = await listen(api);
      await stream.until(/retry/);
    }
    await stream.ended();
  });
});
