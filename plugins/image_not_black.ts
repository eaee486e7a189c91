/**
 * image.not_black: the result is not a black frame, and what lies inside its mask is not black.
 *
 * Measures: mean and standard deviation of luma, as a share of full scale, of the whole frame and of what lies well inside the mask
 * (`_maskCore.ts`; nothing is said of less than 1024 px). Fail when both lie under their limits, 0.8 % each (after EBU QC item 0016B,
 * constant colour), or when half of what lies inside is exactly 0 (a wide feather shows the plate in the rest). Exact zero in every pixel is
 * named: safety filters return it. A plate that is as black there excuses a black result (a fade, a slate), and inside a mask so do blocks
 * beside the mask (a lamp taken out of the night), but neither excuses exact zero where it has picture noise.
 */
import type { Check, CheckAnswer, CheckInput, DecodedImage, LumaFacts } from "../daemon/plugin.ts";
import { colourPlaces } from "./_colourPlaces.ts";
import type { Core, TileLuma } from "./_maskCore.ts";
import { aroundOf, coreOf, tileLuma } from "./_maskCore.ts";

type Measures = CheckAnswer["measures"];

const percent = (ratio: number): string => `${(ratio * 100).toFixed(2)} %`;

const check: Check = {
  apiVersion: 1,
  id: "image.not_black",
  version: 2,
  scope: "frame",
  finds: "a black picture, or a black fill inside the mask",
  needs: ["result"],
  limits: { meanMin: 0.008, sdMin: 0.008 },
  idleAt: { meanMin: 0, sdMin: 0 },
  limitsFrom: { meanMin: "EBU QC item 0016B (constant colour)", sdMin: "EBU QC item 0016B (constant colour)" },
  seedMayCure: true,
  run(input) {
    const { luma, result, limits } = input;
    const seen = luma("result");
    if (result === null || seen === null || seen.pixels === 0)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { meanMin = 0.008, sdMin = 0.008 } = limits;
    const isBlack: IsBlack = ({ mean, sd }) => mean < meanMin && sd < sdMin;
    // One of the two above its limit is enough, so neither limit alone binds the value.
    const measures = [
      { name: "lumaMean", value: seen.mean, unit: "ratio", limit: meanMin },
      { name: "lumaSd", value: seen.sd, unit: "ratio", limit: sdMin },
    ] as const;
    const said = `both under the limits of ${percent(meanMin)} and ${percent(sdMin)}`;
    if (isBlack(seen)) return wholeFrame(input, { result, seen, measures, said, isBlack });
    const core = coreOf(input);
    const part = core === null ? null : tileLuma(core, "result", input);
    const both = [...measures, ...measuresOf(part, { meanMin, sdMin })];
    const found = core === null || part === null ? null : insideMask(input, { core, part, said, isBlack });
    if (found !== null) return { ...found, measures: both };
    const inside = part === null ? "" : `, inside the mask ${numbersOf(part)}`;
    return {
      verdict: "pass",
      measures: both,
      message: `Not black: ${numbersOf(seen)}${inside}; black is both under ${percent(meanMin)} and ${percent(sdMin)}.`,
    };
  },
};

type IsBlack = (of: { readonly mean: number; readonly sd: number }) => boolean;

const numbersOf = ({ mean, sd }: { readonly mean: number; readonly sd: number }): string =>
  `luma mean ${percent(mean)}, deviation ${percent(sd)}`;

function measuresOf(part: TileLuma | null, of: { readonly meanMin: number; readonly sdMin: number }): Measures {
  if (part === null) return [];
  return [
    { name: "insideMean", value: part.mean, unit: "ratio", limit: of.meanMin },
    { name: "insideSd", value: part.sd, unit: "ratio", limit: of.sdMin },
    { name: "insideZero", value: part.zero, unit: "ratio", limit: ZERO_MAX },
  ];
}

interface Whole {
  readonly result: DecodedImage;
  readonly seen: LumaFacts;
  readonly measures: Measures;
  readonly said: string;
  readonly isBlack: IsBlack;
}

