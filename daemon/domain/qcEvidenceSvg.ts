/**
 * Evidence as inline drawings for the report: heat maps and places over the frame's own picture, curves (domain/qcCurveSvg.ts). No script, no file,
 * readable in print. Text in, text out.
 */
import { boxesOf } from "./evidencePlace.ts";
import type { Evidence } from "./qc.ts";
import { CURVE_WIDE, curveSvg } from "./qcCurveSvg.ts";

/** The picture of a frame, as the page defines it once; every drawing refers to it. */
export interface ShownPicture {
  /** Id of the page's definition. */
  readonly id: string;
  /** Of the frame, px: what places are measured in. */
  readonly width: number;
  readonly height: number;
}

/** A part of a frame as it is; `box`: where in the frame. */
export interface ShownCrop {
  readonly src: string;
  readonly box: readonly [x: number, y: number, width: number, height: number];
}

export interface EvidenceWords {
  /** Of the place that this piece points at. */
  readonly crop?: ShownCrop | null;
  readonly escape: (text: string) => string;
  /** `w003 frame 1001`: for those who can't see the drawing. */
  readonly place: string;
  /** Absent: it has no number. */
  readonly frame?: number | null;
  readonly picture: ShownPicture | null;
}

const WIDE = CURVE_WIDE;

export function evidenceSvg(evidence: Evidence, words: EvidenceWords): string {
  const title = words.escape(evidence.title);
  switch (evidence.kind) {
    case "map":
      return `${figure(mapSvg(evidence, words), `${title}${withinSaid(evidence)}`)}${cropFigure(evidence, words)}`;
    case "plot":
      return figure(plotSvg(evidence, words), title);
    case "boxes": {
      const places = evidence.boxes.slice(0, BOXES_TOLD).map(([x, y, w, h]) => `x ${x}, y ${y}, ${w} x ${h} px`);
      const more = evidence.boxes.length > BOXES_TOLD ? `; ${evidence.boxes.length - BOXES_TOLD} more` : "";
      const said = `${title}: ${words.escape(places.join("; "))}${more}`;
      const over = words.picture === null ? `<p class="small">${said}</p>` : figure(boxesSvg(evidence, words), said);
      return `${over}${cropFigure(evidence, words)}`;
    }
  }
}

const BOXES_TOLD = 4;

function withinSaid({ within }: Evidence & { readonly kind: "map" }): string {
  if (within === undefined) return "";
  const [x, y, width, height] = within;
  return `: within x ${x}, y ${y}, ${width} x ${height} px`;
}

function figure(svg: string, caption: string): string {
  return `<figure class="evidence">${svg}<figcaption class="small faint">${caption}</figcaption></figure>`;
}

/** A frame's picture, and what is drawn over it in the frame's own pixels. */
export function pictureSvg(
  picture: ShownPicture,
  of: { readonly label: string; readonly wide: number; readonly over?: string; readonly style?: string },
): string {
  const { id, width, height } = picture;
  const high = Math.round((of.wide * height) / width);
  return `<svg class="${of.style ?? "pic"}" role="img" aria-label="${of.label}" viewBox="0 0 ${width} ${height}" width="${of.wide}" height="${high}"><use href="#${id}"/>${of.over ?? ""}</svg>`;
}

function mapSvg(of: Evidence & { readonly kind: "map" }, words: EvidenceWords): string {
  const { columns, rows } = of;
  const label = words.escape(`${of.title}, ${words.place}`);
  const frame = `<rect width="${columns}" height="${rows}" fill="none" stroke="currentColor" stroke-width="${columns / 200}"/>`;
  if (words.picture === null) {
    const high = Math.round((WIDE * rows) / columns);
    return `<svg role="img" aria-label="${label}" viewBox="0 0 ${columns} ${rows}" width="${WIDE}" height="${high}" preserveAspectRatio="none">${frame}${heat(of)}</svg>`;
  }
  const { width, height } = words.picture;
  const over = `<g transform="scale(${fixed(width / columns)} ${fixed(height / rows)})">${heat(of)}</g>`;
  return pictureSvg(words.picture, { label, wide: WIDE, over: `${over}${outline(of, words.picture)}` });
}

