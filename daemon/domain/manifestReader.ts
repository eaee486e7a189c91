/**
 * Who reads the answer: a manifest that names its plate as `P:\...` was written on Windows, and its answer is read there.
 */
import type { Manifest } from "./manifestSchema.ts";
import type { PathForm, RootForms } from "./pathForms.ts";
import { formOf } from "./pathForms.ts";

/** By the first path in it that tells: the plate's, the output's, then texts among the parameters. null: none tells. */
export function readerOf(manifest: Manifest, roots: readonly RootForms[]): PathForm | null {
  const plate = typeof manifest.plate === "string" ? manifest.plate : manifest.plate?.path;
  const written = [plate, manifest.output?.to, ...Object.values(manifest.parameters ?? {})];
  for (const text of written) {
    const form = typeof text === "string" ? formOf(text, roots) : null;
    if (form !== null) return form;
  }
  return null;
}
