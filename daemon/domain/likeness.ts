/**
 * How equal two pictures are, and what a rerun's grade follows from that. Only a measured rerun raises a grade: `bitwise`
 * (every file or every pixel is the same), `perceptual` (every frame is alike within the limits, on the same class of GPU),
 * else `recorded` (only what went in can be made again). Pure.
 */
import { LIMITS } from "./limits.ts";

/** Two frames, measured. Display-referred: floats are clamped to 0..1 and sRGB-encoded first. */
export type Likeness =
  | {
      readonly kind: "compared";
      readonly width: number;
      readonly height: number;
      /** Every sample of every channel is the same (NaN equals NaN). */
      readonly same: boolean;
      /** The largest difference of a sample: part of the largest code, or in the file's own linear values. */
      readonly max: number;
      /** dB over R, G and B, 10 log10(1 / MSE); null: no difference. */
      readonly psnr: number | null;
      /** Mean SSIM of luma (Wang et al. 2004; windows of 8 x 8, every 4 px), -1..1. */
      readonly ssim: number;
      /** Part of the pixels in which any sample differs, 0..1. */
      readonly changed: number;
    }
  /** They have no common measure: another size, or one can't be read. */
  | { readonly kind: "not comparable"; readonly why: string };

export interface FrameLikeness {
  /** As the new version names it. */
  readonly path: string;
  readonly sameFile: boolean;
  readonly likeness: Likeness;
}

export type Grade = "bitwise" | "perceptual" | "recorded";

export function gradeOf(frames: readonly FrameLikeness[], of: { readonly sameGpu: boolean }): Grade {
  if (frames.length === 0) return "recorded";
  if (frames.every(({ sameFile, likeness }) => sameFile || (likeness.kind === "compared" && likeness.same)))
    return "bitwise";
  return of.sameGpu && frames.every(({ sameFile, likeness }) => sameFile || isAlike(likeness))
    ? "perceptual"
    : "recorded";
}

function isAlike(likeness: Likeness): boolean {
  if (likeness.kind !== "compared") return false;
  if (likeness.same) return true;
  return (likeness.psnr ?? 0) >= LIMITS.perceptualPsnrDb && likeness.ssim >= LIMITS.perceptualSsim;
}

export interface LikenessSummary {
  readonly frames: number;
  readonly sameFiles: number;
  readonly samePixels: number;
  readonly notComparable: number;
  /** The worst of those that were compared; null: none, or no difference. */
  readonly psnr: number | null;
  readonly ssim: number | null;
  readonly max: number | null;
  readonly changed: number | null;
}

/** The worst of each over all frames. */
export function likenessSummary(frames: readonly FrameLikeness[]): LikenessSummary {
  const compared = frames.flatMap(({ likeness }) => (likeness.kind === "compared" ? [likeness] : []));
  const worst = (values: readonly number[], pick: (...all: number[]) => number): number | null =>
    values.length === 0 ? null : values.reduce((a, b) => pick(a, b));
  return {
    frames: frames.length,
    sameFiles: frames.filter(({ sameFile }) => sameFile).length,
    samePixels: compared.filter(({ same }) => same).length,
    notComparable: frames.length - compared.length,
    psnr: worst(
      compared.flatMap(({ psnr }) => psnr ?? []),
      Math.min,
    ),
    ssim: worst(
      compared.map(({ ssim }) => ssim),
      Math.min,
    ),
    max: worst(
      compared.map(({ max }) => max),
      Math.max,
    ),
    changed: worst(
      compared.map(({ changed }) => changed),
      Math.max,
    ),
  };
}

export const SAME_PIXELS = { same: true, max: 0, psnr: null, ssim: 1, changed: 0 } as const;
