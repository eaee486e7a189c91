/**
 * delivery.exr: an OpenEXR as streaming services take VFX pulls and finals; what is neither OpenEXR nor DPX warns.
 *
 * Measures: exr, 1 where it is one; notHalf, colour channels that are not half; lossless, 1 where the packing is none, ZIP, ZIPS or PIZ; log, 1 where the file
 * names a logarithmic colour space; uncovered, px of the display window that the data window does not cover; activeWidth, px of the
 * display window in square pixels. Limits: notHalfMax, losslessMin, logMax, uncoveredMax fail; activeWidthMin warns, for a show may be
 * delivered in another size. Source: Netflix, VFX pulls and finals (16-bit EXR, uncompressed or lossless, no log EXR, active image of at
 * least 3840 square pixels).
 */
import type { Check, HeaderFacts } from "../daemon/plugin.ts";

const LOSSLESS = /^(none|zips?|piz)$/;
const COLOURS = /(^|\.)[RGBY]$/;
/**
 * `log` as a word of its own, before a number (Log3G10, SLog3, F-Log2) or whole (logarithmic); LogC; and the curves that are called
 * otherwise. A catalogue, a dialogue or what is analogue is none.
 */
const LOG =
  /(?<!cata|ana|dia|epi|pro|back)log(?![a-z])|logc|logarithm|acescct?\b|cineon|printing density|adx|bmdfilm|davinci intermediate|protune/i;

const check: Check = {
  apiVersion: 1,
  id: "delivery.exr",
  version: 3,
  scope: "frame",
  finds:
    "an EXR that is not half, not none/ZIP/ZIPS/PIZ, logarithmic, or with holes; less than 3840 square pixels wide; what is neither OpenEXR nor DPX",
  layer: "container",
  needs: [],
  limits: { notHalfMax: 0, losslessMin: 1, logMax: 0, uncoveredMax: 0, activeWidthMin: 3840 },
  limitsFrom: {
    notHalfMax: "Netflix, VFX pulls and finals: 16-bit EXR",
    losslessMin: "Netflix, VFX pulls and finals: uncompressed or lossless",
    logMax: "Netflix, VFX pulls and finals: no log EXR",
    uncoveredMax: "a frame without holes",
    activeWidthMin: "Netflix, VFX pulls and finals: 3840 square pixels",
  },
  applies({ header }) {
    const result = header("result");
    if (result === null) return "the file's header can't be read (see file.decodes)";
    return result.format === "dpx" ? "it is DPX, not OpenEXR (see delivery.dpx)" : null;
  },
  run({ header, limits }) {
    const result = header("result");
    if (result === null) return { verdict: "error", measures: [], message: "There is no header to look at." };
    if (result.format !== "exr")
      return {
        verdict: "warn",
        measures: [{ name: "exr", value: 0, unit: "bool", limit: 1, must: "atLeast" }],
        message: `No delivery format: it is ${result.format.toUpperCase()}, neither OpenEXR nor DPX.`,
        hint: "output: {format: exr}; where a show takes other files, turn this check off.",
      };
    const { notHalfMax = 0, losslessMin = 1, logMax = 0, uncoveredMax = 0, activeWidthMin = 3840 } = limits;
    const notHalf = result.channels.filter(({ name, type }) => COLOURS.test(name) && type !== "half");
    const lossless = LOSSLESS.test(result.compression ?? "") ? 1 : 0;
    const log = LOG.test(result.colorSpace ?? "") ? 1 : 0;
    const uncovered = uncoveredOf(result);
    const width = result.width * (result.pixelAspect ?? 1);
    const measures = [
      { name: "exr", value: 1, unit: "bool", limit: 1, must: "atLeast" },
      { name: "notHalf", value: notHalf.length, unit: "count", limit: notHalfMax, must: "atMost" },
      { name: "lossless", value: lossless, unit: "bool", limit: losslessMin, must: "atLeast" },
      { name: "log", value: log, unit: "bool", limit: logMax, must: "atMost" },
      { name: "uncovered", value: uncovered, unit: "px", limit: uncoveredMax, must: "atMost" },
      { name: "activeWidth", value: width, unit: "px", limit: activeWidthMin, must: "atLeast" },
    ] as const;
    const faults = [
      ...(notHalf.length > notHalfMax
        ? [`${notHalf.map(({ name, type }) => `${name} is ${type}`).join(", ")}, not half`]
        : []),
      ...(lossless < losslessMin ? [`its packing ${result.compression ?? "unknown"} is not none, ZIP or PIZ`] : []),
      ...(log > logMax ? [`its colour space ${result.colorSpace} is logarithmic`] : []),
      ...(uncovered > uncoveredMax ? [`its data window leaves ${uncovered} px of the picture open`] : []),
    ];
    if (faults.length > 0)
      return {
        verdict: "fail",
        measures,
        message: `Not to be delivered: ${faults.join("; ")}.`,
        hint: "output: {format: exr}, and the plate's own space.",
      };
    if (width < activeWidthMin) {
      const message = `The picture is ${Math.round(width)} square pixels wide; at least ${activeWidthMin} are wanted.`;
      return {
        verdict: "warn",
        measures,
        message,
        hint: "Set activeWidthMin to what this show delivers. Never scale up for it.",
      };
    }
    return {
      verdict: "pass",
      measures,
      message: `Half, ${result.compression}, ${Math.round(width)} square pixels wide.`,
    };
  },
};

function uncoveredOf({ windows }: HeaderFacts): number {
  if (windows === null) return 0;
  const [x, y, width, height] = windows.display;
  const [left, top, wide, high] = windows.data;
  const across = Math.max(0, Math.min(x + width, left + wide) - Math.max(x, left));
  const down = Math.max(0, Math.min(y + height, top + high) - Math.max(y, top));
  return width * height - across * down;
}

export default check;
