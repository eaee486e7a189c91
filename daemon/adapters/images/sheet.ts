/**
 * The labelled contact sheet: what people choose from. A grid in the plan's order, a place for every tile whether its
 * picture is there or not; under each its label and its verdict as icon and word (never by colour alone). Neutral grey, so
 * that the surround does not shift how the pictures look. A picture that can't be read is a tile that says so.
 */
import type { Shown } from "../../domain/colorWay.ts";
import type { SheetRequest, SheetTile } from "../../domain/sheetTile.ts";
import { assert, systemCode } from "../../domain/errors.ts";
import { isNoPicture } from "../../domain/noPicture.ts";
import { LIMITS } from "../../domain/limits.ts";
import { ADVANCE, GLYPH_HEIGHT, plainText, textWidth } from "./bitmapFont.ts";
import { readWhole } from "./byteSource.ts";
import type { Area, Canvas, Rgb } from "./canvas.ts";
import { createCanvas, drawBits, drawPicture, drawText, fillArea, strokeArea } from "./canvas.ts";
import type { FrameTools } from "./frameTools.ts";
import { encodeJpeg, smallPicture } from "./loadFrame.ts";
import type { SmallPicture } from "./loadFrame.ts";
import { shownPicture } from "./shownPicture.ts";
import { writeNew } from "./writeNew.ts";

const MARGIN = 24;
const GAP = 12;
const PAD = 8;
/** Width of a whole sheet on a common large screen; tiles stay within readable and useful sizes. */
const SHEET_WIDTH = 3_840;
const TILE_WIDTH_MIN = 160;
const TILE_WIDTH_MAX = 480;
const TITLE_SCALE = 4;
const LABEL_LINES = 2;
/** Room beside the rows for what they stand for, characters at most. */
const SIDE_CHARACTERS = 18;

const GREY: Rgb = [46, 46, 46];
const CELL: Rgb = [62, 62, 62];
const EMPTY: Rgb = [78, 78, 78];
const TEXT: Rgb = [236, 236, 236];
const FAINT: Rgb = [176, 176, 176];

type Mark = SheetTile["mark"];
/** Icons are 7 x 7 bits; colours are told apart by lightness too. */
const MARKS: Readonly<Record<Mark, { readonly colour: Rgb; readonly rows: readonly number[] }>> = {
  pass: { colour: [134, 196, 142], rows: [0, 1, 2, 0x44, 0x28, 0x10, 0] },
  warn: { colour: [232, 184, 84], rows: [0x08, 0x14, 0x14, 0x2a, 0x22, 0x49, 0x7f] },
  fail: { colour: [240, 116, 108], rows: [0x41, 0x22, 0x14, 0x08, 0x14, 0x22, 0x41] },
  error: { colour: [200, 160, 236], rows: [0x3e, 0x41, 0x06, 0x08, 0x08, 0, 0x08] },
  waiting: { colour: [176, 176, 176], rows: [0, 0, 0, 0x49, 0, 0, 0] },
};
const ORDER: readonly Mark[] = ["pass", "warn", "fail", "error", "waiting"];

