/**
 * What goes wrong with AI results, each at three strengths (barely there, at the limit, plain to see), and the check that must find it.
 * `must`: the strength from which every case must be found, as docs/qc.md states it.
 */
import type { Defect, Holds } from "./cases.ts";
import type { At } from "./spoil.ts";
import {
  clipped,
  clippedInside,
  CODE,
  cut,
  drift,
  graded,
  grain,
  matteChanged,
  onCodes,
  onMade,
  onRows,
  outsideMask,
  patchOutside,
  posterised,
  samplesSet,
  seam,
  shifted,
  softened,
  swapped,
} from "./spoil.ts";

export interface DefectKind {
  readonly name: string;
  readonly check: string;
  readonly structural: boolean;
  readonly strengths: readonly { readonly name: string; readonly defect: Defect }[];
  /** Index of the stated strength. */
  readonly must: number;
  /** What its files hold; codes where nothing is said. */
  readonly holds?: Holds;
  /** Needs three colours: one repeated has nothing to swap. */
  readonly colour?: boolean;
}

const strengths = (of: Readonly<Record<string, Defect>>) =>
  Object.entries(of).map(([name, defect]) => ({ name, defect }));
const each = (amounts: readonly number[], name: (n: number) => string, make: (n: number) => Defect) =>
  amounts.map((n) => ({ name: name(n), defect: make(n) }));
const outside = (make: (n: number) => Defect) => (n: number) => outsideMask(make(n));
const drifting = (n: number) => onCodes((code, { parts }: At) => code + n * CODE * parts.random.normal());

