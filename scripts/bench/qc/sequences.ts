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
const BLOCKS = (WIDE / BLOCK) * (HIGH / BLOCK);

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

/** What all sequences of one shot share: made once. */
export interface Take {
  readonly shot: Shot;
  readonly plates: readonly DecodedImage[];
  readonly edits: readonly Light[];
  readonly masks: readonly (MaskPicture | null)[];
}

export function takeOf(shot: Shot): Take {
  const times = Array.from({ length: FRAMES }, (_, t) => t);
  const plates = times.map((t) =>
    image(rendered(shot.plate(t), { ...PLAIN, seed: shot.seed + t * 31, grain: 1, bits: 16 }), WIDE, HIGH),
  );
  return { shot, plates, edits: times.map(shot.edit), masks: times.map((t) => shot.mask?.(t) ?? null) };
}

export function makeSequence(take: Take, defect: SequenceDefect | null): Sequence {
  const { shot, plates, edits, masks } = take;
  const random = chance(shot.seed * 577 + 29);
  const gain = defect?.gain?.(random) ?? (() => 1);
  const boil = defect?.boil?.(random) ?? null;
  const results = plates.map((plate, t) => {
    const of = defect?.shows?.(t) ?? t;
    const mine = rendered(edits[of] as Light, {
      gains: [gain(t, 0), gain(t, 1), gain(t, 2)],
      boil: boil === null ? null : (block) => boil(t, block),
      seed: shot.seed + 5003 + (defect?.exact === true ? of : t) * 37,
      grain: shot.grain,
      bits: shot.bits,
    });
    const mask = masks[t] ?? null;
    return image(mask === null ? mine : laid(plate.samples as Uint16Array, mine, mask), WIDE, HIGH);
  });
  return { plates, results, masks };
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
  const random = chance(of.seed * 7919 + 13);
  const start = Math.floor(random.next() * GRAIN.length);
  const step = 1 + 2 * Math.floor(random.next() * 500);
  const blocks = Float32Array.from({ length: BLOCKS }, (_, block) => of.boil?.(block) ?? 1);
  const out = new Uint16Array(light.length);
  const across = WIDE / BLOCK;
  const coarse = of.bits === 8;
  for (let y = 0; y < HIGH; y += 1) {
    for (let x = 0; x < WIDE; x += 1) {
      const block = blocks[Math.floor(y / BLOCK) * across + Math.floor(x / BLOCK)] as number;
      for (let c = 0; c < 3; c += 1) {
        const i = (y * WIDE + x) * 3 + c;
        const v = (light[i] as number) * block * (of.gains[c] as number);
        const grain = GRAIN[(start + i * step) & (GRAIN.length - 1)] as number;
        const lit = v + of.grain * Math.sqrt(1.2e-4 * Math.max(0, v) + 1e-6) * grain;
        const code = CURVE[Math.round(Math.min(1, Math.max(0, lit)) * 65_536)] as number;
        out[i] = coarse ? Math.round(code / 257) * 257 : code;
      }
    }
  }
  return out;
}
