/** Where in its frame a finding's evidence points at: one place, for the part that a report shows as it is. Pure. */
import type { Evidence, PictureSize } from "./qc.ts";
import { LIMITS } from "./limits.ts";

type Box = readonly [x: number, y: number, width: number, height: number];
type Placed = Evidence & { readonly kind: "boxes" | "map" };

/** The piece that says where: the first with boxes, else the first map in which something is. */
export function placedPiece(evidence: readonly Evidence[]): Placed | null {
  for (const piece of evidence) if (piece.kind === "boxes" && piece.boxes.length > 0) return piece;
  for (const piece of evidence)
    if (piece.kind === "map" && (piece.worst !== undefined || piece.levels.some((level) => level > 0))) return piece;
  return null;
}

/** Its first box; of a map what was found, its worst pixel where that is too large for one look, or its hottest cell. */
export function evidencePlace(evidence: readonly Evidence[], size: PictureSize): Box | null {
  const piece = placedPiece(evidence);
  if (piece === null) return null;
  return piece.kind === "boxes" ? (piece.boxes[0] ?? null) : placeInMap(piece, size);
}

/** Boxes that a check points at: its own, and of maps what it says all lies within. */
export function boxesOf(evidence: readonly Evidence[]): readonly Box[] {
  return evidence.flatMap((piece): readonly Box[] => {
    if (piece.kind === "boxes") return piece.boxes;
    return piece.kind === "map" && piece.within !== undefined ? [piece.within] : [];
  });
}

function placeInMap(
  { within, worst, columns, rows, levels }: Evidence & { readonly kind: "map" },
  size: PictureSize,
): Box {
  if (within !== undefined && Math.max(within[2], within[3]) <= LIMITS.qcPageCropPixels) return within;
  if (worst !== undefined) return [...worst, 1, 1];
  const most = levels.reduce((a, b) => Math.max(a, b), 0);
  const cell = levels.indexOf(most);
  const [wide, high] = [size.width / columns, size.height / rows];
  const [left, top] = [Math.floor((cell % columns) * wide), Math.floor(Math.floor(cell / columns) * high)];
  return [left, top, Math.ceil(wide), Math.ceil(high)];
}
