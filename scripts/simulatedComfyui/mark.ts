/** Every simulated picture says so: SIMULATED in the declared rectangle (`simulatedMark`), white on dark, any size. */
import { simulatedMark } from "../../daemon/domain/simulatedMark.ts";
import type { Plane } from "./tensor.ts";

/** 3 x 5 dots a letter, rows from the top, the left dot the highest bit. */
const LETTERS: Readonly<Record<string, readonly number[]>> = {
  S: [0b111, 0b100, 0b111, 0b001, 0b111],
  I: [0b111, 0b010, 0b010, 0b010, 0b111],
  M: [0b101, 0b111, 0b111, 0b101, 0b101],
  U: [0b101, 0b101, 0b101, 0b101, 0b111],
  L: [0b100, 0b100, 0b100, 0b100, 0b111],
  A: [0b010, 0b101, 0b111, 0b101, 0b101],
  T: [0b111, 0b010, 0b010, 0b010, 0b010],
  E: [0b111, 0b100, 0b110, 0b100, 0b111],
  D: [0b110, 0b101, 0b101, 0b101, 0b110],
};
const WORD = "SIMULATED";
const COLUMNS = WORD.length * 4 + 1;
const ROWS = 7;

/** `full` is the sample value of white. */
export function burnMark(
  samples: Uint8Array | Uint16Array,
  of: Pick<Plane, "width" | "height" | "channels">,
  full: number,
): void {
  const [x0, y0, width, height] = simulatedMark(of.width, of.height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const lit = dotAt(Math.floor((x * COLUMNS) / width), Math.floor((y * ROWS) / height));
      const at = ((y0 + y) * of.width + x0 + x) * of.channels;
      for (let c = 0; c < of.channels; c += 1)
        samples[at + c] = c === 3 ? full : Math.round(full * (lit ? 0.92 : 0.09));
    }
  }
}

function dotAt(column: number, row: number): boolean {
  const letter = LETTERS[WORD[Math.floor((column - 1) / 4)] ?? ""];
  const bits = letter?.[row - 1];
  const dot = (column - 1) % 4;
  return column > 0 && bits !== undefined && dot < 3 && ((bits >> (2 - dot)) & 1) === 1;
}
