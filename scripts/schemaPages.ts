/**
 * The manifest's and the configuration's one schema in other clothes: JSON Schema (draft-07, what editors complete from) and
 * the table of fields in docs/manifest.md.
 */
import { z } from "zod";
import { assetSchema } from "../daemon/domain/assetRecord.ts";
import { calibrationSchema } from "../daemon/domain/calibrationReport.ts";
import { configSchema } from "../daemon/domain/config.ts";
import { manifestSchema, NOT_YET } from "../daemon/domain/manifestSchema.ts";
import { openJsonSchema } from "../daemon/domain/openRecord.ts";
import { qcReportSchema } from "../daemon/domain/qcReport.ts";
import { qcRunSchema } from "../daemon/domain/qcRunReport.ts";

/** The part of JSON Schema that zod writes for us. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly additionalProperties?: boolean | Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
}

const LATER = "Not in this version: refused with HP-MANIFEST-NOT-YET.";

export function manifestJsonSchema(): string {
  const schema = z.toJSONSchema(manifestSchema, { target: "draft-7", io: "input" });
  for (const path of NOT_YET) markLater(schema as Writable, path);
  return jsonText({ title: "Hotplate manifest", ...schema });
}

export function configJsonSchema(): string {
  return jsonText({
    title: "Hotplate configuration",
    ...z.toJSONSchema(configSchema, { target: "draft-7", io: "input" }),
  });
}

/** The record of a version, for whoever reads `asset.json`. */
export function assetJsonSchema(): string {
  return jsonText({ title: "ai-asset/1", ...openJsonSchema(assetSchema) });
}

/** Of `.hotplate/qc.json`, for whoever reads it. */
export function qcJsonSchema(): string {
  return jsonText({ title: "hotplate-qc/1", ...z.toJSONSchema(qcReportSchema, { target: "draft-7" }) });
}

/** Of what `hotplate qc run --json` prints. */
export function qcRunJsonSchema(): string {
  return jsonText({ title: "hotplate-qc-run/1", ...z.toJSONSchema(qcRunSchema, { target: "draft-7" }) });
}

/** Of what `hotplate qc calibrate --json` prints. */
export function calibrationJsonSchema(): string {
  return jsonText({ title: "hotplate-qc-calibration/1", ...z.toJSONSchema(calibrationSchema, { target: "draft-7" }) });
}

interface Writable {
  properties?: Record<string, Writable>;
  description?: string;
  doNotSuggest?: boolean;
}

/** Editors do not offer what is refused, and say why when it is typed. */
function markLater(schema: Writable, [key, ...rest]: readonly string[]): void {
  const inner = key === undefined ? undefined : schema.properties?.[key];
  if (inner === undefined) return;
  if (rest.length > 0) return markLater(inner, rest);
  inner.description = LATER;
  inner.doNotSuggest = true;
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** `| field | kind | default | meaning |`, nested fields with their path. */
export function manifestFields(): string {
  const schema = JSON.parse(manifestJsonSchema()) as Schema;
  const rows = rowsOf(schema, "");
  return ["| field | kind | default | meaning |", "|---|---|---|---|", ...rows].join("\n");
}

function rowsOf(schema: Schema, prefix: string): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    const name = `${prefix}${key}`;
    const must = schema.required?.includes(key) === true ? "must be there" : "";
    const fallback = inner.default === undefined ? must : `\`${JSON.stringify(inner.default)}\``;
    const example = inner.examples?.[0];
    const shown = example === undefined ? "" : ` E.g. \`${JSON.stringify(example)}\`.`;
    const row = `| \`${name}\` | ${cell(kindOf(inner))} | ${fallback} | ${cell((inner.description ?? "") + shown)} |`;
    const parts = [inner, ...(inner.anyOf ?? [])].flatMap((part) => rowsOf(part, `${name}.`));
    return [row, ...parts];
  });
}

const PLAIN: Readonly<Record<string, string>> = {
  string: "text",
  integer: "whole number",
  array: "list",
  object: "fields",
  boolean: "true, false",
};

function kindOf(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(String).join(", ");
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(kindOf))].join(" or ");
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
  const words = types.map((type) => PLAIN[type] ?? type).join(", ");
  return `${words}${rangeOf(schema)}`;
}

function rangeOf({ minimum, maximum }: Schema): string {
  const low = minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? null : minimum;
  const high = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? null : maximum;
  if (low !== null && high !== null) return ` ${low} to ${high}`;
  if (low !== null) return ` from ${low}`;
  return high === null ? "" : ` up to ${high}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
