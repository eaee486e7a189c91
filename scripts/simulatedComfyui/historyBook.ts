/** What ended: 10 000 entries, the oldest go first, memory only; the later of two equal ids overwrites. And the jobs made of it. */
import type { Prompt, Version } from "./words.ts";
import { asRecord } from "./words.ts";

export type Message = readonly [event: string, data: Readonly<Record<string, unknown>>];
export interface HistoryEntry {
  readonly prompt: Prompt;
  readonly outputs: Readonly<Record<string, object>>;
  readonly status: {
    readonly status_str: "success" | "error";
    readonly completed: boolean;
    readonly messages: readonly Message[];
  };
}
type Json = Record<string, unknown>;

const ENTRIES_MAX = 10_000;
export const JOB_STATES = ["pending", "in_progress", "completed", "failed", "cancelled"] as const;

export class HistoryBook {
  readonly #entries = new Map<string, HistoryEntry>();

  add(entry: HistoryEntry): void {
    this.#entries.delete(entry.prompt.id);
    this.#entries.set(entry.prompt.id, entry);
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > ENTRIES_MAX && oldest.done !== true) this.#entries.delete(oldest.value);
  }

  get(id: string): HistoryEntry | null {
    return this.#entries.get(id) ?? null;
  }

  /** In order of insertion. */
  all(): readonly HistoryEntry[] {
    return [...this.#entries.values()];
  }

  remove(id: string): void {
    this.#entries.delete(id);
  }

  clear(): void {
    this.#entries.clear();
  }
}

export function queueItem(of: Prompt): readonly unknown[] {
  return [of.number, of.id, of.graph, of.extraData, of.outputs];
}

export function historyJson(entry: HistoryEntry): object {
  const meta = Object.fromEntries(
    Object.keys(entry.outputs).map((node) => [
      node,
      { node_id: node, display_node: node, parent_node: null, real_node_id: node },
    ]),
  );
  return { prompt: queueItem(entry.prompt), outputs: entry.outputs, status: entry.status, meta };
}

/** One job; `whole` adds what only `/api/jobs/{id}` shows. Nulls are dropped. */
export function jobJson(
  of: Prompt,
  state: HistoryEntry | "pending" | "in_progress",
  as: { readonly whole: boolean; readonly version: Version },
): Json {
  const workflow = { prompt: of.graph, extra_data: of.extraData };
  const head: Json = { id: of.id, priority: of.number, create_time: of.extraData["create_time"] };
  const tail: Json = { ...workflowId(of) };
  if (typeof state === "string") {
    const later = as.whole && as.version === "0.38" ? { workflow } : {};
    return { ...head, status: state, outputs_count: 0, ...previewable(as.version, 0), ...tail, ...later };
  }
  const { messages, completed } = state.status;
  const last = messages.at(-1);
  const status = completed ? "completed" : last?.[0] === "execution_interrupted" ? "cancelled" : "failed";
  const start = messages.find(([event]) => event === "execution_start")?.[1]["timestamp"];
  const files = Object.entries(state.outputs).flatMap(([node, output]) => filesOf(node, output));
  const preview = files.find((file) => file["type"] === "output") ?? files[0];
  return {
    ...head,
    status,
    ...(start === undefined ? {} : { execution_start_time: start }),
    ...(last?.[1]["timestamp"] === undefined ? {} : { execution_end_time: last[1]["timestamp"] }),
    ...(status === "failed" && last !== undefined ? { execution_error: last[1] } : {}),
    outputs_count: files.length,
    ...previewable(as.version, files.length),
    ...(preview === undefined ? {} : { preview_output: preview }),
    ...tail,
    ...(as.whole ? { outputs: state.outputs, execution_status: state.status, workflow } : {}),
  };
}

function previewable(version: Version, count: number): Json {
  return version === "0.38" ? { previewable_outputs_count: count } : {};
}

/** `extra_pnginfo: null` or `workflow: null` breaks `/api/jobs` for everybody: the real one raises there. */
function workflowId(of: Prompt): Json {
  const info = of.extraData["extra_pnginfo"];
  if (info === undefined) return {};
  if (info === null) throw new TypeError("extra_pnginfo is null");
  const workflow = asRecord(info)["workflow"];
  if (workflow === undefined) return {};
  if (workflow === null) throw new TypeError("workflow is null");
  const id = asRecord(workflow)["id"];
  return id === undefined || id === null ? {} : { workflow_id: id };
}

function filesOf(node: string, output: object): readonly Json[] {
  return Object.entries(output).flatMap(([kind, list]) => {
    if (!Array.isArray(list)) return [];
    return list
      .filter((item) => typeof asRecord(item)["filename"] === "string")
      .map((item) => ({ ...asRecord(item), nodeId: node, mediaType: kind }));
  });
}
