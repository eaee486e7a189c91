/**
 * delivery.dpx: a DPX as streaming services take VFX pulls and finals: 16 bits, or 10 where the capture was 10-bit log.
 *
 * Measures: bits; log, 1 where the file says that its transfer is logarithmic or printing density. Limits: bitsMin; captureBitsMin,
 * which is enough for a log file whose plate is a log DPX of no more bits. Without a plate a 10-bit log file warns: nobody here knows what
 * the camera wrote. Source: Netflix, VFX pulls and finals (16-bit DPX for camera log; 10-bit only when the capture was 10-bit log).
 */
import type { Check, HeaderFacts } from "../daemon/plugin.ts";

const check: Check = {
  apiVersion: 1,
  id: "delivery.dpx",
  version: 1,
  scope: "frame",
  finds: "a DPX of less than 16 bits that is no 10-bit log capture",
  layer: "container",
  needs: [],
  limits: { bitsMin: 16, captureBitsMin: 10 },
  limitsFrom: {
    bitsMin: "Netflix, VFX pulls and finals: 16-bit DPX for camera log",
    captureBitsMin: "Netflix, VFX pulls and finals: 10-bit DPX only when the capture was 10-bit log",
  },
  applies({ header }) {
    const result = header("result");
    if (result === null) return "the file's header can't be read (see file.decodes)";
    return result.format === "dpx" ? null : `it is ${result.format.toUpperCase()}, not DPX`;
  },
  run({ header, limits }) {
    const [result, plate] = [header("result"), header("plate")];
    if (result === null) return { verdict: "error", measures: [], message: "There is no header to look at." };
    const { bitsMin = 16, captureBitsMin = 10 } = limits;
    const bits = bitsOf(result);
    const log = isLog(result);
    const measures = [
      { name: "bits", value: bits, unit: "bit", limit: bitsMin, must: "atLeast" },
      { name: "log", value: log ? 1 : 0, unit: "bool", limit: null },
    ] as const;
    const said = `${bits} bits, ${result.colorSpace ?? "transfer not said"}`;
    if (bits >= bitsMin) return { verdict: "pass", measures, message: `${said}.` };
    const asCaptured = plate?.format === "dpx" && isLog(plate) && bitsOf(plate) <= bits;
    if (log && bits >= captureBitsMin && asCaptured)
      return { verdict: "pass", measures, message: `${said}, as the plate was captured.` };
    if (log && bits >= captureBitsMin && plate === null) {
      const message = `${said}: that is right only where the camera wrote ${captureBitsMin}-bit log, and there is no plate to tell.`;
      return { verdict: "warn", measures, message, hint: "Compare with the capture." };
    }
    const message = `${said}; ${bitsMin} bits are wanted, ${captureBitsMin} only where the capture was ${captureBitsMin}-bit log.`;
    return { verdict: "fail", measures, message, hint: "Write 16-bit DPX." };
  },
};

function bitsOf({ channels }: HeaderFacts): number {
  return Math.min(...channels.map(({ type }) => Number(/\d+$/.exec(type)?.[0] ?? 0)));
}

function isLog({ colorSpace }: HeaderFacts): boolean {
  return colorSpace === "logarithmic" || colorSpace === "printing density";
}

export default check;
