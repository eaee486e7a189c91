/** Jumps of the light of a result against its plate, cell by cell, and how much of them the plate's own jumps may leave. */
import { cellAnswers } from "./_cellAnswers.ts";
import { correlation } from "./_correlation.ts";
import { ownJumps } from "./_ownContent.ts";
import { jumpOf, middleOf } from "./_secondJump.ts";

/** Of every cell of a frame. */
export interface Light {
  /** Log ratio of the result to the plate, stops; NaN where nothing can be told. */
  readonly ratio: Float32Array;
  /** Log light of the plate, stops. */
  readonly plate: Float32Array;
}

export interface Shown extends Light {
  readonly frame: number;
  /** Cells in a row. */
  readonly columns: number;
  /** The same of red, green and blue, in fewer cells. */
  readonly channels: readonly Light[];
  /** Of every cell the channel that is darkest in the plate, the same in all frames of a shot: it is cut off at white last. */
  readonly darkest: Light;
}

/** How the result answers to the plate. */
export interface Relation {
  /** It has content of its own under a plate that moves. */
  readonly own: boolean;
  /** Stops that the ratio changes by where the plate becomes brighter by one; 0 where that can't be told. */
  readonly slope: number;
  /** Share of a jump of all the plate's light that may be left beside the slope; null: can't be told. */
  readonly looseness: number | null;
  /** Of every cell, and of every one of the darkest channel's (_cellAnswers.ts). */
  readonly cells: Float32Array;
  readonly darkest: Float32Array;
}

/** What the plate's own jumps may leave of a result that follows it: what is cut off does not follow. */
const SHARE_FOLLOWED = 0.1;
/** At most, where it was measured: softer pictures and curves of contrast. */
const SHARE_LOOSE = 0.2;
/** The least that is believed of how exactly a result follows. */
const SHARE_EXACT = 0.03;
/** Stops: where the plate itself jumps by more, what is cut off at white decides. */
const JUMP_MAX = 0.5;
/** Stops: more at once is another light: lightning, fire, a lamp. */
const FLASH = 0.05;
/** Cells beside it that are enough to judge by: so many, and this share of all that tell. */
const CALM_MIN = 12;
const CALM_SHARE = 0.1;
/** Frames each way in which another is looked for that is lit alike. */
const ALIKE_REACH = 4;
/** Stops, as light 0.4: cells under it hold little that is cut off. */
const CLEAR = Math.log2(0.4);
/** Stops from frame to frame, root mean square over the cells: a plate that moves. */
const MOVES = 0.01;
/** Stops from frame to frame, of one cell: enough beside grain to see how the result answers. */
const TELLS = 0.06;
const TELLING_MIN = 40;
/** Pairs of frames by which it is told whose content the result's is. */
const PAIRS_MAX = 64;
/** Correlation of what cells do, result to plate: less is content of its own. */
const FOLLOWS = 0.7;
const STRUCTURE = { least: 8, still: 0.005 };

/** Of the channels that tell in most frames. A light has a colour of its own: from frame to frame another channel may be the darkest. */
export function withDarkest(shot: readonly Omit<Shown, "darkest">[]): readonly Shown[] {
  const cells = [...(shot[0]?.channels[0]?.plate ?? []).keys()];
  const chosen = cells.map((cell) => {
    const seen = (shot[0]?.channels ?? []).map((_, channel) => {
      let [count, sum] = [0, 0];
      for (const { channels } of shot) {
        const light = channels[channel]?.plate[cell] as number;
        if (Number.isNaN(light)) continue;
        count += 1;
        sum += light;
      }
      return { channel, count, mean: sum / count };
    });
    seen.sort((a, b) => b.count - a.count || a.mean - b.mean);
    return seen[0]?.channel ?? 0;
  });
  return shot.map((shown) => {
    const of = (what: keyof Light) =>
      Float32Array.from(cells, (cell) => shown.channels[chosen[cell] as number]?.[what][cell] as number);
    return { ...shown, darkest: { ratio: of("ratio"), plate: of("plate") } };
  });
}

