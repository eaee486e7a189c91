/**
 * Lays the model's answer onto the plate. Pure: planes in, planes out. With x what the model was fed, y what it gave back, M
 * the mask, all in the plate's linear light:
 *
 *   difference   out = plate + M (y - x)
 *   gain         out = plate (1 + M ((y + e) / (x + e) - 1))
 *   replace      out = plate + M (y - plate)          also for `acescct` and `plain`, y = x or not
 *   always       out = plate, the very sample, where M = 0, where y = x, and where the plate is above the clip
 *
 * Towards the clip the edit fades, so that no border shows. x and y are compared as codes: what the model left alone is the
 * plate bit for bit, however few bits it was shown.
 */
import type { ColorPlan } from "../../domain/colorPlan.ts";
import type { ColorWay } from "../../domain/colorWay.ts";
import { workingSpace } from "../../domain/colorWay.ts";
import type { PixelBox } from "../../plugin.ts";
import type { Planes } from "./comeBack.ts";
import type { Codes } from "./modelCodes.ts";
import { lightOf } from "./modelCodes.ts";

export interface EditRequest {
  /** As its file holds it, in its own space; over the picture, not multiplied by alpha. */
  readonly plate: Planes;
  readonly fed: Codes;
  /** Codes 0..1, of the plate's size. */
  readonly answer: Pick<Planes, "colours">;
  readonly way: ColorWay;
  readonly plan: Pick<ColorPlan, "how" | "mode" | "clip" | "plate">;
  /** 0..1 a pixel; null: 1 everywhere. */
  readonly mask: Float32Array | null;
  /** Where the answer always shows as it is: the mark of a simulated ComfyUI. */
  readonly mark: PixelBox | null;
}
export interface Laid {
  readonly colours: Planes["colours"];
  /** 1: this pixel is the plate's own, to the bit. */
  readonly same: Uint8Array;
}

/** Of the model's light: below it a gain would amplify rounding (one 8-bit code at black is 2^-11.7). */
const GAIN_FLOOR = 2 ** -8;
/** The edit fades from this share of the clip up to it. */
const FADE_FROM = 0.8;

export function layEdit(request: EditRequest): Laid {
  const { plate, fed, answer, mask, way, plan } = request;
  const pr = plate.colours[0];
  const pg = plate.colours[1];
  const pb = plate.colours[2];
  const yr = answer.colours[0];
  const yg = answer.colours[1];
  const yb = answer.colours[2];
  const xr = fed[0];
  const xg = fed[1];
  const xb = fed[2];
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = way.fromModel;
  const outRed = new Float32Array(pr);
  const outGreen = new Float32Array(pg);
  const outBlue = new Float32Array(pb);
  const same = new Uint8Array(pr.length);
  const decode = Float64Array.from({ length: FULL + 1 }, (_, code) => way.view.decode(code / FULL));
  const light = lightOf(way);
  const encode = way.curve === null ? (value: number) => value : way.curve.encode;
  const keep = keptShare(way, plan);
  const lay = layer(way, plan);
  const marked = inMark(request);
  // One array literal a number would cost more than the sums: written out.
  const replaces = plan.how !== "edit";
  for (let i = 0; i < same.length; i += 1) {
    const mark = marked(i);
    const share = mark || mask === null ? 1 : (mask[i] as number);
    const r = Math.round((yr[i] as number) * FULL);
    const g = Math.round((yg[i] as number) * FULL);
    const b = Math.round((yb[i] as number) * FULL);
    const fr = (xr[i] as number) * 257;
    const fg = (xg[i] as number) * 257;
    const fb = (xb[i] as number) * 257;
    const left = r === fr && g === fg && b === fb;
    if (!(share > 0) || (left && !replaces && !mark)) {
      same[i] = 1;
      continue;
    }
    const p0 = light(pr[i] as number);
    const p1 = light(pg[i] as number);
    const p2 = light(pb[i] as number);
    const part = mark ? 1 : share * keep(p0, p1, p2);
    if (!(part > 0)) {
      same[i] = 1;
      continue;
    }
    const y0 = decode[r] as number;
    const y1 = decode[g] as number;
    const y2 = decode[b] as number;
    const x0 = decode[fr] as number;
    const x1 = decode[fg] as number;
    const x2 = decode[fb] as number;
    const t0 = m0 * y0 + m1 * y1 + m2 * y2;
    const t1 = m3 * y0 + m4 * y1 + m5 * y2;
    const t2 = m6 * y0 + m7 * y1 + m8 * y2;
    // The mark is there to be read: what lies under it does not show through.
    outRed[i] = encode(mark ? t0 : lay(p0, m0 * x0 + m1 * x1 + m2 * x2, t0, part));
    outGreen[i] = encode(mark ? t1 : lay(p1, m3 * x0 + m4 * x1 + m5 * x2, t1, part));
    outBlue[i] = encode(mark ? t2 : lay(p2, m6 * x0 + m7 * x1 + m8 * x2, t2, part));
  }
  return { colours: [outRed, outGreen, outBlue], same };
}

/** The largest 16-bit code: 8-bit codes are 257 of these. */
const FULL = 65_535;

type Layer = (plate: number, from: number, to: number, part: number) => number;

function layer(way: ColorWay, { how, mode }: EditRequest["plan"]): Layer {
  if (how !== "edit" || mode === "replace")
    return (plate, _from, to, part) => (part === 1 ? to : plate + part * (to - plate));
  if (mode === "difference") return (plate, from, to, part) => plate + part * (to - from);
  const [m0, m1, m2] = way.fromModel;
  // The floor in the plate's own light, whatever it was exposed by: white of the model goes to white.
  const floor = GAIN_FLOOR * (m0 + m1 + m2);
  return (plate, from, to, part) => plate * (1 + part * ((Math.max(to, 0) + floor) / (Math.max(from, 0) + floor) - 1));
}

/** 1 where the edit counts whole, 0 above the clip. */
function keptShare(way: ColorWay, plan: EditRequest["plan"]): (r: number, g: number, b: number) => number {
  const { clip, how } = plan;
  const { kind } = workingSpace(plan.plate);
  if (clip === "none" || kind === "data" || (clip === "auto" && how !== "edit")) return () => 1;
  if (typeof clip === "number") return (r, g, b) => fade(Math.max(r, g, b) / clip);
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = way.toModel;
  const { top } = way.view;
  // Code values end at white: where the model sees white, there is nothing that it does not see.
  if (kind === "display" && m0 + m1 + m2 <= top * 1.000001) return () => 1;
  return (r, g, b) =>
    fade(Math.max(m0 * r + m1 * g + m2 * b, m3 * r + m4 * g + m5 * b, m6 * r + m7 * g + m8 * b) / top);
}

/** 0 above the clip, 1 a little under it, a smooth step between. */
function fade(ratio: number): number {
  if (ratio <= FADE_FROM) return 1;
  if (!(ratio <= 1)) return 0;
  const t = (1 - ratio) / (1 - FADE_FROM);
  return t * t * (3 - 2 * t);
}

function inMark({ mark, plate }: EditRequest): (i: number) => boolean {
  if (mark === null) return () => false;
  const [left, top, width, height] = mark;
  return (i) => {
    const x = (i % plate.width) - left;
    const y = Math.floor(i / plate.width) - top;
    return x >= 0 && y >= 0 && x < width && y < height;
  };
}
