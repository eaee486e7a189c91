/**
 * What a picture's own file says of its colours: facts only, read with its head (adapters/images/colorHints). What follows
 * from them is domain/colorRule.
 */
export interface ColorHints {
  readonly format: "png" | "tiff" | "jpeg" | "webp" | "exr" | "dpx";
  readonly sampleType: "uint" | "float";
  /** Bits of a sample. */
  readonly bitDepth: number;
  /** A space by name: an EXR's `colorInteropID`, `oiio:ColorSpace` or `colorSpace`. */
  readonly space: string | null;
  /** CIE xy of red, green, blue, white, as an EXR's `chromaticities` holds them. */
  readonly chromaticities: readonly number[] | null;
  /** `acesImageContainerFlag` 1: an ACES image container, SMPTE ST 2065-4. */
  readonly aces: boolean;
  /** DPX's transfer byte: 1 printing density, 2 linear, 3 logarithmic, 6 Rec.709 ...; null for other kinds. */
  readonly transfer: number | null;
}