interface Layout {
  readonly columns: number;
  readonly picture: { readonly width: number; readonly height: number };
  readonly tile: { readonly width: number; readonly height: number };
  readonly scale: number;
  /** Of the first tile. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export async function sheet(tools: FrameTools, request: SheetRequest, to: string): Promise<void> {
  assert(
    request.tiles.length > 0 && request.tiles.length <= LIMITS.contactSheetTilesMax,
    "a contact sheet has 1 to contactSheetTilesMax tiles",
  );
  assert(Number.isInteger(request.columns) && request.columns > 0, "a contact sheet has columns");
  const { shown = null } = request;
  const columns = Math.min(request.columns, request.tiles.length);
  const wide = { width: widthFor(columns), height: widthFor(columns) * 2 };
  const first = await firstPicture(tools, request, wide);
  const ratio = first === null ? 9 / 16 : first.height / first.width;
  const layout = layoutFor(columns, request, ratio);
  const canvas = createCanvas(layout.width, layout.height, GREY);
  drawTitle(canvas, request);
  drawHeads(canvas, request, layout);
  for (const [i, tile] of request.tiles.entries()) {
    const column = i % columns;
    const row = Math.floor(i / columns);
    const area = {
      x: layout.left + column * (layout.tile.width + GAP),
      y: layout.top + row * (layout.tile.height + GAP),
      ...layout.tile,
    };
    // One after another: a sheet of full-size results must not hold them all.
    drawTile(canvas, { tile, area, layout, picture: await pictureOf(tools, tile, { box: layout.picture, shown }) });
  }
  writeNew(to, await encodeJpeg(canvas));
}

function widthFor(columns: number): number {
  const free = Math.floor((SHEET_WIDTH - 2 * MARGIN - (columns - 1) * GAP) / columns);
  return Math.max(TILE_WIDTH_MIN, Math.min(TILE_WIDTH_MAX, free));
}

/** Tiles become narrower until the sheet is no higher than a JPEG viewer takes. */
function layoutFor(columns: number, { tiles, heads }: SheetRequest, ratio: number): Layout {
  const rows = Math.ceil(tiles.length / columns);
  const bare = MARGIN + 2 * (GLYPH_HEIGHT + 4) * TITLE_SCALE;
  const longest = Math.max(0, ...(heads?.rows ?? []).map((name) => plainText(name).length));
  for (let width = widthFor(columns); ; width = Math.floor(width * 0.9)) {
    const scale = width >= 200 ? 2 : 1;
    const picture = { width, height: Math.max(24, Math.round(width * Math.min(ratio, 2))) };
    const tile = { width, height: picture.height + PAD * 2 + (LABEL_LINES + 1) * lineHeight(scale) };
    const top = bare + (heads === undefined ? 0 : LABEL_LINES * lineHeight(scale) + PAD);
    const side = heads === undefined ? 0 : Math.min(longest, SIDE_CHARACTERS) * ADVANCE * scale + 2 * PAD;
    const left = MARGIN + side;
    const height = top + rows * (tile.height + GAP) - GAP + MARGIN;
    if (height > LIMITS.contactSheetPixelsMax && width > 48) continue;
    const sheetWidth = Math.max(left + MARGIN + columns * (width + GAP) - GAP, 640);
    return { columns, picture, tile, scale, left, top, width: sheetWidth, height };
  }
}

function lineHeight(scale: number): number {
  return (GLYPH_HEIGHT + 2) * scale;
}

async function firstPicture(
  tools: FrameTools,
  { tiles, shown = null }: SheetRequest,
  box: { readonly width: number; readonly height: number },
): Promise<SmallPicture | null> {
  for (const tile of tiles) {
    const picture = await pictureOf(tools, tile, { box, shown });
    if (picture !== null && picture !== "unreadable") return picture;
  }
  return null;
}

async function pictureOf(
  tools: FrameTools,
  tile: SheetTile,
  as: { readonly box: { readonly width: number; readonly height: number }; readonly shown: Shown | null },
): Promise<SmallPicture | "unreadable" | null> {
  if (tile.path === null) return null;
  try {
    const { bytes } = await tools.readable(readWhole(tile.path));
    return await smallPicture(shownPicture(bytes, as.shown), as.box);
  } catch (error) {
    // The file's fault becomes a tile that says so; a fault of ours does not hide behind it.
    if (isNoPicture(error)) return "unreadable";
    if (systemCode(error) === "ENOENT") return "unreadable";
    throw error;
  }
}

function drawTitle(canvas: Canvas, request: SheetRequest): void {
  const room = canvas.width - 2 * MARGIN;
  const scale = textWidth(plainText(request.title), TITLE_SCALE) <= room ? TITLE_SCALE : 2;
  drawText(canvas, cut(plainText(request.title), room, scale), { x: MARGIN, y: MARGIN }, { scale, colour: TEXT });
  const counts = ORDER.map((mark) => ({ mark, count: request.tiles.filter((tile) => tile.mark === mark).length }));
  let x = MARGIN;
  const y = MARGIN + (GLYPH_HEIGHT + 4) * TITLE_SCALE;
  for (const { mark, count } of counts.filter((each) => each.count > 0)) {
    x += drawMark(canvas, mark, { x, y, words: `${count} ${mark}`, scale: 2 }) + 12 * ADVANCE;
  }
}

/** Above the columns and beside the rows: what each stands for. */
function drawHeads(canvas: Canvas, { heads }: SheetRequest, layout: Layout): void {
  if (heads === undefined) return;
  const { left, top, tile, scale } = layout;
  const colour = TEXT;
  heads.columns.slice(0, layout.columns).forEach((name, column) => {
    const lines = wrap(plainText(name), tile.width - PAD, scale);
    const x = left + column * (tile.width + GAP);
    const y = top - PAD - lines.length * lineHeight(scale);
    lines.forEach((line, i) => drawText(canvas, line, { x, y: y + i * lineHeight(scale) }, { scale, colour }));
  });
  heads.rows.forEach((name, row) => {
    const lines = wrap(plainText(name), left - MARGIN - PAD, scale);
    const y = top + row * (tile.height + GAP) + PAD;
    lines.forEach((line, i) => drawText(canvas, line, { x: MARGIN, y: y + i * lineHeight(scale) }, { scale, colour }));
  });
}

/** Icon and word; returns the width used. */
function drawMark(
  canvas: Canvas,
  mark: Mark,
  at: { readonly x: number; readonly y: number; readonly words: string; readonly scale: number },
): number {
  const { colour, rows } = MARKS[mark];
  drawBits(canvas, { rows, columns: 7 }, at, { scale: at.scale, colour });
  const indent = 10 * at.scale;
  drawText(canvas, at.words, { x: at.x + indent, y: at.y }, { scale: at.scale, colour });
  return indent + textWidth(at.words, at.scale);
}

function drawTile(
  canvas: Canvas,
  of: {
    readonly tile: SheetTile;
    readonly area: Area;
    readonly layout: Layout;
    readonly picture: SmallPicture | "unreadable" | null;
  },
): void {
  const { tile, area, layout, picture } = of;
  const { scale } = layout;
  fillArea(canvas, area, CELL);
  const frame = { x: area.x, y: area.y, ...layout.picture };
  if (picture === null || picture === "unreadable")
    drawEmpty(canvas, frame, { words: emptyWords(tile, picture), scale });
  else {
    const middle = (room: number, size: number) => Math.max(0, Math.floor((room - size) / 2));
    const at = { x: frame.x + middle(frame.width, picture.width), y: frame.y + middle(frame.height, picture.height) };
    drawPicture(canvas, picture, at);
  }
  if (tile.mark !== "pass" && tile.mark !== "waiting")
    strokeArea(canvas, area, { width: 2 * scale, colour: MARKS[tile.mark].colour });
  const x = area.x + PAD;
  const room = area.width - 2 * PAD;
  const lines = wrap(plainText(tile.label), room, scale);
  const top = frame.y + frame.height + PAD;
  lines.forEach((line, i) => drawText(canvas, line, { x, y: top + i * lineHeight(scale) }, { scale, colour: TEXT }));
  drawMark(canvas, tile.mark, { x, y: top + LABEL_LINES * lineHeight(scale), words: tile.mark, scale });
}

function emptyWords(tile: SheetTile, picture: "unreadable" | null): string {
  if (picture === "unreadable") return "can't be read";
  return tile.mark === "waiting" ? "not there yet" : "no picture";
}

function drawEmpty(canvas: Canvas, frame: Area, of: { readonly words: string; readonly scale: number }): void {
  fillArea(canvas, frame, EMPTY);
  const x = frame.x + Math.max(0, Math.floor((frame.width - textWidth(of.words, of.scale)) / 2));
  drawText(
    canvas,
    of.words,
    { x, y: frame.y + Math.floor((frame.height - GLYPH_HEIGHT * of.scale) / 2) },
    { scale: of.scale, colour: FAINT },
  );
}

/** At most two lines, broken at spaces where there are any; what does not fit ends in dots. */
export function wrap(text: string, room: number, scale: number): readonly string[] {
  const words = text.trim().split(" ");
  const lines: string[] = [];
  let line = "";
  words.forEach((word, i) => {
    if (lines.length === LABEL_LINES) return;
    const longer = line === "" ? word : `${line} ${word}`;
    if (textWidth(longer, scale) <= room || line === "") {
      line = longer;
      return;
    }
    lines.push(line);
    line = lines.length === LABEL_LINES - 1 ? words.slice(i).join(" ") : word;
    if (lines.length === LABEL_LINES - 1) {
      lines.push(line);
      line = "";
    }
  });
  if (line !== "" && lines.length < LABEL_LINES) lines.push(line);
  return lines.map((each) => cut(each, room, scale));
}

function cut(text: string, room: number, scale: number): string {
  if (textWidth(text, scale) <= room) return text;
  const cells = Math.max(1, Math.floor(room / scale / ADVANCE) - 3);
  return `${text.slice(0, cells)}...`;
}