/** From the steps of single cells from frame to frame, apart from what all of them do. */
export function relationOf(shot: readonly Shown[]): Relation {
  const light = stepsOf(shot, Number.POSITIVE_INFINITY, (step) => Number.isNaN(step));
  const moved = movedIn(shot);
  // With and without what all cells do together: few cells may well agree in one of them by chance.
  const follows = [0, 1].every((together) => {
    const plates = light.plates.map((step, i) => step + together * (light.usual[i]?.[1] as number));
    const results = light.ratios.map(
      (step, i) => step + together * (light.usual[i]?.[0] as number) + (plates[i] as number),
    );
    return correlation(results, plates, STRUCTURE) >= FOLLOWS;
  });
  const own = moved > MOVES && !follows;
  const answers = { cells: cellAnswers(shot), darkest: cellAnswers(shot.map(({ darkest }) => darkest)) };
  if (own) return { own, slope: 0, looseness: null, ...answers };
  const { ratios: mine, plates: theirs } = stepsOf(
    shot.map(({ darkest }) => darkest),
    CLEAR,
    (ratio, plate) => !(Math.abs(plate) > TELLS) || Number.isNaN(ratio),
  );
  if (mine.length < TELLING_MIN) return { own, slope: 0, looseness: null, ...answers };
  const slopes = Float32Array.from(mine, (step, i) => step / (theirs[i] as number));
  const slope = middleOf(slopes);
  return { own, slope, looseness: middleOf(slopes.map((each) => Math.abs(each - slope))), ...answers };
}

/** Stops from frame to frame that the plate moves by, inside what may change or beside it: root mean square, less what all of it does. */
function movedIn(shot: readonly Shown[]): number {
  let [sum, count] = [0, 0];
  const every = Math.ceil(shot.length / PAIRS_MAX);
  for (let t = 1; t < shot.length; t += every) {
    const steps = (shot[t] as Shown).plate.map((light, i) => light - (shot[t - 1]?.plate[i] as number));
    const common = middleOf(steps);
    for (const step of steps) {
      if (Number.isNaN(step)) continue;
      sum += (step - common) ** 2;
      count += 1;
    }
  }
  return Math.sqrt(sum / Math.max(1, count));
}

function stepsOf(shot: readonly Light[], brightestTold: number, leaveOut: (ratio: number, plate: number) => boolean) {
  const [ratios, plates, usual]: [number[], number[], (readonly [number, number])[]] = [[], [], []];
  const every = Math.ceil(shot.length / PAIRS_MAX);
  for (let t = 1; t < shot.length; t += every) {
    const [before, after] = [shot[t - 1] as Light, shot[t] as Light];
    const plate = after.plate.map((light, i) => light - (before.plate[i] as number));
    const ratio = after.ratio.map((value, i) => value - (before.ratio[i] as number));
    const common = [middleOf(ratio), middleOf(plate)] as const;
    for (let i = 0; i < ratio.length; i += 1) {
      if (Math.max(brightest(before, i), brightest(after, i)) > brightestTold) continue;
      const [r, p] = [(ratio[i] as number) - common[0], (plate[i] as number) - common[1]];
      if (leaveOut(r, p)) continue;
      ratios.push(r);
      plates.push(p);
      usual.push(common);
    }
  }
  return { ratios, plates, usual };
}

export interface Jumps {
  readonly cells: readonly Jump[];
  /** The whole plate jumped: single cells tell nothing, for lamps in them are cut off at white. */
  readonly flash: boolean;
}

export interface Jump {
  /** Signed, stops: the second difference against the plate, or a higher one where that is less. */
  readonly result: number;
  /** What the plate's own jump may leave of it, stops. */
  readonly mayBe: number;
}

/** Of every cell that can be told of. */
export function jumpsAt(shot: readonly Shown[], t: number, relation: Relation): Jumps {
  if (relation.own) return { cells: ownJumps(shot, t), flash: false };
  const plates = secondsOf((frame) => shot[frame] as Shown, t);
  const darkest = secondsOf((frame) => shot[frame]?.darkest as Light, t);
  const common = middleOf(darkest);
  if (!(Math.abs(common) > FLASH)) return { cells: calmAt(shot, t, { plates, relation }), flash: false };
  // A lamp lights a region: what is calm beside it is judged as ever, and alone where it is enough.
  const beside = plates.map((plate) => (Math.abs(plate) > FLASH ? Number.NaN : plate));
  const calm = calmAt(shot, t, { plates: beside, relation });
  if (calm.length >= Math.max(CALM_MIN, CALM_SHARE * tellingOf(shot, t, plates))) return { cells: calm, flash: false };
  const alike = alikeAt(shot, t, relation);
  if (alike !== null) return { cells: alike, flash: false };
  if (relation.looseness === null) return { cells: calmAt(shot, t, { plates, relation }), flash: false };
  return { cells: flashAt(shot, t, { plates: darkest, common, relation }), flash: true };
}

