/** What the store keeps of a version that is decided: where it goes, and what people are to know of its QC. */

/** What gate `warn` let into a version. Variations; each counts once, failed before not looked at. */
export interface PublishedAnyway {
  readonly failed: number;
  readonly unlooked: number;
}

export interface Publication {
  readonly targetPath: string;
  readonly stagingPath: string;
  readonly commitSha256: string;
  /** Variations with a QC warning, by its qc.json; null: a version of before. */
  readonly warned: number | null;
  /** null: a version of before. */
  readonly anyway: PublishedAnyway | null;
}

export type NewPublication = Omit<Publication, "warned" | "anyway"> & {
  readonly warned?: number;
  readonly anyway?: PublishedAnyway;
};
