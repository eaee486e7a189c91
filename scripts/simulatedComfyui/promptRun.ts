/** One prompt's execution as the outside sees it: its events, its messages for history, its outputs. */
import type { FaultBook } from "./faults.ts";
import type { HistoryEntry, Message } from "./historyBook.ts";
import type { PromptLogEntry } from "./promptLog.ts";
import type { Sockets } from "./sockets.ts";
import { executionOrder } from "./validate.ts";
import type { NodeFailure, Prompt, Version, WorkerMessage } from "./words.ts";
import { isLink } from "./words.ts";

export interface RunWorld {
  readonly sockets: Sockets;
  readonly faults: FaultBook;
  readonly version: Version;
  readonly log: PromptLogEntry | null;
}

/** 1 x 1 px, black. */
const PREVIEW_JPEG = Buffer.from(
  "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AKp//2Q==",
  "base64",
);

export class PromptRun {
  readonly prompt: Prompt;
  readonly order: readonly string[];
  /** The graph node that runs now. */
  node: string | null = null;
  ended: () => void = () => undefined;
  readonly #world: RunWorld;
  readonly #messages: Message[] = [];
  readonly #outputs: Record<string, object> = {};
  readonly #states: Record<string, object> = {};
  readonly #executed: string[] = [];
  readonly #odd: {
    readonly double: boolean;
    readonly lose: boolean;
    readonly unknown: boolean;
    readonly previews: boolean;
    readonly noOutputs: boolean;
    readonly blocked: boolean;
  };
  #drop: boolean;
  #success = false;

  constructor(prompt: Prompt, world: RunWorld) {
    this.prompt = prompt;
    this.#world = world;
    this.order = executionOrder(prompt.graph, prompt.outputs);
    const took = (
      name: "doubleEvents" | "loseEvents" | "unknownEvents" | "previews" | "noOutputs" | "blockedEvent" | "dropSocket",
    ): boolean => world.faults.take(name) !== null;
    this.#drop = took("dropSocket");
    this.#odd = {
      double: took("doubleEvents"),
      lose: took("loseEvents"),
      unknown: took("unknownEvents"),
      previews: took("previews"),
      noOutputs: took("noOutputs"),
      blocked: took("blockedEvent"),
    };
  }

  begin(): void {
    if (this.#world.log !== null) this.#world.log.startedMs = Date.now();
    this.#note("execution_start", {});
  }

  take(message: WorkerMessage): void {
    switch (message.kind) {
      case "cached":
        this.#note("execution_cached", { nodes: message.nodes });
        break;
      case "loaded":
        if (this.#world.log !== null) this.#world.log.loaded = message.checkpoint;
        break;
      case "executing":
        this.#executing(message.node);
        break;
      case "progress":
        this.#send(
          "progress",
          { value: message.value, max: message.max, prompt_id: this.prompt.id, node: message.node },
          true,
        );
        break;
      case "executed":
        this.#outputOf(message.node, message);
        break;
      case "finished":
        this.#executed.push(message.node);
        this.#state(message.node, 1, "finished");
        break;
      case "interrupted":
        this.#close("interrupted", "execution_interrupted", {
          node_id: message.node,
          node_type: this.#classOf(message.node),
          executed: this.#executed,
        });
        break;
      case "error":
        this.#fail(message.node, message.failure);
        break;
      case "success":
        this.#success = true;
        this.#close("success", "execution_success", {});
        break;
    }
  }

  /** A run-time cycle leaves the success flag as it was. */
  falseSuccess(): void {
    this.take({ kind: "cached", nodes: [] });
    this.#success = true;
    this.#fail(this.order[0] ?? "", {
      type: "comfy_execution.graph.DependencyCycleError",
      message: "Dependency cycle detected",
    });
  }

  entry(): HistoryEntry {
    const outputs = this.#odd.noOutputs ? {} : this.#outputs;
    return {
      prompt: this.prompt,
      outputs,
      status: { status_str: this.#success ? "success" : "error", completed: this.#success, messages: this.#messages },
    };
  }

  end(): void {
    this.#send("executing", { node: null, prompt_id: this.prompt.id });
  }

  #executing(node: string): void {
    this.node = node;
    this.#state(node, 0, "running");
    this.#send("executing", { node, display_node: node, prompt_id: this.prompt.id });
    if (this.#odd.unknown) this.#send("hotplate.simulated.unknown", { anything: [1, null, "x"] });
    if (this.#odd.previews)
      this.#world.sockets.preview(this.prompt.clientId, { node, promptId: this.prompt.id, jpeg: PREVIEW_JPEG });
    if (this.#odd.blocked)
      this.#send("execution_error", {
        prompt_id: this.prompt.id,
        node_id: node,
        node_type: this.#classOf(node),
        executed: [],
        exception_message: "Execution Blocked",
        exception_type: "ExecutionBlocked",
        traceback: [],
        current_inputs: [],
        current_outputs: [],
      });
    if (!this.#drop) return;
    this.#drop = false;
    this.#world.sockets.dropAll();
  }

  #outputOf(node: string, of: { readonly output: object; readonly cached: boolean }): void {
    // Cached and nobody to tell: 0.19 reports no output at all.
    const silent = of.cached && this.prompt.clientId === null && this.#world.version === "0.19";
    if (!silent) this.#outputs[node] = of.output;
    this.#send("executed", { node, display_node: node, output: of.output, prompt_id: this.prompt.id });
    if (of.cached) this.#state(node, 1, "finished");
  }

  #fail(node: string, failure: NodeFailure): void {
    const inputs = this.prompt.graph[node]?.inputs ?? {};
    const literal = Object.entries(inputs).flatMap(([name, value]) =>
      isLink(value) ? [] : [[name, [value]] as const],
    );
    this.#close("error", "execution_error", {
      node_id: node,
      node_type: this.#classOf(node),
      executed: this.#executed,
      exception_message: failure.message,
      exception_type: failure.type,
      traceback: [`  File "/simulated/graph_nodes.py", line 1, in ${this.#classOf(node) ?? "graph_node"}\n`],
      current_inputs: Object.fromEntries(literal),
      current_outputs: this.order,
    });
  }

  #close(outcome: PromptLogEntry["outcome"], event: string, data: object): void {
    this.node = null;
    if (this.#world.log !== null) {
      this.#world.log.endedMs = Date.now();
      this.#world.log.outcome = outcome;
    }
    this.#note(event, data);
    this.ended();
  }

  #classOf(node: string): string | undefined {
    return this.prompt.graph[node]?.class_type;
  }

  #state(node: string, value: number, state: "running" | "finished"): void {
    this.#states[node] = {
      value,
      max: 1,
      state,
      node_id: node,
      prompt_id: this.prompt.id,
      display_node_id: node,
      parent_node_id: null,
      real_node_id: node,
    };
    this.#send("progress_state", { prompt_id: this.prompt.id, nodes: this.#states }, true);
  }

  /** An event that history keeps as a message. */
  #note(type: string, data: object): void {
    const stamped = { prompt_id: this.prompt.id, ...data, timestamp: Date.now() };
    this.#messages.push([type, stamped]);
    this.#send(type, stamped, type === "execution_interrupted");
  }

  #send(type: string, data: object, orAll = false): void {
    if (this.#odd.lose) return;
    for (let times = this.#odd.double ? 2 : 1; times > 0; times -= 1)
      this.#world.sockets.send(this.prompt.clientId, { type, data, orAll });
  }
}
