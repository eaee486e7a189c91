/**
 * The public types of plugins: a promise to studios, changed only with `apiVersion`. A plugin is a plain object that uses
 * `import type` only (a studio folder cannot resolve our package at run time), default-exported from a file in a
 * configured directory. It returns data; the core writes.
 */
import type { Evidence, Judged, Measure, Verdict } from "./domain/qc.ts";

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

/**
 * Blocks of `size` x `size` pixels, row by row (`columns` x `rows`; those at the right and lower edge are cut). Means and
 * deviations over the pixels that are looked at, on a scale of 16-bit display codes, 0..65535.
 */
export interface BlockFacts {
  readonly size: number;
  readonly columns: number;
  readonly rows: number;
  /** Pixels looked at. */
  readonly pixels: Float32Array;
  /** Luma. */
  readonly mean: Float32Array;
  /** Standard deviation of luma. */
  readonly sd: Float32Array;
  readonly red: Float32Array;
  readonly green: Float32Array;
  readonly blue: Float32Array;
}

/**
 * Light in the cells of one grid, row by row: at most 64 x 36, each of whole blocks of the plate (of the result, without one). A
 * result of another size is laid onto the same places. NaN: a cell of which a part is not looked at.
 */
export interface CellFacts {
  readonly columns: number;
  readonly rows: number;
  /** Linear: codes by the sRGB curve, 1 = the largest code; floats as they are, where both pictures are floats. */
  readonly red: Float32Array;
  readonly green: Float32Array;
  readonly blue: Float32Array;
  /** 0.2126 R + 0.7152 G + 0.0722 B. */
  readonly luma: Float32Array;
  /** Share of the cell that the recipe may change, 0..1; 1 without a mask. */
  readonly inside: Float32Array;
}

/** The result at its plate's size, for what is compared pixel on pixel; of a result of that size, itself. */
export interface PlateSized {
  /** Of a larger result the means over what each pixel covers of it: floats, or 16-bit codes. */
  readonly image: DecodedImage;
  readonly luma: Uint16Array;
  readonly blocks: BlockFacts;
  /** As `MaskFacts.inside`; null: the whole frame may change. */
  readonly inside: Uint8Array | null;
  /** Width of the result over that of the plate: 1 or more. */
  readonly scale: number;
}

/** Where the recipe may change the plate. Of the result's size. */
export interface MaskFacts {
  /** 1 where a pixel may change, the feather included; row by row. */
  readonly inside: Uint8Array;
  /** Runs of pixels that must stay, as `runs` gives them, ignored rectangles left out. */
  readonly outside: Int32Array;
  /** Around everything that may change; null: nothing may. */
  readonly box: PixelBox | null;
  /** Share of the frame that may change. */
  readonly share: number;
  /** Of a mask with less than 1 % of black: its smallest value, and the share of it above 0 and under 1 % of white. */
  readonly least?: number;
  readonly nearlyBlack?: number;
}

export interface FileFacts {
  readonly path: string;
  readonly bytes: number;
  readonly frame: number | null;
  /** Hex sha256 of what was staged; absent: nobody wrote it down. */
  readonly staged?: string;
  /** Absolute path that it is to be published under, with v000 for the number that its version has; absent: it stays where it is. */
  readonly publishAs?: string;
}

/** What the file says beside its pixels. null: the format does not say it, or the file does not. */
export interface HeaderFacts {
  readonly format: "png" | "tiff" | "jpeg" | "webp" | "exr" | "dpx";
  /** Of what is shown: an EXR's display window. */
  readonly width: number;
  readonly height: number;
  /** OpenEXR's data and display windows. */
  readonly windows: { readonly data: PixelBox; readonly display: PixelBox } | null;
  /** The format's own word in lower case: `none`, `zip`, `piz`, `dwaa`, `lzw`, `deflate`. */
  readonly compression: string | null;
  /** In the file's order: `B half`, `G half`; `R uint16`. */
  readonly channels: readonly { readonly name: string; readonly type: string }[];
  /** Of an OpenEXR whose picture lies in a layer; `DecodedImage` calls its channels R, G, B and A. Absent: they have no layer. */
  readonly layer?: string;
  /** Of an OpenEXR: what stands beside the part that is the picture, and is not decoded: `part 2 "diffuse" (B, G, R)`. Absent: nothing. */
  readonly otherParts?: readonly string[];
  /** Width of a pixel over its height. */
  readonly pixelAspect: number | null;
  /** `24000/1001` */
  readonly framesPerSecond: string | null;
  /** `01:00:00:00`; `01:00:00;00` where frames are dropped. */
  readonly timecode: string | null;
  readonly reel: string | null;
  /** The colour space that the file names; of DPX its transfer: `logarithmic`. */
  readonly colorSpace: string | null;
  /**
   * Text in the file: PNG's chunks, attributes, tags, comments. At most LIMITS.headerTextsMax, each cut to
   * LIMITS.headerTextCharactersMax, all together LIMITS.headerTextsCharactersMax.
   */
  readonly texts: readonly { readonly name: string; readonly text: string }[];
  /** How many more there are, which nobody read; absent: none. */
  readonly textsUnread?: number;
}

/** What a studio's own model made of a picture. */
export interface Inferred {
  readonly output: "embedding" | "score" | "map";
  /** Of a score: one. Of a map: row by row. */
  readonly values: Float32Array;
  readonly columns: number;
  readonly rows: number;
  /** The part of the picture that the model saw, px; absent: all of it. */
  readonly box?: PixelBox;
  /** `dino.onnx, sha256 0123456789ab`; with weights in files of their own, each of those too. */
  readonly model: string;
}
/** Why there is nothing: not installed, not configured, or broken. In words for a person, and what to do. */
export interface InferProblem {
  readonly output: "problem";
  readonly message: string;
  readonly hint: string;
}

