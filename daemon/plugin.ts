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
  /** OpenEXR's data and display windows; null for formats without them. `width` and `height` are the data window's. */
  readonly windows: { readonly data: PixelBox; readonly display: PixelBox } | null;
}

/** x, y of the first pixel, then width and height, px. */
export type PixelBox = readonly [x: number, y: number, width: number, height: number];

/**
 * Statistics of luma, 0.2126 R + 0.7152 G + 0.0722 B (grey: the value), over all pixels outside the ignored rectangles.
 * Integers are divided by their largest code; floats are clamped to 0..1 and sRGB-encoded first, NaN counting as 0, so
 * that one limit means the same for both. All values are ratios, 0..1.
 */
export interface LumaFacts {
  readonly pixels: number;
  readonly mean: number;
  /** Standard deviation. */
  readonly sd: number;
  readonly min: number;
  readonly max: number;
  /** The largest standard deviation inside a block of 32 x 32 pixels. */
  readonly blockSdMax: number;
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
  /**
   * The plate's frame. Decoded for checks that name `plate` in `needs`; other checks see it only when a first look found
   * something, so that a black result of a black plate is no fault and good frames cost no second decoding.
   */
  readonly plate: DecodedImage | null;
  /** Why `plate` is null although there is one: it could not be decoded. */
  readonly plateProblem: string | null;
  /** Computed once per image, however many checks ask; null when the image is. */
  readonly luma: (of: "result" | "plate") => LumaFacts | null;
  /**
   * The pixels to look at, as runs [start, end, start, end, ...] of pixel indexes (y * width + x) outside the ignored
   * rectangles, in order; one run where nothing is ignored. Loops over runs need no test per pixel. Empty without image.
   */
  readonly runs: (of: "result" | "plate") => Int32Array;
  readonly expected: {
    readonly width: number | null;
    readonly height: number | null;
    readonly bitDepth: 8 | 16 | null;
    /** Of an OpenEXR plate that shows as many pixels as the result: the result keeps both windows. null: its own. */
    readonly windows?: { readonly data: PixelBox; readonly display: PixelBox } | null;
    /** Rectangles (x, y, width, height in pixels of the decoded image) that are not the image: the SIMULATED mark. */
    readonly ignore: readonly PixelBox[];
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
