/**
 * image.not_solid: the result is not one flat colour.
 *
 * Measures: standard deviation of luma over the frame, and the largest one inside a block of 32 x 32 pixels, as a share of
 * full scale. Fail when both lie under 0.3 % (after EBU QC item 0016B, constant colour): a small detail on a flat field
 * raises the second. A plate that is as flat excuses the result.
 */
import type { Check } from "../daemon/plugin.ts";

const percent = (ratio: number): string => `${(ratio * 100).toFixed(2)} %`;

const check: Check = {
  apiVersion: 1,
  id: "image.not_solid",
  version: 1,
  scope: "frame",
  needs: ["result"],
  limits: { sdMin: 0.003 },
  limitsFrom: { sdMin: "EBU QC item 0016B (constant colour)" },
  seedMayCure: true,
  run({ luma, limits }) {
    const seen = luma("result");
    if (seen === null || seen.pixels === 0)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { sdMin = 0.003 } = limits;
    // Detail in one block is enough, so only the block's value is bound by the limit.
    const measures = [
      { name: "lumaSd", value: seen.sd, unit: "ratio", limit: sdMin },
      { name: "blockSdMax", value: seen.blockSdMax, unit: "ratio", limit: sdMin },
    ] as const;
    const numbers = `luma deviation ${percent(seen.sd)}, in the liveliest block ${percent(seen.blockSdMax)}`;
    if (seen.sd >= sdMin || seen.blockSdMax >= sdMin) {
      return { verdict: "pass", measures, message: `Not flat: ${numbers}; flat is both under ${percent(sdMin)}.` };
    }
    const plate = luma("plate");
    if (plate !== null && plate.sd < sdMin && plate.blockSdMax < sdMin) {
      return { verdict: "pass", measures, message: `As flat as its plate: ${numbers}.` };
    }
    const message = `The result is one flat colour (level ${percent(seen.mean)}): ${numbers}, both under ${percent(sdMin)}.`;
    return { verdict: "fail", measures, message, hint: "Try another seed; look at the graph's last steps." };
  },
};

export default check;
