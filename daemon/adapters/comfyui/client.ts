/**
 * ComfyUI's routes as Hotplate uses them, for 0.19 and later. `/api/jobs/{id}` is the truth; a lost answer throws; a 200 with
 * node_errors is canceled and reported as refused; cancels are targeted, never bodiless (that would hit anybody's prompt).
 */
import { LIMITS } from "../../domain/limits.ts";
import type { Graph } from "../../domain/recipe.ts";
import type { Catalogue, PromptStatus, SubmitAnswer, SystemStats } from "../../ports.ts";
import type { Http } from "./http.ts";
import { httpError, parseJson } from "./http.ts";
import type { DeviceMemory, QueueLook } from "./parse.ts";
import {
  asArray,
  asRecord,
  catalogue,
  deviceMemory,
  historyAsJob,
  promptStatus,
  queueLook,
  systemStats,
} from "./parse.ts";
import { refusal } from "./refusal.ts";

/** Oldest first, so that what runs is on the page. */
const QUEUE_LIST = "/api/jobs?status=pending,in_progress&sort_by=created_at&sort_order=asc&limit=50";

export interface PromptRequest {
  readonly id: string;
  readonly graph: Graph;
  /** Goes where ComfyUI's own job list shows it. */
  readonly jobId: string;
  readonly clientId: string;
}

export class ComfyClient {
  readonly #http: Http;
  /** Asked once per life of the server; null: not known. */
  #offersCancel: boolean | null = null;
  #version: string | null = null;
  #catalogue: Catalogue | null = null;

  constructor(http: Http) {
    this.#http = http;
  }

