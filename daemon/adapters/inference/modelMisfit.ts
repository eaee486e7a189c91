/** Whether a model takes the picture that the configuration makes for it, by what the model says of itself. */
import type { QcModel } from "../../domain/qcModels.ts";
import { modelShape } from "./modelPicture.ts";

/** What a model says of one input. A side that is no number is any. */
export interface Taken {
  readonly name: string;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}

/** null: it does, as far as it says; else in words that follow the model's name. */
export function modelMisfit(
  of: {
    readonly inputNames: readonly string[];
    readonly outputNames: readonly string[];
    readonly inputMetadata?: readonly Taken[];
  },
  model: QcModel,
): string | null {
  const { inputNames, outputNames } = of;
  if (model.input !== undefined && !inputNames.includes(model.input))
    return `has no input ${model.input}; it has ${inputNames.join(", ")}`;
  if (model.output !== undefined && !outputNames.includes(model.output))
    return `has no output ${model.output}; it has ${outputNames.join(", ")}`;
  if (inputNames.length > 1) return `takes ${inputNames.length} inputs (${inputNames.join(", ")}), and gets a picture`;
  const taken = of.inputMetadata?.find(({ name }) => name === (model.input ?? inputNames[0]));
  if (taken === undefined) return null;
  const { name, type, shape } = taken;
  if (type !== undefined && type !== "float32" && type !== "float16")
    return `takes ${type} (${name}), and gets float32 or float16`;
  const given = modelShape(model);
  // A side of 0 or less is how some exporters write any.
  const fits = (side: number | string, i: number) => typeof side !== "number" || side <= 0 || side === given[i];
  if (shape === undefined || (shape.length === given.length && shape.every(fits))) return null;
  const sides = shape.map((side) => (typeof side === "number" && side > 0 ? side : "any"));
  return `takes [${sides.join(", ")}] (${name}), and gets [${given.join(", ")}] (${model.layout})`;
}
