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
  if (output !== "score") return { ...whole, values };
  return { ...whole, columns: 1, rows: 1, values: Float32Array.of(input.luma(of)?.mean ?? 0) };
}
