/**
 * What the way to the model and back costs a picture that the model leaves alone, measured on this very plate: the feed is
 * taken as the answer and laid back like any answer. Pure.
 */
import type { ColorWay } from "../../domain/colorWay.ts";
import type { Planes } from "./comeBack.ts";
import type { EditRequest } from "./layEdit.ts";
import { layEdit } from "./layEdit.ts";
import type { Codes } from "./modelCodes.ts";
import { lightOf } from "./modelCodes.ts";

/** Enough pixels for the 99.9th percentile: 200 of them lie above it. */
const PIXELS = 200_000;
/** Light below it counts as black: a stop between two blacks is no error that anybody sees. */
const FLOOR = 2 ** -10;

/** 99.9th percentile over pixels of the largest channel's error, stops. 0: not one sample changed. */
export function roundTripStops(request: Omit<EditRequest, "answer" | "mark">): number {
  const sampled = sample(request);
  const answer = { colours: sampled.fed.map(asAnswer) as unknown as Planes["colours"] };
  const { colours } = layEdit({ ...sampled, answer, mark: null });
  const light = lightOf(request.way);
  const count = sampled.plate.colours[0].length;
  const stops = new Float64Array(count);
  colours.forEach((plane, k) => {
    const plate = sampled.plate.colours[k as 0] as Float32Array;
    for (let i = 0; i < count; i += 1) {
      const found = plane[i] as number;
      const wanted = plate[i] as number;
      // The very sample, NaN included, is no error; and most of an edit are.
      if (found !== wanted && !Number.isNaN(found))
        stops[i] = Math.max(stops[i] as number, apart(light(found), light(wanted)));
    }
  });
  stops.sort();
  return stops[Math.min(count - 1, Math.floor(count * 0.999))] ?? 0;
}

function apart(found: number, wanted: number): number {
  return Math.abs(Math.log2(Math.max(found, FLOOR) / Math.max(wanted, FLOOR)));
}

function asAnswer(codes: Uint8Array): Float32Array {
  const out = new Float32Array(codes.length);
  for (let i = 0; i < out.length; i += 1) out[i] = (codes[i] as number) / 255;
  return out;
}

/** Every n-th pixel, as a picture of one line. */
function sample(request: Omit<EditRequest, "answer" | "mark">): Omit<EditRequest, "answer" | "mark"> {
  const { plate, fed, mask } = request;
  const total = plate.colours[0].length;
  const every = Math.max(1, Math.floor(total / PIXELS));
  const count = Math.floor(total / every);
  const floats = (plane: Float32Array) => Float32Array.from({ length: count }, (_, i) => plane[i * every] as number);
  const bytes = (plane: Uint8Array) => Uint8Array.from({ length: count }, (_, i) => plane[i * every] as number);
  return {
    ...request,
    plate: {
      width: count,
      height: 1,
      alpha: null,
      colours: plate.colours.map(floats) as unknown as Planes["colours"],
    },
    fed: fed.map(bytes) as unknown as Codes,
    mask: mask === null ? null : floats(mask),
  };
}

/** Mean of log2 of the luma (Rec.709 light) of a picture, black left out; null: all of it is black. */
export function meanLog2(
  { colours }: Pick<Planes, "colours">,
  way: Pick<ColorWay, "curve" | "toModel">,
): number | null {
  const r = colours[0];
  const g = colours[1];
  const b = colours[2];
  const light = lightOf(way);
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = way.toModel;
  // Luma's weights of Rec.709 on the model's light, gathered into weights of the plate's own channels.
  const kr = 0.2126 * m0 + 0.7152 * m3 + 0.0722 * m6;
  const kg = 0.2126 * m1 + 0.7152 * m4 + 0.0722 * m7;
  const kb = 0.2126 * m2 + 0.7152 * m5 + 0.0722 * m8;
  const every = Math.max(1, Math.floor(r.length / PIXELS));
  let sum = 0;
  let count = 0;
  for (let i = 0; i < r.length; i += every) {
    const luma = kr * light(r[i] as number) + kg * light(g[i] as number) + kb * light(b[i] as number);
    if (!(luma > 2 ** -14)) continue;
    sum += Math.log2(luma);
    count += 1;
  }
  return count === 0 ? null : sum / count;
}
