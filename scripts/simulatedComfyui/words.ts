/** What the server and its worker thread say to each other. */
export type GraphNode = { readonly class_type: string; readonly inputs: Readonly<Record<string, unknown>> };
export type Graph = Readonly<Record<string, GraphNode>>;

export interface OutputFile {
  readonly filename: string;
  readonly subfolder: string;
  readonly type: "output" | "temp";
}

export interface WorkerOrder {
  readonly graph: Graph;
  /** In order of execution. */
  readonly nodes: readonly string[];
  /** Of this execution; the shared interrupt flag holds the one to stop. */
  readonly number: number;
  readonly faults: readonly string[];
}

export type WorkerMessage =
  | { readonly kind: "cached"; readonly nodes: readonly string[] }
  | { readonly kind: "executing" | "finished" | "interrupted"; readonly node: string }
  | {
      readonly kind: "executed";
      readonly node: string;
      readonly files: readonly OutputFile[];
      readonly cached: boolean;
    }
  | { readonly kind: "error"; readonly node: string; readonly type: string; readonly message: string }
  | { readonly kind: "success" };