/** A lamp that comes again: beside the nearest frames before and after that it lights alike; null: there are none. */
function alikeAt(shot: readonly Shown[], t: number, relation: Relation): readonly Jump[] | null {
  const now = shot[t] as Shown;
  const lit = (of: Shown | undefined) =>
    of !== undefined && Math.abs(middleOf(of.plate.map((light, i) => light - (now.plate[i] as number)))) <= FLASH / 2;
  const near = Array.from({ length: ALIKE_REACH }, (_, i) => i + 1);
  const back = near.find((by) => lit(shot[t - by]));
  const on = near.find((by) => lit(shot[t + by]));
  if (back === undefined || on === undefined) return null;
  const [before, after] = [shot[t - back] as Shown, shot[t + on] as Shown];
  const between = (of: (shown: Shown) => Float32Array) =>
    of(now).map((v, i) => v - ((of(before)[i] as number) * on + (of(after)[i] as number) * back) / (back + on));
  const results = between((shown) => shown.ratio.map((_, cell) => answered(shown, relation.cells, cell)));
  const plates = between(({ plate }) => plate);
  const usual = middleOf(plates.map(Math.abs));
  const share = leftOf(relation);
  return [...results.keys()].flatMap((cell) => {
    const [result, plate] = [results[cell] as number, Math.abs(plates[cell] as number)];
    return Number.isNaN(result + plate) || plate > JUMP_MAX
      ? []
      : [{ result, mayBe: Math.max(Math.max(SHARE_FOLLOWED, share) * plate, share * usual) }];
  });
}

/** Share of the plate's jumps that may be left in the result: as it was measured, where it was. */
function leftOf({ slope, looseness }: Relation): number {
  if (looseness === null) return SHARE_FOLLOWED;
  return Math.min(SHARE_LOOSE, Math.max(SHARE_EXACT, Math.abs(slope) + looseness));
}

function tellingOf(shot: readonly Shown[], t: number, plates: Float32Array): number {
  const { ratio } = shot[t] as Shown;
  return plates.reduce((count, plate, cell) => count + (Number.isNaN(plate + (ratio[cell] as number)) ? 0 : 1), 0);
}

/** Cells whose plate's second difference is no number are left out. */
function calmAt(
  shot: readonly Shown[],
  t: number,
  { plates, relation }: { readonly plates: Float32Array; readonly relation: Relation },
): readonly Jump[] {
  const usual = middleOf(plates.map(Math.abs));
  const share = leftOf(relation);
  const at = (frame: number, cell: number) => answered(shot[frame] as Shown, relation.cells, cell);
  const out: Jump[] = [];
  for (let cell = 0; cell < plates.length; cell += 1) {
    const plate = Math.abs(plates[cell] as number);
    const result = jumpOf(at, { t, last: shot.length - 1, cell });
    if (Number.isNaN(plate) || Number.isNaN(result) || plate > JUMP_MAX) continue;
    out.push({ result, mayBe: Math.max(Math.max(SHARE_FOLLOWED, share) * plate, share * usual) });
  }
  return out;
}

/** The whole plate jumps: by cells in which hardly anything is cut off, and by how exactly the result follows elsewhere. */
function flashAt(
  shot: readonly Shown[],
  t: number,
  of: {
    readonly plates: Float32Array;
    readonly common: number;
    readonly relation: Relation;
  },
): readonly Jump[] {
  const { plates, common, relation } = of;
  const { slope } = relation;
  const exact = Math.min(SHARE_FOLLOWED, Math.max(SHARE_EXACT, relation.looseness ?? SHARE_FOLLOWED));
  const at = (frame: number, cell: number): number => {
    const { ratio, plate } = (shot[frame] as Shown).darkest;
    const own = relation.darkest[cell] as number;
    return (ratio[cell] as number) - (own === 0 ? slope : own) * (plate[cell] as number);
  };
  const near = shot.slice(t - 1, t + 2);
  const out: Jump[] = [];
  for (let cell = 0; cell < plates.length; cell += 1) {
    const plate = Math.abs((plates[cell] as number) - common);
    const result = jumpOf(at, { t, last: shot.length - 1, cell });
    if (Number.isNaN(result) || plate > JUMP_MAX || near.some(({ darkest }) => brightest(darkest, cell) > CLEAR))
      continue;
    out.push({ result, mayBe: SHARE_FOLLOWED * plate + exact * Math.abs(common) });
  }
  return out;
}

/** The log ratio of a cell less its answer to the plate's light. */
function answered({ ratio, plate }: Light, answers: Float32Array, cell: number): number {
  const own = answers[cell] as number;
  return (ratio[cell] as number) - (own === 0 ? 0 : own * (plate[cell] as number));
}

function secondsOf(lightOf: (frame: number) => Light, t: number): Float32Array {
  const [before, now, after] = [t - 1, t, t + 1].map((frame) => lightOf(frame).plate) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  return now.map((p, i) => p - ((before[i] as number) + (after[i] as number)) / 2);
}

function brightest({ plate, ratio }: Light, cell: number): number {
  const light = plate[cell] as number;
  return Math.max(light, light + (ratio[cell] as number));
}
