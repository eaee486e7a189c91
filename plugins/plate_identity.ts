/**
 * plate.identity: what is in the plate is still itself, by the eyes of a model.
 *
 * Measure: distance, 1 - cosine of two embeddings: of the result and of its plate, cropped and scaled alike. 0 is the same direction, 1 none
 * in common. Limit: distanceMax, to be calibrated for the model and the show: an embedding's scale is its own. It looks through a model of
 * yours (`qcModels` in hotplate.yaml; docs/plugins.md), an image encoder such as DINOv2's or CLIP's (Caron 2021; Radford 2021), or the
 * features of LPIPS (Zhang 2018); without one it is an error. Statistical, so it warns.
 */
import type { Check, Inferred } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "plate.identity",
  version: 1,
  scope: "frame",
  finds: "another face or thing than in the plate, by a model of the studio's",
  layer: "essence",
  needs: ["result", "plate"],
  judges: { distanceMax: { measures: ["distance"], must: "atMost", least: 0, greatest: 2 } },
  limits: { distanceMax: 0.1 },
  limitsFrom: { distanceMax: "first choice; calibrate it for your model" },
  seedMayCure: true,
  infers: { output: "embedding", of: ["result", "plate"] },
  run({ inferred, limits }) {
    const [result, plate] = [inferred("result"), inferred("plate")];
    for (const one of [result, plate]) {
      if (one === null) return { verdict: "error", measures: [], message: "There are no pixels to look at." };
      if (one.output === "problem")
        return {
          verdict: "error",
          measures: [],
          message: `plate.identity could not look: ${one.message}.`,
          hint: one.hint,
        };
    }
    const distance = distanceOf(result as Inferred, plate as Inferred);
    const { distanceMax = 0.1 } = limits;
    const measures = [
      { name: "distance", value: distance, unit: "ratio", limit: distanceMax, must: "atMost" },
    ] as const;
    const numbers = `embedding distance ${distance.toFixed(4)}, limit ${distanceMax} (${(result as Inferred).model})`;
    return distance > distanceMax
      ? {
          verdict: "warn",
          measures,
          message: `Another thing than the plate's: ${numbers}.`,
          hint: "Compare both; lower the strength, or give the mask less.",
        }
      : { verdict: "pass", measures, message: `As the plate: ${numbers}.` };
  },
};

/** Two embeddings without length have nothing to compare: they count as equal only when both have none. */
function distanceOf({ values: a }: Inferred, { values: b }: Inferred): number {
  let [dot, aa, bb] = [0, 0, 0];
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const [x, y] = [a[i] as number, b[i] as number];
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  if (aa === 0 || bb === 0) return aa === bb ? 0 : 1;
  return Math.max(0, 1 - dot / Math.sqrt(aa * bb));
}

export default check;
