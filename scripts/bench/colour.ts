/**
 * What the ways to a model and back cost a picture that nobody changes, and how much CPU they take: interchange by codes (the
 * usual ways) beside this product's own, on one painted plate. `--width N` px (default 4096; `--quick`: 256), `--json`.
 */
import { setUpSharp } from "../../daemon/adapters/images/loadFrame.ts";
import { HALF, toHalves } from "../../daemon/adapters/images/half.ts";
import type { Planes } from "../../daemon/adapters/images/comeBack.ts";
import { layEdit } from "../../daemon/adapters/images/layEdit.ts";
import { modelCodes } from "../../daemon/adapters/images/modelCodes.ts";
import { roundTripStops } from "../../daemon/adapters/images/roundTrip.ts";
import type { ColorPlan } from "../../daemon/domain/colorPlan.ts";
import { PLAIN_COLOR } from "../../daemon/domain/colorPlan.ts";
import { colorWay } from "../../daemon/domain/colorWay.ts";
import { builtInSpace, convert } from "../../daemon/domain/colorSpaces.ts";
import type { ColorSpace } from "../../daemon/domain/colorSpaces.ts";
import type { Figure } from "./measure.ts";
import { figure, machine, quantile } from "./measure.ts";
import { paintPlate } from "./colour/paintPlate.ts";

type Rgb = Planes["colours"];

function named(name: string): ColorSpace {
  const space = builtInSpace(name);
  if (space === null) throw new Error(`no space ${name}`);
  return space;
}

/** As OpenEXR half holds it. */
function halved(planes: Rgb): Rgb {
  return planes.map((plane) => Float32Array.from(toHalves(plane), (bits) => HALF[bits] as number)) as unknown as Rgb;
}

/** ACEScg -> codes of a space -> ACEScg half. */
function throughCodes(plate: Rgb, space: ColorSpace, bits: 8 | 16): Rgb {
  const full = 2 ** bits - 1;
  const acescg = named("ACEScg");
  const out = plate.map((plane) => new Float32Array(plane.length));
  const code = (value: number) => Math.round(Math.min(Math.max(value, 0), 1) * full) / full;
  for (let i = 0; i < plate[0].length; i += 1) {
    const [r, g, b] = convert([plate[0][i] as number, plate[1][i] as number, plate[2][i] as number], acescg, space);
    convert([code(r), code(g), code(b)], space, acescg).forEach((value, k) => ((out[k] as Float32Array)[i] = value));
  }
  return halved(out as unknown as Rgb);
}

/** The product's way: fed, given back as it was, laid onto the plate. */
function throughProduct(plate: Planes, color: ColorPlan): Rgb {
  const way = colorWay(color, 0);
  const fed = modelCodes(plate, way);
  const answer = { colours: fed.map((codes) => Float32Array.from(codes, (one) => one / 255)) as unknown as Rgb };
  return halved(layEdit({ plate, fed, answer, way, plan: color, mask: null, mark: null }).colours);
}

interface Row {
  readonly way: string;
  readonly most: number;
  /** 99.9th percentile where the plate is at most 1, stops. */
  readonly below: number;
  /** Median and 99.9th percentile where it is above 1. */
  readonly above: readonly [number, number];
}

const FLOOR = 2 ** -10;

