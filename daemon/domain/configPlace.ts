/** Where in the text of hotplate.yaml something stands that is found wrong only when it is used. Pure. */
import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from "yaml";

export interface TextPlace {
  /** Both 1-based. */
  readonly line: number;
  readonly col: number;
}

/** Of the key that a path ends with, or of the nearest above it that the text has; null: of none. */
export function placeInYaml(text: string, path: readonly string[]): TextPlace | null {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  for (let depth = path.length; depth > 0; depth -= 1) {
    const above: unknown = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    if (!isNode(above) || !isMap(above)) continue;
    const pair = above.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === path[depth - 1]);
    const offset = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
    if (offset !== undefined) return lines.linePos(offset);
  }
  return null;
}
