/**
 * plate.structure: what stands in the plate still stands there.
 *
 * Formula: SSIM (Wang, Bovik, Sheikh, Simoncelli 2004, doi:10.1109/TIP.2003.819861) over windows of 8 x 8 px beside one another,
 * on luma in codes 0..255 (of a frame of more than 3 million pixels every n-th one), C1 = 6.5025, C2 = 58.5225; its mean over all windows (outside the mask where there is one).
 * SSIM depends on its implementation (0.9890 here where two others said 0.9933 and 0.9922): this one is `js-ssim8@1`. Limit: 0.85, for
 * relighting; upscaling and denoising want 0.97, a profile says so.
 */
import type { Check } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "plate.structure",
  version: 1,
  scope: "frame",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { ssimMin: 0.85 },
  judges: { ssimMin: { measures: ["ssim"], must: "atLeast", least: 0, greatest: 1 } },
  limitsFrom: { ssimMin: "start limit for a relight; profiles set their own (docs/qc.md)" },
  seedMayCure: true,
  applies({ result, plate }) {
    if (result === null || plate === null) return null;
    return result.width !== plate.width || result.height !== plate.height
      ? "the result is not of the plate's size"
      : null;
  },
  run({ result, lumaPlane, mask, limits }) {
    const [plane, before] = [lumaPlane("result"), lumaPlane("plate")];
    if (result === null || plane === null || before === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { ssimMin = 0.85 } = limits;
    const seen = ssim(plane, before, { width: result.width, height: result.height, inside: mask?.inside ?? null });
    if (seen.windows === 0)
      return {
        verdict: "pass",
        measures: [{ name: "windows", value: 0, unit: "count", limit: 1 }],
        message: "There is nothing outside the mask to compare.",
      };
    const measures = [
      { name: "ssim", value: seen.mean, unit: "ratio", limit: ssimMin, must: "atLeast" },
      { name: "windows", value: seen.windows, unit: "count", limit: null },
    ] as const;
    const words = `structure fits the plate's by ${seen.mean.toFixed(4)} (SSIM 8 x 8), limit ${ssimMin}`;
    return seen.mean < ssimMin
      ? {
          verdict: "warn",
          measures,
          message: `It has drifted from the plate: ${words}.`,
          hint: "A lower denoise, or a stronger control image.",
          evidence: [
            { kind: "map", title: "Structure lost", columns: seen.columns, rows: seen.rows, levels: seen.levels },
          ],
        }
      : { verdict: "pass", measures, message: `It keeps the plate's structure: ${words}.` };
  },
};

const WINDOW = 8;
const C1 = 6.5025;
const C2 = 58.5225;
const MAP = 64;
/** Windows looked at are enough, and no more: their mean is known to a thousandth. */
const WINDOWS_ENOUGH = 32_768;

function ssim(
  a: Uint16Array,
  b: Uint16Array,
  of: { readonly width: number; readonly height: number; readonly inside: Uint8Array | null },
) {
  const { width, height, inside } = of;
  const columns = Math.max(1, Math.min(MAP, Math.floor(width / WINDOW)));
  const rows = Math.max(1, Math.min(MAP, Math.floor(height / WINDOW)));
  const sums = new Float64Array(columns * rows);
  const counts = new Float64Array(columns * rows);
  let sum = 0;
  let windows = 0;
  const every = Math.max(1, Math.round((width * height) / (WINDOW * WINDOW) / WINDOWS_ENOUGH));
  const step = WINDOW * every;
  for (let y = 0; y + WINDOW <= height; y += WINDOW) {
    // Staggered from row to row, so that every column is looked at.
    for (let x = ((y / WINDOW) % every) * WINDOW; x + WINDOW <= width; x += step) {
      const start = y * width + x;
      if (inside !== null && (inside[start] === 1 || inside[start + (WINDOW - 1) * (width + 1)] === 1)) continue;
      const value = windowSsim(a, b, start, width);
      sum += value;
      windows += 1;
      const cell = Math.floor((y * rows) / height) * columns + Math.floor((x * columns) / width);
      sums[cell] = (sums[cell] as number) + value;
      counts[cell] = (counts[cell] as number) + 1;
    }
  }
  const levels = Array.from(sums, (s, i) => {
    const n = counts[i] as number;
    return n === 0 ? 0 : Math.round(Math.min(1, Math.max(0, 1 - s / n)) * 255);
  });
  return { mean: windows === 0 ? 1 : sum / windows, windows, columns, rows, levels };
}

function windowSsim(a: Uint16Array, b: Uint16Array, start: number, width: number): number {
  let sa = 0;
  let sb = 0;
  let aa = 0;
  let bb = 0;
  let ab = 0;
  for (let y = 0; y < WINDOW; y += 1) {
    const row = start + y * width;
    for (let i = row; i < row + WINDOW; i += 1) {
      const u = a[i] as number;
      const v = b[i] as number;
      sa += u;
      sb += v;
      aa += u * u;
      bb += v * v;
      ab += u * v;
    }
  }
  const n = WINDOW * WINDOW;
  const k = 257;
  const ma = sa / n / k;
  const mb = sb / n / k;
  const va = aa / n / (k * k) - ma * ma;
  const vb = bb / n / (k * k) - mb * mb;
  const cov = ab / n / (k * k) - ma * mb;
  return ((2 * ma * mb + C1) * (2 * cov + C2)) / ((ma * ma + mb * mb + C1) * (va + vb + C2));
}

export default check;
