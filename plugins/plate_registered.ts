/**
 * plate.registered: the result lies on the plate, pixel on pixel.
 *
 * Formula: phase correlation (Kuglin, Hines 1975) of gradients, in up to four windows of 128 x 128 px at full size where the plate has the most
 * structure, wholly outside the mask where there is such a place; their normalised cross spectra are added, so that one window's repeated texture is outvoted. The peak's
 * place, refined by a parabola through its neighbours, is the shift in px; its height is the confidence. Limit: 0.25 px; below a confidence
 * of 0.05 nothing is said, nor below 0.25 where the windows may hold new content (no mask, or one that is nearly everywhere). Shifts up to 48 px are found.
 */
import type { BlockFacts, Check } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "plate.registered",
  version: 2,
  scope: "frame",
  finds: "the picture moved",
  layer: "crosscheck",
  needs: ["result", "plate"],
  limits: { pixelsMax: 0.25, confidenceMin: 0.05 },
  judges: { pixelsMax: { measures: ["shift"], must: "atMost", least: 0 } },
  limitsFrom: {
    pixelsMax: "prototype of the formula, limits fixed before its run (docs/qc.md)",
    confidenceMin: "a weaker peak is no shift: repeated texture",
  },
  seedMayCure: true,
  applies({ result, plate, atPlateSize }) {
    if (result === null || plate === null) return null;
    const at = atPlateSize();
    if (typeof at === "string") return at;
    return plate.width < SIDE + 2 || plate.height < SIDE + 2
      ? `the frame is smaller than a window of ${SIDE} px`
      : null;
  },
  run({ plate, lumaPlane, blocks, atPlateSize, limits }) {
    const [at, before, of] = [atPlateSize(), lumaPlane("plate"), blocks("plate")];
    if (typeof at === "string" || plate === null || before === null || of === null)
      return { verdict: "error", measures: [], message: "There are no pixels to look at." };
    const { pixelsMax = 0.25, confidenceMin = 0.05 } = limits;
    const { width, height } = plate;
    const { places, mayBeNew } = windowsOf(of, { width, height, inside: at.inside });
    if (places.length === 0)
      return {
        verdict: "pass",
        measures: [{ name: "windows", value: 0, unit: "count", limit: 1 }],
        message: "The plate has no structure to lie on.",
      };
    const found = correlate(at.luma, before, { width, places });
    const least = mayBeNew ? Math.max(confidenceMin, NEW_CONFIDENCE_MIN) : confidenceMin;
    const pixels = Math.hypot(found.x, found.y);
    const measures = [
      { name: "shift", value: pixels, unit: "px", limit: pixelsMax, must: "atMost" },
      { name: "x", value: found.x, unit: "px", limit: null },
      { name: "y", value: found.y, unit: "px", limit: null },
      { name: "confidence", value: found.confidence, unit: "ratio", limit: least },
    ] as const;
    const words = `x ${found.x.toFixed(2)}, y ${found.y.toFixed(2)} px, confidence ${found.confidence.toFixed(2)}`;
    if (found.confidence < least)
      return { verdict: "pass", measures, message: `Too different from the plate to measure a shift (${words}).` };
    return pixels > pixelsMax
      ? {
          verdict: "warn",
          measures,
          message: `It has moved against the plate: ${words}; limit ${pixelsMax} px.`,
          hint: "A resize or a crop to a multiple of 8 px in the graph; feed it padded.",
          evidence: [{ kind: "boxes", title: "Measured here", boxes: boxesAt(places, at.scale) }],
        }
      : { verdict: "pass", measures, message: `It lies on the plate: ${words}.` };
  },
};

/** In pixels of the result. */
function boxesAt(places: readonly (readonly [number, number])[], scale: number) {
  return places.map(([x, y]) => {
    const [left, top] = [Math.floor(x * scale), Math.floor(y * scale)];
    return [left, top, Math.floor(SIDE * scale), Math.floor(SIDE * scale)] as const;
  });
}

const SIDE = 128;
const WINDOWS = 4;
/** New content, fog and low light leave weak peaks beside the true one: of 165 right results none of 0.2. */
const NEW_CONFIDENCE_MIN = 0.25;

