/**
 * Curves over frames or places as inline drawings for the report: the line stops where frames are missing, the worst point is marked and told
 * by its number. No script, no file, readable in print. Text in, text out.
 */

export interface Curve {
  /** Ascending. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly xName: string;
  readonly yName: string;
  readonly limits: readonly number[];
  /** On which side of its limit it must lie: the other end is the worst. Absent: the largest is. */
  readonly must?: "atMost" | "atLeast";
  /** Between which two of x nothing is, though it should; absent: where a step is larger than most are. */
  readonly gaps?: readonly Gap[];
}

/** The last before it, the first behind it, and how far apart two should stand. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

interface CurveWords {
  readonly label: string;
  readonly escape: (text: string) => string;
}

export const CURVE_WIDE = 320;
const WIDE = CURVE_WIDE;
const HIGH = 120;
/** Room for a mark at either end. */
const SIDE = 4;
/** For the words under a curve. */
const UNDER = 42;
const LINE = 17;

/** Where a step of x is larger than it usually is; none where no step is the usual one, as in a curve of the worst of so many frames each. */
export function gapsIn(x: readonly number[]): readonly Gap[] {
  const steps = x.slice(1).map((value, i) => value - (x[i] ?? 0));
  const step = steps.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const usual = steps.filter((one) => one === step).length;
  if (!(step > 0) || usual * 2 < steps.length) return [];
  return steps.flatMap((one, i) => (one > step ? [{ from: x[i] ?? 0, to: x[i + 1] ?? 0, step }] : []));
}

/** Limits are dashed, and every point past none of them is as thin as the others: the line says where it crosses. */
export function curveSvg(of: Curve, { label, escape }: CurveWords): string {
  const { x, y, limits } = of;
  const [left, right] = [Math.min(...x), Math.max(...x)];
  const [low, high] = [Math.min(0, ...y, ...limits), Math.max(...y, ...limits)];
  const span = high - low || 1;
  const px = (value: number): string => across(value, left, right).toFixed(1);
  const py = (value: number): string => (HIGH - ((value - low) / span) * (HIGH - 6)).toFixed(1);
  const gaps = of.gaps ?? gapsIn(x);
  const worst = worstOf(of);
  const holes = gaps.map(({ from, to }) => `<path class="gap" d="M${px(from)} 0H${px(to)}V${HIGH}H${px(from)}z"/>`);
  const bars = limits.map((limit) => `<path class="bar" d="M0 ${py(limit)}H${WIDE}"/>`);
  const lines = strokes(x, gaps).map((indices) => {
    const points = indices.map((i) => `${px(x[i] ?? 0)},${py(y[i] ?? 0)}`);
    // A line of one point would not be seen.
    const [only = 0] = indices;
    const dot = indices.length > 1 ? "" : `<circle cx="${px(x[only] ?? 0)}" cy="${py(y[only] ?? 0)}" r="1.5"/>`;
    return `<polyline points="${points.join(" ")}"/>${dot}`;
  });
  const mark = `<circle cx="${px(x[worst] ?? 0)}" cy="${py(y[worst] ?? 0)}" r="3.5"/>`;
  const said = [
    ...ticks(x, worst, escape(of.xName)),
    // Lines of their own: names and numbers of any length, in letters that are larger on paper and on phones.
    `<text x="0" y="${HIGH + 14 + LINE}">${escape(of.yName)} ${of.must === "atLeast" ? "down" : "up"} to ${short(y[worst] ?? 0)}${limits.length === 0 ? "" : `, limit ${limits.map(short).join(" and ")}`}</text>`,
    ...(gaps.length === 0
      ? []
      : [`<text x="0" y="${HIGH + 14 + 2 * LINE}">${escape(`none at ${missingWords(gaps)}`)}</text>`]),
  ];
  const tall = HIGH + UNDER + (gaps.length === 0 ? 0 : LINE);
  return `<svg class="curve" role="img" aria-label="${label}" viewBox="${-SIDE} -4 ${WIDE + 2 * SIDE} ${tall}" width="${WIDE + 2 * SIDE}" height="${tall}"><path d="M0 ${HIGH}H${WIDE}" stroke="currentColor"/>${holes.join("")}${bars.join("")}${lines.join("")}${mark}${said.join("")}</svg>`;
}

