/**
 * file.decodes: the file that is to be published can be opened and every pixel of it can be read.
 *
 * Measure: decoded (1 yes, 0 no), and the file's size. Limit: exactly 1. A damaged file of a kind that can be read is a
 * fail (we looked and it is bad); a kind that no reader here knows is an error (we could not look), and holds the result.
 * Structure is walked by our own code first (PNG chunks and their checksums, EXR chunk table): decoders return whole
 * frames for half files. Source: reference measurements of cut files, docs/qc.md.
 */
import type { Check, HeaderFacts } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "file.decodes",
  version: 1,
  scope: "frame",
  finds: "a file that is damaged, or of a kind that can't be read",
  layer: "container",
  needs: [],
  limits: {},
  run({ result, resultFile, decodeProblem, header }) {
    const measure = (decoded: number) => [
      { name: "decoded", value: decoded, unit: "bool", limit: 1, must: "equal" } as const,
      { name: "fileBytes", value: resultFile.bytes, unit: "count", limit: 1, must: "atLeast" } as const,
    ];
    if (result !== null) {
      return { verdict: "pass", measures: measure(1), message: decodedBy(result.reader, header("result")) };
    }
    const why = decodeProblem?.message ?? "nothing was decoded";
    if (decodeProblem?.kind === "broken") {
      return {
        verdict: "fail",
        measures: measure(0),
        message: `The file is damaged: ${why}`,
        hint: "Make it again: run its task again, or copy it anew.",
      };
    }
    return {
      verdict: "error",
      measures: [],
      message: `The file could not be looked at: ${why}`,
      hint: decodeProblem?.hint ?? "Write a kind that can be read.",
    };
  },
};

/** With what of an OpenEXR was taken for its picture, and what beside it nobody decoded. */
function decodedBy(reader: string, header: HeaderFacts | null): string {
  const { layer, otherParts = [] } = header ?? {};
  const where = layer === undefined ? "" : ` Its picture is the layer ${layer}.`;
  if (otherParts.length === 0) return `Decoded whole by ${reader}.${where}`;
  return `The part that is its picture was decoded whole by ${reader}.${where} Not looked at: ${otherParts.join(", ")}.`;
}

export default check;