  async stats(): Promise<SystemStats> {
    const stats = systemStats(await this.#http.json("/system_stats"));
    if (stats.version !== this.#version) this.#offersCancel = null;
    this.#version = stats.version;
    return stats;
  }

  /** Megabytes, and it lists model folders: more time than other calls. */
  async catalogue(): Promise<Catalogue> {
    const options = { bytesMax: LIMITS.objectInfoBytesMax, timeoutMs: LIMITS.comfyCatalogueTimeoutMs };
    const answer = await this.#http.request("GET", "/object_info", options);
    if (answer.status !== 200) throw httpError(answer.status, "/object_info");
    this.#catalogue = catalogue(parseJson(answer.body, "/object_info"));
    return this.#catalogue;
  }

  /** These classes as they are now: a model that was installed since is among a loader's options. */
  async classes(names: readonly string[]): Promise<Catalogue> {
    const found: Record<string, Catalogue[string]> = {};
    const options = { bytesMax: LIMITS.objectInfoBytesMax, timeoutMs: LIMITS.comfyCatalogueTimeoutMs };
    for (const name of new Set(names)) {
      const path = `/object_info/${encodeURIComponent(name)}`;
      const answer = await this.#http.request("GET", path, options);
      if (answer.status !== 200) throw httpError(answer.status, "/object_info");
      Object.assign(found, catalogue(parseJson(answer.body, "/object_info")));
    }
    this.#catalogue = { ...this.#catalogue, ...found };
    return found;
  }

  async submit(prompt: PromptRequest): Promise<SubmitAnswer> {
    const json = {
      prompt: prompt.graph,
      prompt_id: prompt.id,
      client_id: prompt.clientId,
      extra_data: { extra_pnginfo: { workflow: { id: prompt.jobId } } },
    };
    const answer = await this.#http.request("POST", "/prompt", { json });
    const text = new TextDecoder().decode(answer.body);
    if (answer.status === 200) return this.#accepted(prompt.id, parseJson(answer.body, "/prompt"), text);
    // 500 is how it says that it can't read the graph: as final as a 400.
    const final = answer.status === 400 || answer.status === 500 || answer.status === 413;
    if (final) return { kind: "refused", error: refusal(jsonOrNothing(text), text, this.#catalogue) };
    throw httpError(answer.status, "/prompt");
  }

  async #accepted(id: string, value: unknown, text: string): Promise<SubmitAnswer> {
    const body = asRecord(value);
    if (body["prompt_id"] !== id)
      throw Object.assign(new Error("/prompt answered for another prompt"), { code: "EPROTO" });
    if (Object.keys(asRecord(body["node_errors"])).length === 0) {
      const { number } = body;
      return { kind: "accepted", number: typeof number === "number" ? number : 0 };
    }
    // Some outputs were dropped in silence and the rest runs. It is a refusal whether or not the rest can be stopped: what
    // it may still write has a name of this attempt alone, and nobody reads it.
    await this.cancel(id).catch(() => undefined);
    return { kind: "refused", error: refusal(body, text, this.#catalogue) };
  }

  /** A 404 may fall between queue and history: both are read once more before it counts as unknown. */
  async status(id: string): Promise<PromptStatus> {
    const answer = await this.#http.request("GET", `/api/jobs/${id}`);
    if (answer.status === 200) return promptStatus(parseJson(answer.body, "/api/jobs"));
    if (answer.status !== 404) throw httpError(answer.status, "/api/jobs");
    const ended = await this.#fromHistory(id);
    if (ended !== null) return ended;
    const queue = asRecord(await this.#http.json("/queue"));
    const holds = (list: unknown): boolean => asArray(list).some((item) => asArray(item)[1] === id);
    if (holds(queue["queue_running"])) return { kind: "running" };
    if (holds(queue["queue_pending"])) return { kind: "pending" };
    return (await this.#fromHistory(id)) ?? { kind: "unknown" };
  }

  /** The short list, without graphs; where it breaks (one bad entry breaks it for all), the queue itself. */
  async queue(): Promise<QueueLook> {
    const answer = await this.#http.request("GET", QUEUE_LIST);
    return answer.status === 200 ? queueLook(parseJson(answer.body, "/api/jobs")) : this.#wholeQueue();
  }

  async #wholeQueue(): Promise<QueueLook> {
    const queue = asRecord(await this.#http.json("/queue"));
    const running = asArray(queue["queue_running"]).map((item) => String(asArray(item)[1]));
    return { running, pending: asArray(queue["queue_pending"]).length };
  }

  async #fromHistory(id: string): Promise<PromptStatus | null> {
    const history = asRecord(await this.#http.json(`/history/${id}`));
    return Object.hasOwn(history, id) ? promptStatus(historyAsJob(history[id])) : null;
  }

  /** Sends; whether it took effect is `status`'s to say: ComfyUI may lose it, or read it late. */
  async cancel(id: string): Promise<void> {
    if (id === "") throw Object.assign(new Error("a cancel without an id would hit anybody"), { code: "EINVAL" });
    this.#offersCancel ??= await this.#asksForCancel();
    if (this.#offersCancel) {
      const answer = await this.#http.request("POST", `/api/jobs/${id}/cancel`, { json: {} });
      if (answer.status === 200) return;
      // Another version answers now.
      this.#offersCancel = null;
      throw httpError(answer.status, "/api/jobs/cancel");
    }
    // Taken out of the queue first: between the two it can only have begun to run, and then the interrupt finds it.
    await this.#post("/queue", { delete: [id] });
    await this.#post("/interrupt", { prompt_id: id });
  }

  /** 0.38 has a cancel per job; 0.19 answers 404 or 405. Asked with an id that nobody has. */
  async #asksForCancel(): Promise<boolean> {
    const answer = await this.#http.request("POST", `/api/jobs/${crypto.randomUUID()}/cancel`, { json: {} });
    if (answer.status === 200) return true;
    if (answer.status === 404 || answer.status === 405) return false;
    throw httpError(answer.status, "/api/jobs/cancel");
  }

  /** Asks it to let go of models and results; done later and never acknowledged: `memory` tells. */
  async free(): Promise<void> {
    await this.#post("/free", { unload_models: true, free_memory: true });
  }

  async memory(): Promise<DeviceMemory> {
    return deviceMemory(await this.#http.json("/system_stats"));
  }

  async forget(id: string): Promise<void> {
    await this.#post("/history", { delete: [id] });
  }

  /** These answer 200 with an empty body, which is never parsed. */
  async #post(path: string, json: unknown): Promise<void> {
    const answer = await this.#http.request("POST", path, { json });
    if (answer.status !== 200) throw httpError(answer.status, path);
  }
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Errors 500 are plain text; the text itself is what there is to say.
    return {};
  }
}
