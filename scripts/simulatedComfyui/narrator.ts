/** Tells a prompt's execution to its client in ComfyUI's messages and order; says when it has ended. */
import type { Prompt } from "./engine.ts";
import type { OutputFile, WorkerMessage } from "./words.ts";

export interface Telling {
  /** Sends a message and keeps it for the history. */
  readonly note: (type: string, data: object) => void;
  readonly outputs: Record<string, { images: readonly OutputFile[] }>;
}

export class Narrator {
  readonly #prompt: Prompt;
  readonly #send: (type: string, data: object) => void;
  readonly #of: Telling;
  readonly #executed: string[] = [];
  readonly #states: Record<string, object> = {};

  constructor(prompt: Prompt, send: (type: string, data: object) => void, of: Telling) {
    this.#prompt = prompt;
    this.#send = send;
    this.#of = of;
  }

  /** null: it goes on; else whether it ended well. */
  tell(message: WorkerMessage): boolean | null {
    const { id, graph } = this.#prompt;
    switch (message.kind) {
      case "cached":
        this.#of.note("execution_cached", { nodes: message.nodes });
        return null;
      case "executing":
        this.#state(message.node, { value: 0, word: "running" });
        this.#send("executing", { node: message.node, display_node: message.node, prompt_id: id });
        return null;
      case "executed":
        this.#of.outputs[message.node] = { images: message.files };
        this.#send("executed", {
          node: message.node,
          display_node: message.node,
          output: { images: message.files },
          prompt_id: id,
        });
        this.#finished(message.node);
        return null;
      case "finished":
        this.#finished(message.node);
        return null;
      case "interrupted":
        this.#of.note("execution_interrupted", {
          node_id: message.node,
          node_type: graph[message.node]?.class_type,
          executed: this.#executed,
        });
        return false;
      case "error": {
        const nodeClass = graph[message.node]?.class_type ?? "";
        this.#of.note("execution_error", {
          ...errorFields({ node: message.node, nodeClass, type: message.type, message: message.message }),
          executed: this.#executed,
        });
        return false;
      }
      case "success":
        this.#of.note("execution_success", {});
        return true;
    }
  }

  #finished(node: string): void {
    this.#executed.push(node);
    this.#state(node, { value: 1, word: "finished" });
  }

  /** Cumulative: every message holds all graph nodes so far. */
  #state(node: string, of: { readonly value: number; readonly word: "running" | "finished" }): void {
    const prompt_id = this.#prompt.id;
    this.#states[node] = {
      value: of.value,
      max: 1,
      state: of.word,
      node_id: node,
      prompt_id,
      display_node_id: node,
      parent_node_id: null,
      real_node_id: node,
    };
    this.#send("progress_state", { prompt_id, nodes: this.#states });
  }
}

export function errorFields(of: {
  readonly node: string;
  readonly nodeClass: string;
  readonly type: string;
  readonly message: string;
}): object {
  return {
    node_id: of.node,
    node_type: of.nodeClass,
    executed: [],
    exception_message: of.message,
    exception_type: of.type,
    traceback: [],
    current_inputs: {},
    current_outputs: [],
  };
}
