/** A small 8-bit RGB canvas: rectangles, pictures and bitmap text. Everything is clipped to the canvas; nothing throws. */
import { ADVANCE, GLYPH_WIDTH, glyphRows } from "./bitmapFont.ts";
import type { SmallPicture } from "./loadFrame.ts";

export type Rgb = readonly [number, number, number];

export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}
export interface Area extends Place {
  readonly width: number;
  readonly height: number;
}

export function createCanvas(width: number, height: number, background: Rgb): Canvas {
  const canvas = { width, height, data: new Uint8Array(width * height * 3) };
  fillArea(canvas, { x: 0, y: 0, width, height }, background);
  return canvas;
}

export function fillArea(canvas: Canvas, area: Area, [r, g, b]: Rgb): void {
  const left = Math.max(0, area.x);
  const right = Math.min(canvas.width, area.x + area.width);
  const bottom = Math.min(canvas.height, area.y + area.height);
  for (let y = Math.max(0, area.y); y < bottom; y += 1) {
    for (let x = left, at = (y * canvas.width + left) * 3; x < right; x += 1, at += 3) {
      canvas.data[at] = r;
      canvas.data[at + 1] = g;
      canvas.data[at + 2] = b;
    }
  }
}

/** A frame drawn just inside the area. */
export function strokeArea(canvas: Canvas, area: Area, pen: { readonly width: number; readonly colour: Rgb }): void {
  const { x, y, width, height } = area;
  const w = pen.width;
  fillArea(canvas, { x, y, width, height: w }, pen.colour);
  fillArea(canvas, { x, y: y + height - w, width, height: w }, pen.colour);
  fillArea(canvas, { x, y, width: w, height }, pen.colour);
  fillArea(canvas, { x: x + width - w, y, width: w, height }, pen.colour);
}

export function drawPicture(canvas: Canvas, picture: SmallPicture, at: Place): void {
  const columns = Math.min(picture.width, canvas.width - at.x);
  const rows = Math.min(picture.height, canvas.height - at.y);
  for (let y = 0; y < rows; y += 1) {
    const from = y * picture.width * 3;
    canvas.data.set(picture.data.subarray(from, from + columns * 3), ((at.y + y) * canvas.width + at.x) * 3);
  }
}

/** Text of `plainText` characters; `scale` canvas pixels a cell. */
export function drawText(
  canvas: Canvas,
  text: string,
  at: Place,
  pen: { readonly scale: number; readonly colour: Rgb },
): void {
  Array.from(text).forEach((character, i) => {
    drawBits(
      canvas,
      { rows: glyphRows(character), columns: GLYPH_WIDTH },
      { x: at.x + i * ADVANCE * pen.scale, y: at.y },
      pen,
    );
  });
}

/** A pattern of bits, highest left, `scale` canvas pixels a bit. */
export function drawBits(
  canvas: Canvas,
  bits: { readonly rows: readonly number[]; readonly columns: number },
  at: Place,
  pen: { readonly scale: number; readonly colour: Rgb },
): void {
  bits.rows.forEach((row, y) => {
    for (let x = 0; x < bits.columns; x += 1) {
      if (((row >> (bits.columns - 1 - x)) & 1) === 0) continue;
      fillArea(
        canvas,
        { x: at.x + x * pen.scale, y: at.y + y * pen.scale, width: pen.scale, height: pen.scale },
        pen.colour,
      );
    }
  });
}
