/**
 * What tells a joint of tiles from another straight line (image.seam): it is no thin line, has as much detail on one side as on the other, and
 * the same step all along.
 */

export interface Way {
  readonly plane: Uint16Array;
  /** The plate's. */
  readonly before: Uint16Array | null;
  /** null: everywhere. */
  readonly inside: Uint8Array | null;
  /** First pixel of the box; the way from one line to the next, and along a line. */
  readonly first: number;
  readonly across: number;
  readonly along: number;
  /** Lines of the box, and pixels of a line. */
  readonly places: number;
  readonly length: number;
  /** Lines at either end of the box that are not judged. */
  readonly inset: number;
  readonly limits: Readonly<Record<string, number>>;
}

/** Of each line: pixels looked at, the sum of their signs, and of twice their k in 16-bit codes: of 800 pixels at most, which fits into 32 bits. */
export interface Signs {
  readonly count: Int32Array;
  readonly sign: Int32Array;
  readonly step: Int32Array;
}

export function isJoint(way: Way, signs: Signs, place: number): boolean {
  return (
    !isThin(signs, place) &&
    sameBothSides(way, place) &&
    unevenness(way, place) <= UNEVEN_MAX &&
    standsOut(way, place) >= DEVIATIONS_MIN &&
    goesThrough(way, place)
  );
}

/** Of thousands of lines in some frames, chance takes none so far. */
const DEVIATIONS_MIN = 6;
/** Where so many of the lines around it show so much of its step, it is one of many: blocks of a codec, scan lines, slats. */
const ALIKE = 6;
const ALIKE_PART = 0.7;
/** Lines on either side that say what lines of this picture do by themselves, and those that a step itself reaches. */
const AROUND = 32;
const OWN = 3;
/** The median amount of normal values, in deviations. */
const NORMAL_MEDIAN = 0.6745;

/**
 * How far a line's new step stands above those of the lines around it, in deviations of theirs (by their median: Hampel 1974). A sensor whose rows are
 * read a little off, interlaced or rolling light and the rows of a texture make every line a small step, and none of them a joint.
 */
function standsOut(way: Way, place: number): number {
  const around: number[] = [];
  for (let away = -AROUND; away <= AROUND; away += 1) {
    const at = place + away;
    if (Math.abs(away) <= OWN || at < 2 || at >= way.places - 1) continue;
    const step = Math.abs(newStep(way, at));
    if (Number.isFinite(step)) around.push(step);
  }
  around.sort((a, b) => a - b);
  const own = Math.abs(newStep(way, place));
  if ((around.at(-ALIKE) ?? 0) > ALIKE_PART * own) return 0;
  const deviation = (around[around.length >> 1] ?? 0) / NORMAL_MEDIAN;
  return own / Math.max(1, deviation);
}

/** Mean of twice k over a line's pixels, in 16-bit codes, less that of the plate. NaN: none counts. */
function newStep({ plane, before, inside, first, across, along, length }: Way, place: number): number {
  const start = first + place * across;
  const step = pixelStep(length);
  let pixels = 0;
  let sum = 0;
  for (let k = 0; k < length; k += step) {
    const at = start + k * along;
    if (inside !== null && inside[at] === 0) continue;
    pixels += 1;
    sum += kinkAt(plane, at, across) - (before === null ? 0 : kinkAt(before, at, across));
  }
  return pixels === 0 ? Number.NaN : sum / pixels;
}

/** Pixels of a line looked at are enough to be sure, and no more: 400 give a deviation of 0.05. */
const ENOUGH = 400;
export const pixelStep = (length: number): number => Math.max(1, Math.floor(length / ENOUGH));

/** Twice k at a pixel; `way`: from one pixel to the next. */
export function kinkAt(plane: Uint16Array, at: number, way: number): number {
  return (
    3 * ((plane[at] as number) - (plane[at - way] as number)) +
    (plane[at - 2 * way] as number) -
    (plane[at + way] as number)
  );
}

