/** One file of the proof over files: its bytes, its plate, what was promised of it, and for which checks it is right. */
import type { Chance } from "./random.ts";

export interface Plate {
  readonly bytes: Uint8Array;
  readonly extension: string;
}

export interface FileCase {
  /** For people: `EXR zip`. */
  readonly kind: string;
  readonly format: "exr" | "png" | "tiff" | "jpeg" | "webp" | "dpx";
  readonly result: Uint8Array;
  readonly publishAs: string;
  readonly plate: Plate | null;
  readonly expected: {
    readonly width: number | null;
    readonly height: number | null;
    readonly bitDepth: 8 | 16 | null;
  };
  /** The hash of `result` was written down when Hotplate staged it. */
  readonly staged: boolean;
  /** Those that it is right for. */
  readonly checks: readonly string[];
}

/** Of all results. */
export const ALWAYS = [
  "file.decodes",
  "header.size",
  "header.format",
  "header.meta",
  "file.metadata",
  "delivery.name",
] as const;

export function publishedName(random: Chance, of: { readonly size: string; readonly extension: string }): string {
  const show = random.pick(["AGM", "north_star", "X-9", "Zeta2"]);
  const shot = `${random.pick(["SH", "sh", "ABC_"])}${String(Math.floor(random.between(10, 9_990))).padStart(4, "0")}`;
  const product = random.pick(["env_relight", "cleanup", "sky.replace", "beauty-pass", "plate01"]);
  const version = `${product}_v${String(Math.floor(random.between(1, 400))).padStart(3, "0")}`;
  const frame = String(Math.floor(random.between(1, 99_999))).padStart(random.pick([4, 5, 6]), "0");
  const name = random.pick([`${version}.${frame}`, `${shot}_${version}.${frame}`, `${version}_${frame}`, version]);
  return `/${show}/${shot}/${version}/${of.size}/${name}.${of.extension}`;
}
