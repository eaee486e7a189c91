/**
 * The OpenEXR that a result becomes: in the layout of its plate where it has one. Where the sizes agree, both windows are the
 * plate's, the picture stands in R, G and B, and all that the model never saw (mattes, depth, other views, overscan outside
 * the display window) is the plate's, bit for bit. A result of another size has windows of its own and no such channels:
 * nothing here scales an id or a depth.
 */
import type { PixelBox } from "../../plugin.ts";
import type { Planes } from "./comeBack.ts";
import type { ExrAttribute } from "./exrAttributes.ts";
import { pictured } from "./exrColours.ts";
import type { Exr, Plane } from "./exrRead.ts";
import type { ExrImage } from "./exrWrite.ts";
import { HALF, toHalves } from "./half.ts";

/** Of the plate's frame, as far as it could be read. */
export interface PlateExr {
  readonly exr: Exr | null;
  readonly attributes: readonly ExrAttribute[];
}

export interface Layout {
  readonly image: Omit<ExrImage, "compression">;
  /** What of the plate is not in it, in words; null: all is. */
  readonly note: string | null;
}

const COLOURS = ["R", "G", "B"] as const;

/** `picture`: over the display window. Where `same` is 1, the plate's own samples stand instead of it, to the bit. */
export function layoutOf(
  picture: Planes & { readonly same?: Uint8Array | null },
  type: "half" | "float",
  plate: PlateExr | null,
): Layout {
  const { width, height } = picture;
  const attributes = plate?.attributes ?? [];
  const exr = plate?.exr ?? null;
  if (exr !== null && exr.header.display[2] === width && exr.header.display[3] === height)
    return { image: { ...inItsLayer(picture, type, exr), attributes }, note: null };
  const whole: PixelBox = [0, 0, width, height];
  const planes = picture.colours.map((values, i) => planeOf(COLOURS[i] as string, type, cover(values, picture.alpha)));
  if (picture.alpha !== null) planes.push(planeOf("A", type, picture.alpha));
  return {
    image: { data: whole, display: whole, planes, attributes },
    note: exr === null ? null : leftOut(exr, picture),
  };
}

/** The picture in the channels in which the plate has it: a comp reads both alike. */
function inItsLayer(
  picture: Planes & { readonly same?: Uint8Array | null },
  type: "half" | "float",
  plate: Exr,
): Omit<ExrImage, "compression" | "attributes"> {
  const { exr, nameOf } = pictured(plate);
  const image = onPlate(picture, type, exr);
  return { ...image, planes: image.planes.map((plane): Plane => ({ ...plane, name: nameOf(plane.name) })) };
}

function leftOut(plate: Exr, { width, height }: Planes): string | null {
  const { exr } = pictured(plate);
  const names = exr.planes.map(({ name }) => name).filter((name) => !["R", "G", "B", "A", "Y"].includes(name));
  const [, , wide, high] = exr.header.display;
  if (names.length === 0) return null;
  return `The plate's ${wide} x ${high} px of ${listed(names)} do not fit ${width} x ${height} px and are left out.`;
}

function listed(names: readonly string[]): string {
  return names.length <= 6 ? names.join(", ") : `${names.slice(0, 6).join(", ")} and ${names.length - 6} more`;
}

function onPlate(
  picture: Planes & { readonly same?: Uint8Array | null },
  type: "half" | "float",
  exr: Exr,
): Omit<ExrImage, "compression" | "attributes"> {
  const windows = exr.header;
  const of = (name: string): Plane | null => exr.planes.find((plane) => plane.name === name) ?? null;
  const under = of("A");
  const given = picture.alpha === null ? null : overData(picture.alpha, windows);
  // The model that gave back no alpha did not touch it: it stays, and the colours are covered by it as before.
  const alpha = given ?? (under === null ? null : floatsOf(under));
  const planes = COLOURS.map((name, i) => {
    const values = cover(overData(picture.colours[i] as Float32Array, windows), alpha);
    const plane = withOverscan(planeOf(name, type, values), of(name), windows);
    return given === null ? withSame(plane, of(name), { windows, same: picture.same ?? null }) : plane;
  });
  if (given !== null) planes.push(withOverscan(planeOf("A", type, given), under, windows));
  // A plate of Y alone becomes R, G, B: both in one file would be two pictures.
  const replaced = new Set<string>([...planes.map(({ name }) => name), "Y"]);
  const kept = exr.planes.filter(({ name }) => !replaced.has(name));
  return { data: windows.data, display: windows.display, planes: [...planes, ...kept] };
}

interface Windows {
  readonly data: PixelBox;
  readonly display: PixelBox;
}

