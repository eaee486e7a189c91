/**
 * The mask of an edit, 0..1 a pixel: a channel of the plate or of an image of the recipe, turned round where the recipe says
 * so, with a ramp inside its border. Pure. Nothing outside the mask is ever touched, so the ramp goes inwards only.
 */
import { HotplateError } from "../../domain/errors.ts";
import type { MaskPlan } from "../../domain/colorPlan.ts";
import type { Planes } from "./comeBack.ts";

/** `size`: the picture's. Another one: HP-PLATE-KIND, for nothing here scales a mask. */
export function editMask(
  image: Planes,
  plan: MaskPlan,
  size: { readonly width: number; readonly height: number },
): Float32Array {
  if (image.width !== size.width || image.height !== size.height)
    throw new HotplateError(
      "HP-PLATE-KIND",
      `the mask has ${image.width} x ${image.height} px, the plate ${size.width} x ${size.height}`,
    );
  const wantsAlpha = plan.from === "plate" || plan.channel === "alpha";
  if (wantsAlpha && image.alpha === null)
    throw new HotplateError("HP-PLATE-KIND", `the mask is the alpha of ${plan.from}, which has none`);
  const plane = wantsAlpha && image.alpha !== null ? image.alpha : image.colours[0];
  const { invert } = plan;
  // A loop: `Float32Array.from` with a function takes a hundred times as long.
  const mask = new Float32Array(plane.length);
  for (let i = 0; i < mask.length; i += 1) {
    const value = plane[i] as number;
    const cut = value > 0 ? Math.min(value, 1) : 0;
    mask[i] = invert ? 1 - cut : cut;
  }
  if (plan.feather > 0) feather(mask, size.width, plan.feather);
  return mask;
}

/** Scales the mask by a smooth step of the distance to the nearest pixel outside it (mask 0). */
function feather(mask: Float32Array, width: number, pixels: number): void {
  const distance = distanceToOutside(mask, width);
  for (let i = 0; i < mask.length; i += 1) {
    const t = Math.min((distance[i] as number) / (pixels + 1), 1);
    mask[i] = (mask[i] as number) * t * t * (3 - 2 * t);
  }
}

const DIAGONAL = Math.SQRT2;

/** Two passes over the picture (chamfer 1, root 2: within 8 % of Euclid); the picture's own border is no border. */
function distanceToOutside(mask: Float32Array, width: number): Float32Array {
  const far = mask.length;
  const out = new Float32Array(mask.length);
  for (let i = 0; i < out.length; i += 1) out[i] = (mask[i] as number) > 0 ? far : 0;
  const reach = (i: number, from: number, cost: number): void => {
    const by = (out[from] as number) + cost;
    if (by < (out[i] as number)) out[i] = by;
  };
  for (let i = 0; i < out.length; i += 1) {
    const x = i % width;
    if (x > 0) reach(i, i - 1, 1);
    if (i < width) continue;
    reach(i, i - width, 1);
    if (x > 0) reach(i, i - width - 1, DIAGONAL);
    if (x < width - 1) reach(i, i - width + 1, DIAGONAL);
  }
  for (let i = out.length - 1; i >= 0; i -= 1) {
    const x = i % width;
    if (x < width - 1) reach(i, i + 1, 1);
    if (i >= out.length - width) continue;
    reach(i, i + width, 1);
    if (x > 0) reach(i, i + width - 1, DIAGONAL);
    if (x < width - 1) reach(i, i + width + 1, DIAGONAL);
  }
  return out;
}