/** What is small is lost among so many cells: it gets a frame. */
function outline({ within }: Evidence & { readonly kind: "map" }, picture: ShownPicture): string {
  if (within === undefined || within[2] * 4 > picture.width || within[3] * 4 > picture.height) return "";
  return framed([within], picture);
}

/** Steps of heat: enough to see where it is worst, few enough that a map is some hundred bytes. */
const STEPS = 4;

/** One path per step, a run of cells a stroke of it. */
function heat({ columns, rows, levels }: Evidence & { readonly kind: "map" }): string {
  const paths = Array.from({ length: STEPS }, () => "");
  const most = Math.max(1, ...levels);
  for (let row = 0; row < rows; row += 1) {
    let column = 0;
    while (column < columns) {
      const step = stepOf(levels[row * columns + column] ?? 0, most);
      let end = column + 1;
      while (end < columns && stepOf(levels[row * columns + end] ?? 0, most) === step) end += 1;
      if (step > 0) paths[step - 1] += `M${column} ${row}h${end - column}v1h${column - end}z`;
      column = end;
    }
  }
  return paths
    .map((path, i) =>
      path === "" ? "" : `<path d="${path}" fill="#ff2a1a" opacity="${((i + 1) / (STEPS + 1)).toFixed(2)}"/>`,
    )
    .join("");
}

function stepOf(level: number, most: number): number {
  return level === 0 ? 0 : Math.max(1, Math.ceil((level / most) * STEPS));
}

function boxesSvg(of: Evidence & { readonly kind: "boxes" }, words: EvidenceWords): string {
  const { picture } = words;
  if (picture === null) return "";
  const over = framed(of.boxes, picture);
  return pictureSvg(picture, { label: words.escape(`${of.title}, ${words.place}`), wide: WIDE, over });
}

function framed(boxes: ReturnType<typeof boxesOf>, picture: ShownPicture): string {
  // A line of one pixel would not be seen at this size: it gets a frame around it.
  const line = picture.width / 160;
  const frames = boxes.map(([x, y, w, h]) => {
    const [wide, high] = [Math.max(w, line), Math.max(h, line)];
    return `M${fixed(x - line)} ${fixed(y - line)}h${fixed(wide + 2 * line)}v${fixed(high + 2 * line)}h${fixed(-wide - 2 * line)}z`;
  });
  const d = frames.join("");
  return `<path d="${d}" fill="none" stroke="#000" stroke-width="${fixed(line * 2.2)}"/><path d="${d}" fill="none" stroke="#ff4a3a" stroke-width="${fixed(line)}"/>`;
}

/** One pixel of the frame is one of the page, with the places framed by a thin line. */
function cropFigure(of: Evidence, { crop, place, frame = null, escape }: EvidenceWords): string {
  if (crop === null || crop === undefined) return "";
  const [x, y, width, height] = crop.box;
  const d = boxesOf([of])
    .map(([left, top, w, h]) => `M${left - 2} ${top - 2}h${w + 4}v${h + 4}h${-w - 4}z`)
    .join("");
  const label = escape(`${of.title}, as it is, ${place}`);
  const svg = `<svg class="pic" role="img" aria-label="${label}" viewBox="${x} ${y} ${width} ${height}" width="${width}" height="${height}"><image href="${escape(crop.src)}" x="${x}" y="${y}" width="${width}" height="${height}" preserveAspectRatio="none"/><path d="${d}" fill="none" stroke="#ff4a3a" stroke-width="1" opacity="0.7"/></svg>`;
  return figure(svg, `1:1 at x ${x}, y ${y}${frame === null ? "" : ` of frame ${frame}`}`);
}

function fixed(value: number): string {
  return String(Number(value.toFixed(2)));
}

function plotSvg(of: Evidence & { readonly kind: "plot" }, words: EvidenceWords): string {
  const { limit, ...rest } = of;
  const curve = { ...rest, limits: limit === null ? [] : [limit] };
  return curveSvg(curve, { label: words.escape(`${of.title}, ${words.place}`), escape: words.escape });
}
