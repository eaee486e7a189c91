/** Evidence as an inline drawing for the report: no script, no file, readable in print. Text in, text out. */
import type { Evidence } from "./qc.ts";

const WIDE = 320;
const HIGH = 120;

export function evidenceSvg(evidence: Evidence, escape: (text: string) => string): string {
  const title = escape(evidence.title);
  switch (evidence.kind) {
    case "map":
      return figure(title, mapSvg(evidence, title));
    case "plot":
      return figure(title, plotSvg(evidence, { title, escape }));
    case "boxes": {
      const places = evidence.boxes.map(([x, y, w, h]) => `x ${x}, y ${y}, ${w} x ${h} px`);
      return `<p class="small">${title}: ${escape(places.join("; "))}</p>`;
    }
  }
}

function figure(title: string, svg: string): string {
  return `<figure class="evidence">${svg}<figcaption class="small faint">${title}</figcaption></figure>`;
}

function mapSvg(of: Evidence & { readonly kind: "map" }, title: string): string {
  const { columns, rows, levels } = of;
  const cells = levels.flatMap((level, i) =>
    level === 0
      ? []
      : [
          `<rect x="${i % columns}" y="${Math.floor(i / columns)}" width="1" height="1" fill="#c00" opacity="${(level / 255).toFixed(2)}"/>`,
        ],
  );
  const frame = `<rect width="${columns}" height="${rows}" fill="none" stroke="currentColor" stroke-width="${columns / 200}"/>`;
  const high = Math.round((WIDE * rows) / columns);
  return `<svg role="img" aria-label="${title}" viewBox="0 0 ${columns} ${rows}" width="${WIDE}" height="${high}" preserveAspectRatio="none">${frame}${cells.join("")}</svg>`;
}

function plotSvg(
  of: Evidence & { readonly kind: "plot" },
  words: { readonly title: string; readonly escape: (text: string) => string },
): string {
  const { x, y, limit } = of;
  const [left, right] = [Math.min(...x), Math.max(...x)];
  const top = Math.max(...y, limit ?? 0) || 1;
  const px = (value: number) => (right === left ? WIDE / 2 : ((value - left) / (right - left)) * WIDE).toFixed(1);
  const py = (value: number) => (HIGH - (value / top) * (HIGH - 4)).toFixed(1);
  const line = x.map((value, i) => `${px(value)},${py(y[i] ?? 0)}`).join(" ");
  const bar =
    limit === null ? "" : `<path d="M0 ${py(limit)}H${WIDE}" stroke="#c00" stroke-dasharray="4 3" fill="none"/>`;
  const { escape, title } = words;
  const names = `<text x="0" y="${HIGH + 14}" font-size="11" fill="currentColor">${escape(of.xName)} ${left} to ${right}; ${escape(of.yName)} up to ${top.toPrecision(3)}</text>`;
  return `<svg role="img" aria-label="${title}" viewBox="0 0 ${WIDE} ${HIGH + 20}" width="${WIDE}" height="${HIGH + 20}"><path d="M0 ${HIGH}H${WIDE}" stroke="currentColor"/>${bar}<polyline points="${line}" fill="none" stroke="currentColor" stroke-width="1.4"/>${names}</svg>`;
}