function across(value: number, left: number, right: number): number {
  return right === left ? WIDE / 2 : ((value - left) / (right - left)) * WIDE;
}

function worstOf({ y, must }: Curve): number {
  const worse = (a: number, b: number): boolean => (must === "atLeast" ? a < b : a > b);
  return y.reduce((worst, value, i) => (worse(value, y[worst] ?? 0) ? i : worst), 0);
}

/** Indices of the points of one line each. */
function strokes(x: readonly number[], gaps: readonly Gap[]): readonly (readonly number[])[] {
  const out: number[][] = [];
  for (const [i, value] of x.entries()) {
    const before = x[i - 1];
    const apart = before === undefined || gaps.some(({ from, to }) => before <= from && value >= to);
    if (apart) out.push([i]);
    else out.at(-1)?.push(i);
  }
  return out;
}

const GAPS_TOLD = 2;

/** `1008, 1012-1014 and 2 more`: with more of them the line would be cut off. */
function missingWords(gaps: readonly Gap[]): string {
  const told = gaps.slice(0, GAPS_TOLD).map(({ from, to, step }) => {
    const [first, last] = [from + step, to - step];
    return last > first ? `${axis(first)}-${axis(last)}` : axis(first);
  });
  return `${told.join(", ")}${gaps.length > GAPS_TOLD ? ` and ${gaps.length - GAPS_TOLD} more` : ""}`;
}

/** Px of a letter where letters are largest: on paper. */
const LETTER = 9.6;
const APART = 6;
const ROUND_TICKS = 5;

/** Numbers under the axis: of the worst point, of both ends, and round ones between them, as far as there is room. */
function ticks(x: readonly number[], worst: number, xName: string): readonly string[] {
  const [first = 0, last = 0] = [x[0], x.at(-1)];
  const bad = x[worst] ?? first;
  const taken: (readonly [number, number])[] = [];
  const out: string[] = [];
  const say = (value: number, of: { readonly words: string; readonly bold?: boolean }): void => {
    const wide = of.words.length * LETTER;
    const middle = across(value, first, last);
    const start = Math.max(0, Math.min(WIDE - wide, middle - wide / 2));
    if (taken.some(([from, to]) => start < to + APART && start + wide + APART > from)) return;
    taken.push([start, start + wide]);
    const [at, anchor] =
      start === 0 ? [0, "start"] : start + wide >= WIDE ? [WIDE, "end"] : [Number(middle.toFixed(1)), "middle"];
    const weight = of.bold === true ? ' font-weight="700"' : "";
    out.push(
      `<path d="M${middle.toFixed(1)} ${HIGH}v4" stroke="currentColor"/><text x="${at}" y="${HIGH + 14}" text-anchor="${anchor}"${weight}>${of.words}</text>`,
    );
  };
  const words = (value: number): string => (value === first ? `${xName} ${axis(value)}` : axis(value));
  say(bad, { words: words(bad), bold: true });
  for (const value of [first, last]) if (value !== bad) say(value, { words: words(value) });
  for (const value of roundBetween(first, last)) say(value, { words: axis(value) });
  return out;
}

function roundBetween(first: number, last: number): readonly number[] {
  const rough = (last - first) / ROUND_TICKS;
  if (!(rough > 0)) return [];
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((n) => n * ten >= rough) ?? 10) * ten;
  const out: number[] = [];
  for (let n = Math.ceil(first / step); n * step <= last; n += 1) out.push(n * step);
  return Number.isInteger(first) && Number.isInteger(last) ? out.filter(Number.isInteger) : out;
}

/** A frame's number is told whole. */
function axis(value: number): string {
  return Number.isInteger(value) ? String(value) : short(value);
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
