/**
 * What evidence may be: bounded and whole, for it goes into records and reports. A check's evidence is data from a stranger;
 * anything else than these shapes is a fault of the check.
 */
import { z } from "zod";
import { LIMITS } from "./limits.ts";

const title = z.string().min(1).max(LIMITS.checkNameCharactersMax);
const axis = z.string().max(LIMITS.checkNameCharactersMax);
const number = z.number();
const numbers = z.array(number).max(LIMITS.evidencePointsMax);

export const evidenceSchema = z.discriminatedUnion("kind", [
  z
    .strictObject({
      kind: z.literal("map"),
      title,
      columns: z.number().int().min(1).max(LIMITS.evidenceMapSideMax),
      rows: z.number().int().min(1).max(LIMITS.evidenceMapSideMax),
      levels: z.array(z.number().int().min(0).max(255)),
      within: z
        .tuple([number, number, number, number])
        .optional()
        .describe("The box around all that was found, px: x, y, width, height."),
      worst: z.tuple([number, number]).optional().describe("The worst pixel: x, y."),
    })
    .refine(({ columns, rows, levels }) => levels.length === columns * rows, "levels must be columns x rows"),
  z.strictObject({
    kind: z.literal("boxes"),
    title,
    boxes: z.array(z.tuple([number, number, number, number])).max(LIMITS.evidenceBoxesMax),
  }),
  z
    .strictObject({
      kind: z.literal("plot"),
      title,
      x: numbers,
      y: numbers,
      xName: axis,
      yName: axis,
      limit: number.nullable(),
    })
    .refine(({ x, y }) => x.length === y.length, "x and y must be of one length"),
]);

/** null: usable. */
export function evidenceFault(evidence: unknown): string | null {
  if (!Array.isArray(evidence)) return "its evidence is no list";
  if (evidence.length > LIMITS.evidenceMax) return `it has more than ${LIMITS.evidenceMax} pieces of evidence`;
  for (const piece of evidence) {
    const parsed = evidenceSchema.safeParse(piece);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const words = `its evidence is wrong: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`.trim();
      // It names keys that a stranger chose.
      return words.slice(0, LIMITS.checkMessageCharactersMax);
    }
  }
  return null;
}