/** Values over the display window -> over the data window; 0 where only that one reaches. */
function overData(values: Float32Array, windows: Windows): Float32Array {
  const out = new Float32Array(windows.data[2] * windows.data[3]);
  rows(windows, ({ at, from, count }) => out.set(values.subarray(from, from + count), at));
  return out;
}

/** The other way: over the display window, 0 where the file holds no data. */
export function overDisplay(plane: Plane, windows: Windows): Float32Array {
  const values = floatsOf(plane);
  const out = new Float32Array(windows.display[2] * windows.display[3]);
  rows(windows, ({ at, from, count }) => out.set(values.subarray(at, at + count), from));
  return out;
}

/** The plate's own samples where the display window does not reach: no model saw them. */
function withOverscan(plane: Plane, plate: Plane | null, windows: Windows): Plane {
  if (plate === null) return plane;
  const under = underOf(plane, plate);
  let next = 0;
  const keep = (until: number): void => plane.data.set(under.subarray(next, until), next);
  rows(windows, ({ at, count }) => {
    keep(at);
    next = at + count;
  });
  keep(under.length);
  return plane;
}

/** The plate's own samples where the picture says that they are. */
function withSame(
  plane: Plane,
  plate: Plane | null,
  of: { readonly windows: Windows; readonly same: Uint8Array | null },
): Plane {
  const { same } = of;
  if (plate === null || same === null) return plane;
  const under = underOf(plane, plate);
  rows(of.windows, ({ at, from, count }) => {
    for (let i = 0; i < count; i += 1) if (same[from + i] === 1) plane.data[at + i] = under[at + i] as number;
  });
  return plane;
}

/** The plate's samples in the result's type. */
function underOf(plane: Plane, plate: Plane): Plane["data"] {
  return plate.type === plane.type ? plate.data : planeOf(plane.name, floatType(plane), floatsOf(plate)).data;
}

/** Pixels of the picture where `outside` is 1 and a colour is not the plate's: what a mask promises to be none. */
export function changedOutside(written: readonly Plane[], plate: Exr, outside: Uint8Array): number {
  const changed = new Uint8Array(outside.length);
  const { planes } = pictured({ ...plate, planes: written }).exr;
  const under = pictured(plate).exr;
  for (const name of COLOURS) {
    const ours = planes.find((plane) => plane.name === name);
    const theirs = under.planes.find((plane) => plane.name === name);
    if (ours === undefined || theirs === undefined) continue;
    const kept = bitsOf(underOf(ours, theirs));
    const data = bitsOf(ours.data);
    rows(plate.header, ({ at, from, count }) => {
      for (let i = 0; i < count; i += 1)
        if (outside[from + i] === 1 && data[at + i] !== kept[at + i]) changed[from + i] = 1;
    });
  }
  return changed.reduce((sum, one) => sum + one, 0);
}

/** Compared as bits: NaN is NaN, and -0 is not 0. */
function bitsOf(data: Plane["data"]): Uint16Array | Uint32Array {
  return data instanceof Float32Array ? new Uint32Array(data.buffer, data.byteOffset, data.length) : data;
}

function floatType(plane: Plane): "half" | "float" {
  return plane.type === "half" ? "half" : "float";
}

/** Each row that both windows share: where it begins in the data window and in the display window, and its length. */
function rows(
  { data, display }: Windows,
  use: (row: { readonly at: number; readonly from: number; readonly count: number }) => void,
): void {
  const left = Math.max(data[0], display[0]);
  const right = Math.min(data[0] + data[2], display[0] + display[2]);
  const top = Math.max(data[1], display[1]);
  const bottom = Math.min(data[1] + data[3], display[1] + display[3]);
  for (let y = top; y < bottom && right > left; y += 1) {
    use({
      at: (y - data[1]) * data[2] + (left - data[0]),
      from: (y - display[1]) * display[2] + (left - display[0]),
      count: right - left,
    });
  }
}

/** OpenEXR's colours are multiplied by alpha; light without cover stays as it is, as when the graph was fed. */
function cover(values: Float32Array, alpha: Float32Array | null): Float32Array {
  if (alpha === null) return values;
  return values.map((value, i) => ((alpha[i] as number) > 0 ? value * (alpha[i] as number) : value));
}

function planeOf(name: string, type: "half" | "float", values: Float32Array): Plane {
  return type === "half" ? { name, type, data: toHalves(values) } : { name, type, data: values };
}

export function floatsOf(plane: Plane): Float32Array {
  if (plane.type === "float") return plane.data;
  if (plane.type === "uint") return Float32Array.from(plane.data);
  const out = new Float32Array(plane.data.length);
  for (let i = 0; i < out.length; i += 1) out[i] = HALF[plane.data[i] as number] as number;
  return out;
}
