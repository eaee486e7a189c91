/** The words that the server's parts share: prompts, graphs, and what the server and its worker thread say to each other. */
export type Version = "0.19" | "0.38";

export interface GraphNode {
  readonly class_type: string;
  inputs: Record<string, unknown>;
  readonly _meta?: { readonly title?: string };
}
export type Graph = Readonly<Record<string, GraphNode>>;

export interface Prompt {
  /** Smaller runs first; equal numbers by id. */
  readonly number: number;
  readonly id: string;
  readonly graph: Graph;
  readonly extraData: Readonly<Record<string, unknown>>;
  /** Output graph nodes that passed validation. */
  readonly outputs: readonly string[];
  readonly clientId: string | null;
}

export interface OutputFile {
  readonly filename: string;
  readonly subfolder: string;
  readonly type: "output" | "temp";
}

export interface NodeFailure {
  readonly type: string;
  readonly message: string;
}

export interface WorkerOrder {
  readonly graph: Graph;
  /** In order of execution. */
  readonly nodes: readonly string[];
  /** Of this execution; the shared interrupt cell holds the one to stop. */
  readonly execution: number;
  /** Time that the graph nodes take together beside their pixel work, ms. */
  readonly workMs: number;
  /** Time to load another checkpoint, ms. */
  readonly loadMs: number;
  readonly results: {
    readonly noFile: boolean;
    readonly truncated: boolean;
    readonly black: boolean;
    readonly wrongSize: boolean;
  };
  /** The last graph node before an output raises this. */
  readonly raise: NodeFailure | null;
}

export type WorkerMessage =
  | { readonly kind: "cached"; readonly nodes: readonly string[] }
  | { readonly kind: "executing" | "finished" | "interrupted"; readonly node: string }
  | { readonly kind: "progress"; readonly node: string; readonly value: number; readonly max: number }
  | { readonly kind: "loaded"; readonly checkpoint: string }
  | { readonly kind: "executed"; readonly node: string; readonly output: object; readonly cached: boolean }
  | { readonly kind: "error"; readonly node: string; readonly failure: NodeFailure }
  | { readonly kind: "success" };

/** A two-element array is always a link to another graph node's output. */
export function isLink(value: unknown): value is [string, number] {
  return Array.isArray(value) && value.length === 2;
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
