/**
 * One case: a plate, a legitimate edit inside a soft mask, grain, laid onto the plate as Hotplate lays it (outside the mask every
 * code is the plate's), 16 bits, or half floats, with or without alpha; and a defect put into it, at one of three strengths. What a check
 * must find and what it must let be.
 */
import type { MaskPicture } from "../../../daemon/domain/maskFacts.ts";
import { srgbEncode } from "../../../daemon/domain/srgbCurve.ts";
import type { DecodedImage } from "../../../daemon/plugin.ts";
import type { Edit } from "./edits.ts";
import { edited, littered, maskWeights } from "./edits.ts";
import type { Chance } from "./random.ts";
import { chance } from "./random.ts";
import type { FreshGrain } from "./freshSources.ts";
import { freshGrained } from "./freshSources.ts";
import type { Grain, Kind, Linear, Size } from "./sources.ts";
import { grained, source } from "./sources.ts";
import type { UnseenGrain } from "./unseenSources.ts";
import { unseenGrained } from "./unseenSources.ts";

export interface Case {
  readonly plate: DecodedImage;
  readonly result: DecodedImage;
  /** null: the whole frame may change. */
  readonly mask: MaskPicture | null;
}

/** What the files hold: 16-bit codes, the same with a matte, or light as half floats (with a matte, as EXRs have). */
export type Holds = "codes" | "codes and alpha" | "light";

/** What the case is made of: changed by defects before it is laid onto the plate, or after. */
export interface Parts {
  readonly random: Chance;
  readonly plate: Linear;
  /** Of the mask; 1 everywhere without one. */
  readonly weight: (pixel: number) => number;
  /** The edited picture without grain. */
  edit: Linear;
  /** Times the plate's. */
  grain: number;
  /** The plate's: deviation sqrt(1.2e-4 v + 1e-6) times this, about. */
  readonly plateGrain: number;
  /** 16-bit codes of what was made, grain and all, before it is laid onto the plate. */
  make: ((codes: Uint16Array) => Uint16Array) | null;
  /** After everything: 16-bit codes of the result, interleaved. */
  finish: ((codes: Uint16Array) => Uint16Array) | null;
  /** After that: the decoded result. */
  turn: ((result: DecodedImage) => DecodedImage) | null;
  /** Whole frame instead of inside the mask. */
  wholeFrame: boolean;
  /** There is no place for the defect: the case says nothing. */
  nowhere: boolean;
}

export type Defect = (parts: Parts) => void;

/** A plate and its legitimate edit: made once, used for every defect. */
export interface Scene {
  readonly name: string;
  readonly seed: number;
  readonly heldOut: boolean;
  readonly colour: boolean;
  readonly how: string;
  readonly plate: Linear;
  readonly plateCodes: Uint16Array;
  readonly edit: Linear;
  readonly grain: Grain | FreshGrain | UnseenGrain;
  readonly weights: Float32Array | null;
  readonly mask: MaskPicture | null;
  /** The edit laid onto the plate: the clean result. */
  readonly clean: Uint16Array;
}

/** What a scene is made of, all of it without grain. */
export interface Ground {
  readonly name: string;
  readonly heldOut: boolean;
  /** false: one channel, repeated. */
  readonly colour: boolean;
  /** What is done to it. */
  readonly how: string;
  /** The plate, and what is made of it. */
  readonly before: Linear;
  readonly edit: Linear;
  /** Of the mask; null: the whole frame may change. */
  readonly weights: Float32Array | null;
  /** Plate and edit get the same; chosen by the seed where none is given. */
  readonly grain?: Grain | FreshGrain | UnseenGrain;
}

/** One of the edits of edits.ts in a procedural plate of a known kind. */
export function makeScene(kind: Kind, seed: number, how: Edit = "recolour"): Scene {
  return sceneOn(groundOf({ name: kind, heldOut: false, colour: true, bare: source(kind, seed) }, seed, how), seed);
}

/** Some plate with one of the edits of edits.ts. */
export function groundOf(
  of: { readonly bare: Linear } & Pick<Ground, "name" | "heldOut" | "colour">,
  seed: number,
  how: Edit,
): Ground {
  const { bare, ...rest } = of;
  return {
    ...rest,
    how,
    before: how === "cleanup" ? littered(bare, seed) : bare,
    edit: edited(bare, how, seed),
    weights: how === "frame" ? null : maskWeights(bare.width, bare.height, seed),
  };
}

export function sceneOn({ before, edit, weights, ...rest }: Ground, seed: number): Scene {
  const random = chance(seed * 911 + 29);
  const grain = rest.grain ?? { amount: random.between(0.7, 1.5), correlated: random.next() < 0.5 };
  const plate = withGrain(before, seed, grain);
  const plateCodes = codes16(plate);
  return {
    ...rest,
    seed,
    plate,
    plateCodes,
    edit,
    grain,
    weights,
    mask: weights === null ? null : maskOf(weights, before),
    clean: laid(plateCodes, codes16(withGrain(edit, seed + 5000, grain)), weights),
  };
}

function withGrain(image: Linear, seed: number, grain: Grain | FreshGrain | UnseenGrain): Linear {
  if ("make" in grain) return unseenGrained(image, seed, grain);
  return "model" in grain ? freshGrained(image, seed, grain) : grained(image, seed, grain);
}

/** Throws where the defect has no place in it: see `caseOf`. */
export function makeCase(scene: Scene, defect: Defect | null, holds: Holds = "codes"): Case {
  const one = caseOf(scene, defect, holds);
  if (one === null) throw new Error(`${scene.name}: there is no place for the defect`);
  return one;
}

