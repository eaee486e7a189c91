/**
 * Validation of a graph in ComfyUI's shapes and order, as seen on the wire of 0.19.1: one valid output is enough, the others
 * are dropped and reported; inputs are coerced in place; a link is followed before the next input is looked at.
 */
import type { ObjectInfo } from "./objectInfo.ts";
import type { NodeError } from "./validateInput.ts";
import { checkInput, missingInputs, nodeError } from "./validateInput.ts";
import type { Graph, Version } from "./words.ts";
import { asRecord, isLink } from "./words.ts";

export interface ValidationWorld {
  readonly info: ObjectInfo;
  readonly inputDir: string;
  readonly version: Version;
}
interface GraphError {
  readonly type: string;
  readonly message: string;
  readonly details: string;
  readonly extra_info: object;
}
export interface Validation {
  /** null: something may run. */
  readonly error: GraphError | null;
  readonly nodeErrors: Readonly<Record<string, object>>;
  /** Output graph nodes that will run. */
  readonly outputs: readonly string[];
}

/** Throws on what is no graph at all: the real one answers 500. */
export function validate(graph: Graph, world: ValidationWorld, targets: readonly string[] | null): Validation {
  const outputs: string[] = [];
  for (const [id, node] of Object.entries(graph)) {
    if (typeof node !== "object" || node === null || Array.isArray(node))
      throw new TypeError("a graph node is no object");
    const refused = unknownClass(id, node, world.info);
    if (refused !== null) return { error: refused, nodeErrors: {}, outputs: [] };
    const wanted = targets === null || targets.includes(id);
    if (wanted && world.info[node.class_type]?.output_node === true) outputs.push(id);
  }
  if (outputs.length === 0)
    return { error: graphError("prompt_no_outputs", "Prompt has no outputs"), nodeErrors: {}, outputs: [] };
  return judge(new Judgement(graph, world), outputs);
}

function judge(judgement: Judgement, outputs: readonly string[]): Validation {
  const good: string[] = [];
  const reasons: string[] = [];
  const reported: Record<string, { errors: readonly NodeError[]; dependent_outputs: string[]; class_type: string }> =
    {};
  for (const output of outputs) {
    const own = judgement.output(output);
    if (own.valid) {
      good.push(output);
      continue;
    }
    reasons.push(...own.errors.map((error) => `${error.message}: ${error.details}`));
    for (const [id, errors] of own.seen) {
      const entry = (reported[id] ??= {
        errors,
        dependent_outputs: [],
        class_type: judgement.graph[id]?.class_type ?? "",
      });
      entry.dependent_outputs.push(output);
    }
  }
  if (good.length > 0) return { error: null, nodeErrors: reported, outputs: good };
  const error = graphError("prompt_outputs_failed_validation", "Prompt outputs failed validation", reasons.join("\n"));
  return { error, nodeErrors: reported, outputs: [] };
}

function graphError(type: string, message: string, details = ""): GraphError {
  return { type, message, details, extra_info: {} };
}

function unknownClass(id: string, node: Graph[string], info: ObjectInfo): GraphError | null {
  const name = typeof node.class_type === "string" ? node.class_type : null;
  if (name !== null && Object.hasOwn(info, name)) return null;
  const title = node._meta?.title ?? name;
  const message =
    name === null
      ? `Node 'ID #${id}' has no class_type. The workflow may be corrupted or a custom node is missing.`
      : `Node '${title ?? ""}' not found. The custom node may not be installed.`;
  const extra = { node_id: id, class_type: name, node_title: title };
  return { type: "missing_node_type", message, details: `Node ID '#${id}'`, extra_info: extra };
}

class Raised extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

interface Verdict {
  readonly valid: boolean;
  readonly errors: readonly NodeError[];
}

/** One validation: verdicts are kept, so a graph node that two outputs share is judged once. */
class Judgement {
  readonly graph: Graph;
  readonly #world: ValidationWorld;
  readonly #verdicts = new Map<string, Verdict>();
  readonly #open = new Set<string>();

  constructor(graph: Graph, world: ValidationWorld) {
    this.graph = graph;
    this.#world = world;
  }

  output(id: string): Verdict & { readonly seen: ReadonlyMap<string, readonly NodeError[]> } {
    let verdict: Verdict;
    try {
      verdict = this.#node(id);
    } catch (error) {
      if (!(error instanceof Raised)) throw error;
      const extra = { exception_type: error.type, traceback: [] };
      verdict = {
        valid: false,
        errors: [nodeError("exception_during_validation", "Exception when validating node", error.message, extra)],
      };
      this.#verdicts.set(id, verdict);
    }
    const seen = new Map<string, readonly NodeError[]>();
    for (const node of this.#reach(id)) {
      const errors = this.#verdicts.get(node)?.errors ?? [];
      if (errors.length > 0) seen.set(node, errors);
    }
    return { ...verdict, seen };
  }

