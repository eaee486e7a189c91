/** alpha.preserved: the plate's alpha and its named mattes, gone or changed, and where. */
import { expect, test } from "vitest";
import { inspectFrame } from "../../daemon/domain/qcRun.ts";
import type { DecodedImage } from "../../daemon/plugin.ts";
import alphaPreserved from "../../plugins/alpha_preserved.ts";

const W = 64;
const H = 32;

/** Channels of floats, each of one value but for those that are set: [name, pixel, value]. */
function image(names: readonly string[], ...set: readonly (readonly [string, number, number])[]): DecodedImage {
  const channels = names.length;
  const samples = new Float32Array(W * H * channels).fill(0.5);
  for (const [name, pixel, value] of set) samples[pixel * channels + names.indexOf(name)] = value;
  const shape = { width: W, height: H, bitDepth: 16, sampleType: "float", reader: "test", windows: null } as const;
  return { ...shape, channels, channelNames: names, samples };
}

function look(plate: DecodedImage, result: DecodedImage) {
  const { findings, notApplied } = inspectFrame([alphaPreserved], [{ check: "alpha.preserved", limits: {} }], {
    plate,
    result,
    mask: null,
    maskProblem: null,
    resultFile: { path: "/v/a.1001.exr", bytes: 1, frame: 1001 },
    decodeProblem: null,
    plateProblem: null,
    composited: false,
    expected: { width: W, height: H, bitDepth: 16, ignore: [] },
  });
  return { ...findings.find(({ check }) => check === "alpha.preserved"), because: notApplied[0]?.because };
}

const NAMES = ["R", "G", "B", "A", "fg.A", "matte.red"];

test("a named matte that changed fails with its name and place", () => {
  const seen = look(image(NAMES), image(NAMES, ["matte.red", 10 * W + 20, 0], ["fg.A", 5, 0], ["fg.A", 6, 0]));
  expect(seen).toMatchObject({ verdict: "fail" });
  expect(seen.message).toMatch(/^fg\.A differs from the plate's in 2 pixels, by 127\.5 codes/);
  const one = look(image(NAMES), image(NAMES, ["matte.red", 10 * W + 20, 0]));
  expect(one.evidence).toEqual([{ kind: "boxes", title: "matte.red differs", boxes: [[12, 2, 17, 17]] }]);
});

test("a matte that is gone fails; colours and depth are none of its matter", () => {
  expect(look(image(NAMES), image(NAMES.slice(0, 4))).message).toBe("The plate's fg.A, matte.red is gone.");
  expect(look(image(NAMES), image(["R", "G", "B"])).message).toBe("The plate has alpha, the result has none.");
  const deep = ["R", "G", "B", "Z"];
  expect(look(image(deep), image(deep, ["Z", 3, 9])).because).toBe("the plate has no alpha and no matte");
});

test("the same ids pass, infinite ones and what is no number too", () => {
  const ids = ["R", "CryptoObject00.R"];
  const own = [
    ["CryptoObject00.R", 3, Number.NaN],
    ["CryptoObject00.R", 4, Number.POSITIVE_INFINITY],
  ] as const;
  expect(look(image(ids, ...own), image(ids, ...own)).verdict).toBe("pass");
  expect(look(image(ids, ...own), image(ids)).verdict).toBe("fail");
});
