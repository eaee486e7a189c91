/** The page's parts that show pictures: what needs a look, with its evidence, and the contact sheet by axes. Pure: text out. */
import type { EvidenceWords, ShownCrop, ShownPicture } from "./qcEvidenceSvg.ts";
import { placedPiece } from "./evidencePlace.ts";
import { curveSvg, gapsIn } from "./qcCurveSvg.ts";
import { evidenceSvg, pictureSvg } from "./qcEvidenceSvg.ts";
import type { Found } from "./qcFound.ts";
import { foundIn, saidBy, tellingMeasures } from "./qcFound.ts";
import { LIMITS } from "./limits.ts";
import type { Verdict } from "./qc.ts";
import type { QcFinding } from "./qcInspection.ts";
import { offNote } from "./qcPageOff.ts";
import { DRAWN_MAX, LOOKS_MAX, pictureKey, shownFrame } from "./qcPagePictures.ts";
import { esc, findingVerdict, frameRanges, measureWords, told, verdictTag } from "./qcReportWords.ts";
import type { QcView, ViewFrame, ViewPlace } from "./qcView.ts";
import { axesBySpeed, gridOf, labelOf } from "./sheetGrid.ts";

export interface PageParts {
  readonly view: QcView;
  readonly shown: ReadonlyMap<string, ShownPicture>;
  /** Of the place that a check points at; null: there is none. */
  readonly crop: (at: number, frame: number | null, check: string) => ShownCrop | null;
}

export function placeId(at: number): string {
  return `w${at + 1}`;
}

const LOOK_HEAD = '<h2 id="look">Needs a look</h2>';

export function needsALook(parts: PageParts): string {
  const { view } = parts;
  const all = foundIn(view.places);
  const unmade = view.places.flatMap((place) => place.frames.flatMap((frame) => notMade(view, place, frame)));
  if (all.length + unmade.length === 0)
    return `${LOOK_HEAD}<p>Nothing: every check that looked and applies passed.</p>${offNote(view)}`;
  const items = all.slice(0, LOOKS_MAX).map((one, i) => lookItem(one, parts, i < DRAWN_MAX));
  const left = all.length - items.length + Math.max(0, unmade.length - LOOKS_MAX);
  const more = left > 0 ? `<li>${left} more: see ${esc(view.complete)}.</li>` : "";
  return `${LOOK_HEAD}<ul class="look">${items.join("")}${unmade.slice(0, LOOKS_MAX).join("")}${more}</ul>`;
}

function lookItem(found: Found, { view, shown, crop }: PageParts, drawn: boolean): string {
  const { at, verdict, finding, frames, shown: number = null } = found;
  const place = view.places[at];
  const ranges = place === undefined || place.frames.length <= 1 ? "" : frameRanges(frames);
  const where = `<a href="#${placeId(at)}">${told(place?.name ?? "")}</a>${ranges === "" ? "" : ` frame ${ranges}`}`;
  const picture = shown.get(pictureKey(at, number)) ?? null;
  const words = {
    escape: esc,
    place: `${place?.name ?? ""}${number === null ? "" : ` frame ${number}`}`,
    frame: number,
    picture,
    crop: crop(at, number, finding.check),
  };
  const evidence = drawn ? evidenceOf(finding, words) : "";
  const { check, message } = saidBy(found);
  return item(verdict, `${where} &middot; ${told(check)}${saidOf({ ...finding, message })}`, evidence);
}

function item(verdict: Verdict, says: string, shown: string): string {
  const drawn = shown === "" ? "" : `<div class="shown">${shown}</div>`;
  return `<li class="e-${verdict}"><div class="says">${verdictTag(verdict)} &middot; ${says}</div>${drawn}</li>`;
}

/** What the check drew; where it drew nothing over the picture, the picture itself. */
function evidenceOf(finding: QcFinding, words: EvidenceWords): string {
  const pieces = finding.evidence ?? [];
  const placed = placedPiece(pieces);
  const drawn = pieces
    .map((piece) => evidenceSvg(piece, { ...words, crop: piece === placed ? (words.crop ?? null) : null }))
    .join("");
  if (words.picture === null || pieces.some(({ kind }) => kind !== "plot")) return drawn;
  return `${pictureSvg(words.picture, { label: esc(words.place), wide: THUMB })}${drawn}`;
}

/** Measures that name many things are told in the sentence already. */
const MEASURES_TOLD = 6;

function saidOf(finding: QcFinding): string {
  const numbers = tellingMeasures(finding)
    .slice(0, MEASURES_TOLD)
    .map((measure) => {
      const at = measure.frame === undefined ? "" : ` at frame ${measure.frame}`;
      return `${told(measure.name)} ${measureWords(measure)}${at}`;
    });
  const hint = finding.hint === null ? "" : `<p class="small faint">${told(finding.hint)}</p>`;
  return `<p>${told(finding.message)}</p><p class="small">${numbers.join(" &middot; ")}</p>${hint}`;
}

