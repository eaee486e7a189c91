/**
 * What a check's program is asked: one JSON object, on one line (docs/plugins.md has every field). Names are those of
 * `CheckInput` wherever the thing is the same.
 */
import type { SeriesFrame } from "./qcRequest.ts";
import type { CheckInput, DecodedImage, HeaderFacts, LumaFacts, PixelBox } from "../plugin.ts";

/** Samples in a file, row by row, little-endian; gone when the look is over. */
export interface RawPixels {
  readonly path: string;
  /** Rows, columns, and channels where a pixel has them. */
  readonly shape: readonly number[];
  /** numpy's names. */
  readonly dtype: "uint8" | "uint16" | "float32";
}

interface AskedImage {
  readonly path: string;
  /** null: nothing could be decoded, and `problem` says why. */
  readonly width: number | null;
  readonly height: number | null;
  readonly channels: readonly string[];
  readonly bitDepth: number | null;
  readonly sampleType: "uint" | "float" | null;
  readonly dataWindow: PixelBox | null;
  readonly displayWindow: PixelBox | null;
  readonly reader: string | null;
  readonly problem: string | null;
  /** Only with `pixels: raw`. */
  readonly raw: RawPixels | null;
  /** Only with `facts: [luma]`. */
  readonly luma: LumaFacts | null;
  /** Only with `facts: [header]`. */
  readonly header: HeaderFacts | null;
}

export interface ProgramRequest {
  /** Version of this contract. */
  readonly hotplate: 1;
  readonly check: string;
  readonly version: number;
  readonly limits: Readonly<Record<string, number>>;
  readonly frame: number | null;
  readonly result: AskedImage & { readonly bytes: number };
  readonly plate: AskedImage | null;
  /** `raw`: 1 where a pixel may change. */
  readonly mask: {
    readonly path: string | null;
    readonly raw: RawPixels | null;
    readonly problem: string | null;
  } | null;
  readonly composited: boolean;
  readonly expected: {
    readonly width: number | null;
    readonly height: number | null;
    readonly bitDepth: number | null;
    readonly ignore: readonly PixelBox[];
  };
}

/** What the program of a check over many frames is asked: one wedge's, or one frame of every wedge. */
export interface WholeRequest {
  /** Version of this contract. */
  readonly hotplate: 1;
  readonly check: string;
  readonly version: number;
  readonly scope: "sequence" | "set";
  readonly limits: Readonly<Record<string, number>>;
  /** Of a sequence: what was wanted and what is there. */
  readonly frames: CheckInput["frames"];
  readonly series: readonly {
    readonly wedge: number;
    readonly frame: number | null;
    readonly seed: string;
    readonly axes: Readonly<Record<string, string>>;
    readonly path: string;
    readonly bytes: number;
    readonly plate: string | null;
    readonly mask: string | null;
  }[];
}

export function wholeRequest(
  check: { readonly id: string; readonly version: number },
  of: Pick<WholeRequest, "scope" | "limits" | "frames"> & { readonly series: readonly SeriesFrame[] },
): WholeRequest {
  const { scope, limits, frames, series } = of;
  return {
    hotplate: 1,
    check: check.id,
    version: check.version,
    scope,
    limits,
    frames,
    series: series.map(({ wedge, frame, seed, axes, look }) => ({
      wedge,
      frame,
      seed,
      axes,
      path: look.path,
      bytes: look.bytes,
      plate: look.platePath,
      mask: look.mask?.path ?? null,
    })),
  };
}

/** Where the files are that a program may read. */
export interface AskedFiles {
  readonly plate: string | null;
  readonly mask: string | null;
  readonly raw: {
    readonly result: RawPixels | null;
    readonly plate: RawPixels | null;
    readonly mask: RawPixels | null;
  };
}

export function programRequest(
  check: { readonly id: string; readonly version: number; readonly facts: readonly ("luma" | "header")[] },
  input: CheckInput,
  files: AskedFiles,
): ProgramRequest {
  const { expected, mask, maskProblem, plate, plateProblem, resultFile } = input;
  const facts = (of: "result" | "plate") => ({
    luma: check.facts.includes("luma") ? input.luma(of) : null,
    header: check.facts.includes("header") ? input.header(of) : null,
  });
  return {
    hotplate: 1,
    check: check.id,
    version: check.version,
    limits: input.limits,
    frame: resultFile.frame,
    result: {
      bytes: resultFile.bytes,
      ...asked(input.result, {
        path: resultFile.path,
        problem: input.decodeProblem?.message ?? null,
        raw: files.raw.result,
        ...facts("result"),
      }),
    },
    plate:
      files.plate === null || (plate === null && plateProblem === null)
        ? null
        : asked(plate, { path: files.plate, problem: plateProblem, raw: files.raw.plate, ...facts("plate") }),
    mask:
      mask === null && maskProblem === null ? null : { path: files.mask, raw: files.raw.mask, problem: maskProblem },
    composited: input.composited,
    expected: {
      width: expected.width,
      height: expected.height,
      bitDepth: expected.bitDepth,
      ignore: expected.ignore,
    },
  };
}

function asked(
  image: DecodedImage | null,
  more: Pick<AskedImage, "path" | "problem" | "raw" | "luma" | "header">,
): AskedImage {
  return {
    ...more,
    width: image?.width ?? null,
    height: image?.height ?? null,
    channels: image?.channelNames ?? [],
    bitDepth: image?.bitDepth ?? null,
    sampleType: image?.sampleType ?? null,
    dataWindow: image?.windows?.data ?? null,
    displayWindow: image?.windows?.display ?? null,
    reader: image?.reader ?? null,
  };
}
