/**
 * plate.structure: what stands in the plate still stands there.
 *
 * Formula: SSIM (Wang, Bovik, Sheikh, Simoncelli 2004, doi:10.1109/TIP.2003.819861) over windows of 8 x 8 px beside one another,
 * on luma in codes 0..255 (of a frame of more than 3 million pixels every n-th one), C1 = 6.5025, C2 = 58.5225; its mean over all windows (outside the mask where there is one).
 * SSIM depends on its implementation (0.9890 here where two others said 0.9933 and 0.9922): this one is `js-ssim8@1`. Limit: 0.85; upscaling and
 * denoising want more, a profile says so. Light changes means and contrasts by intent, so `shared` asks for forms alone: the mean of
 * cov / sqrt(var R var P) over windows in which the plate has structure (a deviation of `FORMS` codes), weighted by the plate's variance up to four times that; no gain
 * and no offset moves it, an inverted picture has -1. Limit: 0.2. Fewer than 32 such windows say nothing. A larger result is looked at at the plate's size.
 */
import type { Check, PixelBox } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "plate.structure",
  version: 2,
  scope: "frame",
  finds: "what stood in the plate stands there no more; another picture, mirrored, inverted",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { ssimMin: 0.85, sharedMin: 0.2 },
  judges: {
    ssimMin: { measures: ["ssim"], must: "atLeast", least: -1, greatest: 1 },
    sharedMin: { measures: ["shared"], must: "atLeast", least: -1, greatest: 1 },
  },
  limitsFrom: {
    ssimMin: "start limit; profiles set their own (docs/qc.md)",
    sharedMin: "whole frames relit keep more than 0.29 of it, other pictures less than 0.1 (docs/qc.md)",
  },
  seedMayCure: true,
  applies({ result, plate, atPlateSize }) {
    if (result === null || plate === null) return null;
    const at = atPlateSize();
    return typeof at === "string" ? at : null;
  },
  run({ result, plate, lumaPlane, atPlateSize, expected, limits }) {
    const [at, before] = [atPlateSize(), lumaPlane("plate")];
    if (typeof at === "string" || plate === null || before === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { ssimMin = 0.85, sharedMin = 0.2 } = limits;
    // Its mean counts what is ignored, a thousandth of a frame; the evidence may not call a mark of ours lost.
    const hidden = hiddenAt(expected.ignore, (result?.width ?? plate.width) / plate.width);
    const seen = ssim(at.luma, before, { width: plate.width, height: plate.height, inside: at.inside, hidden });
    if (seen.windows === 0)
      return {
        verdict: "pass",
        measures: [{ name: "windows", value: 0, unit: "count", limit: 1 }],
        message: "There is nothing outside the mask to compare.",
      };
    const { shared } = seen;
    const measures = [
      { name: "ssim", value: seen.mean, unit: "ratio", limit: ssimMin, must: "atLeast" },
      ...(shared === null
        ? []
        : ([{ name: "shared", value: shared, unit: "ratio", limit: sharedMin, must: "atLeast" }] as const)),
      { name: "windows", value: seen.windows, unit: "count", limit: null },
    ] as const;
    const words = `structure fits the plate's by ${seen.mean.toFixed(4)} (SSIM 8 x 8), limit ${ssimMin}`;
    const forms = shared === null ? "" : `; its forms by ${shared.toFixed(3)}, limit ${sharedMin}`;
    if (seen.mean >= ssimMin && (shared === null || shared >= sharedMin))
      return { verdict: "pass", measures, message: `It keeps the plate's structure: ${words}${forms}.` };
    const another = shared !== null && shared < sharedMin;
    const evidence = [
      { kind: "map", title: "Structure lost", columns: seen.columns, rows: seen.rows, levels: seen.levels },
    ] as const;
    return {
      verdict: "warn",
      measures,
      message: another
        ? `It shows another picture than the plate, or shows it mirrored or inverted: ${words}${forms}.`
        : `It has drifted from the plate: ${words}${forms}.`,
      hint: another
        ? "Is it the result of this plate? A lower denoise, or a stronger control image."
        : "A lower denoise, or a stronger control image.",
      evidence,
    };
  },
};

const WINDOW = 8;
const C1 = 6.5025;
const C2 = 58.5225;
const MAP = 64;
/** Codes of 1/255: a larger deviation than that of grain. */
const FORMS = 4;
const FORMED_MIN = 32;
/** Windows looked at are enough, and no more: their mean is known to a thousandth. */
const WINDOWS_ENOUGH = 32_768;

function ssim(
  a: Uint16Array,
  b: Uint16Array,
  of: {
    readonly width: number;
    readonly height: number;
    readonly inside: Uint8Array | null;
    readonly hidden: readonly PixelBox[];
  },
) {
  const { width, height, inside, hidden } = of;
  const columns = Math.max(1, Math.min(MAP, Math.floor(width / WINDOW)));
  const rows = Math.max(1, Math.min(MAP, Math.floor(height / WINDOW)));
  const sums = new Float64Array(columns * rows);
  const window = { ssim: 0, form: 0, weight: 0 };
  let [forms, weights, formed] = [0, 0, 0];
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
      lookAtWindow(a, b, { start, width, into: window });
      const value = window.ssim;
      forms += window.weight * window.form;
      weights += window.weight;
      formed += window.weight > 0 ? 1 : 0;
      sum += value;
      windows += 1;
      if (hidden.length > 0 && isHidden(hidden, x, y)) continue;
      const cell = Math.floor((y * rows) / height) * columns + Math.floor((x * columns) / width);
      sums[cell] = (sums[cell] as number) + value;
      counts[cell] = (counts[cell] as number) + 1;
    }
  }
  const levels = Array.from(sums, (s, i) => {
    const n = counts[i] as number;
    return n === 0 ? 0 : Math.round(Math.min(1, Math.max(0, 1 - s / n)) * 255);
  });
  const shared = formed < FORMED_MIN ? null : forms / weights;
  return { mean: windows === 0 ? 1 : sum / windows, shared, windows, columns, rows, levels };
}

/** The ignored rectangles in pixels of the plate. */
function hiddenAt(ignore: readonly PixelBox[], scale: number): readonly PixelBox[] {
  return ignore.map(([x, y, width, height]) => [x / scale, y / scale, width / scale, height / scale]);
}

/** Does a window touch what is not looked at? */
function isHidden(hidden: readonly PixelBox[], x: number, y: number): boolean {
  return hidden.some(
    ([left, top, width, height]) => x < left + width && x + WINDOW > left && y < top + height && y + WINDOW > top,
  );
}

/** What one window says; made once, and written over for each. */
interface Window {
  ssim: number;
  /** Correlation of its pixels with the plate's. */
  form: number;
  /** 0 where the plate has no structure. */
  weight: number;
}

function lookAtWindow(
  a: Uint16Array,
  b: Uint16Array,
  { start, width, into }: { readonly start: number; readonly width: number; readonly into: Window },
): void {
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
  into.ssim = ((2 * ma * mb + C1) * (2 * cov + C2)) / ((ma * ma + mb * mb + C1) * (va + vb + C2));
  into.weight = vb < FORMS ** 2 ? 0 : Math.min(vb, 4 * FORMS ** 2);
  into.form = va > 0 && vb > 0 ? cov / Math.sqrt(va * vb) : 0;
}

export default check;