/** Frames that QC never saw and that are not in the version, with the reason. */
function notMade(view: QcView, place: ViewPlace, frame: ViewFrame): readonly string[] {
  if (frame.inspection !== null || frame.outcome === null) return [];
  const where = `${told(place.name)}${frame.frame === null ? "" : ` frame ${frame.frame}`}`;
  const reason = frame.reason ?? `no reason is recorded in ${view.complete}`;
  return [
    `<li><div class="says">${verdictTag(null, frame.outcome)} &middot; ${where}<p>${told(reason)}</p></div></li>`,
  ];
}

/** What was found over all places together, with the curves that show it, passes too. */
export function besideEachOther({ view }: PageParts): string {
  const { set } = view;
  if (set === null) return "";
  const items = set.findings.map((finding) => {
    const verdict = findingVerdict(finding);
    const words = { escape: esc, place: "all variations", picture: null };
    const drawn = (finding.evidence ?? []).map((piece) => evidenceSvg(piece, words)).join("");
    return item(verdict, `${told(finding.check)}${saidOf(finding)}`, drawn);
  });
  const left = set.notApplied.map(
    ({ check, because }) => `<li class="small faint"><div class="says">${told(check)}: ${told(because)}</div></li>`,
  );
  return `<h2>The variations together</h2><ul class="look">${items.join("")}${left.join("")}</ul>`;
}

const THUMB = 160;
/** More columns than that leave no room for words on paper: each row is broken there. */
const WIDE_GRID = 10;
const ACROSS_MAX = 8;

/** Of a row on paper: as few lines as there may be, all of one length. */
function acrossOnPaper(columns: number): number {
  return Math.ceil(columns / Math.ceil(columns / ACROSS_MAX));
}

