/** What stands in for a model in the kit: numbers of the promised kind, made of the picture's luma, so that a check that looks through one has something to judge. */
import type { SharedInput } from "../../domain/qcInput.ts";
import type { Check, Inferred } from "../../plugin.ts";

export function withKitModel(check: Check, input: SharedInput): SharedInput {
  const { infers } = check;
  return infers === undefined ? input : { ...input, inferred: (of) => madeOf(input, of, infers.output) };
}

function madeOf(input: SharedInput, of: "result" | "plate", output: Inferred["output"]): Inferred | null {
  const blocks = input.blocks(of);
  if (blocks === null) return null;
  const whole = { output, model: "the kit's own", columns: blocks.columns, rows: blocks.rows } as const;
  const values = blocks.mean.map((mean) => mean / 65_535);
  if (output === "map") return { ...whole, values: fewOf(values) };
  if (output !== "score") return { ...whole, values };
  return { ...whole, columns: 1, rows: 1, values: Float32Array.of(input.luma(of)?.mean ?? 0) };
}

/** What a detector finds takes a small part of a picture: the brightest eighth. */
function fewOf(values: Float32Array): Float32Array {
  const least = values.toSorted()[Math.floor(values.length * 0.875)] ?? 1;
  return values.map((value) => (value > least ? 1 : 0));
}
