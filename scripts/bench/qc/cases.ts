/**
 * One case: a plate, a legitimate edit inside a soft mask, grain, laid onto the plate as Hotplate lays it (outside the mask every
 * code is the plate's), 16 bits; and a defect put into it, at one of three strengths. What a check must find and what it must let be.
 */
import type { DecodedImage } from "../../../daemon/plugin.ts";
import type { MaskPicture } from "../../../daemon/domain/maskFacts.ts";
import type { Chance } from "./random.ts";
import { chance } from "./random.ts";
import type { Kind, Linear } from "./sources.ts";
import { grained, HEIGHT, noise, source, WIDTH } from "./sources.ts";

export interface Case {
  readonly plate: DecodedImage;
  readonly result: DecodedImage;
  readonly mask: MaskPicture;
}

const BOX = [192, 128, 384, 256] as const;
const FEATHER = 24;

/** What the case is made of: changed by defects before it is laid onto the plate, or after. */
export interface Parts {
  readonly random: Chance;
  readonly plate: Linear;
  /** The edited picture without grain. */
  edit: Linear;
  grain: number;
  /** After everything: 16-bit codes of the result, interleaved. */
  finish: ((codes: Uint16Array) => Uint16Array) | null;
  /** Whole frame instead of inside the mask. */
  wholeFrame: boolean;
}

export type Defect = (parts: Parts) => void;

/** A plate and its legitimate edit: made once, used for every defect. */
export interface Scene {
  readonly seed: number;
  readonly plate: Linear;
  readonly plateCodes: Uint16Array;
  readonly edit: Linear;
  /** The edit laid onto the plate: the clean result. */
  readonly clean: Uint16Array;
}

export function makeScene(kind: Kind, seed: number): Scene {
  const bare = source(kind, seed);
  const plate = grained(bare, seed);
  const edit = edited(bare, chance(seed * 65_537 + 11));
  const plateCodes = codes16(plate);
  return { seed, plate, plateCodes, edit, clean: laid(plateCodes, codes16(grained(edit, seed + 5000)), false) };
}

export function makeCase(scene: Scene, defect: Defect | null): Case {
  const { seed, plate, plateCodes, edit, clean } = scene;
  const parts: Parts = { random: chance(seed * 257 + 3), plate, edit, grain: 1, finish: null, wholeFrame: false };
  defect?.(parts);
  const untouched = parts.edit === edit && parts.grain === 1 && !parts.wholeFrame;
  let codes = untouched
    ? clean
    : laid(plateCodes, codes16(grained(parts.edit, seed + 5000, parts.grain)), parts.wholeFrame);
  if (parts.finish !== null) codes = parts.finish(codes);
  return { plate: image(plateCodes), result: image(codes), mask: maskOf() };
}

/** Recoloured by 0.8 to 1.2 a channel, and 30 to 80 % of another texture. */
function edited(clean: Linear, random: Chance): Linear {
  const gains = [random.between(0.8, 1.2), random.between(0.8, 1.2), random.between(0.8, 1.2)];
  const share = random.between(0.3, 0.8);
  const other = noise(clean.width, clean.height, random);
  const data = Float32Array.from(
    clean.data,
    (v, i) => v * (gains[i % 3] as number) * 2 ** (share * 0.8 * (other[Math.floor(i / 3)] as number)),
  );
  return { ...clean, data };
}

/** 0..1: how much of the edit shows. */
export function weight(x: number, y: number): number {
  const [left, top, w, h] = BOX;
  const inside = Math.min(x - left, left + w - 1 - x, y - top, top + h - 1 - y);
  return inside < 0 ? 0 : Math.min(1, (inside + 1) / FEATHER);
}

function maskOf(): MaskPicture {
  const inside = new Uint8Array(WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y += 1)
    for (let x = 0; x < WIDTH; x += 1) inside[y * WIDTH + x] = weight(x, y) > 0 ? 1 : 0;
  return { width: WIDTH, height: HEIGHT, inside };
}

function laid(plate: Uint16Array, over: Uint16Array, wholeFrame: boolean): Uint16Array {
  return Uint16Array.from(plate, (code, i) => {
    const pixel = Math.floor(i / 3);
    const m = wholeFrame ? 1 : weight(pixel % WIDTH, Math.floor(pixel / WIDTH));
    return m === 0 ? code : Math.round(code + m * ((over[i] as number) - code));
  });
}

/** Display codes of 16 bits (IEC 61966-2-1). */
export function codes16({ data }: Linear): Uint16Array {
  return Uint16Array.from(data, (v) => {
    const l = Math.min(1, Math.max(0, v));
    return Math.round((l <= 0.0031308 ? 12.92 * l : 1.055 * l ** (1 / 2.4) - 0.055) * 65_535);
  });
}

export function image(samples: Uint16Array, width = WIDTH, height = HEIGHT): DecodedImage {
  return {
    width,
    height,
    channels: 3,
    channelNames: ["R", "G", "B"],
    bitDepth: 16,
    sampleType: "uint",
    samples,
    reader: "procedural",
    windows: null,
  };
}
