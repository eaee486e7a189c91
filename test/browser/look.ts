/**
 * What a page looks like, asked of the browser that laid it out. The text below runs in that browser: its boxes are CSS pixels, its contrast is
 * WCAG 2.2's (1.4.3): (lighter + 0.05) / (darker + 0.05) of relative luminance.
 */

export interface Look {
  /** CSS pixels that the page is wider than its window. */
  readonly tooWide: number;
  /** Pictures that did not load. */
  readonly broken: readonly string[];
  readonly pictures: number;
  /** Words whose box reaches out of the window, and that nothing scrolls to. */
  readonly outside: readonly string[];
  /** Words that their own box cuts off. */
  readonly cut: readonly string[];
  /** Words in letters of less than 10 px, 7 pt on paper, drawings as they are shown. */
  readonly tiny: readonly string[];
  /** Words in drawings that lie on one another. */
  readonly overlapping: readonly string[];
  /** Words with less contrast than 4.5 to 1 (3 to 1 from 24 px, or 18.66 px bold). */
  readonly faint: readonly string[];
  /** All words, in order. */
  readonly text: string;
  readonly height: number;
}

export const LOOK = String.raw`(async () => {
  const shown = (el) => {
    for (let at = el; at !== null && at !== document; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.display === "none" || style.visibility === "hidden" || Number(style.opacity) === 0) return false;
    }
    return el.getClientRects().length > 0;
  };
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const colour = (css) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = css;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
  const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = (el) => {
    const layers = [];
    for (let at = el; at !== null; at = at.parentElement) {
      const own = colour(getComputedStyle(at).backgroundColor);
      if (own[3] > 0) layers.push(own);
      if (own[3] === 1) break;
    }
    const dark = matchMedia("(prefers-color-scheme: dark)").matches && !matchMedia("print").matches;
    return layers.reverse().reduce((under, layer) => over(layer, under), dark ? [18, 18, 18, 1] : [255, 255, 255, 1]);
  };
  const scrolls = (el) => {
    for (let at = el; at !== null; at = at.parentElement) {
      const { overflowX } = getComputedStyle(at);
      if (overflowX === "auto" || overflowX === "scroll") return true;
    }
    return false;
  };
  const root = document.documentElement;
  const width = root.clientWidth;
  const outside = [], cut = [], tiny = [], faint = [], overlapping = [];
  const inDrawings = new Map();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = walk.nextNode(); node !== null; node = walk.nextNode()) {
    const el = node.parentElement;
    const words = node.data.trim();
    if (words === "" || el.closest("style, script, title, desc") !== null || !shown(el)) continue;
    const name = "<" + el.localName + "> " + words.slice(0, 60);
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (box.width === 0) continue;
    if ((box.right > width + 1 || box.left < -1) && !scrolls(el)) outside.push(name);
    const style = getComputedStyle(el);
    if (/hidden|clip/.test(style.overflowX) && el.scrollWidth > el.clientWidth + 1) cut.push(name);
    // A drawing's letters shrink with it.
    const svg = el.closest("svg");
    const matrix = svg === null ? null : el.getScreenCTM();
    const size = parseFloat(style.fontSize) * (matrix === null ? 1 : Math.hypot(matrix.b, matrix.d));
    const paper = matchMedia("print").matches;
    if (size < (paper ? 9.3 : 9.95)) tiny.push(size.toFixed(1) + " px " + name);
    if (svg !== null) {
      const others = inDrawings.get(svg) ?? [];
      // Lines of letters may touch: their boxes hold room above and below.
      const hit = others.find((other) => other.box.left < box.right - 1 && box.left < other.box.right - 1 && other.box.top < box.bottom - 3 && box.top < other.box.bottom - 3);
      if (hit !== undefined) overlapping.push(name + " on " + hit.words);
      inDrawings.set(svg, [...others, { box, words }]);
      continue;
    }
    const ground = behind(el);
    const letters = luminance(over(colour(style.color), ground)), under = luminance(ground);
    const contrast = (Math.max(letters, under) + 0.05) / (Math.min(letters, under) + 0.05);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (contrast < (large ? 3 : 4.5)) faint.push(contrast.toFixed(2) + " " + name);
  }
  const pictures = [...document.querySelectorAll("img, svg image")];
  const broken = [];
  for (const picture of pictures) {
    // The browser's own promise: rejected for what it can't show.
    await picture.decode().catch(() => broken.push((picture.id || picture.getAttribute("src") || "").slice(0, 80)));
  }
  return {
    tooWide: Math.max(0, root.scrollWidth - width),
    pictures: pictures.length,
    broken, outside, cut, tiny, faint, overlapping,
    text: document.body.innerText,
    height: root.scrollHeight,
  };
})()`;
