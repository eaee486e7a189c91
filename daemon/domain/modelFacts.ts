/**
 * What a safetensors header says of its model: the fields of ModelSpec 1.0.1 in `__metadata__`. Anybody may have written it:
 * only known fields are taken, only texts, cut to a bound, without control characters. Pure.
 */
import { LIMITS } from "./limits.ts";

export interface ModelFacts {
  readonly license: string | null;
  /** ModelSpec's fields without their prefix; empty when it has none. */
  readonly modelspec: Readonly<Record<string, string>>;
}

/** All of ModelSpec 1.0.1 but `thumbnail`, which is a picture. */
const FIELDS = [
  "sai_model_spec",
  "architecture",
  "implementation",
  "title",
  "description",
  "author",
  "date",
  "hash_sha256",
  "license",
  "usage_hint",
  "resolution",
  "tags",
  "merged_from",
  "trigger_phrase",
  "prediction_type",
  "timestep_range",
  "encoder_layer",
  "preprocessor",
  "is_negative_embedding",
  "unet_dtype",
  "vae_dtype",
] as const;

/** `header`: the JSON object at the head of the file, parsed. null: it says nothing. */
export function modelFacts(header: unknown): ModelFacts | null {
  const metadata = own(header, "__metadata__");
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) return null;
  const modelspec: Record<string, string> = {};
  for (const field of FIELDS) {
    const value = textOf(own(metadata, `modelspec.${field}`));
    if (value !== null) modelspec[field] = value;
  }
  const license = modelspec["license"] ?? textOf(own(metadata, "license"));
  return license === null && Object.keys(modelspec).length === 0 ? null : { license, modelspec };
}

function own(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

function textOf(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const text = value
    .slice(0, LIMITS.modelFactCharactersMax)
    .replace(/[\p{Cc}\p{Cf}]+/gu, " ")
    .trim();
  return text === "" ? null : text.toWellFormed();
}
