/**
 * A wedge's frames as one movie for looking at: H.264 that every reviewing tool plays. ffmpeg's arguments, as text; its rate,
 * and which frames are a movie at all.
 */
export interface FrameRate {
  readonly numerator: number;
  readonly denominator: number;
}

/** `24`, `23.976`, `24000/1001`; null: none of these. The broadcast rates that people round are meant exactly. */
export function frameRate(said: string | number): FrameRate | null {
  const ratio = /^(\d{1,7})\/(\d{1,7})$/.exec(String(said));
  const rate =
    ratio === null ? ofDecimal(Number(said)) : { numerator: Number(ratio[1]), denominator: Number(ratio[2]) };
  if (rate === null || rate.denominator === 0) return null;
  const value = rate.numerator / rate.denominator;
  return value >= 1 && value <= 240 ? rate : null;
}

function ofDecimal(value: number): FrameRate | null {
  if (!Number.isFinite(value)) return null;
  if (Number.isInteger(value)) return { numerator: value, denominator: 1 };
  // 23.976, 23.98, 29.97, 59.94: 1000/1001 of the next whole number.
  const whole = Math.ceil(value);
  if (Math.abs((whole * 1000) / 1001 - value) < 0.006) return { numerator: whole * 1000, denominator: 1001 };
  return { numerator: Math.round(value * 1000), denominator: 1000 };
}

/** Frames in even steps are a movie: three frames picked from a plate are not. */
export function isSequence(frames: readonly (number | null)[]): boolean {
  const numbers = frames.filter((frame) => frame !== null);
  const step = (numbers[1] ?? 0) - (numbers[0] ?? 0);
  return (
    numbers.length >= 2 &&
    numbers.length === frames.length &&
    numbers.every((n, i) => n === (numbers[0] ?? 0) + i * step)
  );
}

/** The n-th picture, from 1. */
export function moviePictureName(n: number): string {
  return `${String(n).padStart(DIGITS, "0")}.jpg`;
}
const DIGITS = 6;

/**
 * Pictures `dir/000001.jpg`... of one size -> `to`, which must not be there. Both sides become multiples of 4: at most 3 px
 * are cut off at the right and below, nothing is scaled or padded. Rec.709 by matrix, range and tags; closed groups of one
 * second. Nothing of ffmpeg's own, no date and no path is written into the file.
 */
export function movieArguments(
  dir: string,
  of: { readonly rate: FrameRate; readonly comment: string; readonly to: string },
): readonly string[] {
  const { numerator, denominator } = of.rate;
  const pixels = [
    "crop=trunc(iw/4)*4:trunc(ih/4)*4:0:0",
    "scale=in_range=full:in_color_matrix=bt601:out_range=tv:out_color_matrix=bt709:flags=accurate_rnd+full_chroma_int",
    "format=yuv420p",
    "setsar=1",
  ].join(",");
  const lines = [
    ["-nostdin", "-hide_banner", "-v", "error"],
    ["-framerate", `${numerator}/${denominator}`, "-start_number", "1", "-i", `${dir}/%0${DIGITS}d.jpg`],
    ["-vf", pixels, "-an", "-map_metadata", "-1"],
    ["-c:v", "libx264", "-preset", "medium", "-crf", "18", "-threads", "1"],
    ["-g", String(Math.max(1, Math.round(numerator / denominator))), "-flags:v", "+cgop+bitexact"],
    ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"],
    ["-movflags", "+faststart", "-fflags", "+bitexact", "-metadata", `comment=${of.comment}`],
    ["-n", of.to],
  ];
  return lines.flat();
}
