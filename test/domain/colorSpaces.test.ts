/** The built-in colour spaces against the numbers of their own documents, and every conversion there and back. */
import { describe, expect, test } from "vitest";
import {
  adaptation,
  AP0,
  AP1,
  apply,
  betweenPrimaries,
  inverse,
  multiply,
  REC709,
  toXyz,
} from "../../daemon/domain/colorMatrix.ts";
import type { Triple } from "../../daemon/domain/colorMatrix.ts";
import type { ColorSpace } from "../../daemon/domain/colorSpaces.ts";
import { builtInSpace, COLOR_SPACES, convert, linearBetween } from "../../daemon/domain/colorSpaces.ts";

const named = (name: string): ColorSpace => {
  const space = builtInSpace(name);
  if (space === null) throw new Error(`no space ${name}`);
  return space;
};
const close = (found: readonly number[], wanted: readonly number[], digits: number) => {
  found.forEach((value, i) => expect(value).toBeCloseTo(wanted[i] as number, digits));
};

describe("matrices come out as their documents print them", () => {
  test("AP0 and AP1 to XYZ (SMPTE ST 2065-1, AMPAS S-2014-004)", () => {
    close(
      toXyz(AP0),
      [0.9525523959, 0, 0.0000936786, 0.3439664498, 0.7281660966, -0.0721325464, 0, 0, 1.0088251844],
      9,
    );
    close(
      toXyz(AP1),
      [
        0.6624541811, 0.1340042065, 0.156187687, 0.2722287168, 0.6740817658, 0.0536895174, -0.0055746495, 0.0040607335,
        1.0103391003,
      ],
      9,
    );
  });
  test("AP1 to AP0 (AMPAS S-2014-004, annex)", () => {
    close(
      linearBetween(named("ACEScg"), named("ACES2065-1")),
      [
        0.6954522414, 0.1406786965, 0.1638690622, 0.0447945634, 0.8596711185, 0.0955343182, -0.0055258826, 0.0040252103,
        1.0015006723,
      ],
      9,
    );
  });
  test("sRGB to XYZ (IEC 61966-2-1, four digits)", () => {
    close(toXyz(REC709), [0.4124, 0.3576, 0.1805, 0.2126, 0.7152, 0.0722, 0.0193, 0.1192, 0.9505], 4);
  });
  test("AP1 to Rec.709 by Bradford", () => {
    close(
      linearBetween(named("ACEScg"), named("sRGB")),
      [
        1.70505099, -0.62179212, -0.08325887, -0.13025642, 1.14080474, -0.01054832, -0.02400336, -0.12896898,
        1.15297233,
      ],
      8,
    );
  });
  test("ARRI Wide Gamut 4 to AP0 as ARRI's specification prints it", () => {
    close(
      named("ARRI LogC4").toAces,
      [
        0.750957362824734131, 0.144422786709757084, 0.104619850465508965, 0.000821837079380207, 1.007397584885003194,
        -0.008219421964383583, -0.000499952143533471, -0.000854177231436971, 1.00135412937497037,
      ],
      12,
    );
  });
  test("ARRI Wide Gamut 3 to AP0 as ARRI's input transform prints it", () => {
    close(
      named("LogC3").toAces,
      [0.680206, 0.236137, 0.083658, 0.085415, 1.017471, -0.102886, 0.002057, -0.062563, 1.060506],
      5,
    );
  });
  test("white stays white, adapted, between any two spaces", () => {
    for (const from of COLOR_SPACES)
      for (const to of COLOR_SPACES) close(apply(linearBetween(from, to), [1, 1, 1]), [1, 1, 1], 9);
  });
  test("an inverse undoes its matrix, and adapting to the same white does nothing", () => {
    const m = betweenPrimaries(REC709, AP1, "cat02");
    close(multiply(m, inverse(m)), [1, 0, 0, 0, 1, 0, 0, 0, 1], 12);
    expect(adaptation(AP0.white, AP1.white, "bradford")).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });
});

describe("curves at the values that their documents name", () => {
  const encode = (space: string, linear: number) => named(space).curve?.encode(linear) ?? Number.NaN;
  const decode = (space: string, value: number) => named(space).curve?.decode(value) ?? Number.NaN;
  test.each([
    ["ACEScct", 0, 0.0729055341958355],
    ["ACEScct", 0.18, 0.413588402492442],
    ["ACEScct", 1, 0.554794520547945],
    ["ACEScct", 65504, 1.468],
    ["ARRI LogC3", 0.18, 0.391007],
    ["ARRI LogC3", 0, 0.092809],
    ["ARRI LogC4", 0.18, 0.2783958365482653],
    ["ARRI LogC4", 0, 95 / 1023],
    ["ARRI LogC4", 469.8, 1],
    ["Cineon", 0, 95 / 1023],
    ["Cineon", 1, 685 / 1023],
    ["sRGB", 0.18, 0.461356],
    ["Rec.1886", 0.18, 0.48943709],
  ])("%s: %d is %d", (space, linear, code) => {
    expect(encode(space, linear)).toBeCloseTo(code, 5);
    expect(decode(space, encode(space, linear))).toBeCloseTo(linear, 9);
  });
  test("every curve goes there and back, from far below black to far above white, and only grows", () => {
    for (const { name, curve } of COLOR_SPACES) {
      if (curve === null) continue;
      let before = Number.NEGATIVE_INFINITY;
      for (let code = -0.3; code < 1.3; code += 1 / 1024) {
        expect(Math.abs(curve.encode(curve.decode(code)) - code), `${name} at ${code}`).toBeLessThan(1e-12);
        expect(curve.decode(code), `${name} at ${code}`).toBeGreaterThan(before);
        before = curve.decode(code);
      }
    }
  });
});

describe("conversions", () => {
  test("any two spaces there and back lose nothing, for HDR and for colours outside the smaller gamut", () => {
    const colours: readonly Triple[] = [
      [0.18, 0.18, 0.18],
      [0.9, 0.02, 0.4],
      [12, 3.5, 0.6],
      [0.001, 0.0004, 0],
    ];
    for (const from of COLOR_SPACES)
      for (const to of COLOR_SPACES)
        for (const linear of colours) {
          const colour = from.curve === null ? linear : (linear.map(from.curve.encode) as unknown as Triple);
          const back = convert(convert(colour, from, to), to, from);
          back.forEach((value, i) =>
            expect(Math.abs(value - (colour[i] as number)), `${from.name} - ${to.name}`).toBeLessThan(1e-7),
          );
        }
  });
  test("data is never touched", () => {
    expect(convert([7, -2, 0.5], named("Raw"), named("sRGB"))).toEqual([7, -2, 0.5]);
    expect(convert([7, -2, 0.5], named("ACEScg"), named("Raw"))).toEqual([7, -2, 0.5]);
  });
});

test("a space is known by the names of many configs, whatever their case and punctuation", () => {
  for (const [written, name] of [
    ["acescg", "ACEScg"],
    ["ACES - ACEScg", "ACEScg"],
    ["lin_rec709", "Linear Rec.709 (sRGB)"],
    ["Utility - sRGB - Texture", "sRGB Texture"],
    ["srgb_texture", "sRGB Texture"],
    ["ARRI LogC4", "ARRI LogC4"],
    ["logc3ei800_awg", "ARRI LogC3 (EI800)"],
    ["RAW", "Raw"],
  ] as const)
    expect(builtInSpace(written)?.name, written).toBe(name);
  expect(builtInSpace("ShowLog v2")).toBeNull();
});
