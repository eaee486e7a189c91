/**
 * ComfyUI's validation, in its shapes: unknown class, no outputs, missing inputs, types, ranges, lists, dangling links, absent
 * files. If one output validates, bad ones are dropped and the rest runs (200 with node_errors).
 */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { isLink } from "./links.ts";
import type { Graph } from "./words.ts";

export interface NodeInfo {
  readonly input: {
    readonly required?: Readonly<Record<string, InputSpec>>;
    readonly optional?: Readonly<Record<string, InputSpec>>;
  };
  readonly output: readonly string[];
  readonly output_node: boolean;
}
export type InputSpec = readonly [type: string | readonly string[], options?: Readonly<Record<string, unknown>>];
export type ObjectInfo = Readonly<Record<string, NodeInfo>>;

interface NodeError {
  readonly type: string;
  readonly message: string;
  readonly details: string;
  readonly extra_info: Readonly<Record<string, unknown>>;
}
export interface Validation {
  /** null: something may run. */
  readonly error: {
    readonly type: string;
    readonly message: string;
    readonly details: string;
    readonly extra_info: object;
  } | null;
  readonly nodeErrors: Readonly<Record<string, object>>;
  /** Output graph nodes that will run. */
  readonly outputs: readonly string[];
}

export function validate(
  graph: Graph,
  info: ObjectInfo,
  of: { readonly inputDir: string; readonly targets: readonly string[] | null },
): Validation {
  for (const [id, node] of Object.entries(graph)) {
    const known = typeof node?.class_type === "string" && Object.hasOwn(info, node.class_type);
    if (known) continue;
    const name = typeof node?.class_type === "string" ? node.class_type : null;
    return failed({
      type: "missing_node_type",
      message: `Node '${name ?? `ID #${id}`}' not found. The custom node may not be installed.`,
      details: `Node ID '#${id}'`,
      extra_info: { node_id: id, class_type: name, node_title: name },
    });
  }
  const all = Object.keys(graph).filter((id) => info[graph[id]?.class_type ?? ""]?.output_node === true);
  const outputs = of.targets === null ? all : all.filter((id) => of.targets?.includes(id));
  if (outputs.length === 0)
    return failed({ type: "prompt_no_outputs", message: "Prompt has no outputs", details: "", extra_info: {} });
  const errors = new Map<string, NodeError[]>();
  for (const id of Object.keys(graph)) {
    const found = nodeErrors(graph, id, { info, inputDir: of.inputDir });
    if (found.length > 0) errors.set(id, found);
  }
  const good = outputs.filter((id) => [...ancestors(graph, id)].every((node) => !errors.has(node)));
  const reported: Record<string, object> = {};
  for (const [id, found] of errors) {
    const dependents = outputs.filter((output) => ancestors(graph, output).has(id));
    if (dependents.length > 0)
      reported[id] = { errors: found, dependent_outputs: dependents, class_type: graph[id]?.class_type };
  }
  if (good.length > 0) return { error: null, nodeErrors: reported, outputs: good };
  const details = [...errors.values()]
    .flat()
    .filter((e) => e.type === "required_input_missing")
    .map((e) => `${e.message}: ${e.details}`)
    .join("\n");
  return {
    error: {
      type: "prompt_outputs_failed_validation",
      message: "Prompt outputs failed validation",
      details,
      extra_info: {},
    },
    nodeErrors: reported,
    outputs: [],
  };
}

function failed(error: NonNullable<Validation["error"]>): Validation {
  return { error, nodeErrors: {}, outputs: [] };
}

/** An output and everything it needs. A link to a graph node that is absent is that node's own error. */
export function ancestors(graph: Graph, id: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(id) || graph[id] === undefined) return seen;
  seen.add(id);
  for (const value of Object.values(graph[id]?.inputs ?? {})) if (isLink(value)) ancestors(graph, value[0], seen);
  return seen;
}

function nodeErrors(
  graph: Graph,
  id: string,
  of: { readonly info: ObjectInfo; readonly inputDir: string },
): NodeError[] {
  const node = graph[id];
  const info = of.info[node?.class_type ?? ""];
  if (node === undefined || info === undefined) return [];
  const out: NodeError[] = [];
  for (const [name, spec] of Object.entries(info.input.required ?? {})) {
    if (node.inputs[name] === undefined)
      out.push({
        type: "required_input_missing",
        message: "Required input is missing",
        details: name,
        extra_info: { input_name: name },
      });
    else out.push(...inputErrors(graph, { node, name, spec, ...of }));
  }
  for (const [name, spec] of Object.entries(info.input.optional ?? {}))
    if (node.inputs[name] !== undefined) out.push(...inputErrors(graph, { node, name, spec, ...of }));
  return out;
}

