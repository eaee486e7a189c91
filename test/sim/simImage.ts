/** The tiny image format of the simulated world: size, and a hash of its content. Cut, emptied or zeroed bytes do not decode. */
import { sha256Of } from "./disk.ts";

export interface SimImage {
  readonly width: number;
  readonly height: number;
  /** What the picture shows: equal bodies are equal pictures. */
  readonly body: string;
}

export function encodeImage(image: SimImage): string {
  return `SIMIMG 1 ${image.width} ${image.height} ${sha256Of(image.body)}\n${image.body}\nEND\n`;
}

/** null: it does not decode. */
export function decodeImage(data: Uint8Array): SimImage | null {
  const text = new TextDecoder().decode(data);
  const match = /^SIMIMG 1 (\d+) (\d+) ([0-9a-f]{64})\n([^]*)\nEND\n$/.exec(text);
  if (match === null || sha256Of(match[4]!) !== match[3]) return null;
  return { width: Number(match[1]), height: Number(match[2]), body: match[4]! };
}

/** How the body of a picture begins that QC refuses, and another seed may cure. */
export const BLACK = "BLACK ";
/** Fails with its wedge as a whole. */
export const UNSTEADY = "UNSTEADY ";
