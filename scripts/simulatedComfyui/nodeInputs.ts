/** How graph node functions read their inputs. Validation has been: what is not there is a link of the wrong kind. */
import type { Plane, Value } from "./tensor.ts";

export type Inputs = Readonly<Record<string, unknown>>;
export type NodeFunction = (inputs: Inputs) => readonly Value[];

/** A graph node's own failure, under a Python exception's name. */
export class NodeRaised extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

export function images(inputs: Inputs, name: string): readonly Plane[] {
  return framesOf(inputs[name], "image");
}
export function masks(inputs: Inputs, name: string): readonly Plane[] {
  return framesOf(inputs[name], "mask");
}
function framesOf(value: unknown, kind: "image" | "mask"): readonly Plane[] {
  const given = value as Value | undefined;
  // A literal where a link belongs passes validation, in the real one too.
  if (given?.kind !== kind)
    throw new NodeRaised(
      "AttributeError",
      `'${typeof value === "string" ? "str" : "int"}' object has no attribute 'shape'\n`,
    );
  return given.frames;
}
export function num(inputs: Inputs, name: string): number {
  const value = inputs[name];
  return typeof value === "object" && value !== null && "value" in value ? Number(value.value) : Number(value);
}
export function word(inputs: Inputs, name: string): string {
  return String(inputs[name] as string | number | undefined);
}
export function first(frames: readonly Plane[]): Plane {
  const frame = frames[0];
  if (frame === undefined) throw new NodeRaised("IndexError", "index 0 is out of bounds for dimension 0 with size 0\n");
  return frame;
}
/** Batches of different length: the shorter is repeated. */
export function at(frames: readonly Plane[], index: number): Plane {
  return frames[index % frames.length] ?? first(frames);
}
export const asImages = (frames: readonly Plane[]): readonly Value[] => [{ kind: "image", frames }];
export const asMasks = (frames: readonly Plane[]): readonly Value[] => [{ kind: "mask", frames }];
export const eachImage =
  (name: string, change: (frame: Plane, inputs: Inputs) => Plane): NodeFunction =>
  (inputs) =>
    asImages(images(inputs, name).map((frame) => change(frame, inputs)));
export const eachMask =
  (name: string, change: (frame: Plane, inputs: Inputs) => Plane): NodeFunction =>
  (inputs) =>
    asMasks(masks(inputs, name).map((frame) => change(frame, inputs)));