interface At {
  readonly width: number;
  readonly height: number;
  readonly inside: Uint8Array | null;
}

/** Corners of windows with the most structure, none overlapping: outside the mask where there are any, else anywhere. */
function windowsOf(of: BlockFacts, at: At): Windows {
  const all = scoredWindows(of, at);
  const { inside, width } = at;
  const free = apart(all, ({ x, y }) => inside === null || !touches(inside, y * width + x, width));
  return free.length > 0
    ? { places: free, mayBeNew: inside === null }
    : { places: apart(all, () => true), mayBeNew: true };
}

/** The first so many that suit and do not overlap. */
function apart(all: readonly Scored[], suits: (one: Scored) => boolean): Windows["places"] {
  const places: (readonly [number, number])[] = [];
  for (const one of all) {
    if (places.length === WINDOWS) break;
    const clear = places.every(([u, v]) => Math.abs(u - one.x) >= SIDE || Math.abs(v - one.y) >= SIDE);
    if (clear && suits(one)) places.push([one.x, one.y]);
  }
  return places;
}

interface Windows {
  readonly places: readonly (readonly [number, number])[];
  /** They lie where content may be new. */
  readonly mayBeNew: boolean;
}

interface Scored {
  readonly score: number;
  readonly x: number;
  readonly y: number;
}

/** At every block, with the most structure first. */
function scoredWindows(of: BlockFacts, at: At): readonly Scored[] {
  const per = SIDE / of.size;
  const scored: Scored[] = [];
  for (let by = 0; (by + per) * of.size < at.height; by += 1) {
    for (let bx = 0; (bx + per) * of.size < at.width; bx += 1) {
      const x = Math.max(1, bx * of.size);
      const y = Math.max(1, by * of.size);
      let score = 0;
      for (let v = by; v < by + per; v += 1)
        for (let u = bx; u < bx + per; u += 1) score += of.sd[v * of.columns + u] as number;
      if (score > 257) scored.push({ score, x, y });
    }
  }
  return scored.sort((a, b) => b.score - a.score);
}

function touches(inside: Uint8Array, start: number, width: number): boolean {
  for (let dy = 0; dy < SIDE; dy += 16)
    if (inside.subarray(start + dy * width, start + dy * width + SIDE).indexOf(1) >= 0) return true;
  return false;
}

function correlate(
  result: Uint16Array,
  plate: Uint16Array,
  of: { readonly width: number; readonly places: readonly (readonly [number, number])[] },
): { readonly x: number; readonly y: number; readonly confidence: number } {
  const n = SIDE * SIDE;
  const re = new Float64Array(n);
  const im = new Float64Array(n);
  for (let place = 0; place < of.places.length; place += 1) {
    const x = of.places[place]?.[0] ?? 0;
    const y = of.places[place]?.[1] ?? 0;
    // Two real pictures in one complex transform: the result as its real part, the plate as its imaginary one.
    const a = gradient(result, of.width, x, y);
    const b = gradient(plate, of.width, x, y);
    transform(a, b, false);
    for (let v = 0; v < SIDE; v += 1) {
      for (let u = 0; u < SIDE; u += 1) {
        const i = v * SIDE + u;
        const j = ((SIDE - v) % SIDE) * SIDE + ((SIDE - u) % SIDE);
        const rr = ((a[i] as number) + (a[j] as number)) / 2;
        const ri = ((b[i] as number) - (b[j] as number)) / 2;
        const pr = ((b[i] as number) + (b[j] as number)) / 2;
        const pi = ((a[j] as number) - (a[i] as number)) / 2;
        const cr = rr * pr + ri * pi;
        const ci = ri * pr - rr * pi;
        const size = Math.sqrt(cr * cr + ci * ci) || 1;
        re[i] = (re[i] as number) + cr / size;
        im[i] = (im[i] as number) + ci / size;
      }
    }
  }
  transform(re, im, true);
  return peakOf(re, n * of.places.length);
}