/** A table whose rows and columns are axis values where the sweep is a grid, else tiles in the order of the plan. */
export function contactSheet(parts: PageParts, links: readonly string[]): string {
  const { places } = parts.view;
  const asPicture = links.map(
    (link, i) => `<a href="${esc(link)}">${links.length === 1 ? "as one picture" : `page ${i + 1} as a picture`}</a>`,
  );
  const head = `<h2 id="sheet">Contact sheet</h2>${asPicture.length === 0 ? "" : `<p class="small">${asPicture.join(", ")}</p>`}`;
  if (places.length === 1) return asPicture.length === 0 ? "" : head;
  const axes = places.map((place) => place.axes);
  const grid = gridOf(axes);
  const order = axesBySpeed(axes);
  if (grid === null) {
    const tiles = places.map((place, at) => `<li>${tile(parts, at, labelOf(place.axes, order))}</li>`);
    return `${head}<ul class="tiles">${tiles.join("")}</ul>`;
  }
  const wide = grid.columns.length > WIDE_GRID;
  const columns = grid.columns.map((name) => `<th scope="col">${told(name)}</th>`);
  const rows = grid.rows.map((name, row) => {
    const cells = (grid.cells[row] ?? []).map((at, column) => {
      // On paper its rows are broken: the column's name stands with each of its tiles, too.
      const head = wide ? `<span class="axes of">${told(grid.columns[column] ?? "")}</span>` : "";
      return `<td>${head}${tile(parts, at, "")}</td>`;
    });
    return `<tr><th scope="row">${told(name)}</th>${cells.join("")}</tr>`;
  });
  const aside = wide
    ? `<p class="small faint aside">${grid.columns.length} columns: the sheet scrolls sideways.</p>`
    : "";
  return `${head}${aside}<div class="scroll" tabindex="0" role="region" aria-label="Contact sheet"><table class="grid${wide ? " wide" : ""}"${wide ? ` style="--across:${acrossOnPaper(grid.columns.length)}"` : ""}><thead><tr><td></td>${columns.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function tile({ view, shown }: PageParts, at: number, label: string): string {
  const place = view.places[at];
  if (place === undefined) return "";
  const frame = shownFrame(place.frames)?.frame ?? null;
  const picture = shown.get(pictureKey(at, frame));
  const said = [place.name, ...Object.values(place.axes)].join(" ");
  const drawn =
    picture === undefined
      ? '<span class="nopic faint small">no picture</span>'
      : pictureSvg(picture, { label: esc(said), wide: THUMB });
  const seed =
    place.seed === "" || place.axes["seed"] === place.seed ? "" : `<span class="axes">seed ${told(place.seed)}</span>`;
  const words = label === "" ? "" : `<span class="axes">${told(label)}</span>`;
  return `<a class="tile t-${place.verdict ?? "none"}" href="#${placeId(at)}">${drawn}<span class="name">${told(place.name)} ${verdictTag(place.verdict)}</span>${words}${seed}</a>`;
}

/** Places with plots, and plots of one place: more are in the data. */
const PLOTTED_PLACES_MAX = 12;
const PLOTS_MAX = 10;
/** Drawn for every sequence: what a person looks for first. */
const ALWAYS_PLOTTED: readonly string[] = ["image.grain", "image.clip"];

/** Over the frames of each sequence: what its checks drew (flicker), and the measures of the frames, each with its limit. */
export function overTheFrames({ view }: PageParts): string {
  const all = view.places
    .map((place, at) => ({ place, at, drawn: plotsOf(place) }))
    .filter(({ drawn }) => drawn.length > 0)
    .sort((a, b) => worse(b.place) - worse(a.place));
  if (all.length === 0) return "";
  const shown = all.slice(0, PLOTTED_PLACES_MAX).map(({ place, at, drawn }) => {
    return `<section class="plots"><h3><a href="#${placeId(at)}">${told(place.name)}</a> ${verdictTag(place.verdict)}</h3><div class="shown">${drawn.join("")}</div></section>`;
  });
  const left = all.length - shown.length;
  const more = left > 0 ? `<p class="faint">${left} more sequences: see ${esc(view.complete)}.</p>` : "";
  return `<h2>Over the frames</h2>${shown.join("")}${more}`;
}

function worse({ verdict }: ViewPlace): number {
  return verdict === null ? -1 : ["pass", "warn", "error", "fail"].indexOf(verdict);
}

function plotsOf(place: ViewPlace): readonly string[] {
  const words = { escape: esc, place: place.name, picture: null };
  const whole = (place.whole?.findings ?? []).flatMap((finding) =>
    (finding.evidence ?? [])
      .filter(({ kind }) => kind === "plot")
      .map((piece) => evidenceSvg({ ...piece, title: `${finding.check}: ${piece.title}` }, words)),
  );
  return [...whole, ...measureCurves(place)].slice(0, PLOTS_MAX);
}

interface Point {
  readonly x: number;
  readonly y: number;
  /** The further past its limit, or the nearer to it, the more. */
  readonly bad: number;
}

interface MeasureCurve {
  readonly points: Point[];
  readonly limits: Set<number>;
  told: boolean;
  readonly unit: string;
  readonly must: "atMost" | "atLeast";
}

function measureCurves(place: ViewPlace): readonly string[] {
  const curves = new Map<string, MeasureCurve>();
  for (const { frame, inspection } of place.frames) {
    for (const { check, measures, result } of inspection?.findings ?? []) {
      for (const { name, value, limit, must, unit } of measures) {
        if (frame === null || limit === null || must === undefined || must === "equal") continue;
        const key = `${check} ${name}`;
        const fresh = { points: [], limits: new Set<number>(), told: ALWAYS_PLOTTED.includes(check), unit, must };
        const curve = curves.get(key) ?? fresh;
        curve.points.push({ x: frame, y: value, bad: must === "atMost" ? value - limit : limit - value });
        curve.limits.add(limit);
        curve.told ||= result !== "pass";
        curves.set(key, curve);
      }
    }
  }
  return [...curves]
    .filter(([, { told: wanted, points }]) => wanted && points.length >= 3)
    .map(([name, { points, limits, unit, must }]) => {
      const drawn = worstPoints(points);
      const [x, y] = [drawn.map((point) => point.x), drawn.map((point) => point.y)];
      const gaps = gapsIn(points.map((point) => point.x));
      const curve = { x, y, xName: "frame", yName: unit, limits: outerLimits([...limits]), must, gaps };
      const svg = curveSvg(curve, { label: esc(`${name} over the frames of ${place.name}`), escape: esc });
      return `<figure class="evidence">${svg}<figcaption class="small faint">${told(name)}</figcaption></figure>`;
    });
}

/** Of long sequences the worst of so many frames each: a curve is some hundred pixels wide, and a page must open. */
function worstPoints(points: readonly Point[]): readonly Point[] {
  const step = Math.ceil(points.length / LIMITS.evidencePassPointsMax);
  return Array.from({ length: Math.ceil(points.length / step) }, (_, i) =>
    points.slice(i * step, (i + 1) * step).reduce((worst, point) => (point.bad > worst.bad ? point : worst)),
  );
}

/** Where every frame has a limit of its own (its plate's), the least and the greatest stand for them. */
function outerLimits(limits: readonly number[]): readonly number[] {
  if (limits.length <= 2) return limits;
  return [limits.reduce((a, b) => Math.min(a, b)), limits.reduce((a, b) => Math.max(a, b))];
}
