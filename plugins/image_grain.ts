/**
 * image.grain: the new part has the plate's grain.
 *
 * Kernel (Immerkaer 1996, doi:10.1006/cviu.1996.0060): [1 -2 1; -2 4 -2; 1 -2 1] / 6 over blocks of 16 x 16, inner 14 x 14, blocks whose mean lies
 * below 8 or above 247 codes left out. It answers to grain and to texture. Where the edit kept the plate's content (brightness and
 * detail of the blocks correlate by `sharedMin` or more) texture answers in both pictures, grain of its own in one: with a, b the answers in result and
 * plate, g the gain of the texture, grain^2 = mean(a^2) - g mean(ab) and mean(b^2) - mean(ab) / g, the median over the half of the blocks inside the mask
 * (24 px from its border; without one: everywhere) that share the least texture. A change of light multiplies display codes plus 14, so g is the
 * ratio of a block's mean levels plus 14, times what the coarse detail of all blocks says beside it; 1 % of mean(ab) is taken for its error. The plate's
 * own grain that an edit kept is in both and counts for neither. Measure: the ratio of the two; limits 0.6 to 1.7, where the flattest blocks
 * (15th percentile of mean |a| and |b|) moved the same way, to below 0.88 or above 1.2.
 * Where the content is new, sigma = sqrt(pi / 2) mean |a| of the flattest blocks is set beside that of the plate inside and outside
 * the mask: below `newMin` of the smaller or above `newMax` of the larger. Other content has another flattest block, so nothing is said
 * of one whose 4 x 4 px means differ by more than grain makes them: 1.7 sigma for grain that is missing, 3.2 for grain that is too much. Limits:
 * scripts/bench/qc.
 */
import type { Check } from "../daemon/plugin.ts";
import type { Block, Blocks } from "./_grainBlocks.ts";
import { holdsBlocks, look } from "./_grainBlocks.ts";
import { detailMap } from "./_where.ts";

