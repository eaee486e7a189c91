/**
 * image.not_solid: the result is not one flat colour, and neither is what lies inside its mask.
 *
 * Measures: standard deviation of luma over the frame, and the largest one inside a block of 32 x 32 pixels, as a share of
 * full scale; the same of what lies well inside the mask (`_maskCore.ts`; nothing is said of less than 1024 px). Fail when both lie under
 * 0.3 % (after EBU QC item 0016B, constant colour): a small detail on a flat field raises the second; or when half of what lies inside is of
 * one luma to the last code (a wide feather shows the plate in the rest). A plate that is as flat there excuses the result, and inside a mask
 * so do blocks beside the mask (a bird taken out of the sky), unless it is one code where they have noise. Black is image.not_black's.
 */
import type { Check, CheckAnswer, CheckInput, DecodedImage } from "../daemon/plugin.ts";
import { colourPlaces } from "./_colourPlaces.ts";
import type { Core, TileLuma } from "./_maskCore.ts";
import { aroundOf, coreOf, tileLuma } from "./_maskCore.ts";

type Measures = CheckAnswer["measures"];

const percent = (ratio: number): string => `${(ratio * 100).toFixed(2)} %`;

const check: Check = {
  apiVersion: 1,
  id: "image.not_solid",
  version: 2,
  scope: "frame",
  finds: "a picture of one colour, or a flat fill inside the mask",
  needs: ["result"],
  limits: { sdMin: 0.003 },
  idleAt: { sdMin: 0 },
  limitsFrom: { sdMin: "EBU QC item 0016B (constant colour)" },
  seedMayCure: true,
  run(input) {
    const { luma, limits } = input;
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
    if (seen.sd < sdMin && seen.blockSdMax < sdMin) {
      const plate = luma("plate");
      if (plate !== null && plate.sd < sdMin && plate.blockSdMax < sdMin)
        return { verdict: "pass", measures, message: `As flat as its plate: ${numbers}.` };
      const message = `The result is one flat colour (level ${percent(seen.mean)}): ${numbers}, both under ${percent(sdMin)}.`;
      return { verdict: "fail", measures, message, hint: "Try another seed; look at the graph's last steps." };
    }
    const core = coreOf(input);
    const part = core === null ? null : tileLuma(core, "result", input);
    const both = [...measures, ...measuresOf(part, sdMin)];
    const found = core === null || part === null ? null : insideMask(input, { core, part, sdMin });
    if (found !== null) return { ...found, measures: both };
    const inside = part === null ? "" : `, inside the mask ${percent(part.sd)}`;
    const message = `Not flat: ${numbers}${inside}; flat is both under ${percent(sdMin)}.`;
    return { verdict: "pass", measures: both, message };
  },
};

function measuresOf(part: TileLuma | null, sdMin: number): Measures {
  if (part === null) return [];
  return [
    { name: "insideSd", value: part.sd, unit: "ratio", limit: sdMin },
    { name: "insideTileSdMax", value: part.tileSdMax, unit: "ratio", limit: sdMin },
    { name: "insideEven", value: part.even, unit: "ratio", limit: EVEN_MAX },
  ];
}

/** So much of what lies well inside may be of one luma to the last code, in tiles. */
const EVEN_MAX = 0.5;

/** null: nothing to say. */
function insideMask(
  input: CheckInput,
  of: { readonly core: Core; readonly part: TileLuma; readonly sdMin: number },
): Omit<CheckAnswer, "measures"> | null {
  const { core, part, sdMin } = of;
  const even = part.even >= EVEN_MAX;
  const flat = (of: TileLuma): boolean => of.sd < sdMin && of.tileSdMax < sdMin;
  if (part.zero >= EVEN_MAX || !(flat(part) || even)) return null;
  // Light above full scale has one luma, whatever it is.
  if (input.result !== null && !even && varies(input.result, core)) return null;
  const plate = tileLuma(core, "plate", input);
  const around = aroundOf(input);
  const plateFlat = plate !== null && (flat(plate) || plate.even >= EVEN_MAX);
  const excused = plateFlat || (around !== null && around.sd < sdMin);
  const evenThere = (plate !== null && plate.even >= EVEN_MAX) || (around !== null && around.sd * 65_535 < 0.5);
  if (excused && (!even || evenThere)) return null;
  const numbers = `luma deviation ${percent(part.sd)}, in its liveliest tile ${percent(part.tileSdMax)}`;
  const said = flat(part)
    ? `Inside the mask the result is one flat colour (level ${percent(part.mean)}): ${numbers}, both under ${percent(sdMin)}.`
    : `Inside the mask ${percent(part.even)} of the result is of one code each, without any noise; ${percent(EVEN_MAX)} may.`;
  return {
    verdict: excused ? "warn" : "fail",
    message: said,
    hint: "Try another seed: a safety filter of the model may have filled it. Else look at the graph's last steps.",
    evidence: [{ kind: "boxes", title: "Inside the mask", boxes: [input.mask?.box ?? [0, 0, 0, 0]] }],
  };
}

/** Do floats vary by a hundredth where their luma does not? */
function varies({ samples, channels, channelNames, width }: DecodedImage, { size, tiles }: Core): boolean {
  if (!(samples instanceof Float32Array)) return false;
  const places = colourPlaces(channelNames);
  return places.some((place) => {
    let [least, most] = [Number.POSITIVE_INFINITY, 0];
    for (const { x, y } of tiles)
      for (let i = 0; i < size; i += 1) {
        const v = samples[((y + i) * width + x + i) * channels + place] as number;
        if (!Number.isFinite(v)) continue;
        least = Math.min(least, v);
        most = Math.max(most, v);
      }
    return most > 1 && most > least * 1.01;
  });
}

export default check;