function wholeFrame({ luma }: CheckInput, { result, seen, measures, said, isBlack }: Whole): CheckAnswer {
  const plate = luma("plate");
  const plateBlack = plate !== null && isBlack(plate);
  const exact = seen.max === 0;
  if (plateBlack && (!exact || plate.max === 0))
    return { verdict: "pass", measures, message: `As black as its plate: ${numbersOf(seen)}.` };
  if (exact) {
    const { message, hint } = causeOf(result, null);
    return { verdict: plateBlack ? "warn" : "fail", measures, message: `Every pixel ${message} (${said}).`, hint };
  }
  const message = `The result is black: ${numbersOf(seen)}, ${said}.`;
  return { verdict: "fail", measures, message, hint: "Try another seed; look at the graph's last steps." };
}

/** So much of what lies well inside may be exactly 0, in tiles. */
const ZERO_MAX = 0.5;

interface Part {
  readonly core: Core;
  readonly part: TileLuma;
  readonly said: string;
  readonly isBlack: IsBlack;
}

/** null: nothing to say. */
function insideMask(input: CheckInput, of: Part): Omit<CheckAnswer, "measures"> | null {
  const { core, part, said, isBlack } = of;
  const zero = part.zero >= ZERO_MAX;
  if (!isBlack(part) && !zero) return null;
  const plate = tileLuma(core, "plate", input);
  const around = aroundOf(input);
  const excused =
    (plate !== null && (isBlack(plate) || plate.zero >= ZERO_MAX)) || (around !== null && isBlack(around));
  const zeroThere = (plate !== null && plate.zero >= ZERO_MAX) || around?.mean === 0;
  if (excused && (!zero || zeroThere)) return null;
  const evidence = [{ kind: "boxes", title: "Inside the mask", boxes: [input.mask?.box ?? [0, 0, 0, 0]] }] as const;
  if (zero && input.result !== null) {
    const { message, hint } = causeOf(input.result, core);
    const share = part.zero === 1 ? "every pixel" : `${percent(part.zero)} of it`;
    return { verdict: excused ? "warn" : "fail", message: `Inside the mask ${share} ${message}.`, hint, evidence };
  }
  const message = `Inside the mask the result is black: ${numbersOf(part)}, ${said}.`;
  return { verdict: "fail", message, hint: "Try another seed; look at the graph's last steps.", evidence };
}

/** Pixels that say why it is black. */
const PIXELS_ENOUGH = 20_000;

/** What shows as exactly 0 is 0 only in whole numbers: floats below it, and what is no number, show so, too. Of a core its tiles' middles. */
function causeOf({ samples, channels, channelNames, width }: DecodedImage, core: Core | null) {
  const filter = {
    message: "is exactly 0: very likely a safety filter of the model",
    hint: "Change the prompt or the seed; the model refused the picture.",
  };
  if (!(samples instanceof Float32Array)) return filter;
  const places = colourPlaces(channelNames);
  const step = Math.ceil(samples.length / channels / PIXELS_ENOUGH);
  const pixels =
    core === null
      ? Array.from({ length: Math.floor(samples.length / channels / step) }, (_, i) => i * step)
      : core.tiles.map(({ x, y }) => (y + core.size / 2) * width + x + core.size / 2);
  let [unreal, below, all] = [0, 0, 0];
  for (const pixel of pixels)
    for (const place of places) {
      const v = samples[pixel * channels + place] as number;
      all += 1;
      unreal += Number.isFinite(v) ? 0 : 1;
      below += v < 0 ? 1 : 0;
    }
  if (unreal > all / 2)
    return {
      message: "holds no number (NaN or infinite), which shows as black",
      hint: "A division by zero or an overflow in the graph; see pixels.finite.",
    };
  if (below > all / 2)
    return {
      message: "is negative, which shows as black",
      hint: "Look at the gamut conversion or a subtraction in the graph; see pixels.negative.",
    };
  return filter;
}

export default check;