/** A thin line goes up and comes down again within 5 px; a joint does not. Beside a step stand its own side lobes. */
function isThin(of: Signs, at: number): boolean {
  const own = of.sign[at] as number;
  const opposite = (i: number): boolean =>
    Math.abs(i - at) > 1 && (of.sign[i] ?? 0) * Math.sign(-own) > 0.6 * Math.abs(own);
  for (let i = at - 5; i <= at + 5; i += 1) if (opposite(i)) return true;
  return false;
}

/** Pixels on each side of a line that say what stands there. */
const SIDE = 8;
/** Where one side holds so many times the detail of the other, two things meet, not two tiles. */
const DETAIL_MAX = 2.5;

function sameBothSides({ plane, first, across, along, places, length }: Way, place: number): boolean {
  if (place <= SIDE || place + SIDE >= places) return false;
  let before = 0;
  let behind = 0;
  for (let k = 0; k + 2 < length; k += 1) {
    const at = first + place * across + k * along;
    for (let side = 1; side < SIDE; side += 1) {
      const far = at + side * across;
      const near = at - (side + 1) * across;
      behind += Math.abs((plane[far] as number) - (plane[far + 2 * along] as number));
      before += Math.abs((plane[near] as number) - (plane[near + 2 * along] as number));
    }
  }
  return Math.max(before, behind) <= DETAIL_MAX * Math.max(1, Math.min(before, behind));
}

/** The step of a joint is the same along all of it; where two things meet, it is what the two happen to be. */
const UNEVEN_MAX = 1.9;
/** Pixels along a line that are averaged for one look at the step: what is left is no grain. */
const SEGMENT = 12;
/** Lines beside it, whose steps say how much it varies where nothing meets. */
const BESIDE = [-8, -6, 6, 8] as const;

/** Deviation of the step from segment to segment of a line, as a ratio to that of lines beside it. */
function unevenness(way: Way, place: number): number {
  const own = varianceAlong(way, place);
  // A step takes two lines before it and one behind.
  const lines = BESIDE.map((away) => place + away).filter((line) => line >= 2 && line + 1 < way.places);
  const beside = lines.reduce((sum, line) => sum + varianceAlong(way, line), 0) / lines.length;
  return Math.sqrt(own / Math.max(1, beside));
}

/** Of the difference of two pixels on either side of a line, averaged over segments. */
function varianceAlong({ plane, inside, first, across, along, length }: Way, place: number): number {
  let segments = 0;
  let total = 0;
  let squares = 0;
  for (let from = 0; from + SEGMENT <= length; from += SEGMENT) {
    const start = first + place * across + from * along;
    let sum = 0;
    let counts = 0;
    for (let k = 0, at = start; k < SEGMENT; k += 1, at += along) {
      counts += inside === null ? 1 : (inside[at] as number);
      sum +=
        (plane[at] as number) +
        (plane[at + across] as number) -
        (plane[at - across] as number) -
        (plane[at - 2 * across] as number);
    }
    if (counts < SEGMENT) continue;
    const step = sum / SEGMENT / 2;
    segments += 1;
    total += step;
    squares += step * step;
  }
  return segments < 2 ? 0 : squares / segments - (total / segments) ** 2;
}

/** Pixels of a part of a joint, and how much of the whole line's mean step at least all but a fifth of such parts must show. */
const PART = 24;
const PART_MIN = 0.35;
const PARTS_LESS = 0.2;

/** Tiles meet all along the line; the edge of a window, a panel or a line of type ends somewhere. */
function goesThrough(way: Way, place: number): boolean {
  const parts: number[] = [];
  for (let from = 0; from + PART <= way.length; from += PART) {
    const part = newStep({ ...way, first: way.first + from * way.along, length: PART }, place);
    if (Number.isFinite(part)) parts.push(part);
  }
  if (parts.length < 2) return true;
  const mean = parts.reduce((sum, part) => sum + part, 0) / parts.length;
  const shown = parts.map((part) => part * Math.sign(mean)).sort((a, b) => a - b);
  return (shown[Math.floor(parts.length * PARTS_LESS)] as number) >= PART_MIN * Math.abs(mean);
}