/** null: the defect has no place in it, as a patch outside a mask that is nearly everywhere. */
export function caseOf(scene: Scene, defect: Defect | null, holds: Holds = "codes"): Case | null {
  const { seed, plate, plateCodes, edit, clean, weights, mask, grain } = scene;
  const { width, height } = plate;
  const parts: Parts = {
    random: chance(seed * 257 + 3),
    plate,
    weight: (pixel) => (weights === null ? 1 : (weights[pixel] as number)),
    edit,
    grain: 1,
    plateGrain: grain.amount,
    make: null,
    finish: null,
    turn: null,
    wholeFrame: false,
    nowhere: false,
  };
  defect?.(parts);
  if (parts.nowhere) return null;
  const over = parts.wholeFrame ? null : weights;
  const regrained = (): Linear => withGrain(parts.edit, seed + 5000, { ...grain, amount: grain.amount * parts.grain });
  const matte = holds === "codes" ? null : matteOf(width, height, seed);
  const turned = (image: DecodedImage): DecodedImage => parts.turn?.(image) ?? image;
  if (holds === "light") {
    const own = halves(plate.data);
    const light = laidLight(own, halves(regrained().data), over);
    return { plate: lightImage(plate, own, matte), result: turned(lightImage(plate, light, matte)), mask };
  }
  const untouched = parts.edit === edit && parts.grain === 1 && parts.make === null && !parts.wholeFrame;
  const made = (): Uint16Array => (parts.make ?? same)(codes16(regrained()));
  let codes = untouched ? clean : laid(plateCodes, made(), over);
  if (parts.finish !== null) codes = parts.finish(codes);
  return { plate: imageOf(plateCodes, plate, matte), result: turned(imageOf(codes, plate, matte)), mask };
}

const same = (codes: Uint16Array): Uint16Array => codes;

function maskOf(weights: Float32Array, { width, height }: Size): MaskPicture {
  const inside = new Uint8Array(weights.length);
  for (let i = 0; i < inside.length; i += 1) inside[i] = (weights[i] as number) > 0 ? 1 : 0;
  return { width, height, inside };
}

function laid(plate: Uint16Array, over: Uint16Array, weights: Float32Array | null): Uint16Array {
  if (weights === null) return over;
  const out = new Uint16Array(plate.length);
  for (let pixel = 0, i = 0; pixel < weights.length; pixel += 1) {
    const m = weights[pixel] as number;
    for (let c = 0; c < 3; c += 1, i += 1) {
      const code = plate[i] as number;
      out[i] = Math.round(code + m * ((over[i] as number) - code));
    }
  }
  return out;
}

function laidLight(plate: Float32Array, over: Float32Array, weights: Float32Array | null): Float32Array {
  if (weights === null) return over;
  const out = new Float32Array(plate.length);
  for (let pixel = 0, i = 0; pixel < weights.length; pixel += 1) {
    const m = weights[pixel] as number;
    for (let c = 0; c < 3; c += 1, i += 1) {
      const v = plate[i] as number;
      out[i] = v + m * ((over[i] as number) - v);
    }
  }
  return halves(out);
}

/** As an EXR of halves holds them. */
function halves(values: Float32Array): Float32Array {
  return new Float32Array(new Float16Array(values));
}

/** A soft-edged matte, 0..1 a pixel. */
function matteOf(width: number, height: number, seed: number): Float32Array {
  return maskWeights(width, height, seed + 31);
}

const STEPS = 65_536;
const ENCODED: Float64Array = Float64Array.from({ length: STEPS + 2 }, (_, i) => srgbEncode(i / STEPS) * 65_535);

/** Display codes of 16 bits (IEC 61966-2-1), by a table and the straight line between its steps. */
export function codes16({ data }: Linear): Uint16Array {
  const out = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i += 1) {
    const at = Math.min(1, Math.max(0, data[i] as number)) * STEPS;
    const step = at | 0;
    const low = ENCODED[step] as number;
    // Rounded: no code is below 0.
    out[i] = (low + ((ENCODED[step + 1] as number) - low) * (at - step) + 0.5) | 0;
  }
  return out;
}

/** 16-bit codes as a decoded image of three colours. */
export function image(samples: Uint16Array, width: number, height: number): DecodedImage {
  return imageOf(samples, { width, height }, null);
}

function imageOf(samples: Uint16Array, { width, height }: Size, matte: Float32Array | null): DecodedImage {
  const shape = { width, height, bitDepth: 16, sampleType: "uint", reader: "procedural", windows: null } as const;
  if (matte === null) return { ...shape, channels: 3, channelNames: ["R", "G", "B"], samples };
  const all = new Uint16Array(matte.length * 4);
  for (let pixel = 0; pixel < matte.length; pixel += 1) {
    for (let c = 0; c < 3; c += 1) all[pixel * 4 + c] = samples[pixel * 3 + c] as number;
    all[pixel * 4 + 3] = Math.round((matte[pixel] as number) * 65_535);
  }
  return { ...shape, channels: 4, channelNames: ["R", "G", "B", "A"], samples: all };
}

function lightImage({ width, height }: Size, samples: Float32Array, matte: Float32Array | null): DecodedImage {
  const all = new Float32Array(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    for (let c = 0; c < 3; c += 1) all[pixel * 4 + c] = samples[pixel * 3 + c] as number;
    all[pixel * 4 + 3] = matte?.[pixel] ?? 1;
  }
  const window = [0, 0, width, height] as const;
  return {
    width,
    height,
    channels: 4,
    channelNames: ["R", "G", "B", "A"],
    bitDepth: 16,
    sampleType: "float",
    samples: all,
    reader: "procedural",
    windows: { data: window, display: window },
  };
}
