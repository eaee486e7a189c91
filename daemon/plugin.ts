/**
 * The public types of plugins: a promise to studios, changed only with `apiVersion`. A plugin is a plain object that uses
 * `import type` only (a studio folder cannot resolve our package at run time), default-exported from a file in a
 * configured directory. It returns data; the core writes.
 */
import type { Measure, Verdict } from "./domain/qc.ts";

/** A decoded image: interleaved samples, row by row, exactly as the file holds them (never scaled, never colour-managed). */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** `R`, `G`, `B`, `A` ... in the order of the samples. */
  readonly channelNames: readonly string[];
  /** Bits per sample in the file. */
  readonly bitDepth: 8 | 10 | 12 | 16 | 32;
  readonly sampleType: "uint" | "float";
  /** uint8, uint16: code values. float32: as stored, NaN and infinities kept. */
  readonly samples: Uint8Array | Uint16Array | Float32Array;
  readonly reader: string;
}

export interface FileFacts {
  readonly path: string;
  readonly bytes: number;
  readonly frame: number | null;
}

/** What a check may look at. A check states in `needs` what it cannot do without. */
export interface CheckInput {
  readonly result: DecodedImage | null;
  readonly resultFile: FileFacts;
  /** Why `result` is null: the decoder's words. `kind` broken: we looked and it is bad; unreadable: we could not look. */
  readonly decodeProblem: { readonly kind: "broken" | "unreadable"; readonly message: string } | null;
  readonly plate: DecodedImage | null;
  readonly expected: {
    readonly width: number | null;
    readonly height: number | null;
    readonly bitDepth: 8 | 16 | null;
    /** Rectangles (x, y, width, height in pixels) that are not the image: the SIMULATED mark. */
    readonly ignore: readonly (readonly [number, number, number, number])[];
  };
  /** For scope `sequence`: the frames wanted, and those that are there. */
  readonly frames: { readonly wanted: readonly (number | null)[]; readonly present: readonly (number | null)[] } | null;
  readonly limits: Readonly<Record<string, number>>;
}

export interface CheckAnswer {
  readonly verdict: Verdict;
  readonly measures: readonly Measure[];
  readonly message: string;
  readonly hint?: string;
}

export interface Check {
  readonly apiVersion: 1;
  readonly id: string;
  readonly version: number;
  readonly scope: "frame" | "sequence";
  readonly needs: readonly ("result" | "plate" | "frames")[];
  /** Default limits by name, with the unit in the name or in the docstring. */
  readonly limits: Readonly<Record<string, number>>;
  /** null: applies; else why not, in words for the report. */
  applies?(input: CheckInput): string | null;
  run(input: CheckInput): CheckAnswer;
}
