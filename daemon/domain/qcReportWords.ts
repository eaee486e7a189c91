/** How QC's values are written for people: escaped, with units, the number beside its threshold. */
import type { QcCounts, QcFinding, QcMeasure } from "./qcInspection.ts";
import type { Verdict } from "./qc.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Text of strangers (labels, prompts, messages of plugins) as HTML text: nothing in it can become markup, and signs that
 * turn the direction of writing around or do nothing visible are taken out.
 */
export function esc(text: string): string {
  return text
    .replace(/[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, (sign) =>
      sign === "\n" || sign === "\t" ? " " : "",
    )
    .replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? "");
}

/** The same, kept apart from the text around it whatever its writing direction. */
export function told(text: string): string {
  return `<bdi>${esc(text)}</bdi>`;
}

/** A check's or measure's name: it may be broken at its dots and underscores, and nowhere else. */
export function named(name: string): string {
  return told(name).replace(/[._](?=\w)/g, "$&<wbr>");
}

/**
 * An address for `src` and `href`: a data URI of a JPEG or PNG, or a path relative to the page. Anything else
 * (schemes, absolute paths) is no address.
 */
export function address(path: string): string | null {
  if (/^data:image\/(jpeg|png);base64,[A-Za-z0-9+/]+=*$/.test(path)) return path;
  const parts = path.split("/").filter((part) => part !== "." && part !== "");
  if (path.startsWith("/") || parts.length === 0) return null;
  // `../` is how a review folder reaches the version beside it; a leading `./` keeps `a:b` from being a scheme.
  return `./${parts.map((part) => (part === ".." ? part : encodeURIComponent(part))).join("/")}`;
}

export function verdictTag(verdict: Verdict | null, word?: string): string {
  const kind = verdict ?? "none";
  return `<span class="v v-${kind}"><svg class="icon" aria-hidden="true"><use href="#i-${kind}"/></svg>${esc(word ?? verdict ?? "not looked at")}</span>`;
}

/** `31.40 % (&ge; 0.80 %)` */
export function measureWords(measure: QcMeasure): string {
  const value = `<span class="number">${valueWords(measure.value, measure.unit)}</span>`;
  if (measure.limit === null || measure.unit === "bool") return value;
  const sign = measure.must === undefined ? "limit" : SIGNS[measure.must];
  return `${value} <span class="limit">(${sign} ${valueWords(measure.limit, measure.unit)})</span>`;
}

const SIGNS: Readonly<Record<NonNullable<QcMeasure["must"]>, string>> = { atMost: "&le;", atLeast: "&ge;", equal: "=" };

export function valueWords(value: number, unit: QcMeasure["unit"]): string {
  switch (unit) {
    case "ratio":
      return `${trimmed(value * 100)} %`;
    case "bool":
      return value === 0 ? "no" : "yes";
    case "count":
      return trimmed(value);
    case "px":
    case "bit":
    case "code":
    case "stop":
      return `${trimmed(value)} ${unit}`;
  }
}

/** At most four digits that say something, no exponent for everyday sizes. */
function trimmed(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const digits = Math.abs(value) >= 1 ? value.toFixed(2) : value.toPrecision(2);
  return String(Number(digits));
}

/** `1001-1004, 1010`; the still has no number. */
export function frameRanges(frames: readonly (number | null)[]): string {
  const numbers = frames.filter((frame) => frame !== null).sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const frame of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && frame - last[1] <= 1) last[1] = frame;
    else ranges.push([frame, frame]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(", ");
}

export function findingVerdict(finding: QcFinding): Verdict {
  return finding.result ?? "error";
}

/** How many of each verdict, as a list. */
export function counts(of: string, numbers: QcCounts): string {
  const words: readonly (readonly [Verdict | null, number])[] = [
    ["pass", numbers.pass],
    ["warn", numbers.warn],
    ["fail", numbers.fail],
    ["error", numbers.error],
    [null, numbers.notLooked],
  ];
  const items = words
    .filter(([, n]) => n > 0)
    .map(([verdict, n]) => `<li>${verdictTag(verdict, `${n} ${verdict ?? "not looked at"}`)}</li>`);
  return `<ul class="counts" aria-label="${of}"><li class="faint">${of}</li>${items.join("")}</ul>`;
}
