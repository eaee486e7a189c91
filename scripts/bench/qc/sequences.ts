/**
 * Procedural sequences: a shot with fresh grain on plate and result, as 16-bit codes, and a defect put in over time: what the checks over
 * frames must find. Seeded.
 */
import type { DecodedImage } from "../../../daemon/plugin.ts";
import type { MaskPicture } from "../../../daemon/domain/maskFacts.ts";
import { image } from "./cases.ts";
import type { Chance } from "./random.ts";
import { chance } from "./random.ts";
import type { CleanKind, Light, Shot } from "./sequenceShots.ts";
import { FRAMES, HIGH, WIDE } from "./sequenceShots.ts";

export interface Sequence {
  readonly plates: readonly DecodedImage[];
  readonly results: readonly DecodedImage[];
  readonly masks: readonly (MaskPicture | null)[];
  /** Of the take: the very same object stands in `results` where nothing was put in. */
  readonly right: readonly DecodedImage[];
}

/** Changes what the result shows at frame t. */
export interface SequenceDefect {
  readonly name: string;
  /** Who must find it. */
  readonly check: string;
  /** On sequences of these kinds it is a defect. */
  readonly on: (kind: CleanKind) => boolean;
  /** Which plate frame's edit the result shows at frame t. */
  readonly shows?: (t: number) => number;
  /** true: the grain of the frame that is shown, too. */
  readonly exact?: boolean;
  /** Gain of a channel of the result. */
  readonly gain?: (random: Chance) => (t: number, c: number) => number;
  /** Gain of blocks of 30 px. */
  readonly boil?: (random: Chance) => (t: number, block: number) => number;
}

const always = () => true;
const moving = (kind: CleanKind) => kind.moves;
const last = FRAMES - 1;
const BLOCK = 30;
const ACROSS = WIDE / BLOCK;
const BLOCKS = ACROSS * (HIGH / BLOCK);

export const SEQUENCE_DEFECTS: readonly SequenceDefect[] = [
  {
    name: "one frame + 3 %",
    check: "temporal.flicker",
    on: always,
    gain: (random) => {
      const at = 2 + Math.floor(random.next() * (FRAMES - 4));
      return (t) => (t === at ? 1.03 : 1);
    },
  },
  {
    name: "global flicker, sd 1 %",
    check: "temporal.flicker",
    on: always,
    gain: (random) => {
      const gains = Array.from({ length: FRAMES }, () => 1 + 0.01 * random.normal());
      return (t) => gains[t] as number;
    },
  },
  {
    name: "boiling blocks of 30 px, sd 3 %",
    check: "temporal.flicker",
    on: always,
    boil: (random) => {
      const gains = Array.from({ length: FRAMES * BLOCKS }, () => 1 + 0.03 * random.normal());
      return (t, block) => gains[t * BLOCKS + block] as number;
    },
  },
  { name: "duplicated frame", check: "temporal.duplicate", on: moving, shows: (t) => (t === 8 ? 7 : t), exact: true },
  { name: "duplicated frame, regrained", check: "temporal.duplicate", on: moving, shows: (t) => (t === 8 ? 7 : t) },
  {
    name: "frozen from frame 9 on",
    check: "temporal.duplicate",
    on: moving,
    shows: (t) => Math.min(t, 9),
    exact: true,
  },
  {
    name: "one picture for all frames",
    check: "temporal.duplicate",
    on: (kind) => kind.grainAlone === true,
    shows: () => 0,
    exact: true,
  },
  { name: "frozen from frame 9 on, regrained", check: "temporal.duplicate", on: moving, shows: (t) => Math.min(t, 9) },
  {
    name: "red drifts by 0.2 stop",
    check: "temporal.drift",
    on: (kind) => kind.follows,
    gain: () => (t, c) => (c === 0 ? 2 ** ((0.2 * t) / last) : 1),
  },
  {
    name: "all drift by 0.3 stop",
    check: "temporal.drift",
    on: (kind) => kind.follows,
    gain: () => (t) => 2 ** ((0.3 * t) / last),
  },
  {
    name: "two frames swapped",
    check: "frames.order",
    on: moving,
    shows: (t) => (t === 6 ? 7 : t === 7 ? 6 : t),
  },
  { name: "all frames one late", check: "frames.order", on: moving, shows: (t) => Math.max(0, t - 1) },
  { name: "backwards", check: "frames.order", on: moving, shows: (t) => last - t },
];

/** What is a defect on shots of this kind. */
export function defectsOf(kind: CleanKind): readonly SequenceDefect[] {
  return SEQUENCE_DEFECTS.filter(({ name, on }) => on(kind) && kind.noDefect?.[name] === undefined);
}

/** What all sequences of one shot share: made once. */
export interface Take {
  readonly shot: Shot;
  readonly plates: readonly DecodedImage[];
  readonly edits: readonly Light[];
  readonly masks: readonly (MaskPicture | null)[];
  /** What is right to show at each frame. Sequences with a defect show the very same object where nothing was put in. */
  readonly right: readonly DecodedImage[];
}