/** Magnitude of the gradient, faded to its mean at the edges (Hann). */
function gradient(plane: Uint16Array, width: number, x: number, y: number): Float64Array {
  const out = new Float64Array(SIDE * SIDE);
  let mean = 0;
  for (let v = 0; v < SIDE; v += 1) {
    for (let u = 0; u < SIDE; u += 1) {
      const i = (y + v) * width + x + u;
      const across = (plane[i + 1] as number) - (plane[i - 1] as number);
      const down = (plane[i + width] as number) - (plane[i - width] as number);
      const g = Math.sqrt(across * across + down * down);
      out[v * SIDE + u] = g;
      mean += g;
    }
  }
  mean /= out.length;
  const hann = Float64Array.from({ length: SIDE }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / SIDE));
  for (let i = 0; i < out.length; i += 1)
    out[i] = ((out[i] as number) - mean) * (hann[i % SIDE] as number) * (hann[Math.floor(i / SIDE)] as number);
  return out;
}

function peakOf(values: Float64Array, scale: number) {
  let best = 0;
  for (let i = 1; i < values.length; i += 1) if ((values[i] as number) > (values[best] as number)) best = i;
  const x = best % SIDE;
  const y = Math.floor(best / SIDE);
  const at = (u: number, v: number) => values[((v + SIDE) % SIDE) * SIDE + ((u + SIDE) % SIDE)] as number;
  const around = (a: number, b: number, c: number) => {
    const bend = a - 2 * b + c;
    return bend === 0 ? 0 : Math.max(-0.5, Math.min(0.5, (a - c) / 2 / bend));
  };
  const fine = (value: number) => (value > SIDE / 2 ? value - SIDE : value);
  return {
    x: fine(x) + around(at(x - 1, y), at(x, y), at(x + 1, y)),
    y: fine(y) + around(at(x, y - 1), at(x, y), at(x, y + 1)),
    confidence: (values[best] as number) / scale,
  };
}

/** In-place transform of SIDE x SIDE complex values, rows then columns (Cooley, Tukey 1965). The inverse is not scaled. */
function transform(re: Float64Array, im: Float64Array, inverse: boolean): void {
  const lineRe = new Float64Array(SIDE);
  const lineIm = new Float64Array(SIDE);
  for (let pass = 0; pass < 2; pass += 1) {
    const line = pass === 0 ? SIDE : 1;
    const step = pass === 0 ? 1 : SIDE;
    for (let k = 0; k < SIDE; k += 1) {
      for (let i = 0; i < SIDE; i += 1) {
        lineRe[i] = re[k * line + i * step] as number;
        lineIm[i] = im[k * line + i * step] as number;
      }
      fft(lineRe, lineIm, inverse ? 1 : -1);
      for (let i = 0; i < SIDE; i += 1) {
        re[k * line + i * step] = lineRe[i] as number;
        im[k * line + i * step] = lineIm[i] as number;
      }
    }
  }
}

/** Of the k-th part of a turn, of every size that is halved on the way: at size / 2 + k. Worked out once: there are a thousand lines in a frame. */
const ANGLES: readonly number[] = Array.from({ length: SIDE }, (_, at) => {
  const half = 2 ** Math.floor(Math.log2(Math.max(1, at)));
  return (Math.PI / half) * (at - half);
});
const COSINES: Float64Array = Float64Array.from(ANGLES, Math.cos);
const SINES: Float64Array = Float64Array.from(ANGLES, Math.sin);

function fft(re: Float64Array, im: Float64Array, direction: 1 | -1): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i += 1) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      const real = re[i] as number;
      const imaginary = im[i] as number;
      re[i] = re[j] as number;
      im[i] = im[j] as number;
      re[j] = real;
      im[j] = imaginary;
    }
  }
  for (let size = 2; size <= n; size <<= 1) {
    for (let k = 0; k < size / 2; k += 1) {
      const c = COSINES[size / 2 + k] as number;
      const s = direction * (SINES[size / 2 + k] as number);
      for (let i = k; i < n; i += size) {
        const j = i + size / 2;
        const tr = (re[j] as number) * c - (im[j] as number) * s;
        const ti = (re[j] as number) * s + (im[j] as number) * c;
        re[j] = (re[i] as number) - tr;
        im[j] = (im[i] as number) - ti;
        re[i] = (re[i] as number) + tr;
        im[i] = (im[i] as number) + ti;
      }
    }
  }
}

export default check;
