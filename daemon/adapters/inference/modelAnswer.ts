/** What a model gave back, as the kind of output that a check asks for: an embedding, one score, or a map over the picture. */
import { LIMITS } from "../../domain/limits.ts";
import type { QcModel } from "../../domain/qcModels.ts";
import type { Inferred } from "../../plugin.ts";

export interface ModelOutput {
  readonly dims: readonly number[];
  readonly data: ArrayLike<number | bigint>;
  /** ONNX's name: `float32`, `float16` ... */
  readonly type?: string;
}

/** A sentence where the output is not of that kind. */
export function modelAnswer(
  output: ModelOutput,
  kind: Inferred["output"],
  { model, name }: { readonly model: QcModel; readonly name: string },
): Inferred | string {
  const shape = `[${output.dims.join(", ")}]`;
  if (output.data.length === 0) return `its output ${shape} is empty`;
  if (output.data.length > LIMITS.modelNumbersMax)
    return `its output ${shape} has more than ${LIMITS.modelNumbersMax} numbers`;
  const values = numbersOf(output);
  switch (kind) {
    case "embedding":
      return whole({ output: kind, model: name, values, columns: values.length, rows: 1 });
    case "score": {
      if (output.dims.filter((side) => side !== 1).length > 1)
        return `its output ${shape} is no list of classes; a classifier's is [1, classes]`;
      const score = activated(values, model.activation)[model.index];
      if (score === undefined) return `its output ${shape} has no class ${model.index}`;
      if (score < -ROUNDING || score > 1 + ROUNDING)
        return `class ${model.index} of its output ${shape} is ${score}, no score of 0..1 (activation: sigmoid or softmax makes one of logits)`;
      return whole({ output: kind, model: name, values: Float32Array.of(score), columns: 1, rows: 1 });
    }
    case "map":
      return mapOf(values, output.dims, { model, name });
  }
}

/** What a score may be beyond 0..1 by rounding. */
const ROUNDING = 1e-3;

/** Half floats come as numbers or, of older runtimes, as their bits. */
function numbersOf({ data, type }: ModelOutput): Float32Array {
  if (type === "float16" && data instanceof Uint16Array)
    return Float32Array.from(new Float16Array(data.buffer, data.byteOffset, data.length));
  return Float32Array.from(data, Number);
}

/**
 * nchw: the last two sides are rows and columns; nhwc: the two before the channels. A model may take one and give the other, as CRAFT
 * does: where only one of them has the shape of the picture, it is that one.
 */
function mapOf(
  values: Float32Array,
  dims: readonly number[],
  { model, name }: { readonly model: QcModel; readonly name: string },
): Inferred | string {
  const sides = dims.filter((side, i) => i > 0 || side !== 1);
  const [a = 1, b = 1, c = 1] = sides.length === 2 ? [1, ...sides] : sides;
  if (sides.length < 2 || sides.length > 3) return `its output [${dims.join(", ")}] is no map`;
  const [first, second] = [isShapeOf(model, b, c), isShapeOf(model, a, b)];
  if (!first && !(second && sides.length === 3))
    return `its output [${dims.join(", ")}] is no map of a picture of ${model.width} x ${model.height}`;
  const last = sides.length === 3 && (first && second ? model.layout === "nhwc" : second);
  const [channels, rows, columns] = last ? [c, a, b] : [a, b, c];
  if (model.index >= channels) return `its output [${dims.join(", ")}] has no channel ${model.index}`;
  const plane = Float32Array.from({ length: rows * columns }, (_, i) =>
    Number(values[last ? i * channels + model.index : model.index * rows * columns + i]),
  );
  const activation = model.activation === "softmax" ? "none" : model.activation;
  if (model.activation === "softmax" && channels > 1)
    softmaxOver(plane, values, { channels, last, index: model.index });
  return whole({ output: "map", model: name, values: activated(plane, activation), columns, rows });
}

/** As wide for its height as the picture, within one cell each: models leave out what their stride does not fill. */
function isShapeOf({ width, height }: QcModel, rows: number, columns: number): boolean {
  const [across, down] = [columns / width, rows / height];
  return Math.abs(across - down) <= Math.max(across / columns, down / rows);
}

function whole(inferred: Inferred): Inferred | string {
  return inferred.values.every(Number.isFinite) ? inferred : "its output holds values that are no numbers";
}

function activated(values: Float32Array, activation: QcModel["activation"]): Float32Array {
  if (activation === "sigmoid") return values.map((value) => 1 / (1 + Math.exp(-value)));
  if (activation !== "softmax") return values;
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = values.map((value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((value) => value / sum);
}

function softmaxOver(
  plane: Float32Array,
  values: Float32Array,
  of: { readonly channels: number; readonly last: boolean; readonly index: number },
): void {
  const { channels, last, index } = of;
  for (let i = 0; i < plane.length; i += 1) {
    const logits = Float32Array.from({ length: channels }, (_, k) =>
      Number(values[last ? i * channels + k : k * plane.length + i]),
    );
    plane[i] = activated(logits, "softmax")[index] as number;
  }
}
