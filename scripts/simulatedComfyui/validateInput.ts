/** One literal input against its declaration, in ComfyUI's words; the value is coerced in the graph as ComfyUI coerces it. */
import { existsSync, statSync } from "node:fs";
import { isAbsolute, join, normalize } from "node:path";
import type { InputSpec } from "./objectInfo.ts";
import type { ValidationWorld } from "./validate.ts";
import type { GraphNode } from "./words.ts";
import { asRecord } from "./words.ts";

export interface NodeError {
  readonly type: string;
  readonly message: string;
  readonly details: string;
  readonly extra_info: Readonly<Record<string, unknown>>;
}
export interface InputPlace {
  readonly node: GraphNode;
  readonly name: string;
  readonly spec: InputSpec;
  readonly world: ValidationWorld;
}

const LIST_SHOWN_MAX = 20;

export function nodeError(
  type: string,
  message: string,
  details: string,
  extra: Readonly<Record<string, unknown>>,
): NodeError {
  return { type, message, details, extra_info: extra };
}

export function missingInputs(
  name: string,
  spec: InputSpec,
  inputs: Readonly<Record<string, unknown>>,
): readonly NodeError[] {
  const missing = (path: string, word: string): NodeError =>
    nodeError("required_input_missing", "Required input is missing", word, { input_name: path });
  if (spec[0] !== "COMFY_AUTOGROW_V3") return [missing(name, name)];
  const template = asRecord(spec[1]?.["template"]);
  const prefix = typeof template["prefix"] === "string" ? template["prefix"] : "";
  const wanted = Array.from({ length: Number(template["min"] ?? 0) }, (_, index) => `${prefix}${index}`).reverse();
  return wanted.flatMap((word) => (inputs[`${name}.${word}`] === undefined ? [missing(`${name}.${word}`, word)] : []));
}

export function checkInput(place: InputPlace): readonly NodeError[] {
  const { node, name, spec } = place;
  const value = node.inputs[name];
  const extra = { input_name: name, input_config: [spec[0], spec[1] ?? {}], received_value: value };
  if (Array.isArray(value)) {
    const message = "Bad linked input, must be a length-2 list of [node_id, slot_index]";
    return [nodeError("bad_linked_input", message, name, extra)];
  }
  const literal = typeof value === "object" && value !== null && "__value__" in value ? value.__value__ : value;
  node.inputs[name] = literal;
  const type = spec[0];
  if (type === "INT" || type === "FLOAT") return checkNumber(place, literal, extra);
  if (type === "STRING") node.inputs[name] = pythonText(literal);
  if (type === "BOOLEAN") node.inputs[name] = truthy(literal);
  if (Array.isArray(type) || type === "COMBO" || type === "COMFY_DYNAMICCOMBO_V3")
    return checkList(place, literal, extra);
  return [];
}

function checkNumber(
  place: InputPlace,
  value: unknown,
  extra: Readonly<Record<string, unknown>>,
): readonly NodeError[] {
  const { node, name, spec } = place;
  const whole = spec[0] === "INT";
  const number = whole ? asInt(value) : asFloat(value);
  if (typeof number === "string") {
    const message = `Failed to convert an input value to a ${whole ? "INT" : "FLOAT"} value`;
    return [
      nodeError("invalid_input_type", message, `${name}, ${pythonText(value)}, ${number}`, {
        ...extra,
        exception_message: number,
      }),
    ];
  }
  node.inputs[name] = number;
  const { min, max } = (spec[1] ?? {}) as { readonly min?: number; readonly max?: number };
  const shown = (limit: number): string => (whole || !Number.isInteger(limit) ? String(limit) : `${limit}.0`);
  if (min !== undefined && number < min)
    return [
      nodeError("value_smaller_than_min", `Value ${shown(number)} smaller than min of ${shown(min)}`, name, extra),
    ];
  if (max !== undefined && number > max)
    return [nodeError("value_bigger_than_max", `Value ${shown(number)} bigger than max of ${shown(max)}`, name, extra)];
  return [];
}

/** The number, or why it is none in Python's words. */
function asInt(value: unknown): number | string {
  if (typeof value === "number") return Math.trunc(value);
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "string") {
    return /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : `invalid literal for int() with base 10: '${value}'`;
  }
  return `int() argument must be a string, a bytes-like object or a real number, not '${pythonType(value)}'`;
}

function asFloat(value: unknown): number | string {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "string") {
    const number = value.trim() === "" ? Number.NaN : Number(value);
    return Number.isNaN(number) ? `could not convert string to float: '${value}'` : number;
  }
  return `float() argument must be a string or a real number, not '${pythonType(value)}'`;
}

function pythonType(value: unknown): string {
  return value === null ? "NoneType" : "dict";
}

function pythonText(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "object") {
    const entries = Object.entries(value as Record<string, unknown>);
    return `{${entries.map(([key, inner]) => `'${key}': ${typeof inner === "string" ? `'${inner}'` : pythonText(inner)}`).join(", ")}}`;
  }
  return String(value as string | number | undefined);
}

function truthy(value: unknown): boolean {
  return Boolean(value);
}

function checkList(place: InputPlace, value: unknown, extra: Readonly<Record<string, unknown>>): readonly NodeError[] {
  const { name, spec, world } = place;
  const kind = spec[1]?.["image_upload"] === true ? "image" : spec[1]?.["video_upload"] === true ? "video" : null;
  if (kind !== null) return checkFile({ name, kind }, String(value as string), world);
  const options = Array.isArray(spec[0])
    ? (spec[0] as readonly unknown[])
    : ((spec[1]?.["options"] as readonly unknown[] | undefined) ?? []);
  const list = options.map((option): unknown => (typeof option === "object" ? asRecord(option)["key"] : option));
  if (list.includes(value)) return [];
  const long = list.length > LIST_SHOWN_MAX;
  const shown = long
    ? `(list of length ${list.length})`
    : `[${list.map((option) => (typeof option === "string" ? `'${option}'` : String(option as number))).join(", ")}]`;
  const details = `${name}: '${pythonText(value)}' not in ${shown}`;
  return [
    nodeError("value_not_in_list", "Value not in list", details, long ? { ...extra, input_config: null } : extra),
  ];
}

/** Loaders judge their own file; 0.19 takes absolute paths and `..`, 0.38 does not. */
function checkFile(
  { name, kind }: { readonly name: string; readonly kind: "image" | "video" },
  value: string,
  world: ValidationWorld,
): readonly NodeError[] {
  const path = loadPath(value, world);
  if (path !== null && existsSync(path) && statSync(path).isFile()) return [];
  return [
    nodeError(
      "custom_validation_failed",
      "Custom validation failed for node",
      `${name} - Invalid ${kind} file: ${value}`,
      { input_name: name },
    ),
  ];
}

/** Where a load input points; null when this version refuses it. */
export function loadPath(
  value: string,
  of: { readonly inputDir: string; readonly version: "0.19" | "0.38" },
): string | null {
  const [, bare = value, suffix = "input"] = /^(.*?) \[(input|output|temp)\]$/.exec(value) ?? [];
  const home = normalize(join(of.inputDir, "..", suffix));
  const path = isAbsolute(bare) ? normalize(bare) : normalize(join(home, bare));
  if (of.version === "0.38" && !path.startsWith(`${home}/`)) return null;
  return path;
}