export function takeOf(shot: Shot): Take {
  const times = Array.from({ length: FRAMES }, (_, t) => t);
  // A frame that the plate shows again is the same in plate and result, to the bit.
  const held = <T>(make: (t: number) => T): T[] =>
    times.reduce<T[]>((made, t) => {
      const before = made.at(-1);
      return [...made, before !== undefined && shot.holds?.(t) === true ? before : make(t)];
    }, []);
  const plates = held((t) =>
    image(rendered(shot.plate(t), { ...PLAIN, seed: shot.seed + t * 31, grain: 1, bits: 16 }), WIDE, HIGH),
  );
  const take = { shot, plates, edits: held(shot.edit), masks: times.map((t) => shot.mask?.(t) ?? null) };
  return { ...take, right: held((t) => shown(take, { at: t, ...PLAIN, of: t, grainOf: t })) };
}

export function makeSequence(take: Take, defect: SequenceDefect | null): Sequence {
  const { shot, plates, masks, right } = take;
  const random = chance(shot.seed * 577 + 29);
  const gain = defect?.gain?.(random) ?? (() => 1);
  const boil = defect?.boil?.(random) ?? null;
  const results = right.map((rightly, t) => {
    const of = defect?.shows?.(t) ?? t;
    const gains = [gain(t, 0), gain(t, 1), gain(t, 2)] as const;
    if (of === t && boil === null && gains.every((each) => each === 1)) return rightly;
    const boiling = boil === null ? null : (block: number) => boil(t, block);
    return shown(take, { at: t, gains, boil: boiling, of, grainOf: defect?.exact === true ? of : t });
  });
  return { plates, results, masks, right };
}

/** The edit of frame `of`, with the grain of frame `grainOf`, at frame `at`. */
function shown(
  { shot, plates, edits, masks }: Omit<Take, "right">,
  show: Pick<Rendering, "gains" | "boil"> & { readonly at: number; readonly of: number; readonly grainOf: number },
): DecodedImage {
  const { gains, boil, at, of, grainOf } = show;
  const seed = shot.seed + 5003 + grainOf * 37;
  const mine = rendered(edits[of] as Light, { gains, boil, seed, grain: shot.grain, bits: shot.bits });
  const mask = masks[at] ?? null;
  return image(mask === null ? mine : laid(plates[at]?.samples as Uint16Array, mine, mask), WIDE, HIGH);
}

function laid(plate: Uint16Array, mine: Uint16Array, { inside }: MaskPicture): Uint16Array {
  const out = plate.slice();
  for (let pixel = 0; pixel < inside.length; pixel += 1)
    if (inside[pixel] === 1) for (let i = pixel * 3; i < pixel * 3 + 3; i += 1) out[i] = mine[i] as number;
  return out;
}

/** Normal deviates of a table, begun at a place of their own: as random as grain needs, and forty times as fast. */
const GRAIN = (() => {
  const random = chance(20_261_128);
  return Float32Array.from({ length: 1 << 20 }, () => random.normal());
})();
const TABLE = GRAIN.length - 1;

const CURVE = Uint16Array.from({ length: 65_537 }, (_, i) => {
  const l = i / 65_536;
  return Math.round((l <= 0.0031308 ? 12.92 * l : 1.055 * l ** (1 / 2.4) - 0.055) * 65_535);
});

const PLAIN = { gains: [1, 1, 1], boil: null } as const;

interface Rendering {
  readonly gains: readonly [number, number, number];
  readonly boil: ((block: number) => number) | null;
  readonly seed: number;
  readonly grain: number;
  readonly bits: 8 | 16;
}

/** Light with its grain (sd = sqrt(1.2e-4 v + 1e-6)) as display codes. */
function rendered(light: Light, of: Rendering): Uint16Array {
  const start = Math.floor(chance(of.seed * 7919 + 13).next() * GRAIN.length);
  const out = new Uint16Array(light.length);
  const { gains, grain, boil } = of;
  for (let y = 0; y < HIGH; y += 1) {
    for (let column = 0; column < ACROSS; column += 1) {
      const gain = boil === null ? 1 : boil(Math.floor(y / BLOCK) * ACROSS + column);
      const [red, green, blue] = [gain * gains[0], gain * gains[1], gain * gains[2]];
      const from = (y * WIDE + column * BLOCK) * 3;
      for (let i = from; i < from + BLOCK * 3; i += 3) {
        out[i] = code((light[i] as number) * red, grain * (GRAIN[(start + i) & TABLE] as number));
        out[i + 1] = code((light[i + 1] as number) * green, grain * (GRAIN[(start + i + 1) & TABLE] as number));
        out[i + 2] = code((light[i + 2] as number) * blue, grain * (GRAIN[(start + i + 2) & TABLE] as number));
      }
    }
  }
  if (of.bits === 8) for (let i = 0; i < out.length; i += 1) out[i] = Math.round((out[i] as number) / 257) * 257;
  return out;
}

function code(v: number, grain: number): number {
  const lit = v + grain * Math.sqrt(1.2e-4 * (v > 0 ? v : 0) + 1e-6);
  return CURVE[lit <= 0 ? 0 : lit >= 1 ? 65_536 : (lit * 65_536 + 0.5) | 0] as number;
}