/** What a check of scope `sequence` or `set` keeps of one frame, because the frames are never all in memory. */
export interface Trace {
  /** At most LIMITS.traceNumbersMax. */
  readonly numbers: Float32Array;
  /** A short text, `digest("result")` as a rule. */
  readonly digest?: string;
}

export interface TracedFrame {
  /** 1-based. */
  readonly wedge: number;
  readonly frame: number | null;
  /** Whole number 0..2^53-1 as text. */
  readonly seed: string;
  /** Axis name -> the value's label. */
  readonly axes: Readonly<Record<string, string>>;
  /** null: its pixels could not be read, or the check kept nothing of it. */
  readonly trace: Trace | null;
}

/** What a check may look at. A check states in `needs` what it cannot do without. */
export interface CheckInput {
  readonly result: DecodedImage | null;
  readonly resultFile: FileFacts;
  /** Why `result` is null: the decoder's words. `kind` broken: we looked and it is bad; unreadable: we could not look. */
  readonly decodeProblem: {
    readonly kind: "broken" | "unreadable";
    readonly message: string;
    readonly hint?: string;
  } | null;
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
  /**
   * Luma (as in `LumaFacts`) of every pixel, row by row, as 16-bit display codes; ignored rectangles too. Null without the
   * image. Computed once per image with `blocks` and `luma`.
   */
  readonly lumaPlane: (of: "result" | "plate") => Uint16Array | null;
  readonly blocks: (of: "result" | "plate") => BlockFacts | null;
  /** Made once, when a check asks. Text: why not, as a check's `applies` says it (a smaller result, another shape, no pixels). */
  readonly atPlateSize: () => PlateSized | string;
  /** Made of `blocks`, once per image; what checks over many frames keep of one. Null without the image. */
  readonly cells: (of: "result" | "plate") => CellFacts | null;
  /** Hash of the decoded samples, hex; null without the image. Computed once, and only when a check asks. */
  readonly digest: (of: "result" | "plate") => string | null;
  /** Hex sha256 of the result's bytes as they lie on disk now; null: they can't be read. Computed once, and only when a check asks. */
  readonly sha256: () => string | null;
  /** null: without the file, or where its header can't be read. */
  readonly header: (of: "result" | "plate") => HeaderFacts | null;
  /** What the model made of the picture, for checks with `infers`; null: without the picture. */
  readonly inferred: (of: "result" | "plate") => Inferred | InferProblem | null;
  /** null: the recipe has no mask, and the whole frame may change. */
  readonly mask: MaskFacts | null;
  /** Why `mask` is null although there is one. */
  readonly maskProblem: string | null;
  /** true: a step of ours laid the edit onto the plate, so that outside the mask every bit is the plate's. */
  readonly composited: boolean;
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
  /**
   * For checks with a `trace`. Scope `sequence`: the frames of one wedge that are there, in order. Scope `set`: one frame of
   * every wedge, by index.
   */
  readonly series: readonly TracedFrame[] | null;
  readonly limits: Readonly<Record<string, number>>;
}

export interface CheckAnswer {
  readonly verdict: Verdict;
  readonly measures: readonly Measure[];
  readonly message: string;
  readonly hint?: string;
  /** What a person should see: kept when the verdict is no pass. At most 8. */
  readonly evidence?: readonly Evidence[];
}

export interface Check {
  readonly apiVersion: 1;
  readonly id: string;
  readonly version: number;
  /** One picture; one wedge's frames; one picture of every wedge of a version. */
  readonly scope: "frame" | "sequence" | "set";
  /** What it finds, in some words that begin with a small letter: for reports and `hotplate qc list`. Absent: its id says it. */
  readonly finds?: string;
  /** EBU QC's layer: the picture (default), its file, or one against another. */
  readonly layer?: "essence" | "container" | "crosscheck";
  /** Of a check with `trace`: what its trace can't do without, frame by frame. */
  readonly needs: readonly ("result" | "plate" | "mask" | "frames")[];
  /** Default limits by name, with the unit in the name or in the docstring. */
  readonly limits: Readonly<Record<string, number>>;
  /** Where each default limit comes from: a standard, a paper, a measured corpus. */
  readonly limitsFrom?: Readonly<Record<string, string>>;
  /**
   * Which measures each limit judges, for `hotplate qc calibrate`: the worst of them decides. Limits that judge nothing by
   * themselves (two that must both be broken, guards) are left out and stay as they are. `least` and `greatest` say at which values
   * the limit means something, so that nothing else is proposed.
   */
  readonly judges?: Readonly<Record<string, Judged>>;
  /** Of limits that are not in `judges`: the value at which nothing is ever past them. Who sets one to it is told that the check then finds nothing by it. */
  readonly idleAt?: Readonly<Record<string, number>>;
  /** true: another seed may cure what it finds, so that doing the work again is worth it. */
  readonly seedMayCure?: boolean;
  /** It looks through a model that a studio configures (`qcModels`): what the model gives, and of which pictures. */
  readonly infers?: { readonly output: Inferred["output"]; readonly of: readonly ("result" | "plate")[] };
  /** Scope `sequence` and `set`: what it keeps of a frame, made while the frame is in memory. null: nothing. */
  trace?(input: CheckInput): Trace | null;
  /** null: applies; else why not, in words for the report. */
  applies?(input: CheckInput): string | null;
  run(input: CheckInput): CheckAnswer;
}
