/** A contact sheet: its tiles, each a picture or the place where one is missing, with its words and QC's word. */
import type { Shown } from "./colorWay.ts";
import type { SheetHeads } from "./sheetGrid.ts";

export interface SheetTile {
  readonly path: string | null;
  readonly label: string;
  readonly mark: "pass" | "warn" | "fail" | "error" | "waiting";
}

export interface SheetRequest {
  readonly title: string;
  readonly columns: number;
  /** What columns and rows stand for; absent: nothing that holds for all of them. */
  readonly heads?: SheetHeads;
  readonly tiles: readonly SheetTile[];
  /** How light is shown; absent: through the sRGB curve. */
  readonly shown?: Shown | null;
}