function inputErrors(
  graph: Graph,
  of: {
    readonly node: Graph[string];
    readonly name: string;
    readonly spec: InputSpec;
    readonly info: ObjectInfo;
    readonly inputDir: string;
  },
): readonly NodeError[] {
  const { node, name, spec } = of;
  const value = node.inputs[name];
  const extra = { input_name: name, input_config: [spec[0], spec[1] ?? {}], received_value: value };
  if (isLink(value)) return linkErrors(graph, value, { ...of, extra });
  const [type, options = {}] = spec;
  if (Array.isArray(type) || type === "COMBO")
    return listErrors({ name, value, type, options, node, inputDir: of.inputDir, extra });
  if (type === "INT" || type === "FLOAT") return numberErrors(name, { value, options, extra, whole: type === "INT" });
  return [];
}

function linkErrors(
  graph: Graph,
  link: readonly [string, number],
  of: { readonly name: string; readonly spec: InputSpec; readonly info: ObjectInfo; readonly extra: object },
): readonly NodeError[] {
  const from = graph[link[0]];
  if (from === undefined)
    return [
      {
        type: "exception_during_validation",
        message: "Exception when validating node",
        details: `'${link[0]}'`,
        extra_info: { exception_type: "KeyError", traceback: [] },
      },
    ];
  const gives = of.info[from.class_type]?.output[link[1]];
  const wants = of.spec[0];
  if (
    gives === wants ||
    typeof wants !== "string" ||
    gives === undefined ||
    wants === "*" ||
    gives.includes("COMFY_") ||
    wants.includes("COMFY_")
  )
    return [];
  return [
    {
      type: "return_type_mismatch",
      message: "Return type mismatch between linked nodes",
      details: `${of.name}, received_type(${gives}) mismatch input_type(${wants})`,
      extra_info: { ...of.extra, received_type: gives, linked_node: link },
    },
  ];
}

function listErrors(of: {
  readonly name: string;
  readonly value: unknown;
  readonly type: string | readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly node: Graph[string];
  readonly inputDir: string;
  readonly extra: object;
}): readonly NodeError[] {
  const { name, value, node } = of;
  if (name === "image" && (node.class_type === "LoadImage" || node.class_type === "LoadImageMask")) {
    const path = join(of.inputDir, String(value).replace(/ \[input\]$/, ""));
    if (existsSync(path) && statSync(path).isFile()) return [];
    return [
      {
        type: "custom_validation_failed",
        message: "Custom validation failed for node",
        details: `image - Invalid image file: ${String(value)}`,
        extra_info: { ...of.extra, input_name: name },
      },
    ];
  }
  const list = Array.isArray(of.type)
    ? (of.type as readonly string[])
    : ((of.options["options"] as readonly string[] | undefined) ?? []);
  if (list.includes(String(value))) return [];
  return [
    {
      type: "value_not_in_list",
      message: "Value not in list",
      details: `${name}: '${String(value)}' not in [${list
        .slice(0, 20)
        .map((option) => `'${option}'`)
        .join(", ")}]`,
      extra_info:
        list.length > 20 ? { ...of.extra, input_config: null } : (of.extra as Readonly<Record<string, unknown>>),
    },
  ];
}

function numberErrors(
  name: string,
  of: {
    readonly value: unknown;
    readonly options: Readonly<Record<string, unknown>>;
    readonly extra: Readonly<Record<string, unknown>>;
    readonly whole: boolean;
  },
): readonly NodeError[] {
  const number = typeof of.value === "string" && of.value.trim() === "" ? Number.NaN : Number(of.value);
  if (Number.isNaN(number))
    return [
      {
        type: "invalid_input_type",
        message: `Failed to convert an input value to a ${of.whole ? "INT" : "FLOAT"} value`,
        details: `${name}, ${String(of.value)}, invalid literal`,
        extra_info: { ...of.extra, exception_message: "invalid literal" },
      },
    ];
  const { min, max } = of.options as { min?: number; max?: number };
  if (min !== undefined && number < min)
    return [
      {
        type: "value_smaller_than_min",
        message: `Value ${number} smaller than min of ${min}`,
        details: name,
        extra_info: of.extra,
      },
    ];
  if (max !== undefined && number > max)
    return [
      {
        type: "value_bigger_than_max",
        message: `Value ${number} bigger than max of ${max}`,
        details: name,
        extra_info: of.extra,
      },
    ];
  return [];
}
