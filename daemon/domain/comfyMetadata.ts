/**
 * What ComfyUI wrote about itself into the results (`prompt`, `workflow`: its whole graph, with prompts and names of files),
 * kept once per version beside the record while it is stripped from every picture. The first result's texts stand whole: the
 * others differ in seeds and names that the record has anyway, and are told by hash.
 */
import { z } from "zod";
import { canonicalJson } from "./canonicalJson.ts";

/** Keyword -> the text's hex sha256. */
export type SaidTexts = Readonly<Record<string, string>>;

export interface SaidResult {
  readonly wedge: number;
  readonly frame: number | null;
  readonly texts: SaidTexts;
}

/** `first`: the texts of the first result; null where they may not leave the node, or can no longer be read. */
export function comfyMetadataJson(
  results: readonly SaidResult[],
  first: Readonly<Record<string, string>> | null,
): string {
  const value = { schema: "hotplate-comfy-metadata/1", first, results };
  return `${JSON.stringify(JSON.parse(canonicalJson(value)), null, 1)}\n`;
}

const words = z.record(z.string(), z.string());

/** What an image worker wrote down of one result; throws for anything else. */
export function saidWords(json: string): Readonly<Record<string, string>> {
  return words.parse(JSON.parse(json));
}
