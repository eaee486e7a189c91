/**
 * image.nsfw: a classifier sees nothing that should not leave a studio unseen.
 *
 * Measure: score, 0..1, of the class that `qcModels` names by `index`. Limit: scoreMax, to be calibrated for the model. It looks through a
 * classifier of yours (docs/plugins.md); frames never leave the node. It warns, for a person confirms; whoever wants it to hold or refuse
 * says so by severity (docs/qc.md). Without a model it is an error.
 */
import type { Check } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.nsfw",
  version: 1,
  scope: "frame",
  finds: "what a model of the studio's takes for not safe for work",
  layer: "essence",
  needs: ["result"],
  judges: { scoreMax: { measures: ["score"], must: "atMost" } },
  limits: { scoreMax: 0.5 },
  limitsFrom: { scoreMax: "as likely as not; calibrate it for your model" },
  seedMayCure: true,
  infers: { output: "score", of: ["result"] },
  run({ inferred, limits }) {
    const seen = inferred("result");
    if (seen === null) return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    if (seen.output === "problem")
      return {
        verdict: "error",
        measures: [],
        message: `image.nsfw could not look: ${seen.message}.`,
        hint: seen.hint,
      };
    const { scoreMax = 0.5 } = limits;
    const score = seen.values[0] as number;
    const measures = [{ name: "score", value: score, unit: "ratio", limit: scoreMax, must: "atMost" }] as const;
    const numbers = `score ${score.toFixed(3)}, limit ${scoreMax} (${seen.model})`;
    return score > scoreMax
      ? {
          verdict: "warn",
          measures,
          message: `Somebody should look before anybody else does: ${numbers}.`,
          hint: "A person decides.",
        }
      : { verdict: "pass", measures, message: `Nothing seen: ${numbers}.` };
  },
};

export default check;
