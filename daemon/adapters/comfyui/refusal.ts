/**
 * A refusal of `/prompt` in words: which graph node and parameter, what was found, what is allowed or nearest. ComfyUI's own
 * `details` are kept where they say more, for rules and people know them.
 */
import type { Catalogue } from "../../domain/catalogue.ts";
import { nearestWord } from "../../domain/nearest.ts";
import type { ComfyError } from "../../ports.ts";
import { asArray, asNumber, asRecord, asText } from "./parse.ts";

type Json = Readonly<Record<string, unknown>>;
/** Offered values that are still read by a person. */
const OPTIONS_SHOWN_MAX = 20;

/** `text` is the body as it came: all there is when it is no JSON. */
export function refusal(body: unknown, text: string, known: Catalogue | null): ComfyError {
  const error = asRecord(asRecord(body)["error"]);
  const nodes = Object.entries(asRecord(asRecord(body)["node_errors"])).map(([id, node]) => ({
    id,
    node: asRecord(node),
  }));
  const found = nodes.flatMap(({ id, node }) =>
    asArray(node["errors"]).map((one) => ({ id, node, error: asRecord(one) })),
  );
  const first = found[0];
  const extra = asRecord(error["extra_info"]);
  const sentence =
    first === undefined ? said(error) : inputSentence(first.error, asText(first.node["class_type"]), known);
  const others = found.length > 1 ? ` (and ${found.length - 1} more: ${elsewhere(found.slice(1))})` : "";
  return {
    kind: "refused",
    exceptionType: asText(first?.error["type"]) ?? asText(error["type"]),
    graphNode: first?.id ?? asText(extra["node_id"]),
    classType: asText(first?.node["class_type"]) ?? asText(extra["class_type"]),
    message: `${sentence === "" ? oneLine(text) : sentence}${others}`,
  };
}

function elsewhere(rest: readonly { readonly id: string; readonly node: Json; readonly error: Json }[]): string {
  const shown = rest.slice(0, 3).map(({ id, node, error }) => {
    const input = asText(asRecord(error["extra_info"])["input_name"]);
    return `${asText(node["class_type"]) ?? "graph node"} ${id}${input === null ? "" : ` ${input}`}`;
  });
  return rest.length > shown.length ? `${shown.join(", ")}, ...` : shown.join(", ");
}

function said(error: Json): string {
  const parts = [asText(error["message"]), asText(error["details"])].filter((part) => part !== null && part !== "");
  return [...new Set(parts)].join(": ");
}

function inputSentence(error: Json, classType: string | null, known: Catalogue | null): string {
  const extra = asRecord(error["extra_info"]);
  const input = asText(extra["input_name"]);
  if (input === null) return said(error);
  switch (error["type"]) {
    case "value_not_in_list":
      return notInList(error, {
        input,
        options: optionsOf(extra, known?.[classType ?? ""]?.inputs[input]?.options ?? null),
      });
    case "value_bigger_than_max":
    case "value_smaller_than_min":
    case "invalid_input_type":
      return `${said(error)}; found ${JSON.stringify(extra["received_value"])}${range(extra)}`;
    default:
      return said(error);
  }
}

/** A list longer than ComfyUI shows is known from the node catalogue. */
function optionsOf(extra: Json, known: readonly string[] | null): readonly string[] {
  const [type, config] = asArray(extra["input_config"]);
  const list = Array.isArray(type) ? type : asArray(asRecord(config)["options"]);
  return list.length > 0 ? list.filter((option) => typeof option === "string") : (known ?? []);
}

function notInList(error: Json, of: { readonly input: string; readonly options: readonly string[] }): string {
  const value = asRecord(error["extra_info"])["received_value"];
  const found = typeof value === "string" ? value : JSON.stringify(value);
  if (of.options.length <= OPTIONS_SHOWN_MAX) return said(error);
  const nearest = nearestWord(found, of.options);
  const hint = nearest === null ? "" : `; nearest: '${nearest}'`;
  return `${asText(error["message"]) ?? "Value not in list"}: ${of.input}: '${found}' is none of ${of.options.length} values${hint}`;
}

function range(extra: Json): string {
  const config = asRecord(asArray(extra["input_config"])[1]);
  const min = asNumber(config["min"]);
  const max = asNumber(config["max"]);
  if (min === null && max === null) return "";
  return `, allowed ${min === null ? "" : `${min}`} to ${max === null ? "any" : `${max}`}`;
}

function oneLine(text: string): string {
  return text.slice(0, 300).replaceAll(/\s+/g, " ").trim();
}
