/**
 * header.meta: the file says of itself what the plate's file says: pixel aspect, rate, time code, reel, colour space.
 *
 * Measures: aspectDifference, of the pixel aspects, relative to the plate's; different, fields that the plate has and the result has
 * not, or says otherwise. Only beside a plate of the same format: a PNG can't say what an OpenEXR can. Limits: aspectMax, differentMax.
 * Source: what comp, editorial and conform read from a frame (OpenEXR standard attributes; SMPTE ST 268-1 for DPX).
 */
import type { Check, HeaderFacts } from "../daemon/plugin.ts";

const WORDS = {
  framesPerSecond: "rate",
  timecode: "time code",
  reel: "reel",
  colorSpace: "colour space",
} as const;

const check: Check = {
  apiVersion: 1,
  id: "header.meta",
  version: 1,
  scope: "frame",
  finds: "pixel aspect, rate, time code, reel or colour space lost or changed, between files of one format",
  layer: "container",
  needs: [],
  limits: { aspectMax: 0.0001, differentMax: 0 },
  limitsFrom: { aspectMax: "rounding of a 32-bit float", differentMax: "exact" },
  applies({ header, plateProblem }) {
    const [result, plate] = [header("result"), header("plate")];
    if (result !== null && plate === null && plateProblem !== null) return null;
    if (result === null || plate === null) return "there is no header of a plate beside the result's";
    if (result.format !== plate.format)
      return `${result.format.toUpperCase()} can't say what ${plate.format.toUpperCase()} says`;
    const says = plate.pixelAspect !== null || fields().some((field) => plate[field] !== null);
    return says ? null : "the plate says nothing of itself";
  },
  run({ header, limits, plateProblem }) {
    const [result, plate] = [header("result"), header("plate")];
    if (result === null || plate === null) {
      const why = plateProblem === null ? "" : ` The plate can't be compared with: ${plateProblem}.`;
      return { verdict: "error", measures: [], message: `There is no header to look at.${why}` };
    }
    const { aspectMax = 0.0001, differentMax = 0 } = limits;
    const aspect = aspectDifference(result, plate);
    const different = fields().filter((field) => plate[field] !== null && result[field] !== plate[field]);
    const measures = [
      { name: "aspectDifference", value: aspect, unit: "ratio", limit: aspectMax, must: "atMost" },
      { name: "different", value: different.length, unit: "count", limit: differentMax, must: "atMost" },
    ] as const;
    const said = different.map((field) => `${WORDS[field]} ${result[field] ?? "none"} instead of ${plate[field]}`);
    if (aspect > aspectMax)
      said.unshift(`pixel aspect ${result.pixelAspect ?? "none"} instead of ${plate.pixelAspect}`);
    if (aspect <= aspectMax && different.length <= differentMax)
      return { verdict: "pass", measures, message: "It says of itself what its plate says." };
    return {
      verdict: "warn",
      measures,
      message: `Not what the plate says: ${said.join("; ")}.`,
      hint: "Publish as the plate's own format, and keep its header.",
    };
  },
};

function fields(): readonly (keyof typeof WORDS)[] {
  return ["framesPerSecond", "timecode", "reel", "colorSpace"];
}

/** One that is lost counts as square. */
function aspectDifference(result: HeaderFacts, plate: HeaderFacts): number {
  if (plate.pixelAspect === null) return 0;
  return Math.abs((result.pixelAspect ?? 1) - plate.pixelAspect) / plate.pixelAspect;
}

export default check;