function judged(way: string, plate: Rgb, back: Rgb): Row {
  const below: number[] = [];
  const above: number[] = [];
  let most = 0;
  for (let i = 0; i < plate[0].length; i += 1) {
    let [error, high] = [0, 0];
    for (let k = 0; k < 3; k += 1) {
      const was = (plate[k as 0] as Float32Array)[i] as number;
      const is = (back[k as 0] as Float32Array)[i] as number;
      error = Math.max(error, Math.abs(Math.log2(Math.max(is, FLOOR) / Math.max(was, FLOOR))));
      high = Math.max(high, was);
      most = Math.max(most, is);
    }
    (high > 1 ? above : below).push(error);
  }
  return { way, most, below: quantile(below, 0.999), above: [quantile(above, 0.5), quantile(above, 0.999)] };
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function costs(plate: Planes, color: ColorPlan) {
  const way = colorWay(color, 0);
  const repeats = [0, 1, 2];
  const fed = modelCodes(plate, way);
  const darker = {
    colours: fed.map((codes) => Float32Array.from(codes, (one) => (one >> 1) / 255)) as unknown as Rgb,
  };
  const request = { plate, fed, way, plan: color, mask: null };
  return [
    figure(
      "plate to the model's codes",
      "CPU ms",
      repeats.map(() => cpuMs(() => void modelCodes(plate, way))),
    ),
    figure(
      "every pixel's edit onto the plate",
      "CPU ms",
      repeats.map(() => cpuMs(() => void layEdit({ ...request, answer: darker, mark: null }))),
    ),
    figure(
      "round trip, measured",
      "CPU ms",
      repeats.map(() => cpuMs(() => void roundTripStops(request))),
    ),
  ];
}

function main(): void {
  setUpSharp();
  const args = process.argv.slice(2);
  const at = args.indexOf("--width");
  const width = at >= 0 ? Number(args[at + 1]) : args.includes("--quick") ? 256 : 4096;
  const height = Math.round((width * 2160) / 4096);
  const plate = halved(paintPlate({ width, height }, 7));
  const planes: Planes = { width, height, colours: plate, alpha: null };
  const acescg = { name: "ACEScg", builtIn: "ACEScg", via: null, by: "manifest", why: "", guess: false } as const;
  const plan = (more: Partial<ColorPlan>): ColorPlan => ({ ...PLAIN_COLOR, how: "edit", plate: acescg, ...more });
  const high = plate[0].reduce(
    (n, r, i) => n + (Math.max(r, plate[1][i] as number, plate[2][i] as number) > 1 ? 1 : 0),
    0,
  );
  const rows = [
    judged("sRGB 8-bit", plate, throughCodes(plate, named("sRGB Texture"), 8)),
    judged("sRGB 16-bit", plate, throughCodes(plate, named("sRGB Texture"), 16)),
    judged("ACEScct 8-bit", plate, throughCodes(plate, named("ACEScct"), 8)),
    judged("ACEScct 16-bit", plate, throughCodes(plate, named("ACEScct"), 16)),
    judged("how: plain", plate, throughProduct(planes, plan({ how: "plain" }))),
    judged("how: plain, view: filmic", plate, throughProduct(planes, plan({ how: "plain", view: "filmic" }))),
    judged("how: acescct", plate, throughProduct(planes, plan({ how: "acescct" }))),
    judged("how: edit, difference", plate, throughProduct(planes, plan({}))),
    judged("how: edit, gain", plate, throughProduct(planes, plan({ mode: "gain" }))),
  ];
  const figures = costs(planes, plan({}));
  const most = plate.reduce((max, plane) => plane.reduce((a, b) => Math.max(a, b), max), 0);
  const picture = { width, height, above1: Math.round((1000 * high) / plate[0].length) / 1000, max: most };
  if (args.includes("--json")) {
    const all = [...rows.flatMap(rowFigures), ...figures];
    process.stdout.write(`${JSON.stringify({ title: "colour", machine: machine("."), picture, figures: all })}\n`);
    return;
  }
  const facts = Object.entries({ ...machine("."), ...picture }).map(([name, value]) => `${name} ${value}`);
  const table = rows.map(
    ({ way, most: max, below, above }) =>
      `${way} | ${max.toFixed(2)} | ${words(below)} | ${words(above[0])} / ${words(above[1])}`,
  );
  const head = "way | max out | p99.9 where plate <= 1, stops | above 1: median / p99.9, stops";
  const cost = figures.map(({ what, unit, min, median, max }) => `${what}: ${median} ${unit} (${min} to ${max})`);
  process.stdout.write(`${[facts.join(", "), head, ...table, ...cost].join("\n")}\n`);
}

function words(stops: number): string {
  return stops === 0 ? "0" : stops < 0.00005 ? stops.toExponential(0) : stops.toFixed(4);
}

function rowFigures({ way, below, above }: Row): readonly Figure[] {
  const one = (what: string, value: number): Figure => ({
    what,
    unit: "stop",
    repeats: 1,
    min: value,
    median: value,
    max: value,
  });
  return [
    one(`${way}: p99.9 where the plate is at most 1`, below),
    one(`${way}: median above 1`, above[0]),
    one(`${way}: p99.9 above 1`, above[1]),
  ];
}

main();
