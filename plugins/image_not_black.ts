/**
 * image.not_black: the result is not a black frame.
 *
 * Measures: mean and standard deviation of luma, as a share of full scale. Fail when both lie under their limits, 0.8 %
 * each (after EBU QC item 0016B, constant colour). Exact zero in every pixel is named: safety filters return it. A plate
 * that is as black excuses a black result (a fade, a slate), but not exact zero where the plate has picture noise.
 */
import type { Check } from "../daemon/plugin.ts";

const percent = (ratio: number): string => `${(ratio * 100).toFixed(2)} %`;

const check: Check = {
  apiVersion: 1,
  id: "image.not_black",
  version: 1,
  scope: "frame",
  needs: ["result"],
  limits: { meanMin: 0.008, sdMin: 0.008 },
  limitsFrom: { meanMin: "EBU QC item 0016B (constant colour)", sdMin: "EBU QC item 0016B (constant colour)" },
  seedMayCure: true,
  run({ luma, limits }) {
    const seen = luma("result");
    if (seen === null || seen.pixels === 0)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { meanMin = 0.008, sdMin = 0.008 } = limits;
    // One of the two above its limit is enough, so neither limit alone binds the value.
    const measures = [
      { name: "lumaMean", value: seen.mean, unit: "ratio", limit: meanMin },
      { name: "lumaSd", value: seen.sd, unit: "ratio", limit: sdMin },
    ] as const;
    const numbers = `luma mean ${percent(seen.mean)}, deviation ${percent(seen.sd)}`;
    if (seen.mean >= meanMin || seen.sd >= sdMin) {
      return {
        verdict: "pass",
        measures,
        message: `Not black: ${numbers}; black is both under ${percent(meanMin)} and ${percent(sdMin)}.`,
      };
    }
    const plate = luma("plate");
    const plateBlack = plate !== null && plate.mean < meanMin && plate.sd < sdMin;
    const exact = seen.max === 0;
    if (plateBlack && (!exact || plate.max === 0)) {
      return { verdict: "pass", measures, message: `As black as its plate: ${numbers}.` };
    }
    const limit = `both under the limits of ${percent(meanMin)} and ${percent(sdMin)}`;
    if (exact) {
      const message = `Every pixel is exactly 0 (${limit}): very likely a safety filter of the model.`;
      const hint = "Change the prompt or the seed; the model refused the picture.";
      return { verdict: plateBlack ? "warn" : "fail", measures, message, hint };
    }
    return {
      verdict: "fail",
      measures,
      message: `The result is black: ${numbers}, ${limit}.`,
      hint: "Try another seed; look at the graph's last steps.",
    };
  },
};

export default check;
