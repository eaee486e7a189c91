/**
 * Evidence as people see it: checks count from the first sample that they got, which in an OpenEXR with overscan is not the first
 * pixel of the picture. Places and maps are moved onto the display window, which is what thumbnails and parts of frames show. Pure.
 */
import type { Evidence } from "./qc.ts";

/** x, y, width, height, px. */
type PixelBox = readonly [x: number, y: number, width: number, height: number];

interface Windows {
  readonly data: PixelBox;
  readonly display: PixelBox;
}

/** The same evidence where both windows are one. What lies wholly outside of what is shown is left out. */
export function shownEvidence(evidence: readonly Evidence[], windows: Windows | null): readonly Evidence[] {
  if (windows === null || windows.data.every((side, i) => side === windows.display[i])) return evidence;
  return evidence.flatMap((piece): readonly Evidence[] => {
    if (piece.kind === "plot") return [piece];
    if (piece.kind === "map") return [shownMap(piece, windows)];
    const boxes = piece.boxes.flatMap((box) => shownBox(box, windows));
    return boxes.length === 0 ? [] : [{ ...piece, boxes }];
  });
}

function shownBox([x, y, width, height]: PixelBox, { data, display }: Windows): readonly PixelBox[] {
  const [left, top] = [Math.max(0, x + data[0] - display[0]), Math.max(0, y + data[1] - display[1])];
  const right = Math.min(display[2], x + data[0] - display[0] + width);
  const bottom = Math.min(display[3], y + data[1] - display[1] + height);
  return right <= left || bottom <= top ? [] : [[left, top, right - left, bottom - top]];
}

type MapEvidence = Evidence & { readonly kind: "map" };

/** As many cells as before, each with the worst level of those that it touches. */
function shownMap(of: MapEvidence, { data, display }: Windows): MapEvidence {
  const { columns, rows, levels } = of;
  const across = spans(columns, { shown: display[2], from: display[0] - data[0], whole: data[2] });
  const down = spans(rows, { shown: display[3], from: display[1] - data[1], whole: data[3] });
  const out = Array.from({ length: columns * rows }, () => 0);
  for (const [row, [top, bottom]] of down.entries())
    for (const [column, [left, right]] of across.entries())
      for (let y = top; y < bottom; y += 1)
        for (let x = left; x < right; x += 1)
          out[row * columns + column] = Math.max(out[row * columns + column] ?? 0, levels[y * columns + x] ?? 0);
  const { within, worst, ...rest } = of;
  const [box] = within === undefined ? [] : shownBox(within, { data, display });
  const [at] = worst === undefined ? [] : shownBox([...worst, 1, 1], { data, display });
  return {
    ...rest,
    levels: out,
    ...(box === undefined ? {} : { within: box }),
    ...(at === undefined ? {} : { worst: [at[0], at[1]] }),
  };
}

/** Of each new cell the old ones that it touches, first and behind the last. */
function spans(
  count: number,
  { shown, from, whole }: { readonly shown: number; readonly from: number; readonly whole: number },
): readonly (readonly [number, number])[] {
  const cell = (px: number): number => (px * count) / whole;
  return Array.from({ length: count }, (_, i) => {
    const [begin, end] = [cell(from + (i * shown) / count), cell(from + ((i + 1) * shown) / count)];
    // A hair's breadth over an edge is no touch.
    return [Math.max(0, Math.floor(begin + 1e-6)), Math.min(count, Math.ceil(end - 1e-6))] as const;
  });
}