  /** Ancestors first, as they are judged. */
  #reach(id: string, out: Set<string> = new Set(), open: Set<string> = new Set()): ReadonlySet<string> {
    if (open.has(id) || this.graph[id] === undefined) return out;
    open.add(id);
    for (const value of Object.values(asRecord(this.graph[id]?.inputs)))
      if (isLink(value)) this.#reach(String(value[0]), out, open);
    out.add(id);
    return out;
  }

  #node(id: string): Verdict {
    const known = this.#verdicts.get(id);
    if (known !== undefined) return known;
    const node = this.graph[id];
    if (node === undefined) throw new Raised("KeyError", `'${id}'`);
    if (typeof node.inputs !== "object" || node.inputs === null) throw new Raised("KeyError", "'inputs'");
    if (this.#open.has(id)) return { valid: false, errors: [] };
    this.#open.add(id);
    const verdict = this.#inputs(id);
    this.#open.delete(id);
    this.#verdicts.set(id, verdict);
    return verdict;
  }

  #inputs(id: string): Verdict {
    const node = this.graph[id];
    const info = node === undefined ? undefined : this.#world.info[node.class_type];
    if (node === undefined || info === undefined) throw new Raised("KeyError", `'${id}'`);
    const errors: NodeError[] = [];
    let valid = true;
    const specs = [...Object.entries(info.input.required ?? {}), ...Object.entries(info.input.optional ?? {})];
    for (const [name, spec] of specs) {
      const required = Object.hasOwn(info.input.required ?? {}, name);
      const value = node.inputs[name];
      if (value === undefined) {
        if (required) errors.push(...missingInputs(name, spec, node.inputs));
        continue;
      }
      if (!isLink(value)) {
        errors.push(...checkInput({ node, name, spec, world: this.#world }));
        continue;
      }
      const linked = this.#link(value, { name, spec });
      if (linked === "invalid") valid = false;
      else errors.push(...linked);
    }
    for (const [name, value] of Object.entries(node.inputs)) {
      if (name.includes(".") && isLink(value) && this.#node(String(value[0])).valid === false) valid = false;
    }
    return { valid: valid && errors.length === 0, errors };
  }

  /** A broken ancestor makes the graph node invalid without an error of its own. */
  #link(
    link: readonly [string, number],
    of: { readonly name: string; readonly spec: readonly unknown[] },
  ): readonly NodeError[] | "invalid" {
    const from = this.graph[String(link[0])];
    if (from === undefined) throw new Raised("KeyError", `'${link[0]}'`);
    const outputs = this.#world.info[from.class_type]?.output ?? [];
    const gives = outputs[link[1]];
    if (gives === undefined) throw new Raised("IndexError", "tuple index out of range");
    const wants = of.spec[0];
    const config = [wants, of.spec[1] ?? {}];
    if (typeof wants === "string" && !matches(gives, wants)) {
      const extra = { input_name: of.name, input_config: config, received_type: gives, linked_node: link };
      const details = `${of.name}, received_type(${gives}) mismatch input_type(${wants})`;
      return [nodeError("return_type_mismatch", "Return type mismatch between linked nodes", details, extra)];
    }
    try {
      return this.#node(String(link[0])).valid ? [] : "invalid";
    } catch (error) {
      if (!(error instanceof Raised)) throw error;
      const extra = {
        input_name: of.name,
        input_config: config,
        exception_message: error.message,
        exception_type: error.type,
        traceback: [],
        linked_node: link,
      };
      this.#verdicts.set(String(link[0]), {
        valid: false,
        errors: [
          nodeError("exception_during_inner_validation", "Exception when validating inner node", error.message, extra),
        ],
      });
      return "invalid";
    }
  }
}

function matches(gives: string, wants: string): boolean {
  if (gives === wants || gives === "*" || wants === "*" || gives.startsWith("COMFY_") || wants.startsWith("COMFY_"))
    return true;
  const accepted = wants.split(",").map((type) => type.trim());
  return gives.split(",").every((type) => accepted.includes(type.trim()));
}

/** An output and everything that it needs, dependencies first: the order of execution. */
export function executionOrder(graph: Graph, outputs: readonly string[]): readonly string[] {
  const out = new Set<string>();
  const open = new Set<string>();
  const visit = (id: string): void => {
    if (open.has(id) || graph[id] === undefined) return;
    open.add(id);
    for (const value of Object.values(graph[id]?.inputs ?? {})) if (isLink(value)) visit(String(value[0]));
    out.add(id);
  };
  for (const id of outputs) visit(id);
  return [...out];
}
