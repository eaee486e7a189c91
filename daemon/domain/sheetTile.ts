/** One tile of a contact sheet: a picture, or the place where one is missing, with its words and QC's word. */
export interface SheetTile {
  readonly path: string | null;
  readonly label: string;
  readonly mark: "pass" | "warn" | "fail" | "error" | "waiting";
}