export const DEFECTS: readonly DefectKind[] = [
  {
    name: "black frame",
    check: "image.not_black",
    structural: true,
    must: 0,
    strengths: strengths({
      "0.7 % of full scale": onCodes((code) => code * 0.007),
      "0.2 %": onCodes((code) => code * 0.002),
      "exactly 0": onCodes(() => 0),
    }),
  },
  {
    name: "grey frame",
    check: "image.not_solid",
    structural: true,
    must: 0,
    strengths: strengths({
      "deviation 0.2 %": onCodes((_c, { x, y }) => 30_000 + (((x * 7 + y * 13) % 17) - 8) * 25),
      "0.05 %": onCodes((_c, { x }) => 30_000 + (x % 3) * 30),
      "one colour": onCodes(() => 30_000),
    }),
  },
  {
    name: "8 bits in 16",
    check: "image.bit_depth",
    structural: true,
    must: 0,
    strengths: strengths({
      "x 257": onCodes((code) => Math.round(code / CODE) * CODE),
      "x 256": onCodes((code) => Math.floor(code / 256) * 256),
      "6 bits": onCodes((code) => Math.round(code / 1040) * 1040),
    }),
  },
  {
    name: "black inside the mask",
    check: "image.not_black",
    structural: true,
    must: 2,
    strengths: strengths({
      "0.7 % of full scale": onMade((code) => code * 0.007),
      "0.2 %": onMade((code) => code * 0.002),
      "exactly 0": onMade(() => 0),
    }),
  },
  {
    name: "one colour inside the mask",
    check: "image.not_solid",
    structural: true,
    must: 2,
    strengths: strengths({
      "deviation 0.2 %": onMade((_c, { x, y }) => 30_000 + (((x * 7 + y * 13) % 17) - 8) * 25),
      "0.05 %": onMade((_c, { x }) => 30_000 + (x % 3) * 30),
      "one colour": onMade(() => 30_000),
    }),
  },
  {
    name: "8 bits in 16 inside the mask",
    check: "image.bit_depth",
    structural: true,
    must: 0,
    strengths: strengths({
      "x 257": onMade((code) => Math.round(code / CODE) * CODE),
      "x 256": onMade((code) => Math.floor(code / 256) * 256),
      "7 bits, x 257": onMade((code) => Math.round(code / (2 * CODE)) * 2 * CODE),
    }),
  },
  {
    name: "another size",
    check: "header.size",
    structural: true,
    must: 0,
    strengths: strengths({
      "1 px": cut((w, h) => [w - 1, h]),
      "cropped by 8 px": cut((w, h) => [w - 8, h - 8]),
      half: cut((w, h) => [w >> 1, h >> 1]),
    }),
  },
  {
    name: "not finite (half floats)",
    check: "pixels.finite",
    structural: true,
    must: 0,
    holds: "light",
    strengths: strengths({
      "1 px NaN": samplesSet(Number.NaN, 1),
      "16 px infinite": samplesSet(Number.POSITIVE_INFINITY, 16),
      "1 % NaN": samplesSet(Number.NaN, 0.01),
    }),
  },
  {
    name: "outside the mask, a patch of 48 x 48 px",
    check: "mask.preserved",
    structural: true,
    must: 0,
    strengths: each(
      [1, 2, 8],
      (n) => `${n} code${n === 1 ? "" : "s"}`,
      (n) => patchOutside(n, 48),
    ),
  },
  {
    name: "drift everywhere (what a VAE does)",
    check: "mask.preserved",
    structural: true,
    must: 0,
    strengths: each([0.3, 1, 3], (n) => `sd ${n} code`, outside(drifting)),
  },
  {
    name: "alpha changed in 8 x 8 px",
    check: "alpha.preserved",
    structural: true,
    must: 0,
    holds: "codes and alpha",
    strengths: strengths({
      "1 code": matteChanged(1),
      "8 codes": matteChanged(8),
      "no alpha at all": cut((w, h) => [w, h], 3),
    }),
  },
  {
    name: "moved",
    check: "plate.registered",
    structural: false,
    must: 1,
    strengths: each([0.5, 1, 4], (n) => `${n} px`, shifted),
  },
  {
    name: "tile seam inside the mask",
    check: "image.seam",
    structural: false,
    must: 1,
    strengths: each(
      [2, 4, 8],
      (n) => `${n} codes`,
      (n) => seam(n, "mask"),
    ),
  },
  {
    name: "tile seam, full height",
    check: "image.seam",
    structural: false,
    must: 1,
    strengths: each(
      [1.5, 3, 6],
      (n) => `${n} codes`,
      (n) => seam(n, "frame"),
    ),
  },
  {
    name: "posterised",
    check: "image.banding",
    structural: false,
    must: 1,
    strengths: each([6, 5, 4], (bits) => `${bits} bits`, posterised),
  },
  {
    name: "softened, then regrained",
    check: "image.soft",
    structural: false,
    must: 1,
    strengths: each([0.8, 1.5, 3], (n) => `sigma ${n} px`, softened),
  },
  {
    name: "grain removed",
    check: "image.grain",
    structural: false,
    must: 1,
    strengths: strengths({ "half of it": grain(0.5), "three quarters": grain(0.25), "all of it": grain(0) }),
  },
  {
    name: "grain added",
    check: "image.grain",
    structural: false,
    must: 1,
    strengths: each([1.6, 2.5, 5], (n) => `x ${n}`, grain),
  },
  {
    name: "clipped",
    check: "image.clip",
    structural: false,
    must: 1,
    strengths: each([0.004, 0.03, 0.2], (n) => `${n * 100} % cut off`, clipped),
  },
  {
    name: "clipped inside the mask",
    check: "image.clip",
    structural: false,
    must: 1,
    strengths: each([0.02, 0.1, 0.3], (n) => `${Math.round(n * 100)} % cut off`, clippedInside),
  },
  {
    name: "R and B swapped inside the mask",
    check: "image.channels",
    structural: false,
    must: 0,
    colour: true,
    strengths: strengths({
      "R and B": swapped([2, 1, 0], false),
      "R and G": swapped([1, 0, 2], false),
      rotated: swapped([1, 2, 0], false),
    }),
  },
  {
    name: "channels swapped, whole frame",
    check: "image.channels",
    structural: false,
    must: 0,
    colour: true,
    strengths: strengths({
      "R and B": swapped([2, 1, 0], true),
      "R and G": swapped([1, 0, 2], true),
      rotated: swapped([1, 2, 0], true),
    }),
  },
  {
    name: "structure drift",
    check: "plate.structure",
    structural: false,
    must: 1,
    strengths: each([8, 16, 32], (n) => `waves of ${n} codes`, outside(drift)),
  },
  {
    name: "grade shift outside the mask",
    check: "plate.grade",
    structural: false,
    must: 1,
    strengths: each([0.05, 0.1, 0.3], (n) => `${n} stop`, outside(graded)),
  },
  {
    name: "border stripe",
    check: "image.border",
    structural: false,
    must: 1,
    strengths: strengths({
      "1 px, repeated": onRows((row) => Math.max(row, 1)),
      "4 px, repeated": onRows((row) => Math.max(row, 4)),
      "8 px, black": onCodes((code, { y }) => (y < 8 ? 0 : code)),
    }),
  },
  {
    name: "negative values (half floats)",
    check: "pixels.negative",
    structural: false,
    must: 1,
    holds: "light",
    strengths: each(
      [0.0002, 0.001, 0.01],
      (n) => `${n * 100} % of the pixels`,
      (n) => samplesSet(-0.1, n),
    ),
  },
];