const check: Check = {
  apiVersion: 1,
  id: "image.grain",
  version: 4,
  scope: "frame",
  finds: "grain missing or too much",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { ratioMin: 0.6, ratioMax: 1.7, sigmaMin: 0.15, sharedMin: 0.5, newMin: 0.45, newMax: 2.2 },
  judges: {
    ratioMin: { measures: ["ratio"], must: "atLeast", least: 0, greatest: 1 },
    ratioMax: { measures: ["ratio"], must: "atMost", least: 1 },
  },
  limitsFrom: {
    ratioMin: "prototype of the formula, limits fixed before its run (docs/qc.md)",
    ratioMax: "prototype of the formula, limits fixed before its run (docs/qc.md)",
    sigmaMin: "less than a plate's rounding to 8 bits",
    sharedMin: "the proof's corpus (docs/qc.md)",
    newMin: "the proof's corpus (docs/qc.md)",
    newMax: "the proof's corpus (docs/qc.md)",
  },
  seedMayCure: true,
  applies({ result, plate, mask, lumaPlane }) {
    if (result === null || plate === null) return null;
    if (result.width !== plate.width || result.height !== plate.height) return "the result is not of the plate's size";
    const [plane, before] = [lumaPlane("result"), lumaPlane("plate")];
    if (plane === null || before === null) return null;
    return holdsBlocks(plane, before, { of: { width: result.width, height: result.height, mask }, least: BLOCKS_MIN })
      ? null
      : `fewer than ${BLOCKS_MIN} blocks of 16 x 16 px may change and are neither too dark nor too bright to compare`;
  },
  run({ result, lumaPlane, mask, limits }) {
    const plane = lumaPlane("result");
    const before = lumaPlane("plate");
    if (result === null || plane === null || before === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { ratioMin = 0.6, ratioMax = 1.7, sigmaMin = 0.15, sharedMin = 0.5, newMin = 0.45, newMax = 2.2 } = limits;
    const blocks = look(plane, before, { width: result.width, height: result.height, mask });
    const shared = sharedBy(blocks.inside);
    const kept = shared >= sharedMin;
    const seen = kept ? residual(blocks.inside, sigmaMin) : flattest(blocks, sigmaMin);
    const { ratio } = seen;
    const least = kept ? ratioMin : newMin;
    const most = kept ? ratioMax : newMax;
    const measures = [
      {
        name: "ratio",
        value: ratio,
        unit: "ratio",
        limit: ratio < 1 ? least : most,
        must: ratio < 1 ? "atLeast" : "atMost",
      },
      { name: "sigma", value: seen.result, unit: "code", limit: null },
      { name: "plateSigma", value: seen.plate, unit: "code", limit: null },
      { name: "shared", value: shared, unit: "ratio", limit: sharedMin },
    ] as const;
    const figures = `grain of ${seen.result.toFixed(2)} codes beside ${seen.plate.toFixed(2)} of the plate`;
    const words = seen.doubted
      ? `${figures} (texture may make the difference: taken as 1 x)`
      : `${figures} (${ratio.toFixed(2)} x)`;
    if (ratio >= least && ratio <= most) return { verdict: "pass", measures, message: `It matches: ${words}.` };
    const message =
      ratio < least
        ? `The plate's grain is missing: ${words}; at least ${least} x.`
        : `It is noisier than the plate: ${words}; at most ${most} x.`;
    return {
      verdict: "warn",
      measures,
      message,
      hint: ratio < least ? "Add a regrain step." : "Denoise, or grain it less.",
      evidence: [
        detailMap(result, ratio < least ? "Less grain than the plate" : "More grain than the plate", {
          plane,
          before,
          inside: mask?.inside ?? null,
          less: ratio < least,
        }),
      ],
    };
  },
};

const BLOCKS_MIN = 12;

/** The smaller of the correlations of brightness and of coarse detail over the blocks. */
function sharedBy(blocks: readonly Block[]): number {
  return Math.min(
    correlation(blocks.map((block) => [block.mean, block.plateMean])),
    correlation(blocks.map((block) => [block.coarse, block.plateCoarse])),
  );
}

function correlation(pairs: readonly (readonly [number, number])[]): number {
  const meanA = pairs.reduce((sum, [a]) => sum + a, 0) / pairs.length;
  const meanB = pairs.reduce((sum, [, b]) => sum + b, 0) / pairs.length;
  const of = (value: (a: number, b: number) => number): number =>
    pairs.reduce((sum, [a, b]) => sum + value(a - meanA, b - meanB), 0);
  return of((a, b) => a * b) / Math.sqrt(Math.max(1e-9, of((a) => a * a) * of((_a, b) => b * b)));
}

interface Grain {
  readonly result: number;
  readonly plate: number;
  readonly ratio: number;
  /** The two differ, but texture may be why: the ratio is 1. */
  readonly doubted: boolean;
}

/**
 * Below the least sigma there is no grain to keep: a ratio of two nothings says nothing. Of the half of the blocks with the least common
 * texture; what its gain may be wrong by speaks for the result.
 */
function residual(blocks: readonly Block[], least: number): Grain {
  const calm = calmest(blocks);
  const gain = gainOf(blocks);
  const parts = calm.map((block) => {
    const g = gain * levelOf(block);
    const common = Math.max(0, block.product);
    return { own: block.square - g * common, plate: block.plateSquare - common / g, doubt: DOUBT * common };
  });
  const middle = (of: (part: (typeof parts)[number]) => number): number => quantile(parts.map(of), 0.5);
  const root = (square: number): number => Math.sqrt(Math.max(least ** 2, square));
  const result = root(middle(({ own }) => own));
  const plate = root(middle((part) => part.plate));
  const light = gain * quantile(blocks.map(levelOf), 0.5);
  const all = flat(blocks, "amount").sigma / Math.max(1e-6, light * flat(blocks, "plateAmount").sigma);
  if (result < plate) {
    const ratio = root(middle(({ own, doubt }) => own + doubt)) / root(middle((part) => part.plate - part.doubt));
    return all < LESS ? { result, plate, ratio: Math.min(1, ratio), doubted: false } : doubted(result, plate);
  }
  const ratio = root(middle(({ own, doubt }) => own - doubt)) / root(middle((part) => part.plate + part.doubt));
  return all > MORE ? { result, plate, ratio: Math.max(1, ratio), doubted: false } : doubted(result, plate);
}

function doubted(result: number, plate: number): Grain {
  return { result, plate, ratio: 1, doubted: Math.abs(result - plate) > DOUBT * plate };
}

/** So much of the common texture may be misjudged: its gain is known to that share. */
const DOUBT = 0.01;

/** What the flattest blocks hold in all must have become at least so much less, or more: else the texture was no common one. */
const LESS = 0.88;
const MORE = 1.2;

/** A change of light multiplies display codes, 14 (the offset of the sRGB curve) added to both, and texture with them. */
const SRGB_OFFSET = 0.055 * 255;
const levelOf = ({ mean, plateMean }: Block): number => (mean + SRGB_OFFSET) / (plateMean + SRGB_OFFSET);

/** What else the edit does to contrast, by the coarse detail of the half that has most of it. */
function gainOf(blocks: readonly Block[]): number {
  const rich = blocks.toSorted((a, b) => b.plateCoarse - a.plateCoarse).slice(0, Math.ceil(blocks.length / 2));
  const gains = rich.map((block) => block.coarse / Math.max(0.01, block.plateCoarse) / levelOf(block));
  return Math.min(3, Math.max(1 / 3, quantile(gains, 0.5)));
}

function calmest(blocks: readonly Block[]): readonly Block[] {
  const sorted = blocks.toSorted((a, b) => a.product - b.product);
  return sorted.slice(0, Math.max(BLOCKS_MIN, Math.ceil(blocks.length / 2)));
}

function flat(blocks: readonly Block[], what: "amount" | "plateAmount"): Flat {
  const coarse = what === "amount" ? "coarse" : "plateCoarse";
  const sorted = blocks.toSorted((a, b) => a[what] - b[what]);
  const few = sorted.slice(0, Math.max(4, Math.ceil(sorted.length * 0.3)));
  return {
    sigma:
      ROOT *
      quantile(
        sorted.map((block) => block[what]),
        0.15,
      ),
    bumpy: quantile(
      few.map((block) => block[coarse] / Math.max(0.01, ROOT * block[what])),
      0.5,
    ),
  };
}

interface Flat {
  readonly sigma: number;
  /** Coarse detail of the flattest blocks, times their sigma: of grain alone 0.35, of film's 0.7, more where there is texture. */
  readonly bumpy: number;
}

const PLATE_BUMPY_MAX = 1.7;
const BUMPY_MAX = 3.2;
const ROOT = Math.sqrt(Math.PI / 2);

function flattest({ inside, outside }: Blocks, least: number): Grain {
  const own = flat(inside, "amount");
  const within = flat(inside, "plateAmount");
  const without = outside.length < BLOCKS_MIN ? within : flat(outside, "plateAmount");
  const result = Math.max(least, own.sigma);
  const a = Math.max(least, within.sigma);
  const b = Math.max(least, without.sigma);
  const plate = Math.min(Math.max(a, b), Math.max(Math.min(a, b), result));
  const ratio = result / plate;
  const textured = ratio < 1 ? Math.min(within.bumpy, without.bumpy) > PLATE_BUMPY_MAX : own.bumpy > BUMPY_MAX;
  return textured ? doubted(result, plate) : { result, plate, ratio, doubted: false };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? 0;
}

export default check;
